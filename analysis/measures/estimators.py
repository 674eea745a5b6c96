"""From a table to a correlation matrix: Gaussian, or Gaussian copula."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from .correlation import checked_table, correlation_matrix

Estimator = Literal["gaussian", "copula"]

ESTIMATORS: tuple[Estimator, ...] = ("gaussian", "copula")

ESTIMATOR_NAMES = {"gaussian": "Gaussian", "copula": "Gaussian copula"}
"""What estimators are called in sentences."""


def estimated_correlation(
    values: ArrayLike,
    weights: ArrayLike | None = None,
    estimator: Estimator = "gaussian",
    names: Sequence[str] | None = None,
) -> NDArray[np.float64]:
    """Correlation matrix from which all measures follow.

    Parameters
    ----------
    values : array_like, shape (n_rows, n_variables)
        Finite numbers.
    weights : array_like, shape (n_rows,), optional
        How much each row counts.
    estimator : str
        ``gaussian``: of the values; ``copula``: of their normal scores, which makes every
        measure independent of monotone changes of single variables, and a lower bound on
        total correlation whatever the margins (Ince et al. 2017, Hum. Brain Mapp. 38:1541).
    names : sequence of str, optional
        Names of the columns, for errors.

    Returns
    -------
    ndarray, shape (n_variables, n_variables)

    Raises
    ------
    ValueError
        As `correlation_matrix`, or if there is no such estimator.  The copula judges the normal
        scores alone: a column that is the sum of two others is refused of values, while its
        scores are no sum of theirs.

    Examples
    --------
    >>> rows = np.random.default_rng(0).standard_normal((100, 2))
    >>> a = estimated_correlation(rows, estimator="copula")
    >>> bool(np.allclose(a, estimated_correlation(np.exp(rows), estimator="copula")))
    True
    """
    if estimator not in ESTIMATORS:
        raise ValueError(f"estimator must be one of {', '.join(ESTIMATORS)}, got '{estimator}'")
    if estimator == "copula":
        table, weight = checked_table(values, weights, names)  # refuses what cannot be ranked
        return correlation_matrix(normal_scores(table, weight), weight, names)
    return correlation_matrix(values, weights, names)


def normal_scores(values: ArrayLike, weights: ArrayLike | None = None) -> NDArray[np.float64]:
    """Quantiles of the standard normal at the ranks of each column.

    Parameters
    ----------
    values : array_like, shape (n_rows, n_variables)
        Equal values get the mean of their ranks.
    weights : array_like, shape (n_rows,), optional
        How much each row counts; a row of weight 2 ranks as two rows would.

    Returns
    -------
    ndarray, shape (n_rows, n_variables)
        Phi^-1(rank/(n + 1)).

    Examples
    --------
    >>> normal_scores([[3.0], [1.0], [2.0]])[:, 0].round(3).tolist()
    [0.674, -0.674, 0.0]
    """
    table = np.asarray(values, dtype=np.float64)
    n_rows = len(table)
    weight = np.ones(n_rows) if weights is None else np.asarray(weights, dtype=np.float64)
    unit = weight.sum() / n_rows
    scores = np.empty_like(table)
    for i, column in enumerate(table.T):
        _, place = np.unique(column, return_inverse=True)
        tied = np.bincount(place, weights=weight)
        below = np.cumsum(tied) - tied
        scores[:, i] = ndtri(((below + (tied + unit) / 2) / (weight.sum() + unit))[place])
    return scores
