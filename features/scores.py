"""From feature values to z-scores and one cost per model."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

MAX_SCORE = 250.0
"""Score of a missing feature and cap of every eFEL score (published convention)."""

CostName = Literal["max", "sum", "mean"]


def z_score(values: NDArray[np.float64] | None, mean: float, std: float, capped: bool) -> float:
    """Distance of a feature from its target, in target standard deviations.

    Parameters
    ----------
    values : ndarray, shape (n_values,), or None
        All values of the feature (one per spike for some features); None when undefined.
    mean, std : float
        Target, in the unit of the feature.
    capped : bool
        Whether the score may not exceed `MAX_SCORE`; holding and threshold current, which
        no trace defines, are not capped in the published evaluator.

    Returns
    -------
    float
        Mean of abs(value - mean)/std over the values, not abs(mean(value) - mean)/std;
        `MAX_SCORE` when the feature is missing or not a number.

    References
    ----------
    Evaluator of emodel-generalisation (Arnaudon et al. 2023, iScience).

    Examples
    --------
    >>> z_score(np.array([1.0, 3.0]), mean=2.0, std=0.5, capped=True)
    2.0
    >>> z_score(None, mean=2.0, std=0.5, capped=True)
    250.0
    """
    if values is None or len(values) == 0:
        return MAX_SCORE
    score = float(np.mean(np.abs(values - mean)) / std)
    if np.isnan(score):
        return MAX_SCORE
    return min(score, MAX_SCORE) if capped else score


def combine_cost(scores: ArrayLike, cost: CostName) -> float:
    """One number per model from its scores.

    Parameters
    ----------
    scores : array_like, shape (n_features,)
        Scores in the order of the e-model's features.
    cost : {"max", "sum", "mean"}
        How they are combined; a sum is taken in that order, so that it is reproducible.

    Raises
    ------
    ValueError
        If `cost` is another word.

    Examples
    --------
    >>> combine_cost([1.0, 4.0], "max"), combine_cost([1.0, 4.0], "mean")
    (4.0, 2.5)
    """
    array = np.asarray(scores, dtype=np.float64)
    if cost == "max":
        return float(array.max())
    if cost not in ("sum", "mean"):
        raise ValueError(f"cost must be 'max', 'sum' or 'mean', got {cost!r}")
    total = 0.0
    for score in array:
        total += float(score)
    return total if cost == "sum" else total / len(array)
