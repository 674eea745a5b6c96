"""O-information from nearest neighbours: dependence of any shape, for chosen multiplets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma

from ..pairs.neighbours import N_NEIGHBOURS, n_within, random_rank_scores, strictly_inside
from .correlation import correlation_matrix
from .gaussian import o_information

Array = NDArray[np.float64]


@dataclass(frozen=True)
class NeighbourInformation:
    """O-information of one multiplet from nearest neighbours, with its nulls; nats.

    Attributes
    ----------
    raw, corrected : float
        The estimate, and the estimate less what it finds beyond the Gaussian copula in samples
        of the Gaussian copula itself: its bias where that copula is right.
    copula : float
        O-information of the Gaussian copula of the same rows.
    p_independent : float
        Two-sided, against rows shuffled column by column.
    p_copula : float
        Two-sided, against samples of the Gaussian copula: small where there is dependence that
        pairs do not tell.
    n_rows, n_draws : int
        Rows, and draws of each null.
    """

    raw: float
    corrected: float
    copula: float
    p_independent: float
    p_copula: float
    n_rows: int
    n_draws: int


def nearest_neighbour_o_information(values: ArrayLike, k: int = N_NEIGHBOURS) -> float:
    """O-information from nearest neighbours, nats.

    Parameters
    ----------
    values : array_like, shape (n_rows, n)
        Continuous, n >= 3, columns of like scale (normal scores).
    k : int
        Neighbours.

    Returns
    -------
    float
        (n - 2) (psi(N) - psi(k)) + sum_j <psi(n_without_j) - psi(n_j)>, where n_j and n_without_j
        count the points nearer than the k-th neighbour (largest coordinate) along j and along all
        others.  The volumes of the balls, and so their bias, cancel.

    Raises
    ------
    ValueError
        If there are fewer than three columns, or not more rows than neighbours.

    References
    ----------
    Kraskov et al. (2004), Phys. Rev. E 69:066138, for entropies from one common distance.
    """
    from scipy.spatial import cKDTree

    points = np.ascontiguousarray(values, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] < 3 or len(points) <= k:
        raise ValueError(f"values must have shape (n_rows > {k}, n >= 3), got {points.shape}")
    n_rows, n = points.shape
    radius = strictly_inside(np.asarray(cKDTree(points).query(points, k + 1, p=np.inf)[0])[:, -1])
    total = (n - 2) * (digamma(n_rows) - digamma(k))
    for j in range(n):
        # the point itself counts, in the place of the neighbour on the edge
        alone = n_within(points[:, j], radius)
        rest = np.delete(points, j, axis=1)
        others = cKDTree(rest).query_ball_point(rest, radius, p=np.inf, return_length=True)
        total += float(np.mean(digamma(others) - digamma(alone)))
    return float(total)


def neighbour_information(
    values: ArrayLike, n_draws: int = 100, seed: int = 0
) -> NeighbourInformation:
    """Measure one multiplet by nearest neighbours of its ranks, against two nulls.

    Parameters
    ----------
    values : array_like, shape (n_rows, n)
        Independent rows (thin a chain first), n >= 3.
    n_draws : int
        Draws of each null.
    seed : int
        Of ties and nulls.

    Returns
    -------
    NeighbourInformation

    Raises
    ------
    ValueError
        As `nearest_neighbour_o_information` and `correlation_matrix`.
    """
    scores = random_rank_scores(values, seed)
    n_rows, n = scores.shape
    correlation = correlation_matrix(scores)
    raw = nearest_neighbour_o_information(scores)
    rng = np.random.default_rng([seed, 41])
    factor = np.linalg.cholesky(correlation)

    def null(draw: Callable[[], Array]) -> Array:
        return np.array([nearest_neighbour_o_information(draw()) for _ in range(n_draws)])

    shuffled = null(lambda: rng.permuted(scores, axis=0))
    gaussian = null(lambda: random_rank_scores(rng.standard_normal((n_rows, n)) @ factor.T, seed))
    copula = o_information(correlation)
    bias = float(gaussian.mean()) - copula if n_draws else 0.0
    return NeighbourInformation(
        raw,
        raw - bias,
        copula,
        _two_sided(raw, shuffled),
        _two_sided(raw, gaussian),
        n_rows,
        n_draws,
    )


def _two_sided(value: float, null: Array) -> float:
    if not len(null):
        return float("nan")
    side = min(int(np.sum(null <= value)), int(np.sum(null >= value)))
    return min(1.0, 2.0 * (1 + side) / (1 + len(null)))
