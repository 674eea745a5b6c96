"""Moments of four known densities; a wrong acceptance rule fails on each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.emodels import EModel
from ionfo.sampling import SampleSettings, Target, collect
from ionfo.sampling.chains.start import Start
from ionfo.sampling.chains.target import pack_blobs

from ..conftest import AnalyticPool, begin_chain

BOX = 30.0  # bounds of every parameter
APART = 2.0  # between the centre and each of two modes


@dataclass(frozen=True)
class Density:
    """exp(-cost) with known mean and variance of every parameter."""

    cost: Callable[[NDArray[np.float64]], float]
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]


def two_modes(theta: NDArray[np.float64]) -> float:
    # a third of the mass on the left; costs must not be negative
    rest = 0.5 * float(theta[1:] @ theta[1:])
    left = np.log(1 / 3) - 0.5 * (theta[0] + APART) ** 2
    right = np.log(2 / 3) - 0.5 * (theta[0] - APART) ** 2
    return rest - float(np.logaddexp(left, right))


DENSITIES = {
    "normal": Density(
        lambda t: float(0.5 * np.sum((t - 1.0) ** 2 / [0.04, 1.0, 9.0])),
        np.ones(3),
        np.array([0.04, 1.0, 9.0]),
    ),
    "laplace": Density(
        lambda t: float(np.sum(np.abs(t) / [0.5, 1.0, 2.0])),
        np.zeros(3),
        2 * np.array([0.5, 1.0, 2.0]) ** 2,
    ),
    "uniform": Density(lambda t: 0.0, np.zeros(3), np.full(3, (2 * BOX) ** 2 / 12)),
    "two modes": Density(
        two_modes,
        np.array([APART / 3, 0.0, 0.0]),
        np.array([1 + APART**2 * (1 - 1 / 9), 1.0, 1.0]),
    ),
}


def run(emodel: EModel, folder: Path, density: Density, moves: str, **more: Any) -> Any:
    target = Target(emodel, AnalyticPool(emodel, density.cost), 1.0)
    # spread the walkers: a mode that nobody starts in takes long to be found
    theta = np.clip(
        density.mean + 1.5 * np.sqrt(density.variance)
        * np.random.default_rng(1).uniform(-1, 1, (40, 3)), -BOX, BOX,
    )  # fmt: skip
    start = Start(theta, pack_blobs(emodel, target.evaluate(theta)))
    chain = begin_chain(
        emodel, folder, target, SampleSettings(steps=900, moves=moves, **more), start, 1
    )
    chain.walk()
    chain.backend.writer.flush()
    return collect(chain.backend.writer.store, burn_in=100)


def check(found: Any, density: Density) -> None:
    frame = found.population.frame
    theta = frame[[c for c in frame if c.startswith("parameters/")]].to_numpy()
    weight = frame["weight"].to_numpy(float)
    ess = found.quality.ess
    assert ess > 200
    mean = np.average(theta, axis=0, weights=weight)
    squares = (theta - density.mean) ** 2
    variance = np.average(squares, axis=0, weights=weight)
    fourth = np.average(squares**2, axis=0, weights=weight)
    assert (np.abs(mean - density.mean) < 5 * np.sqrt(density.variance / ess)).all()
    error = np.sqrt(np.maximum(fourth - density.variance**2, 0) / ess)
    assert (np.abs(variance - density.variance) < 5 * error).all()


@pytest.mark.parametrize("name", DENSITIES)
@pytest.mark.parametrize("moves", ["stretch", "de:0.9,snooker:0.1"])
def test_moments_are_those_of_the_density(
    emodel: EModel, tmp_path: Path, name: str, moves: str
) -> None:
    check(run(emodel, tmp_path / "run", DENSITIES[name], moves), DENSITIES[name])


@pytest.mark.parametrize("name", DENSITIES)
def test_wrong_acceptance_fails(
    emodel: EModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    right = Target.bound
    # the factor of the stretch move with the wrong sign
    monkeypatch.setattr(Target, "bound", lambda self, c, u, f: right(self, c, u, -f))
    found = run(emodel, tmp_path / "run", DENSITIES[name], "stretch")
    with pytest.raises(AssertionError):
        check(found, DENSITIES[name])
