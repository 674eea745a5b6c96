"""Mutual information of pairs of columns, with a null for every pair."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr

from ..measures.bias import mutual_information_bias
from ..multiplets.spectrum import usable_cores
from ..significance import benjamini_hochberg
from .contingency import information_of_counts, null_information
from .neighbours import (
    nearest_neighbour_information,
    null_of_ranks,
    random_rank_scores,
    upper_tail,
)

Array = NDArray[np.float64]
PairEstimator = Literal["histogram", "gaussian", "knn"]

N_PERMUTATIONS = 1000
MOST_DRAWS = 10_000
"""Of a null of ranks; p beyond the largest of them follows from the tail."""
MOST_BINS, FEWEST_BINS = 20, 4
LARGEST_BIAS = 0.02  # nats, of a histogram: (b - 1)^2/(2 n)
FALSE_DISCOVERY_RATE = 0.05
EFFECT_FLOOR = 0.1
"""Smallest mutual information that counts, nats (the published rule gives no unit)."""


@dataclass(frozen=True)
class PairwiseInformation:
    """Mutual information of every pair; arrays have shape (n_x, n_y), nats.

    Attributes
    ----------
    raw : ndarray
        Plug-in values; NaN where a variable meets itself.
    corrected : ndarray
        Less their bias: the mean of the null (histogram, knn) or the Wishart bias (gaussian).
    p, p_adjusted : ndarray
        Of the null, one-sided, and after Benjamini-Hochberg over the pairs.  Of knn twice the
        smaller of that and of the correlation of the normal scores: few rows hide from neighbours
        what a correlation shows, and curved dependence hides from a correlation.
    is_significant : ndarray of bool
        Adjusted p at most 0.05 and corrected value at least 0.1 nats.
    n_draws : ndarray of int
        Draws of the null of each pair.
    n_rows, n_bins, n_permutations : int
        Rows, bins per axis (0 without bins) and draws asked for (0 for a closed form).
    estimator : str
        How the values were estimated.
    n_thinnings : int
        Thinnings of a chain that the values are of; see `over_thinnings`.
    agreement : ndarray or None
        Part of them in which a pair is significant alone; None of one.
    """

    raw: Array
    corrected: Array
    p: Array
    p_adjusted: Array
    is_significant: NDArray[np.bool_]
    n_draws: NDArray[np.int64]
    n_rows: int
    n_bins: int
    n_permutations: int
    estimator: PairEstimator
    n_thinnings: int = 1
    agreement: Array | None = None


def pairwise_information(
    values: ArrayLike,
    others: ArrayLike | None = None,
    *,
    estimator: PairEstimator = "knn",
    n_permutations: int = N_PERMUTATIONS,
    seed: int = 0,
    threads: int | None = None,
    n_thinnings: int = 1,
) -> PairwiseInformation:
    """Mutual information of all pairs of columns, tested against independence.

    Parameters
    ----------
    values : array_like, shape (n_rows, n_x)
        Independent rows; thin a chain first (`Sample.thinned`).
    others : array_like, shape (n_rows, n_y), optional
        Second set of columns; by default pairs within `values`.
    estimator : str
        ``knn`` (3 nearest neighbours of the ranks, Kraskov et al. 2004, Phys. Rev. E 69:066138),
        ``gaussian`` (from the correlation, null by the t distribution) or ``histogram``
        (equal-width bins, as published): a lower bound, since bins as wide as few rows allow
        hide dependence, and the mean of the null takes off more than its bias.
    n_permutations : int
        Draws of each null.  Pairs that no draw reaches get more, just as many as the adjustment
        for the number of pairs needs; the smallest p of 1,000 draws, 0.001, would not survive it
        among 435 pairs unless at least nine pairs had it.  A null of ranks gets 10,000 at most;
        beyond the largest, p is that of an exponential tail (`upper_tail`), never too small.
    seed : int
        Of the draws.
    threads : int, optional
        Default: the cores this process may use.  No result depends on it.
    n_thinnings : int
        How many thinnings `over_thinnings` will join: it doubles p, which takes more draws.

    Returns
    -------
    PairwiseInformation

    Raises
    ------
    ValueError
        If columns are not finite, constant or of unlike length, or the estimator is unknown.

    Examples
    --------
    >>> rows = np.random.default_rng(0).standard_normal((500, 3))
    >>> rows[:, 2] += rows[:, 0]
    >>> pairwise_information(rows, n_permutations=200).is_significant.tolist()
    [[False, False, True], [False, False, False], [True, False, False]]
    """
    x = _checked(values)
    y = None if others is None else _checked(others)
    if y is not None and len(y) != len(x):
        raise ValueError(f"others must have as many rows as values, got {len(y)} and {len(x)}")
    n_y = x.shape[1] if y is None else y.shape[1]
    pairs = [(i, j) for i in range(x.shape[1]) for j in range(n_y) if y is not None or i < j]
    asked = _Asked(pairs, n_permutations, seed, threads or usable_cores(), n_thinnings)
    if estimator == "histogram":
        tested = _by_histogram(x, y, asked)
    elif estimator == "gaussian":
        tested = _by_correlation(x, y, asked)
    elif estimator == "knn":
        tested = _by_neighbours(x, y, asked)
    else:
        raise ValueError(f"estimator must be histogram, gaussian or knn, got '{estimator}'")
    return _gathered(tested, pairs, (x.shape[1], n_y), y is None, len(x), estimator)


@dataclass(frozen=True)
class _Asked:
    """What every estimator needs besides the columns."""

    pairs: list[tuple[int, int]]
    n_permutations: int
    seed: int
    threads: int
    n_thinnings: int

    def draws_needed(self, n_unreached: int, n_tests: int = 1) -> int:
        """Draws so that pairs none of them reaches can survive the adjustment.

        `n_tests` of one pair multiply its smallest p, and so do thinnings, over which other pairs
        need not be out of reach too.
        """
        if not n_unreached or not self.n_permutations:
            return self.n_permutations
        factor, together = (2 * n_tests, 1) if self.n_thinnings > 1 else (n_tests, n_unreached)
        needed = int(np.ceil(factor * len(self.pairs) / (FALSE_DISCOVERY_RATE * together)))
        return max(self.n_permutations, needed)


@dataclass(frozen=True)
class _Tested:
    """Values of all pairs, in their order, shape (n_pairs,) each."""

    raw: Array
    corrected: Array
    p: Array
    n_draws: NDArray[np.int64]
    n_permutations: int
    n_bins: int = 0


def _by_histogram(x: Array, y: Array | None, asked: _Asked) -> _Tested:
    """Plug-in of equal-width bins, against random tables with the margins of each pair."""
    bins = n_bins(len(x))
    x_bins = _binned(x, bins)
    y_bins = x_bins if y is None else _binned(y, bins)

    def counted(pair: tuple[int, int]) -> NDArray[np.int64]:
        joint = x_bins[pair[0]] * bins + y_bins[pair[1]]
        counts = np.bincount(joint, minlength=bins * bins)
        return np.asarray(counts.reshape(bins, bins), dtype=np.int64)

    def first(pair: tuple[int, int]) -> tuple[float, float, float]:
        table = counted(pair)
        null = null_information(table, asked.n_permutations, [asked.seed, *pair])
        return _against(information_of_counts(table), null)

    with ThreadPoolExecutor(asked.threads) as pool:
        raw, corrected, p = np.array(list(pool.map(first, asked.pairs))).reshape(-1, 3).T
        n_draws = np.full(len(asked.pairs), asked.n_permutations)
        unreached = np.flatnonzero(p == 1 / (1 + asked.n_permutations))
        n_all = asked.draws_needed(len(unreached))
        n_more = n_all - asked.n_permutations

        def hits(at: int) -> int:
            table = counted(asked.pairs[at])
            null = null_information(table, n_more, [asked.seed, *asked.pairs[at], 1])
            return int(np.sum(null >= information_of_counts(table)))

        if n_more > 0:
            for at, n_hits in zip(unreached, pool.map(hits, unreached.tolist()), strict=True):
                n_draws[at] = n_all
                p[at] = (1 + n_hits) / (1 + n_all)
    return _Tested(raw, corrected, p, n_draws, asked.n_permutations, bins)


def _by_correlation(x: Array, y: Array | None, asked: _Asked) -> _Tested:
    """Take closed forms: the value from the correlation, its bias, and Student's t."""
    n = len(x)
    if not asked.pairs:
        return _Tested(*(np.empty(0),) * 3, np.zeros(0, np.int64), 0)
    other = x if y is None else y
    r, p = _correlations(x, other, asked.pairs)
    raw = -0.5 * np.log1p(-np.minimum(r * r, 1.0 - 1e-15))
    bias = mutual_information_bias(n - 1)
    return _Tested(raw, raw - bias, p, np.zeros(len(r), np.int64), 0)


