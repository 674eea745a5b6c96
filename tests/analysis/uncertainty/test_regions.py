"""Ensembles in one region overlap, however slowly walkers move; those in two do not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.analysis.uncertainty.regions import compare_regions, principal_components

N_STATES = 20


def ensembles(
    centres: list[float], n_walkers: int = 40, spread: float = 1.0
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """States of ensembles about centres along the first of six variables; slow walkers."""
    rng = np.random.default_rng(5)
    m = len(centres)
    middles = rng.standard_normal((m * n_walkers, 1, 6)) * spread
    middles[:, :, 0] += np.repeat(centres, n_walkers)[:, None]
    states = middles + 0.1 * rng.standard_normal((m * n_walkers, N_STATES, 6))
    walker = np.repeat(np.arange(m * n_walkers), N_STATES)
    return states.reshape(-1, 6), np.ones(len(walker)), walker, walker // n_walkers


def test_slow_walkers_of_one_density_are_one_region() -> None:
    found = compare_regions(*ensembles([0.0, 0.0, 0.0]))
    assert found.groups == [[0, 1, 2]] and found.smallest > 0.7


def test_overlap_is_that_of_two_normal_densities() -> None:
    # a rule half-way between means d SDs apart is right in Phi(d/2)
    from scipy.stats import norm

    found = compare_regions(*ensembles([0.0, 2.0], n_walkers=600))
    assert found.smallest == pytest.approx(2 * (1 - norm.cdf(1.0)), abs=0.05)
    assert found.groups == [[0, 1]]


def test_regions_are_those_between_which_nothing_overlaps() -> None:
    found = compare_regions(*ensembles([0.0, 9.0, 0.5, 9.3]))
    assert found.groups == [[0, 2], [1, 3]] and found.smallest < 0.02


def test_few_walkers_tell_nothing() -> None:
    found = compare_regions(*ensembles([0.0, 9.0], n_walkers=4))
    assert np.isnan(found.smallest) and found.groups == [[0, 1]]


def test_weights_count_and_variables_that_do_not_vary_are_left_out() -> None:
    values, weights, walker, ensemble = ensembles([0.0, 9.0])
    values = np.hstack([values, np.ones((len(values), 1)), values[:, :1]])  # and one twice
    assert compare_regions(values, weights, walker, ensemble).groups == [[0], [1]]
    passes_over = (ensemble == 1) & (walker % 4 < 2)
    values[np.ix_(passes_over, [0, 7])] -= 9.0
    half = compare_regions(values, weights, walker, ensemble)
    light = compare_regions(values, np.where(values[:, 0] > 4.5, 1e-6, 1.0), walker, ensemble)
    assert half.groups == [[0, 1]] and light.smallest > half.smallest + 0.1


def test_components_are_those_of_the_correlation() -> None:
    rng = np.random.default_rng(2)
    shared = rng.standard_normal(4000)
    values = np.column_stack([100 * shared, shared + 0.1 * rng.standard_normal(4000),
                              rng.standard_normal(4000), np.ones(4000)])  # fmt: skip
    found = principal_components(values, np.ones(4000))
    assert found.shape == (4000, 3)
    assert abs(np.corrcoef(found[:, 0], shared)[0, 1]) > 0.99
