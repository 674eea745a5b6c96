"""A run goes on where it stands, is stopped between steps, and has one writer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from threading import Event, Thread, Timer
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest

from ionfo.emodels import EModel
from ionfo.errors import IonfoError
from ionfo.sampling import RunStore, SampleSettings, Target, collect
from ionfo.sampling.chains import backend
from ionfo.sampling.chains.chain import Chain
from ionfo.sampling.chains.search import from_bounds
from ionfo.sampling.chains.settings import check_same_run
from ionfo.sampling.chains.writer import RunWriter
from ionfo.sampling.evaluation.scheduler import Scheduler, SharedPool
from ionfo.sampling.evaluation.stop import StopFlag, StopRun, stoppable
from ionfo.sampling.runs.lock import this_process, writing

from ..conftest import AnalyticPool, AnalyticWorkers, begin_chain, gaussian_cost


def begin(emodel: EModel, folder: Path, steps: int, **more: Any) -> RunStore:
    target = Target(emodel, AnalyticPool(emodel, gaussian_cost), 1.0)
    start = from_bounds(target, 16, 0, np.random.default_rng(0))
    chain = begin_chain(emodel, folder, target, SampleSettings(steps=steps, **more), start, 2)
    chain.walk()
    chain.backend.writer.flush()
    return chain.backend.writer.store


def go_on(emodel: EModel, store: RunStore, steps: int, **more: Any) -> Target:
    target = Target(emodel, AnalyticPool(emodel, gaussian_cost), 1.0)
    writer = RunWriter(store)
    chain = Chain(target, writer, SampleSettings(steps=steps, **more), n_tries=2)
    chain.resume(16)
    chain.walk()
    writer.flush()
    return target


@pytest.mark.parametrize("moves", ["stretch", "de:0.7,snooker:0.3", "gaussian:0.5,de:0.5"])
def test_resumed_chain_is_that_of_an_uninterrupted_run(
    emodel: EModel, tmp_path: Path, moves: str
) -> None:
    more = {"moves": moves, "keep_rejected": True, "adapt_steps": 30}
    whole = begin(emodel, tmp_path / "whole", 40, **more)
    parts = begin(emodel, tmp_path / "parts", 7, **more)
    for steps in (8, 8, 23, 40):
        go_on(emodel, RunStore(tmp_path / "parts"), steps, **more)
    assert parts.n_steps == 40 and len(parts.state["segments"]) > 2
    pd.testing.assert_frame_equal(whole.states()[0], parts.states()[0], check_exact=True)
    one, other = whole.table("rejected"), parts.table("rejected")
    assert one is not None and other is not None and len(one) > 100
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    ends = [store.state["ensembles"] for store in (whole, parts)]
    assert ends[0] == ends[1]  # counts, random numbers, what the moves have learned


def test_damaged_state_costs_the_work_since_the_one_before(
    emodel: EModel, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = begin(emodel, tmp_path / "whole", 20)
    begin(emodel, tmp_path / "hit", 7)
    for steps in (9, 12):
        go_on(emodel, RunStore(tmp_path / "hit"), steps)
    path = tmp_path / "hit/state.json"
    path.write_bytes(path.read_bytes().replace(b'"steps": 12', b'"steps": 13', 1))
    hit = RunStore(tmp_path / "hit")
    assert collect(hit).n_steps == 9
    assert caplog.text.count("the state before it counts") == 1  # told once
    hit.set_state_aside()
    assert (tmp_path / "hit/unreadable/state.json").exists()
    go_on(emodel, RunStore(tmp_path / "hit"), 20)
    pd.testing.assert_frame_equal(whole.states()[0], hit.states()[0], check_exact=True)


def test_forgotten_random_numbers_would_be_seen(
    emodel: EModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = begin(emodel, tmp_path / "whole", 12)
    parts = begin(emodel, tmp_path / "parts", 6)

    def forgetful(content: Any) -> Any:
        return np.random.RandomState(5).get_state()  # noqa: NPY002

    monkeypatch.setattr(backend, "random_state_from", forgetful)
    go_on(emodel, parts, 12)
    assert not whole.states()[0].equals(parts.states()[0])


def test_every_accepted_state_is_stored(emodel: EModel, tmp_path: Path) -> None:
    evaluated: dict[tuple[float, ...], float] = {}

    def cost(theta: Any) -> float:
        return evaluated.setdefault(tuple(theta), gaussian_cost(theta))

    target = Target(emodel, AnalyticPool(emodel, cost), 1.0)
    start = from_bounds(target, 16, 0, np.random.default_rng(0))
    n_start = len(evaluated)
    settings = SampleSettings(steps=30, moves="de", keep_rejected=True)
    chain = begin_chain(emodel, tmp_path / "run", target, settings, start, 6)
    chain.walk()
    chain.backend.writer.flush()
    store = chain.backend.writer.store
    states, rejected = store.states()[0], store.table("rejected")
    assert rejected is not None
    assert states.duplicated(["walker", "step"]).any()  # moved twice in a step
    assert len(states) + len(rejected) == len(evaluated) - n_start + 16
    assert (rejected["cost"] >= rejected["bound"]).all()
    found = collect(store, 0).population.frame
    assert (states["step"] >= 0).sum() <= len(found) <= len(states)
    assert found["weight"].sum() == 30 * 16 * 6 and (found["weight"] > 0).all()
    of_walker = found[found["walker"] == 3]
    assert (of_walker["step"] + of_walker["weight"]).tolist() == [*of_walker["step"][1:], 180]


def test_segment_of_a_killed_writer_is_written_again(emodel: EModel, tmp_path: Path) -> None:
    whole = begin(emodel, tmp_path / "whole", 12)
    parts = begin(emodel, tmp_path / "parts", 6)
    # killed after the segment and before the state file that names it
    orphan = parts.folder / "segments" / f"{len(parts.state['segments']):06d}.parquet"
    orphan.write_bytes(b"half a segm")
    go_on(emodel, parts, 12)
    pd.testing.assert_frame_equal(whole.states()[0], parts.states()[0], check_exact=True)


@pytest.mark.parametrize("after", [1, 37, 100])
def test_stopped_run_keeps_whole_steps_and_goes_on(
    emodel: EModel, tmp_path: Path, after: int
) -> None:
    whole = begin(emodel, tmp_path / "whole", 12)

    def cost(theta: Any) -> float:
        nonlocal after
        after -= 1
        if after == 0:
            os.kill(os.getpid(), signal.SIGTERM)
        return gaussian_cost(theta)

    start = from_bounds(
        Target(emodel, AnalyticPool(emodel, gaussian_cost), 1.0), 16, 0, np.random.default_rng(0)
    )
    target = Target(emodel, SharedPool(), 1.0)
    chain = begin_chain(emodel, tmp_path / "run", target, SampleSettings(steps=12), start, 2)
    with stoppable() as flag:
        scheduler = Scheduler(AnalyticWorkers(emodel, cost), flag)
        with pytest.raises(StopRun, match="SIGTERM"):
            scheduler.run([chain.walk])
    chain.backend.writer.flush()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    store = RunStore(tmp_path / "run")
    assert store.n_steps < 12
    assert (store.states()[0]["step"] < max(1, store.n_steps)).all()
    go_on(emodel, store, 12)
    pd.testing.assert_frame_equal(whole.states()[0], store.states()[0], check_exact=True)


def test_signal_is_kept_until_the_next_wait() -> None:
    flag = StopFlag()
    flag.handle(signal.SIGUSR1, None)  # not waiting: nothing is raised
    with pytest.raises(StopRun, match="SIGUSR1"), flag.waiting():
        pass


def test_second_writer_is_refused_and_stale_locks_are_taken(tmp_path: Path) -> None:
    with writing(tmp_path):
        with pytest.raises(IonfoError, match=f"written by process {os.getpid()} on host") as held:
            with writing(tmp_path):
                pass
    assert held.value.exit_code == 75  # no mistake: a batch job comes back later
    assert not (tmp_path / "lock").exists()
    lock = tmp_path / "lock"
    own = asdict(this_process())
    lock.write_text(json.dumps({**own, "pid": 2**22 + 1}))  # no such process
    with writing(tmp_path):
        pass
    lock.write_text(json.dumps({**own, "began": own["began"] - 1}))  # another had its number
    with writing(tmp_path):
        pass
    zombie = subprocess.Popen([sys.executable, "-c", ""])  # ends, and nobody waits for it
    while psutil.Process(zombie.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    lock.write_text(json.dumps({**own, "pid": zombie.pid, "began": 0.0}))
    with writing(tmp_path):
        pass
    zombie.wait()
    lock.write_text(json.dumps(own))
    with pytest.raises(IonfoError, match="is being written"), writing(tmp_path):
        pass


def test_clock_of_the_machine_lets_no_second_writer_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(tmp_path):
        for shift in (-1e6, -5.0, 5.0, 1e6):
            now = time.time() + shift
            monkeypatch.setattr(time, "time", lambda now=now: now)
            os.utime(tmp_path / "lock", (now, now))
            with pytest.raises(IonfoError, match="is being written"), writing(tmp_path):
                pass


FOREIGN = {"host": "elsewhere", "machine": "another boot", "pid": 1, "began": 7.0}


@pytest.mark.parametrize("content", [json.dumps(FOREIGN), '{"host": "elsewhere"}', "", "{"])
def test_lock_of_another_machine_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.setattr("ionfo.sampling.runs.lock._STALE_SECONDS", 0.3)
    monkeypatch.setattr("ionfo.sampling.runs.lock._TOUCH_SECONDS", 0.1)
    monkeypatch.setattr("ionfo.sampling.runs.lock._LOOK_SECONDS", 0.02)
    lock, told = tmp_path / "lock", []
    lock.write_text(content)
    os.utime(lock, (0, 0))  # however old it looks: the clocks of machines differ
    began = time.monotonic()
    with writing(tmp_path, told.append):  # nobody touches it
        assert time.monotonic() - began >= 0.3
        assert json.loads(lock.read_text())["pid"] == os.getpid()
    assert len(told) == 1 and "waiting up to a minute" in told[0]

    lock.write_text(content)
    Timer(0.15, lock.unlink).start()  # its owner ends
    began = time.monotonic()
    with writing(tmp_path):
        assert time.monotonic() - began < 0.3

    lock.write_text(content)
    is_over = Event()

    def touch() -> None:
        while not is_over.wait(0.05):
            os.utime(lock)

    Thread(target=touch).start()
    try:
        with pytest.raises(IonfoError, match="is being written"), writing(tmp_path):
            pass
    finally:
        is_over.set()


def test_one_of_many_successors_gets_a_stale_lock(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(json.dumps({**asdict(this_process()), "pid": 2**22 + 1}))
    code = (
        "import sys, time; from pathlib import Path; from ionfo.sampling.runs.lock import this_process, writing\n"
        "with writing(Path(sys.argv[1])): time.sleep(2); print('held')"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        for _ in range(4)
    ]
    assert [one.communicate()[0] for one in started].count(b"held\n") == 1


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
    (store.folder / "run.json").write_text(json.dumps({"format": 2, **asked}))
    check_same_run(store, asked)
    with pytest.raises(IonfoError, match=words):
        check_same_run(store, {**asked, **change})
