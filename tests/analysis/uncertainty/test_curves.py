"""Stabilisation, area, subsets and comparison on small cases done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis import (
    area_under_curve,
    compare_spectra,
    cost_strata,
    high_covariance_rows,
    o_information_spectrum,
    oversampled_rows,
    plateau_order,
    plateau_range,
    principal_components,
    stabilisation_order,
    stabilisation_orders,
    unique_rows,
)


def test_knee_is_the_same_whichever_way_a_curve_is_drawn() -> None:
    orders = np.arange(3, 9)
    rising = np.array([0.0, 2.0, 4.0, 5.0, 5.5, 6.0])
    assert stabilisation_order(orders, rising) == 5
    assert stabilisation_order(orders, -rising) == 5
    # unoriented, a falling curve bends up at its knee, and the rule finds another order
    assert stabilisation_order(orders, -rising, "literal") != 5
    assert stabilisation_order(orders, rising, "literal") == 5


def test_ties_go_to_the_smaller_order() -> None:
    assert stabilisation_order([3, 4, 5, 6, 7], [0.0, 1.0, 1.5, 1.5, 1.5]) == 4
    assert stabilisation_order([3, 4, 5, 6], [0.0, 0.1, 0.2, 0.1 + 0.2]) == 4
    assert stabilisation_orders([3, 4, 5], [[0, 1, 1], [0, 5, 6]]).tolist() == [4, 4]


@pytest.mark.parametrize(
    ("orders", "values", "words"),
    [
        ([3, 4], [0, 1], "at least 3"),
        ([3, 5, 6], [0, 1, 2], "consecutive"),
        ([3, 4, 5], [0, np.nan, 2], "finite"),
    ],
)
def test_unfit_curves(orders: list[int], values: list[float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        stabilisation_order(orders, values)


def test_a_wiggle_is_a_knee_but_no_plateau() -> None:
    orders = np.arange(3, 22)
    smooth = -1.0 + 0.004 * (orders - 16.0) ** 2
    # within 1 % of the lowest: (k - 16)^2 at most 2.5
    assert plateau_range(orders, smooth) == (15, 17)
    assert plateau_order(orders, smooth) == 15
    wiggled = smooth + np.where(orders == 6, -0.02, 0.0)
    assert stabilisation_order(orders, wiggled) != stabilisation_order(orders, smooth)
    assert plateau_range(orders, wiggled) == (15, 17)
    # within 5 %: at most 12.5
    assert plateau_range(orders, smooth, within=0.05) == (13, 19)


def test_a_plateau_has_a_side() -> None:
    orders, values = [3, 4, 5, 6], [0.1, 0.5, 1.0, 0.995]
    assert plateau_range(orders, values, "highest") == (5, 6)
    assert plateau_range(orders, values, "lowest") == (3, 3)
    assert plateau_range(orders, np.negative(values), "lowest") == (5, 6)
    # all values lie on the other side of zero: the extreme is the nearest to it
    assert plateau_range(orders, np.negative(values), "highest") == (3, 3)
    assert plateau_range([3], [0.0]) == (3, 3)


@pytest.mark.parametrize(
    ("orders", "values", "within", "words"),
    [
        ([], [], 0.01, "at least 1"),
        ([4, 3], [0, 1], 0.01, "ascending"),
        ([3, 4], [0, np.inf], 0.01, "finite"),
        ([3, 4], [0, 1], 1.0, "within must be"),
    ],
)
def test_unfit_plateaus(orders: list[int], values: list[float], within: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        plateau_order(orders, values, within=within)


def test_area() -> None:
    assert area_under_curve([3, 4, 5, 6], [1.0, 1.0, 1.0, 1.0]) == 3.0


def test_oversampling_doubles_half_of_the_cells() -> None:
    cells = np.repeat(np.arange(10), 4)
    rank = np.tile([2, 0, 1, 3], 10)
    best = unique_rows(cells, rank)
    assert best.tolist() == [4 * i + 1 for i in range(10)]
    rows = oversampled_rows(cells, rank, 5, np.random.default_rng(0))
    assert len(set(rows.tolist())) == 10 and len(set(cells[rows].tolist())) == 5
    assert set(rows[::2].tolist()) <= set(best.tolist())
    with pytest.raises(ValueError, match="n_cells must be from 1 to 10"):
        oversampled_rows(cells, rank, 11, np.random.default_rng(0))


def test_high_covariance_rows_lie_near_the_components() -> None:
    rng = np.random.default_rng(0)
    near = rng.standard_normal((80, 2)) @ rng.standard_normal((2, 8))
    values = np.vstack([near, 3 * rng.standard_normal((20, 8))])
    rows = high_covariance_rows(values, 60, n_components=2)
    assert (rows < 80).mean() > 0.95
    scores, explained, components = principal_components(values, 3)
    np.testing.assert_allclose(components @ components.T, np.eye(3), atol=1e-12)
    assert scores.shape == (100, 3) and (np.diff(explained) <= 0).all()
    with pytest.raises(ValueError, match="n_components"):
        high_covariance_rows(values, 10, 8)


def test_strata_are_ordered_by_cost() -> None:
    cost = np.random.default_rng(0).random(11)
    strata = cost_strata(cost, 3)
    assert sorted(np.concatenate(strata).tolist()) == list(range(11))
    assert cost[strata[0]].max() < cost[strata[1]].min()


def test_a_population_overlaps_with_itself() -> None:
    rng = np.random.default_rng(1)
    one = o_information_spectrum(np.corrcoef(rng.standard_normal((8, 30))))
    other = o_information_spectrum(np.corrcoef(rng.standard_normal((8, 30))))
    same, different = compare_spectra(one, one, 8), compare_spectra(one, other, 8)
    assert (same.overlap_lowest == 1).all() and (same.overlap_highest == 1).all()
    assert (different.overlap_lowest <= 1).all() and different.overlap_lowest[0] < 1
    assert same.order_of_minimum[0] == same.order_of_minimum[1]
    assert same.overlap_by_chance[-1] == 1.0
