"""Mutual information of pairs of columns, with a null for every pair."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma

from ..measures.bias import mutual_information_bias
from ..multiplets.spectrum import usable_cores
from ..significance import benjamini_hochberg
from .contingency import information_of_counts, null_information

Array = NDArray[np.float64]
PairEstimator = Literal["histogram", "gaussian", "knn"]

N_PERMUTATIONS = 1000
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
        Of the null, one-sided, and after Benjamini-Hochberg over the pairs.
    is_significant : ndarray of bool
        Adjusted p at most 0.05 and corrected value at least 0.1 nats.
    n_draws : ndarray of int
        Draws of the null of each pair.
    n_rows, n_bins, n_permutations : int
        Rows, bins per axis (0 without bins) and draws asked for (0 for a closed form).
    estimator : str
        How the values were estimated.
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


def pairwise_information(
    values: ArrayLike,
    others: ArrayLike | None = None,
    *,
    estimator: PairEstimator = "histogram",
    n_permutations: int = N_PERMUTATIONS,
    seed: int = 0,
    threads: int | None = None,
) -> PairwiseInformation:
    """Mutual information of all pairs of columns, tested against independence.

    Parameters
    ----------
    values : array_like, shape (n_rows, n_x)
        Independent rows; thin a chain first (`Sample.thinned`).
    others : array_like, shape (n_rows, n_y), optional
        Second set of columns; by default pairs within `values`.
    estimator : str
        ``histogram`` (equal-width bins), ``gaussian`` (from the correlation, null by the t
        distribution) or ``knn`` (3 nearest neighbours, Kraskov et al. 2004, Phys. Rev. E
        69:066138).
    n_permutations : int
        Draws of each null.  Histogram: pairs that no draw reaches get more, just as many as the
        adjustment for the number of pairs needs; the smallest p of 1,000 draws, 0.001, would not
        survive it among 435 pairs unless at least nine pairs had it.
    seed : int
        Of the draws.
    threads : int, optional
        Default: the cores this process may use.  No result depends on it.

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
    y = x if others is None else _checked(others)
    n_rows = len(x)
    if len(y) != n_rows:
        raise ValueError(f"others must have as many rows as values, got {len(y)} and {n_rows}")
    pairs = [
        (i, j) for i in range(x.shape[1]) for j in range(y.shape[1]) if others is not None or i < j
    ]
    bins = 0
    if estimator == "histogram":
        bins = n_bins(n_rows)
        x_bins = _binned(x, bins)
        y_bins = x_bins if others is None else _binned(y, bins)

        def counted(i: int, j: int) -> NDArray[np.int64]:
            counts = np.bincount(x_bins[i] * bins + y_bins[j], minlength=bins * bins)
            return np.asarray(counts.reshape(bins, bins), dtype=np.int64)

        def one(pair: tuple[int, int]) -> tuple[float, float, float]:
            table = counted(*pair)
            null = null_information(table, n_permutations, [seed, *pair])
            return _against(information_of_counts(table), null)

        def hits(pair: tuple[int, int], n_more: int) -> int:
            table = counted(*pair)
            null = null_information(table, n_more, [seed, *pair, 1])
            return int(np.sum(null >= information_of_counts(table)))
    elif estimator == "gaussian":
        from scipy.stats import t as student

        n_permutations = 0
        bias = mutual_information_bias(n_rows - 1)

        def one(pair: tuple[int, int]) -> tuple[float, float, float]:
            r = float(np.corrcoef(x[:, pair[0]], y[:, pair[1]])[0, 1])
            raw = -0.5 * np.log1p(-min(r * r, 1.0 - 1e-15))
            statistic = abs(r) * np.sqrt((n_rows - 2) / max(1.0 - r * r, 1e-15))
            return raw, raw - bias, float(2 * student.sf(statistic, n_rows - 2))
    elif estimator == "knn":

        def one(pair: tuple[int, int]) -> tuple[float, float, float]:
            i, j = pair
            a, b = x[:, i], y[:, j]
            rng = np.random.default_rng([seed, i, j])
            null = [
                nearest_neighbour_information(a, rng.permutation(b)) for _ in range(n_permutations)
            ]
            return _against(nearest_neighbour_information(a, b), np.array(null))
    else:
        raise ValueError(f"estimator must be histogram, gaussian or knn, got '{estimator}'")

    with ThreadPoolExecutor(threads or usable_cores()) as pool:
        found = list(pool.map(one, pairs))
        n_draws = {pair: n_permutations for pair in pairs}
        unreached = [
            pair
            for pair, told in zip(pairs, found, strict=True)
            if estimator == "histogram" and told[2] == 1 / (1 + n_permutations)
        ]
        if unreached and n_permutations:
            # so few at the smallest p that it could not survive the adjustment: draw more
            needed = int(np.ceil(len(pairs) / (FALSE_DISCOVERY_RATE * len(unreached))))
            n_more = max(0, needed - n_permutations)
            more = list(pool.map(hits, unreached, [n_more] * len(unreached)))
            for pair, n_hits in zip(unreached, more, strict=True):
                n_draws[pair] += n_more
                at = pairs.index(pair)
                found[at] = (*found[at][:2], (1 + n_hits) / (1 + n_draws[pair]))
    raw, corrected, p = (np.full((x.shape[1], y.shape[1]), np.nan) for _ in range(3))
    draws = np.zeros(raw.shape, np.int64)
    for (i, j), told in zip(pairs, found, strict=True):
        raw[i, j], corrected[i, j], p[i, j] = told
        draws[i, j] = n_draws[i, j]
    adjusted = benjamini_hochberg(p)
    if others is None:
        upper = np.triu_indices(len(raw), 1)
        for matrix in (raw, corrected, p, adjusted, draws):
            matrix.T[upper] = matrix[upper]
    with np.errstate(invalid="ignore"):
        significant = (adjusted <= FALSE_DISCOVERY_RATE) & (corrected >= EFFECT_FLOOR)
    return PairwiseInformation(
        raw, corrected, p, adjusted, significant, draws, n_rows, bins, n_permutations, estimator
    )


