"""Sampling quality: acceptance, effective sample size and R-hat of a population."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...sampling.runs.diagnostics import diagnose, pooled_r_hat
from ...tables.exchange.inference_data import chain_rows
from ...tables.matrix import book_of

_FEWEST_STEPS = 8
_MOST_STEPS = 2000  # of a walker; longer ones are thinned
_MOST_DRAWS = 20_000  # of an ensemble with gaps
_NOTHING = pd.DataFrame({"parameter": [], "ess": [], "r_hat": []})


@dataclass(frozen=True)
class Quality:
    """How good a sample is.

    Attributes
    ----------
    n_models, n_walkers, n_steps : int
        Rows; walkers and steps of unbroken chains, 0 where the rows are none.
    acceptance : float or None
        Share of steps at which a walker moved.
    parameters : DataFrame
        One row a parameter: ``parameter``, ``ess`` (NaN where a walker never moved, or chains are
        broken) and ``r_hat`` (NaN where it cannot be assessed); empty where the rows are no chains.
    """

    n_models: int
    n_walkers: int
    n_steps: int
    acceptance: float | None
    parameters: pd.DataFrame


def quality_of(population: pd.DataFrame) -> Quality:
    """Measure sampling quality.

    Parameters
    ----------
    population : DataFrame
        With ``parameters/`` columns; a plain table has no chains.

    Returns
    -------
    Quality
        ESS and R-hat as `ionfo.sampling.runs.diagnostics.diagnose` gives them; R-hat of chains with
        gaps as `pooled_r_hat` does.
    """
    population = book_of(population)
    rows = chain_rows(population)
    n_walkers, n_steps = (0, 0) if rows is None else (rows.shape[0], rows.shape[1])
    if rows is None:
        table = _of_broken_chains(population)
    elif n_steps < _FEWEST_STEPS:
        table = _NOTHING
    else:
        table = _of_chains(population, rows)
    return Quality(len(population), n_walkers, n_steps, _acceptance(population), table)


def _of_chains(population: pd.DataFrame, rows: NDArray[np.int64]) -> pd.DataFrame:
    """ESS and R-hat of chains, rows by walker and step."""
    ensemble = population["ensemble"].to_numpy()[rows[:, 0]]
    thinned = rows[:, :: -(-rows.shape[1] // _MOST_STEPS)]
    values = _values(population).to_numpy(np.float64)
    found = diagnose([values[thinned[ensemble == one].T] for one in np.unique(ensemble)])
    r_hat = np.where(found.is_assessed, found.r_hat, np.nan)
    return _table(population, found.effective_sample_size, r_hat)


def _of_broken_chains(population: pd.DataFrame) -> pd.DataFrame:
    """R-hat of what walkers with gaps are known to have held."""
    if not {"ensemble", "walker", "step", "weight"} <= set(population):
        return _NOTHING
    step, weight = (population[one].to_numpy(np.float64) for one in ("step", "weight"))
    if not (weight >= 1).all() or (step + weight).max() - step.min() < _FEWEST_STEPS:
        return _NOTHING
    draws, starts = [], []
    for _, rows in population.sort_values("step", kind="stable").groupby("ensemble"):
        values = _values(rows).to_numpy(np.float64)
        # every so many-th of all that was held, without writing down all of it
        until = np.cumsum(np.floor(rows["weight"].to_numpy(np.float64)))
        stride = max(1.0, np.ceil(until[-1] / _MOST_DRAWS))
        held = np.searchsorted(until, np.arange(0.0, until[-1], stride), side="right")
        draws.append(values[held])
        starts.append(values[~rows["walker"].duplicated().to_numpy()])
    if len(draws) < 2 or min(map(len, draws)) < _FEWEST_STEPS:
        return _NOTHING
    r_hat = pooled_r_hat(draws, starts)
    return _table(population, np.full(len(r_hat), np.nan), r_hat)


def _values(population: pd.DataFrame) -> pd.DataFrame:
    return population[[name for name in population if str(name).startswith("parameters/")]]


def _table(
    population: pd.DataFrame, ess: NDArray[np.float64], r_hat: NDArray[np.float64]
) -> pd.DataFrame:
    """One row for every parameter that varies."""
    values = _values(population)
    names = [str(name).removeprefix("parameters/") for name in values]
    table = pd.DataFrame({"parameter": names, "ess": ess, "r_hat": r_hat})
    varying: pd.DataFrame = table.loc[np.ptp(values.to_numpy(np.float64), axis=0) > 0]
    return varying.reset_index(drop=True)


def _acceptance(population: pd.DataFrame) -> float | None:
    """Divide moves by steps, over all walkers."""
    needed = {"ensemble", "walker", "weight"}
    if not needed <= set(population):
        return None
    walkers = population.groupby(["ensemble", "walker"])["weight"].agg(["size", "sum"])
    steps = walkers["sum"].sum() - len(walkers)
    return None if steps <= 0 else float((walkers["size"].sum() - len(walkers)) / steps)
