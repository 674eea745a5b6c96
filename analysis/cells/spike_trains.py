"""How well a model predicts the spikes of an experiment: explained variance of smoothed trains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import fftconvolve

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ExplainedVariance:
    """Two definitions, and their ratio.

    Attributes
    ----------
    of_model : float
        Of the trials by the model: the formula that Nandi et al. print.
    of_trials : float
        Of the trials by their own mean: the best that any deterministic model can do.
    ratio : float
        The first by the second, which is what their code reports; 1 is as good as can be.
    n_trials : int
        Trials.
    """

    of_model: float
    of_trials: float
    ratio: float
    n_trials: int


def smoothed_train(
    times: ArrayLike, duration: float, sigma: float = 10.0, dt: float = 0.1
) -> Array:
    """Put spikes into bins and smooth them by a Gaussian, shape (n_bins,).

    Parameters
    ----------
    times : array_like
        Spikes (ms); those outside 0 to `duration` are left out.
    duration, sigma, dt : float
        Of the train, the Gaussian and a bin (ms).  The Gaussian ends at 5 sigma to both sides.
    """
    n_bins = round(duration / dt)
    spikes = np.asarray(times, dtype=np.float64)
    spikes = spikes[(spikes >= 0) & (spikes < n_bins * dt)]
    train = np.bincount((spikes / dt).astype(np.int64), minlength=n_bins).astype(np.float64)
    reach = round(5 * sigma / dt)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * dt / sigma) ** 2)
    smoothed: Array = fftconvolve(train, kernel / kernel.sum(), mode="same")
    return smoothed


def explained_variance(
    trials: Sequence[ArrayLike],
    model: ArrayLike,
    duration: float,
    sigma: float = 10.0,
    dt: float = 0.1,
) -> ExplainedVariance:
    """Explained variance of the spike trains of an experiment by those of a model.

    With f_k the smoothed trials, m the smoothed model, both without their mean over everything::

        ev(f, m) = (sum |f_k|^2 + K |m|^2 - sum |f_k - m|^2) / (sum |f_k|^2 + K |m|^2)

    Parameters
    ----------
    trials : sequence of array_like
        Spikes of each repetition of the stimulus (ms).
    model : array_like
        Spikes of the model (ms).
    duration, sigma, dt : float
        See `smoothed_train`.

    Returns
    -------
    ExplainedVariance
        NaN where neither model nor trials spike.

    Raises
    ------
    ValueError
        If there is no trial.

    Examples
    --------
    >>> explained_variance([[100.0, 300.0], [100.0, 300.0]], [100.0, 300.0], 400.0).ratio
    1.0
    """
    if not len(trials):
        raise ValueError("trials must hold at least one trial")
    f = np.array([smoothed_train(one, duration, sigma, dt) for one in trials])
    m = smoothed_train(model, duration, sigma, dt)
    f, m = f - f.mean(), m - m.mean()
    of_model, of_trials = _explained(f, m), _explained(f, f.mean(axis=0))
    ratio = of_model / of_trials if of_trials > 0 else np.nan
    return ExplainedVariance(of_model, of_trials, ratio, len(f))


def _explained(f: Array, m: Array) -> float:
    power = float(np.sum(f**2) + len(f) * np.sum(m**2))
    return (power - float(np.sum((f - m) ** 2))) / power if power > 0 else np.nan
