"""The rows that a group needs follow from how strong its dependence is."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis import Question
from ionfo.analysis.uncertainty.sample_size import (
    default_sizes,
    first_size,
    needed_frame,
    size_frame,
    size_study,
)

Q6 = Question("o_information", tuple(range(6)))


def factor(loading: float, n: int = 600) -> np.ndarray:
    rng = np.random.default_rng(0)
    return loading * rng.standard_normal((n, 1)) + rng.standard_normal((n, 6))


def test_strong_dependence_needs_fewer_rows_than_weak() -> None:
    strong = size_study(factor(1.0), Q6, [20, 50, 100, 200], n_draws=12)
    weak = size_study(factor(0.35), Q6, [20, 50, 100, 200], n_draws=12)
    assert np.nanmax(strong.needed) <= 50
    assert np.isnan(weak.needed[-1]) or weak.needed[-1] > np.nanmax(strong.needed)
    assert strong.sd[0, -1] > 1.5 * strong.sd[3, -1]
    # at 600 independent rows nothing is left of the bias that 20 rows have
    np.testing.assert_allclose(strong.corrected[0], strong.whole_corrected, rtol=0.3)
    frame = needed_frame(weak)
    assert (frame["rows_needed"].isna() == frame["rows_needed_extrapolated"].notna()).all()
    assert len(size_frame(strong)) == 4 * len(Q6.orders)


def test_independent_variables_never_exclude_zero_for_good() -> None:
    study = size_study(factor(0.0), Q6, [20, 50, 100, 200], n_draws=12)
    assert np.isnan(study.needed).sum() >= len(Q6.orders) - 1
    assert study.raw[0, -1] < 3 * study.raw[3, -1] < 0  # the bias, towards synergy
    assert abs(study.corrected[0, -1]) < 0.15


def test_the_first_size_holds_for_all_larger_ones() -> None:
    low = np.array([[0.1, -1.0], [-0.1, -1.0], [0.2, -0.5]])
    high = np.array([[1.0, 1.0], [1.0, 1.0], [1.0, -0.1]])
    assert first_size(np.array([10, 20, 30]), low, high).tolist() == [30.0, 30.0]
    assert np.isnan(first_size(np.array([10]), low[1:2, :1], high[1:2, :1])).all()


def test_sizes_that_cannot_be_drawn_are_refused() -> None:
    assert default_sizes(20, 20) == []
    with pytest.raises(ValueError, match="sizes must be from 8 to 400 .* got 20, 500"):
        size_study(factor(1.0), Q6, [20, 500])
    with pytest.raises(ValueError, match="got none"):
        size_study(factor(1.0), Q6, [])
