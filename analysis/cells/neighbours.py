"""Parameter sets around a model."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

SPREAD = 0.005
"""SD of the neighbours, in widths of the bounds."""


def neighbours(
    centre: ArrayLike, bounds: ArrayLike, n: int, seed: int, spread: float = SPREAD
) -> NDArray[np.float64]:
    """Give a model and normally distributed neighbours of it, clipped at the bounds.

    Parameters
    ----------
    centre : array_like, shape (n_parameters,)
        The model, in the units of its parameters.
    bounds : array_like, shape (n_parameters, 2)
        Lowest and highest value of each parameter.
    n : int
        Sets that are wanted, the model itself included.
    seed : int
        Of the random numbers.
    spread : float
        SD of the neighbours, in widths of the bounds.

    Returns
    -------
    ndarray, shape (n, n_parameters)
        The model first.

    Examples
    --------
    >>> neighbours([1.0, 5.0], [[0.0, 2.0], [0.0, 10.0]], 3, seed=0)[0].tolist()
    [1.0, 5.0]
    """
    low, high = np.asarray(bounds, dtype=np.float64).T
    noise = np.random.default_rng(seed).standard_normal((n, len(low)))
    noise[0] = 0.0
    sets: NDArray[np.float64] = np.asarray(centre) + spread * (high - low) * noise
    return sets.clip(low, high)
