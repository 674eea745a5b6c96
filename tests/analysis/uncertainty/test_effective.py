"""Effective sizes against chains with known autocorrelation."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis.uncertainty.effective import Sample, autocorrelation_time, kish_size


def ar1(n: int, a: float, rng: np.random.Generator) -> np.ndarray:
    x = np.empty(n)
    x[0] = rng.standard_normal()
    for i in range(1, n):
        x[i] = a * x[i - 1] + np.sqrt(1 - a * a) * rng.standard_normal()
    return x


def chain(n_walkers: int, n_steps: int, a: float, seed: int) -> Sample:
    """Walkers that hold a state over two steps, as weights."""
    rng = np.random.default_rng(seed)
    values = np.column_stack(
        [np.concatenate([ar1(n_steps, a, rng) for _ in range(n_walkers)]) for _ in range(2)]
    )
    walker = np.repeat(np.arange(n_walkers), n_steps)
    step = np.tile(2 * np.arange(n_steps), n_walkers)
    order = rng.permutation(len(values))  # rows need not be sorted
    weights = np.full(len(values), 2.0)
    return Sample(values[order], weights, walker[order], step[order])


def test_kish() -> None:
    assert kish_size(np.array([1.0, 0, 0, 1.0])) == 2.0
    assert kish_size(np.array([3.0, 1.0])) == 1.6


@pytest.mark.parametrize("a", [0.0, 0.5, 0.9])
def test_autocorrelation_time_of_a_known_process(a: float) -> None:
    rng = np.random.default_rng(0)
    series = [ar1(4000, a, rng) for _ in range(10)]
    assert autocorrelation_time(series) == pytest.approx((1 + a) / (1 - a), rel=0.3)


def test_walkers_that_do_not_mix_are_found_out() -> None:
    rng = np.random.default_rng(1)
    apart = [rng.standard_normal(500) + 3 * i for i in range(4)]
    assert autocorrelation_time(apart) > 50
    assert autocorrelation_time([np.zeros(30), np.zeros(40)]) == 40.0


def test_a_chain_is_worth_what_its_time_says() -> None:
    sample = chain(8, 2000, 0.8, 2)
    # each state counts twice, so the time doubles: 2 x 9
    assert sample.tau == pytest.approx(18, rel=0.2)
    assert sample.ess == pytest.approx(8 * 4000 / 18, rel=0.2)
    # products of two such processes decorrelate like one of 0.64: 2 x (1 + 0.64)/(1 - 0.64)
    assert sample.nu + 1 == pytest.approx(8 * 4000 / 9.1, rel=0.2)
    assert "ESS" in sample.told and "8 walkers" in sample.told
    rows = sample.thinned(np.random.default_rng(0))
    assert len(rows) == pytest.approx(sample.ess, rel=0.1)
    assert np.array_equal(rows, sample.thinned(np.random.default_rng(0)))


def test_a_short_chain_is_worth_at_most_its_size() -> None:
    rng = np.random.default_rng(5)
    n_walkers, n_steps = 30, 12
    # walkers that stand still: tau is the length, and each seems worth a row
    values = np.repeat(rng.standard_normal((n_walkers, 2)), n_steps, axis=0)
    walker, step = np.divmod(np.arange(len(values)), n_steps)
    stuck = Sample(values, np.ones(len(values)), walker, step)
    assert stuck.ess == pytest.approx(n_walkers) and stuck.n_tau == pytest.approx(1.0)
    assert not stuck.is_long and "at most" in stuck.told
    long = chain(8, 2000, 0.8, 2)
    assert long.is_long and "at most" not in long.told
    assert Sample(np.eye(5), np.ones(5)).is_long


def test_blocks_are_stretches_of_two_times_or_whole_walkers() -> None:
    sample = chain(8, 500, 0.8, 3)
    assert sample.walker is not None
    assert sorted(np.concatenate(sample.blocks).tolist()) == list(range(sample.n_rows))
    for block in sample.blocks:
        assert len(set(sample.walker[block].tolist())) == 1
        assert 2 * len(block) >= 2 * sample.tau - 2
    many = chain(25, 60, 0.5, 4)
    assert len(many.blocks) == 25


def test_independent_rows_are_each_their_own() -> None:
    sample = Sample(np.eye(5), np.ones(5))
    assert sample.ess == 5 and sample.nu == 4 and len(sample.blocks) == 5
    assert "assumed independent" in sample.told
    assert sample.thinned(np.random.default_rng(0)).tolist() == [0, 1, 2, 3, 4]
    weighted = Sample(np.eye(5), np.array([1.0, 1, 1, 1, 6]))
    assert len(weighted.thinned(np.random.default_rng(0))) == int(weighted.kish) == 2
