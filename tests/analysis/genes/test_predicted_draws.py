"""Draws stay inside, intervals cover as they say, and scores rank predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ionfo.analysis.genes.cross_validation import RegressionChoice
from ionfo.analysis.genes.predicted_draws import (
    draws_inside,
    interval_of,
    predict_by_genes,
    predict_by_label,
    ranked_probability_score,
)


def test_draws_have_the_covariance_and_stay_inside() -> None:
    rng = np.random.default_rng(0)
    covariance = np.array([[1.0, 0.6], [0.6, 0.5]])
    wide = np.full(2, -50.0), np.full(2, 50.0)
    draws, moved = draws_inside(np.array([[1.0, 2.0]]), covariance, wide, 20_000, rng)
    assert moved == 0.0
    np.testing.assert_allclose(np.cov(draws[0].T), covariance, atol=0.03)
    narrow = np.array([0.0, 0.0]), np.array([1.0, 1.0])
    cut, moved = draws_inside(np.array([[-9.0, 0.5]]), covariance, narrow, 500, rng)
    assert moved == 0.0 and ((cut >= 0) & (cut <= 1)).all() and cut.std() > 0.1
    point = np.array([0.0, 0.3]), np.array([1e-7, 0.3 + 1e-7])
    stuck, moved = draws_inside(np.array([[0.0, 0.3]]), covariance, point, 10, rng)
    assert moved == 1.0 and ((stuck >= point[0]) & (stuck <= point[1])).all()


def test_intervals_hold_a_new_draw_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    draws = rng.standard_normal((4000, 20, 1))
    median, low, high = interval_of(draws[:, :19])
    inside = (draws[:, 19] >= low) & (draws[:, 19] <= high)
    assert inside.mean() == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / 4000))
    assert abs(median.mean()) < 0.05
    draws[0, :15] = np.nan
    assert np.isnan(interval_of(draws[:, :19])[1][0, 0])


def test_score_is_that_of_the_definition_and_prefers_the_truth() -> None:
    rng = np.random.default_rng(2)
    draws = rng.standard_normal((3, 6, 2))
    draws[1, 2, 0] = np.nan
    measured = rng.standard_normal((3, 2))
    measured[2, 1] = np.nan
    found = ranked_probability_score(draws, measured)
    for i in range(3):
        for j in range(2):
            x = draws[i, np.isfinite(draws[i, :, j]), j]
            apart = np.abs(x[:, None] - x).sum() / (len(x) * (len(x) - 1))
            told = np.abs(x - measured[i, j]).mean() - 0.5 * apart
            assert found[i, j] == pytest.approx(told, nan_ok=True)
    truth = rng.standard_normal((5000, 1))
    scores = [
        ranked_probability_score(sd * rng.standard_normal((5000, 20, 1)), truth).mean()
        for sd in (0.3, 1.0, 3.0)
    ]
    assert min(scores) == scores[1] == pytest.approx(1 / np.sqrt(np.pi), abs=0.03)


def test_errors_are_those_of_cells_that_were_not_seen(cells: Any) -> None:
    pytest.importorskip("sklearn")
    genes, outputs, families = cells
    test = np.arange(30)
    choice = RegressionChoice(2, 1.0, False)
    means, errors = predict_by_genes(genes, outputs, test, [0.3, 0.1], choice)
    label, spread = predict_by_label(outputs, families, test)
    assert means.shape == label.shape == (30, 3)
    rest = outputs[test] - means
    np.testing.assert_allclose(np.diag(errors), np.mean(rest**2, axis=0), rtol=0.8)
    assert (np.diag(errors) < np.diag(spread)).sum() >= 2
    np.testing.assert_array_equal(label[0], outputs[30:][families[30:] == "a"].mean(axis=0))
