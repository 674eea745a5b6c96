"""A measure of every multiplet: one number per subset of the variables, 2^n in all.

Bit i of an index says whether variable i is in the multiplet.  Two passes fill the table:

1. ``log_determinants``: L(S) = log|C_S| by Schur complements.  S without its lowest variable
   p is an earlier subset whose Schur complement is at hand; p adds the log of its pivot, and
   one elimination step over the variables below p prepares the supersets.  Half of the
   subsets have nothing below p, a quarter one variable, ...: O(1) work per subset
   (Griffin & Tsatsomeros 2006, Linear Algebra Appl. 419:107).
2. ``combine``: alpha_k L(S) + beta_k sum_{i in S} L(S without i), in place.  Only supersets
   read L(S), so subsets are finished from the largest down.

The table is cut into blocks that share their highest variables.  Blocks are what threads
share out; every number is computed the same way whichever thread does it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ...compiled import compiled
from ..memory import require_memory

Table = NDArray[np.float64]
Result = TypeVar("Result")

_ROW_BITS = 10  # a row of 8 KiB and its sums stay in the first cache
_BLOCK_BITS = 20  # a block of 8 MiB stays in the last cache
_THREADED_FROM = 18  # smaller tables are done before a thread has started


def block_bits(n: int) -> int:
    """Variables that vary inside a block; a function of n alone, so that sums are too."""
    return min(n, max(_ROW_BITS, min(_BLOCK_BITS, n - 4)))


def on_threads(
    task: Callable[[int], Result], items: Iterable[int], n: int, threads: int
) -> list[Result]:
    """Run `task` over `items` on threads, results in the order of the items."""
    if threads == 1 or n < _THREADED_FROM:
        return [task(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(task, items))


def table_bytes(n: int) -> int:
    """Memory of one number per subset of `n` variables."""
    return 8 << n


def new_table(n: int) -> Table:
    """Make room for one number per subset of `n` variables: 8 x 2^n bytes.

    Raises
    ------
    ValueError
        If that is more memory than there is.
    """
    require_memory(
        table_bytes(n),
        f"a table of all 2^{n} multiplets of {n} variables",
        "measure fewer variables, or sample multiplets with sampled_spectrum and search for "
        "extremes with find_extremes",
    )
    return np.empty(1 << n)


def log_determinants(matrix: Table, table: Table, scale: float = 1.0, threads: int = 1) -> None:
    """Write `scale` x log|matrix_S| for every subset S.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
        Positive definite and checked.
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
        table[:] = scale * np.log([1.0, matrix[0, 0]])
        return
    bits = block_bits(n)

    def fill(block: int) -> float:
        part = table[block << bits : (block + 1) << bits]
        return _fill_block(matrix, block, bits, part, scale)

    if min(on_threads(fill, range(1 << (n - bits)), n, threads)) <= 0.0:
        raise ValueError("covariance is not positive definite: a pivot is not positive")


def combine(table: Table, n: int, alpha: Table, beta: Table, threads: int = 1) -> None:
    """Turn every L(S) into alpha_k L(S) + beta_k sum_{i in S} L(S without i), k = |S|.

    Parameters
    ----------
    table : ndarray, shape (2^n,)
        L before, the measure afterwards.
    n : int
        Number of variables.
    alpha, beta : ndarray, shape (n + 1,)
        Coefficients by order.
    threads : int
        Blocks at work at a time.
    """
    bits = block_bits(n)
    for level in range(n - bits, -1, -1):
        # blocks with as many high variables read blocks with fewer, not each other
        blocks = [b for b in range(1 << (n - bits)) if b.bit_count() == level]
        on_threads(
            lambda block: _combine_block(table, n, block, bits, alpha, beta), blocks, n, threads
        )


@compiled
def order_of(subset: int) -> int:
    """Count the variables of a subset."""
    k = 0
    while subset:
        subset &= subset - 1
        k += 1
    return k


@compiled
def orders_below(bits: int) -> NDArray[np.int64]:
    """Count the variables of every subset of `bits` variables."""
    orders = np.zeros(1 << bits, np.int64)
    for subset in range(1, 1 << bits):
        orders[subset] = orders[subset >> 1] + (subset & 1)
    return orders


