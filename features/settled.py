"""Features that are known before their sweep has ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .extraction import FeatureTarget, FeatureValues, extract_features
from .response import Response
from .settings import EfelSettings

_LOOKED_AT = -20.0  # mV; the soma is below it whenever a watch looks

SPIKES_NEEDED = {
    "time_to_first_spike": 1,
    "inv_time_to_first_spike": 1,
    "time_to_second_spike": 2,
    "inv_first_ISI": 2,
    "inv_second_ISI": 3,
    "inv_third_ISI": 4,
    "inv_fourth_ISI": 5,
    "inv_fifth_ISI": 6,
}
"""eFEL features that depend on the peak times of the first spikes alone, and how many."""


def settled_features(
    response: Response, targets: Iterable[FeatureTarget], settings: EfelSettings
) -> dict[str, FeatureValues]:
    """Measure the features of an unfinished sweep that its rest cannot change.

    Parameters
    ----------
    response : Response
        A sweep up to some time at which the soma is below -20 mV.
    targets : iterable of FeatureTarget
        Features of this sweep's protocol.
    settings : EfelSettings
        eFEL settings.

    Returns
    -------
    dict of str to FeatureValues
        The settled ones among `targets`, with the values that the whole sweep will give.
    """
    groups: dict[tuple[Any, ...], list[FeatureTarget]] = {}
    for target in targets:
        if target.efel_name in SPIKES_NEEDED and _is_between_spikes(response, target, settings):
            key = (target.recording, target.window, target.settings)
            groups.setdefault(key, []).append(target)
    settled = {}
    for (recording, window, own), members in groups.items():
        name = f"{members[0].protocol}.{recording}.Spikecount"
        counter = FeatureTarget(name, 0, 1, "1", window, own)
        found = extract_features(response, [*members, counter], settings)
        counted = found[counter.name].values
        n_spikes = 0 if counted is None else counted[0]
        for target in members:
            if n_spikes >= SPIKES_NEEDED[target.efel_name]:
                settled[target.name] = found[target.name]
    return settled


def _is_between_spikes(response: Response, target: FeatureTarget, settings: EfelSettings) -> bool:
    """Whether the last spike is over where a feature looks: its peak may rise until then."""
    trace = response.recordings.get(target.recording)
    if trace is None:
        return False
    threshold = (target.settings or settings).Threshold
    is_told = target.recording == "soma.v" and threshold >= _LOOKED_AT
    return is_told or bool(len(trace) and trace[-1] < threshold)
