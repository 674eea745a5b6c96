"""A posterior of a linear problem whose answer is known, trained once and small."""

from __future__ import annotations

import importlib.util

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


@pytest.fixture(scope="session", autouse=True)
def _compiled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep what jax compiles, which takes longer than all that it then computes."""
    if importlib.util.find_spec("jax") is None:
        return
    import jax

    jax.config.update("jax_compilation_cache_dir", str(tmp_path_factory.mktemp("compiled")))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


@pytest.fixture(scope="session")
def simulations() -> Simulations:
    return linear(8000, 1)
