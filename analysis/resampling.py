"""Nulls and replicates: the same curves again, from shuffled or resampled rows.

A pass is one shuffle or one replicate.  Its random numbers depend on the seed, its kind and
its number alone, so passes can run anywhere in any order.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import comb
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from . import summary
from .bias import wishart_bias
from .effective import Sample
from .estimators import Estimator, estimated_correlation
from .lattice import new_table, subsets_of_order
from .measures import Measure, MeasureName, measure_of
from .multiplets import fill_table
from .sampled import N_SAMPLES, chain_values, draw_orders, every_multiplet, multiplet_values

Array = NDArray[np.float64]
Kind = Literal["shuffle", "subsample", "replacement"]

STATISTICS = ("min", "q05", "median", "q95", "max", "mean")
"""What a curve says of an order: extremes, quantiles and mean over its multiplets."""

FEWEST_BLOCKS = 10
"""Blocks that a subsample takes at least; shorter blocks, then more rows, make it so."""

EXHAUSTIVE_N = 24
"""Up to so many variables every pass measures every multiplet."""

SUBSAMPLE_ROWS = 1000
SUBSAMPLE_FRACTION = 0.6
"""Rows of a published replicate: 1,000, or 60 % of a sample that is small."""

_KINDS: tuple[Kind, ...] = ("shuffle", "subsample", "replacement")
_SORTED_COUNT = 200_000


@dataclass(frozen=True)
class Question:
    """A measure of some columns of a table.

    Attributes
    ----------
    name : str
        The measure.
    columns : tuple of int
        Columns of the table that multiplets are made of.
    target : int or None
        Column of the target of the RSI.
    """

    name: MeasureName
    columns: tuple[int, ...]
    target: int | None = None

    @property
    def n(self) -> int:
        """Number of variables that multiplets are made of."""
        return len(self.columns)

    @property
    def orders(self) -> NDArray[np.int64]:
        """Orders at which the measure says something."""
        return np.arange(3 if self.name == "o_information" else 2, self.n + 1)

    @property
    def used(self) -> list[int]:
        """Columns of the table that matter, the target last."""
        return [*self.columns, *(() if self.target is None else (self.target,))]

    def measure(self, correlation: Array) -> Measure:
        """Write the measure for the correlation matrix of the columns used."""
        return measure_of(
            correlation, self.name, None if self.target is None else len(self.columns)
        )


@dataclass
class Design:
    """Which multiplets a pass measures; the same ones in every pass.

    Attributes
    ----------
    exhaustive : bool
        All of them; else a fixed random set of `n_samples` per order, and all of an order
        that has no more.
    n_samples, seed : int
        Of the random set.
    threads : int
        Inside one pass.
    """

    exhaustive: bool
    n_samples: int = N_SAMPLES
    seed: int = 0
    threads: int = 1
    _kept: threading.local = field(default_factory=threading.local, repr=False)
    _drawn: dict[int, NDArray[np.int64]] = field(default_factory=dict, repr=False)

    def __reduce__(self) -> tuple[type[Design], tuple[bool, int, int, int]]:
        """Travel to another process without the tables."""
        return Design, (self.exhaustive, self.n_samples, self.seed, self.threads)

    def curve(self, measure: Measure, orders: NDArray[np.int64]) -> Array:
        """Summarise each order, shape (n_orders, n_statistics), columns as `STATISTICS`."""
        n = measure.n
        curve = np.empty((len(orders), len(STATISTICS)))
        if self.exhaustive:
            table = fill_table(measure, self._table(n), self.threads)
            found = summary.moments(table, n, self.threads)
            binned = max(comb(n, int(k)) for k in orders) > _SORTED_COUNT
            histogram = summary.histograms(table, n, found, self.threads) if binned else []
            for i, k in enumerate(orders.tolist()):
                if found.count[k] <= _SORTED_COUNT:
                    values = table[subsets_of_order(n, k, int(found.count[k]))]
                    quantiles = np.quantile(values, (0.05, 0.5, 0.95)).tolist()
                else:
                    quantiles = [histogram[k].quantile(level) for level in (0.05, 0.5, 0.95)]
                curve[i] = [found.minimum[k], *quantiles, found.maximum[k], found.mean[k]]
            return curve
        if n not in self._drawn:
            self._drawn[n] = draw_orders(n, self.n_samples, self.seed)
        sampled = chain_values(measure, self._drawn[n])
        for i, k in enumerate(orders.tolist()):
            whole = comb(n, k) <= self.n_samples
            values = (
                multiplet_values(measure, every_multiplet(n, k)) if whole else sampled[:, k - 1]
            )
            quantiles = np.quantile(values, (0.05, 0.5, 0.95)).tolist()
            curve[i] = [values.min(), *quantiles, values.max(), values.mean()]
        return curve

    def measured(self, n: int, orders: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count the multiplets of each order that a pass measures."""
        counts = [comb(n, k) for k in orders.tolist()]
        if not self.exhaustive:
            counts = [min(count, self.n_samples) for count in counts]
        return np.array(counts, dtype=np.int64)

    def _table(self, n: int) -> Array:
        """One table per thread, used again in every pass."""
        tables = self._kept.__dict__
        if str(n) not in tables:
            tables[str(n)] = new_table(n)
        return np.asarray(tables[str(n)])


