"""Halls of fame and final.json of the SSCx e-models and BluePyEModel: parameter sets in JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from ...errors import IonfoError
from .imported import Imported
from .json_file import number, read_json


def read_hall_of_fame(path: Path) -> Imported:
    """Read parameter sets from JSON.

    Parameters
    ----------
    path : Path
        A list of objects parameter -> value (a hall of fame), such an object, or an object
        e-model -> object with ``params`` or ``parameters`` (a final.json, also with ``score``,
        ``seed`` and ``fitness``).

    Returns
    -------
    Imported
        ``parameters/`` and, where given, ``scores/``, ``hall_of_fame/score``, ``.../seed`` and
        ``.../emodel``.

    Raises
    ------
    IonfoError
        If the content has another shape, or the sets have different parameters.
    """
    content = read_json(path)
    entries = content if isinstance(content, list) else [content]
    if len(entries) == 1 and isinstance(entries[0], dict) and _is_final(entries[0]):
        entries = [{"emodel_key": name} | one for name, one in entries[0].items()]
    if not entries:
        raise IonfoError(f"'{path}' holds no models")
    rows = [_row(entry, f"'{path}', model {i + 1}") for i, entry in enumerate(entries)]
    names = [name for name in rows[0] if name.startswith("parameters/")]
    for i, row in enumerate(rows):
        other = {name for name in row if name.startswith("parameters/")}
        if different := sorted(other ^ set(names)):
            raise IonfoError(
                f"'{path}': models must have the same parameters, and model {i + 1} differs from "
                f"the first in '{different[0].removeprefix('parameters/')}'"
            )
    frame = pd.DataFrame(rows)
    order = [*names, *(name for name in frame if name not in names)]
    return Imported(frame[order], {"hall_of_fame": {"file": path.name}})


def _is_final(content: dict[str, Any]) -> bool:
    return bool(content) and all(
        isinstance(one, dict) and isinstance(one.get("params", one.get("parameters")), dict)
        for one in content.values()
    )


def _row(entry: Any, origin: str) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise IonfoError(
            f"{origin} must be an object parameter -> value, got {type(entry).__name__}"
        )
    params = entry.get("params", entry.get("parameters", entry))
    if not isinstance(params, dict) or not params:
        raise IonfoError(f"{origin} has no parameters")
    row: dict[str, Any] = {
        f"parameters/{name}": number(value, f"{origin}, parameter '{name}'")
        for name, value in params.items()
    }
    if params is entry:
        return row
    if isinstance(entry.get("fitness"), dict):
        for name, value in entry["fitness"].items():
            row[f"scores/{name}"] = number(value, f"{origin}, score of '{name}'")
    if entry.get("score") is not None:
        row["hall_of_fame/score"] = number(entry["score"], f"{origin}, 'score'")
    for key, column in (("seed", "seed"), ("emodel_key", "emodel")):
        if entry.get(key) is not None:
            row[f"hall_of_fame/{column}"] = str(entry[key])
    return row
