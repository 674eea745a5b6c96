"""Many tests at once, and groups."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control, permutation_test

from ionfo.analysis.significance import (
    benjamini_hochberg,
    cliffs_delta,
    compare_groups,
    mann_whitney,
)


def test_adjusted_p_values_are_those_of_scipy() -> None:
    p = np.random.default_rng(0).uniform(size=(7, 5)) ** 2
    expected = false_discovery_control(p.ravel()).reshape(p.shape)
    np.testing.assert_allclose(benjamini_hochberg(p), expected, atol=1e-15)
    with_gap = np.array([0.01, np.nan, 0.5])
    np.testing.assert_allclose(benjamini_hochberg(with_gap), [0.02, np.nan, 0.5])
    with pytest.raises(ValueError, match="from 0 to 1"):
        benjamini_hochberg([0.1, 1.2])


def test_effect_size_counts_pairs() -> None:
    a, b = np.array([1.0, 2, 3]), np.array([2.0, 2, 0])
    assert cliffs_delta(a, b) == pytest.approx(np.mean(np.sign(a[:, None] - b[None, :])))


def test_groups_that_differ_and_groups_that_do_not() -> None:
    values = np.concatenate([np.zeros(10), np.ones(10)]) + 0.1 * np.random.default_rng(0).random(20)

    def mean(units: np.ndarray) -> float:
        return float(values[units].mean())

    apart = compare_groups(mean, np.arange(10), np.arange(10, 20), 199, 100)
    assert apart.p <= 2 / 200 and apart.difference == pytest.approx(-1, abs=0.1)
    assert apart.effect_size < -3
    assert apart.interval[0] < apart.difference < apart.interval[1] < 0
    alike = compare_groups(mean, np.arange(0, 20, 2), np.arange(1, 20, 2), 199, 100)
    assert alike.p > 0.05 and abs(alike.effect_size) < 2


def test_few_units_are_exchanged_in_every_way() -> None:
    values = np.array([0.0, 0.1, 0.2, 0.35, 1.0, 1.1, 1.25, 1.3])

    def mean(units: np.ndarray) -> float:
        return float(values[units].mean())

    found = compare_groups(mean, np.arange(4), np.arange(4, 8), 70, 0)
    assert found.n_permutations == 70 and found.p == 2 / 70  # itself and its mirror image
    first, second = np.array([0, 1, 2, 6]), np.array([3, 4, 5, 7])
    exact = permutation_test(
        (values[first], values[second]), lambda a, b: np.mean(a) - np.mean(b), n_resamples=np.inf
    )
    mixed = compare_groups(mean, first, second, 999, 0)
    assert mixed.p == pytest.approx(exact.pvalue)
    assert compare_groups(mean, np.arange(4), np.arange(4, 8), 69, 0).p > 1 / 70  # drawn


def test_resamples_make_any_difference_significant() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(0, 1, 5000), rng.normal(0.1, 1, 5000)
    few, many = mann_whitney(a[:10], b[:10]), mann_whitney(a, b)
    assert many.p < 1e-3 < few.p and many.n_resamples == (5000, 5000)
