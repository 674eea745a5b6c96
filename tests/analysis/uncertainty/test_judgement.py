"""An interval says no more than it holds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom

from ionfo.analysis.uncertainty.judgement import (
    Difference,
    interval_about,
    interval_factor,
    judge_interval,
    overlap_by_chance,
)


def test_interval_covers_95_per_cent_of_normal_replicates() -> None:
    values = np.random.default_rng(0).standard_normal(20_000)
    low, high = interval_about(0.0, values)
    assert np.mean((values > low) & (values < high)) == pytest.approx(0.95, abs=0.01)


def test_interval_of_four_units_covers_95_per_cent() -> None:
    rng = np.random.default_rng(1)
    holds = {1.96: 0, interval_factor(4): 0}
    for _ in range(1000):
        units = rng.standard_normal(4)
        again = units[rng.integers(4, size=(200, 4))].mean(axis=1)
        low, high = interval_about(units.mean(), again, 4)
        holds[interval_factor(4)] += low < 0 < high
        low, high = interval_about(units.mean(), again)
        holds[1.96] += low < 0 < high
    assert holds[interval_factor(4)] / 1000 == pytest.approx(0.95, abs=0.03)
    assert holds[1.96] / 1000 < 0.88


@pytest.mark.parametrize(
    ("low", "high", "limit", "told"),
    [(1.0, 2.0, 0.0, "reproduces"), (1.0, 2.0, 3.0, "the opposite"), (1.0, 2.0, 1.5, "open")],
)
def test_verdict(low: float, high: float, limit: float, told: str) -> None:
    assert judge_interval(low, high, limit).startswith(told)


def test_a_clear_interval_is_open_when_ensembles_differ_as_much() -> None:
    assert Difference(1.0, 0.5, 1.5, 0.03).verdict == "reproduces"
    assert Difference(1.0, 0.5, 1.5, 0.4).verdict.startswith("open: ensembles")
    assert Difference(-1.0, -1.5, -0.5, 0.03).verdict == "the opposite"
    assert Difference(0.1, -0.5, 0.7, 0.4).verdict.startswith("open: the interval")


@pytest.mark.parametrize(("a", "b", "common"), [(5, 7, 3), (4, 4, 0), (6, 3, 3)])
def test_overlap_is_hypergeometric(a: int, b: int, common: int) -> None:
    expected = hypergeom(21, a, b).sf(common - 1)
    assert overlap_by_chance(a, b, common, 21) == pytest.approx(expected)
