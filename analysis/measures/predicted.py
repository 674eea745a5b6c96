"""Share of a variable's variance that others predict: information on a scale that people know."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from .correlation import checked_correlation


def predicted_share(
    covariance: ArrayLike, target: int, predictors: Sequence[int], nu: float | None = None
) -> float:
    """Share of the variance of a Gaussian variable that a linear sum of others predicts.

    Parameters
    ----------
    covariance : array_like, shape (n, n)
        Symmetric positive definite; the units of the variables cancel.
    target : int
        Column of what is predicted.
    predictors : sequence of int
        Columns of what predicts it; none predict nothing.
    nu : float, optional
        Degrees of freedom of the covariance, more than the number of predictors.  With it, what
        so many predictors would seem to predict by chance is taken off.

    Returns
    -------
    float
        R squared, which is 1 - exp(-2 I) of the mutual information I in nats, from 0 to 1.

    Raises
    ------
    ValueError
        If `covariance` is unfit, or `nu` does not exceed the number of predictors.

    References
    ----------
    Ezekiel (1930), Methods of Correlation Analysis, for the correction by `nu`.

    Examples
    --------
    >>> predicted_share([[1.0, 0.6], [0.6, 1.0]], 1, [0])
    0.36
    >>> round(predicted_share([[1.0, 0.6], [0.6, 1.0]], 1, [0], nu=65), 3)
    0.35
    """
    correlation = checked_correlation(covariance, 2)
    columns = list(predictors)
    if not columns:
        return 0.0
    with_target = correlation[columns, target]
    share = float(with_target @ np.linalg.solve(correlation[np.ix_(columns, columns)], with_target))
    if nu is not None:
        if nu <= len(columns):
            raise ValueError(f"nu must exceed the {len(columns)} predictors, got {nu:g}")
        share = 1.0 - (1.0 - share) * nu / (nu - len(columns))
    return min(max(share, 0.0), 1.0)
