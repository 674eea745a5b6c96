"""Evaluations that a user brings for surrogates to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ....emodels import EModel
from ....errors import IonfoError
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
        Gives the names.

    Raises
    ------
    IonfoError
        If one cannot be read, or lacks a parameter, feature or score.
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
            frames.append(frame[wanted])
    if not frames:
        raise IonfoError("--learn was given runs that hold no evaluations")
    return evaluated(emodel, pd.concat(frames, ignore_index=True))


def _tables(path: Path) -> list[pd.DataFrame]:
    if not path.is_dir():
        return [read_table(path)[0]]
    store = RunStore(path)
    _ = store.settings  # says what is wrong with a folder that is no run
    tables = [store.table(kind) for kind in KINDS]
    return [table for table in tables if table is not None]
