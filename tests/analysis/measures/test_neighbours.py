from __future__ import annotations

import numpy as np
import pytest
from scipy.special import digamma

from ionfo.analysis import o_information
from ionfo.analysis.measures.neighbours import (
    nearest_neighbour_o_information,
    neighbour_information,
)

REDUNDANT = np.full((3, 3), 0.6) + 0.4 * np.eye(3)
SYNERGISTIC = np.array([[1.0, 0.0, 0.6], [0.0, 1.0, 0.6], [0.6, 0.6, 1.0]])


def test_it_is_its_definition() -> None:
    points = np.random.default_rng(0).standard_normal((40, 4))
    k, n = 3, 4
    distance = np.abs(points[:, None] - points[None])
    expected = (n - 2) * (digamma(40) - digamma(k))
    for i in range(40):
        radius = np.sort(distance[i].max(axis=1))[k]
        for j in range(n):
            alone = np.sum(distance[i, :, j] < radius)
            others = np.sum(np.delete(distance[i], j, axis=1).max(axis=1) < radius)
            expected += (digamma(others) - digamma(alone)) / 40
    assert nearest_neighbour_o_information(points, k) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("correlation", [np.eye(3), REDUNDANT, SYNERGISTIC])
def test_it_agrees_with_the_closed_form_on_gaussians(correlation: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    found = [
        nearest_neighbour_o_information(rng.multivariate_normal(np.zeros(3), correlation, 800))
        for _ in range(20)
    ]
    assert np.mean(found) == pytest.approx(o_information(correlation), abs=0.03)


def test_it_sees_synergy_that_no_pair_holds() -> None:
    rng = np.random.default_rng(2)
    rows = rng.standard_normal((500, 3))
    rows[:, 2] = np.abs(rows[:, 2]) * np.sign(rows[:, 0] * rows[:, 1])
    found = neighbour_information(rows, n_draws=40)
    # one bit of synergy, blurred by few neighbours; pairs know nothing of it
    assert -np.log(2) - 0.1 < found.corrected < -0.35
    assert abs(found.copula) < 0.02
    assert found.p_copula == found.p_independent == pytest.approx(2 / 41)


def test_gaussian_rows_are_no_more_than_their_copula() -> None:
    rng = np.random.default_rng(3)
    p = []
    for seed in range(12):
        rows = np.exp(rng.multivariate_normal(np.zeros(3), REDUNDANT, 200))
        found = neighbour_information(rows, n_draws=40, seed=seed)
        p.append(found.p_copula)
        assert found.p_independent <= 0.1
    assert np.sum(np.array(p) <= 0.1) <= 4


def test_unfit_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="n >= 3"):
        nearest_neighbour_o_information(np.zeros((30, 2)))
