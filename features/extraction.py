"""From traces to features with eFEL, one call per trace, every setting stated.

eFEL keeps its settings in one global; `extract_features` sets all of them before each
call, so the result depends on nothing that ran before.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .response import Response


@dataclass(frozen=True)
class EfelSettings:
    """eFEL settings that an e-model may choose; all others stay at the values below.

    Attributes
    ----------
    Threshold : float
        Spike detection (mV).
    interp_step : float
        Step of eFEL's linear interpolation (ms).
    strict_stiminterval : bool
        Whether spikes outside the stimulus window are ignored.
    """

    Threshold: float = -20.0
    interp_step: float = 0.025
    strict_stiminterval: bool = True


# eFEL 5 defaults, stated here so that another version's defaults cannot change a score
_FIXED_SETTINGS: dict[str, float | int | str | bool] = {
    "DerivativeThreshold": 10.0,
    "DownDerivativeThreshold": -12.0,
    "spike_skipf": 0.1,
    "max_spike_skip": 2,
    "burst_factor": 1.5,
    "strict_burst_factor": 2.0,
    "voltage_base_start_perc": 0.9,
    "voltage_base_end_perc": 1.0,
    "current_base_start_perc": 0.9,
    "current_base_end_perc": 1.0,
    "rise_start_perc": 0.0,
    "rise_end_perc": 1.0,
    "initial_perc": 0.1,
    "min_spike_height": 20.0,
    "initburst_freq_threshold": 50,
    "initburst_sahp_start": 5,
    "initburst_sahp_end": 100,
    "DerivativeWindow": 3,
    "voltage_base_mode": "mean",
    "current_base_mode": "mean",
    "precision_threshold": 1e-10,
    "sahp_start": 5.0,
    "ignore_first_ISI": True,
    "impedance_max_freq": 50.0,
    "AP_phaseslope_range": 2,
    "inactivation_tc_end_skip": 10,
    "depol_block_min_duration": 50.0,
}


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
    """

    name: str
    mean: float
    std: float
    unit: str
    window: tuple[float, float] | None = None
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
        eFEL settings.

    Returns
    -------
    dict of str to FeatureValues
        Feature name -> values or reason, in the order of `targets`.
    """
    targets = list(targets)
    measured: dict[str, FeatureValues] = {}
    by_trace: dict[tuple[str, tuple[float, float]], list[FeatureTarget]] = {}
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
            by_trace.setdefault((target.recording, window), []).append(target)

    for (recording, (start, end)), wanted in by_trace.items():
        windowed = replace(response, stim_start=start, stim_end=end)
        values = _call_efel(windowed, recording, [one.efel_name for one in wanted], settings)
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

    present = vars(efel.get_settings())
    for key, value in {**_FIXED_SETTINGS, **asdict(settings)}.items():
        if present.get(key) != value:  # setting one is slow, comparing is not
            efel.set_setting(key, value)
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
