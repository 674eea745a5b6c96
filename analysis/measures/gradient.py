"""What each variable, or each pair, adds to the O-information of a Gaussian vector, in nats."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .correlation import checked_correlation


def o_information_gradient(covariance: ArrayLike) -> NDArray[np.float64]:
    """O-information with each variable less that of all others, in nats.

    Parameters
    ----------
    covariance : array_like, shape (n, n)
        Symmetric positive definite, n >= 3.

    Returns
    -------
    ndarray, shape (n,)
        O(X) - O(X without i).  Positive: the variable brings redundancy; negative: synergy.

    Raises
    ------
    ValueError
        As `o_information`.

    References
    ----------
    Scagliarini et al. (2023), Phys. Rev. Research 5:013025.

    Examples
    --------
    >>> o_information_gradient(np.eye(4)).tolist()
    [0.0, 0.0, 0.0, 0.0]
    """
    whole, one, _ = _values(covariance)
    return np.asarray(whole - one + 0.0)


def o_information_pair_gradient(covariance: ArrayLike) -> NDArray[np.float64]:
    """O-information that two variables add together beyond what each adds alone, in nats.

    Parameters
    ----------
    covariance : array_like, shape (n, n)
        Symmetric positive definite, n >= 3.

    Returns
    -------
    ndarray, shape (n, n)
        O(X) - O(X without i) - O(X without j) + O(X without i and j); NaN on the diagonal.

    Raises
    ------
    ValueError
        As `o_information`.

    References
    ----------
    Scagliarini et al. (2023), Phys. Rev. Research 5:013025.
    """
    whole, one, two = _values(covariance)
    found = whole - one[:, None] - one[None, :] + two
    np.fill_diagonal(found, np.nan)
    return np.asarray(found)


def _values(covariance: ArrayLike) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """O-information of all variables, without each, and without each pair.

    Minors come from the inverse P of the correlation matrix C: log|C without S| = log|C| +
    log|P_S|, for S of one, two or three variables.
    """
    correlation = checked_correlation(covariance, 3)
    n = len(correlation)
    whole = 2.0 * float(np.sum(np.log(np.diag(np.linalg.cholesky(correlation)))))
    p = np.linalg.inv(correlation)
    d = np.diag(p)
    minor = np.outer(d, d) - p * p
    np.fill_diagonal(minor, 1.0)
    without_one = whole + np.log(d)
    without_two = whole + np.log(minor)
    np.fill_diagonal(without_two, 0.0)
    # |P| of i, j and k
    triple = (
        d[:, None, None] * d[None, :, None] * d[None, None, :]
        + 2.0 * p[:, :, None] * p[None, :, :] * p[:, None, :]
        - d[:, None, None] * (p**2)[None, :, :]
        - d[None, :, None] * (p**2)[:, None, :]
        - d[None, None, :] * (p**2)[:, :, None]
    )
    i, j = np.arange(n)[:, None], np.arange(n)[None, :]
    triple[i, j, i] = triple[i, j, j] = triple[i, i, j] = 1.0
    without_three = whole + np.log(triple)
    without_three[i, j, i] = without_three[i, j, j] = without_three[i, i, j] = 0.0

    total = 0.5 * ((n - 2) * whole - without_one.sum())
    one = 0.5 * ((n - 3) * without_one - without_two.sum(axis=1))
    two = 0.5 * ((n - 4) * without_two - without_three.sum(axis=2))
    np.fill_diagonal(two, 0.0)
    return float(total), one, two
