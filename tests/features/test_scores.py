"""z-scores and costs by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.features import MAX_SCORE, combine_cost, z_score


def test_score_is_mean_absolute_deviation_not_deviation_of_mean() -> None:
    assert z_score(np.array([1.0, 3.0]), 2.0, 0.5, capped=True) == 2.0


@pytest.mark.parametrize("missing", [None, np.array([]), np.array([np.nan])])
def test_missing_feature_scores_250(missing: np.ndarray | None) -> None:
    assert z_score(missing, 0.0, 1.0, capped=True) == MAX_SCORE == 250.0


def test_only_capped_scores_are_capped() -> None:
    far = np.array([1000.0])
    assert z_score(far, 0.0, 1.0, capped=True) == 250.0
    assert z_score(far, 0.0, 1.0, capped=False) == 1000.0


def test_costs() -> None:
    scores = [0.5, 3.0, 1.0]
    assert combine_cost(scores, "max") == 3.0
    assert combine_cost(scores, "sum") == 4.5
    assert combine_cost(scores, "mean") == 1.5
    with pytest.raises(ValueError, match="'max', 'sum' or 'mean'"):
        combine_cost(scores, "median")  # type: ignore[arg-type]
