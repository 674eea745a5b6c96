"""The 23 features of a trace by which patch-seq neurons are compared (Bernaerts et al. 2025)."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import IonfoError
from ..limits import check_number

Array = NDArray[np.float64]

PATCHSEQ_FEATURES: dict[str, str] = {
    "AP threshold": "mV",
    "AP amplitude": "mV",
    "AP width": "ms",
    "AHP": "mV",
    "3rd AP threshold": "mV",
    "3rd AP amplitude": "mV",
    "3rd AP width": "ms",
    "3rd AHP": "mV",
    "AP count": "1",
    "AP count 1st 8th": "1",
    "AP count 1st quarter": "1",
    "AP count 1st half": "1",
    "AP count 2nd half": "1",
    "AP amp adapt": "1",
    "AP average amp adapt": "1",
    "AP CV": "1",
    "ISI adapt": "1",
    "ISI CV": "1",
    "latency": "1",
    "rest": "mV",
    "mean": "mV",
    "var": "mV2",
    "skew": "1",
}
"""Names and units of the features, in their order; counts, ratios and the latency (ms) are
logarithms."""

Rest = Literal["before", "before and after"]

CUT_OFF = 10.0
"""Of the low-pass filter (kHz)."""

_ORDER = 4
_LARGEST_VOLTAGE = 200.0  # mV
_LARGEST_STEP = 0.5 / CUT_OFF  # ms: below it the filter is defined
_EVEN = 1e-3  # by which steps may differ


def patchseq_features(
    t: ArrayLike,
    v: ArrayLike,
    stim_start: float = 100.0,
    stim_end: float = 700.0,
    *,
    rest: Rest = "before",
) -> Array:
    """Extract the 23 features of a trace.

    Parameters
    ----------
    t : array_like, shape (n_times,)
        ms, in even steps of less than 0.05 ms.
    v : array_like, shape (n_times,)
        mV.
    stim_start, stim_end : float
        Beginning and end of the step of current (ms).
    rest : {"before", "before and after"}
        Where the resting voltage is averaged: before the step, or before and after it.  The
        published table of recorded cells has the second and that of simulations the first, which
        makes them differ where cells do not; compare cells by one of them.

    Returns
    -------
    ndarray, shape (23,)
        In the order of `PATCHSEQ_FEATURES`; NaN where a feature is not defined.

    Raises
    ------
    IonfoError
        If the trace is not a list of numbers in mV at even times in ms, or the step lies outside.

    References
    ----------
    Bernaerts et al. (2025), Patterns 6:101323; Scala et al. (2021), Nature 598:144.
    """
    times, voltage = _checked(t, v, stim_start, stim_end)
    check_rest(rest)
    dt = float(times[-1] - times[0]) / (len(times) - 1)
    return even_trace_features(
        voltage, (float(times[0]), dt, float(stim_start), float(stim_end)), rest
    )


def check_rest(rest: str) -> None:
    """Refuse another definition of rest than `patchseq_features` takes.

    Raises
    ------
    IonfoError
        Naming both.
    """
    if rest not in ("before", "before and after"):
        raise IonfoError(f"rest must be 'before' or 'before and after', got '{rest}'")


def even_trace_features(
    voltage: Array, clock: tuple[float, float, float, float], rest: Rest = "before"
) -> Array:
    """Extract the 23 features of a trace that needs no check, as simulations are.

    Parameters
    ----------
    voltage : ndarray, shape (n_times,)
        mV.
    clock : tuple of float
        Time of the first sample, step, beginning and end of the step of current (ms).
    rest : {"before", "before and after"}
        As `patchseq_features` takes it.

    Returns
    -------
    ndarray, shape (23,)
        NaN where a feature is not defined.
    """
    from .patchseq_kernel import trace_features

    found = np.empty(len(PATCHSEQ_FEATURES))
    # a trace of one value has no spread to divide by
    with np.errstate(all="ignore"):
        trace_features(voltage, clock, _low_pass(clock[1]), rest != "before", found)
    found[~np.isfinite(found)] = np.nan
    return found


@lru_cache(maxsize=16)
def _low_pass(dt: float) -> tuple[Array, Array, Array]:
    """Bessel filter for a step (ms): numerator, denominator and settled state."""
    from scipy.signal import bessel, lfilter_zi

    b, a = bessel(_ORDER, CUT_OFF * 2 * dt, "low")
    return np.asarray(b), np.asarray(a), np.asarray(lfilter_zi(b, a))


def _checked(t: ArrayLike, v: ArrayLike, stim_start: float, stim_end: float) -> tuple[Array, Array]:
    try:
        times, voltage = np.asarray(t, dtype=np.float64), np.asarray(v, dtype=np.float64)
    except (TypeError, ValueError):
        raise IonfoError("times (ms) and voltages (mV) must be lists of numbers") from None
    if times.ndim != 1 or times.shape != voltage.shape:
        raise IonfoError(
            "times (ms) and voltages (mV) must be two lists of the same length, got the shapes "
            f"{times.shape} and {voltage.shape}"
        )
    for name, time in (("stim_start (ms)", stim_start), ("stim_end (ms)", stim_end)):
        check_number(name, np.nan if time is None else time, -1e9, 1e9)
    for name, values in (("times", times), ("voltages", voltage)):
        if not np.isfinite(values).all():
            raise IonfoError(
                f"{name} must be numbers, got {values[~np.isfinite(values)][0]:g} at place "
                f"{int(np.argmin(np.isfinite(values))) + 1}"
            )
    if len(times) < 3 or not (np.diff(times) > 0).all():
        raise IonfoError("times (ms) must rise, and be three or more")
    if np.abs(voltage).max() > _LARGEST_VOLTAGE:
        raise IonfoError(
            f"voltages must be in mV, from -{_LARGEST_VOLTAGE:g} to {_LARGEST_VOLTAGE:g}, got "
            f"{voltage[np.argmax(np.abs(voltage))]:g}"
        )
    if not times[0] < stim_start < stim_end < times[-1]:
        raise IonfoError(
            f"the step of current from {stim_start:g} to {stim_end:g} ms must lie inside the trace,"
            f" which goes from {times[0]:g} to {times[-1]:g}; are its times in ms?"
        )
    steps = np.diff(times)
    if np.ptp(steps) > _EVEN * steps.mean() or steps.mean() >= _LARGEST_STEP:
        raise IonfoError(
            f"times must have even steps of less than {_LARGEST_STEP:g} ms, got steps from "
            f"{steps.min():.3g} to {steps.max():.3g}; resample the trace, at 25 kHz for example"
        )
    few = 40  # samples: more than the filter extends a trace by
    if min(stim_start - times[0], stim_end - stim_start) < few * steps.mean():
        raise IonfoError(
            f"the rest before the step and the step must have {few} samples at least, got steps of "
            f"{steps.mean():.3g} ms and a step of current from {stim_start:g} to {stim_end:g} ms"
        )
    return times, np.ascontiguousarray(voltage)
