"""From the chains of a run to a population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...analysis.uncertainty.effective import Sample
from ...analysis.uncertainty.stationarity import HeldStates, stationarity
from ...errors import IonfoError
from ...limits import shortened
from ...tables.columns import columns
from ...tables.population import Population
from ..evaluation.flight import Condemned, read_condemned
from ..runs.quality import Quality, quality_of
from .importance import Importance, collect_draws
from .learning.learner import density_of
from .states import Gap, held
from .store import RunStore


@dataclass(frozen=True)
class Collected:
    """A population and what to know about the chain it came from.

    Attributes
    ----------
    population : Population
        The models.
    n_steps, n_walkers, burn_in : int
        Steps of the chain, the walkers of all ensembles and the steps dropped.
    n_outside : int
        Weight that was dropped because of its cost.
    quality : Quality
        Of the kept chains, whatever their states cost.
    why : str
        Why so many steps were dropped; empty where they were asked for.
    n_ensembles, n_lost : int
        Ensembles, and states in segments that could not be read.
    condemned : tuple of Condemned
        Parameter sets that counted as failed because they kill the process that evaluates them.
    importance : Importance or None
        What the weights are worth, of independent draws.
    """

    population: Population
    n_steps: int
    n_walkers: int
    burn_in: int
    n_outside: int
    quality: Quality
    why: str = ""
    n_ensembles: int = 1
    n_lost: int = 0
    condemned: tuple[Condemned, ...] = ()
    importance: Importance | None = None


def collect(
    store: RunStore,
    burn_in: int | None = None,
    max_cost: float = np.inf,
    min_cost: float = -np.inf,
) -> Collected:
    """Turn the chain of a run into a population.

    A row is one state of one walker held over consecutive kept proposals; its weight is the
    number of proposals it was held and its step the first of them.

    Parameters
    ----------
    store : RunStore
        The run.
    burn_in : int, optional
        Steps to drop from the start; by default what `burn_in_of` finds.
    max_cost, min_cost : float
        Largest and smallest cost of a row.

    Raises
    ------
    IonfoError
        If no step is left, or no model is cheap enough.
    """
    settings = store.settings
    emodel = store.emodel
    n_steps = store.n_steps
    if np.isnan(max_cost):
        raise IonfoError("--max-cost must be a number, got nan")
    if not min_cost < max_cost:
        raise IonfoError(f"--min-cost must be below --max-cost, {max_cost:g}, got {min_cost:g}")
    if settings["settings"].get("sampler") == "importance":
        return _of_draws(store, burn_in, max_cost, min_cost)
    if n_steps < 1:
        raise IonfoError(f"run '{store.folder}' holds no steps yet; sample longer")
    if burn_in is not None and not 0 <= burn_in < n_steps:
        raise IonfoError(
            f"--burn-in must be from 0 to {n_steps - 1} for this run, got {shortened(burn_in)}"
        )
    states, gaps = store.states()
    states = states[states["step"] < n_steps].reset_index(drop=True)
    why = ""
    if burn_in is None:
        burn_in, why = burn_in_of(states, columns(emodel)[0], n_steps, gaps, store.n_tries)

    weight = held(states, n_steps, gaps, burn_in, store.n_tries)
    # of a population, weight and step count proposals
    since = (states["step"] * store.n_tries + states["try"]).clip(lower=burn_in * store.n_tries)
    rows = states.assign(weight=weight, step=since)[weight > 0]
    starts = starting_points(states, columns(emodel)[0])
    quality = quality_of(rows, starts)
    n_walkers = len(states[["ensemble", "walker"]].drop_duplicates())

    wanted = rows["cost"].between(min_cost, max_cost)
    n_outside = int(rows.loc[~wanted, "weight"].sum())
    parameters, features, scores = columns(emodel)
    order = [
        *parameters, *features, *scores, "cost", "log_prob", "weight", "ensemble", "walker", "step"
    ]  # fmt: skip
    frame = rows.loc[wanted, order].reset_index(drop=True)
    if frame.empty:
        raise IonfoError(
            f"no model of run '{store.folder}' has a cost of at most {max_cost:g}; the cheapest "
            f"has {rows['cost'].min():.4g}; raise --max-cost or sample longer"
            if np.isinf(min_cost)
            else f"no model of run '{store.folder}' has a cost from {min_cost:g} to {max_cost:g}; "
            f"they lie from {rows['cost'].min():.4g} to {rows['cost'].max():.4g}"
        )
    condemned = tuple(read_condemned(store.folder))
    metadata = {
        "chain": quality.to_json(),
        "units": {p.name: p.unit for p in emodel.free_parameters}
        | {feature.name: feature.unit for feature in emodel.features},
        **{key: value for key, value in settings.items() if key != "format"},
        "collect": {
            "burn_in": burn_in,
            "max_cost": None if np.isinf(max_cost) else max_cost,
            "min_cost": None if np.isinf(min_cost) else min_cost,
            "n_steps": n_steps,
            "tries": store.n_tries,
            "burn_in_because": why or None,
            "condemned": [{"theta": list(one.theta), "how": one.how} for one in condemned],
        },
    }
    return Collected(
        Population(frame, metadata),
        n_steps,
        n_walkers,
        burn_in,
        n_outside,
        quality,
        why,
        states["ensemble"].nunique(),
        store.n_lost if gaps else 0,
        condemned,
    )


def _of_draws(store: RunStore, burn_in: int | None, max_cost: float, min_cost: float) -> Collected:
    if burn_in:
        raise IonfoError(
            f"run '{store.folder}' holds independent draws, which have no burn-in; leave out "
            "--burn-in"
        )
    surrogate = store.surrogate()
    if surrogate is None:
        raise IonfoError(f"run '{store.folder}' holds no draws yet; it is still learning")
    told = store.settings.get("learned", {})
    density = density_of(store.emodel, store.settings["settings"], surrogate, told)
    population, found = collect_draws(store, density, max_cost, min_cost)
    settings = store.settings["settings"]
    n_walkers = int(settings["walkers"]) * int(settings["ensembles"])
    n_steps = found.n_draws // n_walkers
    return Collected(
        population,
        n_steps,
        n_walkers,
        0,
        found.n_whole - len(population.frame),
        quality_of(population.frame),
        n_ensembles=int(settings["ensembles"]),
        condemned=tuple(read_condemned(store.folder)),
        importance=found,
    )


def burn_in_of(
    states: pd.DataFrame, wanted: list[str], n_steps: int, gaps: Sequence[Gap], n_tries: int
) -> tuple[int, str]:
    """Find how many steps to drop from the start, and say why.

    Parameters
    ----------
    states : DataFrame
        States of all walkers, sorted by ensemble, walker, step and try.
    wanted : list of str
        Columns of the parameters.
    n_steps : int
        Steps of the chain.
    gaps : sequence of Gap
        Lost steps.
    n_tries : int
        Proposals of a walker in a step.

    Returns
    -------
    int
        Steps: 5 autocorrelation times of the second half (Sokal 1997), or until the walkers no
        longer drift where that takes longer; at most half.
    str
        Why.
    """
    most = n_steps // 2
    half = held(states, n_steps, gaps, most, n_tries)
    whole = held(states, n_steps, gaps, 0, n_tries)
    begin = (states["step"] * n_tries + states["try"]).to_numpy(np.float64)
    walker = np.asarray(states.groupby(["ensemble", "walker"]).ngroup(), dtype=np.int64)
    ensemble = states["ensemble"].to_numpy(np.int64)
    values = states[wanted].to_numpy(np.float64)
    last = half > 0
    tau = Sample(
        values[last], half[last].astype(np.float64), walker[last], begin[last].astype(np.int64)
    ).tau
    of_tau = int(np.ceil(5 * tau / n_tries))
    known = whole > 0
    first = np.maximum(begin, 0.0)
    # a start that was left before the first proposal was held for none
    found = stationarity(
        HeldStates(
            values[known],
            first[known],
            (first + whole)[known],
            walker[known],
            ensemble[known],
        )
    )
    tau_told = f"5 autocorrelation times are {of_tau} steps"
    if found.verdict == "still settling":
        return most, f"{tau_told}, and the walkers still drift in the second half; half are kept"
    settled = 0 if found.settled_from is None else int(np.ceil(found.settled_from / n_tries))
    drift_told = (
        "drift is not tested with so few walkers or steps" if found.whole is None
        else f"no drift is seen from step {settled} on"
    )  # fmt: skip
    needed = max(of_tau, settled)
    if needed > most:
        rest = "half are kept, since dropping more would leave too few" if most else "all are kept"
        return most, f"{tau_told} and {drift_told}; {rest}"
    return needed, f"{tau_told}, and {drift_told}"


def starting_points(states: pd.DataFrame, wanted: list[str]) -> list[NDArray[np.float64]]:
    """Give where the walkers of each ensemble began, shape (n_walkers, n_parameters) each.

    Those in a segment that cannot be read are missing; the first known states stand for them.
    """
    first = states.groupby(["ensemble", "walker"], sort=True).head(1)
    return [rows[wanted].to_numpy() for _, rows in first.groupby("ensemble", sort=True)]
