"""``ionfo export``: e-models, populations and runs in the formats of other tools."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...emodels import EModel, export_emodel, load_emodel, parse_emodel
from ...emodels.ecodes import Tool
from ...errors import IonfoError, note, tell
from ...limits import shortened
from ..files import check_table_path, write_table, write_text
from ..models import models_of_frame
from ..population import Population, read_population
from . import inference_data, write_inference_data, write_mcmc_table

FORMATS = ("emodel-generalisation", "bluepyemodel", "hoc", "mcmc-table", "arviz", "csv", "parquet")
_BY_SUFFIX = {".hoc": "hoc", ".nc": "arviz", ".csv": "csv", ".parquet": "parquet"}
_SUFFIX = {"hoc": ".hoc", "arviz": ".nc", "csv": ".csv", "mcmc-table": ".csv",
           "parquet": ".parquet"}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """What is exported: an e-model, or models with the e-model that they belong to."""

    name: str
    emodel: EModel | None
    frame: pd.DataFrame | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


def export_source(
    what: str,
    out: Path,
    kind: str | None = None,
    model: int | None = None,
    morphology: Path | None = None,
    mechanisms: Path | None = None,
    population: Population | None = None,
) -> dict[str, Any]:
    """Write an e-model, a population or a run in another format.

    Parameters
    ----------
    what : str
        Name of an e-model, a definition (.json), a population (.parquet or .csv) or a run folder.
    out : Path
        File, or new folder.
    kind : str, optional
        One of `FORMATS`; by default what the suffix of `out` says, and a folder without one.
    model : int, optional
        Row of the population for hoc and folders, from 0; by default the one of lowest cost.
    morphology, mechanisms : Path, optional
        Instead of the bundled ones.
    population : Population, optional
        What was collected of `what`, where that is a run folder.

    Returns
    -------
    dict
        What was written, for machines.

    Raises
    ------
    IonfoError
        If the source cannot be read, or the format cannot hold it.
    """
    kind = kind or _BY_SUFFIX.get(out.suffix) or ("emodel-generalisation" if not out.suffix else "")
    if not kind:
        raise IonfoError(
            f"--out '{out}' tells no format; end it in {', '.join(_BY_SUFFIX)} or name one of "
            f"{', '.join(FORMATS)} with --format"
        )
    if kind in _SUFFIX and out.suffix != _SUFFIX[kind]:
        raise IonfoError(f"--out must end in {_SUFFIX[kind]} for {kind}, got '{out}'")
    if kind in _SUFFIX and not out.absolute().parent.is_dir():
        raise IonfoError(f"output folder '{out.absolute().parent}' does not exist")
    source = read_source(what, population)
    try:
        if kind in ("emodel-generalisation", "bluepyemodel"):
            emodel = _emodel(source)
            if source.frame is not None:
                emodel = _with_reference(emodel, _values(source, model))
            tool: Tool = "bluepyemodel" if kind == "bluepyemodel" else "emodel-generalisation"
            export_emodel(emodel, out, morphology, mechanisms, tool)
        elif kind == "hoc":
            _export_hoc(source, out, model, morphology, mechanisms)
        else:
            _export_table(source, out, kind)
    except OSError as error:
        raise IonfoError(f"'{out}' cannot be written: {error.strerror}") from None
    written = {"format": kind, "source": source.name, "out": str(out)}
    if source.frame is not None and kind != "hoc":
        written["models"] = str(len(source.frame))
    tell(f"{source.name} as {kind}; {out}")
    return written


def read_source(what: str, population: Population | None = None) -> Source:
    """Read an e-model or a population by its name or path; of a run, take what was collected.

    Raises
    ------
    IonfoError
        If there is none.
    """
    path = Path(what)
    if population is not None:
        pass
    elif path.is_dir():
        if not (path / "run.json").is_file():
            raise IonfoError(f"'{what}' is no run folder: it has no run.json")
        raise IonfoError(
            f"'{what}' is a run; collect it: ionfo collect {what} --out population.parquet"
        )
    elif path.suffix in (".parquet", ".csv"):
        population = read_population(path)
    else:
        emodel = load_emodel(what)
        return Source(f"e-model {emodel.name}", emodel)
    metadata = population.metadata
    held = None
    if "emodel" in metadata:
        held = parse_emodel(json.dumps(metadata["emodel"]), what)
    return Source(path.name, held, population.frame, metadata)


def _emodel(source: Source) -> EModel:
    if source.emodel is None:
        raise IonfoError(
            f"'{source.name}' carries no e-model; import it again with: ionfo import --emodel NAME"
        )
    return source.emodel


def _values(source: Source, model: int | None) -> dict[str, float]:
    """Every parameter of one model: of a row, or the reference of the e-model."""
    emodel = _emodel(source)
    if source.frame is None:
        if model is not None:
            raise IonfoError(f"--model is a row of a population, and '{source.name}' is none")
        if emodel.reference is None:
            raise IonfoError(
                f"{source.name} has no reference model; export a model of a population"
            )
        return {**emodel.fixed_values, **emodel.reference}
    n_models = len(source.frame)
    if model is None:
        cost = source.frame.get("cost")
        if cost is None or not np.isfinite(cost).any():
            raise IonfoError(
                f"'{source.name}' has no column 'cost' to choose a model by; name it with --model"
            )
        model = int(np.nanargmin(cost))
    if not 0 <= model < n_models:
        raise IonfoError(
            f"'{source.name}' has models 0 to {n_models - 1}, got --model {shortened(model)}"
        )
    read = models_of_frame(source.frame.iloc[[model]], emodel, source.name)
    free = dict(zip(emodel.free_names, read.theta[0].tolist(), strict=True))
    return {**emodel.fixed_values, **read.fixed[0], **free}


def _with_reference(emodel: EModel, values: dict[str, float]) -> EModel:
    """Make one model the reference of its e-model, with the fixed values of that model."""
    content = emodel.model_dump(mode="json")
    for one in content["parameters"]:
        if one["value"] is not None:
            one["value"] = values[one["name"]]
    content["reference"] = {name: values[name] for name in emodel.free_names}
    return parse_emodel(json.dumps(content), emodel.name)


def _export_hoc(
    source: Source, out: Path, model: int | None, morphology: Path | None, mechanisms: Path | None
) -> None:
    from ...emodels.cell import Cell
    from ...emodels.hoc import hoc_text

    emodel = _emodel(source)
    values = _values(source, model)
    cell = Cell(emodel, morphology, mechanisms)
    try:
        write_text(out, hoc_text(cell, values, f"{source.name}, e-model {emodel.name}"))
    finally:
        cell.close()


def _export_table(source: Source, out: Path, kind: str) -> None:
    if source.frame is None:
        raise IonfoError(
            f"{source.name} is no population; give a .parquet or .csv file or a run folder for "
            f"{kind}"
        )
    if kind == "mcmc-table":
        write_mcmc_table(out, source.frame, source.metadata, source.emodel)
    elif kind == "arviz":
        data, told = inference_data(source.frame, source.metadata, source.emodel)
        write_inference_data(out, data)
        if told is not None:
            note(told)
    else:
        check_table_path(out)
        write_table(out, source.frame, source.metadata)
