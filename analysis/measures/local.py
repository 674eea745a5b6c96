"""Local O-information: how much each model carries of that of a group, in nats."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .correlation import correlation_matrix


def local_o_information(values: ArrayLike, weights: ArrayLike | None = None) -> NDArray[np.float64]:
    """O-information of each row of a Gaussian table, in nats.

    Parameters
    ----------
    values : array_like, shape (n_rows, n)
        Finite numbers, n >= 3; normal scores for a Gaussian copula.
    weights : array_like, shape (n_rows,), optional
        How much each row counts.

    Returns
    -------
    ndarray, shape (n_rows,)
        (n - 2) h(x) + sum_j [h(x_j) - h(x without j)] with h = -log p of the fitted Gaussian.
        The weighted mean is the O-information of the table: rows far above or below it are the
        models that carry the redundancy or the synergy.

    Raises
    ------
    ValueError
        As `correlation_matrix`, or if there are fewer than three columns.

    References
    ----------
    Scagliarini et al. (2022), Phys. Rev. Research 4:013184.

    Examples
    --------
    >>> rows = np.random.default_rng(0).standard_normal((200, 4))
    >>> rows[:, 0] += rows[:, 1:].sum(axis=1)
    >>> from ionfo.analysis import o_information
    >>> local = local_o_information(rows)
    >>> bool(np.isclose(local.mean(), o_information(np.cov(rows.T))))
    True
    """
    table = np.asarray(values, dtype=np.float64)
    correlation = correlation_matrix(table, weights)
    n = len(correlation)
    if n < 3:
        raise ValueError(f"values must have at least 3 columns, got {n}")
    weight = np.ones(len(table)) if weights is None else np.asarray(weights, dtype=np.float64)
    weight = weight / weight.sum()
    centred = table - weight @ table
    scaled = centred / np.sqrt(weight @ centred**2)
    return local_o_information_of(scaled, correlation)


def local_o_information_of(
    scaled: NDArray[np.float64], correlation: NDArray[np.float64]
) -> NDArray[np.float64]:
    """O-information of rows under a Gaussian of mean 0, SD 1 and a given correlation, in nats.

    Parameters
    ----------
    scaled : ndarray, shape (n_rows, n)
        In units of the standard deviation of each variable, from its mean.
    correlation : ndarray, shape (n, n)
        Positive definite, n >= 3.

    Returns
    -------
    ndarray, shape (n_rows,)
        As `local_o_information`, of which this is the arithmetic.
    """
    n = len(correlation)
    precision = np.linalg.inv(correlation)
    whole = 2.0 * float(np.sum(np.log(np.diag(np.linalg.cholesky(correlation)))))
    projected = scaled @ precision
    distance = np.sum(scaled * projected, axis=1)
    diagonal = np.diag(precision)
    # leaving j out takes (P x)_j^2/P_jj off the squared distance, and adds log P_jj to log|C|
    without = distance[:, None] - projected**2 / diagonal
    # constants of log(2 pi) cancel: (n - 2) n + n - n (n - 1) = 0
    h = 0.5 * (whole + distance)
    h_without = 0.5 * (whole + np.log(diagonal) + without)
    h_alone = 0.5 * scaled**2
    return np.asarray((n - 2) * h + np.sum(h_alone - h_without, axis=1))
