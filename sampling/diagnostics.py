"""How far to believe a chain: autocorrelation time and effective sample size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Diagnostics:
    """Autocorrelation of an ensemble.

    Attributes
    ----------
    tau : ndarray, shape (n_parameters,)
        Integrated autocorrelation time in steps, from the autocovariance averaged over the
        walkers; NaN for a parameter that never moved in some walker.  Deviations are from the
        mean of all walkers, so walkers that stay apart lengthen it.
    effective_sample_size : ndarray, shape (n_parameters,)
        n_walkers x n_steps / tau.
    is_reliable : bool
        Whether the chain is longer than 50 of the longest autocorrelation time.
    """

    tau: NDArray[np.float64]
    effective_sample_size: NDArray[np.float64]
    is_reliable: bool


def diagnose(chain: NDArray[np.float64]) -> Diagnostics:
    """Measure the autocorrelation of one ensemble.

    Parameters
    ----------
    chain : ndarray, shape (n_steps, n_walkers, n_parameters)
        Every step of every walker.
    """
    n_steps, n_walkers, n_parameters = chain.shape
    tau = np.full(n_parameters, np.nan)
    moving = np.ptp(chain, axis=0).min(axis=0) > 0 if n_steps > 1 else np.zeros(n_parameters, bool)
    if n_steps >= 4:
        for i in np.flatnonzero(moving):
            tau[i] = _integrated_time(chain[:, :, i])
    with np.errstate(invalid="ignore"):
        tau = np.maximum(tau, 1.0)
    ess = n_walkers * n_steps / tau
    longest = float(np.nanmax(tau)) if np.isfinite(tau).any() else np.inf
    is_reliable = bool(np.isfinite(tau).all() and n_steps >= 50 * longest)
    return Diagnostics(tau, ess, is_reliable)


def _integrated_time(chain: NDArray[np.float64]) -> float:
    """Integrated autocorrelation time (steps) of one parameter, shape (n_steps, n_walkers).

    The window is the first at least 5 times the time (Sokal 1997).
    """
    n_steps = len(chain)
    size = 1 << (2 * n_steps - 1).bit_length()
    spectrum = np.fft.rfft(chain - chain.mean(), size, axis=0)
    covariance = np.fft.irfft(np.abs(spectrum) ** 2, size, axis=0)[:n_steps].sum(axis=1)
    times = 2.0 * np.cumsum(covariance / covariance[0]) - 1.0
    inside = np.arange(n_steps) < 5 * times
    return float(times[-1] if inside.all() else times[int(np.argmin(inside))])
