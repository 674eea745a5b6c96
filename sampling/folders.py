"""The population of any run folder: a chain's states or an optimisation's hall of fame."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import IonfoError
from ..tables.population import Population
from .chains.collect import collect
from .chains.store import RunStore
from .optimise import OptimiseStore, collect_hall, is_optimisation


def population_of(
    folder: Path, burn_in: int = 0, max_cost: float = np.inf, every: bool = False
) -> Population:
    """Collect the population of a run folder.

    Parameters
    ----------
    folder : Path
        Of `ionfo sample` or `ionfo optimise`.
    burn_in : int
        Steps to drop, of a chain.
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
