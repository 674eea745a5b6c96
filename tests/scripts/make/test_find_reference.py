"""The search for reference models goes downhill, and goes on from its checkpoint."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ionfo.emodels import load_emodel

Load = Callable[[str], Any]


@pytest.fixture(scope="module")
def script(load: Load) -> Any:
    return load("make/find_reference.py")


def test_strategy_learns_the_shape_of_a_valley(script: Any) -> None:
    rng = np.random.default_rng(2)
    optimum, scale = np.array([0.3, 0.6, 0.5, 0.4]), np.array([1.0, 10.0, 30.0, 100.0])

    def loss(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        value: np.ndarray[Any, Any] = np.sum((scale * (x - optimum)) ** 2, axis=1)
        return value

    strategy = script.Strategy(np.full(4, 0.5), 0.2)
    for _ in range(150):
        x = strategy.ask(10, rng)
        assert ((x >= 0) & (x <= 1)).all()
        strategy.tell(x, loss(x))
    assert strategy.mean == pytest.approx(optimum, abs=1e-3)
    assert np.linalg.cond(strategy.covariance) > 100.0


def test_coordinates_invert(script: Any) -> None:
    bounds = load_emodel("soma").bounds
    theta = bounds[:, 0] + 0.3 * (bounds[:, 1] - bounds[:, 0])
    assert script.to_theta(script.to_unit(theta, bounds), bounds) == pytest.approx(theta)
    assert script.to_unit(bounds.T, bounds).tolist() == [[0.0] * len(bounds), [1.0] * len(bounds)]


def test_a_fixed_parameter_is_freed(script: Any) -> None:
    emodel = script.with_free(load_emodel("cac"), "e_pas.all", -80.0, -60.0)
    assert len(emodel.free_names) == 22
    assert emodel.bounds[emodel.free_names.index("e_pas.all")].tolist() == [-80.0, -60.0]


@pytest.mark.parametrize(
    ("start", "emodel", "n"), [("interneuron", "bnac", 22), ("l5pc", "l5pc", 30)]
)
def test_starts_lie_inside_the_bounds(root: Path, start: str, emodel: str, n: int) -> None:
    values = json.loads((root / f"scripts/make/starts/{start}.json").read_text())
    assert len(values) == n
    for parameter in load_emodel(emodel).free_parameters:
        assert parameter.bounds is not None
        assert parameter.bounds[0] <= values[parameter.name] <= parameter.bounds[1]


@pytest.mark.neuron
@pytest.mark.slow
def test_stopped_search_goes_on_as_if_it_had_not(root: Path, tmp_path: Path) -> None:
    def search(name: str, generations: int) -> dict[str, Any]:
        command = [sys.executable, root / "scripts/make/find_reference.py", "soma", "--size", "4"]
        options = ["--generations", str(generations), "--target", "0", "--sigma", "0.05"]
        path = tmp_path / name
        subprocess.run([*command, *options, "--checkpoint", path], check=True, capture_output=True)
        content: dict[str, Any] = json.loads(path.read_text())
        return content

    whole = search("whole.json", 2)
    first = search("stopped.json", 1)
    assert first["smallest"]["cost"] < 1.0  # the start itself
    assert search("stopped.json", 2) == whole
    assert whole["best"]["loss"] <= first["best"]["loss"]
