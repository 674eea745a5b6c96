from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis import Sample
from ionfo.analysis.uncertainty.between_ensembles import between_ensembles

N_ENSEMBLES, N_WALKERS, N_STEPS = 4, 25, 40


def offset_sample(rng: np.random.Generator, offset: float, n: int = 5, a: float = 0.5) -> Sample:
    """Ensembles of autoregressive walkers whose means lie apart by chance, SD `offset`."""
    walkers = N_ENSEMBLES * N_WALKERS
    chain = np.empty((N_STEPS, walkers, n))
    chain[0] = rng.standard_normal((walkers, n))
    for i in range(1, N_STEPS):
        chain[i] = a * chain[i - 1] + np.sqrt(1 - a * a) * rng.standard_normal((walkers, n))
    home = np.repeat(np.arange(N_ENSEMBLES), N_WALKERS)
    chain += offset * rng.standard_normal((N_ENSEMBLES, n))[home]
    return Sample(
        chain.reshape(-1, n),
        np.ones(N_STEPS * walkers),
        np.tile(np.arange(walkers), N_STEPS),
        np.repeat(np.arange(N_STEPS), walkers),
        np.tile(home, N_STEPS),
    )


def test_ensembles_that_agree_say_what_the_time_says() -> None:
    rng = np.random.default_rng(0)
    found = [offset_sample(rng, 0.0) for _ in range(40)]
    assert np.mean([one.ess_by_time for one in found]) == pytest.approx(4000 / 3, rel=0.1)
    # a mean of 1/x over few degrees of freedom: the precision is what is unbiased
    inverse = [1 / one.by_ensembles.ess for one in found if one.by_ensembles]
    assert 1 / np.mean(inverse) == pytest.approx(4000 / 3, rel=0.15)
    covered = [
        one.by_ensembles.low <= 4000 / 3 <= one.by_ensembles.high
        for one in found
        if one.by_ensembles
    ]
    assert np.mean(covered) >= 0.85
    assert np.mean([one.ensembles_differ for one in found]) <= 0.1


def test_ensembles_apart_are_worth_little() -> None:
    sample = offset_sample(np.random.default_rng(1), 0.5)
    assert sample.by_ensembles is not None
    assert sample.ess == sample.by_ensembles.ess < 0.1 * sample.ess_by_time
    assert sample.ensembles_differ
    assert len(sample.blocks) == N_ENSEMBLES
    assert "by the distance of the ensembles" in sample.told
    rows = sample.thinned(np.random.default_rng(0))
    assert len(rows) <= 1.5 * sample.ess + N_ENSEMBLES * N_WALKERS / 20


@pytest.mark.parametrize(("offset", "a"), [(0.0, 0.5), (0.0, 0.9), (0.4, 0.5)])
def test_degrees_of_freedom_are_those_of_the_scatter_of_correlations(
    offset: float, a: float
) -> None:
    rng = np.random.default_rng(2)
    found = [offset_sample(rng, offset, a=a) for _ in range(150)]
    upper = np.triu_indices(5, 1)
    r = np.array([np.corrcoef(one.values.T)[upper] for one in found])
    truth = 1 / np.mean(r**2)
    nu = 1 / np.mean([1 / one.nu for one in found])
    # steps past the window of the sum, and few ensembles, leave the rest
    assert 0.6 * truth < nu < 1.25 * truth


def test_one_ensemble_or_independent_rows_say_nothing() -> None:
    sample = offset_sample(np.random.default_rng(3), 0.0)
    alone = Sample(sample.values, sample.weights, sample.walker, sample.step)
    assert alone.by_ensembles is None and alone.ess == alone.ess_by_time
    independent = Sample(sample.values, sample.weights)
    assert independent.by_ensembles is None and independent.nu == len(sample.values) - 1


def test_equal_ensembles_are_of_endless_worth() -> None:
    rows = np.random.default_rng(4).standard_normal((50, 3))
    found = between_ensembles(
        np.vstack([rows, rows]), np.ones(100), np.arange(100), np.repeat([0, 1], 50)
    )
    assert found.ess > 1e20
