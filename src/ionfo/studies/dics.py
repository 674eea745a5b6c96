"""Dynamic input conductances as functions: what ``ionfo.dics`` holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..emodels.point import PointModel, load_point_model
from ..emodels.point.definition import model_of_text
from ..emodels.point.feedback import check_conductances
from ..emodels.point.noise import BANDWIDTH
from ..emodels.point.simulation import FAST_DT, simulate_spikes
from ..errors import IonfoError
from ..features.spike_times import UNITS, Descriptors, describe
from ..sampling.dics import (
    DicPopulation,
    Estimator,
    Reachability,
    Reconstruction,
    compensate,
    generate,
    reachable,
    reconstruct,
    train,
)
from ..tables.population import Population, read_population

__all__ = [
    "DicPopulation",
    "Estimator",
    "Reachability",
    "Reconstruction",
    "SimulatedPopulation",
    "compensate",
    "generate",
    "reachable",
    "reconstruct",
    "report",
    "simulate",
    "train",
]

Array = NDArray[np.float64]

_CHECKED = 8  # cells whose step is halved


@dataclass(frozen=True)
class SimulatedPopulation:
    """Spike trains of the cells of a population.

    Attributes
    ----------
    population : Population
        The table, with the descriptors as features and the regime as ``cells/regime``.
    trains : list of ndarray
        Spike times of each cell (ms).
    descriptors : list of Descriptors
        Of each cell.
    step_error : float
        Relative change of the number of spikes of a few cells together when the step is halved.
    """

    population: Population
    trains: list[Array]
    descriptors: list[Descriptors]
    step_error: float

    def sentences(self) -> list[str]:
        """Tell in sentences what the cells do."""
        regimes = pd.Series([one.regime for one in self.descriptors]).value_counts()
        counts = [one.n_spikes for one in self.descriptors]
        told = ", ".join(f"{n:,} {regime}" for regime, n in regimes.items())
        return [
            f"{len(self.trains):,} cells: {told}; median of {np.median(counts):g} spikes",
            f"with half the step the number of spikes of {min(_CHECKED, len(self.trains))} cells "
            f"without noise changes by {self.step_error:.1%} in all; trains of irregular bursters "
            "part from each other with any step",
        ]

    def write(self, file: str | Path) -> Path:
        """Write the population; give the file, which ends in .parquet or .csv."""
        return self.population.write(file)

    def _repr_html_(self) -> str:
        told = "".join(f"<li>{sentence}</li>" for sentence in self.sentences())
        return f"<ul>{told}</ul>{self.population.features.head().to_html()}"


def report(found: Reconstruction, folder: str | Path) -> Path:
    """Write a page about a reconstruction, for which some of its cells are simulated.

    Parameters
    ----------
    found : Reconstruction
        Of `reconstruct`.
    folder : str or Path
        For the page ``report.html``, ``estimates.csv`` and ``descriptors.csv``.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    IonfoError
        If the folder cannot be made or written to.
    """
    from .dics_report import write_report

    return write_report(found, folder)


def simulate(
    population: DicPopulation | Population | pd.DataFrame | str | Path,
    model: PointModel | str | None = None,
    *,
    duration: float = 6000.0,
    discard: float = 3000.0,
    noise_sd: float = 0.0,
    seed: int = 0,
    bandwidth: float = BANDWIDTH,
    step: float = FAST_DT,
) -> SimulatedPopulation:
    """Simulate the cells of a population and describe their spike trains.

    Parameters
    ----------
    population : DicPopulation, Population, DataFrame, str or Path
        Cells, or a table or its file, with a column ``parameters/<channel>`` for every channel
        (mS/cm2).
    model : PointModel or str, optional
        The cell; by default the one that the table carries.
    duration, discard : float
        Of the simulation, and of its beginning that is left out (ms).
    noise_sd, seed, bandwidth
        Of the noise current, as `simulate_spikes` takes them (uA/cm2, Hz).
    step : float
        Of the integration (ms).

    Returns
    -------
    SimulatedPopulation
        Trains and descriptors.

    Raises
    ------
    IonfoError
        If the table does not hold the cells of a point model, or a setting is out of bounds.
    """
    table = _table(population)
    model = _model(table, model)
    rows = conductances_of(table, model)
    trains = simulate_spikes(
        model, rows, duration, discard, noise_sd, seed, bandwidth=bandwidth, dt=step
    )
    few = rows[:_CHECKED]
    finer = simulate_spikes(model, few, duration, discard, dt=step / 2)
    coarser = (
        trains[:_CHECKED]
        if not noise_sd
        else simulate_spikes(model, few, duration, discard, dt=step)
    )
    counts = [sum(map(len, one)) for one in (coarser, finer)]
    error = abs(counts[0] - counts[1]) / max(1, counts[1])
    found = [describe(train) for train in trains]
    settings = {
        "duration": duration,
        "discard": discard,
        "noise_sd": noise_sd,
        "bandwidth": bandwidth,
        "seed": seed,
        "step": step,
    }
    return SimulatedPopulation(_described(table, model, found, settings), trains, found, error)


def conductances_of(table: Population, model: PointModel) -> Array:
    """Give the conductances of a table in the order of a model, shape (n, n_channels).

    Raises
    ------
    IonfoError
        If a channel has no column, or it holds what is no conductance.
    """
    parameters, names = table.parameters, model.emodel_names
    if not set(names) <= set(parameters):
        names = model.conductance_names
    missing = [name for name in names if name not in parameters]
    if missing:
        raise IonfoError(
            f"the population has no column 'parameters/{missing[0]}', and model '{model.name}' "
            f"needs {', '.join(names)}"
        )
    return check_conductances(model, parameters[list(names)].to_numpy())


def _table(population: DicPopulation | Population | pd.DataFrame | str | Path) -> Population:
    if isinstance(population, DicPopulation):
        return population.to_population()
    if isinstance(population, pd.DataFrame):
        return Population(population, {})
    return population if isinstance(population, Population) else read_population(population)


def _model(table: Population, model: PointModel | str | None) -> PointModel:
    if model is not None:
        return model if isinstance(model, PointModel) else load_point_model(model)
    stored = table.metadata.get("point_model")
    if stored is None:
        raise IonfoError("the population does not say of which point model it is; add --model stg")
    return model_of_text(json.dumps(stored), "the point model of the population")


def _described(
    table: Population, model: PointModel, found: list[Descriptors], settings: dict[str, Any]
) -> Population:
    frame = table.frame.copy()
    for name in UNITS:
        frame[f"features/{name}"] = [one.numbers()[name] for one in found]
    frame["cells/regime"] = [one.regime for one in found]
    metadata = {
        **table.metadata,
        "units": {**table.metadata.get("units", {}), **UNITS},
        "point_model": model.model_dump(mode="json", exclude_none=True),
        "simulation": settings,
    }
    return Population(frame, metadata)
