"""A posterior of a linear problem whose answer is known, trained once and small."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.sampling.posterior.prior import BoxPrior
from ionfo.sampling.posterior.simulations import Simulations

SD = 0.5
"""Of the noise of the two features of the linear problem."""


def linear(n: int, seed: int, is_told: bool = True) -> Simulations:
    """Sum and difference of two uniform parameters; not defined where the first is above 2."""
    prior = BoxPrior(("a", "b"), ("mV", "1"), np.array([-3.0, -3.0]), np.array([3.0, 3.0]))
    generator = np.random.default_rng(seed)
    theta = prior.low + (prior.high - prior.low) * generator.random((n, 2))
    features = np.stack([theta.sum(axis=1), theta[:, 0] - theta[:, 1]], axis=1)
    features += SD * generator.standard_normal((n, 2))
    features[theta[:, 0] > 2] = np.nan
    units = {"sum": "mV", "difference": "mV"}
    about = {"prior": prior.told(), "features": units, "about": {"simulator": "linear"}}
    return Simulations(theta, features, about | {"seed": seed})


@pytest.fixture(scope="session")
def simulations() -> Simulations:
    return linear(8000, 1)
