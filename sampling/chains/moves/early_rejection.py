"""Draw u first: the cost a proposal must stay below is then known before it is evaluated."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
from emcee.moves import Move
from emcee.state import State
from numpy.typing import NDArray

from ...evaluation.evaluator import Evaluation
from ..target import Proposal, Target, pack_blobs


@dataclass(frozen=True)
class Trial:
    """A proposal that was evaluated.

    Attributes
    ----------
    walker, number : int
        Whose it was, and which of the walker's proposals in this step.
    theta : ndarray, shape (n_parameters,)
        The proposal.
    bound : float
        The cost below which it is accepted.
    evaluation : Evaluation
        What came of it.
    is_accepted : bool
        Whether the walker moved there.
    """

    walker: int
    number: int
    theta: NDArray[np.float64]
    bound: float
    evaluation: Evaluation
    is_accepted: bool


class EarlyRejection(Move):  # type: ignore[misc]  # emcee has no types
    """Metropolis-Hastings steps of a red-blue move whose evaluations may end early.

    With density exp(-cost/T) and ln f the log Hastings factor of the move, a proposal is
    accepted when ``cost < cost_now - T (ln u - ln f)``.  The right side needs no simulation, so
    it goes with the proposal as its bound, and an evaluation that reaches it is rejected for
    certain.  The test is the same comparison whether evaluations end early or not: the chain is
    the same.

    In one step every walker makes `n_tries` proposals in turn, while the other part of the ensemble
    stays.  Proposals outside the bounds are rejected without an evaluation.  No walker of a part
    waits for another one, and each has random numbers of its own, so that the order in which
    evaluations are done does not matter.

    Parameters
    ----------
    move : RedBlueMove
        Proposes (`get_proposal`) for one of its `nsplits` parts of the ensemble at a time; may
        `learn` from what comes of it.
    target : Target
        Evaluates.
    is_early : bool
        Whether evaluations end at their bound.
    n_tries : int
        Proposals of a walker in a step; a fixed number, whatever comes of them.
    on_trials : callable, optional
        Given all trials of a step, by walker and number.
    steps_done : callable, optional
        Steps that the chain has made, by whichever move: a move that learns does so in the first of
        them.  By default those of this move.
    """

    def __init__(
        self,
        move: Any,
        target: Target,
        is_early: bool = True,
        n_tries: int = 1,
        on_trials: Callable[[list[Trial]], None] = lambda trials: None,
        steps_done: Callable[[], int] | None = None,
    ) -> None:
        self.move = move
        self.target = target
        self.is_early = is_early
        self.n_tries = n_tries
        self.on_trials = on_trials
        self.steps_done = steps_done

    def propose(self, model: Any, state: State) -> tuple[State, NDArray[np.bool_]]:
        """Move every walker, one part of the ensemble after the other."""
        random = model.random
        n_walkers = len(state.coords)
        self.move.setup(state.coords)
        part = np.arange(n_walkers) % self.move.nsplits
        random.shuffle(part)
        trials: list[Trial] = []
        for moving in range(self.move.nsplits):
            others = [
                state.coords[part == other] for other in range(self.move.nsplits) if other != moving
            ]
            walkers = np.flatnonzero(part == moving)
            seeds = random.randint(2**32, size=len(walkers), dtype=np.uint32)
            first = self._propose(walkers, self.n_tries, others, state, random)
            self.target.walk(
                [
                    self._tries(int(walker), others, state, int(seed), first[i], trials)
                    for i, (walker, seed) in enumerate(zip(walkers, seeds, strict=True))
                ],
                self.is_early,
            )
        trials.sort(key=lambda one: (one.walker, one.number))
        self.on_trials(trials)
        n_accepted = np.zeros(n_walkers, dtype=int)
        for one in trials:
            n_accepted[one.walker] += one.is_accepted
        if hasattr(self.move, "learn"):
            done = None if self.steps_done is None else self.steps_done()
            self.move.learn(state.coords, float(n_accepted.mean()) / self.n_tries, done)
        return state, n_accepted > 0

    def _propose(
        self,
        walkers: NDArray[np.intp],
        n: int,
        others: list[NDArray[np.float64]],
        state: State,
        random: np.random.RandomState,
    ) -> list[list[tuple[int, NDArray[np.float64], float]]]:
        """Make `n` proposals of each walker from where it stands.

        Gives, walker by walker, number, parameters and bound of those that must be evaluated.
        """
        at = np.repeat(walkers, n)
        q, log_factor = self.move.get_proposal(state.coords[at], others, random)
        log_u = np.log1p(-random.rand(len(at)))  # of uniform numbers in (0, 1]
        bound = self.target.bound(state.blobs["cost"][at], log_u, log_factor)
        found: list[list[tuple[int, NDArray[np.float64], float]]] = [[] for _ in walkers]
        for i in np.flatnonzero(self.target.is_inside(q) & (bound > 0)):
            found[i // n].append((int(i % n), q[i], float(bound[i])))
        return found

    def _tries(
        self,
        walker: int,
        others: list[NDArray[np.float64]],
        state: State,
        seed: int,
        proposals: list[tuple[int, NDArray[np.float64], float]],
        trials: list[Trial],
    ) -> Generator[Proposal, Evaluation, None]:
        """Make all proposals of one walker; those to be evaluated are yielded.

        While the walker stays, the `proposals` made from there hold; after it has moved, new ones
        are made with random numbers of its own.
        """
        random: np.random.RandomState | None = None
        n_made = 0
        while proposals:
            for i, q, bound in proposals:
                found = yield q, bound
                is_accepted = bool(found.cost < bound)
                trials.append(Trial(walker, n_made + i, q, bound, found, is_accepted))
                if is_accepted:
                    break
            else:
                return
            blobs = pack_blobs(self.target.emodel, [found])
            state.coords[walker], state.blobs[walker] = q, blobs[0]
            state.log_prob[walker] = self.target.log_prob(blobs["cost"])[0]
            n_made += i + 1
            if n_made == self.n_tries:
                return
            if random is None:
                random = np.random.RandomState(np.random.MT19937(seed))  # noqa: NPY002
            of_walker = np.array([walker])
            (proposals,) = self._propose(of_walker, self.n_tries - n_made, others, state, random)
