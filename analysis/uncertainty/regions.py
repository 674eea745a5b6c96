"""Whether ensembles sit in the same region: slow chains come together in time, modes do not."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

N_COMPONENTS = 3
"""Principal components whose R-hat is told."""

APART = 0.1
"""Overlap below which two ensembles share no region."""

_FEWEST_WALKERS = 8  # of an ensemble, for a rule that is tried on walkers it has not seen


@dataclass(frozen=True)
class Regions:
    """How far the regions of ensembles overlap.

    Attributes
    ----------
    overlap : ndarray, shape (n_ensembles, n_ensembles)
        1 where no linear rule tells the rows of two ensembles from each other, 0 where one tells
        all of them, tried on walkers that it has not seen; NaN where there are too few walkers.
    groups : list of list of int
        Ensembles by region: those that overlap, directly or by way of others, are together.
    """

    overlap: Array
    groups: list[list[int]]

    @property
    def smallest(self) -> float:
        """Smallest overlap of two ensembles; NaN where none is known."""
        between = self.overlap[~np.eye(len(self.overlap), dtype=bool)]
        known = between[np.isfinite(between)]
        return float(known.min()) if len(known) else float("nan")


def compare_regions(
    values: Array, weights: Array, walker: NDArray[np.int64], ensemble: NDArray[np.int64]
) -> Regions:
    """Ask of every pair of ensembles whether a linear rule tells their rows from each other.

    Parameters
    ----------
    values : ndarray, shape (n_rows, n_variables)
        Rows.
    weights : ndarray, shape (n_rows,)
        How much each counts.
    walker, ensemble : ndarray of int, shape (n_rows,)
        Which walker a row belongs to, unique over ensembles, and which ensemble, counted from 0.

    Returns
    -------
    Regions

    Notes
    -----
    Fisher's linear discriminant is found from one half of the walkers of both ensembles and tried
    on the other half, and the other way round, so that walkers that have hardly moved do not look
    like regions.  With the share a of correct answers the overlap is 2 (1 - a).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> far = np.repeat([0.0, 9.0], 400)[:, None] + rng.standard_normal((800, 2))
    >>> walkers = np.arange(800) // 20
    >>> compare_regions(far, np.ones(800), walkers, np.arange(800) // 400).groups
    [[0], [1]]
    """
    m = int(ensemble.max()) + 1
    overlap = np.full((m, m), np.nan)
    np.fill_diagonal(overlap, 1.0)
    varying = np.ptp(values, axis=0) > 0
    for pair in combinations(range(m), 2):
        overlap[pair] = overlap[pair[::-1]] = _overlap(
            *(
                (values[ensemble == one][:, varying], weights[ensemble == one],
                 walker[ensemble == one])
                for one in pair
            )
        )  # fmt: skip
    return Regions(overlap, _connected(~(overlap < APART)))


def principal_components(values: Array, weights: Array, n: int = N_COMPONENTS) -> Array:
    """Give the first principal components of rows in SDs of each variable, shape (n_rows, n)."""
    mean = np.average(values, axis=0, weights=weights)
    sd = np.sqrt(np.average((values - mean) ** 2, axis=0, weights=weights))
    varying = np.ptp(values, axis=0) > 0
    scaled = (values - mean)[:, varying] / sd[varying]
    _, axes = np.linalg.eigh((scaled * weights[:, None]).T @ scaled / weights.sum())
    return np.asarray(scaled @ axes[:, ::-1][:, :n])


def _overlap(
    first: tuple[Array, Array, NDArray[np.int64]], second: tuple[Array, Array, NDArray[np.int64]]
) -> float:
    if min(len(np.unique(walker)) for *_, walker in (first, second)) < _FEWEST_WALKERS:
        return float("nan")
    right = []
    for learns in (True, False):
        halves = [
            [(rows[half == side], weight[half == side]) for side in (learns, not learns)]
            for rows, weight, half in ((*one[:2], _half(one[2])) for one in (first, second))
        ]
        direction, middle = _rule(*(taught for taught, _ in halves))
        for sign, (_, (rows, weight)) in zip((-1, 1), halves, strict=True):
            right.append(np.average(sign * (rows @ direction - middle) > 0, weights=weight))
    return float(min(1.0, 2 * (1 - np.mean(right))))


def _rule(first: tuple[Array, Array], second: tuple[Array, Array]) -> tuple[Array, float]:
    """Fisher's discriminant: a direction, and the value on it half-way."""
    means = [np.average(rows, axis=0, weights=weight) for rows, weight in (first, second)]
    n = len(means[0])
    within = sum(
        np.cov(rows.T, aweights=weight, ddof=0).reshape(n, n) for rows, weight in (first, second)
    )
    within = within + np.diag(1e-6 * np.diag(within) + 1e-300)  # variables that follow each other
    direction = np.asarray(np.linalg.solve(within, means[1] - means[0]), dtype=np.float64)
    return direction, float(direction @ (means[0] + means[1]) / 2)


def _half(walker: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Every second walker."""
    _, number = np.unique(walker, return_inverse=True)
    return np.asarray(number % 2 == 0)


def _connected(is_near: NDArray[np.bool_]) -> list[list[int]]:
    from scipy.sparse.csgraph import connected_components

    n, label = connected_components(is_near, directed=False)
    return [np.flatnonzero(label == i).tolist() for i in range(n)]
