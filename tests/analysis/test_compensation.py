"""Conditional means against closed forms, and against the rows that are near the given value."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.analysis.compensation import conditional_means

R = np.array([[1.0, 0.7, -0.4], [0.7, 1.0, -0.2], [-0.4, -0.2, 1.0]])


def normal(n: int, seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).standard_normal((n, 3)) @ np.linalg.cholesky(R).T


def test_normal_variables_have_the_means_of_the_formula() -> None:
    found = conditional_means(normal(20_000) * [2, 3, 5] + [1, 0, 10], {0: 3.0})
    # at one SD of the first: r SDs of the others
    assert found.mean == pytest.approx([3.0, 3 * 0.7, 10 - 5 * 0.4], abs=0.1)
    assert found.sd == pytest.approx([0.0, 3 * np.sqrt(1 - 0.49), 5 * np.sqrt(1 - 0.16)], rel=0.05)
    assert found.shift[1] == pytest.approx(0.7, abs=0.03) and not found.is_beyond
    both = conditional_means(normal(20_000), {0: 1.0, 2: -1.0})
    slope = R[1, [0, 2]] @ np.linalg.inv(R[np.ix_([0, 2], [0, 2])])
    assert both.mean[1] == pytest.approx(slope @ [1.0, -1.0], abs=0.05)


def test_any_rising_function_of_normal_variables() -> None:
    rows = np.exp(normal(20_000))
    found = conditional_means(rows, {0: np.e})
    # log-normal: exp(m + s^2/2)
    assert found.mean[1] == pytest.approx(np.exp(0.7 + 0.51 / 2), rel=0.05)
    near = np.abs(np.log(rows[:, 0]) - 1) < 0.1
    assert found.mean[1:] == pytest.approx(rows[near, 1:].mean(axis=0), rel=0.15)


def test_errors_are_those_of_repeated_samples() -> None:
    means = [conditional_means(normal(300, seed), {0: 1.5}) for seed in range(30)]
    spread = np.std([one.mean[1] for one in means], ddof=1)
    told = np.mean([one.error[1] for one in means])
    assert told == pytest.approx(spread, rel=0.4)
    few = conditional_means(normal(300), {0: 1.5}, n_independent=75)
    assert few.error[1] == pytest.approx(2 * means[0].error[1], rel=0.5)


def test_weights_are_rows_that_come_more_often() -> None:
    rows = normal(500)
    weights = np.random.default_rng(1).integers(1, 4, 500).astype(float)
    twice = np.repeat(rows, weights.astype(int), axis=0)
    a, b = conditional_means(rows, {0: 0.5}, weights), conditional_means(twice, {0: 0.5})
    assert a.mean == pytest.approx(b.mean, abs=0.02) and a.sd == pytest.approx(b.sd, abs=0.02)


def test_values_beyond_are_told_and_bad_ones_refused() -> None:
    rows = normal(200)
    assert conditional_means(rows, {0: 99.0}).is_beyond
    for given, why in (({7: 0.0}, "names variable 7"), ({0: np.nan}, "must be finite")):
        with pytest.raises(ValueError, match=why):
            conditional_means(rows, given)
    flat = rows.copy()
    flat[:, 1] = 2.0
    found = conditional_means(flat, {0: 1.0})
    assert found.mean[1] == 2.0 and found.shift[1] == 0.0
    with pytest.raises(ValueError, match="does not vary"):
        conditional_means(flat, {1: 2.0})
