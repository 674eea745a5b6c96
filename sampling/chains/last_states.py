"""Where the walkers of a run or of a population stand, as starting points of another run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...emodels import EModel
from ...errors import IonfoError
from ...tables.models import Models
from .backend import last_state
from .store import RunStore


def read_standing(folder: Path, emodel: EModel, n_ensembles: int) -> NDArray[np.float64]:
    """Read where the walkers of a run stand.

    Ensembles stay apart, so that what told them apart in the first run, their searches for
    starting points, still does in the second.

    Parameters
    ----------
    folder : Path
        Run folder of `ionfo sample`; its temperature, cell and targets may be others.
    emodel : EModel
        Gives the free parameters and their order.
    n_ensembles : int
        How many ensembles to start; those that the run has beyond are left out.

    Returns
    -------
    ndarray, shape (n_ensembles, n_walkers, n_parameters)
        Parameters in the order of `emodel`.

    Raises
    ------
    IonfoError
        If the run cannot be read, has no chains yet, too few ensembles or other parameters.
    """
    store = RunStore(folder)
    names = store.emodel.free_names
    for name in emodel.free_names:
        if name not in names:
            raise IonfoError(
                f"run '{folder}' does not sample parameter '{name}' of e-model '{emodel.name}'; "
                "give --start a run of the same parameters, or a file of models"
            )
    if store.settings["settings"].get("sampler") == "importance":
        raise IonfoError(
            f"run '{folder}' holds independent draws and no chains to go on with; start at models "
            "of the population that `ionfo collect` makes of it"
        )
    found = len(store.state["ensembles"])
    if found < n_ensembles:
        raise IonfoError(
            f"run '{folder}' has {found} ensembles whose chains have begun, and {n_ensembles} are "
            "to be started from it; give --ensembles at most that many, or let the run go on first"
        )
    order = [names.index(name) for name in emodel.free_names]
    return np.stack([last_state(store, one).coords[:, order] for one in range(n_ensembles)])


def standing_of(models: Models, n_ensembles: int) -> NDArray[np.float64]:
    """Take where the walkers stood last whose states a population holds.

    Parameters
    ----------
    models : Models
        Rows of a population, or any others.
    n_ensembles : int
        How many ensembles to start; those that are there beyond are left out.

    Returns
    -------
    ndarray, shape (n_ensembles, n_walkers, n_parameters) or (n_models, n_parameters)
        As `read_standing` gives them; a walker may have no row, and then every ensemble gives as
        many as the one that has fewest.  All models where no chain made them, or fewer ensembles
        than are to be started.
    """
    if models.chain is None:
        return models.theta
    last: dict[int, dict[int, int]] = {}
    in_time = np.argsort(models.chain[:, 2], kind="stable")
    for row in in_time:
        ensemble, walker, _ = models.chain[row]
        last.setdefault(int(ensemble), {})[int(walker)] = int(row)
    if len(last) < n_ensembles:
        return models.theta
    rows = [sorted(last[ensemble].items()) for ensemble in sorted(last)[:n_ensembles]]
    n_walkers = min(map(len, rows))
    return np.stack([models.theta[[row for _, row in one[:n_walkers]]] for one in rows])