@dataclass(frozen=True)
class Passes:
    """All that a pass needs besides its number.

    Attributes
    ----------
    sample : Sample
        The rows.
    rows : ndarray of int
        Rows for the shuffles: those that may count as independent.
    estimator : str
        ``gaussian`` or ``copula``.
    questions : tuple of Question
        What is measured.
    design : Design
        Over which multiplets.
    seed : int
        Of all passes.
    """

    sample: Sample
    rows: NDArray[np.int64]
    estimator: Estimator
    questions: tuple[Question, ...]
    design: Design
    seed: int

    @cached_property
    def _plan(self) -> tuple[float, list[NDArray[np.int64]]]:
        n = self.sample.n_rows
        fraction = min(SUBSAMPLE_ROWS / n, SUBSAMPLE_FRACTION)
        if fraction * (self.sample.nu + 1) < 1.5 * self.sample.values.shape[1]:
            # so few would be worth fewer independent rows than there are variables
            fraction = SUBSAMPLE_FRACTION
        blocks = self.sample.blocks
        if self.sample.is_chain and fraction * len(blocks) < FEWEST_BLOCKS:
            blocks = self.sample.stretches
        if fraction * len(blocks) < FEWEST_BLOCKS:
            fraction = SUBSAMPLE_FRACTION
        return fraction, blocks

    @property
    def fraction(self) -> float:
        """Part of the sample that a subsample takes."""
        return self._plan[0]

    @property
    def blocks(self) -> list[NDArray[np.int64]]:
        """Rows that are taken together."""
        return self._plan[1]

    def nu(self, kind: Kind) -> float:
        """Degrees of freedom of one pass."""
        if kind == "shuffle":
            return len(self.rows) - 1.0
        if kind == "subsample":
            return self.fraction * (self.sample.nu + 1) - 1
        return self.sample.nu

    def observed(self) -> list[Array]:
        """Curves of the rows that are shuffled, before they are."""
        return self._curves(self.sample.take(self.rows, keep_weights=False))

    def run(self, kind: Kind, i: int) -> list[Array]:
        """Curves of one pass, one per question, shape (n_orders, n_statistics)."""
        rng = np.random.default_rng([self.seed, _KINDS.index(kind), i])
        if kind == "shuffle":
            values = self.sample.values[self.rows]
            return self._curves(Sample(rng.permuted(values, axis=0), np.ones(len(self.rows))))
        blocks = self.blocks
        if kind == "subsample":
            n_taken = max(2, round(self.fraction * len(blocks)))
            chosen = rng.choice(len(blocks), n_taken, replace=False)
        else:
            chosen = rng.integers(len(blocks), size=len(blocks))
        return self._curves(self.sample.take(np.concatenate([blocks[b] for b in chosen])))

    def _curves(self, sample: Sample) -> list[Array]:
        return [
            self.design.curve(question.measure(self.correlation(question, sample)), question.orders)
            for question in self.questions
        ]

    def correlation(self, question: Question, sample: Sample) -> Array:
        """Correlation of the columns that a question uses."""
        values = sample.values[:, question.used]
        return estimated_correlation(values, sample.weights, self.estimator)


