"""What a table of all multiplets holds, order by order: moments, histogram, extremes.

Each pass reads the table once, block by block.  Sums of blocks are added exactly
(`math.fsum`) and counts are integers, so no result depends on the number of threads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...compiled import compiled
from .lattice import block_bits, on_threads, order_of, orders_below

Values = NDArray[np.float64]

_ROW_BITS = 10

BIN_WIDTH = 1e-3
"""Widest bin of a histogram, nats."""

FEWEST_BINS = 4096
"""Bins that a histogram has at least, so that narrow orders are resolved too."""


@dataclass(frozen=True)
class Moments:
    """Count, extremes, mean and SD of every order from 0 to n; shape (n + 1,) each.

    `argmin` and `argmax` are indices of the table; of equal values the smallest index counts.
    """

    count: NDArray[np.int64]
    minimum: Values
    maximum: Values
    mean: Values
    std: Values
    argmin: NDArray[np.int64]
    argmax: NDArray[np.int64]


@dataclass(frozen=True)
class Histogram:
    """Equal bins of one order from its minimum to its maximum.

    Attributes
    ----------
    lowest, width : float
        Left edge of the first bin and width of each, nats.
    counts : ndarray of int, shape (n_bins,)
        Multiplets per bin.
    """

    lowest: float
    width: float
    counts: NDArray[np.int64]

    @property
    def edges(self) -> Values:
        """Edges of the bins, shape (n_bins + 1,)."""
        return np.asarray(self.lowest + self.width * np.arange(len(self.counts) + 1))

    def quantile(self, level: float) -> float:
        """Value below which a fraction `level` lies, to the width of a bin."""
        below = np.concatenate([[0], np.cumsum(self.counts)])
        rank = level * (below[-1] - 1)
        i = min(int(np.searchsorted(below, rank, side="right")) - 1, len(self.counts) - 1)
        inside = (rank - below[i] + 0.5) / max(self.counts[i], 1)
        return float(self.lowest + self.width * (i + min(max(inside, 0.0), 1.0)))


def moments(table: Values, n: int, threads: int = 1) -> Moments:
    """Measure count, extremes, mean and SD of every order."""
    bits = block_bits(n)
    # deviations from one value of each order keep the variance exact
    first = np.array([table[(1 << k) - 1] for k in range(n + 1)])
    blocks = on_threads(
        lambda block: _block_moments(table, n, block, bits, first),
        range(1 << (n - bits)),
        n,
        threads,
    )
    count = np.sum([one[0] for one in blocks], axis=0)
    lows, highs = np.array([one[3] for one in blocks]), np.array([one[4] for one in blocks])
    orders = np.arange(n + 1)
    i_low, i_high = np.argmin(lows, axis=0), np.argmax(highs, axis=0)
    mean_deviation = np.array([math.fsum(one[1][k] for one in blocks) for k in orders]) / count
    mean_square = np.array([math.fsum(one[2][k] for one in blocks) for k in orders]) / count
    return Moments(
        count,
        lows[i_low, orders],
        highs[i_high, orders],
        first + mean_deviation,
        np.sqrt(np.maximum(mean_square - mean_deviation**2, 0.0)),
        np.array([one[5] for one in blocks])[i_low, orders],
        np.array([one[6] for one in blocks])[i_high, orders],
    )


def histograms(table: Values, n: int, found: Moments, threads: int = 1) -> list[Histogram]:
    """Count the values of every order in bins of at most 1e-3 nats."""
    span = found.maximum - found.minimum
    n_bins = np.maximum(np.ceil(span / BIN_WIDTH), FEWEST_BINS).astype(np.int64)
    width = np.where(span > 0, span / n_bins, BIN_WIDTH)
    starts = np.concatenate([[0], np.cumsum(n_bins)])
    blocks = 1 << (n - block_bits(n))
    parts = max(1, min(threads, blocks))
    bounds = np.linspace(0, blocks, parts + 1).astype(np.int64) << block_bits(n)
    counts = np.zeros((parts, starts[-1]), np.int64)
    row_bits, inverse = min(block_bits(n), _ROW_BITS), 1.0 / width

    def count(part: int) -> None:
        begin, end = bounds[part], bounds[part + 1]
        _count_bins(table, begin, end, row_bits, found.minimum, inverse, starts, counts[part])

    on_threads(count, range(parts), n, threads)
    total = counts.sum(axis=0)
    return [
        Histogram(float(found.minimum[k]), float(width[k]), total[starts[k] : starts[k + 1]])
        for k in range(n + 1)
    ]


def exact_frequencies(
    values: Values, index: NDArray[np.int64], n: int, fraction: float
) -> tuple[Values, Values]:
    """As `frequencies` for one order, by sorting; multiplets equal to the last share its place.

    Parameters
    ----------
    values, index : ndarray, shape (n_multiplets,)
        Values and indices of the multiplets.
    n : int
        Number of variables.
    fraction : float
        Part of the multiplets to choose, rounded up.

    Returns
    -------
    tuple of ndarray, shape (n,)
        Lowest and highest.
    """
    wanted = math.ceil(fraction * len(values))
    sides = []
    for signed in (values, -values):
        last = np.partition(signed, wanted - 1)[wanted - 1]
        below, equal = index[signed < last], index[signed == last]
        share = (wanted - len(below)) / len(equal)
        sides.append(
            [(((below >> i) & 1).sum() + share * ((equal >> i) & 1).sum()) for i in range(n)]
        )
    return np.array(sides[0]) / wanted, np.array(sides[1]) / wanted


def extremes(
    table: Values, n: int, n_kept: int, threads: int = 1
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the lowest and the highest multiplets of every order.

    Returns
    -------
    tuple of ndarray of int, shape (n + 1, n_kept)
        Indices of the table, the most extreme first; equal values by index; -1 where an order
        has fewer multiplets.
    """
    blocks = 1 << (n - block_bits(n))
    parts = max(1, min(threads, blocks))
    bounds = np.linspace(0, blocks, parts + 1).astype(np.int64) << block_bits(n)
    found = on_threads(
        lambda part: _keep_extremes(table, n, bounds[part], bounds[part + 1], n_kept),
        range(parts),
        n,
        threads,
    )
    kept = []
    for side, sign in ((0, 1.0), (1, -1.0)):
        index = np.concatenate([one[side] for one in found], axis=1)
        rows = np.full((n + 1, n_kept), -1, np.int64)
        for k in range(n + 1):
            some = index[k][index[k] >= 0]
            some = some[np.lexsort((some, sign * table[some]))][:n_kept]
            rows[k, : len(some)] = some
        kept.append(rows)
    return kept[0], kept[1]


