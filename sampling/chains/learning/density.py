"""The density of the chain with a surrogate in the place of the model, and its doubts about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from ....features.scores import CostName

Array = NDArray[np.float64]

N_INNER = 200
"""Steps of a walk on a density that nobody has measured."""

POWER = 0.8
"""Of the density of new runs: a little flatter than what is expected, so that it is hardly anywhere
far too small, where walkers would be stuck and draws weigh most."""

_EDGE = 0.3  # SDs; width of the soft edge at the largest cost
_LEAST_LOG_WHOLE = -4.0  # of the chance that nothing is missing, so that no walker is stuck there


class Deviations(Protocol):
    """Tells features from parameters."""

    def deviations(self, unit: Array) -> tuple[Array, Array]:
        """Deviations from the targets (SDs), (n, n_features), and the chance that one is missing.

        Parameters
        ----------
        unit : ndarray, shape (n, n_parameters)
            Parameters as fractions of their bounds.
        """


@dataclass(frozen=True)
class SurrogateDensity:
    """Mean of exp(-cost/T) below the largest cost over the errors that the surrogate makes.

    q(u) = mean over r of exp(-c_r/T) Phi((C - c_r)/0.3), where c_r is the cost of the features
    that the surrogate tells plus the r-th vector of errors, times the chance that no feature is
    missing, at least e^-4; all of that to a power.  It is positive everywhere inside the bounds.

    Attributes
    ----------
    surrogate : Deviations
        Tells features.
    residuals : ndarray, shape (n_residuals, n_features)
        Errors of evaluations that were left out of its fit, all features of one together (SDs).
    bounds : ndarray, shape (n_parameters, 2)
        Of the parameters.
    temperature, max_cost : float
        Of the chain.
    cost : {"max", "sum", "mean"}
        How scores are combined.
    n_inner : int
        Steps of a walk after which it has nearly forgotten where it began.
    power : float
        See above.
    """

    surrogate: Deviations
    residuals: Array
    bounds: Array
    temperature: float
    max_cost: float = np.inf
    cost: CostName = "max"
    n_inner: int = field(default=N_INNER)
    power: float = 1.0

    def __call__(self, unit: Array) -> Array:
        """Log density (not normalised) of rows that lie inside the bounds, shape (n,)."""
        found, missing = self.surrogate.deviations(unit)
        # features first: numpy combines whole slices several times as fast as short rows
        scores = found.T[:, :, None] + self._residuals_by_feature
        cost = _combined(np.abs(scores, out=scores), self.cost)
        value = -cost / self.temperature
        if np.isfinite(self.max_cost):
            value += log_ndtr((self.max_cost - cost) / _EDGE)
        top = value.max(axis=1)
        mean = top + np.log(np.mean(np.exp(value - top[:, None]), axis=1))
        is_whole = np.log(np.maximum(1.0 - missing, np.exp(_LEAST_LOG_WHOLE)))
        return np.asarray(self.power * (mean + is_whole))

    @cached_property
    def _residuals_by_feature(self) -> Array:
        return np.ascontiguousarray(self.residuals.T)[:, None, :]


def _combined(scores: Array, cost: CostName) -> Array:
    """Combine the first axis."""
    if cost == "max":
        return np.asarray(scores.max(axis=0))
    return np.asarray(scores.sum(axis=0) if cost == "sum" else scores.mean(axis=0))