@dataclass(frozen=True)
class Null:
    """Curves of shuffled rows beside the observed one; bias subtracted from both.

    Attributes
    ----------
    observed : ndarray, shape (n_orders, n_statistics)
        Of the rows that were shuffled.
    shuffled : ndarray, shape (n_shuffles, n_orders, n_statistics)
        The null.
    n_rows : int
        Rows that were shuffled.
    """

    observed: Array
    shuffled: Array
    n_rows: int

    @property
    def z(self) -> Array:
        """Deviation from the mean of the null in its SDs, shape (n_orders, n_statistics)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(
                (self.observed - self.shuffled.mean(axis=0)) / self.shuffled.std(axis=0, ddof=1)
            )

    @property
    def band(self) -> tuple[Array, Array]:
        """Central 95 % of the null, shape (n_orders, n_statistics) each."""
        low, high = np.quantile(self.shuffled, (0.025, 0.975), axis=0)
        return low, high

    @property
    def p(self) -> Array:
        """Chance of a value as far out, (1 + hits)/(1 + shuffles).

        Of the minimum: as low; of the maximum: as high; else twice the smaller side.
        """
        n = len(self.shuffled)
        low = (1 + (self.shuffled <= self.observed).sum(axis=0)) / (1 + n)
        high = (1 + (self.shuffled >= self.observed).sum(axis=0)) / (1 + n)
        p = np.minimum(2 * np.minimum(low, high), 1.0)
        p[:, STATISTICS.index("min")] = low[:, STATISTICS.index("min")]
        p[:, STATISTICS.index("max")] = high[:, STATISTICS.index("max")]
        return np.asarray(p)


@dataclass(frozen=True)
class Bands:
    """What replicates say of a curve.

    Attributes
    ----------
    spread_low, spread_high : ndarray, shape (n_orders, n_statistics)
        Central 95 % of the raw curves of subsamples: the spread at that number of rows, as
        published.  It is no confidence interval of the full sample.
    confidence_low, confidence_high : ndarray, shape (n_orders, n_statistics)
        About the corrected curve of the full sample; 95 % nominal.  Of extremes take them with
        care: the best of many multiplets is biased by having been chosen.
    """

    spread_low: Array
    spread_high: Array
    confidence_low: Array
    confidence_high: Array


def null_of(question: Question, observed: Array, shuffled: Sequence[Array], n_rows: int) -> Null:
    """Gather the curves of shuffles; `n_rows` independent rows were shuffled."""
    bias = wishart_bias(question.name, question.orders, n_rows - 1.0)[:, None]
    return Null(observed - bias, np.array(shuffled) - bias, n_rows)


def subsample_bands(
    question: Question, corrected: Array, replicates: Sequence[Array], fraction: float, nu: float
) -> Bands:
    """Bands from subsamples without replacement.

    Parameters
    ----------
    question : Question
        What was measured.
    corrected : ndarray, shape (n_orders, n_statistics)
        Curve of the full sample, its bias subtracted.
    replicates : sequence of ndarray
        Raw curves of the subsamples.
    fraction : float
        Part of the sample that each took.
    nu : float
        Degrees of freedom of each.

    Notes
    -----
    A subsample of m of n rows varies about the full sample with variance sigma^2/m (1 - m/n);
    times (m/n)/(1 - m/n) this is sigma^2/n, the variance of the full sample.
    """
    scale = np.sqrt(fraction / (1.0 - fraction))
    return _bands(question, corrected, np.array(replicates), scale, nu)


def replacement_bands(
    question: Question, corrected: Array, replicates: Sequence[Array], nu: float
) -> Bands:
    """Bands from replicates with replacement, recentred on the corrected curve."""
    return _bands(question, corrected, np.array(replicates), 1.0, nu)


def _bands(question: Question, corrected: Array, curves: Array, scale: float, nu: float) -> Bands:
    from scipy.stats import t

    low, high = np.quantile(curves, (0.025, 0.975), axis=0)
    unbiased = curves - wishart_bias(question.name, question.orders, nu)[:, None]
    # few replicates pin down an SD better than their outermost quantiles
    half = t.ppf(0.975, len(curves) - 1) * scale * unbiased.std(axis=0, ddof=1)
    return Bands(low, high, corrected - half, corrected + half)
