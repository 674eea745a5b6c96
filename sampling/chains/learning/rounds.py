"""Rounds of learning in the burn-in: walk on what is known, evaluate, fit again; then freeze."""

from __future__ import annotations

import emcee
import numpy as np
from emcee.model import Model
from emcee.state import State
from numpy.typing import NDArray

from ..moves import EarlyRejection
from ..moves.surrogate import SurrogateMove
from ..start import Start
from ..target import Target
from .density import N_INNER, SurrogateDensity
from .threads import one_thread
from .walk import walk

Array = NDArray[np.float64]

EVALUATIONS_PER_ROUND = 300
"""Of all ensembles together, as near as whole steps come; then surrogates are fitted again."""

SHARE_OF_DIFFERENCES = 0.2
"""Of the steps of a round that are differential evolution, which leads out of dead ends."""

FAR_ENOUGH = 1.9
"""Mean squared jump in variances after which a walk counts as independent of its beginning: 2 is
that of independent draws."""

_SURELY_LESS = 2.5
"""Standard errors by which a parameter must lie below that to count as one that is slow."""

_LONGEST_WALK = 6400
STEPS_TO_SETTLE = 1000
"""Of walks on a density before they count."""


def evaluations_of_round(n_ensembles: int, n_walkers: int) -> int:
    """How many evaluations one ensemble makes in a round, where none falls outside the bounds."""
    return max(1, round(EVALUATIONS_PER_ROUND / n_ensembles / n_walkers)) * n_walkers


def walk_round(
    target: Target,
    start: Start,
    density: SurrogateDensity,
    n_evaluations: int,
    random: np.random.RandomState,
) -> Start:
    """Let one ensemble walk on the target with the surrogate of the day.

    Parameters
    ----------
    target : Target
        Evaluates; its density is that of the chain.
    start : Start
        Where the walkers stand.
    density : SurrogateDensity
        What proposals walk on.
    n_evaluations : int
        The round ends with the step after which it is nearest to so many.
    random : numpy.random.RandomState
        Of the round.

    Returns
    -------
    Start
        Where the walkers stand then.
    """
    state = State(
        start.theta.copy(), log_prob=target.log_prob(start.blobs["cost"]), blobs=start.blobs.copy()
    )
    model = Model(None, None, None, random)
    moves = [EarlyRejection(SurrogateMove(density, target.pool), target),
             EarlyRejection(emcee.moves.DEMove(), target)]  # fmt: skip
    n_begun = target.counts.n_evaluations
    # proposals outside the bounds cost nothing, so the number of steps needs its own end
    for _ in range(20 * n_evaluations):
        n_done = target.counts.n_evaluations - n_begun
        if n_done and n_done + len(start.theta) / 2 > n_evaluations:
            break
        state, _ = moves[int(random.rand() < SHARE_OF_DIFFERENCES)].propose(model, state)
    return Start(state.coords, state.blobs)


def length_of_walks(
    density: SurrogateDensity, theta: Array, random: np.random.RandomState
) -> tuple[int, float]:
    """Find the steps after which a walk on the density has nearly forgotten where it began.

    Parameters
    ----------
    density : SurrogateDensity
        What is walked on.
    theta : ndarray, shape (n, n_parameters)
        Where walks begin; they settle first.
    random : numpy.random.RandomState
        Of the walks.

    Returns
    -------
    int
        200, or as often doubled until the squared jump, averaged over parameters, is at least 1.9
        variances, and that of none lies below by more than chance; 6,400 where even those are too
        few.
    float
        That squared jump, averaged over parameters, in variances.
    """
    low, high = density.bounds.T
    here = (theta - low) / (high - low)
    with one_thread():
        here, _ = walk(density, here, here, random, STEPS_TO_SETTLE)
        begin, n_done = here, 0
        for n_steps in _doubled(N_INNER, _LONGEST_WALK):
            here, _ = walk(density, here, begin, random, n_steps - n_done)
            n_done = n_steps
            variance = np.var(np.vstack([begin, here]), axis=0)
            jump = np.mean((here - begin) ** 2, axis=0) / variance
            error = np.sqrt(8 / len(here))  # of the squared distance of two normal points
            if jump.mean() >= FAR_ENOUGH and jump.min() >= FAR_ENOUGH - _SURELY_LESS * error:
                break
    return n_done, float(jump.mean())


def _doubled(first: int, last: int) -> list[int]:
    found = [first]
    while found[-1] * 2 <= last:
        found.append(found[-1] * 2)
    return found
