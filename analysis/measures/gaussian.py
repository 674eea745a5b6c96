"""Information of a Gaussian vector from its covariance, in nats.

All measures depend on the correlation matrix alone.  With L the log-determinant of the
correlation matrix and L_i that without variable i,

    total correlation       TC  = -L/2
    dual total correlation  DTC = (sum_i L_i - (n - 1) L)/2
    O-information           O   = TC - DTC
    S-information           S   = TC + DTC

Their limits are exact: TC, DTC and S of a single variable are 0, and so is O of a pair, of which TC
and DTC are the same.  Multiplets are measured from order 3 on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .correlation import checked_correlation


def total_correlation(covariance: ArrayLike) -> float:
    """Total correlation (multi-information) of a Gaussian vector, in nats.

    Parameters
    ----------
    covariance : array_like, shape (n, n)
        Symmetric positive definite, n >= 1.  The units of the variables cancel.

    Returns
    -------
    float
        Zero for independent variables and for a single one, otherwise positive.

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
    >>> total_correlation([[2.0]])
    0.0
    """
    return float(-0.5 * _log_determinants(covariance, 1)[0] + 0.0)


def dual_total_correlation(covariance: ArrayLike) -> float:
    """Dual total correlation (binding information) of a Gaussian vector, in nats.

    Parameters, errors and limits are those of `total_correlation`.

    Returns
    -------
    float
        Zero for independent variables and for a single one, otherwise positive.

    References
    ----------
    Han (1978), Inf. Control 36:133.

    Examples
    --------
    >>> dual_total_correlation(np.eye(3))
    0.0
    """
    whole, without = _log_determinants(covariance, 1)
    return float(0.5 * (np.sum(without) - (len(without) - 1) * whole) + 0.0)


def o_information(covariance: ArrayLike) -> float:
    """O-information of a Gaussian vector, in nats.

    Parameters
    ----------
    covariance : array_like, shape (n, n)
        Symmetric positive definite, n >= 2.  The units of the variables cancel.

    Returns
    -------
    float
        TC - DTC.  Positive: redundancy dominates.  Negative: synergy dominates.  Zero for a
        pair, of which TC and DTC are the same.

    Raises
    ------
    ValueError
        If `covariance` is not square, not symmetric, holds NaN, is not positive definite or
        has n < 2; the message names the variables.

    References
    ----------
    Rosas et al. (2019), Phys. Rev. E 100:032305.

    Examples
    --------
    >>> o_information(np.eye(3))
    0.0
    >>> o_information([[1.0, 0.5], [0.5, 1.0]])
    0.0
    """
    whole, without = _log_determinants(covariance, 2)
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
    whole, without = _log_determinants(covariance, 1)
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


def _log_determinants(covariance: ArrayLike, n_smallest: int) -> tuple[float, NDArray[np.float64]]:
    """Log-determinant of the correlation matrix, and without each variable, shape (n,)."""
    correlation = checked_correlation(covariance, n_smallest)
    cholesky = np.linalg.cholesky(correlation)
    whole = 2.0 * float(np.sum(np.log(np.diag(cholesky))))
    if len(correlation) <= 2:
        return whole, np.zeros(len(correlation))  # of one variable, and of none
    # log|C without j| = log|C| + log (C^-1)_jj, so no minor is ever formed
    precision_diagonal = np.sum(np.linalg.inv(cholesky) ** 2, axis=0)
    return whole, whole + np.log(precision_diagonal)


def _log_determinant(correlation: NDArray[np.float64]) -> float:
    return 2.0 * float(np.sum(np.log(np.diag(np.linalg.cholesky(correlation)))))
