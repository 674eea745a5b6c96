"""What a pass measures: the questions, and the multiplets they are put to."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from math import comb

import numpy as np
from numpy.typing import NDArray

from ..measures.forms import Measure, MeasureName, measure_of
from . import summary
from .lattice import new_table, subsets_of_order
from .sampled import N_SAMPLES, chain_values, draw_orders, every_multiplet, multiplet_values
from .spectrum import fill_table

Array = NDArray[np.float64]

STATISTICS = ("min", "q05", "median", "q95", "max", "mean")
"""What a curve says of an order: extremes, quantiles and mean over its multiplets."""

EXHAUSTIVE_N = 24
"""Up to so many variables every pass measures every multiplet."""

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