@compiled
def subsets_of_order(n: int, k: int, count: int) -> NDArray[np.int64]:
    """List the indices of the `count` subsets of k >= 1 variables, ascending."""
    subsets = np.empty(count, np.int64)
    subset = (1 << k) - 1
    for i in range(count):
        subsets[i] = subset
        # the next number with as many bits (HAKMEM item 175)
        lowest = subset & -subset
        carried = subset + lowest
        subset = carried | (((subset ^ carried) // lowest) >> 2)
    return subsets


@compiled
def two_lowest(subset: int, bits: int) -> tuple[int, int]:
    """Give the lowest variable of a subset, and the next one or `bits`; 0 and 1 are not in it."""
    p = 2
    while not (subset >> p) & 1:
        p += 1
    rest = subset & (subset - 1)
    q = bits
    if rest:
        q = p + 1
        while not (rest >> q) & 1:
            q += 1
    return p, q


@compiled
def eliminate(before: Table, after: Table, p: int) -> None:
    """Schur complement of variable p, for the variables below it (lower triangle)."""
    inverse = 1.0 / before[p, p]
    for i in range(p):
        factor = before[p, i] * inverse
        for j in range(i + 1):
            after[i, j] = before[i, j] - factor * before[p, j]


@compiled
def _fill_block(matrix: Table, block: int, bits: int, part: Table, scale: float) -> float:
    """Fill one block and return its smallest pivot."""
    n = len(matrix)
    smallest = np.inf
    # complements[p]: after the variables of a subset whose lowest is p; [bits]: the block's
    complements = np.empty((bits + 1, n, n))
    values = np.zeros(bits + 1)
    complements[bits] = matrix
    spare = np.empty((n, n))
    for p in range(n - 1, bits - 1, -1):
        if (block >> (p - bits)) & 1:
            smallest = min(smallest, complements[bits, p, p])
            values[bits] += math.log(complements[bits, p, p])
            spare[:] = complements[bits]
            eliminate(spare, complements[bits], p)
    for subset in range(0, 1 << bits, 4):
        last = bits
        if subset:
            p, q = two_lowest(subset, bits)
            pivot = complements[q, p, p]
            smallest = min(smallest, pivot)
            values[p] = values[q] + math.log(pivot)
            eliminate(complements[q], complements[p], p)
            last = p
        # the two lowest variables in one go: neither, the first, the second, both
        first, second = complements[last, 0, 0], complements[last, 1, 1]
        both = first - complements[last, 1, 0] ** 2 / second
        smallest = min(smallest, first, second, both)
        value = values[last]
        with_second = value + math.log(second)
        found = (value, value + math.log(first), with_second, with_second + math.log(both))
        for low in range(4):
            part[subset + low] = scale * found[low]
    return smallest


@compiled
def _combine_block(table: Table, n: int, block: int, bits: int, alpha: Table, beta: Table) -> None:
    row_bits = min(bits, _ROW_BITS)
    width = 1 << row_bits
    row_orders = orders_below(row_bits)
    total = np.empty(width)
    starts = np.empty(n, np.int64)
    for middle in range((1 << (bits - row_bits)) - 1, -1, -1):
        high = (block << (bits - row_bits)) | middle
        row = table[high * width : (high + 1) * width]
        # without one of the high variables: whole rows, four at a time
        k = 0
        rest = high
        while rest:
            lowest = rest & -rest
            starts[k] = (high ^ lowest) * width
            rest ^= lowest
            k += 1
        total[:] = 0.0
        i = 0
        while i + 4 <= k:
            a = table[starts[i] : starts[i] + width]
            b = table[starts[i + 1] : starts[i + 1] + width]
            c = table[starts[i + 2] : starts[i + 2] + width]
            d = table[starts[i + 3] : starts[i + 3] + width]
            for j in range(width):
                total[j] += (a[j] + b[j]) + (c[j] + d[j])
            i += 4
        while i < k:
            a = table[starts[i] : starts[i] + width]
            for j in range(width):
                total[j] += a[j]
            i += 1
        # without one of the variables inside the row: the two lowest by hand, others in runs
        for j in range(0, width, 4):
            total[j + 1] += row[j]
            total[j + 2] += row[j]
            total[j + 3] += row[j + 1] + row[j + 2]
        for bit in range(2, row_bits):
            step = 1 << bit
            for start in range(0, width, 2 * step):
                source = row[start : start + step]
                sums = total[start + step : start + 2 * step]
                for j in range(step):
                    sums[j] += source[j]
        for j in range(width):
            order = k + row_orders[j]
            row[j] = alpha[order] * row[j] + beta[order] * total[j]
