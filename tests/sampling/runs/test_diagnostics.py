"""R-hat sees ensembles that disagree, and says when it cannot see."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.sampling.runs.diagnostics import diagnose


def ensemble(mean: float, seed: int, a: float = 0.8, n: int = 3000) -> NDArray[np.float64]:
    """Stationary AR(1) walkers of unit variance, shape (n, 10, 1)."""
    rng = np.random.default_rng(seed)
    chain = np.empty((n, 10, 1))
    chain[0] = rng.standard_normal((10, 1))
    for i in range(1, n):
        chain[i] = a * chain[i - 1] + np.sqrt(1 - a**2) * rng.standard_normal((10, 1))
    return mean + chain


def test_ensembles_that_agree_and_such_that_do_not() -> None:
    agree = diagnose([ensemble(0.0, seed) for seed in range(4)])
    assert agree.r_hat[0] < 1.01 and agree.is_assessed[0]
    assert agree.tau == pytest.approx([9.0], rel=0.1)  # (1 + a)/(1 - a)
    assert agree.effective_sample_size == pytest.approx(4 * 10 * 3000 / agree.tau)
    apart = diagnose([ensemble(mean, i) for i, mean in enumerate((0.0, 0.0, 1.0, 1.0))])
    assert apart.r_hat[0] > 1.1
    assert apart.effective_sample_size[0] < 0.1 * agree.effective_sample_size[0]


def test_drift_is_seen_by_the_halves() -> None:
    drifting = [ensemble(0.0, i) + np.linspace(0, 2, 3000)[:, None, None] for i in range(4)]
    assert diagnose(drifting).r_hat[0] > 1.1


def test_common_start_is_not_assessed() -> None:
    chains = [ensemble(0.0, seed) for seed in range(4)]
    starts = [0.01 * np.random.default_rng(i).standard_normal((10, 1)) for i in range(4)]
    found = diagnose(chains, starts)
    assert not found.is_assessed[0] and found.r_hat[0] < 1.01


def test_one_ensemble_and_one_that_has_not_moved_have_no_r_hat() -> None:
    assert np.isnan(diagnose([ensemble(0.0, 0)]).r_hat[0])
    still = diagnose([np.full((100, 10, 1), float(i)) for i in range(4)])
    # it has not moved: no tau, and the ensembles disagree for certain
    assert np.isnan(still.tau[0]) and not still.is_reliable
    assert not still.r_hat[0] < 1.05
    same = diagnose([np.ones((100, 10, 1))] * 4)
    assert np.isnan(same.r_hat[0]) and not same.is_assessed[0]


def test_steps_before_a_gap_are_left_out() -> None:
    chains = [ensemble(0.0, seed) for seed in range(2)]
    broken = [chain.copy() for chain in chains]
    broken[1][:1000, 3] = np.nan
    expected = diagnose([chain[1000:] for chain in chains])
    found = diagnose(broken)
    assert found.tau == pytest.approx(expected.tau)
    assert found.r_hat == pytest.approx(expected.r_hat)
