"""Features that are known before their sweep has ended."""

from __future__ import annotations

from collections.abc import Iterable

from .extraction import EfelSettings, FeatureTarget, FeatureValues, extract_features
from .response import Response

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
        A sweep up to some time at which the cell is below the spike threshold.
    targets : iterable of FeatureTarget
        Features of this sweep's protocol.
    settings : EfelSettings
        eFEL settings.

    Returns
    -------
    dict of str to FeatureValues
        The settled ones among `targets`, with the values that the whole sweep will give.
    """
    groups: dict[tuple[str, tuple[float, float] | None], list[FeatureTarget]] = {}
    for target in targets:
        if target.efel_name in SPIKES_NEEDED and target.recording in response.recordings:
            groups.setdefault((target.recording, target.window), []).append(target)
    settled = {}
    for (recording, window), members in groups.items():
        counter = FeatureTarget(f"{members[0].protocol}.{recording}.Spikecount", 0, 1, "1", window)
        found = extract_features(response, [*members, counter], settings)
        counted = found[counter.name].values
        n_spikes = 0 if counted is None else counted[0]
        for target in members:
            if n_spikes >= SPIKES_NEEDED[target.efel_name]:
                settled[target.name] = found[target.name]
    return settled