def frequencies(
    table: Values, n: int, histogram: list[Histogram], fraction: float, threads: int = 1
) -> tuple[Values, Values]:
    """How often every variable is in the lowest and the highest multiplets of each order.

    The bin that holds the last of them counts in part, so that exactly ceil(fraction x count)
    multiplets are counted.

    Returns
    -------
    tuple of ndarray, shape (n + 1, n)
        Fraction of the chosen multiplets that hold a variable, lowest and highest; by chance
        k/n.
    """
    starts = np.concatenate([[0], np.cumsum([len(one.counts) for one in histogram])])
    low = np.array([one.lowest for one in histogram])
    inverse = np.array([1.0 / one.width for one in histogram])
    weight = np.zeros((2, starts[-1]))
    for k, one in enumerate(histogram):
        wanted = math.ceil(fraction * one.counts.sum())
        weight[0, starts[k] : starts[k + 1]] = _shares(one.counts, wanted)
        weight[1, starts[k] : starts[k + 1]] = _shares(one.counts[::-1], wanted)[::-1]
    bits = block_bits(n)
    blocks = on_threads(
        lambda block: _block_frequencies(table, n, block, bits, low, inverse, starts, weight),
        range(1 << (n - bits)),
        n,
        threads,
    )
    total = np.zeros((2, n + 1, n))
    for counted in blocks:  # in the order of the blocks
        total += counted
    wanted_of = np.array([math.ceil(fraction * one.counts.sum()) for one in histogram])
    total /= wanted_of[:, None]
    return total[0], total[1]


