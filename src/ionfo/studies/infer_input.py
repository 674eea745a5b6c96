"""Observed cells as posteriors take them: tables of features, recorded traces, a definition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import IonfoError, note
from ..features.patchseq import patchseq_features
from ..sampling.posterior.estimator import Posterior
from ..sampling.posterior.inference import Observation, observation
from ..sampling.posterior.simulators import EModelSimulator, HHSimulator, read_simulator
from ..tables.files import read_table

TARGETS = "targets"
"""Stands for the means of the features of the e-model's own definition."""

_CELL = ("cell", "cell_id", "cells/cell", "name")
_RECORDED = {"temperature": "degC", "current": "pA", "stim_start": "ms", "stim_end": "ms"}
_LARGEST_SHIFT = 0.5  # of these from those of the posterior


def read_observed(posterior: Posterior, observed: str | Path | pd.DataFrame) -> Observation:
    """Read observed cells.

    Parameters
    ----------
    posterior : Posterior
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
        return _of_definition(posterior)
    if isinstance(observed, pd.DataFrame):
        table = observed
    else:
        table, _ = read_table(Path(observed))
    if "t" in table and not set(posterior.features) & set(map(str, table)):
        table = _of_traces(posterior, table)
    _check_recorded_alike(posterior, table)
    name = next((one for one in _CELL if one in table), None)
    names = [str(i) for i in range(len(table))] if name is None else list(map(str, table[name]))
    return observation(posterior, table, names)


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


def _of_definition(posterior: Posterior) -> Observation:
    about = posterior.about["about"]
    simulator = read_simulator(about, "the posterior")
    if not isinstance(simulator, EModelSimulator):
        raise IonfoError("the cell 'hh' has no targets of its own; give a table of features")
    means = {one.name: one.mean for one in simulator.emodel.features}
    table = pd.DataFrame([{name: means[name] for name in posterior.features}])
    return observation(posterior, table, [simulator.emodel.name])


def _of_traces(posterior: Posterior, table: pd.DataFrame) -> pd.DataFrame:
    """Extract the features of recorded traces, with the simulation's definition of rest."""
    simulator = read_simulator(posterior.about["about"], "the posterior")
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


def _check_recorded_alike(posterior: Posterior, table: pd.DataFrame) -> None:
    """Refuse cells whose table says another temperature or step of current than was simulated."""
    run = posterior.about["about"].get("run")
    if not isinstance(run, dict):
        return
    simulated = {**run, **run["protocol"]}
    for name, unit in _RECORDED.items():
        if name in table:
            values = pd.to_numeric(table[name], errors="coerce").to_numpy(np.float64)
            wrong = ~(np.abs(values - simulated[name]) <= _LARGEST_SHIFT)
            if wrong.any():
                raise IonfoError(
                    f"the posterior was trained at a {name} of {simulated[name]:g} {unit}, and the "
                    f"observation has {values[wrong][0]:g}; train one at that {name}"
                )
