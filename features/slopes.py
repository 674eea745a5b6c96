"""Slopes of filtered traces, and the places where something of them holds; compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled

Array = NDArray[np.float64]
Whole = NDArray[np.int64]


@compiled
def filtered(x: Array, b: Array, a: Array, settled: Array) -> Array:
    """Filter forwards and backwards, with odd extensions of three times the filter's length.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Signal; longer than the extension.
    b, a : ndarray, shape (m,)
        Numerator and denominator, the first of which is 1.
    settled : ndarray, shape (m - 1,)
        State of the filter (transposed direct form) after a long constant input of 1.
    """
    n, m = len(x), len(b) - 1
    more = 3 * (m + 1)
    y = np.empty(n + 2 * more)
    for i in range(more):
        y[i] = 2.0 * x[0] - x[more - i]
        y[more + n + i] = 2.0 * x[n - 1] - x[n - 2 - i]
    y[more : more + n] = x
    state = np.empty(m + 1)
    for _ in range(2):
        start = y[0]
        state[:m] = settled * start
        state[m] = 0.0
        for i in range(len(y)):
            now = y[i]
            out = state[0] + b[0] * now
            for k in range(m):
                state[k] = state[k + 1] + now * b[k + 1] - out * a[k + 1]
            y[i] = out
        y = y[::-1].copy()
    return y[more : more + n]


@compiled
def slope(x: Array, dt: float, b: Array, a: Array, settled: Array) -> Array:
    """First differences of a filtered signal by the step, one fewer than samples."""
    y = filtered(x, b, a, settled)
    return (y[1:] - y[:-1]) / dt


@compiled
def falls(d: Array, first: int, last: int) -> bool:
    """Tell whether a slope is negative at a sample from the first to before the last."""
    for i in range(first, last):
        if d[i] < 0.0:
            return True
    return False


@compiled
def highest(x: Array, first: int, last: int) -> int:
    """Place of the first maximum from the first to before the last sample."""
    found = first
    for i in range(first + 1, last):
        if x[i] > x[found]:
            found = i
    return found


@compiled
def lowest(x: Array, first: int, last: int) -> int:
    """Place of the first minimum from the first to before the last sample."""
    found = first
    for i in range(first + 1, last):
        if x[i] < x[found]:
            found = i
    return found


@compiled
def going_back(d: Array, start: int, last: int, target: float) -> int:
    """First sample from the start back to after the last with a slope up to a target, or -1."""
    for i in range(start, last, -1):
        if d[i] <= target:
            return i
    return -1


@compiled
def mean_at(d: Array, places: Whole) -> float:
    """Mean of an array at places."""
    total = 0.0
    for i in places:
        total += d[i]
    return total / len(places)


@compiled
def without(x: Whole, is_dropped: NDArray[np.bool_]) -> Whole:
    """Leave some out."""
    return x[~is_dropped]
