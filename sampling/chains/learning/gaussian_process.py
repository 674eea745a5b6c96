"""A Gaussian process for every feature: tells most where few hundred evaluations are known.

Every feature has its own length along every parameter (automatic relevance determination), so
that parameters of no concern to it do not hide what is known.  Likelihood and predictions are
those of Rasmussen & Williams (2006), Gaussian Processes for Machine Learning, 2.2 and 5.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from .network import Flags, TrainingRows, spread_of_inputs
from .threads import one_thread

Array = NDArray[np.float64]

_MOST_ROWS_FOR_LENGTHS = 300
_N_SEARCH = 25  # steps of the search for lengths
# what is expected of ln lengths, in spreads of their parameters: a normal distribution
_LENGTH, _SPREAD_OF_LENGTHS = np.log(2.0), 1.0
_LENGTHS = (np.log(0.1), np.log(30.0))
_NOISE, _NOISES = np.log(0.03), (np.log(1e-5), np.log(3.0))
_FEWEST = 10  # rows that know a feature; with fewer it is taken as their mean
_LEAST_SCALE = 1e-6


@dataclass(frozen=True)
class GaussianProcess:
    """Means of Gaussian processes with a squared exponential covariance.

    Attributes
    ----------
    points : ndarray, shape (n, n_parameters)
        Evaluations as fractions of the bounds.
    lengths : ndarray, shape (n_features + 1, n_parameters)
        Lengths of each feature along each parameter; the last row is that of whether any feature
        is missing, 0 or 1.
    weights : ndarray, shape (n_features + 1, n)
        What each evaluation adds, in units of the feature's deviations (SDs); zero where it does
        not know the feature.
    centre : ndarray, shape (n_features + 1,)
        What is expected far from all evaluations.
    """

    points: Array
    lengths: Array
    weights: Array
    centre: Array

    def deviations(self, unit: Array) -> tuple[Array, Array]:
        """Deviations (SDs), shape (n, n_features), and the chance that one is missing, (n,)."""
        found = np.empty((len(unit), len(self.centre)))
        for k, (length, weight) in enumerate(zip(self.lengths, self.weights, strict=True)):
            found[:, k] = self.centre[k] + _covariance(unit / length, self.points / length) @ weight
        return found[:, :-1], np.clip(found[:, -1], 0.0, 1.0)

    def arrays(self) -> dict[str, Array]:
        """Give all numbers, by name, for a file."""
        return {
            "points": self.points,
            "lengths": self.lengths,
            "weights": self.weights,
            "centre": self.centre,
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, Array]) -> GaussianProcess:
        """Take what `arrays` gave."""
        names = ("points", "lengths", "weights", "centre")
        return cls(*(np.ascontiguousarray(arrays[name]) for name in names))


def fit_gaussian_process(
    rows: TrainingRows, folds: NDArray[np.int64]
) -> tuple[GaussianProcess, Array]:
    """Fit a process to every feature, and one to whether any is missing.

    Parameters
    ----------
    rows : TrainingRows
        Partial ones teach those features that they know.
    folds : ndarray of int, shape (n,)
        Which part of the rows each belongs to.

    Returns
    -------
    GaussianProcess
        Fitted to all rows.
    ndarray, shape (n, n_features)
        What the same processes err by on each row when its fold is left out (SDs), with the
        lengths of all; NaN where a feature is not known.
    """
    lacks_any = rows.lacks_any
    is_told = np.isfinite(lacks_any)
    values = np.column_stack([rows.deviation, np.where(is_told, lacks_any, 0.0)])
    known = np.column_stack([rows.is_known, is_told])
    n, n_outputs = values.shape
    weights, centre = np.zeros((n_outputs, n)), np.zeros(n_outputs)
    wrong = np.full((n, n_outputs), np.nan)
    with one_thread():
        # what is short for one parameter is long for one whose good values fill a fiftieth
        _, spread = spread_of_inputs(2.0 * rows.unit - 1.0, rows.weight)
        lengths = np.tile(np.exp(_LENGTH) * spread, (n_outputs, 1))
        for k in range(n_outputs):
            one = _Output(rows, values[:, k], known[:, k])
            centre[k] = one.centre
            if one.can_be_told:
                lengths[k], ratio = one.search(spread)
                here = np.flatnonzero(known[:, k])
                weights[k, here], wrong[here, k] = one.solve(lengths[k], ratio, folds[here])
            elif known[:, k].any():
                wrong[known[:, k], k] = one.centre - values[known[:, k], k]
    return GaussianProcess(rows.unit, lengths, weights, centre), wrong[:, :-1]


def log_likelihood(
    log_lengths: Array, log_noise: float, unit: Array, values: Array, worth: Array
) -> tuple[float, Array]:
    """Log likelihood of values under a process, its scale chosen best, and its slope.

    Parameters
    ----------
    log_lengths : ndarray, shape (d,)
        Natural logarithms of the lengths.
    log_noise : float
        That of the variance of the noise of a row of worth one, over the variance of the process.
    unit : ndarray, shape (n, d)
        Where.
    values : ndarray, shape (n,)
        Less their mean.
    worth : ndarray, shape (n,)
        How much each row counts: its noise is divided by it.

    Returns
    -------
    float
        ln p, without what is the same for all lengths.
    ndarray, shape (d + 1,)
        Derivatives with respect to the lengths and the noise.
    """
    n = len(values)
    scaled = unit / np.exp(log_lengths)
    near = _covariance(scaled, scaled)
    noise = np.exp(log_noise) / worth
    factor = cho_factor(near + np.diag(noise), lower=True)
    inverse = cho_solve(factor, np.eye(n))
    solved = inverse @ values
    variance = max(float(values @ solved) / n, 1e-300)
    value = -0.5 * n * np.log(variance) - np.log(np.diag(factor[0])).sum()
    # d ln p = tr((solved solved' / variance - inverse) dK) / 2
    slope = np.outer(solved, solved) / variance - inverse
    shared = slope * near
    total = shared.sum(axis=1)
    # sum over i, j of shared_ij (x_i - x_j)^2, without an array of all differences
    along = 2.0 * (total @ scaled**2 - np.sum(scaled * (shared @ scaled), axis=0))
    return value, np.append(0.5 * along, 0.5 * np.diag(slope) @ noise)


class _Output:
    """One feature: the rows that know it."""

    def __init__(self, rows: TrainingRows, values: Array, known: Flags) -> None:
        here = np.flatnonzero(known)
        self.unit, self.worth = rows.unit[here], rows.weight[here]
        own = values[here]
        self.centre = float(np.average(own, weights=self.worth)) if len(own) else 0.0
        self.values = own - self.centre
        # without a difference there is nothing to tell
        spread = float(np.sqrt(np.mean(self.values**2))) if len(own) else 0.0
        self.can_be_told = len(own) >= _FEWEST and spread > _LEAST_SCALE

    def search(self, spread: Array) -> tuple[Array, float]:
        """Find lengths, expected in spreads of parameters, and noise by the rows worth most."""
        n_parameters = self.unit.shape[1]
        best = np.argsort(-self.worth, kind="stable")[:_MOST_ROWS_FOR_LENGTHS]
        unit, worth = self.unit[best] / spread, self.worth[best]
        values = self.values[best]

        def loss(x: Array) -> tuple[float, Array]:
            value, slope = log_likelihood(x[:-1], float(x[-1]), unit, values, worth)
            off = (x[:-1] - _LENGTH) / _SPREAD_OF_LENGTHS
            prior = np.append(off / _SPREAD_OF_LENGTHS, 0.0)
            return -value + 0.5 * float(off @ off), prior - slope

        found = minimize(
            loss,
            np.append(np.full(n_parameters, _LENGTH), _NOISE),
            jac=True,
            method="L-BFGS-B",
            bounds=[_LENGTHS] * n_parameters + [_NOISES],
            options={"maxiter": _N_SEARCH},
        ).x
        return np.exp(found[:-1]) * spread, float(np.exp(found[-1]))

    def solve(self, length: Array, ratio: float, folds: NDArray[np.int64]) -> tuple[Array, Array]:
        """Give the weights of the rows, and the errors on each with its fold left out."""
        scaled = self.unit / length
        factor = cho_factor(_covariance(scaled, scaled) + np.diag(ratio / self.worth), lower=True)
        inverse = cho_solve(factor, np.eye(len(scaled)))
        weights = inverse @ self.values
        wrong = np.empty(len(weights))
        for fold in np.unique(folds):
            out = np.flatnonzero(folds == fold)
            # what is told of rows left out, less what they are (Rasmussen & Williams, 5.12)
            wrong[out] = -np.linalg.solve(inverse[np.ix_(out, out)], weights[out])
        return weights, wrong


def _covariance(a: Array, b: Array) -> Array:
    """exp(-|a_i - b_j|^2 / 2), shape (len(a), len(b))."""
    squared = np.sum(a**2, axis=1)[:, None] + np.sum(b**2, axis=1) - 2.0 * (a @ b.T)
    return np.asarray(np.exp(-0.5 * np.maximum(squared, 0.0)))
