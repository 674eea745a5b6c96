"""Evaluations that a user brings for surrogates to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ....emodels import EModel
from ....errors import IonfoError
from ....limits import shortened
from ....tables.columns import columns
from ....tables.files import read_table
from ..store import KINDS, RunStore
from .training_data import Evaluated, evaluated


def read_evaluations(paths: Sequence[Path], emodel: EModel) -> Evaluated:
    """Read the evaluations of runs and populations, also those that ended early.

    Parameters
    ----------
    paths : sequence of Path
        Run folders of `ionfo sample`, or tables with the parameters, features and scores of the
        e-model.  Their cell need not be the same: a surrogate that is wrong costs acceptance only.
    emodel : EModel
        Gives names and bounds.

    Returns
    -------
    Evaluated
        What lies inside the bounds: nothing walks elsewhere.

    Raises
    ------
    IonfoError
        If one cannot be read, lacks a parameter, feature or score, holds one that is no number or a
        parameter that is not finite, or if all its evaluations lie outside the bounds.
    """
    wanted = [name for kind in columns(emodel) for name in kind]
    frames = []
    for path in paths:
        found = _tables(path)
        for frame in found:
            missing = [name for name in wanted if name not in frame.columns]
            if missing:
                raise IonfoError(
                    f"'{path}' has no column '{missing[0]}', which e-model '{emodel.name}' asks "
                    "for; give --learn runs and populations of this e-model"
                )
            frames.append(_inside(frame[wanted], path, emodel))
    if not frames:
        raise IonfoError("--learn was given runs that hold no evaluations")
    return evaluated(emodel, pd.concat(frames, ignore_index=True))


def _inside(frame: pd.DataFrame, path: Path, emodel: EModel) -> pd.DataFrame:
    """Check the numbers of a table, and keep its rows inside the bounds."""
    for name, column in frame.items():
        if not pd.api.types.is_numeric_dtype(column) and not column.isna().all():
            odd = column[pd.to_numeric(column, errors="coerce").isna() & column.notna()]
            got = f"{shortened(odd.iloc[0])!r}" if len(odd) else "text"
            raise IonfoError(
                f"'{path}': column '{name}' must hold numbers, got {got}; mend the table or leave "
                "it out of --learn"
            )
    frame = frame.astype(np.float64)
    parameters, _, _ = columns(emodel)
    theta = frame[parameters].to_numpy()
    if len(bad := np.argwhere(~np.isfinite(theta))):
        row, i = bad[0]
        raise IonfoError(
            f"'{path}', row {row + 1}: '{parameters[i]}' must be finite, got {theta[row, i]:g}; "
            "mend the table or leave it out of --learn"
        )
    low, high = emodel.bounds.T
    is_inside = ((theta >= low) & (theta <= high)).all(axis=1)
    if len(frame) and not is_inside.any():
        row, i = np.argwhere((theta < low) | (theta > high))[0]
        raise IonfoError(
            f"'{path}': all {len(frame)} evaluations lie outside the bounds of e-model "
            f"'{emodel.name}', as '{parameters[i]}' of {theta[row, i]:g}, which must lie from "
            f"{low[i]:g} to {high[i]:g}; give --learn evaluations inside them"
        )
    inside: pd.DataFrame = frame.loc[is_inside]
    return inside


def _tables(path: Path) -> list[pd.DataFrame]:
    if not path.is_dir():
        return [read_table(path)[0]]
    store = RunStore(path)
    _ = store.settings  # says what is wrong with a folder that is no run
    tables = [store.table(kind) for kind in KINDS]
    return [table for table in tables if table is not None]
