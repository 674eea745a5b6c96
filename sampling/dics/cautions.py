"""What stands against believing an estimate: trains unlike those that were learned from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...features.spike_times import Descriptors
from .estimator import Estimate, Estimator

Array = NDArray[np.float64]

FEWEST_OF_BURSTS = 5
"""Spikes below which bursts are not described."""

_MOST_NAMED = 5


def cautions(
    estimator: Estimator,
    trains: Sequence[Array],
    descriptors: Sequence[Descriptors],
    estimates: Sequence[Estimate],
) -> dict[str, list[int]]:
    """Find what should be known of estimates before they are believed.

    Parameters
    ----------
    estimator : Estimator
        Which made the estimates.
    trains : sequence of ndarray
        Spike times (ms), three or more of each.
    descriptors, estimates : sequence
        Of each train.

    Returns
    -------
    dict
        What is to be known -> places of the trains that it is true of; nothing without trains.
    """
    low, high = estimator.medians
    half = estimator.window / 2
    texts = {
        "extrapolated": f"a median interval outside the {low:.3g} to {high:.3g} ms of the training "
        f"trains of '{estimator.model}', so that their feedback is extrapolated; check the unit",
        "short": f"a length of less than {half:g} ms, half of what training trains have, so that "
        "their feedback is less certain than told",
        "few": f"fewer than {FEWEST_OF_BURSTS} spikes, and no descriptors of bursts",
        "other": "intervals as of trains of the other regime that miss spikes, so that their "
        "descriptors may mislead",
    }
    places: dict[str, list[int]] = {name: [] for name in texts}
    together = zip(trains, descriptors, estimates, strict=True)
    for place, (train, told, estimate) in enumerate(together):
        intervals = np.diff(train)
        if estimator.is_extrapolated(np.median(intervals)):
            places["extrapolated"].append(place)
        if intervals.sum() + intervals.max() < half:
            places["short"].append(place)
        if told.regime == "bursting" and len(train) < FEWEST_OF_BURSTS:
            places["few"].append(place)
        if told.regime != estimate.regime:
            places["other"].append(place)
    return {texts[name]: found for name, found in places.items() if found}


def in_a_sentence(text: str, places: Sequence[int], names: Sequence[str]) -> str:
    """Say of which trains something is to be known."""
    named = ", ".join(f"'{names[i]}'" for i in places[:_MOST_NAMED])
    more = "" if len(places) <= _MOST_NAMED else " and others"
    return f"{len(places)} of {len(names)} trains ({named}{more}) have {text}"
