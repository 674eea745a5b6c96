"""The search for starting points: seeded, bounded in evaluations, stored apart.

It goes in stages, the cheap one first: short protocols alone show where it is worth while to run
the long ones.  In each, Gaussian processes learn from all that was evaluated, and walks on what
they expect propose what to evaluate next.  Where they know too little, an ensemble moves while a
temperature falls, first on the mean of the scores, which still tells good from bad where some
feature is missing and every maximum is 250.
"""

from __future__ import annotations

from dataclasses import replace

import emcee
import numpy as np
from emcee.model import Model
from emcee.state import State
from numpy.typing import NDArray
from scipy.stats.qmc import Sobol

from ...emodels import cheap_first
from ..evaluation.evaluator import Evaluation
from .learning.density import SurrogateDensity
from .learning.fitting import N_RESIDUALS
from .learning.gaussian_process import fit_gaussian_process
from .learning.threads import one_thread
from .learning.training_data import Evaluated
from .learning.walk import walk
from .moves import EarlyRejection
from .seen import Flags, Seen, with_cost
from .start import Start, too_few
from .target import Target, blob_dtype

Array = NDArray[np.float64]

_N_TIMED = 8  # whole evaluations that tell what protocols take
_CHEAP = 0.5  # of the integrator steps: what protocols may take that go first
_WALK = 500  # steps on what is expected
_FEWEST = 10  # evaluations with all features of a stage, to learn how wrong expectations are
_FOLDS = 5


