"""``ionfo explore``: read what there is to explore of a population, a run or a plain table."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..analysis.figures.names import readable_names
from ..emodels import EModel
from ..emodels.cell import resolve_morphology
from ..errors import IonfoError
from ..limits import read_text
from ..mechanisms.build import bundled_folder
from ..sampling import Population
from ..sampling.evaluation.cell_hashes import check_same_cell
from ..sampling.evaluation.evaluator import EvaluatorSpec, evaluator_spec
from ..sampling.evaluation.traces import own_morphology
from ..sampling.folders import population_of
from ..sampling.runs.quality import known_quality
from ..tables.book import book_of, is_population
from ..tables.files import read_table
from ..tables.matrix import analysis_table
from ..tables.models import models_of_frame
from .explored import Column, ColumnKind, Explored, Group

Array = NDArray[np.float64]


def read_explored(
    source: Path,
    analysis: Path | None = None,
    morphology: Path | None = None,
    mechanisms: Path | None = None,
) -> Explored:
    """Read what is to be explored.

    Parameters
    ----------
    source : Path
        Population, plain table, or run folder, which may still be running.
    analysis : Path, optional
        Folder of its analysis; by default a folder beside the file that holds one.
    morphology, mechanisms : Path, optional
        Instead of the bundled ones.

    Raises
    ------
    IonfoError
        If it cannot be read, or holds no models.
    """
    if source.is_dir():
        population = population_of(source, None, math.inf)
    else:
        frame, metadata = read_table(source)
        population = Population(frame.rename(columns=str), metadata)
    groups = _groups(source, analysis)
    if not is_population(population.frame):
        return _plain(population, source, groups)
    emodel = population.emodel
    spec, why = None, "the table carries no e-model"
    if emodel is not None:
        spec, why = _cell(population, emodel, source, morphology, mechanisms)
    frame, columns = _columns(population, emodel)
    worth = known_quality(population.frame, population.metadata).ess
    importance = population.metadata.get("importance")
    if isinstance(importance, Mapping):
        worth = float(importance.get("effective_sample_size", math.nan))
    return Explored(
        source.name,
        frame,
        columns,
        _weights(population.frame),
        float(np.clip(worth, 2, len(frame))) if math.isfinite(worth) else float(len(frame)),
        population,
        emodel,
        spec,
        why,
        _known(groups, columns),
    )


def _cell(
    population: Population,
    emodel: EModel,
    source: Path,
    morphology: Path | None,
    mechanisms: Path | None,
) -> tuple[EvaluatorSpec | None, str]:
    """Give what simulates the models, or say why nothing can."""
    try:
        tree = resolve_morphology(emodel, morphology or own_morphology(population, emodel))
        folder = mechanisms or bundled_folder(emodel.inserted)
        check_same_cell(population.metadata, tree, folder, str(source))
        models_of_frame(population.frame, emodel, str(source))
    except IonfoError as error:
        if morphology is not None or mechanisms is not None:
            raise
        return None, str(error)
    return evaluator_spec(emodel, tree, mechanisms), ""


def _columns(population: Population, emodel: EModel | None) -> tuple[pd.DataFrame, list[Column]]:
    units: dict[str, str] = {}
    bounds: dict[str, tuple[float, float]] = {}
    targets: dict[str, tuple[float, float]] = {}
    if emodel is not None:
        units = {one.name: one.unit for one in emodel.parameters}
        units |= {one.name: one.unit for one in emodel.features}
        bounds = {p.name: p.bounds for p in emodel.free_parameters if p.bounds}
        targets = {f.name: (f.mean, f.std) for f in emodel.features if f.std > 0}
    book = book_of(population.frame)
    parts: list[tuple[ColumnKind, pd.DataFrame]] = [
        ("parameter", population.parameters),
        ("feature", population.features),
        ("cost", book[["cost"]] if "cost" in book else book[[]]),
    ]
    found, kept = [], {}
    for kind, frame in parts:
        for name in frame:
            values = pd.to_numeric(frame[name], errors="coerce").to_numpy(np.float64)
            known = values[np.isfinite(values)]
            if not len(known) or str(name) in kept:
                continue
            kept[str(name)] = values
            found.append((str(name), kind, (float(known.min()), float(known.max()))))
    short = readable_names([name for name, *_ in found])
    columns = [
        Column(name, label, kind, units.get(name, ""), bounds.get(name, spanned), targets.get(name))
        for (name, kind, spanned), label in zip(found, short, strict=True)
    ]
    return pd.DataFrame(kept), columns


def _plain(population: Population, source: Path, groups: list[Group]) -> Explored:
    """See a plain table: every column of numbers is a variable."""
    table = analysis_table(population.frame, population.metadata, source, ())
    short = readable_names(table.parameter_names)
    columns = [
        Column(name, label, "parameter", "", (float(values.min()), float(values.max())))
        for name, label, values in zip(
            table.parameter_names, short, table.parameters.T, strict=True
        )
    ]
    values = pd.DataFrame(table.parameters, columns=table.parameter_names)
    if table.cost is not None and "cost" not in values:
        values["cost"] = table.cost
        spanned = float(table.cost.min()), float(table.cost.max())
        columns.append(Column("cost", "cost", "cost", "", spanned))
    why = "a plain table has no cell"
    return Explored(source.name, values, columns, table.weights, float(len(values)), None, None,
                    None, why, _known(groups, columns))  # fmt: skip


def _weights(frame: pd.DataFrame) -> Array:
    book = book_of(frame)
    if "weight" not in book:
        return np.ones(len(frame))
    weights = pd.to_numeric(book["weight"], errors="coerce").to_numpy(np.float64)
    return np.where(np.isfinite(weights) & (weights > 0), weights, 0.0)


def _groups(source: Path, analysis: Path | None) -> list[Group]:
    """Read the multiplets of an analysis; none where there is none."""
    folder = analysis or _beside(source)
    if folder is None:
        return []
    found = []
    for stem, measure in (("o_information", "O-information"), ("redundancy_synergy", "RSI")):
        file = folder / f"{stem}_extremes.parquet"
        if file.is_file():
            table, _ = read_table(file)
            found += [
                Group(
                    tuple(str(row["multiplet"]).split()),
                    measure,
                    float(row["raw_nats"]),
                    float(row.get("p_adjusted", math.nan)),
                )
                for row in table.to_dict("records")
                if {"multiplet", "raw_nats"} <= row.keys() and row.get("rank", 1) <= 3
            ]
    if analysis is not None and not found:
        raise IonfoError(
            f"'{analysis}' holds no analysis with groups; make one with: "
            f"ionfo analyse {source} --out {analysis}"
        )
    return found


def _beside(source: Path) -> Path | None:
    """Find a folder beside a population that holds its analysis."""
    if source.is_dir():
        return None
    for folder in sorted(source.absolute().parent.iterdir()):
        try:
            summary: Any = json.loads(read_text(folder / "summary.json"))
        except (OSError, ValueError, RecursionError, IonfoError):
            continue
        if isinstance(summary, dict) and summary.get("population") == source.name:
            return folder
    return None


def _known(groups: Sequence[Group], columns: Sequence[Column]) -> list[Group]:
    names = {one.name for one in columns}
    kept = [one for one in groups if set(one.members) <= names]
    return sorted(kept, key=lambda one: (one.measure, -abs(one.nats)))
