"""A run goes on where it stands, is stopped between steps, and has one writer."""

from __future__ import annotations

import json
import os
import platform
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import EModel
from ionfo.errors import IonfoError
from ionfo.sampling import RunStore, SampleSettings, Target
from ionfo.sampling.lock import writing
from ionfo.sampling.run import check_same_run, run_chain
from ionfo.sampling.start import from_bounds
from ionfo.sampling.stop import StopFlag, StopRun, stoppable

from .conftest import AnalyticPool, gaussian_cost


def begin(emodel: EModel, folder: Path, steps: int, **more: Any) -> RunStore:
    target = Target(emodel, AnalyticPool(emodel, gaussian_cost), 1.0)
    start = from_bounds(target, 16, 0, np.random.default_rng(0))
    store = RunStore.create(
        folder, {"emodel": emodel.model_dump(mode="json"), "settings": {"steps": steps}}
    )
    run_chain(target, store, SampleSettings(steps=steps, **more), start)
    return store


def go_on(emodel: EModel, store: RunStore, steps: int, **more: Any) -> None:
    target = Target(emodel, AnalyticPool(emodel, gaussian_cost), 1.0)
    run_chain(target, store, SampleSettings(steps=steps, **more), None)


@pytest.mark.parametrize("moves", ["stretch", "de:0.7,snooker:0.3"])
def test_resumed_chain_is_that_of_an_uninterrupted_run(
    emodel: EModel, tmp_path: Path, moves: str
) -> None:
    whole = begin(emodel, tmp_path / "whole", 40, moves=moves)
    parts = begin(emodel, tmp_path / "parts", 7, moves=moves)
    for steps in (8, 8, 23, 40):
        go_on(emodel, RunStore(tmp_path / "parts"), steps, moves=moves)
    assert parts.state["steps"] == 40 and len(parts.state["segments"]) > 2
    pd.testing.assert_frame_equal(whole.states(), parts.states(), check_exact=True)


def test_forgotten_random_numbers_would_be_seen(
    emodel: EModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = begin(emodel, tmp_path / "whole", 12)
    parts = begin(emodel, tmp_path / "parts", 6)
    right = RunStore.last_state

    def forgetful(self: RunStore) -> Any:
        state = right(self)
        state.random_state = np.random.RandomState(5).get_state()  # noqa: NPY002
        return state

    monkeypatch.setattr(RunStore, "last_state", forgetful)
    go_on(emodel, parts, 12)
    assert not whole.states().equals(parts.states())


def test_segment_of_a_killed_writer_is_written_again(emodel: EModel, tmp_path: Path) -> None:
    whole = begin(emodel, tmp_path / "whole", 12)
    parts = begin(emodel, tmp_path / "parts", 6)
    # killed after the segment and before the state file that names it
    orphan = parts.segments / f"{len(parts.state['segments']):06d}.parquet"
    orphan.write_bytes(b"half a segm")
    go_on(emodel, parts, 12)
    pd.testing.assert_frame_equal(whole.states(), parts.states(), check_exact=True)


class StoppingPool(AnalyticPool):
    """Sends a signal to this process after some evaluations."""

    def __init__(self, emodel: EModel, cost: Callable[..., float], after: int) -> None:
        super().__init__(emodel, cost)
        self.left = after

    def map(self, function: Any, requests: Any, /) -> Iterator[Any]:
        for one in super().map(function, requests):
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGTERM)
            yield one


@pytest.mark.parametrize("after", [1, 37, 100])
def test_stopped_run_keeps_whole_steps_and_goes_on(
    emodel: EModel, tmp_path: Path, after: int
) -> None:
    whole = begin(emodel, tmp_path / "whole", 12)
    target = Target(emodel, AnalyticPool(emodel, gaussian_cost), 1.0)
    start = from_bounds(target, 16, 0, np.random.default_rng(0))
    store = RunStore.create(
        tmp_path / "run", {"emodel": emodel.model_dump(mode="json"), "settings": {"steps": 12}}
    )
    with stoppable() as flag:
        pool = StoppingPool(emodel, gaussian_cost, after)
        with pytest.raises(StopRun, match="SIGTERM"):
            run_chain(Target(emodel, pool, 1.0, stop=flag), store, SampleSettings(steps=12), start)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert store.state["steps"] < 12
    assert (store.states()["step"] < max(1, store.state["steps"])).all()
    go_on(emodel, store, 12)
    pd.testing.assert_frame_equal(whole.states(), store.states(), check_exact=True)


def test_signal_is_kept_until_the_next_wait() -> None:
    flag = StopFlag()
    flag.handle(signal.SIGUSR1, None)  # not waiting: nothing is raised
    with pytest.raises(StopRun, match="SIGUSR1"), flag.waiting():
        pass


def test_second_writer_is_refused_and_stale_locks_are_taken(tmp_path: Path) -> None:
    with writing(tmp_path):
        with pytest.raises(IonfoError, match=f"written by process {os.getpid()} on host"):
            with writing(tmp_path):
                pass
    assert not (tmp_path / "lock").exists()
    lock = tmp_path / "lock"
    lock.write_text(json.dumps({"host": platform.node(), "pid": 2**22 + 1}))  # no such process
    with writing(tmp_path):
        pass
    lock.write_text(json.dumps({"host": "elsewhere", "pid": 1}))
    with pytest.raises(IonfoError, match="host 'elsewhere'"), writing(tmp_path):
        pass
    os.utime(lock, (0, 0))  # nobody has touched it for a minute
    with writing(tmp_path):
        pass


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mechanisms_hash": "x"}, "other mechanisms"),
        ({"emodel_hash": "x"}, "other e-model"),
        ({"settings": {"steps": 5, "seed": 1}}, "seed 0, not 1"),
        ({"settings": {"steps": 2, "seed": 0}}, "already has 5 steps, --steps asks for 2"),
        ({"versions": {"neuron": "10"}}, r"versions of neuron \(9, now 10\)"),
    ],
)
def test_another_run_is_refused(
    emodel: EModel, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    store = begin(emodel, tmp_path / "run", 5)
    asked: dict[str, Any] = {
        "emodel": emodel.model_dump(mode="json"),
        "emodel_hash": "a",
        "morphology": {"file": "f", "sha256": "b"},
        "mechanisms_hash": "c",
        "versions": {"neuron": "9"},
        "settings": {"steps": 5, "seed": 0},
    }
    (store.folder / "run.json").write_text(json.dumps({"format": 1, **asked}))
    check_same_run(store, asked)
    with pytest.raises(IonfoError, match=words):
        check_same_run(store, {**asked, **change})
