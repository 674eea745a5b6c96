"""O-information and RSI of every multiplet of a set of variables, order by order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, islice
from math import comb

import numpy as np
from numpy.typing import NDArray

EXHAUSTIVE_N = 20
"""Up to so many variables every order is measured."""

MAX_MULTIPLETS = 200_000
"""Beyond `EXHAUSTIVE_N`, only orders with at most so many multiplets are measured."""

_CHUNK_ELEMENTS = 4_000_000


@dataclass(frozen=True)
class Spectrum:
    """A measure over all multiplets, summarised per order; nats.

    Attributes
    ----------
    order : ndarray of int, shape (n_orders,)
        Number of variables in a multiplet.
    count : ndarray of int, shape (n_orders,)
        Multiplets of that order, all of them measured.
    minimum, mean, maximum, std : ndarray, shape (n_orders,)
        Over the multiplets.
    argmin, argmax : list of tuple of int
        The extreme multiplets, as indices of variables.
    skipped : tuple of int
        Orders that were not measured because they hold too many multiplets.
    """

    order: NDArray[np.int64]
    count: NDArray[np.int64]
    minimum: NDArray[np.float64]
    mean: NDArray[np.float64]
    maximum: NDArray[np.float64]
    std: NDArray[np.float64]
    argmin: list[tuple[int, ...]]
    argmax: list[tuple[int, ...]]
    skipped: tuple[int, ...]


def o_information_spectrum(correlation: NDArray[np.float64]) -> Spectrum:
    """O-information of every multiplet of three and more variables, in nats.

    Parameters
    ----------
    correlation : ndarray, shape (n, n)
        Checked, for example by `correlation_matrix`; n >= 3.

    Returns
    -------
    Spectrum
        Orders 3 to n; for n > 20 those with at most 200,000 multiplets.
    """

    def measure(multiplets: NDArray[np.int64]) -> NDArray[np.float64]:
        k = multiplets.shape[1]
        log_determinant, without = _minors(correlation, multiplets)
        result: NDArray[np.float64] = 0.5 * ((k - 2) * log_determinant - without.sum(axis=1))
        return result

    return _spectrum(measure, len(correlation), 3)


def redundancy_synergy_spectrum(correlation: NDArray[np.float64], target: int) -> Spectrum:
    """Redundancy-synergy index of every set of predictors about one target, in nats.

    Parameters
    ----------
    correlation : ndarray, shape (n, n)
        Of predictors and target, checked; n >= 3.
    target : int
        Index of the target.

    Returns
    -------
    Spectrum
        Orders 2 to n - 1, in predictors; indices of multiplets count the predictors only.
    """
    predictors = np.delete(np.arange(len(correlation)), target)
    alone = -0.5 * np.log1p(-(correlation[target, predictors] ** 2))
    given_nothing = correlation[np.ix_(predictors, predictors)]
    link = correlation[predictors, target]
    given_target = given_nothing - np.outer(link, link)  # the target has unit variance

    def measure(multiplets: NDArray[np.int64]) -> NDArray[np.float64]:
        # I(S; Y) = (log|C_S| - log|C_S given Y|)/2
        together = 0.5 * (
            _log_determinants(given_nothing, multiplets)
            - _log_determinants(given_target, multiplets)
        )
        result: NDArray[np.float64] = alone[multiplets].sum(axis=1) - together
        return result

    return _spectrum(measure, len(predictors), 2)


def measured_orders(n_variables: int, smallest: int) -> tuple[list[int], list[int]]:
    """Orders to measure and orders with too many multiplets."""
    orders = list(range(smallest, n_variables + 1))
    if n_variables <= EXHAUSTIVE_N:
        return orders, []
    measured = [k for k in orders if comb(n_variables, k) <= MAX_MULTIPLETS]
    return measured, [k for k in orders if k not in measured]


def _spectrum(
    measure: Callable[[NDArray[np.int64]], NDArray[np.float64]], n_variables: int, smallest: int
) -> Spectrum:
    orders, skipped = measured_orders(n_variables, smallest)
    rows = [_one_order(measure, n_variables, k) for k in orders]
    return Spectrum(
        order=np.array(orders, dtype=np.int64),
        count=np.array([comb(n_variables, k) for k in orders], dtype=np.int64),
        minimum=np.array([row[0] for row in rows]),
        mean=np.array([row[1] for row in rows]),
        maximum=np.array([row[2] for row in rows]),
        std=np.array([row[3] for row in rows]),
        argmin=[row[4] for row in rows],
        argmax=[row[5] for row in rows],
        skipped=tuple(skipped),
    )


def _one_order(
    measure: Callable[[NDArray[np.int64]], NDArray[np.float64]], n_variables: int, k: int
) -> tuple[float, float, float, float, tuple[int, ...], tuple[int, ...]]:
    values = np.empty(comb(n_variables, k))
    filled = 0
    lowest, highest = np.inf, -np.inf
    argmin: tuple[int, ...] = ()
    argmax: tuple[int, ...] = ()
    for multiplets in _chunks(n_variables, k):
        found = measure(multiplets)
        values[filled : filled + len(found)] = found
        filled += len(found)
        i, j = int(np.argmin(found)), int(np.argmax(found))
        if found[i] < lowest:
            lowest, argmin = float(found[i]), tuple(multiplets[i].tolist())
        if found[j] > highest:
            highest, argmax = float(found[j]), tuple(multiplets[j].tolist())
    return lowest, float(values.mean()), highest, float(values.std()), argmin, argmax


def _chunks(n_variables: int, k: int) -> Iterator[NDArray[np.int64]]:
    """All multiplets of one order, a bounded number at a time."""
    every = combinations(range(n_variables), k)
    size = max(1, _CHUNK_ELEMENTS // (k * k))
    while chunk := list(islice(every, size)):
        yield np.array(chunk, dtype=np.int64)


def _choleskys(matrix: NDArray[np.float64], multiplets: NDArray[np.int64]) -> NDArray[np.float64]:
    minors = matrix[multiplets[:, :, None], multiplets[:, None, :]]
    return np.asarray(np.linalg.cholesky(minors), dtype=np.float64)


def _log_determinants(
    matrix: NDArray[np.float64], multiplets: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Log-determinant of each principal minor; shape (n_multiplets,)."""
    diagonals = np.diagonal(_choleskys(matrix, multiplets), axis1=1, axis2=2)
    result: NDArray[np.float64] = 2.0 * np.log(diagonals).sum(axis=1)
    return result


def _minors(
    matrix: NDArray[np.float64], multiplets: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log-determinant of each minor, and of each minor without one of its variables."""
    choleskys = _choleskys(matrix, multiplets)
    whole = 2.0 * np.log(np.diagonal(choleskys, axis1=1, axis2=2)).sum(axis=1)
    precision_diagonal = (np.linalg.inv(choleskys) ** 2).sum(axis=1)
    return whole, whole[:, None] + np.log(precision_diagonal)