def n_bins(n_rows: int) -> int:
    """Bins per axis: the most, from 4 to 20, whose bias (b-1)^2/(2n) is at most 0.02 nats.

    Examples
    --------
    >>> [n_bins(n) for n in (50, 1000, 100_000)]
    [4, 7, 20]
    """
    most = 1 + int(np.sqrt(2 * n_rows * LARGEST_BIAS) + 1e-12)
    return min(max(most, FEWEST_BINS), MOST_BINS)


def nearest_neighbour_information(x: ArrayLike, y: ArrayLike, k: int = 3) -> float:
    """Mutual information of two variables from nearest neighbours, nats.

    Parameters
    ----------
    x, y : array_like, shape (n_rows,)
        Continuous; equal values are told apart by their rank of appearance.
    k : int
        Neighbours.

    Returns
    -------
    float
        The first estimator of Kraskov et al. (2004); it can be negative.
    """
    from scipy.spatial import cKDTree

    points = np.column_stack([_spread(x), _spread(y)])
    n = len(points)
    radius = np.asarray(cKDTree(points).query(points, k + 1, p=np.inf)[0])[:, -1]
    total = 0.0
    for column in points.T:
        ordered = np.sort(column)
        # strictly inside the distance to the k-th neighbour, without the point itself
        inside = np.searchsorted(ordered, column + radius, "left") - np.searchsorted(
            ordered, column - radius, "right"
        )
        total += float(np.mean(digamma(np.maximum(inside, 1))))
    return float(digamma(k) + digamma(n) - total)


def _spread(column: ArrayLike) -> Array:
    """Scale to unit SD, with ties broken far below any distance that matters."""
    values = np.asarray(column, dtype=np.float64)
    scaled = (values - values.mean()) / values.std()
    if len(np.unique(scaled)) < len(scaled):
        scaled = scaled + 1e-10 * np.random.default_rng(0).standard_normal(len(scaled))
    return np.asarray(scaled)


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
