"""Information of a Gaussian vector from its covariance, in nats.

All measures depend on the correlation matrix alone.  With L the log-determinant of the
correlation matrix and L_i that without variable i,

    total correlation       TC  = -L/2
    dual total correlation  DTC = (sum_i L_i - (n - 1) L)/2
    O-information           O   = TC - DTC
    S-information           S   = TC + DTC
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

SMALLEST_PIVOT = 1e-10
"""Variance that a variable must keep, given those before it, as a fraction of its own."""


def total_correlation(covariance: ArrayLike) -> float:
    """Total correlation (multi-information) of a Gaussian vector, in nats.

    Parameters
    ----------
    covariance : array_like, shape (n, n)
        Symmetric positive definite, n >= 2.  The units of the variables cancel.

    Returns
    -------
    float
        Zero for independent variables, otherwise positive.

    Raises
    ------
    ValueError
        If `covariance` is not a covariance; the message names the variables.

    References
    ----------
    Watanabe (1960), IBM J. Res. Dev. 4:66.

    Examples
    --------
    >>> round(total_correlation([[1.0, 0.5], [0.5, 1.0]]), 6)
    0.143841
    """
    return float(-0.5 * _log_determinants(covariance, 2)[0] + 0.0)


def dual_total_correlation(covariance: ArrayLike) -> float:
    """Dual total correlation (binding information) of a Gaussian vector, in nats.

    Parameters, errors and limits are those of `total_correlation`.

    Returns
    -------
    float
        Zero for independent variables, otherwise positive.

    References
    ----------
    Han (1978), Inf. Control 36:133.

    Examples
    --------
    >>> dual_total_correlation(np.eye(3))
    0.0
    """
    whole, without = _log_determinants(covariance, 2)
    return float(0.5 * (np.sum(without) - (len(without) - 1) * whole) + 0.0)


def o_information(covariance: ArrayLike) -> float:
    """O-information of a Gaussian vector, in nats.

    Parameters
    ----------
    covariance : array_like, shape (n, n)
        Symmetric positive definite, n >= 3.  The units of the variables cancel.

    Returns
    -------
    float
        TC - DTC.  Positive: redundancy dominates.  Negative: synergy dominates.

    Raises
    ------
    ValueError
        If `covariance` is not square, not symmetric, holds NaN, is not positive definite or
        has n < 3; the message names the variables.

    References
    ----------
    Rosas et al. (2019), Phys. Rev. E 100:032305.

    Examples
    --------
    >>> o_information(np.eye(3))
    0.0
    """
    whole, without = _log_determinants(covariance, 3)
    n = len(without)
    return float(0.5 * ((n - 2) * whole - np.sum(without)) + 0.0)


def s_information(covariance: ArrayLike) -> float:
    """S-information of a Gaussian vector, in nats: TC + DTC, the strength of all dependence.

    Parameters, errors and limits are those of `total_correlation`.

    Returns
    -------
    float
        Sum over the variables of the information each has about all others.

    References
    ----------
    Rosas et al. (2019), Phys. Rev. E 100:032305.

    Examples
    --------
    >>> s_information(np.eye(3))
    0.0
    """
    whole, without = _log_determinants(covariance, 2)
    n = len(without)
    return float(0.5 * (np.sum(without) - n * whole) + 0.0)


def redundancy_synergy_index(covariance: ArrayLike, target: int) -> float:
    """Redundancy-synergy index of predictors about a target, in nats.

    Parameters
    ----------
    covariance : array_like, shape (n, n)
        Covariance of predictors and target, n >= 2.  The units of the variables cancel.
    target : int
        Index of the target Y; all other variables are predictors.

    Returns
    -------
    float
        sum_i I(X_i; Y) - I(X; Y).  Positive: the predictors repeat each other.  Negative:
        together they tell more than the sum of each alone (synergy).  The opposite sign is
        also in use, for example by Chechik et al. and the package hoi.

    Raises
    ------
    ValueError
        As `o_information`, or if `target` is no index of a variable.

    References
    ----------
    Chechik et al. (2001), NIPS 14:173; sign as in Reva et al. (2025), PNAS.

    Examples
    --------
    >>> round(redundancy_synergy_index([[1.0, 0.6, 0.6], [0.6, 1.0, 0.0], [0.6, 0.0, 1.0]], 0), 6)
    -0.190196
    """
    correlation = checked_correlation(covariance, 2)
    n = len(correlation)
    if isinstance(target, bool) or not isinstance(target, int | np.integer) or not 0 <= target < n:
        raise ValueError(f"target must be an index from 0 to {n - 1}, got {target!r}")
    predictors = np.delete(np.arange(n), target)
    alone = -0.5 * np.sum(np.log1p(-(correlation[target, predictors] ** 2)))
    together = 0.5 * (
        _log_determinant(correlation[np.ix_(predictors, predictors)])
        - _log_determinant(correlation)
    )
    return float(alone - together + 0.0)


def mutual_information(covariance: ArrayLike) -> NDArray[np.float64]:
    """Pairwise Gaussian mutual information, in nats.

    Parameters
    ----------
    covariance : array_like, shape (n, n)
        Symmetric positive definite, n >= 2.

    Returns
    -------
    ndarray, shape (n, n)
        -log(1 - r^2)/2; NaN on the diagonal, where it is infinite.

    Raises
    ------
    ValueError
        As `o_information`.

    Examples
    --------
    >>> float(mutual_information([[1.0, 0.6], [0.6, 1.0]])[0, 1].round(6))
    0.223144
    """
    correlation = checked_correlation(covariance, 2)
    np.fill_diagonal(correlation, np.nan)
    information: NDArray[np.float64] = -0.5 * np.log1p(-(correlation**2)) + 0.0
    return information


def correlation_matrix(
    values: ArrayLike, weights: ArrayLike | None = None, names: Sequence[str] | None = None
) -> NDArray[np.float64]:
    """Correlation of the columns of a table, with row weights.

    Parameters
    ----------
    values : array_like, shape (n_rows, n_variables)
        Finite numbers.
    weights : array_like, shape (n_rows,), optional
        How often each row counts.
    names : sequence of str, optional
        Names of the columns, for errors.

    Returns
    -------
    ndarray, shape (n_variables, n_variables)
        Positive definite.

    Raises
    ------
    ValueError
        If a column is constant, holds NaN, or follows from others, or there are not more rows
        than columns; the message names the columns.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"values must have shape (n_rows, n_variables), got {table.shape}")
    n_rows, n_variables = table.shape
    named = _namer(names, n_variables)
    bad = np.flatnonzero(~np.isfinite(table).all(axis=0))
    if len(bad):
        raise ValueError(f"values must be finite, {named(bad)} holds NaN or infinity")
    if n_rows <= n_variables:
        raise ValueError(
            f"values need more rows than variables, got {n_rows} rows of {n_variables} variables; "
            "add rows or leave variables out"
        )
    constant = np.flatnonzero(np.ptp(table, axis=0) == 0)
    if len(constant):
        raise ValueError(f"values must vary, {named(constant)} is constant")
    weight = np.ones(n_rows) if weights is None else np.asarray(weights, dtype=np.float64)
    if weight.shape != (n_rows,) or not np.isfinite(weight).all() or (weight < 0).any():
        raise ValueError("weights must be finite, not negative and one per row")
    weight = weight / weight.sum()
    centred = table - weight @ table
    scaled = centred / np.sqrt(weight @ centred**2)
    return checked_correlation((scaled * weight[:, None]).T @ scaled, 2, names)


