"""What the driver takes for a proposal is told of runs that have learned."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ionfo.errors import IonfoError
from ionfo.sampling import RunStore
from ionfo.sampling.chains.learning.density import SurrogateDensity


def test_evaluations_of_all_sessions_count(load: Callable[[str], Any], tmp_path: Path) -> None:
    told = [
        {"event": "start"},
        {"event": "progress", "busy_seconds": 1.0, "evaluations": 2},
        {"event": "progress", "busy_seconds": 3.0, "evaluations": 4},
        {"event": "start"},
        {"event": "end", "busy_seconds": 5.0, "evaluations": 4},
    ]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(one) + "\n" for one in told))
    assert load("bench/proposals.py").seconds_of_evaluation(tmp_path) == 1.0


def test_a_run_that_learned_nothing_is_refused(load: Callable[[str], Any], tmp_path: Path) -> None:
    RunStore.create(tmp_path / "run", {"emodel": {}, "settings": {"ensembles": 1}})
    with pytest.raises(IonfoError, match="has learned nothing"):
        load("bench/proposals.py").seconds_of_proposal(tmp_path / "run", 1)


def test_the_time_is_that_of_one_proposal(
    load: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = load("bench/proposals.py")
    ticks = iter(np.arange(0.0, 9.0, 6.0))
    bounds = np.array([[0.0, 1.0]] * 2)

    class Flat:
        def deviations(self, unit: Any) -> tuple[Any, Any]:
            return np.zeros((len(unit), 1)), np.zeros(len(unit))

    flat: Any = Flat()
    density = SurrogateDensity(flat, np.zeros((1, 1)), bounds, 1.0, n_inner=10)
    monkeypatch.setattr(bench, "density_of", lambda *_: density)
    stand = np.random.default_rng(0).random((1, 8, 2))
    monkeypatch.setattr(bench, "read_standing", lambda *_: stand)
    monkeypatch.setattr(RunStore, "surrogate", lambda _: flat)
    monkeypatch.setattr(RunStore, "emodel", None)
    monkeypatch.setattr(bench.time, "process_time", lambda: next(ticks))
    RunStore.create(tmp_path / "run", {"emodel": {}, "settings": {"ensembles": 1}, "learned": {}})
    assert bench.seconds_of_proposal(tmp_path / "run", 3) == 6.0 / (3 * 4)
