"""Draw u first: the cost a proposal must stay below is then known before it is evaluated."""

from __future__ import annotations

from typing import Any

import numpy as np
from emcee.moves import Move
from emcee.state import State
from numpy.typing import NDArray

from ..target import Target


class EarlyRejection(Move):  # type: ignore[misc]  # emcee has no types
    """Metropolis-Hastings step of a red-blue move whose evaluations may end early.

    With density exp(-cost/T) and ln f the log Hastings factor of the move, a proposal is
    accepted when ``cost < cost_now - T (ln u - ln f)``.  The right side needs no simulation, so
    it goes with the proposal as its bound, and an evaluation that reaches it is rejected for
    certain.  The test is the same comparison whether evaluations end early or not: the chain is
    the same.

    Parameters
    ----------
    move : RedBlueMove
        Proposes (`get_proposal`).
    target : Target
        Evaluates.
    is_early : bool
        Whether evaluations end at their bound.
    """

    def __init__(self, move: Any, target: Target, is_early: bool = True) -> None:
        self.move = move
        self.target = target
        self.is_early = is_early

    def propose(self, model: Any, state: State) -> tuple[State, NDArray[np.bool_]]:
        """Move every walker once, one part of the ensemble after the other."""
        target, random = self.target, model.random
        n_walkers = len(state.coords)
        accepted = np.zeros(n_walkers, dtype=bool)
        self.move.setup(state.coords)
        part = np.arange(n_walkers) % self.move.nsplits
        random.shuffle(part)
        for moving in range(self.move.nsplits):
            walkers = np.flatnonzero(part == moving)
            others = [
                state.coords[part == other] for other in range(self.move.nsplits) if other != moving
            ]
            q, log_factor = self.move.get_proposal(state.coords[walkers], others, random)
            u = random.rand(len(walkers))
            with np.errstate(divide="ignore"):
                bound = target.bound(state.blobs["cost"][walkers], np.log(u), log_factor)
            inside = np.flatnonzero(target.is_inside(q) & (bound > 0))
            if len(inside) == 0:
                continue
            evaluations = target.evaluate(q[inside], bound[inside] if self.is_early else None)
            blobs = target.blobs(evaluations)
            taken = np.flatnonzero(blobs["cost"] < bound[inside])
            moved, at = walkers[inside[taken]], inside[taken]
            state.coords[moved] = q[at]
            state.blobs[moved] = blobs[taken]
            state.log_prob[moved] = target.log_prob(blobs["cost"][taken])
            accepted[moved] = True
        return state, accepted
