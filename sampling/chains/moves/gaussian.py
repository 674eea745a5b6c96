"""A Gaussian step whose covariance is learned during the first part of the chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..learning.threads import one_thread

_ACCEPTANCE = 0.234  # optimal in many dimensions (Roberts, Gelman & Gilks 1997)


class GaussianMove:
    """Random-walk Metropolis with the covariance of the ensemble (Haario et al. 2001).

    While it learns, the covariance is that of all walkers over the later half of the steps so
    far, and the scale follows the acceptance.  After `n_adapt` steps of the chain neither changes
    any more, however many of them were of this move: only from then on does the chain leave its
    density unchanged.  Every walker is a chain of its own; all are proposed at once.

    Parameters
    ----------
    bounds : ndarray, shape (n_parameters, 2)
        The first covariance is that of a hundredth of their widths.
    n_adapt : int
        Steps of the chain in which it learns.
    """

    nsplits = 1

    def __init__(self, bounds: NDArray[np.float64], n_adapt: int) -> None:
        self.n_adapt = n_adapt
        self.n_seen = 0
        n = len(bounds)
        self.log_scale = float(np.log(2.38 / np.sqrt(n)))
        self.covariance = np.diag((0.01 * np.ptp(bounds, axis=1)) ** 2)
        self._sum = np.zeros(n)
        self._products = np.zeros((n, n))
        self._n_rows = 0

    def setup(self, coords: NDArray[np.float64]) -> None:
        """Nothing to do before a step."""

    def get_proposal(
        self,
        s: NDArray[np.float64],
        c: Sequence[NDArray[np.float64]],
        random: np.random.RandomState,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Propose for walkers `s`, shape (n, d); symmetric, so the log factor is zero."""
        normal = random.standard_normal(s.shape)
        with one_thread():
            root = np.linalg.cholesky(self.covariance)
            step = np.exp(self.log_scale) * normal @ root.T
        return s + step, np.zeros(len(s))

    def learn(
        self, coords: NDArray[np.float64], acceptance: float, steps_done: int | None = None
    ) -> None:
        """Take in where the walkers stand after a step, and what fraction of them moved.

        `steps_done` are those of the chain before this one; by default those of this move.
        """
        if (self.n_seen if steps_done is None else steps_done) >= self.n_adapt:
            return
        self.n_seen += 1
        self.log_scale += (acceptance - _ACCEPTANCE) / np.sqrt(self.n_seen)
        self._sum += coords.sum(axis=0)
        with one_thread():
            self._products += coords.T @ coords
        self._n_rows += len(coords)
        mean = self._sum / self._n_rows
        if self._n_rows > 2 * len(mean):
            found = self._products / self._n_rows - np.outer(mean, mean)
            # a little of the diagonal keeps it positive definite
            self.covariance = 0.99 * found + 0.01 * np.diag(np.diag(found))
        if self.n_seen & (self.n_seen - 1) == 0:  # powers of two: forget the way here
            self._sum[:], self._products[:], self._n_rows = 0.0, 0.0, 0

    def to_json(self) -> dict[str, Any]:
        """Give what it has learned."""
        return {
            "n_seen": self.n_seen,
            "log_scale": self.log_scale,
            "covariance": self.covariance.tolist(),
            "sum": self._sum.tolist(),
            "products": self._products.tolist(),
            "n_rows": self._n_rows,
        }

    def from_json(self, content: Mapping[str, Any]) -> None:
        """Remember what `to_json` gave."""
        self.n_seen, self._n_rows = int(content["n_seen"]), int(content["n_rows"])
        self.log_scale = float(content["log_scale"])
        self.covariance = np.array(content["covariance"], dtype=np.float64)
        self._sum = np.array(content["sum"], dtype=np.float64)
        self._products = np.array(content["products"], dtype=np.float64)
