"""Tables side by side: equal rows, own nulls, and intervals that hold."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis import Passes, Question, correlation_matrix, o_information, wishart_bias
from ionfo.analysis.figures.beside import curves_beside, pair_matrices, quadruplet_scatter
from ionfo.analysis.multiplets.questions import STATISTICS
from ionfo.analysis.uncertainty.beside import (
    SideSettings,
    compare_sides,
    equal_rows,
    extreme_quadruplet,
    measure_side,
    side_frame,
)

Q5 = Question("o_information", (0, 1, 2, 3, 4))
MEAN = STATISTICS.index("mean")


def run(passes: Passes, requests: list[tuple[str, int]]) -> list[list[np.ndarray]]:
    return [passes.run(kind, i) for kind, i in requests]  # type: ignore[arg-type]


def factor(n: int, seed: int, loading: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return loading * rng.standard_normal((n, 1)) + rng.standard_normal((n, 5))


def test_equal_rows_are_all_rows_or_a_draw() -> None:
    assert equal_rows(5, 5, 3, 0).tolist() == [0, 1, 2, 3, 4]
    rows = equal_rows(100, 30, 1, 0)
    assert len(set(rows.tolist())) == 30 and rows.tolist() == sorted(rows.tolist())
    assert rows.tolist() != equal_rows(100, 30, 2, 0).tolist()
    with pytest.raises(ValueError, match="at most the 5 rows of the table, got 6"):
        equal_rows(5, 6, 0, 0)


def test_a_table_at_its_own_size_is_measured_as_it_is() -> None:
    values = factor(60, 0)
    side = measure_side("t", values, Q5, 60, run, SideSettings(shuffles=9, bootstrap=4))
    whole = o_information(correlation_matrix(values))
    bias = wishart_bias("o_information", 5, 59.0)
    assert side.raw[-1, MEAN] == pytest.approx(whole, abs=1e-12)
    assert side.corrected[-1, MEAN] == pytest.approx(whole - bias, abs=1e-12)
    assert side.null is not None and side.null.p[-1, MEAN] == pytest.approx(0.2)
    assert "4 subsamples of 47 rows" in side.how and len(side.draws) == 1


def test_a_larger_table_is_drawn_from_and_its_null_has_the_same_rows() -> None:
    values = factor(600, 1)
    side = measure_side("t", values, Q5, 50, run, SideSettings(shuffles=19, draws=12))
    assert len(side.draws) == 12 and side.null is not None and side.null.n_rows == 50
    exact = o_information(np.ones((5, 5)) + np.eye(5))
    assert side.low[-1, MEAN] < exact < side.high[-1, MEAN]
    frame = side_frame([side])
    assert len(frame) == 3 * len(STATISTICS)
    assert set(frame["rows"]) == {50} and set(frame["rows_of_the_table"]) == {600}
    assert {"raw_nats", "corrected_nats", "null_low_nats", "low_nats", "p_adjusted"} <= set(frame)


def test_an_interval_of_draws_holds_the_truth_as_often_as_it_says() -> None:
    exact = o_information(np.ones((5, 5)) + np.eye(5))
    held = 0
    for seed in range(40):
        side = measure_side(
            "t", factor(200, 100 + seed), Q5, 50, run, SideSettings(shuffles=0, seed=seed)
        )
        held += side.low[-1, MEAN] < exact < side.high[-1, MEAN]
    assert held >= 34  # 95 % of 40 is 38 with an SD of 1.4


def test_an_interval_of_subsamples_is_no_wider_for_many_variables_than_it_must_be() -> None:
    rng = np.random.default_rng(5)
    question = Question("o_information", tuple(range(12)))
    values = rng.standard_normal((20, 12)) + 0.7 * rng.standard_normal((20, 1))
    covariance = 0.49 * np.ones((12, 12)) + np.eye(12)
    side = measure_side("t", values, question, 20, run, SideSettings(shuffles=0, bootstrap=40))
    assert "of 18 rows" in side.how
    assert side.low[-1, MEAN] < o_information(covariance) < side.high[-1, MEAN]


def test_too_few_rows_give_no_interval_and_say_so() -> None:
    side = measure_side("t", factor(9, 0), Q5, 9, run, SideSettings(shuffles=0))
    assert np.isnan(side.low).all() and side.how.startswith("none")


def test_groups_that_differ_are_told_apart_and_others_are_not() -> None:
    values = np.vstack([factor(60, 0), factor(60, 1, 0.0), factor(60, 2)])
    rows = [np.arange(60 * i, 60 * (i + 1)) for i in range(3)]
    differ = compare_sides(values, rows[0], rows[1], Q5, permutations=99, seed=0)
    alike = compare_sides(values, rows[0], rows[2], Q5, permutations=99, seed=0)
    assert differ.p == 0.01 and differ.difference > 0 and alike.p > 0.05
    with pytest.raises(ValueError, match="as many rows, got 60 and 50"):
        compare_sides(values, rows[0], rows[1][:50], Q5, permutations=9, seed=0)


def test_the_extreme_four_are_those_of_a_plain_search() -> None:
    correlation = correlation_matrix(np.hstack([factor(80, 3), factor(80, 4)[:, :2]]))
    from itertools import combinations

    values = {
        four: o_information(correlation[np.ix_(four, four)]) for four in combinations(range(7), 4)
    }
    for lowest, pick in ((True, min), (False, max)):
        four, value = extreme_quadruplet(correlation, lowest)
        assert four == pick(values, key=values.__getitem__)
        assert value == pytest.approx(values[four], abs=1e-12)


def test_figures_are_drawn() -> None:
    values = factor(40, 0)
    side = measure_side("t", values, Q5, 40, run, SideSettings(shuffles=5, bootstrap=4))
    assert len(curves_beside([side, side], "O-information (nats)").axes) == 4
    pairs = np.abs(correlation_matrix(values))
    assert len(pair_matrices([pairs, pairs], ["a", "b"], ["abcde", "abcde"], "told").axes) == 3
    scatter = quadruplet_scatter([("t", values[:, :4], "abcd", 0.1)] * 2, "lowest")
    assert len(scatter.axes) == 32
