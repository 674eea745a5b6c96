"""How far walks go is told of runs that have learned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.sampling import RunStore


class Known:
    """Twelve independent parameters, the first exponential."""

    bounds = np.array([[0.0, 1.0]] * 12)

    def __call__(self, unit: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(
            -unit[:, 0] / 0.02 - 0.5 * np.sum(((unit[:, 1:] - 0.5) / 0.05) ** 2, axis=1)
        )


def test_walks_that_have_forgotten_jump_two_variances(load: Callable[[str], Any]) -> None:
    rng = np.random.default_rng(0)
    settled = rng.normal(0.5, 0.05, (240, 12))
    settled[:, 0] = rng.exponential(0.02, 240)
    random = np.random.RandomState(0)
    found = list(load("bench/walks.py").reached(Known(), settled, random))
    assert [one.steps for one in found] == [100, 200, 400, 800, 1600]
    assert found[-1].mean_jump == pytest.approx(2.0, abs=0.12)
    assert 1.5 < found[-1].least_jump < 2.0
    # the farthest of the exponential begin more than two SDs out, and end in the middle
    assert found[0].tail > 0.6 and found[-1].tail == pytest.approx(0.0, abs=0.7)


def test_a_run_that_learned_nothing_is_told(
    load: Callable[[str], Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    RunStore.create(tmp_path / "run", {"emodel": {}, "settings": {"ensembles": 1}})
    assert load("bench/walks.py").main([str(tmp_path / "run")]) == 1
    assert "has learned nothing" in capsys.readouterr().err
