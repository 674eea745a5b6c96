"""The compiled loops of the patch-seq features: the spikes of a trace, and what they are like."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled
from .slopes import falls, going_back, highest, lowest, mean_at, slope, without

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

ONSET_SLOPE = 20.0  # V/s
LOWEST_PEAK = -30.0  # mV
LEAST_HEIGHT = 2.0  # from onset to peak, mV
THRESHOLD_PART = 0.05  # of the mean upstroke
TROUGH_PART = 0.003  # of the steepest descent
LONGEST_RISE = 5.0  # from threshold to peak, ms
BACK_ABOVE = 1.0  # of the threshold, to which the last spike must fall (mV)


@compiled
def rises(v: Array, d: Array, window: Array, first: int, last: int) -> tuple[Whole, Whole]:
    """Onsets and peaks of what could be spikes between two samples.

    Parameters
    ----------
    v, d : ndarray
        Trace (mV) and its slope (V/s).
    window : ndarray
        Slope of the window alone.
    first, last : int
        Of the window.
    """
    onset, peak = np.empty(len(window), np.int64), np.empty(len(window), np.int64)
    n, before = 0, -1
    if window[0] > ONSET_SLOPE:  # the stimulus itself raises the voltage so fast
        onset[0], n, before = first, 1, 0
    for i in range(len(window) - 1):
        if window[i] < ONSET_SLOPE <= window[i + 1]:
            if before < 0 or falls(window, before, i):
                onset[n] = i + first
                n += 1
            before = i
    for k in range(n):
        peak[k] = highest(v, onset[k], onset[k + 1] if k + 1 < n else last)
    kept = 0
    begins = True  # the onset of a rise that goes on is that of its first part
    start = 0
    for k in range(n):
        if begins:
            start = onset[k]
        begins = k + 1 == n or falls(d, peak[k], onset[k + 1])
        if begins and v[peak[k]] >= LOWEST_PEAK and v[peak[k]] - v[start] >= LEAST_HEIGHT:
            onset[kept], peak[kept] = start, peak[k]
            kept += 1
    return onset[:kept].copy(), peak[:kept].copy()


@compiled
def thresholds(
    v: Array,
    d: Array,
    rise: tuple[Whole, Whole],
    first: int,
    dt: float,
    filters: tuple[Array, Array, Array],
) -> Whole:
    """Thresholds: where the slope falls to a part of the mean upstroke, going back in time.

    When the first lies before the stimulus, the largest third derivatives are taken instead, if
    the first of these is later.

    Parameters
    ----------
    v, d : ndarray
        Trace (mV) and its slope (V/s).
    rise : tuple of ndarray
        Peaks and upstrokes.
    first : int
        Sample of the beginning of the stimulus.
    dt, filters
        Step (ms) and low-pass filter, for the third derivative.
    """
    peak, upstroke = rise
    n = len(peak)
    found = np.empty(n, np.int64)
    target = THRESHOLD_PART * mean_at(d, upstroke)
    for k in range(n):
        before = upstroke[k - 1] if k > 0 else 0
        place = going_back(d, upstroke[k], before, target)
        found[k] = before if place < 0 else place
    if found[0] >= first:
        return found
    b, a, settled = filters
    third = slope(slope(d, dt, b, a, settled), dt, b, a, settled)
    other = np.empty(n, np.int64)
    for k in range(n):
        trough = lowest(v, peak[k - 1] if k > 0 else 0, upstroke[k])
        other[k] = upstroke[k]
        for i in range(upstroke[k], trough, -1):
            if third[i] > third[other[k]]:
                other[k] = i
    return other if other[0] > found[0] else found


@compiled
def checked(
    v: Array, d: Array, threshold: Whole, peak: Whole, upstroke: Whole, longest: int
) -> tuple[Whole, Whole]:
    """Merge spikes that overlap, and find those anew whose rise is too long, or drop them.

    Parameters
    ----------
    v, d : ndarray
        Trace (mV) and its slope (V/s).
    threshold, peak, upstroke : ndarray
        Samples of the spikes.
    longest : int
        Samples from threshold to peak at most.
    """
    n = len(threshold)
    is_later, is_earlier = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    for k in range(n - 1):
        if threshold[k + 1] <= peak[k] + 1:
            is_later[k + 1] = True
            is_earlier[k] = True
    threshold, peak = without(threshold, is_later), without(peak, is_earlier)
    upstroke = without(upstroke, is_earlier)
    n = len(threshold)
    target = THRESHOLD_PART * mean_at(d, upstroke)
    is_long, is_dropped = peak - threshold > longest, np.zeros(n, np.bool_)
    for k in range(n):
        if not is_long[k]:
            continue
        place = going_back(d, upstroke[k], peak[k] - longest, target)
        if place >= 0:
            threshold[k] = place
            continue
        start = threshold[k]
        top = highest(v, start, min(start + 2 * longest, len(v)))
        if top - start < longest and (k == n - 1 or top < threshold[k + 1]):
            peak[k] = top
        else:
            is_dropped[k] = True
    return without(threshold, is_dropped), without(peak, is_dropped)


@compiled
def spikes(
    v: Array, first: int, last: int, dt: float, filters: tuple[Array, Array, Array]
) -> tuple[Whole, Whole, Whole]:
    """Thresholds, peaks and fast troughs of the spikes of a trace, as samples.

    Parameters
    ----------
    v : ndarray, shape (n,)
        mV.
    first, last : int
        Samples of the beginning and end of the stimulus.
    dt : float
        Step (ms).
    filters : tuple of ndarray
        Numerator, denominator and settled state of the low-pass filter.

    Returns
    -------
    threshold, peak, trough : ndarray, shape (n_spikes,)
        The trough is -1 for a spike that is cut, so that its end is not known.
    """
    none = np.empty(0, np.int64)
    if v[first : last + 1].max() < LOWEST_PEAK:
        return none, none, none
    b, a, settled = filters
    d = slope(v, dt, b, a, settled)
    window = slope(v[first : last + 1], dt, b, a, settled)
    longest = int(np.floor(LONGEST_RISE / dt + 1e-6))
    onset, peak = rises(v, d, window, first, last)
    if len(onset) == 0:
        return none, none, none
    upstroke = np.empty(len(onset), np.int64)
    for k in range(len(onset)):
        upstroke[k] = highest(d, onset[k], peak[k])
    threshold = thresholds(v, d, (peak, upstroke), first, dt, filters)
    if threshold[0] > peak[0]:
        return none, none, none
    threshold, peak = checked(v, d, threshold, peak, upstroke, longest)
    n = len(threshold)
    for k in range(n):
        if threshold[k] >= peak[k]:
            return none, none, none
    if n == 0:
        return none, none, none
    is_cut = True
    for i in range(peak[n - 1], last + 1):
        if v[i] <= v[threshold[n - 1]] + BACK_ABOVE:
            is_cut = False
    # a peak that is the lowest point up to the next spike is a bump of the stimulus' end
    is_bump = np.zeros(n, np.bool_)
    for k in range(n):
        if k == n - 1:
            is_bump[k] = not is_cut and lowest(v, peak[k], last) == peak[k]
        else:
            is_bump[k] = lowest(v, peak[k], threshold[k + 1]) == peak[k]
    threshold, peak = without(threshold, is_bump), without(peak, is_bump)
    is_cut = is_cut and not is_bump[n - 1]
    n = len(threshold)
    trough = np.full(n, -1, np.int64)
    n_whole = n - 1 if is_cut else n
    for k in range(n_whole):
        until = threshold[k + 1] if k + 1 < n_whole else last
        steepest = lowest(d, peak[k], until)
        for i in range(steepest, until):
            if d[i] >= TROUGH_PART * d[steepest]:
                trough[k] = i
                break
    return threshold, peak, trough


@compiled
def width(v: Array, threshold: int, peak: int, trough: int, dt: float) -> float:
    """Width of a spike halfway from threshold to peak (ms); NaN where it is not crossed."""
    level = 0.5 * (v[threshold] + v[peak])
    begin, end = -1, -1
    for i in range(peak, threshold, -1):
        if v[i] <= level:
            begin = i
            break
    for i in range(peak, trough):
        if v[i] <= level:
            end = i
            break
    return np.nan if begin < 0 or end < 0 else (end - begin) * dt


@compiled
def spike_features(
    v: Array,
    found: tuple[Whole, Whole, Whole],
    clock: tuple[float, float, float, float],
    out: Array,
) -> None:
    """Fill the first 19 features from the spikes of a trace.

    Parameters
    ----------
    v : ndarray
        mV.
    found : tuple of ndarray
        Thresholds, peaks and troughs, as `spikes` gives them.
    clock : tuple
        Time of the first sample, step, beginning and end of the stimulus (ms).
    out : ndarray, shape (23,)
        NaN where a feature is not defined.
    """
    threshold, peak, trough = found
    t0, dt, begin, end = clock
    n = len(threshold)
    out[:19] = np.nan
    if n == 0:
        return
    at = t0 + threshold * dt
    edges = begin + (end - begin) * np.array([0.125, 0.25, 0.5])
    out[8] = np.log(n + 3.0)
    for k in range(3):
        out[9 + k] = np.log(np.sum(at < edges[k] - 1e-6) + 3.0)
    out[12] = np.log(np.sum(at >= edges[2] - 1e-6) + 3.0)
    if trough.max() < 0:
        return
    height = np.empty(n)
    for k in range(n):
        height[k] = v[peak[k]] - v[threshold[k]]
    for k in range(2):
        i = 2 * k
        if i == 0 or n >= 5:
            out[4 * k], out[4 * k + 1] = v[threshold[i]], height[i]
            if trough[i] >= 0:
                out[4 * k + 2] = width(v, threshold[i], peak[i], trough[i], dt)
                out[4 * k + 3] = v[trough[i]] - v[threshold[i]]
    if n >= 2:
        out[13] = np.log(height[1] / height[0])
        out[14] = 1.0 / (1.0 + np.exp(-50.0 * ((height[1:] / height[:-1]).mean() - 1.0)))
        out[15] = np.log(height.std() / height.mean())
    if n >= 3:
        interval = at[1:] - at[:-1]
        out[16] = np.log(interval[1] / interval[0])
        out[17] = np.log(interval.std() / interval.mean())
    latency = at[0] - begin + 0.4
    if latency > 1e-9:
        out[18] = np.log(latency)


@compiled
def trace_features(
    v: Array,
    clock: tuple[float, float, float, float],
    filters: tuple[Array, Array, Array],
    rest_with_end: bool,
    out: Array,
) -> None:
    """Fill the 23 features of one trace.

    Parameters
    ----------
    v : ndarray, shape (n,)
        mV.
    clock : tuple
        Time of the first sample, step, beginning and end of the stimulus (ms).
    filters : tuple of ndarray
        Numerator, denominator and settled state of the low-pass filter.
    rest_with_end : bool
        Whether the rest is that before and after the stimulus.
    out : ndarray, shape (23,)
        NaN where a feature is not defined.
    """
    t0, dt, begin, end = clock
    first = int(np.ceil((begin - t0) / dt - 1e-6))
    last = int(np.ceil((end - t0) / dt - 1e-6))
    spike_features(v, spikes(v, first, last, dt, filters), clock, out)
    rest = v[:first].sum()
    n_rest = first
    if rest_with_end:
        rest += v[last + 1 :].sum()
        n_rest += len(v) - last - 1
    out[19] = rest / n_rest
    inside = v[first + 1 : last]  # without the samples at both edges of the step
    mean = inside.mean()
    away = inside - mean
    variance = (away * away).mean()
    out[20], out[21] = mean, variance
    out[22] = (away * away * away).mean() / variance**1.5
