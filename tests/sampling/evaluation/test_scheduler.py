"""Ensembles share workers, and none of them can tell."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ionfo.emodels import EModel
from ionfo.sampling import ModelRequest, RunStore, SampleSettings, Target
from ionfo.sampling.chains.chain import Chain
from ionfo.sampling.chains.replay import ReplayPool
from ionfo.sampling.chains.writer import RunWriter
from ionfo.sampling.evaluation.pool import evaluate
from ionfo.sampling.evaluation.scheduler import Scheduler, SharedPool
from ionfo.sampling.evaluation.stop import StopFlag, StopRun

from ..conftest import AnalyticWorkers, gaussian_cost, near_the_mean


def chains(emodel: EModel, folder: Path, n_workers: int, seed: int) -> tuple[pd.DataFrame, Any]:
    store = RunStore.create(folder, {"emodel": emodel.model_dump(mode="json"), "settings": {}})
    writer = RunWriter(store)
    workers = AnalyticWorkers(emodel, gaussian_cost, n_workers, seed)
    scheduler = Scheduler(workers, clock=lambda: workers.now)
    starts: dict[int, Any] = {}

    def begin(i: int) -> None:
        target = Target(emodel, SharedPool(), 1.0)
        starts[i] = near_the_mean(target, 16, seed=i)

    scheduler.run([partial(begin, i) for i in range(3)])
    found = []
    for i in range(3):
        target = Target(emodel, SharedPool(), 1.0)
        found.append(Chain(target, writer, SampleSettings(steps=20), i, n_tries=2))
        found[-1].begin(starts[i])
    scheduler.run([chain.walk for chain in found])
    writer.flush()
    return store.states()[0], (scheduler, workers)


def test_chains_do_not_depend_on_workers_or_their_speed(emodel: EModel, tmp_path: Path) -> None:
    one, _ = chains(emodel, tmp_path / "one", 1, 0)
    for n_workers, seed in ((1, 1), (7, 2), (100, 3)):
        other, (_, workers) = chains(emodel, tmp_path / f"{n_workers}-{seed}", n_workers, seed)
        pd.testing.assert_frame_equal(one, other, check_exact=True)
        assert workers.most_at_once >= min(n_workers, 16)
    assert one["ensemble"].nunique() == 3


def test_busy_time_is_that_of_the_workers(emodel: EModel, tmp_path: Path) -> None:
    _, (scheduler, workers) = chains(emodel, tmp_path / "run", 4, 0)
    share = scheduler.busy_seconds / (workers.n_workers * scheduler.waited_seconds)
    assert scheduler.waited_seconds == workers.now
    assert 0.7 < share <= 1.0


def test_results_come_in_the_order_of_the_requests(emodel: EModel) -> None:
    workers = AnalyticWorkers(emodel, lambda theta: float(theta[0]), 5)
    seen = []

    def task() -> None:
        requests = [ModelRequest((float(i),)) for i in range(30)]
        seen.extend(one.cost for one in SharedPool().map(evaluate, requests))
        assert SharedPool().map(evaluate, []) == []

    Scheduler(workers).run([task])
    assert seen == list(range(30))


def test_task_that_lags_comes_first(emodel: EModel) -> None:
    workers = AnalyticWorkers(emodel, lambda theta: 0.0, 2)
    ended = []

    def task(name: str, size: int) -> None:
        for _ in range(10):
            SharedPool().map(evaluate, [ModelRequest((0.0,))] * size)
        ended.append((name, workers.now))

    Scheduler(workers).run([lambda: task("small", 4), lambda: task("large", 8)])
    times = dict(ended)
    assert times["large"] < 1.6 * times["small"]


def test_error_in_a_task_ends_all(emodel: EModel) -> None:
    workers = AnalyticWorkers(emodel, lambda theta: 0.0, 2)
    ended = []

    def good() -> None:
        try:
            while True:
                SharedPool().map(evaluate, [ModelRequest((0.0,))])
        finally:
            ended.append("good")

    def bad() -> None:
        for _ in range(3):
            SharedPool().map(evaluate, [ModelRequest((0.0,))])
        raise ValueError("bad task")

    with pytest.raises(ValueError, match="bad task"):
        Scheduler(workers).run([good, bad])
    assert ended == ["good"]


def test_shared_pool_outside_a_task_says_so() -> None:
    with pytest.raises(RuntimeError, match="only inside a task"):
        SharedPool().map(evaluate, [ModelRequest((0.0,))])


def test_a_task_that_asks_for_nothing_new_can_be_stopped(emodel: EModel, tmp_path: Path) -> None:
    settings = {"emodel": emodel.model_dump(mode="json"), "settings": {}}
    writer = RunWriter(RunStore.create(tmp_path / "run", settings))
    flag = StopFlag()
    rounds: list[int] = []
    ended: list[str] = []

    def replay() -> None:
        try:
            for i in range(10):
                rounds.append(i)
                if i == 3:
                    flag.handle(15, None)
                ReplayPool(SharedPool(), emodel, writer, 0).map(evaluate, [])
        except StopRun:
            ended.append("told")
            raise

    with pytest.raises(StopRun):
        Scheduler(AnalyticWorkers(emodel, gaussian_cost), flag).run([replay])
    assert rounds == [0, 1, 2, 3] and ended == ["told"]