def _shares(counts: NDArray[np.int64], wanted: int) -> Values:
    """Part of each bin that belongs to the first `wanted` values."""
    before = np.concatenate([[0], np.cumsum(counts)[:-1]])
    shares: Values = np.clip((wanted - before) / np.maximum(counts, 1), 0.0, 1.0)
    return shares


@compiled
def _block_moments(
    table: Values, n: int, block: int, bits: int, first: Values
) -> tuple[NDArray[np.int64], Values, Values, Values, Values, NDArray[np.int64], NDArray[np.int64]]:
    count = np.zeros(n + 1, np.int64)
    total, squares = np.zeros(n + 1), np.zeros(n + 1)
    low, high = np.full(n + 1, np.inf), np.full(n + 1, -np.inf)
    at_low, at_high = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    inside = orders_below(min(bits, _ROW_BITS))
    for start in range(block << bits, (block + 1) << bits, len(inside)):
        above = order_of(start)
        for j in range(len(inside)):
            k = above + inside[j]
            value = table[start + j]
            deviation = value - first[k]
            count[k] += 1
            total[k] += deviation
            squares[k] += deviation * deviation
            if value < low[k]:
                low[k] = value
                at_low[k] = start + j
            if value > high[k]:
                high[k] = value
                at_high[k] = start + j
    return count, total, squares, low, high, at_low, at_high


@compiled
def _count_bins(
    table: Values,
    begin: int,
    end: int,
    row_bits: int,
    low: Values,
    inverse: Values,
    starts: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> None:
    inside = orders_below(row_bits)
    for start in range(begin, end, len(inside)):
        above = order_of(start)
        for j in range(len(inside)):
            k = above + inside[j]
            i = starts[k] + int((table[start + j] - low[k]) * inverse[k])
            counts[min(i, starts[k + 1] - 1)] += 1


@compiled
def _insert(value: float, index: int, values: Values, indices: NDArray[np.int64]) -> None:
    """Keep a short ascending list of the smallest values; of equal ones the first to come."""
    i = len(values) - 1
    if value >= values[i]:
        return
    while i > 0 and values[i - 1] > value:
        values[i], indices[i] = values[i - 1], indices[i - 1]
        i -= 1
    values[i], indices[i] = value, index


@compiled
def _keep_extremes(
    table: Values, n: int, begin: int, end: int, n_kept: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    low, high = np.full((n + 1, n_kept), np.inf), np.full((n + 1, n_kept), np.inf)
    at_low, at_high = np.full((n + 1, n_kept), -1), np.full((n + 1, n_kept), -1)
    for index in range(begin, end):
        k = order_of(index)
        value = table[index]
        if value < low[k, n_kept - 1]:
            _insert(value, index, low[k], at_low[k])
        if -value < high[k, n_kept - 1]:
            _insert(-value, index, high[k], at_high[k])
    return at_low, at_high


@compiled
def _block_frequencies(
    table: Values,
    n: int,
    block: int,
    bits: int,
    low: Values,
    inverse: Values,
    starts: NDArray[np.int64],
    weight: Values,
) -> Values:
    total = np.zeros((2, n + 1, n))
    for index in range(block << bits, (block + 1) << bits):
        k = order_of(index)
        i = min(starts[k] + int((table[index] - low[k]) * inverse[k]), starts[k + 1] - 1)
        for side in range(2):
            share = weight[side, i]
            if share > 0.0:
                for variable in range(n):
                    total[side, k, variable] += share * ((index >> variable) & 1)
    return total
