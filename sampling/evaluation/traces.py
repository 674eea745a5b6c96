"""Simulate chosen models of a population: voltages at the steps, and the outline of the cell."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...emodels import EModel, Missing, ProtocolRunner, Simulator, parse_emodel
from ...emodels.cell import resolve_morphology
from ...emodels.protocol_kinds import AnyStep, CurrentClamp
from ...emodels.sweep import BudgetSpent
from ...errors import IonfoError
from ...limits import shortened
from ...mechanisms.build import bundled_folder
from ...tables.models import models_of_frame
from .. import Population
from .cell_hashes import check_same_cell

Traces = dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]
"""Protocol -> times (ms) and somatic voltages (mV)."""

_REGIONS = ("somatic", "basal", "apical", "axonal", "myelinated")
_OUTLINE_POINTS = 4000


def emodel_of(population: Population, origin: str) -> EModel:
    """Take the e-model that a population carries.

    Raises
    ------
    IonfoError
        If it carries none.
    """
    if "emodel" not in population.metadata:
        raise IonfoError(
            f"'{origin}' carries no e-model; give what `ionfo collect` or `ionfo score` wrote"
        )
    return parse_emodel(json.dumps(population.metadata["emodel"]), origin)


def own_morphology(population: Population, emodel: EModel) -> Path | None:
    """Name the bundled morphology that a population was made on, where it is one of several."""
    made_on = population.metadata.get("morphology")
    stem = Path(str(made_on.get("file"))).stem if isinstance(made_on, Mapping) else ""
    return Path(stem) if stem in emodel.alternatives else None


def choose_models(
    population: Population, emodel: EModel, models: Sequence[int], origin: str
) -> dict[str, int]:
    """Choose models by their rows, or the best, the median and two that lie far apart.

    Parameters
    ----------
    population : Population
        The models.
    emodel : EModel
        Gives the bounds by which parameters are compared.
    models : sequence of int
        Rows, counted from 0; empty for the four.
    origin : str
        Names the population in errors.

    Returns
    -------
    dict
        Label -> row.

    Raises
    ------
    IonfoError
        If a row does not exist, or nothing tells which is best.
    """
    n_models = len(population.frame)
    for row in models:
        if not 0 <= row < n_models:
            raise IonfoError(
                f"'{origin}' has models 0 to {n_models - 1}, got --model {shortened(row)}"
            )
    if models:
        return {f"model {row}": row for row in models}
    if "cost" not in population.frame:
        raise IonfoError(
            f"'{origin}' has no column 'cost' to choose models by; name them with --model"
        )
    cost = population.frame["cost"].to_numpy()
    order = np.argsort(cost, kind="stable")
    low, high = emodel.bounds.T
    theta = population.frame[[f"parameters/{name}" for name in emodel.free_names]].to_numpy()
    unit = (theta - low) / (high - low)
    # farthest from the mean, then farthest from that one: exact enough to look at
    first = int(np.argmax(((unit - unit.mean(axis=0)) ** 2).sum(axis=1)))
    second = int(np.argmax(((unit - unit[first]) ** 2).sum(axis=1)))
    return {
        "best": int(order[0]),
        "median": int(order[len(order) // 2]),
        "distant 1": first,
        "distant 2": second,
    }


def simulate_models(
    population: Population,
    emodel: EModel,
    chosen: Mapping[str, int],
    origin: str,
    morphology: Path | None = None,
    mechanisms: Path | None = None,
) -> tuple[dict[str, Traces], pd.DataFrame]:
    """Simulate models at the steps of their e-model.

    Parameters
    ----------
    population : Population
        The models.
    emodel : EModel
        Their definition.
    chosen : mapping of str to int
        Label -> row.
    origin : str
        Names the population in errors.
    morphology, mechanisms : Path, optional
        Instead of the bundled ones, of which a population's own counts first.

    Returns
    -------
    dict of str to dict
        Label -> protocol -> times and voltages; empty arrays where a protocol gave none.
    DataFrame
        Outline of the cell: ``region``, ``x_um``, ``y_um``, with NaN between sections.

    Raises
    ------
    IonfoError
        If a model lacks a parameter, the cell is another one than the population's, or the
        e-model has no steps.
    """
    kinds = AnyStep | CurrentClamp
    steps = [protocol.name for protocol in emodel.protocols if isinstance(protocol, kinds)]
    if not steps:
        raise IonfoError(
            f"e-model '{emodel.name}' has no step or current clamp, whose voltages could be drawn"
        )
    read = models_of_frame(population.frame, emodel, origin)
    folder = mechanisms or bundled_folder(emodel.inserted)
    morphology = resolve_morphology(emodel, morphology or own_morphology(population, emodel))
    check_same_cell(population.metadata, morphology, folder, origin)
    simulator = Simulator(emodel, morphology, folder)
    nothing = (np.empty(0), np.empty(0))
    panels: dict[str, Traces] = {}
    for label, row in chosen.items():
        simulator.set_parameters(read.theta[row], read.fixed[row], emodel.max_steps)
        responses = {}
        with suppress(BudgetSpent):  # as an evaluation would: what is left has no response
            for name, response in ProtocolRunner(simulator).run():
                if name in steps and not isinstance(response, Missing):
                    responses[name] = (response.t, response.recordings["soma.v"])
        panels[label] = {name: responses.get(name, nothing) for name in steps}
    return panels, outline(simulator)


def outline(simulator: Simulator) -> pd.DataFrame:
    """Draw the sections of the cell in the plane of x and y."""
    assert simulator.cell is not None
    cell = simulator.cell
    cell.h.define_shape()  # gives sections without points, such as a replaced axon, a place
    total = sum(int(section.n3d()) for section in cell.sections["all"])
    step = max(1, total // _OUTLINE_POINTS)
    rows: list[tuple[str, float, float]] = []
    for region in _REGIONS:
        for section in cell.sections[region]:
            n_points = int(section.n3d())
            kept = [*range(0, n_points - 1, step), n_points - 1]
            rows += [(region, section.x3d(i), section.y3d(i)) for i in kept if i >= 0]
            rows.append((region, np.nan, np.nan))
    return pd.DataFrame(rows, columns=["region", "x_um", "y_um"])


def thinned(
    t: NDArray[np.float64], v: NDArray[np.float64], n_bins: int = 500
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Thin a trace for drawing: lowest and highest point of each bin of time.

    Parameters
    ----------
    t, v : ndarray, shape (n_time,)
        Times, rising, and voltages.
    n_bins : int
        At most twice as many points are left.

    Examples
    --------
    >>> t, v = thinned(np.arange(6.0), np.array([0.0, 5, 1, 1, -3, 2]), n_bins=2)
    >>> v
    array([ 0.,  5., -3.,  2.])
    """
    index = thinned_index(t, v, n_bins)
    return t[index], v[index]


def thinned_index(
    t: NDArray[np.float64], v: NDArray[np.float64], n_bins: int = 500
) -> NDArray[np.int64]:
    """Give which points `thinned` keeps."""
    if not len(t) or (len(t) <= 2 * n_bins and n_bins > 2):
        return np.arange(len(t))
    bins = np.minimum((n_bins * (t - t[0]) / max(t[-1] - t[0], 1e-12)).astype(int), n_bins - 1)
    starts = np.flatnonzero(np.diff(bins, prepend=-1))
    kept = set()
    for start, end in zip(starts, [*starts[1:], len(t)], strict=True):
        kept |= {start + int(np.argmin(v[start:end])), start + int(np.argmax(v[start:end]))}
    return np.array(sorted(kept))
