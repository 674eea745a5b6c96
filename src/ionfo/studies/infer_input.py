"""Observed cells as posteriors take them: tables of features, recorded traces, a definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..emodels import EModel
from ..errors import IonfoError, note
from ..features.patchseq import patchseq_features
from ..sampling.posterior.inference import Observation, observation
from ..sampling.posterior.simulators import EModelSimulator, HHSimulator, read_simulator
from ..tables.files import read_table

TARGETS = "targets"
"""Stands for the means of the features of the e-model's own definition."""

_CELL = ("cell", "cell_id", "cells/cell", "name")
_RECORDED = {"temperature": "degC", "current": "pA", "stim_start": "ms", "stim_end": "ms"}
_FEWEST_CELLS = 5  # that an SD is taken of
_LARGEST_SHIFT = 0.5  # of these from those of the simulations


@dataclass(frozen=True)
class Simulated:
    """What observed cells are compared with.

    Attributes
    ----------
    features : mapping of str to str
        Names of the features with their units, in order.
    about : dict
        The simulator, as it tells of itself.
    """

    features: Mapping[str, str]
    about: dict[str, Any]


def read_observed(simulated: Simulated, observed: str | Path | pd.DataFrame) -> Observation:
    """Read observed cells.

    Parameters
    ----------
    simulated : Simulated
        Says which features there must be.
    observed : str, Path or DataFrame
        A table with a column per feature and a row per cell (.csv or .parquet); one with a column
        ``t`` (ms) and a trace (mV) per cell, for the cell `hh`; or ``targets`` for the means of
        the e-model's definition.

    Raises
    ------
    IonfoError
        If a feature is missing, or the cells were recorded otherwise than was simulated.
    """
    if isinstance(observed, str) and observed == TARGETS:
        return _of_definition(simulated)
    if isinstance(observed, pd.DataFrame):
        table = observed
    else:
        table, _ = read_table(Path(observed))
    if "t" in table and not set(simulated.features) & set(map(str, table)):
        table = _of_traces(simulated, table)
    _check_recorded_alike(simulated, table)
    name = next((one for one in _CELL if one in table), None)
    names = [str(i) for i in range(len(table))] if name is None else list(map(str, table[name]))
    return observation(simulated.features, table, names)


def read_spread(simulated: Simulated, observed: str | Path | pd.DataFrame) -> dict[str, float]:
    """SD of each feature over observed cells, or that of the targets of the definition.

    Raises
    ------
    IonfoError
        If cells cannot be read, or a feature does not vary over them.
    """
    if isinstance(observed, str) and observed == TARGETS:
        spread = {one.name: one.std for one in _emodel_of(simulated).features}
        return {name: spread[name] for name in simulated.features}
    found = read_observed(simulated, observed).features
    known = np.isfinite(found)
    if (known.sum(axis=0) < _FEWEST_CELLS).any():
        name, n = list(simulated.features)[int(known.sum(axis=0).argmin())], known.sum(axis=0).min()
        raise IonfoError(
            f"feature '{name}' is known of {n} observed cells, and an SD needs {_FEWEST_CELLS}; "
            "give more cells, or leave --noise-of out"
        )
    sd = np.nanstd(np.where(known, found, np.nan), axis=0)
    if not (sd > 0).all():
        name = list(simulated.features)[int(sd.argmin())]
        raise IonfoError(
            f"feature '{name}' is the same in all observed cells, which leaves it no noise; leave "
            "it out with --features"
        )
    return dict(zip(simulated.features, sd.tolist(), strict=True))


def leave_out_undefined(observed: Observation) -> Observation:
    """Leave out cells that lack a feature, and tell it; where all do, they are refused later."""
    is_whole = np.asarray(np.isfinite(observed.features).all(axis=1), dtype=np.bool_)
    if is_whole.all() or not is_whole.any():
        return observed
    left = [name for name, whole in zip(observed.names, is_whole, strict=True) if not whole]
    note(
        f"{len(left)} of {len(is_whole)} cells lack a feature and are left out, '{left[0]}' among "
        "them: the posterior is conditional on all features being defined"
    )
    kept = [name for name, whole in zip(observed.names, is_whole, strict=True) if whole]
    return Observation(kept, observed.features[is_whole])


def _of_definition(simulated: Simulated) -> Observation:
    emodel = _emodel_of(simulated)
    means = {one.name: one.mean for one in emodel.features}
    table = pd.DataFrame([{name: means[name] for name in simulated.features}])
    return observation(simulated.features, table, [emodel.name])


def _emodel_of(simulated: Simulated) -> EModel:
    simulator = read_simulator(simulated.about, "the simulations")
    if not isinstance(simulator, EModelSimulator):
        raise IonfoError("the cell 'hh' has no targets of its own; give a table of features")
    return simulator.emodel


def _of_traces(simulated: Simulated, table: pd.DataFrame) -> pd.DataFrame:
    """Extract the features of recorded traces, with the simulation's definition of rest."""
    simulator = read_simulator(simulated.about, "the simulations")
    if not isinstance(simulator, HHSimulator):
        raise IonfoError(
            "traces are taken for the cell 'hh'; give a table of the features of the e-model, "
            "which ionfo targets makes from recordings"
        )
    protocol, known = simulator.run.protocol, list(simulator.features)
    rows = []
    for name, trace in table.drop(columns="t").items():
        try:
            found = patchseq_features(table["t"], trace, protocol.stim_start, protocol.stim_end)
        except IonfoError as error:
            raise IonfoError(f"trace '{name}': {error}") from None
        rows.append({"cell": str(name), **dict(zip(known, found, strict=True))})
    if not rows:
        raise IonfoError("the table has the times of traces in its column 't', but no trace")
    return pd.DataFrame(rows)


def _check_recorded_alike(simulated: Simulated, table: pd.DataFrame) -> None:
    """Refuse cells whose table says another temperature or step of current than was simulated."""
    run = simulated.about.get("run")
    if not isinstance(run, dict):
        return
    was = {**run, **run["protocol"]}
    for name, unit in _RECORDED.items():
        if name in table:
            values = pd.to_numeric(table[name], errors="coerce").to_numpy(np.float64)
            wrong = ~(np.abs(values - was[name]) <= _LARGEST_SHIFT)
            if wrong.any():
                raise IonfoError(
                    f"the posterior was trained at a {name} of {was[name]:g} {unit}, and the "
                    f"observation has {values[wrong][0]:g}; train one at that {name}"
                )
