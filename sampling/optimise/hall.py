"""Halls of fame of all searches, merged into one population."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ...emodels import EModel
from ...errors import IonfoError
from ...tables.files import read_table
from ...tables.population import Population
from ..evaluation.evaluator import Evaluation
from .ibea import Member
from .stages import parse_stages, resolve
from .store import HALL, Found, OptimiseStore, found_frame


def merged(halls: Sequence[Sequence[Member]], n_models: int) -> list[tuple[int, Member]]:
    """Merge halls of fame: the best by their summed objectives, each with its seed.

    A model that several searches have found counts once.
    """
    everyone = [(seed, one) for seed, hall in enumerate(halls) for one in hall]
    everyone.sort(key=lambda pair: pair[1].total)  # stable: of equals the lower seed comes first
    seen: set[tuple[float, ...]] = set()
    kept = []
    for seed, one in everyone:
        if one.values not in seen:
            seen.add(one.values)
            kept.append((seed, one))
    return kept[:n_models]


def hall_frame(
    emodel: EModel,
    members: Sequence[tuple[int, Member]],
    evaluations: Sequence[Evaluation] | None = None,
) -> pd.DataFrame:
    """Put a merged hall of fame into a table, the best first.

    ``hof_index`` is the place, ``seed`` the search, and ``training_sum`` the summed scores of the
    features that the last stage was fitted to, each at most 250.
    """
    found = [one.data for _, one in members]
    if evaluations is not None:
        found = [Found.of(one.theta, e) for one, e in zip(found, evaluations, strict=True)]
    frame = found_frame(emodel, found)
    frame["training_sum"] = [one.total for _, one in members]
    frame["hof_index"] = np.arange(len(frame))
    frame["seed"] = [seed for seed, _ in members]
    return frame


def seed_halls(store: OptimiseStore) -> list[list[Member]]:
    """Give the hall of fame of each search of the last stage, as they stand.

    Raises
    ------
    IonfoError
        If the last stage has not begun.
    """
    settings = store.settings["settings"]
    stages = parse_stages(json.dumps(settings["stages"]), str(store.folder / "run.json"))
    plans = resolve(stages, store.emodel, settings["generations"], settings["seeds"])
    name, plan = f"{len(plans) - 1}-{plans[-1].name}", plans[-1]
    states = [
        store.read_search(name, seed, plan.free, plan.objectives) for seed in range(plan.n_seeds)
    ]
    halls = [state.hall for state in states if state is not None]
    if not halls:
        raise IonfoError(
            f"run '{store.folder}' has no generation of its last stage '{plan.name}' yet; the same "
            "`ionfo optimise` command goes on with it"
        )
    return halls


def collect_hall(store: OptimiseStore, max_cost: float = np.inf, every: bool = False) -> Population:
    """Turn an optimisation into a population.

    Parameters
    ----------
    store : OptimiseStore
        The run; of one that is not finished the halls of fame as they stand, with the features of
        the last stage only.
    max_cost : float
        Largest cost of a row.
    every : bool
        Every evaluated model of the last stage instead of the hall of fame.

    Raises
    ------
    IonfoError
        If there is nothing yet, nothing cheap enough, or not every model was kept.
    """
    settings = store.settings
    if every:
        frame = _every(store)
    elif (store.folder / HALL).exists():
        frame = read_table(store.folder / HALL)[0]
    else:
        frame = hall_frame(
            store.emodel, merged(seed_halls(store), int(settings["settings"]["hall"]))
        )
    cheap = frame[frame["cost"] <= max_cost].reset_index(drop=True)
    if cheap.empty:
        raise IonfoError(
            f"no model of run '{store.folder}' has a cost of at most {max_cost:g}; the cheapest "
            f"has {frame['cost'].min():.4g}; raise --max-cost or optimise longer"
        )
    cheap["weight"] = 1
    emodel = store.emodel
    metadata = {
        "units": {p.name: p.unit for p in emodel.free_parameters}
        | {feature.name: feature.unit for feature in emodel.features},
        **{key: value for key, value in settings.items() if key != "format"},
        "collect": {"max_cost": None if np.isinf(max_cost) else max_cost, "every": every},
    }
    return Population(cheap, metadata)


def _every(store: OptimiseStore) -> pd.DataFrame:
    settings = store.settings["settings"]
    stages = parse_stages(json.dumps(settings["stages"]), str(store.folder / "run.json"))
    plan = resolve(stages, store.emodel, settings["generations"], settings["seeds"])[-1]
    name = f"{len(stages) - 1}-{plan.name}"
    frames = []
    for seed in range(plan.n_seeds):
        state = store.read_search(name, seed, plan.free, plan.objectives)
        if state is not None:
            frames.append(store.evaluated(name, seed, state.generation))
    if not frames:
        seed_halls(store)  # says why
    return pd.concat(frames, ignore_index=True)
