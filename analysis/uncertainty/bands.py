"""What passes say of a curve: its null, and its bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..measures.bias import wishart_bias
from ..multiplets.questions import STATISTICS, Question
from ..significance import benjamini_hochberg

Array = NDArray[np.float64]


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

    @property
    def p_adjusted(self) -> Array:
        """The same, adjusted over the orders of each statistic (Benjamini-Hochberg)."""
        return np.column_stack([benjamini_hochberg(column) for column in self.p.T])


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
    question: Question,
    corrected: Array,
    replicates: Sequence[Array],
    fraction: float,
    nu: float,
    n_blocks: int,
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
    n_blocks : int
        Blocks of rows that were drawn from.

    Notes
    -----
    A subsample of m of n rows varies about the full sample with variance sigma^2/m (1 - m/n);
    times (m/n)/(1 - m/n) this is sigma^2/n, the variance of the full sample.
    """
    scale = np.sqrt(fraction / (1.0 - fraction))
    return _bands(question, corrected, np.array(replicates), scale, nu, n_blocks)


def replacement_bands(
    question: Question, corrected: Array, replicates: Sequence[Array], nu: float, n_blocks: int
) -> Bands:
    """Bands from replicates with replacement, recentred on the corrected curve.

    Draws of n blocks from n vary with (n - 1)/n of the variance of n new ones.
    """
    scale = np.sqrt(n_blocks / (n_blocks - 1.0))
    return _bands(question, corrected, np.array(replicates), scale, nu, n_blocks)


def _bands(
    question: Question, corrected: Array, curves: Array, scale: float, nu: float, n_blocks: int
) -> Bands:
    from scipy.stats import t

    low, high = np.quantile(curves, (0.025, 0.975), axis=0)
    unbiased = curves - wishart_bias(question.name, question.orders, nu)[:, None]
    # few replicates pin down an SD better than their outermost quantiles; few blocks, such as four
    # ensembles, leave it uncertain however many replicates there are
    half = t.ppf(0.975, min(len(curves), n_blocks) - 1) * scale * unbiased.std(axis=0, ddof=1)
    return Bands(low, high, corrected - half, corrected + half)
