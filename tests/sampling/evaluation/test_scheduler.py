"""Ensembles share workers, and none of them can tell."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from ionfo.emodels import EModel
from ionfo.sampling import ModelRequest, RunStore, SampleSettings, Target
from ionfo.sampling.chains.chain import Chain
from ionfo.sampling.chains.replay import ReplayPool
from ionfo.sampling.chains.writer import RunWriter
from ionfo.sampling.evaluation.flight import FlightRecord
from ionfo.sampling.evaluation.pool import evaluate
from ionfo.sampling.evaluation.scheduler import Scheduler, SharedPool
from ionfo.sampling.evaluation.stop import StopFlag, StopRun

from ..conftest import AnalyticWorkers, gaussian_cost, near_the_mean


class Learned:
    """A density that knows roughly where the models are."""

    bounds = np.array([[-30.0, 30.0]] * 3)
    n_inner = 20

    def __call__(self, unit: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(-0.5 * np.sum(((unit - 0.5) / 0.05) ** 2, axis=1))


def chains(
    emodel: EModel, folder: Path, n_workers: int, seed: int, moves: str = "de"
) -> tuple[pd.DataFrame, Any]:
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
        settings, density = SampleSettings(steps=20, moves=moves), cast(Any, Learned())
        found.append(Chain(target, writer, settings, i, n_tries=2, density=density))
        found[-1].begin(starts[i])
    scheduler.run([chain.walk for chain in found])
    writer.flush()
    return store.states()[0], (scheduler, workers)


@pytest.mark.parametrize("moves", ["de:0.9,snooker:0.1", "surrogate:0.8,de:0.2"])
def test_chains_do_not_depend_on_workers_or_their_speed(
    emodel: EModel, tmp_path: Path, moves: str
) -> None:
    one, (_, alone) = chains(emodel, tmp_path / "one", 1, 0, moves)
    for n_workers, seed in ((1, 1), (7, 2), (100, 3)):
        folder = tmp_path / f"{n_workers}-{seed}"
        other, (_, workers) = chains(emodel, folder, n_workers, seed, moves)
        pd.testing.assert_frame_equal(one, other, check_exact=True)
        assert workers.most_at_once >= min(n_workers, 16)
        assert workers.n_calls == alone.n_calls
    assert (alone.n_calls > 0) == ("surrogate" in moves)  # workers walk
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


def test_what_is_no_evaluation_is_worked_out_too_and_counts_as_none(
    emodel: EModel, tmp_path: Path
) -> None:
    flight = FlightRecord(tmp_path, emodel)
    scheduler = Scheduler(AnalyticWorkers(emodel, gaussian_cost, 3), flight=flight)
    told: list[Any] = []
    scheduler.on_result = lambda: told.append("result")
    scheduler.on_evaluation = lambda evaluation, seconds: told.append(evaluation)
    seen: list[int] = []
    scheduler.run([lambda: seen.extend(SharedPool().map(abs, range(-9, 0)))])
    assert seen == list(range(9, 0, -1)) and not told and scheduler.busy_seconds > 0
    assert not (tmp_path / "in-flight.json").exists()
    assert SharedPool().map(abs, [-1]) == [1]  # between tasks, here


def test_an_error_in_what_is_no_evaluation_ends_the_run(emodel: EModel) -> None:
    workers = AnalyticWorkers(emodel, gaussian_cost, 3)
    with pytest.raises(TypeError, match="bad operand"):
        Scheduler(workers).run([lambda: print(SharedPool().map(abs, ["no number"]))])


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
