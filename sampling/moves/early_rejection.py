"""Draw u first: the cost a proposal must stay below is then known before it is evaluated."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
from emcee.moves import Move
from emcee.state import State
from numpy.typing import NDArray

from ..evaluator import Evaluation
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
    """

    def __init__(
        self,
        move: Any,
        target: Target,
        is_early: bool = True,
        n_tries: int = 1,
        on_trials: Callable[[list[Trial]], None] = lambda trials: None,
    ) -> None:
        self.move = move
        self.target = target
        self.is_early = is_early
        self.n_tries = n_tries
        self.on_trials = on_trials

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
            self.target.walk(
                [
                    self._tries(int(walker), others, state, int(seed), trials)
                    for walker, seed in zip(walkers, seeds, strict=True)
                ],
                self.is_early,
            )
        trials.sort(key=lambda one: (one.walker, one.number))
        self.on_trials(trials)
        n_accepted = np.zeros(n_walkers, dtype=int)
        for one in trials:
            n_accepted[one.walker] += one.is_accepted
        if hasattr(self.move, "learn"):
            self.move.learn(state.coords, float(n_accepted.mean()) / self.n_tries)
        return state, n_accepted > 0

    def _tries(
        self,
        walker: int,
        others: list[NDArray[np.float64]],
        state: State,
        seed: int,
        trials: list[Trial],
    ) -> Generator[Proposal, Evaluation, None]:
        """Make all proposals of one walker; those to be evaluated are yielded."""
        random = np.random.RandomState(np.random.MT19937(seed))  # noqa: NPY002
        made = 0
        while made < self.n_tries:
            # while the walker stays, its proposals can be made together
            n = self.n_tries - made
            here = np.repeat(state.coords[walker][None], n, axis=0)
            q, log_factor = self.move.get_proposal(here, others, random)
            log_u = np.log1p(-random.rand(n))  # of uniform numbers in (0, 1]
            cost = np.full(n, state.blobs["cost"][walker])
            bound = self.target.bound(cost, log_u, log_factor)
            for i in np.flatnonzero(self.target.is_inside(q) & (bound > 0)):
                found = yield q[i], float(bound[i])
                is_accepted = bool(found.cost < bound[i])
                trials.append(
                    Trial(walker, made + int(i), q[i], float(bound[i]), found, is_accepted)
                )
                if is_accepted:
                    blobs = pack_blobs(self.target.emodel, [found])
                    state.coords[walker], state.blobs[walker] = q[i], blobs[0]
                    state.log_prob[walker] = self.target.log_prob(blobs["cost"])[0]
                    made += int(i) + 1
                    break
            else:
                made = self.n_tries