def _correlations(x: Array, y: Array, pairs: list[tuple[int, int]]) -> tuple[Array, Array]:
    """Correlation of each pair of columns, and p of Student's t, two-sided."""
    n = len(x)
    r = np.array([np.corrcoef(x[:, i], y[:, j])[0, 1] for i, j in pairs])
    statistic = np.abs(r) * np.sqrt((n - 2) / np.maximum(1.0 - r * r, 1e-15))
    return r, np.asarray(2 * stdtr(n - 2, -statistic))


def _by_neighbours(x: Array, y: Array | None, asked: _Asked) -> _Tested:
    """Nearest neighbours of ranks, against one null for all pairs."""
    mine = random_rank_scores(x, asked.seed)
    other = mine if y is None else random_rank_scores(y, asked.seed + 1)
    n_rows, n_first = len(x), asked.n_permutations

    def value(pair: tuple[int, int]) -> float:
        return nearest_neighbour_information(mine[:, pair[0]], other[:, pair[1]])

    with ThreadPoolExecutor(asked.threads) as pool:
        raw = np.array(list(pool.map(value, asked.pairs)))
    if not n_first:
        nothing = np.full(len(raw), np.nan)
        return _Tested(raw, raw.copy(), nothing, np.zeros(len(raw), np.int64), 0)
    _, p_linear = _correlations(mine, other, asked.pairs)
    null = null_of_ranks(n_rows, n_first, asked.seed, asked.threads)
    unreached = (raw > null.max()) & (p_linear > 1 / (1 + n_first))
    n_all = asked.draws_needed(int(unreached.sum()), n_tests=2)
    if n_all > n_first:
        n_all = min(n_all, max(n_first, MOST_DRAWS))
        null = null_of_ranks(n_rows, n_all, asked.seed, asked.threads)
    p = np.minimum(2.0 * np.minimum(upper_tail(null, raw), p_linear), 1.0)
    return _Tested(raw, raw - null.mean(), p, np.full(len(raw), n_all), n_first)


