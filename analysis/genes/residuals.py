"""What covariates of a row, such as its library size, leave of its values."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def residuals(values: ArrayLike, covariates: ArrayLike) -> NDArray[np.float64]:
    """Values less their linear regression on covariates, with the means kept.

    Parameters
    ----------
    values : array_like, shape (n_rows, n_variables)
        Finite numbers.
    covariates : array_like, shape (n_rows, n_covariates)
        Finite numbers that vary.

    Returns
    -------
    ndarray, shape (n_rows, n_variables)
        Uncorrelated with every covariate.  Their covariance has one degree of freedom less for
        each covariate.

    Raises
    ------
    ValueError
        If a covariate does not vary, or there are not more rows than covariates and two.

    Examples
    --------
    >>> residuals([[1.0], [2.0], [4.0], [5.0]], [[0.0], [1.0], [3.0], [4.0]]).round(6).ravel()
    array([3., 3., 3., 3.])
    """
    table = np.asarray(values, dtype=np.float64)
    known = np.asarray(covariates, dtype=np.float64).reshape(len(table), -1)
    if len(table) <= known.shape[1] + 2 or (np.ptp(known, axis=0) == 0).any():
        raise ValueError(
            f"covariates must vary over more rows than there are covariates and two, got "
            f"{known.shape[1]} covariates of {len(table)} rows"
        )
    design = np.column_stack(
        [np.ones(len(table)), (known - known.mean(axis=0)) / known.std(axis=0)]
    )
    orthogonal, _ = np.linalg.qr(design)
    mean = table.mean(axis=0)
    centred = table - mean
    return np.asarray(centred - orthogonal @ (orthogonal.T @ centred) + mean)
