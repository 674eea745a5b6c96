"""What a search has evaluated, wholly or in part, and what is best of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...emodels import EModel
from ...features import combine_cost
from ...features.scores import CostName
from ..evaluation.evaluator import Evaluation
from .learning.fitting import FARTHEST, training_rows
from .learning.network import TrainingRows
from .learning.training_data import Evaluated, joined
from .target import pack_blobs

Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]


class Seen:
    """Evaluations of a search, no parameter set twice.

    Parameters
    ----------
    emodel : EModel
        The e-model.
    cost : {"max", "sum", "mean"}
        How scores are combined.

    Attributes
    ----------
    theta : list of ndarray, shape (n_parameters,)
        Parameters.
    blobs : list of void
        Features, scores, cost and steps, see `target.blob_dtype`; the cost is that of all scores,
        infinite where one was not computed.
    """

    def __init__(self, emodel: EModel, cost: CostName) -> None:
        self.emodel = emodel
        self.cost: CostName = cost
        self.theta: list[NDArray[np.float64]] = []
        self.blobs: list[np.void] = []
        self._row: dict[tuple[float, ...], int] = {}

    def __len__(self) -> int:
        return len(self.theta)

    def add(self, thetas: NDArray[np.float64], evaluations: Sequence[Evaluation]) -> None:
        """Take evaluations in; of twins the fuller one stays, in the place of the first."""
        blobs = with_cost(pack_blobs(self.emodel, evaluations), self.cost)
        for theta, blob in zip(thetas, blobs, strict=True):
            key = tuple(map(float, theta))
            if key not in self._row:
                self._row[key] = len(self.theta)
                self.theta.append(theta.copy())
                self.blobs.append(blob)
            elif _n_known(blob) > _n_known(self.blobs[self._row[key]]):
                self.blobs[self._row[key]] = blob

    def best(self, wanted: Flags | None = None) -> tuple[Rows, NDArray[np.float64]]:
        """Rank the evaluations that have computed some features.

        Parameters
        ----------
        wanted : ndarray of bool, shape (n_features,), optional
            Which features; all by default.

        Returns
        -------
        ndarray of int
            Rows, the cheapest first; those that cost the same by the mean of their scores.
        ndarray
            Their costs, of the wanted features alone.
        """
        scores = self._array("scores")[:, self._wanted(wanted)]
        rows = np.flatnonzero(np.isfinite(scores).all(axis=1))
        cost = np.array([combine_cost(one, self.cost) for one in scores[rows]])
        # farther off is no worse, so that the mean tells something where one is missing
        mean = np.minimum(scores[rows], FARTHEST).mean(axis=1)
        order = np.lexsort((mean, cost))
        return rows[order], cost[order]

    def known(
        self, wanted: Flags | None = None, learned: Evaluated | None = None, most: int = 800
    ) -> TrainingRows:
        """Give what surrogates of some features learn from: of many evaluations the nearest.

        What is far off does not count as missing here: at first nearly all is, and no way is told.
        """
        scores = self._array("scores")
        known = joined(
            Evaluated(np.array(self.theta), self._array("features"), np.isfinite(scores)), learned
        )
        rows = training_rows(self.emodel, known, self._wanted(wanted))
        nearest = np.argsort(-rows.weight, kind="stable")[:most]
        return rows.take(np.sort(nearest))

    def n_whole(self) -> int:
        """How many have all features."""
        return int(np.isfinite(self._array("features")).all(axis=1).sum())

    def _wanted(self, wanted: Flags | None) -> Flags:
        return np.ones(len(self.emodel.features), bool) if wanted is None else wanted

    def _array(self, field: str) -> NDArray[np.float64]:
        empty = np.empty((0, len(self.emodel.features)))
        return np.array([blob[field] for blob in self.blobs]) if self.blobs else empty


def with_cost(blobs: NDArray[np.void], cost: CostName) -> NDArray[np.void]:
    """Give the same blobs with the cost of all scores, infinite where one was not computed."""
    found = blobs.copy()
    found["cost"] = [
        np.inf if np.isnan(one).any() else combine_cost(one, cost) for one in blobs["scores"]
    ]
    return found


def _n_known(blob: np.void) -> int:
    return int(np.isfinite(blob["scores"]).sum())
