"""Piecewise linear currents as corners: their sum, and when it leaves zero."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Waveform = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Times (ms) of the corners and values, both of shape (n_corners,); zero outside."""


def summed(waveforms: Sequence[Waveform], base: float, total: float) -> list[tuple[float, float]]:
    """Add currents to a constant one.

    Parameters
    ----------
    waveforms : sequence of tuple of ndarray
        Times (ms) and values (nA) of each, zero outside.
    base : float
        The constant current (nA).
    total : float
        Length of the sweep (ms).

    Returns
    -------
    list of tuple of float
        Corners (ms, nA) from 0 to `total`; a jump has two corners at its time.

    Examples
    --------
    >>> step = (np.array([1.0, 2.0]), np.array([0.5, 0.5]))
    >>> summed([step], 0.1, 3.0)
    [(0.0, 0.1), (1.0, 0.1), (1.0, 0.6), (2.0, 0.6), (2.0, 0.1), (3.0, 0.1)]
    """
    times = np.unique(np.concatenate([[0.0, total], *(times for times, _ in waveforms)]))
    times = times[times <= total]
    before, after = np.full(times.shape, base), np.full(times.shape, base)
    for one in waveforms:
        before += _limits(one, times, "left")
        after += _limits(one, times, "right")
    corners = []
    for i, time in enumerate(times.tolist()):
        if i > 0:
            corners.append((time, float(before[i])))
        if i < len(times) - 1 and (i == 0 or before[i] != after[i]):
            corners.append((time, float(after[i])))
    return corners


def first_change(waveforms: Sequence[Waveform], total: float) -> float:
    """Give the time (ms) at which the first of the currents leaves zero; `total` for none.

    Examples
    --------
    >>> first_change([(np.array([5.0, 9.0, 9.0]), np.array([0.0, 0.0, 1.0]))], 20.0)
    9.0
    """
    earliest = total
    for times, values in waveforms:
        moving = np.flatnonzero(values)
        if len(moving):
            i = int(moving[0])
            leaves = i > 0 and times[i - 1] < times[i]
            earliest = min(earliest, float(times[i - 1] if leaves else times[i]))
    return earliest


def _limits(
    waveform: Waveform, at: NDArray[np.float64], side: Literal["left", "right"]
) -> NDArray[np.float64]:
    """Give the limits of a current from one side; zero outside its corners."""
    times, values = waveform
    above = np.searchsorted(times, at, side=side)
    inside = (above > 0) & (above < len(times))
    i = np.clip(above, 1, len(times) - 1)
    low, high = times[i - 1], times[i]
    width = np.where(high > low, high - low, np.inf)
    share: NDArray[np.float64] = (at - low) / width
    between: NDArray[np.float64] = values[i - 1] + (values[i] - values[i - 1]) * share
    between[share == 1.0] = values[i][share == 1.0]  # not its neighbour by rounding
    between[~inside] = 0.0
    return between


def levels(edges: Sequence[float], values: Sequence[float]) -> Waveform:
    """Write constant pieces between edges as corners."""
    times = np.repeat(np.array(edges, dtype=np.float64), 2)[1:-1]
    return times, np.repeat(np.array(values, dtype=np.float64), 2)


def grid(start: float, end: float, every: float) -> NDArray[np.float64]:
    """Give times at equal distance, the end included."""
    n = int(np.floor((end - start) / every + 1e-9)) + 1
    times: NDArray[np.float64] = start + every * np.arange(n, dtype=np.float64)
    return times if times[-1] >= end - 1e-9 else np.concatenate([times, [end]])
