"""Collect independent draws, weighted so that the density is that of the chains."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...analysis.uncertainty.between_ensembles import between_ensembles
from ...analysis.uncertainty.effective import kish_size
from ...analysis.uncertainty.pareto import LARGEST_K, pareto_smoothed
from ...errors import IonfoError
from ...tables.columns import columns
from ...tables.population import Population
from ..runs.diagnostics import Diagnostics, diagnose
from .learning.density import SurrogateDensity
from .learning.threads import one_thread
from .store import RunStore

Array = NDArray[np.float64]

_LEAST_WEIGHT = 1e-12  # of the largest; smaller ones change no digit of a mean


@dataclass(frozen=True)
class Importance:
    """What weighted draws are worth.

    Attributes
    ----------
    n_draws : int
        Evaluated draws.
    n_whole : int
        Of them those whose cost is asked for.
    pareto_k : float
        Shape of the tail of the weights: good below 0.5, usable below 0.7.
    ess : float
        Effective size: Kish's of the smoothed weights, less where the draws themselves are
        autocorrelated; where the ensembles lie farther apart than that allows, what they say.
    walks : Diagnostics
        Of the walks that made the draws: the weights are only as right as these are long.
    between : tuple of float or None
        Effective size by the distance of the ensembles, each weighted by itself, and its 95 %
        interval; None of one ensemble.
    """

    n_draws: int
    n_whole: int
    pareto_k: float
    ess: float
    walks: Diagnostics
    between: tuple[float, float, float] | None = None

    @property
    def r_hat(self) -> float:
        """Largest R-hat of the walks."""
        return float(np.nanmax(self.walks.r_hat)) if np.isfinite(self.walks.r_hat).any() else np.nan

    def told(self) -> str:
        """Say it in a sentence."""
        return (
            f"{self.n_draws} draws, {self.n_whole} of a cost asked for; Pareto k of the weights "
            f"{self.pareto_k:.2f} (good below 0.5, usable below {LARGEST_K:g}); effective size "
            f"{self.ess:.0f}{self._between_told()}; the walks that made the draws: "
            f"{self._walks_told()}"
        )

    @property
    def tau(self) -> float:
        """Longest autocorrelation time of the walks, draws; NaN of fewer than four draws each."""
        known = self.walks.tau[np.isfinite(self.walks.tau)]
        return float(known.max()) if len(known) else np.nan

    def _walks_told(self) -> str:
        if np.isnan(self.tau) or np.isnan(self.r_hat):
            return "too few draws of each to compare them"
        return f"R-hat {self.r_hat:.3f}, autocorrelation time {self.tau:.1f} draws"

    def _between_told(self) -> str:
        if self.between is None:
            return ""
        size, low, high = self.between
        return f", by the distance of the ensembles {size:.0f} ({low:.0f} to {high:.0f})"


def collect_draws(
    store: RunStore, density: SurrogateDensity, max_cost: float = np.inf, min_cost: float = -np.inf
) -> tuple[Population, Importance]:
    """Turn the draws of a run into a population whose weights are real numbers.

    Parameters
    ----------
    store : RunStore
        The run.
    density : SurrogateDensity
        What the draws were made from.
    max_cost, min_cost : float
        Largest and smallest cost of a row.

    Returns
    -------
    Population
        Weights have mean one; rows are independent.
    Importance
        What they are worth.

    Raises
    ------
    IonfoError
        If there are too few draws, or the tail of the weights is too heavy (Pareto k above 0.7).
    """
    emodel, settings = store.emodel, store.settings
    table = store.table("draws")
    n_walkers = int(settings["settings"]["walkers"])
    draws = _complete(table, n_walkers)
    if draws is None or len(draws) < 10 * n_walkers:
        raise IonfoError(
            f"run '{store.folder}' holds {0 if draws is None else len(draws)} draws, too few to "
            f"judge their weights (at least {10 * n_walkers}); go on with the same command, or "
            "raise --steps"
        )
    parameters, features, scores = columns(emodel)
    theta = np.ascontiguousarray(draws[parameters].to_numpy(np.float64))
    low, high = density.bounds.T
    with one_thread():
        log_q = density((theta - low) / (high - low))
    cost = draws["cost"].to_numpy(np.float64)
    is_whole = (draws["rejected_by"] == "").to_numpy() & (cost <= density.max_cost)
    # what is left out has no weight in what is asked for, which is judged by its own weights
    is_kept = is_whole & (cost <= max_cost) & (cost >= min_cost)
    log_weight = np.where(is_kept, -cost / density.temperature - log_q, -np.inf)
    smoothed, k = pareto_smoothed(log_weight)
    chains = [
        own[parameters].to_numpy(np.float64).reshape(-1, n_walkers, len(parameters))
        for _, own in draws.groupby("ensemble", sort=True)
    ]
    walks = diagnose(chains)
    weight = np.exp(smoothed - smoothed[is_kept].max(initial=-np.inf))
    if not is_kept.any():
        raise IonfoError(
            f"no draw of run '{store.folder}' has a cost of at most {max_cost:g}; the cheapest has "
            f"{cost.min():.4g}"
        )
    between = _between(theta, weight, draws, n_walkers)
    found = Importance(len(draws), int(is_kept.sum()), k, 0.0, walks, between)
    # walks that turn back are worth no more than independent draws
    ess = kish_size(weight[is_kept]) / (1.0 if np.isnan(found.tau) else max(1.0, found.tau))
    found = replace(found, ess=between[0] if between is not None and between[2] < ess else ess)
    if not k <= LARGEST_K:
        raise IonfoError(
            f"run '{store.folder}': the weights have a Pareto k of {k:.2f}, above {LARGEST_K:g}: a "
            "few draws carry them all, since what was learned misses a part of the density, often "
            "at its edge; ask for models well below the largest cost (--max-cost of `ionfo "
            "collect`), learn more with --rounds or --learn, or take the chains, which are right "
            "in any case"
        )
    wanted = is_kept & (weight > _LEAST_WEIGHT)
    rows = draws.loc[wanted]
    frame = rows[[*parameters, *features, *scores, "cost"]].assign(
        log_prob=-cost[wanted] / density.temperature,
        weight=weight[wanted] / weight[wanted].mean(),
        ensemble=rows["ensemble"],
    )
    metadata = {
        "importance": {
            "n_draws": found.n_draws,
            "n_whole": found.n_whole,
            "pareto_k": found.pareto_k,
            "effective_sample_size": found.ess,
            "ess_between_ensembles": None if between is None else list(between),
            "r_hat_of_the_walks": None if np.isnan(found.r_hat) else found.r_hat,
        },
        "units": {p.name: p.unit for p in emodel.free_parameters}
        | {feature.name: feature.unit for feature in emodel.features},
        **{key: value for key, value in settings.items() if key != "format"},
        "collect": {
            "burn_in": 0,
            "max_cost": None if np.isinf(max_cost) else max_cost,
            "min_cost": None if np.isinf(min_cost) else min_cost,
        },
    }
    return Population(frame.reset_index(drop=True), metadata), found


def _between(
    theta: Array, weight: Array, draws: pd.DataFrame, n_walkers: int
) -> tuple[float, float, float] | None:
    """Effective size by the distance of the ensembles, where each has draws that count."""
    ensemble = draws["ensemble"].to_numpy(np.int64)
    total = np.bincount(ensemble, weight)
    if np.count_nonzero(total) < 2 or not (total > 0).all():
        return None
    walker = ensemble * n_walkers + draws["evaluation"].to_numpy(np.int64) % n_walkers
    is_kept = weight > 0
    # every ensemble counts alike, as far as it is known by itself
    share = weight / total[ensemble]
    found = between_ensembles(theta[is_kept], share[is_kept], walker[is_kept], ensemble[is_kept])
    return (found.ess, found.low, found.high)


def _complete(table: pd.DataFrame | None, n_walkers: int) -> pd.DataFrame | None:
    """Order the draws, up to the last that all walks of all ensembles have made."""
    if table is None:
        return None
    table = table.sort_values(["ensemble", "evaluation"], ignore_index=True)
    gap = table["evaluation"] != table.groupby("ensemble").cumcount()
    table = table[~gap.groupby(table["ensemble"]).cummax()]
    n_each = int(table.groupby("ensemble").size().min()) // n_walkers * n_walkers
    return table[table["evaluation"] < n_each].reset_index(drop=True)
