"""What the other parameters do where one is moved: conditional means of a population."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from .measures.estimators import normal_scores

Array = NDArray[np.float64]

_N_NODES = 20  # of the quadrature over a conditional density
_MOST_ROWS = 3000  # of a replicate
_N_REPLICATES = 40


@dataclass(frozen=True)
class Conditional:
    """Variables of a population, given some of them.

    Attributes
    ----------
    mean, sd : ndarray, shape (n_variables,)
        Conditional mean and standard deviation in the units of each variable; those that are
        given have their value and 0.
    error : ndarray, shape (n_variables,)
        Standard error of the mean, by resampling the population.
    before, spread : ndarray, shape (n_variables,)
        Mean and standard deviation of the whole population.
    is_beyond : bool
        Whether a value that is given lies beyond all of the population: then the answer is that
        at its edge.
    """

    mean: Array
    sd: Array
    error: Array
    before: Array
    spread: Array
    is_beyond: bool

    @property
    def shift(self) -> Array:
        """How far the means move, in SDs of the population; 0 of variables that do not vary."""
        moved = self.mean - self.before
        return np.divide(moved, self.spread, out=np.zeros_like(moved), where=self.spread > 0)

    @property
    def is_clear(self) -> NDArray[np.bool_]:
        """Whether the means move by more than two errors."""
        return np.asarray(np.abs(self.mean - self.before) > 2.0 * self.error)


def conditional_means(
    values: ArrayLike,
    given: Mapping[int, float],
    weights: ArrayLike | None = None,
    n_independent: float | None = None,
    seed: int = 0,
) -> Conditional:
    """Mean of every variable where some have given values, by a Gaussian copula.

    Parameters
    ----------
    values : array_like, shape (n_rows, n_variables)
        The population.
    given : mapping of int to float
        Number of a variable -> its value.
    weights : array_like, shape (n_rows,), optional
        How much each row counts.
    n_independent : float, optional
        Independent rows that the population is worth, for the errors; by default all rows.
    seed : int
        Of the resampling.

    Returns
    -------
    Conditional

    Raises
    ------
    ValueError
        If values are not finite, weights do not fit, or a given variable does not exist or vary.

    Notes
    -----
    Ranks are turned into normal scores z, whose correlation is R.  Given z_a, the others are
    normal with mean R_ba R_aa^-1 z_a and covariance R_bb - R_ba R_aa^-1 R_ab; means and SDs are
    taken over their quantiles in the population.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal(20_000)
    >>> y = 0.8 * x + 0.6 * rng.standard_normal(20_000)
    >>> conditional_means(np.column_stack([x, y]), {0: 1.0}).mean.round(1).tolist()
    [1.0, 0.8]
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or len(table) < 3 or not np.isfinite(table).all():
        raise ValueError(
            "values must be finite, of shape (n_rows, n_variables) with three rows or more; got "
            f"{table.shape}"
        )
    weight = np.ones(len(table)) if weights is None else np.asarray(weights, dtype=np.float64)
    if weight.shape != (len(table),) or not (weight >= 0).all() or not weight.sum() > 0:
        raise ValueError(f"weights must be {len(table)} numbers that are not negative")
    for i, value in given.items():
        if not 0 <= i < table.shape[1]:
            raise ValueError(f"given names variable {i}; there are {table.shape[1]}, from 0")
        if not np.isfinite(value):
            raise ValueError(f"variable {i} is given a value that must be finite, got {value}")
        if np.ptp(table[:, i]) == 0:
            raise ValueError(f"variable {i} does not vary, so nothing follows from its value")
    mean, sd = _conditional(table, weight, given)
    before = np.average(table, axis=0, weights=weight)
    spread = np.sqrt(np.average((table - before) ** 2, axis=0, weights=weight))
    rng = np.random.default_rng(seed)
    n = len(table) if n_independent is None else max(int(n_independent), 2)
    share = weight / weight.sum()
    replicates = []
    for _ in range(_N_REPLICATES):
        rows, counts = np.unique(
            rng.choice(len(table), min(n, _MOST_ROWS), p=share), return_counts=True
        )
        replicates.append(_conditional(table[rows], counts.astype(np.float64), given)[0])
    error = np.std(replicates, axis=0, ddof=1) * np.sqrt(min(1.0, _MOST_ROWS / n))
    is_beyond = any(
        not table[:, i].min() <= value <= table[:, i].max() for i, value in given.items()
    )
    error[list(given)] = 0.0
    return Conditional(mean, sd, error, before, spread, is_beyond)


def _conditional(table: Array, weight: Array, given: Mapping[int, float]) -> tuple[Array, Array]:
    scores = normal_scores(table, weight)
    known = list(given)
    other = [i for i in range(table.shape[1]) if i not in given and np.ptp(table[:, i]) > 0]
    mean, sd = np.average(table, axis=0, weights=weight), np.zeros(table.shape[1])
    mean[known] = list(given.values())
    used = [*known, *other]
    centred = scores[:, used] - np.average(scores[:, used], axis=0, weights=weight)
    covariance = (centred * weight[:, None]).T @ centred
    scale = np.sqrt(np.diag(covariance))
    r = covariance / np.maximum(np.outer(scale, scale), 1e-300)
    k = len(known)
    # a little on the diagonal: given variables may follow each other
    slope = np.linalg.solve(r[:k, :k] + 1e-9 * np.eye(k), r[:k, k:]).T
    place = np.array([np.interp(given[i], *_sorted(table[:, i], scores[:, i])) for i in known])
    centre = slope @ place
    width = np.sqrt(np.maximum(1.0 - np.einsum("ij,ji->i", slope, r[:k, k:]), 0.0))
    nodes = ndtri((np.arange(_N_NODES) + 0.5) / _N_NODES)
    for j, i in enumerate(other):
        column, score = _sorted(table[:, i], scores[:, i])
        drawn = np.interp(centre[j] + width[j] * nodes, score, column)
        mean[i], sd[i] = drawn.mean(), drawn.std()
    return mean, sd


def _sorted(column: Array, score: Array) -> tuple[Array, Array]:
    """Values and their scores, rising, none twice."""
    values, first = np.unique(column, return_index=True)
    return values, score[first]
