"""Neighbours scatter about the model, inside its bounds."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis.cells.neighbours import SPREAD, neighbours

BOUNDS = np.array([[0.0, 10.0], [-1.0, 1.0]])


def test_scatter_is_a_share_of_the_bounds() -> None:
    sets = neighbours([5.0, 0.0], BOUNDS, 4000, seed=0)
    assert sets[0].tolist() == [5.0, 0.0]
    assert sets[1:].std(axis=0) == pytest.approx(SPREAD * np.array([10.0, 2.0]), rel=0.05)


def test_bounds_hold() -> None:
    sets = neighbours([10.0, -1.0], BOUNDS, 200, seed=1, spread=0.5)
    assert (sets >= BOUNDS[:, 0]).all() and (sets <= BOUNDS[:, 1]).all()
    assert (sets[1:, 0] == 10.0).any() and (sets[1:, 0] < 10.0).any()
