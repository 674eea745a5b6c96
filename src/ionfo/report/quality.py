"""Sampling quality: acceptance, effective sample size and R-hat of a population."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..formats.inference_data import chain_rows
from ..sampling.diagnostics import diagnose, pooled_r_hat

_FEWEST_STEPS = 8
_MOST_STEPS = 2000  # of a walker; longer ones are thinned


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
        With ``parameters/`` columns.

    Returns
    -------
    Quality
        ESS and R-hat as `ionfo.sampling.diagnostics.diagnose` gives them; R-hat of chains with
        gaps as `pooled_r_hat` does.
    """
    nothing = pd.DataFrame({"parameter": [], "ess": [], "r_hat": []})
    rows = chain_rows(population)
    acceptance = _acceptance(population)
    if rows is None:
        return Quality(len(population), 0, 0, acceptance, _of_broken_chains(population, nothing))
    if rows.shape[1] < _FEWEST_STEPS:
        return Quality(len(population), rows.shape[0], rows.shape[1], acceptance, nothing)
    names = _parameters(population)
    ensemble = population["ensemble"].to_numpy()[rows[:, 0]]
    thinned = rows[:, :: -(-rows.shape[1] // _MOST_STEPS)]
    values = population[names].to_numpy(np.float64)
    found = diagnose([values[thinned[ensemble == one].T] for one in np.unique(ensemble)])
    table = pd.DataFrame(
        {
            "parameter": [name.removeprefix("parameters/") for name in names],
            "ess": found.effective_sample_size,
            "r_hat": np.where(found.is_assessed, found.r_hat, np.nan),
        }
    )
    varies = np.ptp(values, axis=0) > 0
    return Quality(
        len(population),
        rows.shape[0],
        rows.shape[1],
        acceptance,
        table[varies].reset_index(drop=True),
    )


def _parameters(population: pd.DataFrame) -> list[str]:
    return [str(name) for name in population if str(name).startswith("parameters/")]


def _of_broken_chains(population: pd.DataFrame, nothing: pd.DataFrame) -> pd.DataFrame:
    """R-hat of what walkers with gaps are known to have held; `nothing` where that says nothing."""
    if not {"ensemble", "walker", "step", "weight"} <= set(population):
        return nothing
    step, weight = (population[one].to_numpy(np.float64) for one in ("step", "weight"))
    if not (weight >= 1).all() or (step + weight).max() - step.min() < _FEWEST_STEPS:
        return nothing
    in_time = population.sort_values("step", kind="stable")
    names = _parameters(population)
    draws, starts = [], []
    for _, rows in in_time.groupby("ensemble"):
        held = rows["weight"].to_numpy(np.int64)
        draws.append(np.repeat(rows[names].to_numpy(np.float64), held, axis=0))
        starts.append(rows.groupby("walker").head(1)[names].to_numpy(np.float64))
    if len(draws) < 2 or min(map(len, draws)) < _FEWEST_STEPS:
        return nothing
    found = pd.DataFrame(
        {
            "parameter": [name.removeprefix("parameters/") for name in names],
            "ess": np.nan,
            "r_hat": pooled_r_hat(draws, starts),
        }
    )
    varies = np.ptp(population[names].to_numpy(np.float64), axis=0) > 0
    varying: pd.DataFrame = found.loc[varies].reset_index(drop=True)
    return varying


def _acceptance(population: pd.DataFrame) -> float | None:
    """Divide moves by steps, over all walkers."""
    needed = {"ensemble", "walker", "weight"}
    if not needed <= set(population):
        return None
    walkers = population.groupby(["ensemble", "walker"])["weight"].agg(["size", "sum"])
    steps = walkers["sum"].sum() - len(walkers)
    return None if steps <= 0 else float((walkers["size"].sum() - len(walkers)) / steps)
