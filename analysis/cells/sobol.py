"""Sensitivity of features to parameters near a model: Sobol indices by polynomial chaos.

chaospy (the optional extra ``optimise``) gives the polynomials.  Design and indices are apart, so
that the models between can be evaluated anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..extras import needed

Array = NDArray[np.float64]

ORDER = 4
"""Of the polynomials."""


@dataclass(frozen=True)
class SobolDesign:
    """Where to evaluate the model.

    Attributes
    ----------
    points : ndarray, shape (n_points, n_parameters)
        Parameter sets.
    expansion, distribution : object
        Of chaospy.
    """

    points: Array
    expansion: Any
    distribution: Any


@dataclass(frozen=True)
class SobolIndices:
    """Shares of the variance of each feature.

    Attributes
    ----------
    first, total : ndarray, shape (n_parameters, n_features)
        First-order and total indices; NaN for a feature that does not vary or is missing.
    error : ndarray, shape (n_features,)
        Residual of the polynomial as a share of the variance; large ones make no indices.
    n_used : ndarray of int, shape (n_features,)
        Points at which the feature was defined.
    """

    first: Array
    total: Array
    error: Array
    n_used: NDArray[np.int64]


def sobol_design(centre: ArrayLike, width: float = 0.1, order: int = ORDER) -> SobolDesign:
    """Choose points around a model: Hammersley, twice as many as polynomials and two more.

    Parameters
    ----------
    centre : array_like, shape (n_parameters,)
        Values of the parameters that are varied; not zero.
    width : float
        Width of the interval of each, as a share of its value: 0.1 is 5 % to both sides.
    order : int
        Of the polynomials.

    Raises
    ------
    ValueError
        If a value is zero, or the width is not positive.
    IonfoError
        If chaospy is missing.
    """
    values = np.asarray(centre, dtype=np.float64)
    if (values == 0).any() or not np.isfinite(values).all() or not width > 0:
        raise ValueError("centre must be finite and not zero, and width positive")
    chaospy = needed("chaospy")
    reach = np.abs(values) * width / 2
    distribution = chaospy.J(
        *(chaospy.Uniform(v - r, v + r) for v, r in zip(values, reach, strict=True))
    )
    expansion = chaospy.generate_expansion(order, distribution)
    n = 2 * len(expansion) + 2
    points = np.atleast_2d(distribution.sample(n, rule="hammersley")).T
    return SobolDesign(np.asarray(points, dtype=np.float64), expansion, distribution)


def sobol_indices(design: SobolDesign, values: ArrayLike) -> SobolIndices:
    """Compute the indices from what the model gave at the points of a design.

    Parameters
    ----------
    design : SobolDesign
        Of `sobol_design`.
    values : array_like, shape (n_points, n_features)
        NaN where a feature is undefined; such points are left out for that feature.
    """
    chaospy = needed("chaospy")
    table = np.asarray(values, dtype=np.float64)
    n_parameters, n_features = design.points.shape[1], table.shape[1]
    first, total = np.full((2, n_parameters, n_features), np.nan)
    error, n_used = np.full(n_features, np.nan), np.zeros(n_features, dtype=np.int64)
    for i, column in enumerate(table.T):
        known = np.isfinite(column)
        n_used[i] = known.sum()
        if known.sum() < len(design.expansion) or np.ptp(column[known]) == 0:
            continue
        nodes = design.points[known].T
        fitted = chaospy.fit_regression(design.expansion, nodes, column[known])
        first[:, i] = chaospy.Sens_m(fitted, design.distribution)
        total[:, i] = chaospy.Sens_t(fitted, design.distribution)
        residual = column[known] - fitted(*nodes)
        error[i] = float(np.var(residual) / np.var(column[known]))
    return SobolIndices(first, total, error, n_used)
