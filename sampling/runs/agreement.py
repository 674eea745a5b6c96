"""Whether ensembles agree in more than their parameters: cost, components and region."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...analysis.uncertainty.effective import Sample
from ...analysis.uncertainty.regions import compare_regions, principal_components
from .diagnostics import diagnose, pooled_r_hat

FEWEST_PROPOSALS = 8
"""Of a walker, before anything is said of chains."""
MOST_PROPOSALS = 2000
"""Of a walker, for R-hat; longer ones are thinned."""
_MOST_DRAWS = 20_000  # of an ensemble with gaps


def compare_ensembles(
    population: pd.DataFrame,
    sample: Sample,
    rows: NDArray[np.int64] | None,
) -> dict[str, Any]:
    """Compare the ensembles by cost, components and region, in the words of `Quality`.

    Parameters
    ----------
    population : DataFrame
        Held states.
    sample : Sample
        The same, as arrays.
    rows : ndarray of int, shape (n_walkers, n_proposals), or None
        Which state each walker held at each proposal; None of chains with gaps.

    Returns
    -------
    dict
        ``regions``, ``overlap`` and, of unbroken chains, ``r_hat_beside``; nothing of one ensemble.
    """
    if sample.walker is None or sample.ensemble is None or sample.ensemble.max() == 0:
        return {}
    found = compare_regions(sample.values, sample.weights, sample.walker, sample.ensemble)
    told: dict[str, Any] = {
        "regions": found.groups,
        "overlap": found.smallest if math.isfinite(found.smallest) else None,
    }
    if rows is None:
        return told
    components = principal_components(sample.values, sample.weights)
    beside = {f"component {i + 1}": column for i, column in enumerate(components.T)}
    if "cost" in population:
        beside = {"the cost": population["cost"].to_numpy(np.float64), **beside}
    ensemble = population["ensemble"].to_numpy()[rows[:, 0]]
    thinned = rows[:, :: -(-rows.shape[1] // MOST_PROPOSALS)]
    values = np.column_stack(list(beside.values()))
    r_hat = diagnose([values[thinned[ensemble == one].T] for one in np.unique(ensemble)]).r_hat
    told["r_hat_beside"] = {
        name: float(one) for name, one in zip(beside, r_hat, strict=True) if math.isfinite(one)
    }
    return told


def r_hat_of_chains(
    population: pd.DataFrame,
    rows: NDArray[np.int64],
    starts: Sequence[NDArray[np.float64]] | None,
) -> NDArray[np.float64]:
    """R-hat of unbroken chains, rows by walker and proposal."""
    ensemble = population["ensemble"].to_numpy()[rows[:, 0]]
    thinned = rows[:, :: -(-rows.shape[1] // MOST_PROPOSALS)]
    values = values_of(population).to_numpy(np.float64)
    chains = [values[thinned[ensemble == one].T] for one in np.unique(ensemble)]
    found = diagnose(chains, starts)
    return np.where(found.is_assessed, found.r_hat, np.nan)


def r_hat_with_gaps(
    population: pd.DataFrame, starts: Sequence[NDArray[np.float64]] | None
) -> NDArray[np.float64] | None:
    """R-hat of what walkers with gaps are known to have held; None where there is too little."""
    if population.empty or not {"ensemble", "walker", "step", "weight"} <= set(population):
        return None
    step, weight = (population[one].to_numpy(np.float64) for one in ("step", "weight"))
    if not (weight >= 1).all() or (step + weight).max() - step.min() < FEWEST_PROPOSALS:
        return None
    draws, first = [], []
    for _, rows in population.sort_values("step", kind="stable").groupby("ensemble"):
        values = values_of(rows).to_numpy(np.float64)
        # every so many-th of all that was held, without writing down all of it
        until = np.cumsum(np.floor(rows["weight"].to_numpy(np.float64)))
        stride = max(1.0, np.ceil(until[-1] / _MOST_DRAWS))
        held = np.searchsorted(until, np.arange(0.0, until[-1], stride), side="right")
        draws.append(values[held])
        first.append(values[~rows["walker"].duplicated().to_numpy()])
    if len(draws) < 2 or min(map(len, draws)) < FEWEST_PROPOSALS:
        return None
    return pooled_r_hat(draws, first if starts is None else starts)


def values_of(population: pd.DataFrame) -> pd.DataFrame:
    """Give the parameters, a column each."""
    return population[[name for name in population if str(name).startswith("parameters/")]]
