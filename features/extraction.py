"""From traces to features with eFEL, one call per trace, every setting stated.

eFEL keeps its settings in one global; `extract_features` sets all of them before each
call, so the result depends on nothing that ran before.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .response import Response
from .settings import EfelSettings

# published e-models use the old name of this feature
_RENAMED = {"Spikecount": "spike_count"}


@dataclass(frozen=True)
class FeatureTarget:
    """One feature and its experimental target.

    Attributes
    ----------
    name : str
        ``protocol.recording.eFEL feature``, for example ``Step_200.soma.v.mean_frequency``.
    mean, std : float
        Target, in `unit`.
    unit : str
        Unit of the feature.
    window : tuple of float, optional
        Stimulus window of this feature alone (ms); the response's by default.
    settings : EfelSettings, optional
        eFEL settings of this feature alone; those of the call by default.
    """

    name: str
    mean: float
    std: float
    unit: str
    window: tuple[float, float] | None = None
    settings: EfelSettings | None = None
    protocol: str = field(init=False)
    recording: str = field(init=False)
    efel_name: str = field(init=False)

    def __post_init__(self) -> None:
        protocol, *recording, efel_name = self.name.split(".")
        object.__setattr__(self, "protocol", protocol)
        object.__setattr__(self, "recording", ".".join(recording))
        object.__setattr__(self, "efel_name", efel_name)

    @property
    def is_search_result(self) -> bool:
        """Whether the value comes from a search and not from a trace."""
        return self.efel_name.startswith("bpo_")


@dataclass(frozen=True)
class FeatureValues:
    """Values of one feature, or the reason why there are none.

    Attributes
    ----------
    values : ndarray, shape (n_values,), or None
        All values that eFEL returned.
    reason : str
        Empty when there are values.
    """

    values: NDArray[np.float64] | None
    reason: str = ""


def extract_features(
    response: Response, targets: Iterable[FeatureTarget], settings: EfelSettings
) -> dict[str, FeatureValues]:
    """Measure the features of one sweep.

    Parameters
    ----------
    response : Response
        The sweep.
    targets : iterable of FeatureTarget
        Features of this sweep's protocol.
    settings : EfelSettings
        eFEL settings of the features that have none of their own.

    Returns
    -------
    dict of str to FeatureValues
        Feature name -> values or reason, in the order of `targets`.
    """
    targets = list(targets)
    measured: dict[str, FeatureValues] = {}
    by_trace: dict[tuple[str, tuple[float, float], EfelSettings], list[FeatureTarget]] = {}
    for target in targets:
        if target.is_search_result:
            found = (response.values or {}).get(target.efel_name)
            measured[target.name] = (
                FeatureValues(None, "the search found no value")
                if found is None
                else FeatureValues(np.array([found]))
            )
        elif target.recording not in response.recordings:
            measured[target.name] = FeatureValues(
                None, f"recording '{target.recording}' does not exist on this morphology"
            )
        else:
            window = target.window or (response.stim_start, response.stim_end)
            own = target.settings or settings
            by_trace.setdefault((target.recording, window, own), []).append(target)

    for (recording, (start, end), own), wanted in by_trace.items():
        windowed = replace(response, stim_start=start, stim_end=end)
        values = _call_efel(windowed, recording, [one.efel_name for one in wanted], own)
        n_spikes = values["Spikecount"]
        for one in wanted:
            measured[one.name] = _values_or_reason(
                one.efel_name, values[one.efel_name], recording, n_spikes
            )
    return {target.name: measured[target.name] for target in targets}


def feature_value(
    response: Response, recording: str, efel_name: str, settings: EfelSettings
) -> float | None:
    """Mean of one feature of one trace, in eFEL's unit; None where it is undefined."""
    values = _call_efel(response, recording, [efel_name], settings)[efel_name]
    return None if values is None or len(values) == 0 else float(np.mean(values))


def known_features() -> frozenset[str]:
    """Name the features that eFEL, or a search of the protocols, gives."""
    import efel

    searches = ("bpo_holding_current", "bpo_threshold_current")
    return frozenset([*searches, *_RENAMED, *efel.get_feature_names()])


def is_known_feature(efel_name: str) -> bool:
    """Whether eFEL, or a search of the protocols, gives this feature."""
    return efel_name in known_features()


def _call_efel(
    response: Response, recording: str, names: list[str], settings: EfelSettings
) -> Mapping[str, Any]:
    import efel

    _set_all(settings)
    trace = {
        "T": response.t.tolist(),
        "V": response.recordings[recording].tolist(),
        "stim_start": [response.stim_start],
        "stim_end": [response.stim_end],
        "stimulus_current": [response.stimulus_current],
    }
    asked = list(dict.fromkeys(_RENAMED.get(name, name) for name in [*names, "Spikecount"]))
    with warnings.catch_warnings():
        # eFEL warns about names that it uses itself
        warnings.simplefilter("ignore", DeprecationWarning)
        (values,) = efel.get_feature_values([trace], asked, raise_warnings=False)
    # eFEL appends its messages to one string that only this empties: 2 kB an evaluation
    efel.cppcore.getgError()
    return {name: values[_RENAMED.get(name, name)] for name in [*names, "Spikecount"]}


def _set_all(settings: EfelSettings) -> None:
    """Set every setting of eFEL, whatever was set before."""
    import efel

    present = vars(efel.get_settings())
    for key, value in settings.values().items():
        if present.get(key) != value:  # setting one is slow, comparing is not
            efel.set_setting(key, value)


def _values_or_reason(name: str, values: Any, recording: str, n_spikes: Any) -> FeatureValues:
    if values is None or len(values) == 0:
        if name == "burst_number":  # no burst is a count of zero (published evaluator)
            return FeatureValues(np.zeros(1))
        spikes = 0 if n_spikes is None or len(n_spikes) == 0 else int(n_spikes[0])
        seen = f" ({spikes} spike{'' if spikes == 1 else 's'})" if recording.endswith(".v") else ""
        return FeatureValues(None, f"eFEL finds no {name} in this trace{seen}")
    array = np.asarray(values, dtype=np.float64)
    if not np.all(np.isfinite(array)):
        return FeatureValues(None, f"eFEL returned a {name} that is not finite")
    return FeatureValues(array)
