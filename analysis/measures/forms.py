"""Every measure as one form over one number per subset, so that one engine serves them all.

With L(S) = log|C_S|, the log-determinant of the correlation matrix of a subset, a measure is

    V(S) = scale x (alpha_k L(S) + beta_k sum_{i in S} L(S without i)),    k = |S|:

    total correlation        -L(S)/2
    dual total correlation   (sum_i L(S without i) - (k - 1) L(S))/2
    O-information            ((k - 2) L(S) - sum_i L(S without i))/2
    S-information            (sum_i L(S without i) - k L(S))/2

The RSI about Y, sum_{i in S} I(X_i;Y) - I(S;Y), is half of another such number,

    R(S) = log(1 - R2_S) - sum_{i in S} log(1 - r_i^2),

where R2_S is the part of the variance of Y that a linear function of S explains and r_i the
correlation of X_i and Y: -log(1 - R2)/2 is the information of Gaussian variables.
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
    matrix : ndarray, shape (n, n)
        Correlation matrix of the variables that multiplets are made of.
    link : ndarray, shape (n,), or None
        Their correlations with the target of the RSI: the number is R(S), not L(S).
    scale : float
        Factor above.
    alpha : ndarray, shape (n + 1,)
        Coefficient of the number of S, by order.
    beta : ndarray, shape (n + 1,), or None
        Coefficient of the sum over neighbours; None when there is none.
    """

    name: MeasureName
    smallest: int
    matrix: Matrix
    link: Matrix | None
    scale: float
    alpha: Matrix
    beta: Matrix | None

    @property
    def n(self) -> int:
        """Number of variables that multiplets are made of."""
        return len(self.matrix)


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
    one, half = np.ones(n + 1), np.full(n + 1, 0.5)
    matrix = np.ascontiguousarray(correlation)
    if name == "total_correlation":
        return Measure(name, 2, matrix, None, -0.5, one, None)
    if name == "dual_total_correlation":
        return Measure(name, 2, matrix, None, 1.0, -0.5 * (k - 1), half)
    if name == "o_information":
        return Measure(name, 3, matrix, None, 1.0, 0.5 * (k - 2), -half)
    if name == "s_information":
        return Measure(name, 2, matrix, None, 1.0, -0.5 * k, half)
    if name == "redundancy_synergy_index":
        if (
            isinstance(target, bool)
            or not isinstance(target, int | np.integer)
            or not 0 <= target < n
        ):
            raise ValueError(f"target must be an index from 0 to {n - 1}, got {target!r}")
        others = np.delete(np.arange(n), target)
        matrix = np.ascontiguousarray(correlation[np.ix_(others, others)])
        link = np.ascontiguousarray(correlation[others, target])
        return Measure(name, 2, matrix, link, 0.5, one[1:], None)
    raise ValueError(f"no measure '{name}'; there are {', '.join(MeasureName.__args__)}")
