"""What every multiplet leaves of a target's variance: one number per subset of the predictors.

The elimination of `ionfo.analysis.multiplets.lattice` with one more row, the target's.  Eliminating
variable p from the covariances with the target, t, and from its variance, v, gives

    t_i - (M_pi/M_pp) t_p,    v - t_p^2/M_pp,

so that v ends as the part of the variance that a linear function of the subset does not explain
(Griffin & Tsatsomeros 2006, Linear Algebra Appl. 419:107, for the table of subsets).  One pass
and one logarithm a subset, where the difference of two log-determinants takes two.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...compiled import compiled
from .lattice import block_bits, eliminate, on_threads, two_lowest

Table = NDArray[np.float64]


def log_residuals(
    matrix: Table, link: Table, table: Table, scale: float = 1.0, threads: int = 1
) -> None:
    """Write `scale` x (log(1 - R2_S) - sum_{i in S} log(1 - r_i^2)) for every subset S.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
        Correlations of the predictors: positive definite and checked, with those of the target.
    link : ndarray, shape (n,)
        Correlations r of predictors and target.
    table : ndarray, shape (2^n,)
        Where the values go; the empty set gets 0.
    scale : float
        Factor of each value.
    threads : int
        Blocks at work at a time.

    Raises
    ------
    ValueError
        If a pivot is not positive.
    """
    n = len(matrix)
    if n == 1:  # the kernel takes two variables at a time
        table[:] = 0.0
        return
    bits = block_bits(n)
    alone: Table = -np.log1p(-(link**2))

    def fill(block: int) -> float:
        part = table[block << bits : (block + 1) << bits]
        return _fill_block(matrix, link, alone, block, bits, part, scale)

    if min(on_threads(fill, range(1 << (n - bits)), n, threads)) <= 0.0:
        raise ValueError("covariance is not positive definite: a pivot is not positive")


@compiled
def _without(link: Table, matrix: Table, p: int, after: Table) -> None:
    """Covariances with the target once variable p is eliminated, of the variables below it."""
    factor = link[p] / matrix[p, p]
    for i in range(p):
        after[i] = link[i] - matrix[p, i] * factor


@compiled
def _fill_block(
    matrix: Table, link: Table, alone: Table, block: int, bits: int, part: Table, scale: float
) -> float:
    """Fill one block and return its smallest pivot, the target's among them."""
    n = len(matrix)
    smallest = np.inf
    # [p]: after the variables of a subset whose lowest is p; [bits]: the block's
    complements, links = np.empty((bits + 1, n, n)), np.empty((bits + 1, n))
    left, sums = np.ones(bits + 1), np.zeros(bits + 1)
    complements[bits], links[bits] = matrix, link
    spare = np.empty((n, n))
    for p in range(n - 1, bits - 1, -1):
        if (block >> (p - bits)) & 1:
            pivot = complements[bits, p, p]
            smallest = min(smallest, pivot)
            sums[bits] += alone[p]
            left[bits] -= links[bits, p] ** 2 / pivot
            spare[:] = complements[bits]
            _without(links[bits], spare, p, links[bits])
            eliminate(spare, complements[bits], p)
    for subset in range(0, 1 << bits, 4):
        last = bits
        if subset:
            p, q = two_lowest(subset, bits)
            pivot = complements[q, p, p]
            smallest = min(smallest, pivot)
            sums[p] = sums[q] + alone[p]
            left[p] = left[q] - links[q, p] ** 2 / pivot
            _without(links[q], complements[q], p, links[p])
            eliminate(complements[q], complements[p], p)
            last = p
        # the two lowest variables in one go: neither, the first, the second, both
        first, second = complements[last, 0, 0], complements[last, 1, 1]
        factor = complements[last, 1, 0] / second
        both = first - factor * complements[last, 1, 0]
        t_first, t_second = links[last, 0], links[last, 1]
        t_both = t_first - factor * t_second
        base, neither = sums[last], left[last]
        only_first = neither - t_first**2 / first
        only_second = neither - t_second**2 / second
        rest_of_both = only_second - t_both**2 / both
        smallest = min(smallest, first, second, both, only_first, rest_of_both)
        part[subset] = scale * (math.log(neither) + base)
        part[subset + 1] = scale * (math.log(only_first) + base + alone[0])
        part[subset + 2] = scale * (math.log(only_second) + base + alone[1])
        part[subset + 3] = scale * (math.log(rest_of_both) + base + alone[0] + alone[1])
    return smallest
