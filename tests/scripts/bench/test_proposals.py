"""What workers and driver take for a proposal is told of runs that have learned."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.errors import IonfoError
from ionfo.sampling import RunStore


class Flat:
    """A density that is the same everywhere."""

    bounds = np.array([[0.0, 1.0]] * 2)
    n_inner = 10

    def __call__(self, unit: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.zeros(len(unit))


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


def test_times_of_both_sides_are_those_of_one_proposal(
    load: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = load("bench/proposals.py")
    # packing 1 s, walking 6 s, unpacking 2 s, each time
    ticks = itertools.cycle([0.0, 1.0, 1.0, 7.0, 7.0, 9.0])
    density: Any = Flat()
    monkeypatch.setattr(bench, "density_of", lambda *_: density)
    stand = np.random.default_rng(0).random((1, 8, 2))
    monkeypatch.setattr(bench, "read_standing", lambda *_: stand)
    monkeypatch.setattr(RunStore, "surrogate", lambda _: density)
    monkeypatch.setattr(RunStore, "emodel", None)
    monkeypatch.setattr(bench.time, "process_time", lambda: next(ticks))
    RunStore.create(tmp_path / "run", {"emodel": {}, "settings": {"ensembles": 1}, "learned": {}})
    worker, driver = bench.seconds_of_proposal(tmp_path / "run", 3)
    assert worker == 6.0 / 4 and driver == pytest.approx(3.0 / 4 + 1.25 * bench.MESSAGE_SECONDS)
