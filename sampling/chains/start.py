"""Where walkers start: at given models, or around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import IonfoError
from .settings import START_SPREAD
from .target import Target, blob_dtype, pack_blobs


@dataclass(frozen=True)
class Start:
    """Where the walkers start.

    Attributes
    ----------
    theta : ndarray, shape (n_walkers, n_parameters)
        Starting points.
    blobs : ndarray, shape (n_walkers,)
        Their features, scores, costs and steps.
    """

    theta: NDArray[np.float64]
    blobs: NDArray[np.void]


def around_models(
    target: Target,
    models: NDArray[np.float64],
    n_walkers: int,
    max_evaluations: int,
    rng: np.random.Generator,
    spread: float = START_SPREAD,
) -> Start:
    """Start at given models; when they are fewer than the walkers, around them.

    Parameters
    ----------
    target : Target
        Evaluates.
    models : ndarray, shape (n_models, n_parameters)
        Inside the bounds; when more than the walkers, a random choice is used.
    n_walkers : int
        Walkers to place.
    max_evaluations : int
        Evaluations that may be spent, at least `n_walkers`.
    rng : numpy.random.Generator
        Spreads the walkers.
    spread : float
        SD of the spread, as a fraction of the width of the bounds.

    Raises
    ------
    IonfoError
        If a model lies outside the bounds, or too few states lie below the largest cost.
    """
    low, high = target.emodel.bounds.T
    for i, is_inside in enumerate(target.is_inside(models)):
        if not is_inside:
            bad = np.flatnonzero((models[i] < low) | (models[i] > high))[0]
            raise IonfoError(
                f"start model {i + 1} sets '{target.emodel.free_names[bad]}' to "
                f"{models[i, bad]:.6g}, outside its bounds [{low[bad]:.6g}, {high[bad]:.6g}]"
            )
    if len(models) > n_walkers:
        # successive rows of a population are states of one walker
        models = models[np.sort(rng.choice(len(models), n_walkers, replace=False))]
    n_tried = 0
    kept_theta: NDArray[np.float64] = np.empty((0, models.shape[1]))
    kept_blobs: NDArray[np.void] = np.empty(0, blob_dtype(target.emodel))
    first = models[:n_walkers]
    while True:
        n_missing = n_walkers - len(kept_theta)
        if n_tried == 0:
            centres = first[np.arange(n_walkers) % len(first)]
            is_copy = np.arange(n_walkers) >= len(first)
        else:
            centres = first[np.arange(n_missing) % len(first)]
            is_copy = np.ones(n_missing, bool)
        noise = rng.standard_normal(centres.shape) * spread * (high - low)
        theta = np.where(is_copy[:, None], _reflect(centres + noise, low, high), centres)
        blobs = pack_blobs(target.emodel, target.evaluate(theta))
        n_tried += len(theta)
        good = blobs["cost"] <= target.max_cost
        kept_theta = np.concatenate([kept_theta, theta[good]])
        kept_blobs = np.concatenate([kept_blobs, blobs[good]])
        n_missing = n_walkers - len(kept_theta)
        if n_missing <= 0:
            _check_spread(kept_theta, target.emodel.free_names)
            return Start(kept_theta, kept_blobs)
        if n_tried + n_missing > max_evaluations:
            raise too_few(len(kept_theta), n_walkers, target.max_cost, n_tried)


def _check_spread(theta: NDArray[np.float64], names: Sequence[str]) -> None:
    """Refuse starting points from which an ensemble cannot reach every direction."""
    flat = [name for name, width in zip(names, np.ptp(theta, axis=0), strict=True) if width == 0]
    scaled = (theta - theta.mean(axis=0)) / np.where(
        np.ptp(theta, axis=0) > 0, np.ptp(theta, axis=0), 1
    )
    if flat or np.linalg.matrix_rank(scaled) < theta.shape[1]:
        told = f"'{flat[0]}' is the same in all" if flat else "they lie in a plane"
        raise IonfoError(
            f"the start models do not spread in every direction ({told}), so the walkers would "
            "never leave it; give other models, or fewer than walkers to start around them"
        )


def too_few(n_found: int, n_walkers: int, max_cost: float, n_evaluations: int) -> IonfoError:
    """Give the error of a search that has found too few states."""
    return IonfoError(
        f"the search found {n_found} of {n_walkers} starting points with cost <= {max_cost:g} in "
        f"{n_evaluations} evaluations; give `ionfo sample` a larger --max-cost, from which the "
        "chains come down by themselves, and the small one to `ionfo collect`, or raise "
        "--start-evaluations"
    )


def _reflect(
    theta: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Fold points that left the bounds back inside."""
    width = high - low
    folded = np.mod(theta - low, 2 * width)
    inside: NDArray[np.float64] = np.clip(low + np.minimum(folded, 2 * width - folded), low, high)
    return inside
