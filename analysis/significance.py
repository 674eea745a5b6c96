"""Many tests at once, and comparisons of groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray


def benjamini_hochberg(p: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values so that those below q have a false discovery rate of at most q.

    Parameters
    ----------
    p : array_like
        From 0 to 1; NaN is not a test and stays NaN.

    Returns
    -------
    ndarray, shape of `p`

    Raises
    ------
    ValueError
        If a value lies outside 0 to 1.

    References
    ----------
    Benjamini & Hochberg (1995), J. R. Stat. Soc. B 57:289.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.5]).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    values = np.asarray(p, dtype=np.float64)
    tested = values[~np.isnan(values)]
    if ((tested < 0) | (tested > 1)).any():
        raise ValueError("p-values must lie from 0 to 1")
    order = np.argsort(tested)
    ratio = tested[order] * len(tested) / np.arange(1, len(tested) + 1)
    adjusted = np.empty_like(tested)
    adjusted[order] = np.minimum(np.minimum.accumulate(ratio[::-1])[::-1], 1.0)
    result = np.full(values.shape, np.nan)
    result[~np.isnan(values)] = adjusted
    return result


def cliffs_delta(a: ArrayLike, b: ArrayLike) -> float:
    """Effect size of a difference: P(a > b) - P(a < b), from -1 to 1.

    Examples
    --------
    >>> round(cliffs_delta([2, 3], [1, 1, 2]), 4)
    0.8333
    """
    from scipy.stats import mannwhitneyu

    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    u = mannwhitneyu(first, second).statistic
    return float(2 * u / (len(first) * len(second)) - 1)


@dataclass(frozen=True)
class Comparison:
    """Two groups of units compared by a statistic of each group.

    Attributes
    ----------
    difference : float
        Statistic of the first group less that of the second.
    p : float
        Two-sided permutation p: (1 + hits)/(1 + permutations), or the share of hits where every
        way to exchange the units was taken.
    effect_size : float
        The difference in SDs of the differences after reassignment.
    interval : tuple of float
        Central 95 % of the difference when units of each group are resampled.
    n_units : tuple of int
        Units of the groups.
    n_permutations : int
        Reassignments drawn, or all there are.
    """

    difference: float
    p: float
    effect_size: float
    interval: tuple[float, float]
    n_units: tuple[int, int]
    n_permutations: int


def compare_groups(
    statistic: Callable[[NDArray[np.int64]], float],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    n_permutations: int = 999,
    n_bootstraps: int = 200,
    seed: int = 0,
) -> Comparison:
    """Compare two groups of whole cells or ensembles by reassigning them at random.

    Resamples of one group are not replicates; cells and ensembles are, so they are what is
    exchanged under the null that both groups come from one population.  Where there are no more
    ways to exchange them than were asked for, each is taken once, and p is exact.

    Parameters
    ----------
    statistic : callable
        Units (with repetition) -> a number, for example the area under the curve of the rows
        of these cells.
    first, second : ndarray of int
        Units of the groups.
    n_permutations, n_bootstraps : int
        Reassignments, and resamples of units for the interval.
    seed : int
        Of both.
    """
    rng = np.random.default_rng(seed)
    observed = statistic(first) - statistic(second)
    pooled = np.concatenate([first, second])
    is_exact = comb(len(pooled), len(first)) <= n_permutations
    if is_exact:
        reassigned = _every_exchange(statistic, pooled, len(first))
        n_permutations = len(reassigned)
    else:
        reassigned = np.empty(n_permutations)
        for i in range(n_permutations):
            mixed = rng.permutation(pooled)
            reassigned[i] = statistic(mixed[: len(first)]) - statistic(mixed[len(first) :])
    # rounding must not part the observed groups from themselves
    hits = int(np.sum(np.abs(reassigned) >= abs(observed) * (1 - 1e-12)))
    p = hits / n_permutations if is_exact else (1 + hits) / (1 + n_permutations)
    scatter = float(reassigned.std(ddof=1)) if n_permutations > 1 else np.nan
    draws = [
        statistic(rng.choice(first, len(first))) - statistic(rng.choice(second, len(second)))
        for _ in range(n_bootstraps)
    ]
    low, high = np.quantile(draws, (0.025, 0.975)) if draws else (np.nan, np.nan)
    return Comparison(
        observed,
        p,
        observed / scatter if scatter > 0 else np.nan,
        (float(low), float(high)),
        (len(first), len(second)),
        n_permutations,
    )


def _every_exchange(
    statistic: Callable[[NDArray[np.int64]], float], pooled: NDArray[np.int64], n_first: int
) -> NDArray[np.float64]:
    """Differences of all ways to choose the first group, the groups themselves among them."""

    @cache  # groups of one size are each other's rest
    def value(chosen: tuple[int, ...]) -> float:
        return statistic(pooled[list(chosen)])

    everyone = range(len(pooled))
    return np.array(
        [
            value(chosen) - value(tuple(i for i in everyone if i not in chosen))
            for chosen in combinations(everyone, n_first)
        ]
    )


@dataclass(frozen=True)
class RankTest:
    """The published comparison: Mann-Whitney between resamples.

    Its p falls with the number of resamples, which anyone can raise; `n_resamples` therefore
    belongs beside it, and `compare_groups` is the test to believe.
    """

    p: float
    cliffs_delta: float
    n_resamples: tuple[int, int]


def mann_whitney(a: ArrayLike, b: ArrayLike) -> RankTest:
    """Compare two sets of resamples as published, two-sided.

    Examples
    --------
    >>> test = mann_whitney([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    >>> test.p, test.cliffs_delta, test.n_resamples
    (0.1, -1.0, (3, 3))
    """
    from scipy.stats import mannwhitneyu

    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    p = float(mannwhitneyu(first, second, alternative="two-sided").pvalue)
    return RankTest(p, cliffs_delta(first, second), (len(first), len(second)))
