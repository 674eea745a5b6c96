"""Protocols of a BluePyEModel or emodel-generalisation folder, in either of its two forms.

The older form is an object, protocol -> stimuli; the newer a list that is kept beside the
features.  What a folder leaves out has the value that emodel-generalisation 0.2.14 gives it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ...errors import IonfoError
from .json_file import number, taken

SEARCHES = ("SearchHoldingCurrent", "RinProtocol", "RMPProtocol", "SearchThresholdCurrent")
_OLD_SEARCHES = ("RMP", "Rin", "RinHoldcurrent", "Main", "ThresholdDetection")
_OTHER_SHAPES = (
    *("ap_thresh", "apthresh", "ramp", "highfreq", "synaptic", "bac", "dendritic", "sahp"),
    *("cheops", "sinespec", "hyperdepol", "dehyperpol", "noise", "zap", "comb"),
)
_STEP_KEYS = ("amp", "thresh_perc", "delay", "duration", "totduration", "holding_current")
_REGIONS = {"soma": "somatic", "axon": "axonal", "apic": "apical", "dend": "basal"}


@dataclass(frozen=True)
class Sweep:
    """Times of a current step (ms); `amplitude` in percent of threshold, or nA.

    `holding` (nA) is that of a step with a given current, None where it is searched.
    """

    delay: float
    duration: float
    total: float
    amplitude: float = 0.0
    holding: float | None = None


@dataclass
class FolderProtocols:
    """What a folder says about sweeps.

    Attributes
    ----------
    steps : dict
        Name -> sweep; in percent of the threshold current where its holding is None.
    recordings : dict
        Name of a step -> recordings as the e-model definition has them.
    rmp_duration : float
        ms.
    rin, threshold : Sweep
        Of the two searches with a step.
    refused : dict
        Name of a protocol that cannot be expressed -> why; of no matter if no feature needs it.
    validation : set of str
        Names of those that the evaluator leaves out of the cost, to validate models with.
    """

    steps: dict[str, Sweep] = field(default_factory=dict)
    recordings: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rmp_duration: float = 500.0
    rin: Sweep = Sweep(500.0, 500.0, 1000.0, -0.02)
    threshold: Sweep = Sweep(500.0, 2000.0, 3000.0)
    refused: dict[str, str] = field(default_factory=dict)
    validation: set[str] = field(default_factory=set)


def read_protocols(content: Any, origin: str) -> FolderProtocols:
    """Read protocols.

    Parameters
    ----------
    content : dict or list
        As in the file, in the older or the newer form.
    origin : str
        Names the file in errors.

    Raises
    ------
    IonfoError
        If an entry has another shape.
    """
    found = FolderProtocols()
    if isinstance(content, list):
        for entry in content:
            _newer(found, entry, origin)
    elif isinstance(content, dict):
        for name, entry in content.items():
            if not name.startswith("__"):
                _older(found, name, entry, f"{origin}, protocol '{name}'")
    else:
        raise IonfoError(f"{origin} must hold protocols as an object or a list")
    return found


def _older(found: FolderProtocols, name: str, entry: Any, origin: str) -> None:
    if name in ("Main", "RinHoldcurrent") or name in SEARCHES:
        return  # the searches follow from features and settings
    if name == "ThresholdDetection":
        template = taken(entry, "step_template", dict, origin)
        found.threshold = _sweep(_step_of(template, origin), origin)
        return
    step = _step_of(entry, origin)
    if name == "RMP":
        found.rmp_duration = taken(step, "duration", float, origin)
        return
    if name == "Rin":
        found.rin = _sweep(step, origin, amplitude="amp")
        return
    if (shape := _other_shape(name, step)) is not None:
        found.refused[name] = shape
        return
    if entry.get("type") == "StepThresholdProtocol":
        found.steps[name] = _sweep(step, origin, amplitude="thresh_perc")
    else:
        stimuli = entry["stimuli"]
        holding = taken(stimuli, "holding", dict, origin) if "holding" in stimuli else {}
        found.steps[name] = _absolute(step, holding.get("amp"), origin)
    found.recordings[name] = _recordings(entry.get("extra_recordings", []), origin, found, name)


def _step_of(entry: Any, origin: str) -> dict[str, Any]:
    stimuli = taken(entry, "stimuli", dict, origin)
    step: dict[str, Any] = taken(stimuli, "step", dict, f"{origin}, stimuli")
    return step


def _newer(found: FolderProtocols, entry: Any, origin: str) -> None:
    name = taken(entry, "name", str, f"{origin}, protocol")
    origin = f"{origin}, protocol '{name}'"
    if name in (*SEARCHES, *_OLD_SEARCHES):
        return
    if entry.get("validation"):
        found.validation.add(name)
    stimuli = taken(entry, "stimuli", list, origin)
    if len(stimuli) != 1:
        found.refused[name] = f"it has {len(stimuli)} stimuli and one is needed"
        return
    if (shape := _other_shape(name, stimuli[0])) is not None:
        found.refused[name] = shape
        return
    if entry.get("protocol_type", "ThresholdBasedProtocol") == "ThresholdBasedProtocol":
        found.steps[name] = _sweep(stimuli[0], origin, amplitude="thresh_perc")
    else:
        found.steps[name] = _absolute(stimuli[0], stimuli[0].get("holding_current"), origin)
    recordings = entry.get("recordings_from_config", entry.get("recordings", []))
    found.recordings[name] = _recordings(recordings, origin, found, name)


def _sweep(step: Any, origin: str, amplitude: str | None = None) -> Sweep:
    return Sweep(
        taken(step, "delay", float, origin),
        taken(step, "duration", float, origin),
        taken(step, "totduration", float, origin),
        0.0 if amplitude is None else taken(step, amplitude, float, origin),
    )


def _other_shape(name: str, stimulus: Any) -> str | None:
    """Say why a stimulus is no plain step: these tools choose its shape by the protocol's name."""
    word = next((one for one in _OTHER_SHAPES if one in name.lower()), None)
    if word is not None:
        return f"a name with '{word}' stands for another stimulus than a step"
    keys = stimulus if isinstance(stimulus, dict) else {}
    more = sorted(key for key, value in keys.items() if key not in _STEP_KEYS and value is not None)
    return f"'{more[0]}' of its stimulus is none of a step" if more else None


