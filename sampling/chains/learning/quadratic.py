"""A quadratic function of the parameters for every feature: enough where little is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .network import TrainingRows, spread_of_inputs

Array = NDArray[np.float64]

_RIDGE = 3.0


@dataclass(frozen=True)
class Quadratic:
    """Quadratic functions of the parameters.

    Attributes
    ----------
    coefficients : ndarray, shape (n_terms, n_features + 1)
        Deviation of each feature from experiment in SDs; the last column tells whether any
        feature is missing, 0 or 1.
    middle, spread : ndarray, shape (n_parameters,)
        Of the parameters, which go from -1 to 1 over their bounds; terms are those of what they
        are less `middle`, in units of `spread`.
    """

    coefficients: Array
    middle: Array
    spread: Array

    def deviations(self, unit: Array) -> tuple[Array, Array]:
        """Deviations (SDs), shape (n, n_features), and the chance that one is missing, (n,)."""
        found = terms(_inputs(unit, self.middle, self.spread)) @ self.coefficients
        return found[:, :-1], np.clip(found[:, -1], 0.0, 1.0)

    def arrays(self) -> dict[str, Array]:
        """Give all numbers, by name, for a file."""
        return {
            "coefficients": self.coefficients,
            "middle": self.middle,
            "spread": self.spread,
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, Array]) -> Quadratic:
        """Take what `arrays` gave, now or when all parameters were as wide as their bounds."""
        coefficients = np.ascontiguousarray(arrays["coefficients"])
        # n terms are (d + 1) (d + 2)/2
        d = int(np.sqrt(2 * len(coefficients))) - 1
        middle, spread = arrays.get("middle", np.zeros(d)), arrays.get("spread", np.ones(d))
        return cls(coefficients, np.ascontiguousarray(middle), np.ascontiguousarray(spread))


def _inputs(unit: Array, middle: Array, spread: Array) -> Array:
    return (2.0 * unit - 1.0 - middle) / spread


def terms(x: Array) -> Array:
    """One, the inputs and their products, shape (n, 1 + d + d (d + 1)/2)."""
    i, j = np.triu_indices(x.shape[1])
    return np.hstack([np.ones((len(x), 1)), x, x[:, i] * x[:, j]])


def fit_quadratic(rows: TrainingRows, folds: NDArray[np.int64]) -> tuple[Quadratic, Array]:
    """Fit quadratic functions to the rows that have all features.

    Parameters
    ----------
    rows : TrainingRows
        Partial ones teach nothing but whether a feature is missing.
    folds : ndarray of int, shape (n,)
        Which part of the rows each belongs to.

    Returns
    -------
    Quadratic
        Fitted to all rows.
    ndarray, shape (n, n_features)
        What the same fit errs by on each row when its fold is left out (SDs); rows without all
        features are NaN.
    """
    middle, spread = spread_of_inputs(2.0 * rows.unit - 1.0, rows.weight)
    every = terms(_inputs(rows.unit, middle, spread))
    lacks_any = rows.lacks_any
    is_told = np.isfinite(lacks_any)
    told = np.where(is_told, lacks_any, 0.0)[:, None]
    missing = _ridge(every, told, is_told.astype(np.float64))
    is_whole = rows.is_known.all(axis=1)
    weight = np.where(is_whole, rows.weight, 0.0)
    wrong = np.full(rows.deviation.shape, np.nan)
    for fold in np.unique(folds):
        out = folds == fold
        here = out & is_whole
        fitted = _ridge(every[~out], rows.deviation[~out], weight[~out])
        wrong[here] = every[here] @ fitted - rows.deviation[here]
    found = _ridge(every, rows.deviation, weight)
    return Quadratic(np.hstack([found, missing]), middle, spread), wrong


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
