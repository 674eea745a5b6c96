"""Evaluations for surrogates to learn from: those of a run, and those that a user brings."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ....emodels import EModel
from ....tables.columns import columns


@dataclass(frozen=True)
class Evaluated:
    """Evaluations of an e-model, no parameter set twice.

    Attributes
    ----------
    theta : ndarray, shape (n, n_parameters)
        Parameters.
    features : ndarray, shape (n, n_features)
        Features, NaN where one is undefined or was not computed.
    is_computed : ndarray of bool, shape (n, n_features)
        Where a feature was computed; an evaluation that ended early lacks some.
    """

    theta: NDArray[np.float64]
    features: NDArray[np.float64]
    is_computed: NDArray[np.bool_]

    @property
    def n_complete(self) -> int:
        """How many have all features, and so teach what features are."""
        return int(np.isfinite(self.features).all(axis=1).sum())

    @property
    def digest(self) -> str:
        """SHA-256 of the numbers."""
        content = np.hstack([self.theta, self.features, self.is_computed]).astype("<f8")
        return hashlib.sha256(content.tobytes()).hexdigest()


def joined(*parts: Evaluated | None) -> Evaluated:
    """Put evaluations of one e-model together, of twins the fuller one.

    A run often starts at models that it was given to learn from too; a twin of what is left out of
    a fit would tell it.  Parts that are None are left out.
    """
    known = [part for part in parts if part is not None]
    theta = np.vstack([one.theta for one in known])
    features = np.vstack([one.features for one in known])
    is_computed = np.vstack([one.is_computed for one in known])
    fullest = np.argsort(-is_computed.sum(axis=1), kind="stable")
    _, first = np.unique(theta[fullest], axis=0, return_index=True)
    kept = np.sort(fullest[first])
    return Evaluated(theta[kept], features[kept], is_computed[kept])


def evaluated(emodel: EModel, frame: pd.DataFrame | None) -> Evaluated:
    """Take the evaluations of a table, also those that ended early; of twins the fuller one."""
    parameters, features, scores = columns(emodel)
    if frame is None:
        frame = pd.DataFrame(columns=[*parameters, *features, *scores], dtype=np.float64)
    n_computed = frame[scores].notna().sum(axis=1)
    fullest = frame.loc[n_computed.sort_values(ascending=False, kind="stable").index]
    kept = fullest.drop_duplicates(subset=parameters).sort_index()
    kept = kept[kept[scores].notna().any(axis=1)]
    return Evaluated(
        kept[parameters].to_numpy(np.float64),
        kept[features].to_numpy(np.float64),
        kept[scores].notna().to_numpy(),
    )
