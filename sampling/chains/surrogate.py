"""A cheap stand-in for the model: a quadratic function of the parameters for every feature.

It is fitted to whole evaluations and used to propose; what it gets wrong, the acceptance test of
the chain puts right.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr
from threadpoolctl import ThreadpoolController

from ...emodels import EModel
from ...errors import IonfoError
from ...features.scores import CostName

Array = NDArray[np.float64]

_FARTHEST = 20.0  # SDs; what lies farther off need not be told apart
_NEAR = 10.0  # SDs; evaluations with larger costs count less
_RIDGE = 3.0
_FOLDS = 5
_LEAST_ERROR = 0.05  # SDs; an edge needs some width
_MISSING = 20.0  # log density lost for every unit of what is told beyond _LIKELY_THERE
_LIKELY_THERE = 0.2
_blas = ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """Give a context in which sums of products do not depend on the number of cores."""
    limit: AbstractContextManager[Any] = _blas.limit(limits=1, user_api="blas")
    return limit


@dataclass(frozen=True)
class Surrogate:
    """Quadratic functions of the parameters, which go from -1 to 1 over their bounds.

    Attributes
    ----------
    coefficients : ndarray, shape (n_terms, n_features + 1)
        Deviation of each feature from experiment in SDs; the last column tells whether any
        feature is missing, 0 or 1.
    errors : ndarray, shape (n_features,)
        Root mean square error of each deviation, of evaluations left out of the fit, over the
        third of the smallest costs.
    n_rows : int
        Evaluations it was fitted to.
    """

    coefficients: Array
    errors: Array
    n_rows: int

    def scores(self, unit: Array) -> tuple[Array, Array]:
        """Give scores, shape (n, n_features), and the chance that one is missing, shape (n,).

        Parameters
        ----------
        unit : ndarray, shape (n, n_parameters)
            Parameters as fractions of their bounds.
        """
        found = terms(unit) @ self.coefficients
        return np.abs(found[:, :-1]), found[:, -1]


@dataclass(frozen=True)
class SurrogateDensity:
    """The density of the chain with the surrogate in the place of the model.

    Attributes
    ----------
    surrogate : Surrogate
        Tells scores.
    bounds : ndarray, shape (n_parameters, 2)
        Of the parameters.
    temperature, max_cost : float
        Of the chain.  The edge at the largest cost is as soft as the surrogate is wrong: the
        chance that all scores are below it, errors of features being normal and independent, so
        that no state of the chain has density zero.
    cost : {"max", "sum", "mean"}
        How scores are combined.
    """

    surrogate: Surrogate
    bounds: Array
    temperature: float
    max_cost: float = np.inf
    cost: CostName = "max"

    def __call__(self, unit: Array) -> Array:
        """Log density of rows that lie inside the bounds, shape (n,)."""
        scores, missing = self.surrogate.scores(unit)
        cost = _combined(scores, self.cost)
        errors = np.maximum(self.surrogate.errors, _LEAST_ERROR)
        if self.cost == "max":
            edge = log_ndtr((self.max_cost - scores) / errors).sum(axis=1)
        else:
            edge = log_ndtr((self.max_cost - cost) / _combined(errors[None], self.cost))
        lost = _MISSING * np.maximum(missing - _LIKELY_THERE, 0.0)
        return np.asarray(-cost / self.temperature + edge - lost)


def _combined(scores: Array, cost: CostName) -> Array:
    """Combine scores row by row, shape (n,)."""
    if cost == "max":
        return np.asarray(scores.max(axis=1))
    return np.asarray(scores.sum(axis=1) if cost == "sum" else scores.mean(axis=1))


def terms(unit: Array) -> Array:
    """One, the parameters and their products, shape (n, 1 + d + d (d + 1)/2)."""
    x = 2.0 * unit - 1.0
    i, j = np.triu_indices(x.shape[1])
    return np.hstack([np.ones((len(x), 1)), x, x[:, i] * x[:, j]])


def n_terms(n_parameters: int) -> int:
    """How many terms a quadratic function has, and so how many evaluations it should see."""
    return 1 + n_parameters + n_parameters * (n_parameters + 1) // 2


def fit_surrogate(emodel: EModel, theta: Array, features: Array) -> Surrogate:
    """Fit a surrogate to whole evaluations.

    Parameters
    ----------
    emodel : EModel
        Gives bounds and targets.
    theta : ndarray, shape (n, n_parameters)
        Parameters.
    features : ndarray, shape (n, n_features)
        NaN where a feature is missing.

    Raises
    ------
    IonfoError
        If there are fewer than three evaluations with all features per parameter.
    """
    low, high = emodel.bounds.T
    mean = np.array([one.mean for one in emodel.features])
    sd = np.array([one.std for one in emodel.features])
    is_whole = np.isfinite(features.sum(axis=1))
    n_rows, n_parameters = int(is_whole.sum()), theta.shape[1]
    if n_rows < 3 * n_parameters:
        raise IonfoError(
            f"move 'surrogate' learns from evaluations of the search for starting points, and "
            f"only {n_rows} have all features (at least {3 * n_parameters}); raise "
            "--start-evaluations, give it other runs with --learn, or leave it out of --moves"
        )
    z: Array = np.clip((features[is_whole] - mean) / sd, -_FARTHEST, _FARTHEST)
    cost: Array = np.asarray(np.abs(z).max(axis=1))
    weights: Array = np.asarray(1.0 / (1.0 + (cost / _NEAR) ** 2))
    with one_thread():
        every: Array = terms((theta - low) / (high - low))
        design = every[is_whole]
        missing = _ridge(every, np.where(is_whole, 0.0, 1.0)[:, None], np.ones(len(every)))
        wrong = np.empty_like(z)
        for fold in range(_FOLDS):
            out = np.arange(n_rows) % _FOLDS == fold
            wrong[out] = design[out] @ _ridge(design[~out], z[~out], weights[~out]) - z[out]
        best = np.argsort(cost, kind="stable")[: max(n_rows // 3, 1)]
        return Surrogate(
            np.hstack([_ridge(design, z, weights), missing]),
            np.sqrt(np.mean(wrong[best] ** 2, axis=0)),
            n_rows,
        )


def _ridge(design: Array, values: Array, weights: Array) -> Array:
    """Weighted least squares with a penalty on all coefficients but the constant."""
    centre = weights @ values / weights.sum()
    scale = np.sqrt(weights @ (values - centre) ** 2 / weights.sum()) + 1e-9
    weighted = design * weights[:, None]
    penalty = np.full(design.shape[1], _RIDGE)
    penalty[0] = 1e-9
    products = weighted.T @ design + np.diag(penalty)
    found: Array = np.linalg.solve(products, weighted.T @ ((values - centre) / scale)) * scale
    found[0] += centre
    return found
