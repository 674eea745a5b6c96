"""``ionfo import``: models and e-models of other tools become populations and definitions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...emodels import load_emodel
from ...emodels.definition_text import is_definition
from ...errors import IonfoError, note, tell
from ...limits import is_same
from ..files import check_table_path, write_table, write_text
from . import (
    Imported,
    read_allen_models,
    read_emodel_folder,
    read_hall_of_fame,
    read_mcmc_table,
    read_plain_table,
)
from .allen import is_allen_model
from .bluepyefe_targets import check_protocols, is_bluepyefe_features, read_bluepyefe
from .definition_file import check_definition_path, write_definition
from .imported import with_emodel
from .json_file import read_json
from .mcmc_table import is_mcmc_table
from .targets_merge import merged

FORMATS = ("emodel-folder", "mcmc-table", "hall-of-fame", "allen", "table", "targets")


def import_file(
    source: Path,
    out: Path,
    kind: str | None = None,
    emodel: str | None = None,
    features: Sequence[str] = (),
) -> dict[str, Any]:
    """Read a file or folder of another tool and write it as ionfo's own.

    Parameters
    ----------
    source : Path
        What to read.
    out : Path
        A definition for an e-model folder and for targets of BluePyEfe with an e-model (without
        one, .json), otherwise a population (.parquet or .csv).
    kind : str, optional
        One of `FORMATS`; found out from the content by default.
    emodel : str, optional
        Name or definition file of the e-model to which the models belong; of an e-model folder,
        which of its e-models.
    features : sequence of str
        Columns of a plain table that are features.

    Returns
    -------
    dict
        What was read, for machines.

    Raises
    ------
    IonfoError
        If the source cannot be read or `out` does not fit it.
    """
    if not source.exists():
        raise IonfoError(f"'{source}' does not exist")
    if is_same(out, source):
        raise IonfoError(f"--out '{out}' is the file to import; choose another name")
    kind = kind or detect_format(source)
    if kind == "emodel-folder":
        return _import_folder(source, out, emodel)
    if kind == "targets":
        return _import_targets(source, out, emodel)
    check_table_path(out)
    definition = None if emodel is None else load_emodel(emodel)
    readers = {
        "mcmc-table": read_mcmc_table,
        "hall-of-fame": read_hall_of_fame,
        "allen": read_allen_models,
    }
    imported: Imported
    if kind == "table":
        imported = read_plain_table(source, definition, features)
    else:
        imported = readers[kind](source)
    told = _incomplete(imported.frame, source)
    if definition is not None:
        imported = with_emodel(imported, definition, str(source))
    metadata = imported.metadata | {"imported": {"format": kind, "file": source.name}}
    write_table(out, imported.frame, metadata)
    notes = [*imported.notes, *told]
    for text in notes:
        note(text)
    n_parameters = sum(str(one).startswith("parameters/") for one in imported.frame)
    tell(f"{len(imported.frame)} models with {n_parameters} parameters ({kind}); {out}")
    return {
        "format": kind,
        "models": len(imported.frame),
        "parameters": n_parameters,
        "notes": notes,
        "out": str(out),
    }


def detect_format(source: Path) -> str:
    """Find out whose file or folder it is.

    Raises
    ------
    IonfoError
        If nothing fits.
    """
    if source.is_dir():
        if (source / "run.json").is_file():
            raise IonfoError(
                f"'{source}' is a run of ionfo; make a population of it with: ionfo collect"
            )
        if any(source.rglob("recipes.json")):
            return "emodel-folder"
        if next(source.rglob("hof_param*.json"), None) is not None:
            return "allen"
        raise IonfoError(
            f"folder '{source}' holds neither recipes.json (an e-model) nor hof_param_*.json "
            "(all-active models); name its format with --format"
        )
    if source.suffix == ".json":
        content = read_json(source)
        if is_bluepyefe_features(content):
            return "targets"
        return "allen" if is_allen_model(content) else "hall-of-fame"
    if source.suffix == ".csv" and is_mcmc_table(source):
        return "mcmc-table"
    if source.suffix in (".csv", ".parquet", ".h5ad"):
        return "table"
    if source.suffix == ".hoc":
        raise IonfoError(
            f"'{source}' is code of NEURON, which is not run; begin a definition with "
            "`ionfo new` and write the values of the template into it"
        )
    raise IonfoError(
        f"'{source}' must be a folder, .json, .csv, .parquet or .h5ad; got '{source.suffix}'"
    )


def _incomplete(frame: pd.DataFrame, source: Path) -> list[str]:
    """Refuse a table without models, and say which parameters some models do not have."""
    if frame.empty:
        raise IonfoError(f"'{source}' holds no models")
    names = [str(one) for one in frame if str(one).startswith("parameters/")]
    told = []
    for name in names:
        missing = ~np.isfinite(frame[name].to_numpy(np.float64))
        if missing.any():
            told.append(
                f"parameter '{name.removeprefix('parameters/')}' is missing in "
                f"{int(missing.sum())} of {len(frame)} models, the first is model "
                f"{int(np.argmax(missing))} (from 0); `ionfo analyse` takes whole rows only"
            )
    if len(told) > 3:
        told = [*told[:3], f"and {len(told) - 3} more parameters are missing in some models"]
    return told


def _import_folder(source: Path, out: Path, name: str | None) -> dict[str, Any]:
    if not source.is_dir():
        raise IonfoError(f"'{source}' is no folder; an e-model folder holds recipes.json")
    if not is_definition(out.name):
        raise IonfoError(
            f"an e-model folder becomes a definition; --out must end in .json or .yaml: '{out}'"
        )
    if not out.absolute().parent.is_dir():
        raise IonfoError(f"output folder '{out.absolute().parent}' does not exist")
    read = read_emodel_folder(source, name)
    write_definition(out, read.emodel.model_dump(mode="json", exclude_defaults=True))
    notes = list(read.notes)
    held = out.with_name(f"{out.stem}_held_out{out.suffix}")
    if read.held_out is not None:
        write_definition(held, read.held_out.model_dump(mode="json", exclude_defaults=True))
        notes.append(
            f"{len(read.held_out.features)} features of validation protocols are in '{held}'; "
            f"ionfo validate --held-out {held} scores a population on them"
        )
    for text in notes:
        note(text)
    options = ""
    if read.morphology is not None:
        options += f" --morphology {read.morphology}"
    if read.mechanisms is not None:
        options += f" --mechanisms {read.mechanisms}"
    tell(
        f"e-model '{read.emodel.name}': {len(read.emodel.free_names)} free parameters, "
        f"{len(read.emodel.features)} features; {out}"
    )
    tell(f"use it with: ionfo score {out} MODELS{options} --out scored.parquet")
    return {
        "format": "emodel-folder",
        "emodel": read.emodel.name,
        "parameters": len(read.emodel.free_names),
        "features": len(read.emodel.features),
        "morphology": None if read.morphology is None else str(read.morphology),
        "mechanisms": None if read.mechanisms is None else str(read.mechanisms),
        "notes": notes,
        "out": str(out),
        "held_out": None if read.held_out is None else str(held),
    }


def _import_targets(source: Path, out: Path, name: str | None) -> dict[str, Any]:
    """Read features of BluePyEfe, alone or into a definition."""
    check_definition_path(out)
    parts, notes = read_bluepyefe(source)
    if name is None:
        if out.suffix != ".json":
            raise IonfoError(
                f"targets alone are written as .json, got '{out}'; give the definition that they "
                "belong to with --emodel"
            )
        write_text(out, json.dumps(parts, indent=1) + "\n")
        into = ""
    else:
        emodel = load_emodel(name)
        check_protocols(parts, {one.name for one in emodel.protocols}, source)
        write_definition(out, merged(emodel, parts))
        into = f" in e-model '{emodel.name}'"
    for text in notes:
        note(text)
    n = len(parts["features"])
    tell(f"{n} targets of {len(parts['protocols'])} protocols{into}; {out}")
    return {"format": "targets", "features": n, "notes": notes, "out": str(out)}
