"""Mutual information from nearest neighbours of ranks, whose null is the same for every pair.

Mutual information does not change when each variable is replaced by its rank.  Ranks of any two
independent columns are a random permutation, so the law of the estimate without dependence hangs
on the number of rows alone: one null serves all pairs, and costs as much as one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma, ndtri

Array = NDArray[np.float64]

N_NEIGHBOURS = 3
"""As few as Kraskov et al. recommend: more lower the variance and flatten curved dependence."""


def nearest_neighbour_information(x: ArrayLike, y: ArrayLike, k: int = N_NEIGHBOURS) -> float:
    """Mutual information of two variables from nearest neighbours, nats.

    Parameters
    ----------
    x, y : array_like, shape (n_rows,)
        Continuous; equal values are told apart at random, far below any distance that matters.
    k : int
        Neighbours.

    Returns
    -------
    float
        The first estimator of Kraskov et al. (2004, Phys. Rev. E 69:066138); it can be negative.
    """
    from scipy.spatial import cKDTree

    points = np.column_stack([_spread(x), _spread(y)])
    n = len(points)
    radius = strictly_inside(np.asarray(cKDTree(points).query(points, k + 1, p=np.inf)[0])[:, -1])
    total = sum(
        float(np.mean(digamma(np.maximum(n_within(column, radius), 1)))) for column in points.T
    )
    return float(digamma(k) + digamma(n) - total)


def strictly_inside(radius: Array) -> Array:
    """Shrink distances by more than rounding, so that the k-th neighbour itself lies outside."""
    return np.asarray(np.maximum(radius * (1.0 - 1e-9) - 1e-15, 0.0))


def n_within(column: Array, radius: Array) -> NDArray[np.int64]:
    """Count the values within `radius` of each value, itself included."""
    ordered = np.sort(column)
    return np.asarray(
        np.searchsorted(ordered, column + radius, "right")
        - np.searchsorted(ordered, column - radius, "left"),
        dtype=np.int64,
    )


def random_rank_scores(values: ArrayLike, seed: int) -> Array:
    """Quantiles of the standard normal at the ranks of each column, ties in random order.

    Parameters
    ----------
    values : array_like, shape (n_rows, n_columns)
        Finite numbers.
    seed : int
        Of the order of equal values: told apart at random, they carry the information of the
        values they had.

    Returns
    -------
    ndarray, shape (n_rows, n_columns)
        Every column holds the same numbers, in another order.
    """
    table = np.asarray(values, dtype=np.float64)
    n = len(table)
    scores = np.empty_like(table)
    quantiles = ndtri(np.arange(1, n + 1) / (n + 1))
    for i, column in enumerate(table.T):
        order = np.random.default_rng([seed, i]).permutation(n)
        scores[order[np.argsort(column[order], kind="stable")], i] = quantiles
    return scores


def null_of_ranks(n_rows: int, n_draws: int, seed: int, threads: int = 1) -> Array:
    """Estimates for independent columns of `n_rows` rows, nats, shape (n_draws,).

    Draws are numbered, so that more of them begin with the fewer.
    """
    parts = [range(at, min(at + _PART, n_draws)) for at in range(0, n_draws, _PART)]
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(lambda part: _null_part(n_rows, part[0], seed)[: len(part)], parts))
    return np.concatenate([np.empty(0), *found])


def upper_tail(null: ArrayLike, values: ArrayLike) -> Array:
    """Probability that a draw reaches each value, beyond the largest draw by an exponential tail.

    The tail of a sum of many terms falls faster than an exponential with the mean excess of the
    largest draws, so that what is told is never less than the truth but for their scatter.

    Parameters
    ----------
    null : array_like, shape (n_draws,)
        Values without dependence, at least one.
    values : array_like, shape (n_values,)
        What was measured.

    Returns
    -------
    ndarray, shape (n_values,)
        (1 + draws that reach it)/(1 + draws), and at most 1/(1 + draws) beyond the largest.

    References
    ----------
    Knijnenburg et al. (2009), Bioinformatics 25:i161, with the shape of the tail set to 0.

    Examples
    --------
    >>> upper_tail(range(1, 1000), [500, 999]).tolist()
    [0.501, 0.002]
    """
    draws, reached = np.sort(np.asarray(null, dtype=np.float64)), np.asarray(values)
    n, n_tail = len(draws), min(_TAIL, len(draws))
    p = (1 + n - np.searchsorted(draws, reached, "left")) / (1 + n)
    excess = float(np.mean(draws[-n_tail:] - draws[-n_tail]))
    if excess > 0:
        beyond = n_tail / n * np.exp(-(reached - draws[-n_tail]) / excess)
        p = np.where(reached > draws[-1], np.minimum(beyond, 1 / (1 + n)), p)
    return np.asarray(p)


_TAIL = 200
_PART = 100


@lru_cache(maxsize=512)
def _null_part(n_rows: int, first: int, seed: int) -> Array:
    """Draws from `first` on; kept, since pairs with features and every thinning ask again."""
    quantiles = ndtri(np.arange(1, n_rows + 1) / (n_rows + 1))
    found = np.empty(_PART)
    for i in range(_PART):
        rng = np.random.default_rng([seed, first + i])
        found[i] = nearest_neighbour_information(quantiles, rng.permutation(quantiles))
    found.flags.writeable = False
    return found


def _spread(column: ArrayLike) -> Array:
    """Scale to unit SD, with ties broken far below any distance that matters."""
    values = np.asarray(column, dtype=np.float64)
    scaled = (values - values.mean()) / values.std()
    if len(np.unique(scaled)) < len(scaled):
        scaled = scaled + 1e-10 * np.random.default_rng(0).standard_normal(len(scaled))
    return np.asarray(scaled)
