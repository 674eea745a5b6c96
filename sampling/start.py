"""The search for starting points: seeded, bounded in evaluations, stored apart.

Without a file it draws from the bounds, keeps the best, and lets them move at a
temperature that falls to the sampler's own.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import emcee
import numpy as np
from emcee.state import State
from numpy.typing import NDArray

from ..errors import IonfoError
from .target import Target

_JITTER = 0.01
"""SD of the spread around given models, as a fraction of the width of the bounds."""


@dataclass(frozen=True)
class Start:
    """Where the walkers start, and all that was evaluated to find out.

    Attributes
    ----------
    theta : ndarray, shape (n_walkers, n_parameters)
        Starting points.
    blobs : ndarray, shape (n_walkers,)
        Their features, scores and costs.
    tried_theta, tried_blobs : ndarray
        Every evaluation of the search, in order.
    """

    theta: NDArray[np.float64]
    blobs: NDArray[np.void]
    tried_theta: NDArray[np.float64]
    tried_blobs: NDArray[np.void]


class _Trace:
    """Evaluate and remember."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.theta: list[NDArray[np.float64]] = []
        self.blobs: list[NDArray[np.void]] = []
        self.n = 0

    def __call__(self, theta: NDArray[np.float64]) -> NDArray[np.void]:
        blobs = self.target.blobs(self.target.evaluate(theta))
        self.theta.append(theta.copy())
        self.blobs.append(blobs)
        self.n += len(theta)
        return blobs

    def all(self) -> tuple[NDArray[np.float64], NDArray[np.void]]:
        return np.concatenate(self.theta), np.concatenate(self.blobs)


