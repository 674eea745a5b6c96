"""The search for starting points: seeded, bounded in evaluations, stored apart.

Without a file it draws from the bounds and keeps the best.  They move while a temperature falls,
first on the mean of the scores, which still tells good from bad where some feature is missing
and every maximum is 250; then on the cost of the sampler, to its own temperature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import emcee
import numpy as np
from emcee.model import Model
from emcee.state import State
from numpy.typing import NDArray

from ...errors import IonfoError
from ...features import combine_cost
from ..evaluation.evaluator import Evaluation
from .learning.density import N_INNER, SurrogateDensity
from .learning.fitting import fit_surrogate
from .learning.threads import one_thread
from .learning.training_data import Evaluated, joined
from .moves import EarlyRejection
from .moves.surrogate import walk
from .settings import START_SPREAD
from .target import Target, blob_dtype, pack_blobs

_FIRST = 500
"""Evaluations of a search of which half go before the surrogates."""


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
            raise _too_few(len(kept_theta), n_walkers, target.max_cost, n_tried)


def from_bounds(
    target: Target,
    n_walkers: int,
    max_evaluations: int,
    rng: np.random.Generator,
    learned: Evaluated | None = None,
    n_rows: int = 0,
) -> Start:
    """Find the valid region from the bounds alone, or with what is known of it.

    A quarter of the first 500 evaluations is drawn uniformly; the best move as an ensemble for
    another quarter, on the mean score, while a temperature falls geometrically from the spread of
    their costs to the target's, or lower where the largest cost asks for it.  All others are
    proposed by surrogates of what was seen so far; where too little is known for one, they are
    moves on the target's cost, and after a quarter of those surrogates are tried again.
    Evaluations end where they are certain to be of no use.  The search ends early once as many
    states below the target's largest cost were met as there are walkers.

    Surrogates that have learned from evaluations of others need no such beginning: they lead the
    walkers from one uniform draw each.

    Parameters
    ----------
    target, n_walkers, rng
        See `around_models`.
    max_evaluations : int
        Evaluations that may be spent; 0 starts at uniform draws.
    learned : Evaluated, optional
        What surrogates learn from besides what the search itself sees.
    n_rows : int
        Whole evaluations with all features that the search should not end without, because a
        surrogate is to be fitted to them.

    Raises
    ------
    IonfoError
        If too few states lie below the target's largest cost.
    """
    search = _Search(target, n_walkers, max_evaluations, rng, learned, n_rows)
    coldest = 1.0 / len(target.emodel.free_names)
    if learned is None:
        first = min(max_evaluations, _FIRST)
        search.draw(max(n_walkers, first // 4))
        search.anneal(replace(target, cost="mean", max_cost=np.inf), coldest, first // 2)
    else:
        search.draw(n_walkers)
    # states of temperature T have costs of about T times the number of parameters
    coldest = min(target.temperature, target.max_cost * coldest)
    for is_last in (False, True):  # surrogates that were of no use may be once more is known
        search.leap(max_evaluations)
        n_left = max_evaluations - search.n_tried
        search.anneal(target, coldest, max_evaluations - (0 if is_last else n_left - n_left // 4))
    return search.start()


class _Search:
    """Walkers that are looking for the valid region, and the whole evaluations they have seen.

    Blobs always hold the target's own cost.
    """

    def __init__(
        self,
        target: Target,
        n_walkers: int,
        max_evaluations: int,
        rng: np.random.Generator,
        learned: Evaluated | None,
        n_rows: int,
    ) -> None:
        self.target = target
        self.n_walkers = n_walkers
        self.max_evaluations = max_evaluations
        self.rng = rng
        self.learned = learned
        self.n_rows = n_rows
        self.n_tried = 0
        self.theta: NDArray[np.float64] = np.empty((0, len(target.emodel.free_names)))
        self.blobs: NDArray[np.void] = np.empty(0, blob_dtype(target.emodel))
        self._whole: list[tuple[NDArray[np.float64], NDArray[np.void]]] = []

    def draw(self, n: int) -> None:
        """Draw uniformly and keep the best by their mean score."""
        low, high = self.target.emodel.bounds.T
        mean = replace(self.target, cost="mean", max_cost=np.inf)
        draws = low + (high - low) * self.rng.random((n, len(low)))
        costs: NDArray[np.float64] = np.empty(0)
        for batch in np.array_split(draws, max(1, n // self.n_walkers)):
            is_full = len(costs) == self.n_walkers
            blobs = self._evaluate(mean, batch, costs.max() if is_full else np.inf)
            costs = np.concatenate([costs, blobs["cost"]])
            theta, own = np.concatenate([self.theta, batch]), self._own(blobs)
            blobs = np.concatenate([self.blobs, own])
            best = np.sort(np.argsort(costs, kind="stable")[: self.n_walkers])
            self.theta, self.blobs, costs = theta[best], blobs[best], costs[best]

    def anneal(self, target: Target, coldest: float, until: int) -> None:
        """Move the walkers while the temperature falls, until so many evaluations are spent.

        It also ends when as many states below the largest cost were met as there are walkers, and
        as many whole evaluations as a surrogate asks for.
        """
        blobs = self.blobs.copy()
        blobs["cost"] = [combine_cost(one, target.cost or "max") for one in blobs["scores"]]
        hottest = max(coldest, float(np.std(blobs["cost"])))
        random = np.random.RandomState(  # noqa: NPY002  emcee takes numpy's legacy generator
            np.random.MT19937(self.rng.integers(2**63))
        )
        model = Model(None, None, None, random)
        moves = [emcee.moves.DEMove(), emcee.moves.StretchMove()]
        n_before = self.n_tried
        state = State(self.theta, log_prob=-blobs["cost"], blobs=blobs)
        # proposals outside the bounds cost nothing, so the number of steps needs its own end
        for _ in range(10 * (until - n_before) // self.n_walkers):
            if self.n_tried + self.n_walkers > until or self._is_there():
                break
            spent = (self.n_tried - n_before) / (until - n_before)
            temperature = hottest * (coldest / hottest) ** spent
            move = moves[int(random.rand() < 0.2)]
            tempered = replace(target, temperature=temperature, max_cost=np.inf, on_batch=self._see)
            state, _ = EarlyRejection(move, tempered).propose(model, state)
            self.theta, self.blobs = state.coords.copy(), self._own(state.blobs)

    def leap(self, until: int) -> None:
        """Go where surrogates expect the target's states, and learn from what is there.

        Every round proposes one state for every walker and keeps the best of all so far.  It ends
        like `anneal`, where too little is known for a surrogate, and when a round finds nothing
        better: then the surrogate is of no use here.
        """
        random = np.random.RandomState(  # noqa: NPY002  walks take numpy's legacy generator
            np.random.MT19937(self.rng.integers(2**63))
        )
        low, high = self.target.emodel.bounds.T
        n_known = 0
        while self.n_tried + self.n_walkers <= until and not self._is_there():
            theta = np.array([one for one, _ in self._whole])
            blobs = np.array([blob for _, blob in self._whole])
            seen = Evaluated(theta, blobs["features"], np.isfinite(blobs["scores"]))
            known = joined(seen, self.learned)
            try:
                surrogate = fit_surrogate(self.target.emodel, known, ("quadratic",))
            except IonfoError:
                return
            best = np.argsort(blobs["cost"], kind="stable")[: self.n_walkers]
            self.theta, self.blobs = theta[best], blobs[best]
            if best.max() < n_known:
                return
            n_known = len(theta)
            density = SurrogateDensity(
                surrogate,
                np.zeros((1, len(self.target.emodel.features))),  # doubts are for chains
                self.target.emodel.bounds,
                self.target.temperature,
                self.target.max_cost,
                self.target.cost or "max",
            )
            unit = (self.theta - low) / (high - low)
            with one_thread():
                ahead, _ = walk(density, unit, unit, random, N_INNER)
            self._evaluate(self.target, np.clip(low + ahead * (high - low), low, high), np.inf)

    def start(self) -> Start:
        """Give the walkers; those above the largest cost go to other good states it has met."""
        bad, spare = self._bad(), self._spare()
        if len(spare) < len(bad):
            n_found = self.n_walkers - len(bad) + len(spare)
            raise _too_few(n_found, self.n_walkers, self.target.max_cost, self.n_tried)
        spare.sort(key=lambda one: float(one[1]["cost"]))
        for i, (theta, blob) in zip(bad, spare, strict=False):
            self.theta[i], self.blobs[i] = theta, blob
        return Start(self.theta, self.blobs)

    def _is_there(self) -> bool:
        n_whole = sum(bool(np.isfinite(blob["features"]).all()) for _, blob in self._whole)
        if n_whole < self.n_rows:
            return False
        # walkers that are stuck where a feature is missing must not hold up the others
        return np.isfinite(self.target.max_cost) and len(self._bad()) <= len(self._spare())

    def _bad(self) -> NDArray[np.intp]:
        """Walkers above the largest cost."""
        return np.flatnonzero(self.blobs["cost"] > self.target.max_cost)

    def _spare(self) -> list[tuple[NDArray[np.float64], NDArray[np.void]]]:
        """Good states that were met and where no walker is."""
        taken = {tuple(row) for row in self.theta}
        limit = self.target.max_cost
        return [
            (theta, blob)
            for theta, blob in self._whole
            if blob["cost"] <= limit and tuple(theta) not in taken
        ]

    def _evaluate(
        self, target: Target, theta: NDArray[np.float64], bound: float
    ) -> NDArray[np.void]:
        seen = replace(target, on_batch=self._see)
        return pack_blobs(target.emodel, seen.evaluate(theta, np.full(len(theta), bound)))

    def _see(self, thetas: NDArray[np.float64], evaluations: list[Evaluation]) -> None:
        """Count, and keep what was evaluated whole."""
        self.n_tried += len(thetas)
        own = self._own(pack_blobs(self.target.emodel, evaluations))
        for theta, one, blob in zip(thetas, evaluations, own, strict=True):
            if one.rejected_by is None:
                self._whole.append((theta.copy(), blob))

    def _own(self, blobs: NDArray[np.void]) -> NDArray[np.void]:
        """Give the same blobs with the target's own cost."""
        own = blobs.copy()
        own["cost"] = [
            np.inf if np.isnan(one).any() else combine_cost(one, self.target.cost or "max")
            for one in blobs["scores"]
        ]
        return own


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
