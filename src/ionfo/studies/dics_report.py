"""The page of a reconstruction, for which some of its cells are simulated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..emodels.point import simulate_spikes, simulate_voltage
from ..emodels.point.simulation import FAST_DT
from ..features.spike_times import Descriptors, describe
from ..limits import shortened
from ..pages.report.dics import DicsPage, ReconstructedTrain, write_dics_page
from ..sampling.dics import Reconstruction
from ..sampling.dics.known import lengths_of
from ..tables.files import make_folder, write_table

Array = NDArray[np.float64]

_MOST_TRAINS = 12
_SIMULATED = 64  # cells of a train
_TRACES = 4
_GRID = (81, 41)  # of g_s and g_u
_SAMPLE = 0.5  # of voltages, ms


def write_report(found: Reconstruction, folder: str | Path) -> Path:
    """Write a page about a reconstruction, and its tables beside it.

    Some cells of each train are simulated, and their trains described as the input was.

    Parameters
    ----------
    found : Reconstruction
        Of `reconstruct`.
    folder : str or Path
        Is made if it does not exist.

    Returns
    -------
    Path
        The page; ``estimates.csv`` and ``descriptors.csv`` lie beside it.

    Raises
    ------
    IonfoError
        If the folder cannot be made or written to.
    """
    where = Path(folder)
    make_folder(where, "--report")
    shown = min(_MOST_TRAINS, len(found.names))
    longest = max(float(np.diff(one).max()) for one in found.trains[:shown])
    span = float(np.clip(4 * longest, 500, 3000))
    low, high = found.densities[0].edges.T
    g_s: Array = np.linspace(low[0], high[0], _GRID[0])
    g_u: Array = np.linspace(low[1], high[1], _GRID[1])
    grid = np.stack(np.meshgrid(g_s, g_u), axis=-1).reshape(-1, 2)
    trains = [_shown(found, i, grid, span) for i in range(shown)]
    write_table(where / "estimates.csv", found.estimates)
    write_table(where / "descriptors.csv", _descriptors(trains))
    cautions = []
    if found.left_out:
        cautions.append(f"silent trains are left out: {shortened(', '.join(found.left_out), 200)}")
    if shown < len(found.names):
        cautions.append(
            f"the first {shown} of {len(found.names)} trains are shown; estimates.csv has all"
        )
    times: Array = _SAMPLE * np.arange(len(trains[0].voltages[0]), dtype=np.float64)
    channels = found.model.conductance_names
    page = DicsPage(
        found.model.name, channels, found.sentences(), g_s, g_u, times, trains, cautions
    )
    return write_dics_page(where, page)


def _shown(found: Reconstruction, i: int, grid: Array, span: float) -> ReconstructedTrain:
    """Simulate cells of a train, and put together what is shown of it."""
    model, cells, density = found.model, found.populations[i], found.densities[i]
    duration, discard = lengths_of(model)
    rows = cells.conductances
    fired = simulate_spikes(model, rows[:_SIMULATED], duration, discard, dt=FAST_DT)
    _, voltages = simulate_voltage(
        model, rows[:_TRACES], discard + span, sample=_SAMPLE, dt=FAST_DT
    )
    return ReconstructedTrain(
        found.names[i],
        found.cautions[i],
        found.trains[i],
        found.descriptors[i],
        found.inferred[i].bursting,
        density.mean,
        density.sd,
        density(grid).reshape(_GRID[1], _GRID[0]),
        cells.targets,
        rows,
        voltages[:, -round(span / _SAMPLE) :],
        [describe(one) for one in fired],
    )


def _descriptors(trains: list[ReconstructedTrain]) -> pd.DataFrame:
    """Give descriptors of the trains and of their simulated cells, a row each."""
    rows = []
    for one in trains:
        told: list[tuple[str, Descriptors]] = [("input", one.told)]
        told += [("output", output) for output in one.outputs]
        rows += [
            {"train": one.name, "of": of, "regime": each.regime, **each.numbers()}
            for of, each in told
        ]
    return pd.DataFrame(rows)
