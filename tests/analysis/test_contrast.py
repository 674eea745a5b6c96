"""Differences of two selections against Welch's test, and their coverage."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from ionfo.analysis.contrast import contrast
from ionfo.analysis.uncertainty.effective import kish_size


def test_intervals_are_those_of_welch() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.normal(0, 1, 90), "b": rng.normal(0, 5, 90)})
    first = np.arange(90) < 30
    table.loc[~first, "b"] += 20
    found = contrast(table, first, ~first)
    assert found["variable"].tolist() == ["b", "a"]  # the larger difference in SDs
    for row in found.itertuples():
        values = table[str(row.variable)]
        test = ttest_ind(values[~first], values[first], equal_var=False)
        interval = test.confidence_interval()
        assert (row.low, row.high) == pytest.approx((interval.low, interval.high))


def test_rows_that_are_worth_less_give_wider_intervals() -> None:
    table = pd.DataFrame({"a": np.random.default_rng(1).normal(0, 1, 400)})
    first = np.arange(400) < 200
    whole, half = (contrast(table, first, ~first, worth=one).iloc[0] for one in (1.0, 0.25))
    ratio = (half["high"] - half["low"]) / (whole["high"] - whole["low"])
    assert ratio == pytest.approx(2.0, rel=0.05)


def test_missing_values_and_empty_selections() -> None:
    table = pd.DataFrame({"a": [1.0, np.nan, 3.0, 4.0], "b": [np.nan] * 4})
    first = np.array([True, True, False, False])
    found = contrast(table, first, ~first).set_index("variable")
    assert found.loc["a", "difference"] == 2.5 and np.isnan(found.loc["a", "low"])
    assert np.isnan(found.loc["b", "difference"])
    with pytest.raises(ValueError, match="holds no model"):
        contrast(table, first, np.zeros(4, bool))


def test_all_rows_together_are_worth_what_is_told() -> None:
    random = np.random.default_rng(3)
    table = pd.DataFrame({"a": random.normal(size=600)})
    weight = random.integers(1, 9, 600).astype(np.float64)
    first = np.arange(600) < 300
    weighted = contrast(table, first, ~first, weight, 100 / kish_size(weight)).iloc[0]
    plain = contrast(table, first, ~first, worth=100 / 600).iloc[0]
    widths = [one["high"] - one["low"] for one in (weighted, plain)]
    assert widths[0] == pytest.approx(widths[1], rel=0.1)
