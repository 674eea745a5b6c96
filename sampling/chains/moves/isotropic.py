"""The isotropic Gaussian step of the published method; for comparison."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class IsotropicMove:
    """Metropolis steps of one size in all directions, each walker a chain of its own.

    In coordinates in which the bounds are [-1, 1] the variance of every component is
    ``variance / E|z|``, z a standard normal vector (Arnaudon et al. 2023, iScience 26:108222, as
    published in emodel-generalisation).

    Parameters
    ----------
    bounds : ndarray, shape (n_parameters, 2)
        Of the parameters.
    variance : float
        Published: 0.02.
    redraw : bool
        Draw again until a proposal lies inside the bounds, as published.  The proposal is then not
        symmetric near the bounds, and the chain does NOT preserve its density; otherwise
        proposals outside are rejected.
    """

    nsplits = 1

    def __init__(
        self, bounds: NDArray[np.float64], variance: float = 0.02, redraw: bool = False
    ) -> None:
        self.low, self.high = bounds.T
        self.redraw = redraw
        n = len(bounds)
        norm = math.sqrt(2.0) * math.exp(math.lgamma((n + 1) / 2) - math.lgamma(n / 2))
        self.sd = math.sqrt(variance / norm) * (self.high - self.low) / 2

    def setup(self, coords: NDArray[np.float64]) -> None:
        """Nothing to do before a step."""

    def get_proposal(
        self,
        s: NDArray[np.float64],
        c: Sequence[NDArray[np.float64]],
        random: np.random.RandomState,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Propose for walkers `s`, shape (n, d); the log factor is taken to be zero."""
        q = s + self.sd * random.standard_normal(s.shape)
        while self.redraw:
            outside = np.flatnonzero(((q < self.low) | (q > self.high)).any(axis=1))
            if len(outside) == 0:
                break
            q[outside] = s[outside] + self.sd * random.standard_normal((len(outside), s.shape[1]))
        return q, np.zeros(len(s))
