"""Coloured noise as a stimulus, from a stated seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def coloured_noise(
    duration: float, tau: float, seed: int | tuple[int, ...], dt: float = 1.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw an Ornstein-Uhlenbeck process of mean 0 and SD 1, shape (n_corners,).

    Parameters
    ----------
    duration, tau, dt : float
        Length, correlation time and distance of corners (ms); linear between them.
    seed : int or tuple of int
        Of the draws.

    Returns
    -------
    tuple of ndarray
        Times (ms) and values.

    References
    ----------
    Gillespie (1996), Phys. Rev. E 54:2084: the exact update.

    Examples
    --------
    >>> times, values = coloured_noise(1000.0, 10.0, 7)
    >>> len(times), float(times[-1]), bool(np.array_equal(values, coloured_noise(1000, 10, 7)[1]))
    (1001, 1000.0, True)
    """
    n = round(duration / dt) + 1
    draws = np.random.default_rng(seed).standard_normal(n)
    keep = np.exp(-dt / tau)
    fresh = np.sqrt(1 - keep**2)
    values = np.empty(n)
    values[0] = draws[0]
    for i in range(1, n):
        values[i] = keep * values[i - 1] + fresh * draws[i]
    times: NDArray[np.float64] = np.arange(n, dtype=np.float64) * float(dt)
    return times, values
