"""Evaluations that a user brings for move ``surrogate`` to learn from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...emodels import EModel
from ...errors import IonfoError
from ...tables.columns import columns
from ...tables.files import read_table
from .states import whole_evaluations
from .store import KINDS, RunStore


@dataclass(frozen=True)
class Evaluated:
    """Whole evaluations of an e-model, no parameter set twice.

    Attributes
    ----------
    theta : ndarray, shape (n, n_parameters)
        Parameters.
    features : ndarray, shape (n, n_features)
        Features, NaN where one is missing.
    """

    theta: NDArray[np.float64]
    features: NDArray[np.float64]

    @property
    def n_complete(self) -> int:
        """How many have all features, and so teach what features are."""
        return int(np.isfinite(self.features).all(axis=1).sum())

    @property
    def digest(self) -> str:
        """SHA-256 of the numbers."""
        content = np.hstack([self.theta, self.features]).astype("<f8")
        return hashlib.sha256(content.tobytes()).hexdigest()


def joined(
    theta: NDArray[np.float64], features: NDArray[np.float64], learned: Evaluated | None
) -> Evaluated:
    """Put what a run has evaluated before what it was given, if anything."""
    if learned is None:
        return Evaluated(theta, features)
    return Evaluated(np.vstack([theta, learned.theta]), np.vstack([features, learned.features]))


def read_evaluations(paths: Sequence[Path], emodel: EModel) -> Evaluated:
    """Read the whole evaluations of runs and populations.

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
    return Evaluated(*whole_evaluations(emodel, pd.concat(frames, ignore_index=True)))


def _tables(path: Path) -> list[pd.DataFrame]:
    if not path.is_dir():
        return [read_table(path)[0]]
    store = RunStore(path)
    _ = store.settings  # says what is wrong with a folder that is no run
    tables = [store.table(kind) for kind in KINDS]
    return [table for table in tables if table is not None]
