"""Searches find what is there, and what they found is what it says."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis import find_extremes, greedy_extremes, o_information, o_information_spectrum


@pytest.fixture(scope="module")
def correlation() -> np.ndarray:
    rng = np.random.default_rng(7)
    x = rng.standard_normal((80, 13))
    x[:, :4] += rng.standard_normal((80, 1))
    x[:, 12] += x[:, 4:9].sum(axis=1)
    return np.corrcoef(x.T)


@pytest.mark.parametrize("side", ["lowest", "highest"])
def test_a_wide_search_finds_the_extremes(correlation: np.ndarray, side: str) -> None:
    every = o_information_spectrum(correlation)
    exact = every.minimum if side == "lowest" else every.maximum
    found = find_extremes(correlation, side=side, width=300, sweeps=3)  # type: ignore[arg-type]
    np.testing.assert_allclose(found.value, exact, atol=1e-9)
    for value, multiplet in zip(found.value, found.multiplet, strict=True):
        assert o_information(correlation[np.ix_(multiplet, multiplet)]) == pytest.approx(value)


def test_greedy_is_never_better_than_exact_and_says_what_is_exact(correlation: np.ndarray) -> None:
    every = o_information_spectrum(correlation)
    greedy = greedy_extremes(correlation, width=2)
    assert (greedy.value >= every.minimum - 1e-9).all()
    assert greedy.is_exact.tolist() == [True] + [False] * 9 + [True]
    assert greedy.value[0] == pytest.approx(every.minimum[0])


def test_annealing_improves_a_poor_start(correlation: np.ndarray) -> None:
    every = o_information_spectrum(correlation)
    poor = find_extremes(correlation, width=1, sweeps=0)
    better = find_extremes(correlation, width=1, sweeps=10, seed=3)
    assert (better.value <= poor.value + 1e-12).all()
    assert (better.value - every.minimum).sum() <= (poor.value - every.minimum).sum()
    again = find_extremes(correlation, width=1, sweeps=10, seed=3)
    assert again.multiplet == better.multiplet


def test_unknown_side() -> None:
    with pytest.raises(ValueError, match="side must be lowest or highest"):
        find_extremes(np.eye(4), side="best")  # type: ignore[arg-type]
