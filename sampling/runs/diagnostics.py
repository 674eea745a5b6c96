"""How far to believe a chain: autocorrelation time, effective sample size and R-hat."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...analysis.uncertainty.effective import autocorrelation_time

_MOST_DRAWS = 20000  # of an ensemble, for R-hat


@dataclass(frozen=True)
class Diagnostics:
    """Autocorrelation of ensembles, and how far they agree.

    Attributes
    ----------
    tau : ndarray, shape (n_parameters,)
        Integrated autocorrelation time in steps, from the autocovariance averaged over the
        walkers; NaN for a parameter that never moved in some walker.  Deviations are from the
        mean of all walkers, so walkers that stay apart lengthen it.
    effective_sample_size : ndarray, shape (n_parameters,)
        n_ensembles x n_walkers x n_steps / tau.
    is_reliable : bool
        Whether the chains are longer than 50 of the longest autocorrelation time.
    r_hat : ndarray, shape (n_parameters,)
        Split over ensembles, the walkers of an ensemble pooled inside each half; NaN for one
        ensemble or a parameter that has not moved.
    is_assessed : ndarray of bool, shape (n_parameters,)
        Whether the starts of different ensembles differ (root mean square) by more than the
        standard deviation of the sample; otherwise R-hat says little.
    """

    tau: NDArray[np.float64]
    effective_sample_size: NDArray[np.float64]
    is_reliable: bool
    r_hat: NDArray[np.float64]
    is_assessed: NDArray[np.bool_]


def diagnose(
    chains: Sequence[NDArray[np.float64]],
    starts: Sequence[NDArray[np.float64]] | None = None,
) -> Diagnostics:
    """Diagnose the ensembles of a run.

    Parameters
    ----------
    chains : sequence of ndarray, shape (n_steps, n_walkers, n_parameters)
        Every step of every walker, one array per ensemble; steps at which some walker is not
        known (NaN) and all before them are left out.
    starts : sequence of ndarray, shape (n_walkers, n_parameters), optional
        Where each ensemble began; by default the first steps.

    References
    ----------
    Goodman & Weare (2010, CAMCoS 5:65); Sokal (1997); Vehtari et al. (2021, Bayesian Anal. 16:667)
    for R-hat, by ArviZ.
    """
    whole = _known_tail(chains)
    n_steps, _, n_parameters = whole[0].shape
    everyone = np.concatenate(whole, axis=1)
    tau = np.full(n_parameters, np.nan)
    moving = (
        np.ptp(everyone, axis=0).min(axis=0) > 0 if n_steps > 1 else np.zeros(n_parameters, bool)
    )
    if n_steps >= 4:
        for i in np.flatnonzero(moving):
            tau[i] = autocorrelation_time(list(everyone[:, :, i].T))
    with np.errstate(invalid="ignore"):
        tau = np.maximum(tau, 1.0)
    ess = everyone.shape[1] * n_steps / tau
    longest = float(np.nanmax(tau)) if np.isfinite(tau).any() else np.inf
    is_reliable = bool(np.isfinite(tau).all() and n_steps >= 50 * longest)
    r_hat = np.full(n_parameters, np.nan)
    is_assessed = np.zeros(n_parameters, bool)
    if len(whole) > 1 and n_steps >= 4:
        for i in np.flatnonzero(np.ptp(everyone, axis=(0, 1)) > 0):
            r_hat[i] = _r_hat([chain[:, :, i] for chain in whole])
        begun = [chain[0] for chain in chains] if starts is None else list(starts)
        is_assessed = _starts_differ(begun, everyone.reshape(-1, n_parameters).std(axis=0))
    return Diagnostics(tau, ess, is_reliable, r_hat, is_assessed)


def pooled_r_hat(
    draws: Sequence[NDArray[np.float64]], starts: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """R-hat of ensembles whose walkers are not known at all times, as `diagnose` pools them.

    Parameters
    ----------
    draws : sequence of ndarray, shape (n_draws, n_parameters)
        What the walkers of each ensemble are known to have held, in order of time; evenly spaced
        draws of the longer ones stand for them.
    starts : sequence of ndarray, shape (n_walkers, n_parameters)
        Where each ensemble began.

    Returns
    -------
    ndarray, shape (n_parameters,)
        NaN for a parameter that has not moved, or whose starts differ too little.
    """
    n = min(map(len, draws))
    even = [one[np.linspace(0, len(one) - 1, n).round().astype(int)] for one in draws]
    sd = np.concatenate(draws).std(axis=0)
    found = np.full(len(sd), np.nan)
    for i in np.flatnonzero(_starts_differ(starts, sd) & (sd > 0)):
        found[i] = _r_hat([one[:, i : i + 1] for one in even])
    return found


def _known_tail(chains: Sequence[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Drop all up to the last step at which some walker is not known."""
    is_known = np.all([np.isfinite(chain).all(axis=(1, 2)) for chain in chains], axis=0)
    lost = np.flatnonzero(~is_known)
    first = int(lost[-1]) + 1 if len(lost) else 0
    return [chain[first:] for chain in chains]


def _starts_differ(
    starts: Sequence[NDArray[np.float64]], sd: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether starts of two ensembles differ by more than the sample's SD, per parameter."""
    squares = [
        np.mean((one[:, None] - other[None]) ** 2, axis=(0, 1))
        for i, one in enumerate(starts)
        for other in starts[:i]
    ]
    differ: NDArray[np.bool_] = np.sqrt(np.mean(squares, axis=0)) > sd
    return differ


def _r_hat(chains: Sequence[NDArray[np.float64]]) -> float:
    """Rank-normalised split R-hat of one parameter; each chain has shape (n_steps, n_walkers)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # ArviZ announces its next version
        from arviz import rhat

    n_steps, n_walkers = chains[0].shape
    thin = max(1, -(-n_steps * n_walkers // _MOST_DRAWS))
    # in order of time, so that the halves that ArviZ makes are halves of the chain
    draws = np.array([chain[::thin].ravel() for chain in chains])
    return float(rhat(draws, method="rank"))
