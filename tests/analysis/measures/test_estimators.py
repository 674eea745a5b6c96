"""Normal scores and the copula."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, rankdata

from ionfo.analysis.measures.estimators import estimated_correlation, normal_scores


def test_scores_are_normal_quantiles_of_ranks() -> None:
    values = np.random.default_rng(0).integers(0, 20, (50, 2)).astype(float)
    expected = norm.ppf(rankdata(values, axis=0) / 51)
    np.testing.assert_allclose(normal_scores(values), expected, atol=1e-12)


def test_a_weight_ranks_as_repeated_rows() -> None:
    rng = np.random.default_rng(1)
    values, weights = rng.standard_normal((40, 3)), rng.integers(1, 4, 40)
    unit = weights.sum() / 40
    repeated = normal_scores(np.repeat(values, weights, axis=0))
    weighted = normal_scores(values, weights)[np.repeat(np.arange(40), weights)]
    # they differ only in what is added to n at the edge
    assert np.abs(repeated - weighted).max() < 0.3 and unit > 1
    scaled = normal_scores(values, weights * 7.0)
    np.testing.assert_allclose(scaled, normal_scores(values, weights), atol=1e-12)


def test_monotone_changes_leave_the_copula_alone() -> None:
    rows = np.random.default_rng(2).standard_normal((300, 4))
    changed = np.column_stack([np.exp(3 * rows[:, 0]), rows[:, 1] ** 3, rows[:, 2], -rows[:, 3]])
    a = estimated_correlation(rows, estimator="copula")
    b = estimated_correlation(changed, estimator="copula")
    np.testing.assert_allclose(np.abs(a), np.abs(b), atol=1e-12)
    assert not np.allclose(
        np.abs(estimated_correlation(rows)), np.abs(estimated_correlation(changed))
    )


def test_mistakes_are_named() -> None:
    rows = np.random.default_rng(3).standard_normal((30, 3))
    with pytest.raises(ValueError, match="estimator must be one of gaussian, copula, got 'kde'"):
        estimated_correlation(rows, estimator="kde")  # type: ignore[arg-type]
    rows[:, 1] = 4.0
    with pytest.raises(ValueError, match="'b' is constant"):
        estimated_correlation(rows, None, "copula", ["a", "b", "c"])
    rows[:, 1] = np.exp(rows[:, 0])  # differs, but ranks alike
    with pytest.raises(ValueError, match="'b' follows from 'a'"):
        estimated_correlation(rows, None, "copula", ["a", "b", "c"])


def test_the_copula_judges_normal_scores_alone() -> None:
    rows = np.random.default_rng(4).standard_normal((200, 3))
    rows[:, 2] = rows[:, 0] + rows[:, 1]  # singular as values, regular as scores
    with pytest.raises(ValueError, match="'c' follows from 'a' and 'b'"):
        estimated_correlation(rows, None, "gaussian", ["a", "b", "c"])
    found = estimated_correlation(rows, None, "copula", ["a", "b", "c"])
    np.testing.assert_allclose(found, np.corrcoef(normal_scores(rows).T), atol=1e-12)
    rows[3, 1] = np.nan
    with pytest.raises(ValueError, match="'b' holds NaN"):
        estimated_correlation(rows, None, "copula", ["a", "b", "c"])
    assert estimated_correlation(rows[:, :1], None, "copula").tolist() == [[1.0]]
