"""Every measure as one form over log-determinants, so that one engine serves them all.

With Lambda(S) = sum_m scale_m log|M_m restricted to S|, a measure is

    V(S) = alpha_k Lambda(S) + beta_k sum_{i in S} Lambda(S without i),    k = |S|.

For correlation matrices L = log|C_S| and

    total correlation        -L(S)/2
    dual total correlation   (sum_i L(S without i) - (k - 1) L(S))/2
    O-information            ((k - 2) L(S) - sum_i L(S without i))/2
    S-information            (sum_i L(S without i) - k L(S))/2
    RSI about Y              TC(S) - TC(S given Y) = (log|C_S given Y| - log|C_S|)/2

where the conditional matrix is scaled to a correlation matrix too: its diagonal 1 - r_i^2
is just what turns I(S;Y) into sum_i I(X_i;Y) - I(S;Y).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

MeasureName = Literal[
    "o_information",
    "s_information",
    "total_correlation",
    "dual_total_correlation",
    "redundancy_synergy_index",
]


@dataclass(frozen=True)
class Measure:
    """One measure of one correlation matrix.

    Attributes
    ----------
    name : str
        Which measure.
    smallest : int
        Smallest order at which it says something.
    matrices : tuple of ndarray, shape (n, n)
        The M_m above.
    scales : tuple of float
        Their factors.
    alpha : ndarray, shape (n + 1,)
        Coefficient of Lambda(S), by order.
    beta : ndarray, shape (n + 1,), or None
        Coefficient of the sum over neighbours; None when there is none.
    """

    name: MeasureName
    smallest: int
    matrices: tuple[Matrix, ...]
    scales: tuple[float, ...]
    alpha: Matrix
    beta: Matrix | None

    @property
    def n(self) -> int:
        """Number of variables that multiplets are made of."""
        return len(self.matrices[0])


def measure_of(correlation: Matrix, name: MeasureName, target: int | None = None) -> Measure:
    """Write a measure in the common form.

    Parameters
    ----------
    correlation : ndarray, shape (n, n)
        Checked; for the RSI of predictors and target.
    name : str
        The measure.
    target : int, optional
        Index of the target of the RSI.

    Raises
    ------
    ValueError
        If there is no such measure or target.
    """
    n = len(correlation)
    k = np.arange(n + 1, dtype=np.float64)
    half = np.full(n + 1, 0.5)
    matrices: tuple[Matrix, ...] = (np.ascontiguousarray(correlation),)
    if name == "total_correlation":
        return Measure(name, 2, matrices, (-0.5,), np.ones(n + 1), None)
    if name == "dual_total_correlation":
        return Measure(name, 2, matrices, (1.0,), -0.5 * (k - 1), half)
    if name == "o_information":
        return Measure(name, 3, matrices, (1.0,), 0.5 * (k - 2), -half)
    if name == "s_information":
        return Measure(name, 2, matrices, (1.0,), -0.5 * k, half)
    if name == "redundancy_synergy_index":
        if (
            isinstance(target, bool)
            or not isinstance(target, int | np.integer)
            or not 0 <= target < n
        ):
            raise ValueError(f"target must be an index from 0 to {n - 1}, got {target!r}")
        given_nothing, given_target = split_target(correlation, int(target))
        return Measure(name, 2, (given_nothing, given_target), (-0.5, 0.5), np.ones(n), None)
    raise ValueError(f"no measure '{name}'; there are {', '.join(MeasureName.__args__)}")


def split_target(correlation: Matrix, target: int) -> tuple[Matrix, Matrix]:
    """Correlation of the predictors, and their correlation given the target."""
    predictors = np.delete(np.arange(len(correlation)), target)
    given_nothing = np.ascontiguousarray(correlation[np.ix_(predictors, predictors)])
    link = correlation[predictors, target]
    conditional = given_nothing - np.outer(link, link)  # the target has unit variance
    scale = np.sqrt(np.diag(conditional))
    conditional /= np.outer(scale, scale)
    np.fill_diagonal(conditional, 1.0)
    return given_nothing, conditional
