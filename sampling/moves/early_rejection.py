"""Draw u first: the cost a proposal must stay below is then known before it is evaluated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from emcee.moves import Move
from emcee.state import State
from numpy.typing import NDArray

from ..evaluator import Evaluation
from ..target import Target, pack_blobs

OnRejected = Callable[
    [NDArray[np.intp], NDArray[np.float64], NDArray[np.float64], list[Evaluation]], None
]
OnLeft = Callable[
    [NDArray[np.intp], NDArray[np.float64], NDArray[np.void], NDArray[np.float64]], None
]


class EarlyRejection(Move):  # type: ignore[misc]  # emcee has no types
    """Metropolis-Hastings steps of a red-blue move whose evaluations may end early.

    With density exp(-cost/T) and ln f the log Hastings factor of the move, a proposal is
    accepted when ``cost < cost_now - T (ln u - ln f)``.  The right side needs no simulation, so
    it goes with the proposal as its bound, and an evaluation that reaches it is rejected for
    certain.  The test is the same comparison whether evaluations end early or not: the chain is
    the same.

    In one step every walker makes `n_tries` proposals in turn, while the other part of the ensemble
    stays.  Proposals outside the bounds are rejected without an evaluation, so that with as many
    tries as it takes to fall inside once, each step keeps all workers busy.

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
    on_rejected : callable, optional
        Given walkers, parameters, bounds and evaluations of what was evaluated and rejected.
    on_left : callable, optional
        Given walkers, parameters and blobs of states that were accepted and left in one step.
    """

    def __init__(
        self,
        move: Any,
        target: Target,
        is_early: bool = True,
        n_tries: int = 1,
        on_rejected: OnRejected | None = None,
        on_left: OnLeft | None = None,
    ) -> None:
        self.move = move
        self.target = target
        self.is_early = is_early
        self.n_tries = n_tries
        self.on_rejected = on_rejected
        self.on_left = on_left

    def propose(self, model: Any, state: State) -> tuple[State, NDArray[np.bool_]]:
        """Move every walker, one part of the ensemble after the other."""
        random = model.random
        n_walkers = len(state.coords)
        n_accepted = np.zeros(n_walkers, dtype=int)
        self.move.setup(state.coords)
        part = np.arange(n_walkers) % self.move.nsplits
        random.shuffle(part)
        for moving in range(self.move.nsplits):
            others = [
                state.coords[part == other] for other in range(self.move.nsplits) if other != moving
            ]
            self._move_part(np.flatnonzero(part == moving), others, state, random, n_accepted)
        if hasattr(self.move, "learn"):
            self.move.learn(state.coords, float(n_accepted.mean()) / self.n_tries)
        return state, n_accepted > 0

    def _move_part(
        self,
        walkers: NDArray[np.intp],
        others: list[NDArray[np.float64]],
        state: State,
        random: np.random.RandomState,
        n_accepted: NDArray[np.int_],
    ) -> None:
        """Let walkers make all their proposals, given the others."""
        n_left = np.full(len(walkers), self.n_tries)
        q = state.coords[walkers]
        bound = np.zeros(len(walkers))
        while True:
            # everyone goes on until a proposal must be evaluated, or none is left
            is_waiting = np.zeros(len(walkers), dtype=bool)
            while (going := np.flatnonzero((n_left > 0) & ~is_waiting)).size:
                at = walkers[going]
                q[going], log_factor = self.move.get_proposal(state.coords[at], others, random)
                u = random.rand(len(going))
                with np.errstate(divide="ignore"):
                    bound[going] = self.target.bound(state.blobs["cost"][at], np.log(u), log_factor)
                n_left[going] -= 1
                is_waiting[going] = self.target.is_inside(q[going]) & (bound[going] > 0)
            waiting = np.flatnonzero(is_waiting)
            if waiting.size == 0:
                return
            self._evaluate(walkers[waiting], q[waiting], bound[waiting], state, n_accepted)

    def _evaluate(
        self,
        walkers: NDArray[np.intp],
        q: NDArray[np.float64],
        bound: NDArray[np.float64],
        state: State,
        n_accepted: NDArray[np.int_],
    ) -> None:
        """Evaluate one proposal of each walker, and move those that accept."""
        target = self.target
        evaluations = target.evaluate(q, bound if self.is_early else None)
        blobs = pack_blobs(target.emodel, evaluations)
        is_taken = blobs["cost"] < bound
        left = walkers[is_taken & (n_accepted[walkers] > 0)]
        if self.on_left is not None and len(left):
            self.on_left(left, state.coords[left], state.blobs[left], state.log_prob[left])
        taken = walkers[is_taken]
        state.coords[taken] = q[is_taken]
        state.blobs[taken] = blobs[is_taken]
        state.log_prob[taken] = target.log_prob(blobs["cost"][is_taken])
        n_accepted[taken] += 1
        if self.on_rejected is not None and not is_taken.all():
            lost = np.flatnonzero(~is_taken)
            self.on_rejected(walkers[lost], q[lost], bound[lost], [evaluations[i] for i in lost])
