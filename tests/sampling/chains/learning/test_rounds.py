"""Rounds are of whole steps, and walks as long as the slowest parameter asks for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.sampling.chains.learning.rounds import (
    EVALUATIONS_PER_ROUND,
    evaluations_of_round,
    length_of_walks,
)


@pytest.mark.parametrize("n_ensembles", [1, 4, 8])
@pytest.mark.parametrize("n_walkers", [4, 24, 42, 62, 200, 1000])
def test_a_round_is_of_whole_steps(n_ensembles: int, n_walkers: int) -> None:
    n = evaluations_of_round(n_ensembles, n_walkers)
    assert n >= n_walkers and n % n_walkers == 0
    off = abs(n - EVALUATIONS_PER_ROUND / n_ensembles)
    assert off <= n_walkers / 2 or n == n_walkers


@pytest.mark.parametrize(
    ("slow", "n", "length"), [(False, 48, 200), (False, 200, 200), (True, 200, 6400)]
)
def test_one_slow_parameter_makes_walks_longer(slow: bool, n: int, length: int) -> None:
    class TwoModes:
        """Normal, but for the first of 12 parameters: in two places with hardly a way between."""

        bounds = np.array([[0.0, 1.0]] * 12)

        def __call__(self, unit: NDArray[np.float64]) -> NDArray[np.float64]:
            z = (unit - 0.5) / 0.05
            if slow:
                z[:, 0] = (np.abs(unit[:, 0] - 0.5) - 0.3) / 0.004
            return np.asarray(-0.5 * np.sum(z**2, axis=1))

    rng = np.random.default_rng(0)
    theta = rng.normal(0.5, 0.05, (n, 12))
    if slow:
        theta[:, 0] = 0.5 + rng.choice([-0.3, 0.3], n) * rng.normal(1, 0.01, n)
    density: Any = TwoModes()
    found, jump = length_of_walks(density, theta, np.random.RandomState(0))
    assert found == length
    assert jump > 1.7
