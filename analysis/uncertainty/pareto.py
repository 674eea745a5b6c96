"""Smoothed importance weights, and the shape of their tail (Vehtari et al. 2024)."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LARGEST_K = 0.7
"""Of the Pareto tail of the weights; above it no mean of them can be trusted (Vehtari et al. 2024,
J. Mach. Learn. Res. 25:72)."""

_FEWEST = 5  # weights that a tail can be fitted to


def pareto_smoothed(log_weight: Array) -> tuple[Array, float]:
    """Smooth the tail of weights (Pareto-smoothed importance sampling), and tell its shape.

    Parameters
    ----------
    log_weight : ndarray, shape (n,)
        Logarithms of the weights of all draws; -inf where a weight is 0.

    Returns
    -------
    smoothed : ndarray, shape (n,)
        Logarithms of the smoothed weights.
    k : float
        Shape of the tail: good below 0.5, usable below 0.7; inf where there is none to fit.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of k, which is told here
        from arviz import psislw

        is_kept = np.isfinite(log_weight)
        found = np.full(len(log_weight), -np.inf)
        if is_kept.sum() < _FEWEST:
            return log_weight, np.inf
        # weights of zero are draws too: the tail is that of all
        lowest = log_weight[is_kept].min() - 50.0
        smoothed, k = psislw(np.where(is_kept, log_weight, lowest))
        found[is_kept] = np.asarray(smoothed)[is_kept]
    return found, float(k)
