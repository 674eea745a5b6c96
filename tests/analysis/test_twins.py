"""Twins and cliffs that are built into a population are found."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis.twins import neighbours


def test_a_twin_and_a_cliff_are_found() -> None:
    rng = np.random.default_rng(3)
    built, fires = rng.uniform(0, 1, (400, 4)), rng.standard_normal((400, 5)) * 3
    built[0] = 0.5
    built[1], fires[1] = [0.0, 1.0, 0.0, 1.0], fires[0] + 0.01  # far, fires alike
    built[2], fires[2] = built[0] + 0.01, fires[0] + 30.0  # near, fires otherwise
    twins, cliffs = neighbours(built, fires, 0), neighbours(built, fires, 0, "cliffs")
    assert twins.rows[0] == 1 and cliffs.rows[0] == 2
    assert twins.apart_in_features[0] == pytest.approx(0.01)
    assert twins.apart_in_parameters[0] == pytest.approx(0.5)
    # near means among the nearest twentieth
    nearest = np.argsort(np.sqrt(np.mean((fires - fires[0]) ** 2, axis=1)))[1:21]
    assert set(twins.rows) <= set(nearest.tolist())


def test_missing_features_and_equal_models() -> None:
    built = np.array([[0.0], [0.0], [0.5], [1.0], [0.9]])
    fires = np.array([[1.0, 2.0], [1.0, 2.0], [np.nan, np.nan], [1.1, np.nan], [5.0, 9.0]])
    rows = neighbours(built, fires, 0, n=4).rows.tolist()
    assert 1 not in rows and 2 not in rows and 3 in rows  # a copy; nothing known; half known


def test_bad_questions() -> None:
    one = np.zeros((3, 1))
    with pytest.raises(ValueError, match="models 0 to 2, got 3"):
        neighbours(one, one, 3)
    with pytest.raises(ValueError, match="kind must be"):
        neighbours(one, one, 0, "siblings")  # type: ignore[arg-type]
