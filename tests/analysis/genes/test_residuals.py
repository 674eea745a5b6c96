"""What covariates leave is uncorrelated with them, and nothing else is taken."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis import correlation_matrix, o_information
from ionfo.analysis.genes.residuals import residuals


def test_a_common_factor_that_is_known_is_taken_out() -> None:
    rng = np.random.default_rng(0)
    depth = rng.standard_normal((3000, 1))
    own = rng.standard_normal((3000, 6))
    values = 2.0 * depth + own + 5.0
    left = residuals(values, depth)
    np.testing.assert_allclose(left.mean(axis=0), values.mean(axis=0))
    np.testing.assert_allclose(left.T @ (depth - depth.mean()), 0.0, atol=1e-9)
    assert o_information(correlation_matrix(values)) > 2.0
    assert abs(o_information(correlation_matrix(left))) < 0.02
    np.testing.assert_allclose(left, residuals(left, depth), atol=1e-12)


def test_covariates_that_cannot_be_taken_out_are_refused() -> None:
    with pytest.raises(ValueError, match="must vary over more rows"):
        residuals(np.ones((5, 2)), np.ones((5, 1)))
    with pytest.raises(ValueError, match="1 covariates of 3 rows"):
        residuals(np.ones((3, 2)), [[0.0], [1.0], [2.0]])