def _absolute(step: Any, holding: Any, origin: str) -> Sweep:
    """Read a step of a given current; without a holding current there is none."""
    known = 0.0 if holding is None else number(holding, f"{origin}: holding current")
    return replace(_sweep(step, origin, amplitude="amp"), holding=known)


def _recordings(
    entries: Any, origin: str, found: FolderProtocols, protocol: str
) -> list[dict[str, Any]]:
    """Read recordings as the definition has them, the soma's voltage first."""
    recordings: list[dict[str, Any]] = [{"name": "soma.v"}]
    if not isinstance(entries, list):
        raise IonfoError(f"{origin}: recordings must be a list")
    for entry in entries:
        name = taken(entry, "name", str, f"{origin}, recording").removeprefix(f"{protocol}.")
        variable = entry.get("var", entry.get("variable"))
        if not isinstance(variable, str):
            raise IonfoError(f"{origin}: recording '{name}' names no variable")
        name = name if name.endswith(f".{variable}") else f"{name}.{variable}"
        if name == "soma.v":
            continue
        location = _location(entry, f"{origin}, recording '{name}'")
        if location is None:
            found.refused[protocol] = f"recording '{name}' is of an unknown type"
            continue
        recordings.append({"name": name, "location": location})
    return recordings


def _location(entry: dict[str, Any], origin: str) -> dict[str, Any] | None:
    kind = taken(entry, "type", str, origin)
    if kind == "CompRecording":
        sites = {"soma": "somatic", "ais": "axonal"}
        site = sites.get(str(entry.get("location")))
        return None if site is None else {"kind": "section", "region": site, "x": 0.5}
    region = taken(entry, "seclist_name", str, origin)
    region = _REGIONS.get(region, region)
    if kind == "nrnseclistcomp" and entry.get("sec_index") == 0:
        x = number(entry.get("comp_x"), f"{origin}: 'comp_x'")
        return {"kind": "section", "region": region, "x": x}
    if kind == "somadistance":
        distance = taken(entry, "somadistance", float, origin)
        return {"kind": "region", "region": region, "distance": distance}
    if kind == "somadistanceapic" and region == "apical":
        distance = taken(entry, "somadistance", float, origin)
        return {"kind": "apical_trunk", "region": region, "distance": distance}
    return None


def without_dots(found: FolderProtocols) -> dict[str, str]:
    """Rename steps whose names have dots, which separate the parts of a feature's name.

    Returns
    -------
    dict of str to str
        Name in the folder -> new name, where it changes.

    Raises
    ------
    IonfoError
        If another protocol has the new name.
    """
    names = {name: name.replace(".", "p") for name in [*found.steps, *found.refused]}
    for old, new in names.items():
        if old != new and new in names:
            raise IonfoError(
                f"protocol '{old}' would be called '{new}', as another one is; rename one of them"
            )
    found.steps = {names[name]: step for name, step in found.steps.items()}
    found.recordings = {names.get(name, name): one for name, one in found.recordings.items()}
    found.refused = {names[name]: why for name, why in found.refused.items()}
    found.validation = {names.get(name, name) for name in found.validation}
    return {old: new for old, new in names.items() if old != new}
