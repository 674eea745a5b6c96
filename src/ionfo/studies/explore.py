"""``ionfo explore``: read what there is to explore of a population, a run or a plain table."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..analysis.figures.names import readable, readable_names
from ..emodels import EModel
from ..emodels.cell import resolve_morphology
from ..errors import IonfoError
from ..limits import read_text
from ..mechanisms.build import bundled_folder
from ..pages.explorer import Server, serve
from ..pages.report.answers import members
from ..pages.report.tables import check_population
from ..sampling import Population
from ..sampling.evaluation.cell_hashes import check_same_cell
from ..sampling.evaluation.evaluator import EvaluatorSpec, evaluator_spec
from ..sampling.evaluation.traces import own_morphology
from ..sampling.folders import population_of
from ..sampling.runs.quality import known_quality
from ..tables.book import book_of, is_population, weights_of
from ..tables.exchange import read_plain_table
from ..tables.files import read_table
from ..tables.matrix import analysis_table, worth_of
from ..tables.models import models_of_frame
from .explored import Column, ColumnKind, Explored, Group

_MOST_RANKS = 3  # of the extremes of each size


def explore(
    source: str | Path | pd.DataFrame | Population,
    analysis: str | Path | None = None,
    port: int = 0,
    morphology: str | Path | None = None,
    mechanisms: str | Path | None = None,
) -> Server:
    """Serve a page of models to this machine, until it is stopped.

    Parameters
    ----------
    source : path, DataFrame or Population
        Population, plain table, or run folder, which may still be running.
    analysis : path, optional
        Folder of its analysis; by default a folder beside the file that holds one.
    port : int
        Where to listen on the loopback; 0 takes a free one.
    morphology, mechanisms : path, optional
        Instead of the bundled ones.

    Returns
    -------
    Server
        Tells the address of the page, and stops.

    Raises
    ------
    IonfoError
        If there is nothing to explore, Dash is not installed, or the port is taken.
    """
    places = (None if one is None else Path(one) for one in (analysis, morphology, mechanisms))
    server = serve(read_explored(source, *places), port)
    server.start()
    return server


def read_explored(
    source: str | Path | pd.DataFrame | Population,
    analysis: Path | None = None,
    morphology: Path | None = None,
    mechanisms: Path | None = None,
) -> Explored:
    """Read what is to be explored; parameters and errors as of `explore`."""
    population, file = _population(source)
    if population.frame.empty:
        raise IonfoError(f"'{file}' holds no models; give a table with some")
    if not is_population(population.frame):
        return _plain(population, file, analysis)
    emodel = population.emodel
    spec, why = None, "the table carries no e-model"
    if emodel is not None:
        spec, why = _cell(population, emodel, file, morphology, mechanisms)
    frame, columns = _columns(population, emodel)
    weights = weights_of(book_of(population.frame), file)
    known = (known_quality(population.frame, population.metadata).ess,
             worth_of(population.metadata), float(len(frame)))  # fmt: skip
    return Explored(
        file.name,
        frame,
        columns,
        weights,
        min(one for one in known if not math.isnan(one)),
        population,
        emodel,
        spec,
        why,
        _groups(file, analysis, columns),
    )


def _population(source: str | Path | pd.DataFrame | Population) -> tuple[Population, Path]:
    """Give the rows and what they are called."""
    if isinstance(source, Population):
        return source, Path("the population")
    if isinstance(source, pd.DataFrame):
        return Population(source.rename(columns=str), {}), Path("the table")
    file = Path(source)
    if file.is_dir():
        return population_of(file, None, math.inf), file
    if file.suffix == ".h5ad":
        return Population(read_plain_table(file, None).frame, {}), file
    frame, metadata = read_table(file)
    return Population(frame.rename(columns=str), metadata), file


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
        is_whole = population.parameters.notna().all(axis=1).to_numpy()
        one = int(np.argmax(is_whole))  # others are looked at when they are asked for
        models_of_frame(population.frame.iloc[[one]], emodel, str(source))
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
        units = {name: unit for name, unit in units.items() if unit != "1"}  # of bare numbers
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


def _plain(population: Population, source: Path, analysis: Path | None) -> Explored:
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
    why = "a plain table has no cell"
    return Explored(source.name, values, columns, table.weights, float(len(values)), None, None,
                    None, why, _groups(source, analysis, columns))  # fmt: skip


def _groups(source: Path, analysis: Path | None, columns: Sequence[Column]) -> list[Group]:
    """Read the multiplets of an analysis, the strongest first; none where there is none."""
    folder = analysis or _beside(source)
    if folder is None:
        return []
    names = [one.name for one in columns]
    found = []
    for stem, measure in (("o_information", "O-information"), ("redundancy_synergy", "RSI")):
        file = folder / f"{stem}_extremes.parquet"
        if file.is_file():
            for row in read_table(file)[0].to_dict("records"):
                group = tuple(members(row.get("multiplet"), names))
                if row.get("rank", 1) <= _MOST_RANKS and len(group) == row.get("order"):
                    of = f" of {readable(str(row['target']))}" if "target" in row else ""
                    nats, p = (float(row.get(one, math.nan)) for one in ("raw_nats", "p_adjusted"))
                    found.append(Group(group, measure + of, nats, p))
    if analysis is not None and not found:
        raise IonfoError(
            f"'{analysis}' holds no analysis with groups of '{source}'; make one with: "
            f"ionfo analyse {source} --out {analysis}"
        )
    return sorted(found, key=lambda one: (one.measure, -abs(one.nats)))


def _beside(source: Path) -> Path | None:
    """Find a folder beside a population that holds its analysis, as the file is now."""
    if not source.is_file():
        return None
    for folder in sorted(source.absolute().parent.iterdir()):
        try:
            summary: Any = json.loads(read_text(folder / "summary.json"))
            if isinstance(summary, dict) and summary.get("population") == source.name:
                check_population(folder, summary, source)
                return folder
        except (OSError, ValueError, RecursionError, IonfoError):
            continue
    return None