def checked_correlation(
    covariance: ArrayLike, n_smallest: int, names: Sequence[str] | None = None
) -> NDArray[np.float64]:
    """Turn a covariance into a correlation matrix, or say which variables are at fault."""
    matrix = np.array(covariance, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) < n_smallest:
        raise ValueError(
            f"covariance must have shape (n, n) with n >= {n_smallest}, got {matrix.shape}"
        )
    named = _namer(names, len(matrix))
    bad = np.argwhere(~np.isfinite(matrix))
    if len(bad):
        raise ValueError(f"covariance must be finite, got NaN or infinity at {named(bad[0])}")
    variance = np.diag(matrix)
    if (variance <= 0).any():
        raise ValueError(
            "covariance is not positive definite: the variance of "
            f"{named(np.flatnonzero(variance <= 0))} is not positive"
        )
    scale = np.sqrt(variance)
    correlation: NDArray[np.float64] = matrix / np.outer(scale, scale)
    unlike = np.abs(correlation - correlation.T)
    if unlike.max() > 1e-8:
        i, j = np.unravel_index(np.argmax(unlike), unlike.shape)
        raise ValueError(
            f"covariance must be symmetric, but differs for {named(np.array([i, j]))}: "
            f"{matrix[i, j]:.6g} and {matrix[j, i]:.6g}"
        )
    correlation = (correlation + correlation.T) / 2
    np.fill_diagonal(correlation, 1.0)
    _refuse_singular(correlation, named)
    return correlation


