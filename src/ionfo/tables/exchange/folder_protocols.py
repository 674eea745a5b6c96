"""Protocols of a BluePyEModel or emodel-generalisation folder, in either of its two forms.

The older form is an object, protocol -> stimuli; the newer a list that is kept beside the
features.  What a folder leaves out has the value that emodel-generalisation 0.2.14 gives it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import IonfoError
from .folder_currents import joined, read_stimulus
from .folder_stimulus import Entry, Refused, Stimulus, location
from .json_file import number, taken

SEARCHES = ("SearchHoldingCurrent", "RinProtocol", "RMPProtocol", "SearchThresholdCurrent")
_OLD_SEARCHES = ("RMP", "Rin", "RinHoldcurrent", "Main", "ThresholdDetection")
_NOT_OURS = {
    "LocalThresholdBasedProtocol": "it follows a threshold that is searched at another place",
    "ThresholdBasedNoHoldingProtocol": "it follows a threshold that is searched without holding",
}


@dataclass(frozen=True)
class Sweep:
    """Times of the step of a search (ms), and its amplitude (nA)."""

    delay: float
    duration: float
    total: float
    amplitude: float = 0.0


@dataclass
class FolderProtocols:
    """What a folder says about sweeps.

    Attributes
    ----------
    sweeps : dict
        Name -> entry of a definition, without name and recordings.
    recordings : dict
        Name of a sweep -> recordings as the e-model definition has them.
    rmp_duration : float
        ms.
    rin, threshold : Sweep
        Of the two searches with a step.
    refused : dict
        Name of a protocol that cannot be expressed -> why; of no matter if no feature needs it.
    validation : set of str
        Names of those that the evaluator leaves out of the cost, to validate models with.
    supplied : list of str
        What the file leaves to the defaults of that tool, one sentence for each protocol.
    """

    sweeps: dict[str, Entry] = field(default_factory=dict)
    recordings: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rmp_duration: float = 500.0
    rin: Sweep = Sweep(500.0, 500.0, 1000.0, -0.02)
    threshold: Sweep = Sweep(500.0, 2000.0, 3000.0)
    refused: dict[str, str] = field(default_factory=dict)
    validation: set[str] = field(default_factory=set)
    supplied: list[str] = field(default_factory=list)


def read_protocols(content: Any, origin: str, folder: Path) -> FolderProtocols:
    """Read protocols.

    Parameters
    ----------
    content : dict or list
        As in the file, in the older or the newer form.
    origin : str
        Names the file in errors.
    folder : Path
        In which files of currents lie.

    Raises
    ------
    IonfoError
        If an entry has another shape.
    """
    found = FolderProtocols()
    if isinstance(content, list):
        for entry in content:
            _newer(found, entry, origin, folder)
    elif isinstance(content, dict):
        for name, entry in content.items():
            if not name.startswith("__"):
                _older(found, name, entry, f"{origin}, protocol '{name}'", folder)
    else:
        raise IonfoError(f"{origin} must hold protocols as an object or a list")
    return found


def _older(found: FolderProtocols, name: str, entry: Any, origin: str, folder: Path) -> None:
    if name in ("Main", "RinHoldcurrent") or name in SEARCHES:
        return  # the searches follow from features and settings
    if name == "ThresholdDetection":
        template = taken(entry, "step_template", dict, origin)
        found.threshold = _sweep(_step_of(template, origin), origin)
        return
    if name == "RMP":
        found.rmp_duration = taken(_step_of(entry, origin), "duration", float, origin)
        return
    if name == "Rin":
        found.rin = _sweep(_step_of(entry, origin), origin, amplitude="amp")
        return
    # BluePyEfe leaves "stimuli" and the type out: a step with a percentage follows the threshold
    is_bare = isinstance(entry, dict) and "stimuli" not in entry and "step" in entry
    stimuli = entry if is_bare else taken(entry, "stimuli", dict, origin)
    steps = taken(stimuli, "step", (dict, list), f"{origin}, stimuli")
    steps = steps if isinstance(steps, list) else [steps]
    holding = taken(stimuli, "holding", dict, origin) if "holding" in stimuli else {}
    is_scaled = entry.get("type") == "StepThresholdProtocol"
    if is_bare and "type" not in entry:
        is_scaled = _object(steps[0], origin).get("thresh_perc") is not None
    given = _holding(holding.get("amp"), origin)
    # of several pulses the published evaluator looks until the last of them begins
    end = taken(steps[-1], "delay", float, origin) if len(steps) > 1 else None
    stimuli_read = [Stimulus(name, _object(s, origin), is_scaled, given, folder, origin)
                    for s in steps]  # fmt: skip
    _add(found, name, stimuli_read, end)
    found.recordings[name] = _recordings(entry.get("extra_recordings", []), origin, found, name)


def _step_of(entry: Any, origin: str) -> dict[str, Any]:
    stimuli = taken(entry, "stimuli", dict, origin)
    step: dict[str, Any] = taken(stimuli, "step", dict, f"{origin}, stimuli")
    return step


def _newer(found: FolderProtocols, entry: Any, origin: str, folder: Path) -> None:
    name = taken(entry, "name", str, f"{origin}, protocol")
    origin = f"{origin}, protocol '{name}'"
    if name in (*SEARCHES, *_OLD_SEARCHES):
        return
    if entry.get("validation"):
        found.validation.add(name)
    stimuli = taken(entry, "stimuli", list, origin)
    kind = entry.get("protocol_type", "ThresholdBasedProtocol")
    if kind in _NOT_OURS:
        found.refused[name] = f"as a {kind} {_NOT_OURS[kind]}"
        return
    is_scaled = kind == "ThresholdBasedProtocol"
    stimuli_read = []
    for one in stimuli:
        keys = _object(one, origin)
        given = _holding(keys.get("holding_current"), origin)
        stimuli_read.append(Stimulus(name, keys, is_scaled, given, folder, origin))
    _add(found, name, stimuli_read, None)
    recordings = entry.get("recordings_from_config", entry.get("recordings", []))
    found.recordings[name] = _recordings(recordings, origin, found, name)


def _add(
    found: FolderProtocols, name: str, stimuli: list[Stimulus], window_end: float | None
) -> None:
    """Read the stimuli of a sweep, or note why no definition expresses them."""
    try:
        if not stimuli:
            raise Refused("it has no stimulus")
        entries = [read_stimulus(one) for one in stimuli]
        found.sweeps[name] = entries[0] if len(entries) == 1 else joined(entries, window_end)
    except Refused as why:
        found.refused[name] = str(why)
        return
    if supplied := list(dict.fromkeys(word for one in stimuli for word in one.supplied)):
        found.supplied.append(
            f"protocol '{name}' leaves to the defaults of that tool: {', '.join(supplied)}"
        )


def _object(step: Any, origin: str) -> dict[str, Any]:
    if not isinstance(step, dict):
        raise IonfoError(f"{origin}: a stimulus must be a JSON object, got {type(step).__name__}")
    return step


def _holding(current: Any, origin: str) -> float:
    """Take a given holding current (nA); without one there is none."""
    return 0.0 if current is None else number(current, f"{origin}: holding current")


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
        place = location(entry, f"{origin}, recording '{name}'")
        if place is None:
            found.refused[protocol] = f"recording '{name}' is of an unknown type"
            continue
        recordings.append({"name": name, "location": place})
    return recordings


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
    names = {name: name.replace(".", "p") for name in [*found.sweeps, *found.refused]}
    for old, new in names.items():
        if old != new and new in names:
            raise IonfoError(
                f"protocol '{old}' would be called '{new}', as another one is; rename one of them"
            )
    found.sweeps = {names[name]: sweep for name, sweep in found.sweeps.items()}
    found.recordings = {names.get(name, name): one for name, one in found.recordings.items()}
    found.refused = {names[name]: why for name, why in found.refused.items()}
    found.validation = {names.get(name, name) for name in found.validation}
    return {old: new for old, new in names.items() if old != new}
