"""Explained variance: limits with exact answers, and its definition."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis.cells.spike_trains import explained_variance, smoothed_train

TIMES = np.array([100.0, 180.0, 420.0, 800.0])


def test_smoothing_keeps_spikes_and_their_times() -> None:
    train = smoothed_train([200.05], 400.0, 10.0, 0.1)
    assert len(train) == 4000 and train.sum() == pytest.approx(1.0)
    assert train.argmax() == 2000
    assert train[2100] / train[2000] == pytest.approx(np.exp(-0.5), rel=1e-6)
    assert smoothed_train([500.0, -1.0], 400.0).max() == pytest.approx(0, abs=1e-12)


def test_perfect_and_unrelated_models() -> None:
    trials = [TIMES, TIMES]
    assert explained_variance(trials, TIMES, 1000.0).ratio == pytest.approx(1.0)
    assert explained_variance(trials, [300.0, 600.0], 1000.0).ratio < 0.1
    assert np.isnan(explained_variance([[]], [], 1000.0).ratio)


def test_is_its_definition() -> None:
    rng = np.random.default_rng(0)
    trials = [np.sort(TIMES + rng.normal(0, 6, 4)) for _ in range(5)]
    found = explained_variance(trials, TIMES, 1000.0, 10.0, 0.5)
    f = np.array([smoothed_train(one, 1000.0, 10.0, 0.5) for one in trials])
    m = smoothed_train(TIMES, 1000.0, 10.0, 0.5)
    f, m = f - f.mean(), m - m.mean()
    cross = 2 * sum(np.dot(one, m) for one in f)
    assert found.of_model == pytest.approx(cross / (np.sum(f**2) + 5 * np.dot(m, m)))
    mean = f.mean(axis=0)
    best = 2 * 5 * np.dot(mean, mean) / (np.sum(f**2) + 5 * np.dot(mean, mean))
    assert found.of_trials == pytest.approx(best) and found.of_trials < 1
    assert found.ratio == pytest.approx(found.of_model / found.of_trials)
    assert found.n_trials == 5


def test_bins_hardly_matter() -> None:
    coarse, fine = (
        explained_variance([TIMES + 3], TIMES, 1000.0, dt=dt).ratio for dt in (0.5, 0.05)
    )
    assert coarse == pytest.approx(fine, abs=2e-3)


def test_no_trial_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one trial"):
        explained_variance([], TIMES, 1000.0)
