"""Any run folder, of a chain or an optimisation: its population, and what is left to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import IonfoError
from ..tables.files import check_table_path, write_table
from ..tables.population import Population
from .chains.collect import Collected, collect
from .chains.store import RunStore
from .evaluation.flight import read_condemned
from .optimise import OptimiseStore, collect_hall, is_optimisation


def population_of(
    folder: Path, burn_in: int | None = None, max_cost: float = np.inf, every: bool = False
) -> Population:
    """Collect the population of a run folder.

    Parameters
    ----------
    folder : Path
        Of `ionfo sample` or `ionfo optimise`.
    burn_in : int, optional
        Steps to drop, of a chain; by default as many as its drift and its autocorrelation ask for.
    max_cost : float
        Largest cost of a row.
    every : bool
        Every kept model, of an optimisation.

    Raises
    ------
    IonfoError
        If it is no run folder, or has no such models.
    """
    if not is_optimisation(folder):
        return collect(RunStore(folder), burn_in, max_cost).population
    if burn_in:
        raise IonfoError(
            f"'{folder}' is an optimisation, whose hall of fame has no steps to drop; leave out "
            "--burn-in"
        )
    return collect_hall(OptimiseStore(folder), max_cost, every)


def collect_file(
    folder: Path,
    out: Path,
    burn_in: int | None = None,
    max_cost: float | None = None,
    min_cost: float | None = None,
    every: bool = False,
) -> Collected | Population:
    """Collect the population of a run folder into a table.

    Parameters
    ----------
    folder, burn_in, every
        As for `population_of`.
    out : Path
        .parquet or .csv.
    max_cost, min_cost : float, optional
        Largest and smallest cost of a row; the smallest of chains only.

    Returns
    -------
    Collected or Population
        The population with what to know about its chains; of an optimisation, the population.

    Raises
    ------
    IonfoError
        If it is no run folder, has no such models, or an option is for the other kind of run.
    """
    check_table_path(out)
    most = np.inf if max_cost is None else max_cost
    found: Collected | Population
    if is_optimisation(folder):
        if min_cost is not None:
            raise IonfoError(f"--min-cost is for chains, and '{folder}' is an optimisation")
        found = population = population_of(folder, burn_in, most, every)
    else:
        if every:
            raise IonfoError(
                f"--every is for optimisations, and '{folder}' is a chain; leave it out"
            )
        least = -np.inf if min_cost is None else min_cost
        found = collect(RunStore(folder), burn_in, most, least)
        population = found.population
    write_table(out, population.frame, population.metadata)
    return found


@dataclass(frozen=True)
class Work:
    """How much of a run is stored and how much is still asked for, for programs.

    Attributes
    ----------
    done : int
        Stored evaluations of the search for starting points, steps of all ensembles (of an
        optimisation, generations of all searches) and parameter sets that were set aside.  It
        grows with every session that stored anything.
    left : int
        Steps of all ensembles, or generations of all searches and the merged hall of fame, that
        are asked for and not stored; 0 when the run is complete.
    """

    done: int
    left: int


def work_of(folder: Path) -> Work:
    """Count what a run folder holds, without reading a state of it.

    Parameters
    ----------
    folder : Path
        Of `ionfo sample` or `ionfo optimise`, also one that is being written or does not exist.

    Returns
    -------
    Work
        Nothing done and one left where there is no run yet.

    Raises
    ------
    IonfoError
        If the run is damaged.
    """
    if not (folder / "run.json").exists():
        return Work(0, 1)
    n_aside = len(read_condemned(folder))
    if is_optimisation(folder):
        asked, generations, is_merged = OptimiseStore(folder).generations()
        left = max(0, asked - generations) + (not is_merged)
        return Work(generations + is_merged + n_aside, left)
    store = RunStore(folder)
    settings, state = store.settings["settings"], store.state
    n_start = sum(int(entry["rows"]) for entry in state["start"])
    if settings.get("sampler") == "importance":
        n_draws = sum(int(entry["rows"]) for entry in state["draws"])
        asked = int(settings["ensembles"]) * int(settings["walkers"]) * int(settings["steps"])
        return Work(n_start + n_draws + n_aside, max(0, asked - n_draws))
    steps = [int(one["steps"]) for one in state["ensembles"]]
    steps += [0] * (int(settings["ensembles"]) - len(steps))
    left = sum(max(0, int(settings["steps"]) - one) for one in steps)
    return Work(n_start + sum(steps) + n_aside, left)
