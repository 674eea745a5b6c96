from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.analysis import o_information
from ionfo.analysis.measures.gradient import o_information_gradient, o_information_pair_gradient


def covariance(n: int, seed: int) -> NDArray[np.float64]:
    mixing = np.random.default_rng(seed).standard_normal((n, n))
    return np.asarray(mixing @ mixing.T + np.eye(n))


def without(c: NDArray[np.float64], *left_out: int) -> float:
    kept = np.delete(np.delete(c, left_out, axis=0), left_out, axis=1)
    return o_information(kept) if len(kept) > 2 else 0.0  # of two variables it is zero


@pytest.mark.parametrize("n", [3, 4, 5, 9])
def test_gradients_are_differences_of_o_information(n: int) -> None:
    c = covariance(n, n)
    one = o_information_gradient(c)
    two = o_information_pair_gradient(c)
    assert one == pytest.approx([o_information(c) - without(c, i) for i in range(n)], abs=1e-12)
    for i in range(n):
        for j in range(n):
            if i == j:
                assert np.isnan(two[i, i])
                continue
            told = o_information(c) - without(c, i) - without(c, j)
            told += without(c, i, j) if n > 3 else 0.0
            assert two[i, j] == pytest.approx(told, abs=1e-12)


def test_a_variable_that_repeats_others_brings_redundancy() -> None:
    c = np.full((4, 4), 0.8) + 0.2 * np.eye(4)
    assert (o_information_gradient(c) > 0).all()


def test_a_variable_apart_adds_nothing() -> None:
    c = np.eye(5)
    c[:4, :4] = covariance(4, 1)
    assert o_information_gradient(c)[4] == pytest.approx(0.0, abs=1e-12)
    pairs = o_information_pair_gradient(c)
    assert np.nanmax(np.abs(pairs[4, :4])) < 1e-12
