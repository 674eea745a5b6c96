from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from ionfo.analysis import correlation_matrix, o_information
from ionfo.analysis.measures.local import local_o_information, local_o_information_of


def test_local_values_are_those_of_the_densities() -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((60, 4)) @ rng.standard_normal((4, 4))
    scaled = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    c = correlation_matrix(rows)
    whole = -multivariate_normal(np.zeros(4), c).logpdf(scaled)
    expected = 2 * whole
    for j in range(4):
        rest = np.delete(np.arange(4), j)
        part = multivariate_normal(np.zeros(3), c[np.ix_(rest, rest)])
        expected += -norm.logpdf(scaled[:, j]) + part.logpdf(scaled[:, rest])
    assert local_o_information(rows) == pytest.approx(expected, abs=1e-10)


def test_their_weighted_mean_is_the_o_information() -> None:
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((80, 5)) @ rng.standard_normal((5, 5))
    weights = rng.integers(1, 9, 80).astype(float)
    mean = np.average(local_o_information(rows, weights), weights=weights)
    assert mean == pytest.approx(o_information(correlation_matrix(rows, weights)), abs=1e-12)


def test_rows_of_another_table_have_values_under_a_known_gaussian() -> None:
    c = np.array([[1.0, 0.5, 0.5], [0.5, 1.0, 0.5], [0.5, 0.5, 1.0]])
    # at the mean of all variables the squared distances vanish: O = L/2 - 3/2 log(1 - 1/4)
    expected = 0.5 * np.log(np.linalg.det(c)) - 1.5 * np.log(0.75)
    assert local_o_information_of(np.zeros((1, 3)), c) == pytest.approx([expected], abs=1e-12)


def test_two_columns_have_none() -> None:
    with pytest.raises(ValueError, match="at least 3"):
        local_o_information(np.random.default_rng(2).standard_normal((30, 2)))
