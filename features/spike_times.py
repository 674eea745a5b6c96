"""Descriptors of a spike train: its regime, and rates and bursts in numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import IonfoError
from ..limits import shortened

Regime = Literal["silent", "regular", "bursting"]

REGULAR = 0.15
"""Largest coefficient of variation of the intervals of a regular train."""

FEWEST = 3
"""Spikes below which a train is silent."""

SHORTEST_MEDIAN = 0.5
"""Median interval (ms) below which times must be in seconds."""

UNITS = {
    "n_spikes": "1",
    "cv": "1",
    "frequency": "Hz",
    "spikes_per_burst": "1",
    "burst_duration": "ms",
    "intra_burst_frequency": "Hz",
    "inter_burst_frequency": "Hz",
}
"""Of the numbers of `Descriptors`."""


@dataclass(frozen=True)
class Descriptors:
    """What a spike train does.  NaN stands for what a train does not have.

    Attributes
    ----------
    regime : str
        ``silent`` (fewer than 3 spikes), ``regular`` (coefficient of variation of the intervals up
        to 0.15) or ``bursting``.
    n_spikes : int
        Of the train.
    cv : float
        Coefficient of variation of the intervals.
    frequency : float
        Mean of the inverse intervals (Hz); of regular trains.
    spikes_per_burst : float
        Mean number; this and what follows are of bursting trains, without their first and last
        burst, which a recording cuts.
    burst_duration : float
        Mean from the first to the last spike of a burst (ms).
    intra_burst_frequency : float
        Mean of spikes per duration of a burst (Hz).
    inter_burst_frequency : float
        Inverse of the mean interval between beginnings of bursts (Hz).
    """

    regime: Regime
    n_spikes: int
    cv: float = np.nan
    frequency: float = np.nan
    spikes_per_burst: float = np.nan
    burst_duration: float = np.nan
    intra_burst_frequency: float = np.nan
    inter_burst_frequency: float = np.nan

    def numbers(self) -> dict[str, float]:
        """Give the numbers by name, without the regime."""
        return {name: float(value) for name, value in asdict(self).items() if name != "regime"}


def check_times(times: ArrayLike, name: str = "spike times") -> NDArray[np.float64]:
    """Give spike times as an array.

    Parameters
    ----------
    times : array_like, shape (n_spikes,)
        ms.
    name : str
        What they are, for errors.

    Returns
    -------
    ndarray, shape (n_spikes,)
        ms.

    Raises
    ------
    IonfoError
        If they are no list of numbers, one is negative or missing, they do not rise, or they are
        in seconds.
    """
    try:
        found = np.asarray(times, dtype=np.float64)
    except (TypeError, ValueError):
        raise IonfoError(f"{name} must be numbers in ms, got {shortened(times)}") from None
    if found.ndim != 1:
        raise IonfoError(f"{name} must be one list of numbers in ms, got the shape {found.shape}")
    wrong = ~(np.isfinite(found) & (found >= 0))
    if wrong.any():
        place = int(np.argmax(wrong))
        raise IonfoError(f"{name} must be 0 or more, got {found[place]:g} at place {place + 1}")
    intervals = np.diff(found)
    if (intervals <= 0).any():
        place = int(np.argmax(intervals <= 0))
        raise IonfoError(
            f"{name} must rise, got {found[place + 1]:g} after {found[place]:g}; sort them"
        )
    if len(found) >= FEWEST and np.median(intervals) < SHORTEST_MEDIAN:
        raise IonfoError(
            f"{name} must be in ms, and half of the intervals are below {np.median(intervals):.2g} "
            "ms; multiply times in seconds by 1000"
        )
    return found


def describe(times: ArrayLike) -> Descriptors:
    """Describe a spike train.

    Bursts are cut at intervals above the middle of the shortest and the longest one; a burst has
    two spikes or more.

    Parameters
    ----------
    times : array_like, shape (n_spikes,)
        ms, rising.

    Returns
    -------
    Descriptors
        Regime and numbers.

    Raises
    ------
    IonfoError
        If the times are not what `check_times` takes.

    Examples
    --------
    >>> describe([0, 100, 200, 300]).frequency
    10.0
    >>> trains = [start + spike for start in (0, 500, 1000, 1500) for spike in (0, 10, 20)]
    >>> found = describe(trains)
    >>> found.regime, found.spikes_per_burst, found.burst_duration, found.inter_burst_frequency
    ('bursting', 3.0, 20.0, 2.0)
    """
    spikes = check_times(times)
    n = len(spikes)
    if n < FEWEST:
        return Descriptors("silent", n)
    intervals = np.diff(spikes)
    cv = float(intervals.std() / intervals.mean())
    if cv <= REGULAR:
        return Descriptors("regular", n, cv, frequency=float(np.mean(1000 / intervals)))
    longest_within = (intervals.max() + intervals.min()) / 2
    pieces = np.split(spikes, np.flatnonzero(intervals > longest_within) + 1)
    bursts = [piece for piece in pieces if len(piece) >= 2][1:-1]
    if not bursts:
        return Descriptors("bursting", n, cv)
    sizes = np.array([len(burst) for burst in bursts])
    durations = np.array([burst[-1] - burst[0] for burst in bursts])
    between = np.diff([burst[0] for burst in bursts])
    return Descriptors(
        "bursting",
        n,
        cv,
        spikes_per_burst=float(sizes.mean()),
        burst_duration=float(durations.mean()),
        intra_burst_frequency=float(np.mean(1000 * sizes / durations)),
        inter_burst_frequency=float(1000 / between.mean()) if len(between) else np.nan,
    )
