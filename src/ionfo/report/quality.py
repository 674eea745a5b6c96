"""Sampling quality: acceptance, effective sample size and R-hat of a population."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..formats.inference_data import chain_rows
from ..sampling.diagnostics import diagnose

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
        One row a parameter: ``parameter``, ``ess`` (NaN where a walker never moved) and ``r_hat``
        (NaN where it cannot be assessed);
        empty where the rows are no unbroken chains.
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
        ESS and R-hat as `ionfo.sampling.diagnostics.diagnose` gives them.
    """
    nothing = pd.DataFrame({"parameter": [], "ess": [], "r_hat": []})
    rows = chain_rows(population)
    if rows is None or rows.shape[1] < _FEWEST_STEPS:
        n_walkers, n_steps = (0, 0) if rows is None else (rows.shape[0], rows.shape[1])
        return Quality(len(population), n_walkers, n_steps, _acceptance(population), nothing)
    names = [str(name) for name in population if str(name).startswith("parameters/")]
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
        _acceptance(population),
        table[varies].reset_index(drop=True),
    )


def _acceptance(population: pd.DataFrame) -> float | None:
    """Divide moves by steps, over all walkers."""
    needed = {"ensemble", "walker", "weight"}
    if not needed <= set(population):
        return None
    walkers = population.groupby(["ensemble", "walker"])["weight"].agg(["size", "sum"])
    steps = walkers["sum"].sum() - len(walkers)
    return None if steps <= 0 else float((walkers["size"].sum() - len(walkers)) / steps)
