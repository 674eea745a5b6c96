"""Sampling quality: acceptance, effective sample size and R-hat of a population."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..formats.inference_data import chain_rows

_FEWEST_STEPS = 8


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
        One row a parameter: ``parameter``, ``ess`` and ``r_hat`` (NaN where a walker never moved);
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
        R-hat is rank-normalised and split (Vehtari et al. 2021), ESS its bulk, both with walkers
        as chains.
    """
    nothing = pd.DataFrame({"parameter": [], "ess": [], "r_hat": []})
    rows = chain_rows(population)
    if rows is None or rows.shape[1] < _FEWEST_STEPS:
        n_walkers, n_steps = (0, 0) if rows is None else (rows.shape[0], rows.shape[1])
        return Quality(len(population), n_walkers, n_steps, _acceptance(population), nothing)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        import arviz
    found = []
    for name in population:
        if not str(name).startswith("parameters/"):
            continue
        chains = population[name].to_numpy(np.float64)[rows]
        if np.ptp(chains) == 0:
            continue
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a walker that never moved divides by zero
            ess = float(arviz.ess(chains, method="bulk"))
            r_hat = float(arviz.rhat(chains))
        found.append({"parameter": str(name)[11:], "ess": ess, "r_hat": r_hat})
    return Quality(
        len(population),
        rows.shape[0],
        rows.shape[1],
        _acceptance(population),
        pd.DataFrame(found, dtype=object),
    )


def _acceptance(population: pd.DataFrame) -> float | None:
    """Divide moves by steps, over all walkers."""
    needed = {"ensemble", "walker", "weight"}
    if not needed <= set(population):
        return None
    walkers = population.groupby(["ensemble", "walker"])["weight"].agg(["size", "sum"])
    steps = walkers["sum"].sum() - len(walkers)
    return None if steps <= 0 else float((walkers["size"].sum() - len(walkers)) / steps)
