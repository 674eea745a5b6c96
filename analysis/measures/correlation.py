"""Correlation matrices: made from tables, checked, refused by the names of the variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

SMALLEST_PIVOT = 1e-10
"""Variance that a variable must keep, given all others, as a fraction of its own."""


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
    table, weight = checked_table(values, weights, names)
    weight = weight / weight.sum()
    centred = table - weight @ table
    scaled = centred / np.sqrt(weight @ centred**2)
    return checked_correlation((scaled * weight[:, None]).T @ scaled, 1, names)


def checked_table(
    values: ArrayLike, weights: ArrayLike | None = None, names: Sequence[str] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Refuse a table whose columns cannot be correlated, whatever they have to do with each other.

    Parameters and errors are those of `correlation_matrix`, but for columns that follow from
    others.

    Returns
    -------
    values : ndarray, shape (n_rows, n_variables)
        The table.
    weights : ndarray, shape (n_rows,)
        As they came, or ones.
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
    return table, weight


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
