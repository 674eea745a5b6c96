"""All-active models of the Allen Institute: one JSON file a model, its genome a list of values.

A gene is a parameter in one kind of section (soma, axon, dend, apic).  Names become those of
e-models, ``gbar_NaTs2_t.somatic``; a parameter with one value in all four is called ``.all``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd

from ...errors import IonfoError
from .imported import Imported
from .json_file import number, read_json, taken

_REGIONS = {"soma": "somatic", "axon": "axonal", "dend": "basal", "apic": "apical"}


def is_allen_model(content: Any) -> bool:
    """Tell whether a JSON file holds such a model."""
    return isinstance(content, dict) and isinstance(content.get("genome"), list)


def read_allen_models(path: Path) -> Imported:
    """Read one model, or all of a folder and its subfolders.

    Parameters
    ----------
    path : Path
        A ``hof_param_*.json`` file, or a folder of them.

    Returns
    -------
    Imported
        ``parameters/``, and from names such as ``hof_param_313862022_0.json`` also ``cell_id`` and
        ``hof_index``.  A parameter that another model has and this one lacks is NaN.

    Raises
    ------
    IonfoError
        If there is no such file, or one has another shape.
    """
    files = sorted(path.rglob("hof_param*.json"), key=_numbers) if path.is_dir() else [path]
    if not files:
        raise IonfoError(f"folder '{path}' holds no hof_param_*.json")
    rows, fixed = [], []
    for file in files:
        content = read_json(file)
        if not is_allen_model(content):
            raise IonfoError(f"'{file}' is no all-active model: it has no list 'genome'")
        rows.append(_row(content, file))
        fixed.append(_conditions(content, file))
    frame = pd.DataFrame(rows)
    names = sorted(one for one in map(str, frame) if one.startswith("parameters/"))
    frame = frame[[*(one for one in ("cell_id", "hof_index") if one in frame), *names]]
    notes = []
    if missing := [one for one in names if frame[one].isna().any()]:
        notes.append(
            f"{len(missing)} parameters are not of every model (cells have different channels); "
            f"leave them out of an analysis with --exclude, or split the cells: "
            f"{', '.join(one.removeprefix('parameters/') for one in missing[:3])} ..."
        )
    conditions = fixed[0] if all(one == fixed[0] for one in fixed) else {}
    return Imported(frame, {"allen": {"conditions": conditions}}, tuple(notes))


def _numbers(file: Path) -> tuple[list[int], str]:
    return [int(one) for one in re.findall(r"\d+", file.name)], file.name


def _row(content: dict[str, Any], file: Path) -> dict[str, Any]:
    by_name: dict[str, dict[str, float]] = {}
    for gene in content["genome"]:
        name = taken(gene, "name", str, f"'{file}', gene")
        section = taken(gene, "section", str, f"'{file}', gene '{name}'")
        if section not in _REGIONS:
            raise IonfoError(
                f"'{file}': gene '{name}' names section '{section}'; known: {', '.join(_REGIONS)}"
            )
        values = by_name.setdefault(name, {})
        if section in values:
            raise IonfoError(f"'{file}': gene '{name}' of '{section}' stands twice")
        values[section] = number(gene.get("value"), f"'{file}': gene '{name}' of '{section}'")
    row: dict[str, Any] = {}
    found = re.fullmatch(r"hof_param_(\d+)_(\d+)", file.stem)
    if found:
        row |= {"cell_id": int(found[1]), "hof_index": int(found[2])}
    for name, values in by_name.items():
        if len(values) == len(_REGIONS) and len(set(values.values())) == 1:
            row[f"parameters/{name}.all"] = next(iter(values.values()))
        else:
            for section, value in values.items():
                row[f"parameters/{name}.{_REGIONS[section]}"] = value
    return row


def _conditions(content: dict[str, Any], file: Path) -> dict[str, float]:
    """Temperature (degC), initial voltage and reversal potentials (mV) of all sections."""
    entries = content.get("conditions") or [{}]
    entry = entries[0] if isinstance(entries, list) and isinstance(entries[0], dict) else {}
    found = {
        name: number(entry[name], f"'{file}': '{name}'")
        for name in ("celsius", "v_init")
        if name in entry
    }
    for place in entry.get("erev") or []:
        for name, value in place.items():
            if name != "section":
                region = _REGIONS.get(str(place.get("section")), str(place.get("section")))
                found[f"{name}.{region}"] = number(value, f"'{file}': '{name}'")
    return found
