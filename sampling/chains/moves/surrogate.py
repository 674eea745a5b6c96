"""A long walk on a surrogate of the model, taken as one proposal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..learning.density import SurrogateDensity
from ..learning.threads import one_thread

Array = NDArray[np.float64]

_SHARE_NORMAL = 0.3  # of steps that are normal ones; the others are differences of walkers
_SHARE_SHORT = 0.25  # of walks that are short
_SHORT = (10, 30, 100)  # steps


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
    """

    nsplits = 2

    def __init__(self, density: SurrogateDensity) -> None:
        self.density = density

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
        with one_thread():
            unit, gain = walk(self.density, (s - low) / (high - low), others, random, n_steps)
        return low + unit * (high - low), -gain


def walk(
    density: SurrogateDensity,
    unit: Array,
    others: Array,
    random: np.random.RandomState,
    n_steps: int,
) -> tuple[Array, Array]:
    """Make Metropolis steps on a density, each row by itself.

    Parameters
    ----------
    density : callable
        Log density of rows inside the bounds.
    unit : ndarray, shape (n, d)
        Where to begin, as fractions of the bounds.
    others : ndarray, shape (n_others, d)
        Points whose differences and spread are steps.
    random : numpy.random.RandomState
        Of the walk.
    n_steps : int
        How many.

    Returns
    -------
    ndarray, shape (n, d)
        Where the walks end.
    ndarray, shape (n,)
        Log density gained on the way.
    """
    n, d = unit.shape
    here, spread = unit.copy(), others.std(axis=0)
    first = last = density(here)
    for _ in range(n_steps):
        i = random.randint(len(others), size=n)
        j = (i + 1 + random.randint(len(others) - 1, size=n)) % len(others)
        scale = 2.38 / np.sqrt(2 * d) * 10.0 ** random.uniform(-1, 0, size=(n, 1))
        normal = random.standard_normal((n, d)) * spread * np.sqrt(2)
        is_normal = random.rand(n, 1) < _SHARE_NORMAL
        there = here + scale * np.where(is_normal, normal, others[i] - others[j])
        log_u = np.log1p(-random.rand(n))
        is_inside = np.all((there >= 0.0) & (there <= 1.0), axis=1)
        value = np.where(is_inside, density(there), -np.inf)
        taken = log_u < value - last
        here[taken] = there[taken]
        last = np.where(taken, value, last)
    return here, last - first
