"""``ionfo explore``: what there is to explore of a population, a run or a plain table."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..analysis.compensation import Conditional, conditional_means
from ..analysis.contrast import contrast
from ..analysis.figures.names import readable_names
from ..analysis.twins import Kind, Neighbours, neighbours
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
from ..tables.models import Models, models_of_frame

Array = NDArray[np.float64]
ColumnKind = Literal["parameter", "feature", "cost"]


@dataclass(frozen=True)
class Column:
    """A variable of the models.

    Attributes
    ----------
    name, short : str
        As in tables, and for axes.
    kind : {"parameter", "feature", "cost"}
        What it is.
    unit : str
        Empty where it is not known.
    bounds : tuple of float
        Of a parameter, or the range of its values.
    target : tuple of float or None
        Mean and SD of the experiment.
    """

    name: str
    short: str
    kind: ColumnKind
    unit: str
    bounds: tuple[float, float]
    target: tuple[float, float] | None = None


@dataclass(frozen=True)
class Group:
    """A multiplet of an analysis.

    Attributes
    ----------
    members : tuple of str
        Names of columns.
    measure : str
        ``O-information`` or ``RSI``.
    nats : float
        Its value; below zero is synergy.
    p : float
        Adjusted for all that were tested; NaN where nothing was.
    """

    members: tuple[str, ...]
    measure: str
    nats: float
    p: float


@dataclass(frozen=True)
class Explored:
    """Models, and all that is known about them.

    Attributes
    ----------
    name : str
        Of the file or folder.
    values : DataFrame
        One row a model and one column a variable, by the names of `columns`.
    columns : list of Column
        The variables.
    weights : ndarray, shape (n_models,)
        How much each model counts.
    worth : float
        Independent models that the sample is worth.
    population : Population or None
        The rows as they came, with all their columns; None of a plain table.
    emodel : EModel or None
        Their cell; None where there are charts only.
    spec : EvaluatorSpec or None
        What simulates them.
    why_no_cell : str
        Why nothing can be simulated; empty where it can.
    groups : list of Group
        Multiplets of the analysis beside it.
    """

    name: str
    values: pd.DataFrame
    columns: list[Column]
    weights: Array
    worth: float
    population: Population | None
    emodel: EModel | None
    spec: EvaluatorSpec | None = None
    why_no_cell: str = ""
    groups: list[Group] = field(default_factory=list)

    def of_kind(self, *kinds: ColumnKind) -> list[Column]:
        """Give the columns of some kinds."""
        return [one for one in self.columns if one.kind in kinds]

    def column(self, name: str) -> Column:
        """Give a column by its name.

        Raises
        ------
        IonfoError
            If there is none.
        """
        for one in self.columns:
            if one.name == name:
                return one
        raise IonfoError(f"'{self.name}' has no column '{name}'")

    @cached_property
    def unit_parameters(self) -> Array:
        """Parameters as fractions of their bounds, shape (n_models, n_parameters)."""
        found = self.of_kind("parameter")
        low, high = np.array([one.bounds for one in found]).reshape(-1, 2).T
        values = self.values[[one.name for one in found]].to_numpy(np.float64)
        return np.asarray((values - low) / np.where(high > low, high - low, 1.0))

    @cached_property
    def deviations(self) -> Array:
        """Features less their targets in SDs; of a feature without one, in its own SDs."""
        found = []
        for one in self.of_kind("feature"):
            values = self.values[one.name].to_numpy(np.float64)
            if one.target is None:
                spread = float(np.nanstd(values)) if np.isfinite(values).any() else 1.0
                mean = float(np.nanmean(values)) if np.isfinite(values).any() else 0.0
                found.append((values - mean) / (spread or 1.0))
            else:
                found.append((values - one.target[0]) / one.target[1])
        return np.column_stack(found) if found else np.empty((len(self.values), 0))

    @cached_property
    def models(self) -> Models | None:
        """Parameter sets of the rows, with fixed ones; None where there is no cell."""
        if self.emodel is None or self.population is None:
            return None
        return models_of_frame(self.population.frame, self.emodel, self.name)

    def neighbours(self, row: int, kind: Kind) -> Neighbours:
        """Find twins of a model, or cliffs beside it; see `ionfo.analysis.twins`.

        Raises
        ------
        IonfoError
            If there is no such model, or no feature to compare.
        """
        if not 0 <= row < len(self.values):
            raise IonfoError(f"there are models 0 to {len(self.values) - 1}, got {row}")
        if not self.deviations.shape[1]:
            raise IonfoError(f"'{self.name}' has no features, by which models could be compared")
        return neighbours(self.unit_parameters, self.deviations, row, kind)

    def compensation(self, given: Mapping[str, float]) -> tuple[list[Column], Conditional]:
        """Tell what the other parameters do in this population where some are moved.

        Parameters
        ----------
        given : mapping of str to float
            Parameter -> its value.

        Raises
        ------
        IonfoError
            If a parameter is not there or does not vary, or there are too few models.
        """
        varying = [one for one in self.of_kind("parameter") if np.ptp(self.values[one.name]) > 0]
        place = {one.name: i for i, one in enumerate(varying)}
        for name in given:
            if name not in place:
                raise IonfoError(f"'{name}' is no parameter of '{self.name}' that varies")
        try:
            found = conditional_means(
                self.values[list(place)].to_numpy(np.float64),
                {place[name]: float(value) for name, value in given.items()},
                self.weights,
                self.worth,
            )
        except ValueError as error:
            raise IonfoError(f"'{self.name}' does not tell what compensates: {error}") from None
        return varying, found

    def contrast(self, first: Sequence[int], second: Sequence[int]) -> pd.DataFrame:
        """Compare two selections of models; see `ionfo.analysis.contrast`.

        Raises
        ------
        IonfoError
            If a selection is empty.
        """
        chosen = [np.zeros(len(self.values), bool) for _ in range(2)]
        for mask, rows in zip(chosen, (first, second), strict=True):
            mask[[row for row in rows if 0 <= row < len(mask)]] = True
        try:
            return contrast(
                self.values, chosen[0], chosen[1], self.weights, self.worth / len(self.values)
            )
        except ValueError as error:
            raise IonfoError(str(error)) from None


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