def _gathered(
    tested: _Tested,
    pairs: list[tuple[int, int]],
    shape: tuple[int, int],
    is_one_set: bool,
    n_rows: int,
    estimator: PairEstimator,
) -> PairwiseInformation:
    """Put the values of pairs into matrices, adjust, and judge."""
    raw, corrected, p = (np.full(shape, np.nan) for _ in range(3))
    draws = np.zeros(shape, np.int64)
    for at, (i, j) in enumerate(pairs):
        raw[i, j], corrected[i, j], p[i, j] = tested.raw[at], tested.corrected[at], tested.p[at]
        draws[i, j] = tested.n_draws[at]
    adjusted = benjamini_hochberg(p)
    if is_one_set:
        upper = np.triu_indices(len(raw), 1)
        for matrix in (raw, corrected, p, adjusted, draws):
            matrix.T[upper] = matrix[upper]
    with np.errstate(invalid="ignore"):
        significant = (adjusted <= FALSE_DISCOVERY_RATE) & (corrected >= EFFECT_FLOOR)
    return PairwiseInformation(
        raw, corrected, p, adjusted, significant, draws, n_rows, tested.n_bins,
        tested.n_permutations, estimator,
    )  # fmt: skip


def n_bins(n_rows: int) -> int:
    """Bins per axis: the most, from 4 to 20, whose bias (b-1)^2/(2n) is at most 0.02 nats.

    Examples
    --------
    >>> [n_bins(n) for n in (50, 1000, 100_000)]
    [4, 7, 20]
    """
    most = 1 + int(np.sqrt(2 * n_rows * LARGEST_BIAS) + 1e-12)
    return min(max(most, FEWEST_BINS), MOST_BINS)


def _against(raw: float, null: Array) -> tuple[float, float, float]:
    if len(null) == 0:
        return raw, np.nan, np.nan
    return raw, raw - float(null.mean()), float((1 + np.sum(null >= raw)) / (1 + len(null)))


def _checked(values: ArrayLike) -> Array:
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or len(table) < 4:
        raise ValueError(f"values must have shape (n_rows >= 4, n), got {table.shape}")
    if not np.isfinite(table).all():
        raise ValueError("values must be finite")
    if (np.ptp(table, axis=0) == 0).any():
        i = int(np.flatnonzero(np.ptp(table, axis=0) == 0)[0])
        raise ValueError(f"values must vary, column {i} is constant")
    return table


def _binned(table: Array, bins: int) -> NDArray[np.int64]:
    """Find the bin of each value between the extremes of its column, shape (n, n_rows)."""
    low, span = table.min(axis=0), np.ptp(table, axis=0)
    index = np.minimum((table - low) / span * bins, bins - 1).astype(np.int64)
    return np.ascontiguousarray(index.T)
