from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.analysis.uncertainty.stationarity import (
    FALSE_ALARMS,
    HeldStates,
    drift,
    stationarity,
)

Array = NDArray[np.float64]


def autoregressive(
    rng: np.random.Generator, n_steps: int, n_walkers: int, n_parameters: int, a: float
) -> Array:
    """Walkers of unit variance with autocorrelation a, stationary from the first step."""
    walk = np.empty((n_steps, n_walkers, n_parameters))
    walk[0] = rng.standard_normal(walk.shape[1:])
    for i in range(1, n_steps):
        walk[i] = a * walk[i - 1] + np.sqrt(1 - a * a) * rng.standard_normal(walk.shape[1:])
    return walk


def held_by_runs(chain: Array) -> HeldStates:
    """The same chain as states held over several steps."""
    n_steps, n_walkers, _ = chain.shape
    rows = [(w, t) for w in range(n_walkers) for t in range(n_steps)
            if t == 0 or (chain[t, w] != chain[t - 1, w]).any()]  # fmt: skip
    begin = np.array([t for _, t in rows], dtype=np.float64)
    walker = np.array([w for w, _ in rows])
    following = np.append(begin[1:], n_steps)
    end = np.where(np.append(walker[1:] != walker[:-1], True), n_steps, following)
    values = np.array([chain[t, w] for w, t in rows])
    return HeldStates(values, begin, end, walker, np.zeros(len(rows), np.int64))


def test_changes_are_those_of_a_plain_reading() -> None:
    rng = np.random.default_rng(0)
    chain = autoregressive(rng, 30, 12, 3, 0.5)
    found = drift(HeldStates.of_chains([chain]), 0.0)
    assert found is not None
    flat = chain.reshape(-1, 3)
    scaled = (chain - flat.mean(axis=0)) / flat.std(axis=0)
    change = scaled[20:].mean(axis=0) - scaled[:10].mean(axis=0)
    assert found.mean == pytest.approx(change.mean(axis=0))
    assert found.mean_error == pytest.approx(change.std(axis=0, ddof=1) / np.sqrt(12))
    squares = (scaled**2)[20:].mean(axis=0) - (scaled**2)[:10].mean(axis=0)
    assert found.variance == pytest.approx(squares.mean(axis=0))


def test_held_states_and_dense_chains_give_the_same() -> None:
    rng = np.random.default_rng(1)
    chain = autoregressive(rng, 40, 10, 2, 0.0)
    stays = rng.random((40, 10)) < 0.7
    for t in range(1, 40):
        chain[t, stays[t]] = chain[t - 1, stays[t]]
    dense, held = drift(HeldStates.of_chains([chain]), 5.0), drift(held_by_runs(chain), 5.0)
    assert dense is not None and held is not None
    assert held.mean == pytest.approx(dense.mean)
    assert held.variance == pytest.approx(dense.variance)
    assert held.p_together == pytest.approx(dense.p_together)


def test_slow_chains_that_have_settled_raise_few_alarms() -> None:
    rng = np.random.default_rng(2)
    n, alarms = 200, 0
    for _ in range(n):  # tau is 39 steps of 60: R-hat and ESS are hopeless, the test is not
        chains = [autoregressive(rng, 60, 10, 6, 0.95) for _ in range(2)]
        alarms += stationarity(HeldStates.of_chains(chains)).verdict != "settled"
    assert alarms <= n * FALSE_ALARMS + 3 * np.sqrt(n * FALSE_ALARMS)


@pytest.mark.parametrize("kind", ["mean", "variance"])
def test_walkers_that_march_together_are_seen(kind: str) -> None:
    rng = np.random.default_rng(3)
    chain = autoregressive(rng, 60, 40, 5, 0.8)
    ramp = np.linspace(0, 1, 60)[:, None]
    if kind == "mean":
        chain[:, :, 2] += 6 * ramp
    else:
        chain[:, :, 2] *= 0.1 + 4 * ramp
    found = stationarity(HeldStates.of_chains([chain]))
    assert found.whole is not None
    assert found.whole.moving == [2]
    assert found.verdict == "still settling" and not found.is_sample


def test_a_transient_at_the_start_is_dropped_and_no_more() -> None:
    rng = np.random.default_rng(4)
    chain = autoregressive(rng, 200, 40, 4, 0.5)
    chain[:, :, 0] += 4 * np.exp(-np.arange(200) / 12)[:, None]
    found = stationarity(HeldStates.of_chains([chain]))
    assert found.verdict == "drifts at first" and found.is_sample
    assert found.settled_from is not None
    assert 12 <= found.settled_from <= 75


def test_ensembles_that_move_as_one_are_the_replicates() -> None:
    rng = np.random.default_rng(5)
    alarms = seen = 0
    for _ in range(60):  # each ensemble has a wave of its own: one number each, not twenty
        chains = []
        for _ in range(4):
            chain = autoregressive(rng, 60, 20, 1, 0.3)
            chain += autoregressive(rng, 60, 1, 1, 0.95)
            chains.append(chain)
        found = drift(HeldStates.of_chains(chains), 0.0)
        assert found is not None
        alarms += bool(found.moving)
        seen += bool(found.by_ensembles[0])
    assert seen >= 50 and alarms <= 8


def test_few_walkers_or_steps_are_not_tested() -> None:
    rng = np.random.default_rng(6)
    for shape in ((60, 7, 3), (5, 40, 3)):
        found = stationarity(HeldStates.of_chains([rng.standard_normal(shape)]))
        assert found.verdict == "not tested" and found.is_sample


def test_parameters_that_never_move_do_not_hinder() -> None:
    rng = np.random.default_rng(17)
    chain = autoregressive(rng, 40, 20, 3, 0.2)
    chain[:, :, 1] = 3.0
    found = stationarity(HeldStates.of_chains([chain]))
    assert found.verdict == "settled"
    assert found.whole is not None and found.whole.p_adjusted[1] == 1.0


def test_unknown_steps_are_left_out() -> None:
    rng = np.random.default_rng(8)
    chain = autoregressive(rng, 40, 20, 3, 0.2)
    chain[:5, 3] = np.nan
    assert stationarity(HeldStates.of_chains([chain])).verdict == "settled"
