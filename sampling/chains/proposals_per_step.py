"""How many proposals a walker makes in a step, so that about four of them must be evaluated.

Proposals outside the bounds are rejected at no cost; where most of them are, steps of a single
proposal would leave the workers idle, and the more evaluations a walker makes in a step, the less
do walkers differ in how long they take.  The number is fixed before the chains start: it may
not depend on where they go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

EVALUATIONS_PER_STEP = 4.0
"""Of a walker, roughly."""
_MOST = 60
_ROUNDS = 20


def choose_tries(
    moves: Sequence[tuple[Any, float]],
    starts: Sequence[NDArray[np.float64]],
    is_inside: Callable[[NDArray[np.float64]], NDArray[np.bool_]],
    random: np.random.RandomState,
    per_step: float = EVALUATIONS_PER_STEP,
) -> int:
    """Count how many proposals from the starting points it takes to fall inside the bounds.

    Parameters
    ----------
    moves : sequence of (move, probability)
        The mixture.
    starts : sequence of ndarray, shape (n_walkers, n_parameters)
        Starting points of each ensemble.
    is_inside : callable
        Whether each row lies inside the bounds.
    random : numpy.random.RandomState
        Makes the proposals.
    per_step : float
        Evaluations of a walker in a step; one where a proposal is a long walk by itself, which is
        made for many walkers at once and again for each that moves within a step.
    """
    share = 0.0
    for move, weight in moves:
        inside: list[NDArray[np.bool_]] = []
        for start in starts:
            move.setup(start)
            for _ in range(_ROUNDS):
                part = np.arange(len(start)) % move.nsplits
                random.shuffle(part)
                others = [start[part == other] for other in range(1, move.nsplits)]
                q, _ = move.get_proposal(start[part == 0], others, random)
                inside.append(is_inside(q))
        share += weight * float(np.concatenate(inside).mean())
    return int(np.clip(round(per_step / max(share, 1 / _MOST)), 1, _MOST))
