"""A long walk on a surrogate of the model, taken as one proposal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...evaluation.pool import Pool, SerialPool
from ..learning.density import SurrogateDensity
from ..learning.walk import walk_in_pieces

Array = NDArray[np.float64]

_SHARE_SHORT = 0.25  # of walks that are short
_SHORT = (3, 10, 30)  # steps


class SurrogateMove:
    """Surrogate transition (Liu 2001, Monte Carlo Strategies in Scientific Computing, 9.4.3).

    A walker makes as many Metropolis steps on the surrogate's density q as that asks for, and
    where it then stands is the proposal.  The walk is reversible with respect to q, so the log
    Hastings factor is ln q(from) - ln q(to): the chain keeps its own density, however wrong the
    surrogate is, and is the better the less it is wrong.  The surrogate does not change while the
    chain runs.

    A quarter of the walks are short, whatever the state is: where q is far too small, a walker that
    walks far is stuck, since it hardly ever ends where q is as small, and short walks lead it out.

    Parameters
    ----------
    density : SurrogateDensity
        The log of q, with the steps of a walk.
    pool : Pool, optional
        Who walks; by default this process.
    """

    nsplits = 2

    def __init__(self, density: SurrogateDensity, pool: Pool | None = None) -> None:
        self.density = density
        self.pool: Pool = pool or SerialPool()

    def setup(self, coords: Array) -> None:
        """Nothing to do before a step."""

    def get_proposal(
        self, s: Array, c: Sequence[Array], random: np.random.RandomState
    ) -> tuple[Array, Array]:
        """Propose for walkers `s`, shape (n, d); the others, `c`, give steps their shape."""
        low, high = self.density.bounds.T
        others = (np.concatenate(c) - low) / (high - low)
        n_steps = self.density.n_inner
        if random.rand() < _SHARE_SHORT:
            n_steps = min(n_steps, _SHORT[random.randint(len(_SHORT))])
        here = (s - low) / (high - low)
        unit, gain = walk_in_pieces(self.pool, self.density, here, others, random, n_steps)
        return low + unit * (high - low), -gain