def _refuse_singular(
    correlation: NDArray[np.float64], named: Callable[[NDArray[Any]], str]
) -> None:
    """Refuse a matrix in which a variable follows from the others, and say from which.

    The variance that variable j keeps given all others, 1/(C^-1)_jj, is the smallest pivot it
    can have in any subset and in any order of elimination.
    """
    try:
        inverse = np.linalg.inv(np.linalg.cholesky(correlation))
        precision = inverse.T @ inverse
    except np.linalg.LinAlgError:
        precision = None
    if precision is not None and np.diag(precision).max() <= 1.0 / SMALLEST_PIVOT:
        return
    for last in range(1, len(correlation)):
        # the first variable that follows from those before it is the one to name
        factors = np.linalg.solve(correlation[:last, :last], correlation[:last, last])
        left = 1.0 - correlation[:last, last] @ factors
        if left < SMALLEST_PIVOT:
            break
    else:
        assert precision is not None  # every pivot is positive
        last = int(np.argmax(np.diag(precision)))
        left = 1.0 / precision[last, last]
        factors = -precision[last] * left
        factors[last] = 0.0
    others = np.flatnonzero(np.abs(factors) > 1e-6 * np.abs(factors).max())
    raise ValueError(
        f"covariance is not positive definite: {named(np.array([last]))} follows from "
        f"{named(others)} (it keeps {max(left, 0.0):.1e} of its variance, at least "
        f"{SMALLEST_PIVOT:.0e} is needed); leave one of them out"
    )


def _log_determinants(covariance: ArrayLike, n_smallest: int) -> tuple[float, NDArray[np.float64]]:
    """Log-determinant of the correlation matrix, and without each variable, shape (n,)."""
    correlation = checked_correlation(covariance, n_smallest)
    cholesky = np.linalg.cholesky(correlation)
    whole = 2.0 * float(np.sum(np.log(np.diag(cholesky))))
    # log|C without j| = log|C| + log (C^-1)_jj, so no minor is ever formed
    precision_diagonal = np.sum(np.linalg.inv(cholesky) ** 2, axis=0)
    return whole, whole + np.log(precision_diagonal)


def _log_determinant(correlation: NDArray[np.float64]) -> float:
    return 2.0 * float(np.sum(np.log(np.diag(np.linalg.cholesky(correlation)))))


def _namer(names: Sequence[str] | None, n_variables: int) -> Callable[[NDArray[Any]], str]:
    """Make the words for variables in an error: their names, else their indices."""
    if names is not None and len(names) != n_variables:
        raise ValueError(f"names must be {n_variables}, got {len(names)}")

    def named(indices: NDArray[Any]) -> str:
        told = [
            f"variable {i}" if names is None else f"'{names[i]}'"
            for i in dict.fromkeys(np.asarray(indices).tolist())
        ]
        return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"

    return named
