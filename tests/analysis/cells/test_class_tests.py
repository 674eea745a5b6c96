"""Tests between classes: against scipy, by their level, and what the published rule does to it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from ionfo.analysis.cells.class_tests import compare_classes, delta_interval, median_interval
from ionfo.analysis.significance import cliffs_delta


def test_table_is_the_definition() -> None:
    rng = np.random.default_rng(0)
    values, classes = rng.normal(size=(40, 3)), np.array(["x", "y", "z", "y"] * 10)
    values[classes == "y", 1] += 3
    found = compare_classes(values, classes, ["p", "q", "r"], n_bootstraps=200)
    assert len(found) == 9
    row = found.query("parameter == 'q' and first == 'x' and second == 'y'").iloc[0]
    a, b = values[classes == "x", 1], values[classes == "y", 1]
    assert row["p_two_sided"] == mannwhitneyu(a, b).pvalue
    assert row["p_one_sided"] == mannwhitneyu(a, b, alternative="less").pvalue
    assert row["delta"] == pytest.approx(cliffs_delta(a, b)) and row["delta"] < -0.8
    assert row["delta_low"] <= row["delta"] <= row["delta_high"] < 0
    assert row["stars"] and (row["n_first"], row["n_second"]) == (10, 20)
    assert (found["q_two_sided"] >= found["p_two_sided"]).all()
    back = compare_classes(values, classes, ["p", "q", "r"], [("y", "x")], 0)
    assert back["delta"].iloc[1] == -row["delta"] and np.isnan(back["delta_low"]).all()


def test_smaller_of_two_sides_doubles_the_level() -> None:
    rng = np.random.default_rng(1)
    values, classes = rng.normal(size=(30, 2000)), np.repeat(["a", "b"], 15)
    found = compare_classes(values, classes, list(map(str, range(2000))), n_bootstraps=0)
    error = np.sqrt(0.05 * 0.95 / 2000)
    assert abs((found["p_two_sided"] < 0.05).mean() - 0.05) < 4 * error
    assert (found["p_one_sided"] < 0.05).mean() > 0.085


def test_interval_of_delta_covers_the_truth() -> None:
    rng = np.random.default_rng(2)
    covered = []
    for _ in range(200):  # P(a > b) - P(a < b) = 2 Phi(1/sqrt 2) - 1 = 0.5205
        low, high = delta_interval(rng.normal(1, 1, 30), rng.normal(0, 1, 30), 400, rng)
        covered.append(low <= 0.5205 <= high)
    assert 0.88 <= np.mean(covered) <= 1.0


def test_missing_values_and_medians() -> None:
    values = np.array([[1.0], [np.nan], [2.0], [3.0]])
    found = compare_classes(values, list("aabb"), ["p"], n_bootstraps=0)
    assert (found["n_first"].iloc[0], found["delta"].iloc[0]) == (1, -1.0)
    middle, low, high = median_interval(np.random.default_rng(0).normal(5, 1, 200))
    assert low < middle < high and abs(middle - 5) < 0.4


def test_unfit_input() -> None:
    with pytest.raises(ValueError, match="shape"):
        compare_classes(np.ones((3, 2)), list("aab"), ["p"])
    with pytest.raises(ValueError, match="no cell of 'a' or of 'c'"):
        compare_classes(np.ones((3, 1)), list("aab"), ["p"], [("a", "c")])
