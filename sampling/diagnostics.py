"""How far to believe a chain: autocorrelation time and effective sample size."""

from __future__ import annotations

from dataclasses import dataclass

import emcee
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Diagnostics:
    """Autocorrelation of an ensemble.

    Attributes
    ----------
    tau : ndarray, shape (n_parameters,)
        Integrated autocorrelation time in steps (walkers averaged; Goodman & Weare 2010);
        NaN for a parameter that never moved.
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
    if n_steps >= 4 and moving.any():
        tau[moving] = emcee.autocorr.integrated_time(
            chain[:, :, moving], tol=0, quiet=True, has_walkers=True
        )
    with np.errstate(invalid="ignore"):
        tau = np.maximum(tau, 1.0)
    ess = n_walkers * n_steps / tau
    longest = float(np.nanmax(tau)) if np.isfinite(tau).any() else np.inf
    is_reliable = bool(np.isfinite(tau).all() and n_steps >= 50 * longest)
    return Diagnostics(tau, ess, is_reliable)
