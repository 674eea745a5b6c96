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
from ionfo.sampling.chains.learning.walk import (
    WALKERS_OF_A_PIECE,
    moved_parameters,
    walk,
    walk_in_pieces,
)
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


def test_half_of_the_steps_move_all_and_the_others_few_or_many() -> None:
    moved = moved_parameters(20000, 16, np.random.RandomState(0)).sum(axis=1)
    assert moved.min() == 1 and moved.max() == 16
    assert (moved == 16).mean() == pytest.approx(0.5 + 0.5 * 0.023, abs=0.02)
    # log-uniform: as often 1 to 4 as 4 to 16 of the others
    assert (moved < 4.5).mean() == pytest.approx(0.25, abs=0.04)
    assert (moved_parameters(50, 1, np.random.RandomState(0))).all()


class LongTail:
    """Exponential in the first of 21 parameters, normal in the others; all independent."""

    scale = 0.02

    def __call__(self, unit: Array) -> Array:
        others = np.sum(((unit[:, 1:] - 0.5) / 0.05) ** 2, axis=1)
        return np.asarray(-unit[:, 0] / self.scale - 0.5 * others)


def test_walks_come_back_from_a_long_tail() -> None:
    # steps that move all parameters, and are shorter, need twice as many
    rng = np.random.default_rng(0)
    shape = rng.normal(0.5, 0.05, (200, 21))
    shape[:, 0] = rng.exponential(LongTail.scale, 200)
    begin = shape.copy()
    begin[:, 0] = 7 * LongTail.scale
    density: Any = LongTail()
    ends, _ = walk(density, begin, shape, np.random.RandomState(0), 400)
    assert ends[:, 0].mean() < 2 * LongTail.scale
    ends, _ = walk(density, ends, shape, np.random.RandomState(1), 1600)
    assert ends[:, 0].mean() == pytest.approx(LongTail.scale, abs=4 * LongTail.scale / 200**0.5)


def test_walks_follow_a_narrow_ridge() -> None:
    class Ridge:
        def __call__(self, unit: Array) -> Array:
            a, b = (unit - 0.5).T
            return np.asarray(-0.5 * (((a + b) / 0.2) ** 2 + ((a - b) / 0.002) ** 2))

    density: Any = Ridge()
    along = np.random.default_rng(0).normal(0, 0.05, (400, 1))
    begin = np.hstack([0.5 + along, 0.5 + along])
    ends, _ = walk(density, begin, begin[:60], np.random.RandomState(0), 400)
    a, b = (ends - 0.5).T
    assert (a + b).std() == pytest.approx(0.2, rel=0.12)
    assert (a - b).std() == pytest.approx(0.002, rel=0.12)
    assert abs(np.corrcoef(a, along[:, 0])[0, 1]) < 0.2
