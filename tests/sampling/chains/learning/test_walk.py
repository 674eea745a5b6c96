"""Walks are the same whoever makes them, and have the density that they walk on."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.emodels import EModel
from ionfo.sampling.chains.learning.density import SurrogateDensity
from ionfo.sampling.chains.learning.fitting import fit_surrogate
from ionfo.sampling.chains.learning.training_data import Evaluated
from ionfo.sampling.chains.learning.walk import WALKERS_OF_A_PIECE, walk_in_pieces
from ionfo.sampling.evaluation.pool import SerialPool

Array = NDArray[np.float64]


class Normal:
    """A normal density in the middle of the bounds."""

    bounds = np.array([[0.0, 1.0]] * 2)

    def __call__(self, unit: Array) -> Array:
        return np.asarray(-0.5 * np.sum(((unit - 0.5) / 0.05) ** 2, axis=1))


class Elsewhere:
    """Works pieces out as another process would: copies of them, the last first."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def map(self, function: Any, requests: Iterable[Any], /) -> list[Any]:
        copies = pickle.loads(pickle.dumps(list(requests)))
        self.sizes = [len(one.unit) for one in copies]
        found = [function(one) for one in copies[::-1]]
        return pickle.loads(pickle.dumps(found))[::-1]  # type: ignore[no-any-return]


@pytest.fixture
def density(emodel: EModel) -> SurrogateDensity:
    """Of a network that has learned a little."""
    rng = np.random.default_rng(0)
    low, high = emodel.bounds.T
    theta = rng.uniform(low, high, (260, len(low)))
    mean = np.array([one.mean for one in emodel.features])
    sd = np.array([one.std for one in emodel.features])
    features = mean + sd * np.sin(theta @ rng.standard_normal((len(low), len(mean))) / 10)
    learned = fit_surrogate(
        emodel, Evaluated(theta, features, np.ones(features.shape, dtype=bool)), ("network",)
    )
    return SurrogateDensity(learned.model, learned.residuals, emodel.bounds, temperature=1.0)


@pytest.mark.usefixtures("quick_learning")
def test_pieces_are_the_same_to_the_last_bit_wherever_they_are_made(
    density: SurrogateDensity,
) -> None:
    unit = np.random.default_rng(1).random((41, 6))[:, ::2]  # a view, as halves of ensembles are
    found = []
    for pool in (SerialPool(), elsewhere := Elsewhere()):
        random = np.random.RandomState(3)
        found.append(walk_in_pieces(pool, density, unit[:37], unit, random, 60))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    np.testing.assert_array_equal(found[0][1], found[1][1])
    assert sum(elsewhere.sizes) == 37 and max(elsewhere.sizes) <= WALKERS_OF_A_PIECE
    ends, gain = found[0]
    assert gain == pytest.approx(density(ends) - density(np.ascontiguousarray(unit[:37])))
    assert not np.array_equal(ends, unit[:37])


def test_pieces_have_random_numbers_of_their_own() -> None:
    begin = np.full((3 * WALKERS_OF_A_PIECE, 2), 0.5)
    others = np.random.default_rng(0).uniform(0.4, 0.6, (40, 2))
    density: Any = Normal()
    ends, _ = walk_in_pieces(SerialPool(), density, begin, others, np.random.RandomState(0), 5)
    assert len(np.unique(ends[:, 0])) > 2 * WALKERS_OF_A_PIECE


def test_pieces_have_the_density_they_walk_on() -> None:
    begin = np.random.default_rng(0).uniform(0.4, 0.6, (3000, 2))
    density: Any = Normal()
    pool = SerialPool()
    ends, gain = walk_in_pieces(pool, density, begin, begin[:40], np.random.RandomState(0), 100)
    assert np.abs(ends.mean(axis=0) - 0.5).max() < 0.005
    assert np.abs(ends.std(axis=0) - 0.05).max() < 0.003
    assert gain == pytest.approx(density(ends) - density(begin))