def from_bounds(
    target: Target,
    n_walkers: int,
    max_evaluations: int,
    rng: np.random.Generator,
    learned: Evaluated | None = None,
    n_rows: int = 0,
) -> Start:
    """Find the valid region from the bounds alone, or with what is known of it.

    1. Points that fill the bounds evenly (Sobol) are evaluated: a few wholly, which tells what
       each protocol takes, the others by those short protocols that take half of the steps at
       most.
    2. Rounds of one proposal a walker: Gaussian processes of the features of the short protocols
       learn from all that is known, walkers walk on the density that these expect with their
       doubts, and where they end is evaluated; until as many states as walkers are below the
       target's largest cost, as far as short protocols tell.
    3. These are evaluated wholly, and rounds go on with all features.  Evaluations end where
       they are certain to be of no use.

    Where too little is known, or a round finds nothing better, an ensemble moves on while a
    temperature falls, and rounds are tried again.  The search ends early once as many states
    below the target's largest cost were met as there are walkers; without a largest cost, states
    as cheap as those of its temperature: the temperature times the number of parameters.

    Evaluations of others take the place of 1 and 2.

    Parameters
    ----------
    target, n_walkers, rng
        See `ionfo.sampling.chains.start.around_models`.
    max_evaluations : int
        Evaluations that may be spent; 0 starts at points that fill the bounds.
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
    search.scatter()
    if search.cheap is not None:
        search.climb(max_evaluations // 2, search.cheap)
        search.promote(search.cheap)
    n_parameters = len(target.emodel.free_names)
    mean = replace(target, cost="mean", max_cost=np.inf)
    for moved, coldest, share in ((mean, 1.0 / n_parameters, 4), (target, search.coldest, 4),
                                  (target, search.coldest, 1)):  # fmt: skip
        search.climb(max_evaluations)
        search.anneal(moved, coldest, search.n_tried + (max_evaluations - search.n_tried) // share)
    return search.start()


class _Search:
    """Walkers that are looking for the valid region, and what they have seen."""

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
        self.seen = Seen(target.emodel, target.cost or "max")
        self.theta: Array = np.empty((0, len(target.emodel.free_names)))
        self.blobs: NDArray[np.void] = np.empty(0, blob_dtype(target.emodel))
        self.cheap: tuple[str, ...] | None = None
        """Protocols that go first; None where no part is cheap."""
        # states of temperature T have costs of about T times the number of parameters
        n_parameters = len(target.emodel.free_names)
        self._limit = target.max_cost
        if np.isinf(self._limit):
            self._limit = target.temperature * n_parameters
        self.coldest = min(target.temperature, self._limit / n_parameters)
        """The temperature of states below the largest cost."""

    def scatter(self) -> None:
        """Evaluate points that fill the bounds evenly, and find what is cheap."""
        low, high = self.target.emodel.bounds.T
        n = max(self.n_walkers, 3 * len(low)) if self.learned is None else self.n_walkers
        n = max(self.n_walkers, min(_power_of_two(n), self.max_evaluations // 4))
        # shifted, not scrambled, so that the numbers hang on no version of SciPy
        even = Sobol(len(low), scramble=False).random(_power_of_two(n))[:n]
        theta = low + (high - low) * np.mod(even + self.rng.random(len(low)), 1.0)
        if self.learned is None and self.max_evaluations >= n + 2 * self.n_walkers:
            found = self._evaluate(self.target, theta[:_N_TIMED])
            self.cheap = self._cheap(found)
            theta = theta[_N_TIMED:]
        self._evaluate(replace(self.target, order=self.cheap or self.target.order), theta)
        self._settle()

    def climb(self, until: int, protocols: tuple[str, ...] | None = None) -> None:
        """Go where states are expected, and learn from what is there, round after round.

        It ends after so many evaluations, when enough states are found, where too little is known
        to expect anything, and when a round finds nothing better than what is known.

        Parameters
        ----------
        until : int
            Evaluations of the whole search.
        protocols : tuple of str, optional
            To run and judge by; all by default.
        """
        random = np.random.RandomState(  # noqa: NPY002  walks take numpy's legacy generator
            np.random.MT19937(self.rng.integers(2**63))
        )
        target = replace(self.target, order=protocols or self.target.order)
        wanted = self._features(protocols)
        low, high = target.emodel.bounds.T
        n_known = 0
        while self.n_tried + self.n_walkers <= until and not self._is_there(wanted):
            rows, cost = self.seen.best(wanted)
            rows, cost = rows[: self.n_walkers], cost[: self.n_walkers]
            # a round that brought none of the best was of no use
            if len(rows) < self.n_walkers or rows.max() < n_known:
                break
            n_known = len(self.seen)
            ahead = self._expected(wanted, random)
            if ahead is None:
                break
            bound = np.inf
            if protocols is None:
                bound = max(cost[-1], np.nextafter(self._limit, np.inf))
            self._evaluate(target, np.clip(low + ahead * (high - low), low, high), bound)
        self._settle()

    def promote(self, protocols: tuple[str, ...]) -> None:
        """Evaluate the best wholly of which only these protocols were run."""
        whole = set(self.seen.best()[0].tolist())
        rows = [i for i in self.seen.best(self._features(protocols))[0] if i not in whole]
        n = min(self.n_walkers, self.max_evaluations - self.n_tried)
        if rows:
            self._evaluate(self.target, np.array([self.seen.theta[i] for i in rows[:n]]))
        self._settle()

    def anneal(self, target: Target, coldest: float, until: int) -> None:
        """Move the walkers while the temperature falls, until so many evaluations are spent.

        It also ends when enough states are found.
        """
        blobs = with_cost(self.blobs, target.cost or "max")
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
            self.theta, self.blobs = state.coords.copy(), with_cost(state.blobs, self.seen.cost)

    def start(self) -> Start:
        """Give the walkers; those above the largest cost go to other good states it has met."""
        limit = self.target.max_cost
        bad = np.flatnonzero(self.blobs["cost"] > limit)
        taken = {tuple(row) for row in self.theta}
        rows, cost = self.seen.best()
        good = rows[cost <= limit]
        spare = [i for i in good if tuple(self.seen.theta[i]) not in taken]
        if len(spare) < len(bad):
            n_found = self.n_walkers - len(bad) + len(spare)
            raise too_few(n_found, self.n_walkers, limit, self.n_tried)
        for i, row in zip(bad, spare, strict=False):
            self.theta[i], self.blobs[i] = self.seen.theta[row], self.seen.blobs[row]
        return Start(self.theta, self.blobs)

    def _expected(self, wanted: Flags, random: np.random.RandomState) -> Array | None:
        """Propose where good states are expected, as fractions of the bounds, one a walker."""
        known = self.seen.known(wanted, self.learned)
        is_whole = known.is_known.all(axis=1)
        if is_whole.sum() < _FEWEST:
            return None
        process, wrong = fit_gaussian_process(known, np.arange(len(known.unit)) % _FOLDS)
        whole = np.flatnonzero(is_whole)
        nearest = whole[np.argsort(-known.weight[whole], kind="stable")][:N_RESIDUALS]
        density = SurrogateDensity(
            process,
            wrong[nearest],
            self.target.emodel.bounds,
            self.coldest,
            self._limit,
            self.seen.cost,
        )
        with one_thread():
            best = np.argsort(-density(known.unit), kind="stable")[: self.n_walkers]
            begin = known.unit[best[np.arange(self.n_walkers) % len(best)]]
            ahead, _ = walk(density, begin, begin, random, _WALK)
        return ahead

    def _cheap(self, timed: list[Evaluation]) -> tuple[str, ...] | None:
        """Give the short protocols that take a part of the steps, if they tell anything."""
        order = self.target.order or cheap_first(self.target.emodel)
        steps = [sum(one.protocol_steps.get(name, 0) for one in timed) for name in order]
        if not sum(steps):
            return None
        is_cheap = np.cumsum(steps) <= _CHEAP * sum(steps)
        n = int(np.argmin(np.append(is_cheap, False)))
        return tuple(order[:n]) if self._features(order[:n]).any() and n < len(order) else None

    def _features(self, protocols: tuple[str, ...] | None) -> Flags:
        """Which features belong to protocols; all of None."""
        targets = self.target.emodel.targets
        return np.array([protocols is None or one.protocol in protocols for one in targets])

    def _is_there(self, wanted: Flags | None = None) -> bool:
        is_all = wanted is None or bool(wanted.all())
        if is_all and self.seen.n_whole() < self.n_rows:
            return False
        return int(np.sum(self.seen.best(wanted)[1] <= self._limit)) >= self.n_walkers

    def _settle(self) -> None:
        """Put the walkers at the best states."""
        rows = self.seen.best()[0][: self.n_walkers]
        if len(rows) == self.n_walkers:
            self.theta = np.array([self.seen.theta[i] for i in rows])
            self.blobs = np.array([self.seen.blobs[i] for i in rows])

    def _evaluate(self, target: Target, theta: Array, bound: float = np.inf) -> list[Evaluation]:
        seen = replace(target, on_batch=self._see)
        return seen.evaluate(theta, np.full(len(theta), bound))

    def _see(self, thetas: Array, evaluations: list[Evaluation]) -> None:
        self.n_tried += len(thetas)
        self.seen.add(thetas, evaluations)


def _power_of_two(n: int) -> int:
    """Give the next one, with which a Sobol sequence is balanced."""
    return 1 << (n - 1).bit_length()
