"""Models to explore, and what can be asked about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..analysis.compensation import Conditional, conditional_means
from ..analysis.contrast import contrast
from ..analysis.twins import Kind, Neighbours, neighbours
from ..analysis.uncertainty.effective import kish_size
from ..emodels import EModel
from ..errors import IonfoError
from ..sampling import Population
from ..sampling.evaluation.evaluator import EvaluatorSpec
from ..tables.models import models_of_frame

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
        Empty of a bare number, and where it is not known.
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

    def cell_of(self, row: int) -> tuple[list[float], dict[str, float]]:
        """Give free and fixed parameters of a model's cell, as an evaluation takes them.

        Raises
        ------
        IonfoError
            If the model lacks one; others are not looked at.
        """
        if self.emodel is None or self.population is None:
            raise IonfoError(f"'{self.name}' has no cell: {self.why_no_cell}")
        read = models_of_frame(self.population.frame.iloc[[row]], self.emodel, f"model {row}")
        return read.theta[0].tolist(), dict(read.fixed[0])

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
        varying = [one for one in self.of_kind("parameter") if self.values[one.name].nunique() > 1]
        place = {one.name: i for i, one in enumerate(varying)}
        for name in given:
            if name not in place:
                raise IonfoError(f"'{name}' is no parameter of '{self.name}' that varies")
        values = self.values[list(place)].to_numpy(np.float64)
        is_whole = np.isfinite(values).all(axis=1)
        try:
            found = conditional_means(
                values[is_whole],
                {place[name]: float(value) for name, value in given.items()},
                self.weights[is_whole],
                self.worth * float(np.mean(is_whole)),
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
            each = self.worth / kish_size(self.weights)
            return contrast(self.values, chosen[0], chosen[1], self.weights, each)
        except ValueError as error:
            raise IonfoError(str(error)) from None
