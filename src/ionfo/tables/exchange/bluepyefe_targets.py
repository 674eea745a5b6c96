"""Targets that BluePyEfe wrote: its features.json alone, with what it writes beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import IonfoError, nearest
from ...features import feature_unit, is_known_feature
from .folder_features import FolderFeature, read_features
from .json_file import number, read_json, taken

_PROTOCOLS, _CURRENTS = "protocols.json", "holding_threshold_currents.json"

_USUAL = {"Threshold": -20.0, "interp_step": 0.025, "strict_stiminterval": True}
"""What BluePyEfe sets where nothing else is asked."""


def is_bluepyefe_features(content: Any) -> bool:
    """Whether a JSON content is protocol -> recording -> list of features with ``val``.

    Examples
    --------
    >>> is_bluepyefe_features({"IDrest_150": {"soma": [{"feature": "x", "val": [1, 2]}]}})
    True
    >>> is_bluepyefe_features({"l5pc": {"params": {}}})
    False
    """
    if not isinstance(content, dict) or not content:
        return False
    entries = [
        entry
        for recordings in content.values()
        if isinstance(recordings, dict)
        for features in recordings.values()
        if isinstance(features, list)
        for entry in features
    ]
    return bool(entries) and all(
        isinstance(one, dict) and {"feature", "val"} <= set(one) for one in entries
    )


def read_bluepyefe(path: Path) -> tuple[dict[str, Any], list[str]]:
    """Read features.json of BluePyEfe, and protocols and currents where they are beside it.

    Parameters
    ----------
    path : Path
        The features.

    Returns
    -------
    dict
        ``protocols``, ``features`` and ``efel`` as a definition has them.
    list of str
        What was left out or supplied, one sentence each.

    Raises
    ------
    IonfoError
        If an entry has another shape.
    """
    found, dropped = read_features(read_json(path), f"'{path}'")
    notes = [f"'{name}' is left out" for name in dropped]
    features = []
    for one in found:
        if not is_known_feature(one.efel_name):
            raise IonfoError(f"'{path}': eFEL knows no '{one.efel_name}', of '{one.name}'")
        features.append(
            {"name": one.name, "mean": one.mean, "std": one.std,
             "unit": feature_unit(one.efel_name, one.recording.rpartition(".")[2]),
             **_own_settings(one)}
        )  # fmt: skip
    features += _currents(path.with_name(_CURRENTS))
    protocols = _protocols(path.with_name(_PROTOCOLS), {one.protocol for one in found}, notes)
    return {"protocols": protocols, "features": features, "efel": _USUAL}, notes


def check_protocols(parts: dict[str, Any], known: set[str], path: Path) -> None:
    """Check that every feature has its protocol, here or in a definition.

    Raises
    ------
    IonfoError
        If one has none.
    """
    there = known | {one["name"] for one in parts["protocols"]}
    for one in parts["features"]:
        protocol = one["name"].split(".")[0]
        if protocol not in there:
            raise IonfoError(
                f"'{path}': protocol '{protocol}' of '{one['name']}' is not in the definition"
                f"{nearest(protocol, there)}; put {_PROTOCOLS} of BluePyEfe beside the file, or "
                "the protocol into the definition"
            )


def _own_settings(one: FolderFeature) -> dict[str, Any]:
    """Give the window of a feature, and its eFEL settings where they are not the usual ones."""
    given = dict(one.settings)
    start, end = (given.pop(key, None) for key in ("stim_start", "stim_end"))
    found: dict[str, Any] = {}
    if start is not None and end is not None:
        found["window"] = [start, end]
    changed = {key: value for key, value in given.items() if _USUAL.get(key) != value}
    return found | ({"efel": changed} if changed else {})


def _protocols(path: Path, needed: set[str], notes: list[str]) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    content = read_json(path)
    found = []
    for name in sorted(needed & set(content if isinstance(content, dict) else ())):
        origin = f"'{path}', protocol '{name}'"
        step = taken(content[name], "step", (dict, list), origin)
        step = step[0] if isinstance(step, list) and step else step
        times = {
            key: taken(step, other, float, origin)
            for key, other in (("delay", "delay"), ("duration", "duration"),
                               ("total", "totduration"))
        }  # fmt: skip
        one: dict[str, Any] = {"name": name, "kind": "step", **times}
        if step.get("thresh_perc") is not None:
            one["percent"] = number(step["thresh_perc"], origin)
        else:
            holding = content[name].get("holding") or {}
            one |= {"kind": "absolute_step", "amplitude": taken(step, "amp", float, origin),
                    "holding": number(holding.get("amp", 0.0), origin)}  # fmt: skip
        found.append(one)
    if found:
        notes.append(f"{len(found)} protocols are from '{path}'")
    return found


def _currents(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    content = read_json(path)
    found = []
    for key, name in (
        ("holding_current", "SearchHoldingCurrent.soma.v.bpo_holding_current"),
        ("threshold_current", "SearchThresholdCurrent.soma.v.bpo_threshold_current"),
    ):
        mean, std = (number(one, f"'{path}', '{key}'") for one in taken(content, key, list, key))
        found.append({"name": name, "mean": mean, "std": std, "unit": "nA"})
    return found
