"""Ensembles are resampled by walkers, compared at equal worth and exchanged whole."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.analysis import Sample
from ionfo.analysis.uncertainty.ensembles import (
    EnsembleSample,
    compare_ensembles,
    exchange_ensembles,
)

Array = NDArray[np.float64]


def make(seed: int, mean: float = 0.0, n_walkers: int = 40, n_steps: int = 50) -> EnsembleSample:
    """Independent normal rows in four ensembles of as many walkers."""
    rng = np.random.default_rng(seed)
    n = n_walkers * n_steps
    walker = np.repeat(np.arange(n_walkers), n_steps)
    step = np.tile(np.arange(n_steps), n_walkers)
    values = mean + rng.standard_normal((n, 3))
    sample = Sample(values, np.ones(n), walker, step)
    return EnsembleSample(sample, walker % 4, sample.weights)


def means(values: Array, weights: Array, nu: float) -> Array:
    return np.asarray(np.average(values, axis=0, weights=weights))


def first(curve: Array) -> float:
    return float(curve[0])


def test_walkers_are_drawn_whole() -> None:
    rows = make(0)
    rng = np.random.default_rng(1)
    half = rows.worth / 2
    part = rows.part(rng, half)
    walkers, counts = np.unique(rows.sample.walker[part], return_counts=True)  # type: ignore[index]
    assert len(walkers) == 20 and (counts == 50).all()
    again = rows.resample(rng, rows.worth)
    _, counts = np.unique(rows.sample.walker[again], return_counts=True)  # type: ignore[index]
    assert len(again) == 2000 and counts.max() > 50  # some walker came twice
    assert rows.nu(half) == pytest.approx(half - 1) and rows.nu(1e9) == rows.worth - 1


def test_another_temperature_gives_its_moments_and_costs_rows() -> None:
    rows = make(0)
    cost = np.random.default_rng(2).exponential(0.5, 2000)  # density exp(-cost/T), T = 0.5
    warm = rows.at_temperature(cost, 0.5, 0.8)
    assert np.average(cost, weights=warm.weights) == pytest.approx(0.8, rel=0.15)
    assert warm.worth < 0.9 * rows.worth
    assert np.array_equal(rows.at_temperature(cost, 0.5, 0.5).weights, rows.weights)


def test_a_difference_is_found_and_none_is_not() -> None:
    (found,) = compare_ensembles(make(0), make(1, mean=1.0), means, [first], 40, 0)
    assert found.value == pytest.approx(1.0, abs=0.15) and found.low < 1.0 < found.high
    assert found.p == pytest.approx(2 / 70) and found.verdict == "reproduces"
    # mean of 2,000 against 2,000 independent rows
    assert found.high - found.low == pytest.approx(2 * 1.96 * np.sqrt(2 / 2000), rel=0.4)
    (found,) = compare_ensembles(make(0), make(1), means, [first], 40, 0)
    assert found.verdict.startswith("open")


def test_sign_turns_with_the_order() -> None:
    low, high = make(0), make(1, mean=1.0)
    (found,) = compare_ensembles(high, low, means, [first], 20, 0)
    assert found.verdict == "the opposite"
    assert exchange_ensembles(high, low, means, [first], 0) == exchange_ensembles(
        low, high, means, [first], 0
    )


def test_ensembles_that_differ_are_drawn_whole_and_widen_the_interval() -> None:
    rows = make(0)
    apart = (
        rows.sample.values + 0.5 * np.random.default_rng(3).standard_normal((4, 1))[rows.ensemble]
    )
    walkers = rows.sample
    sample = Sample(apart, walkers.weights, walkers.walker, walkers.step, rows.ensemble)
    assert sample.ensembles_differ
    whole = EnsembleSample(sample, rows.ensemble, sample.weights)
    assert (whole.n_units, rows.n_units) == (4, 40)
    again = whole.resample(np.random.default_rng(1), whole.worth)
    _, counts = np.unique(rows.ensemble[again], return_counts=True)
    assert len(again) == 2000 and (counts % 500 == 0).all()
    (found,) = compare_ensembles(whole, make(1), means, [first], 40, 0)
    # four means of SD 0.5 leave an error of 0.25, which Student's t of 3 makes three times as wide
    assert found.high - found.low > 2 * 1.96 * 0.1
    assert found.verdict.startswith("open")
