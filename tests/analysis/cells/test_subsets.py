"""Subsets hold as many rows of as many cells as they say, and every cell can be drawn."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis import few_cells_rows, random_unique_rows

CELLS = np.array(["c", "a", "b"])[np.tile([0, 1, 2], 40)]
"""Forty rows of each of three cells, in turn."""


def test_oversampled_as_published_is_36_rows_of_each_of_two_cells() -> None:
    rng = np.random.default_rng(0)
    draws = [few_cells_rows(CELLS, 36, rng) for _ in range(60)]
    for rows in draws:
        names, counts = np.unique(CELLS[rows], return_counts=True)
        assert len(set(rows.tolist())) == 72
        assert len(names) == 2 and counts.tolist() == [36, 36]
        assert len(set(CELLS[rows[:36]])) == 1
    pairs = {tuple(np.unique(CELLS[rows])) for rows in draws}
    assert pairs == {("a", "b"), ("a", "c"), ("b", "c")}


def test_a_cell_with_too_few_rows_is_not_drawn() -> None:
    cells = np.repeat([0, 1, 2], [5, 5, 4])
    rng = np.random.default_rng(0)
    for _ in range(20):
        assert set(cells[few_cells_rows(cells, 5, rng)]) == {0, 1}
    assert few_cells_rows(cells, 5, rng, n_cells=1).shape == (5,)
    with pytest.raises(ValueError, match="from 1 to 2, the cells with n_each = 5 rows, got 3"):
        few_cells_rows(cells, 5, rng, n_cells=3)


def test_unique_as_published_is_any_row_of_every_cell() -> None:
    rng = np.random.default_rng(0)
    draws = np.array([random_unique_rows(CELLS, rng) for _ in range(400)])
    assert (CELLS[draws] == ["a", "b", "c"]).all()
    assert all(len(np.unique(column)) == 40 for column in draws.T)
