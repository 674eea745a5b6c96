from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis import normal_scores
from ionfo.analysis.measures.comoments import fourth_order, row_blocks, third_order


def test_moments_are_their_definition() -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((50, 4)) @ rng.standard_normal((4, 4))
    weights = rng.integers(1, 5, 50).astype(float)
    w = weights / weights.sum()
    z = rows - w @ rows
    z /= np.sqrt(w @ z**2)
    three = third_order(rows, weights, row_blocks(50))
    assert len(three.excess) == 4 + 2 * 6  # all different; one of two taken twice
    for variables, excess in zip(three.variables, three.excess, strict=True):
        assert excess == pytest.approx(w @ np.prod(z[:, variables], axis=1))
    four = fourth_order(rows, weights, row_blocks(50))
    r = (z * w[:, None]).T @ z
    for (i, j, k, m), excess in zip(four.variables, four.excess, strict=True):
        expected = r[i, j] * r[k, m] + r[i, k] * r[j, m] + r[i, m] * r[j, k]
        assert excess == pytest.approx(w @ np.prod(z[:, [i, j, k, m]], axis=1) - expected)


def test_a_gaussian_copula_has_none() -> None:
    rng = np.random.default_rng(1)
    rows = np.exp(rng.standard_normal((2000, 8)) @ rng.standard_normal((8, 8)))
    scores = normal_scores(rows)
    for found in (third_order(scores, np.ones(2000), row_blocks(2000)),
                  fourth_order(scores, np.ones(2000), row_blocks(2000))):  # fmt: skip
        assert found.root_mean_square_t == pytest.approx(1.0, abs=0.35)
        assert found.n_beyond <= 0.05 * len(found.excess)


def test_a_triple_that_no_pair_holds_is_found() -> None:
    rng = np.random.default_rng(2)
    rows = rng.standard_normal((800, 5))
    rows[:, 4] = np.abs(rows[:, 4]) * np.sign(rows[:, 1] * rows[:, 3])
    found = third_order(normal_scores(rows), np.ones(800), row_blocks(800))
    variables, excess = found.largest
    assert variables == (1, 3, 4) and excess > 0.3
    assert found.n_beyond >= 1


def test_errors_are_of_walkers_and_not_of_rows() -> None:
    rng = np.random.default_rng(3)
    each = rng.standard_normal((40, 4))
    rows = np.repeat(each, 25, axis=0)  # a walker that never moves is one row
    blocks = [np.arange(25 * i, 25 * (i + 1)) for i in range(40)]
    by_walkers = third_order(rows, np.ones(1000), blocks)
    by_rows = third_order(rows, np.ones(1000), row_blocks(1000, 1000))
    assert np.median(by_walkers.error / by_rows.error) == pytest.approx(5.0, rel=0.1)
