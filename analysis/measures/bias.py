"""Bias of Gaussian plug-in values, exactly, from the Wishart distribution of a covariance.

A covariance S of k variables with nu degrees of freedom has

    E log|S| = log|Sigma| + b_k,    b_k = sum_{i=1..k} digamma((nu - i + 1)/2) + k log(2/nu)

(for example Goodman 1963, Ann. Math. Stat. 34:178).  Every measure is a sum of log-determinants,
so its bias is the same sum of b_k and depends on the order and nu alone.  This is exact for
independent Gaussian rows with nu = n_rows - 1, and an approximation for weights, chains and
the Gaussian copula.  It is the bias of the expectation at one fixed multiplet: the minimum or
maximum over many multiplets is biased by having been chosen, and this does not remove that.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import digamma

from .forms import MeasureName


def wishart_bias(name: MeasureName, orders: ArrayLike, nu: float) -> NDArray[np.float64]:
    """Bias of the plug-in value of a measure, in nats.

    Parameters
    ----------
    name : str
        The measure, as in `measure_all`.
    orders : array_like of int
        Sizes of the multiplets; for RSI in predictors.
    nu : float
        Degrees of freedom of the covariance: rows - 1 when rows are independent.

    Returns
    -------
    ndarray, shape of `orders`
        Subtract it from plug-in values.  NaN where the covariance would be singular: above
        nu variables (for RSI, predictors and target).

    Raises
    ------
    ValueError
        If there is no such measure.

    Examples
    --------
    >>> float(wishart_bias("o_information", 30, 71).round(2))
    -0.69
    """
    k = np.asarray(orders, dtype=np.int64)
    b = log_determinant_bias(int(k.max(initial=1)) + 1, nu)
    if name == "redundancy_synergy_index":
        # sum_i I(X_i;Y) - I(X;Y), each I = (log-determinants of its parts - of the whole)/2
        bias = 0.5 * (k * (2 * b[1] - b[2]) - (b[k] + b[1] - b[k + 1]))
        return np.where(k == 0, 0.0, bias)
    # of L(S) of the correlation matrix: log|S| less the logarithms of the variances
    whole, without = b[k] - k * b[1], b[np.maximum(k - 1, 0)] - np.maximum(k - 1, 0) * b[1]
    coefficients = {
        "total_correlation": (-0.5 + 0 * k, 0 * k),
        "dual_total_correlation": (-0.5 * (k - 1), 0.5 * k),
        "o_information": (0.5 * (k - 2), -0.5 * k),
        "s_information": (-0.5 * k, 0.5 * k),
    }
    if name not in coefficients:
        raise ValueError(
            f"no measure '{name}'; there are {', '.join(coefficients)}, redundancy_synergy_index"
        )
    of_whole, of_without = coefficients[name]
    return np.asarray(of_whole * whole + of_without * without + 0.0, dtype=np.float64)


def mutual_information_bias(nu: float) -> float:
    """Bias of the plug-in mutual information of two variables, in nats.

    Examples
    --------
    >>> round(mutual_information_bias(99), 5)
    0.00513
    """
    b = log_determinant_bias(2, nu)
    return float(b[1] - 0.5 * b[2])


def log_determinant_bias(largest: int, nu: float) -> NDArray[np.float64]:
    """b_k of the module's equation for k = 0 to `largest`; NaN from k = nu + 1 on."""
    argument = (nu - np.arange(largest)) / 2
    known = argument > 0
    terms = np.where(known, digamma(np.where(known, argument, 1.0)), np.nan)
    if not nu > 0:
        return np.concatenate([[0.0], np.full(largest, np.nan)])
    return np.concatenate([[0.0], np.cumsum(terms) + np.arange(1, largest + 1) * np.log(2 / nu)])
