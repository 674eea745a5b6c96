"""Where the walkers of a run or of a population stand, as starting points of another run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..emodels import EModel
from ..errors import IonfoError
from .backend import last_state
from .files import read_table
from .models_file import models_of_frame
from .store import RunStore

_CHAIN = ["ensemble", "walker", "step"]
"""Columns of a population that say which chain made a row, and when."""


def read_standing(path: Path, emodel: EModel, n_ensembles: int) -> NDArray[np.float64] | None:
    """Read where the walkers of a run, or those that a population was collected from, stand.

    Ensembles stay apart, so that what told them apart in the first run, their searches for
    starting points, still does in the second.

    Parameters
    ----------
    path : Path
        Run folder of `ionfo sample`, or a file of models; the temperature, cell and targets may
        be others.
    emodel : EModel
        Gives the free parameters and their order.
    n_ensembles : int
        How many ensembles to start; those that are there beyond are left out.

    Returns
    -------
    ndarray, shape (n_ensembles, n_walkers, n_parameters), or None
        Parameters in the order of `emodel`; of a population, where a walker may have no row, the
        walkers of the ensemble that has fewest.  None for models that no chain made, or fewer
        ensembles than are to be started.

    Raises
    ------
    IonfoError
        If it cannot be read or has other parameters, or a run has too few ensembles.
    """
    stand = _of_run(path, emodel) if path.is_dir() else _of_population(path, emodel)
    if len(stand) < n_ensembles:
        if not path.is_dir():
            return None
        raise IonfoError(
            f"run '{path}' has {len(stand)} ensembles whose chains have begun, and {n_ensembles} "
            "are to be started from it; give --ensembles at most that many, or let the run go on "
            "first"
        )
    n_walkers = min(len(walkers) for walkers in stand[:n_ensembles])
    return np.stack([walkers[:n_walkers] for walkers in stand[:n_ensembles]])


def _of_run(folder: Path, emodel: EModel) -> list[NDArray[np.float64]]:
    store = RunStore(folder)
    names = store.emodel.free_names
    for name in emodel.free_names:
        if name not in names:
            raise IonfoError(
                f"run '{folder}' does not sample parameter '{name}' of e-model '{emodel.name}'; "
                "give --start a run of the same parameters, or a file of models"
            )
    order = [names.index(name) for name in emodel.free_names]
    n_begun = len(store.state["ensembles"])
    return [last_state(store, one).coords[:, order] for one in range(n_begun)]


def _of_population(file: Path, emodel: EModel) -> list[NDArray[np.float64]]:
    if file.suffix == ".json":
        return []
    frame = read_table(file)[0]
    if not set(_CHAIN) <= set(frame.columns):
        return []
    last = frame.sort_values(_CHAIN).groupby(["ensemble", "walker"]).tail(1)
    return [models_of_frame(rows, emodel, str(file)).theta for _, rows in last.groupby("ensemble")]