def around_models(
    target: Target,
    models: NDArray[np.float64],
    n_walkers: int,
    max_evaluations: int,
    rng: np.random.Generator,
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
    trace = _Trace(target)
    kept_theta: NDArray[np.float64] = np.empty((0, models.shape[1]))
    kept_blobs: NDArray[np.void] = np.empty(0, target.blob_dtype)
    first = models[:n_walkers]
    while True:
        n_missing = n_walkers - len(kept_theta)
        if trace.n == 0:
            centres = first[np.arange(n_walkers) % len(first)]
            is_copy = np.arange(n_walkers) >= len(first)
        else:
            centres = first[np.arange(n_missing) % len(first)]
            is_copy = np.ones(n_missing, bool)
        noise = rng.standard_normal(centres.shape) * _JITTER * (high - low)
        spread = _reflect(centres + noise, low, high)
        theta = np.where(is_copy[:, None], spread, centres)
        blobs = trace(theta)
        good = blobs["cost"] <= target.max_cost
        kept_theta = np.concatenate([kept_theta, theta[good]])
        kept_blobs = np.concatenate([kept_blobs, blobs[good]])
        n_missing = n_walkers - len(kept_theta)
        if n_missing <= 0:
            _check_spread(kept_theta, target.emodel.free_names)
            return Start(kept_theta, kept_blobs, *trace.all())
        if trace.n + n_missing > max_evaluations:
            raise _too_few(len(kept_theta), n_walkers, target.max_cost, trace.n)


def from_bounds(
    target: Target,
    n_walkers: int,
    max_evaluations: int,
    rng: np.random.Generator,
) -> Start:
    """Find the valid region from the bounds alone.

    A quarter of the evaluations is drawn uniformly; the best of them move as an ensemble
    while the temperature falls geometrically from the spread of their costs to the target's, or
    lower where the largest cost asks for it.
    The search ends early once every walker lies below the target's largest cost.

    Parameters
    ----------
    target, n_walkers, rng
        See `around_models`.
    max_evaluations : int
        Evaluations that may be spent; 0 starts at uniform draws.

    Raises
    ------
    IonfoError
        If too few states lie below the target's largest cost.
    """
    trace = _Trace(target)
    low, high = target.emodel.bounds.T
    n_draws = max(n_walkers, max_evaluations // 4)
    batches = np.array_split(
        low + (high - low) * rng.random((n_draws, len(low))), max(1, n_draws // (4 * n_walkers))
    )
    for batch in batches:
        trace(batch)
    theta, blobs = trace.all()
    best = np.argsort(blobs["cost"], kind="stable")[:n_walkers]
    theta, blobs = theta[best], blobs[best]
    if max_evaluations > trace.n:
        theta, blobs = _anneal(target, trace, theta, blobs, max_evaluations, rng)
    bad = np.flatnonzero(blobs["cost"] > target.max_cost)
    if len(bad):
        theta, blobs = _replace(trace, theta, blobs, bad, target.max_cost)
    return Start(theta, blobs, *trace.all())


def _anneal(
    target: Target,
    trace: _Trace,
    theta: NDArray[np.float64],
    blobs: NDArray[np.void],
    max_evaluations: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.void]]:
    """Move the walkers while the temperature falls, until the evaluations are spent.

    It also ends when every walker lies below the target's largest cost.
    """
    n_walkers, n_parameters = theta.shape
    # states of temperature T have costs of about T times the number of parameters
    coldest = min(target.temperature, target.max_cost / n_parameters)
    hottest = max(coldest, float(np.std(blobs["cost"])))

    def unit_temperature(proposals: NDArray[np.float64]) -> list[tuple[object, ...]]:
        inside = target.is_inside(proposals)
        found = iter(trace(proposals[inside])) if inside.any() else iter(())
        nothing = np.zeros(1, target.blob_dtype)[0]
        rows: list[tuple[object, ...]] = []
        for is_inside in inside:
            one = next(found) if is_inside else nothing
            log_prob = -float(one["cost"]) / temperature if is_inside else -np.inf
            rows.append((log_prob, *one.tolist()))
        return rows

    sampler = emcee.EnsembleSampler(
        n_walkers,
        n_parameters,
        unit_temperature,
        moves=[(emcee.moves.DEMove(), 0.8), (emcee.moves.StretchMove(), 0.2)],
        blobs_dtype=target.blob_dtype,
        vectorize=True,
    )
    random_state = _legacy_random_state(rng)
    n_before = trace.n
    # proposals outside the bounds cost nothing, so the number of steps needs its own end
    for _ in range(max(1, 10 * (max_evaluations - n_before) // n_walkers)):
        if trace.n + n_walkers > max_evaluations:
            break
        if np.isfinite(target.max_cost) and (blobs["cost"] <= target.max_cost).all():
            break
        spent = (trace.n - n_before) / (max_evaluations - n_before)
        temperature = hottest * (coldest / hottest) ** spent
        state = State(
            theta,
            log_prob=-blobs["cost"] / temperature,
            blobs=blobs,
            random_state=random_state,
        )
        with warnings.catch_warnings():
            # far from the valid region all costs can be equal; that is no error here
            warnings.simplefilter("ignore", RuntimeWarning)
            state = sampler.run_mcmc(state, 1, store=False, skip_initial_state_check=True)
        theta, blobs, random_state = state.coords, state.blobs, state.random_state
    return theta, blobs


def _replace(
    trace: _Trace,
    theta: NDArray[np.float64],
    blobs: NDArray[np.void],
    bad: NDArray[np.intp],
    max_cost: float,
) -> tuple[NDArray[np.float64], NDArray[np.void]]:
    """Move walkers above the largest cost to other states that the search has met."""
    all_theta, all_blobs = trace.all()
    taken = {tuple(row) for row in theta}
    spare = [
        i
        for i in np.argsort(all_blobs["cost"], kind="stable")
        if all_blobs["cost"][i] <= max_cost and tuple(all_theta[i]) not in taken
    ]
    if len(spare) < len(bad):
        raise _too_few(len(theta) - len(bad) + len(spare), len(theta), max_cost, trace.n)
    theta, blobs = theta.copy(), blobs.copy()
    theta[bad], blobs[bad] = all_theta[spare[: len(bad)]], all_blobs[spare[: len(bad)]]
    return theta, blobs


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


def _too_few(n_found: int, n_walkers: int, max_cost: float, n_evaluations: int) -> IonfoError:
    return IonfoError(
        f"the search found {n_found} of {n_walkers} starting points with cost <= {max_cost:g} in "
        f"{n_evaluations} evaluations; raise --start-evaluations or --max-cost, or give --start"
    )


def _reflect(
    theta: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Fold points that left the bounds back inside."""
    width = high - low
    folded = np.mod(theta - low, 2 * width)
    inside: NDArray[np.float64] = np.clip(low + np.minimum(folded, 2 * width - folded), low, high)
    return inside


def _legacy_random_state(rng: np.random.Generator) -> tuple[object, ...]:
    """Make a seed for emcee, which takes the state of numpy's legacy generator."""
    legacy = np.random.RandomState(np.random.MT19937(rng.integers(2**63)))  # noqa: NPY002
    state: tuple[object, ...] = legacy.get_state()  # type: ignore[assignment]
    return state
