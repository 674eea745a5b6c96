"""Protocols of a BluePyEModel or emodel-generalisation folder, in either of its two forms.

The older form is an object, protocol -> stimuli; the newer a list that is kept beside the
features.  What a folder leaves out has the value that emodel-generalisation 0.2.14 gives it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..errors import IonfoError
from .json_file import number, taken

SEARCHES = ("SearchHoldingCurrent", "RinProtocol", "RMPProtocol", "SearchThresholdCurrent")
_OLD_SEARCHES = ("RMP", "Rin", "RinHoldcurrent", "Main", "ThresholdDetection")
_REGIONS = {"soma": "somatic", "axon": "axonal", "apic": "apical", "dend": "basal"}


@dataclass(frozen=True)
class Sweep:
    """Times of a current step (ms); `amplitude` in percent of threshold, or nA for Rin."""

    delay: float
    duration: float
    total: float
    amplitude: float = 0.0


@dataclass
class FolderProtocols:
    """What a folder says about sweeps.

    Attributes
    ----------
    steps : dict
        Name -> sweep in percent of the threshold current.
    recordings : dict
        Name of a step -> recordings as the e-model definition has them.
    rmp_duration : float
        ms.
    rin, threshold : Sweep
        Of the two searches with a step.
    refused : dict
        Name of a protocol that cannot be expressed -> why; of no matter if no feature needs it.
    """

    steps: dict[str, Sweep] = field(default_factory=dict)
    recordings: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rmp_duration: float = 500.0
    rin: Sweep = Sweep(500.0, 500.0, 1000.0, -0.02)
    threshold: Sweep = Sweep(500.0, 2000.0, 3000.0)
    refused: dict[str, str] = field(default_factory=dict)


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
    if entry.get("type") != "StepThresholdProtocol":
        found.refused[name] = "its step is not in percent of the threshold current"
        return
    found.steps[name] = _sweep(step, origin, amplitude="thresh_perc")
    found.recordings[name] = _recordings(entry.get("extra_recordings", []), origin, found, name)


def _step_of(entry: Any, origin: str) -> dict[str, Any]:
    stimuli = taken(entry, "stimuli", dict, origin)
    step: dict[str, Any] = taken(stimuli, "step", dict, f"{origin}, stimuli")
    return step


def _newer(found: FolderProtocols, entry: Any, origin: str) -> None:
    name = taken(entry, "name", str, f"{origin}, protocol")
    origin = f"{origin}, protocol '{name}'"
    if name in (*SEARCHES, *_OLD_SEARCHES) or entry.get("validation"):
        return
    stimuli = taken(entry, "stimuli", list, origin)
    if entry.get("protocol_type", "ThresholdBasedProtocol") != "ThresholdBasedProtocol":
        found.refused[name] = "its step is not in percent of the threshold current"
        return
    if len(stimuli) != 1:
        found.refused[name] = f"it has {len(stimuli)} stimuli and one is needed"
        return
    found.steps[name] = _sweep(stimuli[0], origin, amplitude="thresh_perc")
    recordings = entry.get("recordings_from_config", entry.get("recordings", []))
    found.recordings[name] = _recordings(recordings, origin, found, name)


def _sweep(step: Any, origin: str, amplitude: str | None = None) -> Sweep:
    return Sweep(
        taken(step, "delay", float, origin),
        taken(step, "duration", float, origin),
        taken(step, "totduration", float, origin),
        0.0 if amplitude is None else taken(step, amplitude, float, origin),
    )


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
