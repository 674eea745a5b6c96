"""A search that was killed goes on from what it had stored, to the same starting points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.emodels import EModel
from ionfo.sampling import RunStore, SampleSettings, Target
from ionfo.sampling.chains.replay import ReplayPool
from ionfo.sampling.chains.run import _Run
from ionfo.sampling.chains.search import from_bounds
from ionfo.sampling.chains.start import Start
from ionfo.sampling.chains.writer import RunWriter
from ionfo.sampling.evaluation.flight import FlightRecord
from ionfo.sampling.evaluation.scheduler import Scheduler
from ionfo.sampling.runs.progress import Progress
from ionfo.sampling.runs.session import Session

from ..conftest import AnalyticPool, AnalyticWorkers, gaussian_cost


class Killed(BaseException):
    """The program is gone."""


def search(emodel: EModel, folder: Path, die_after: int | None = None) -> tuple[Start, int]:
    n = 0

    def cost(theta: NDArray[np.float64]) -> float:
        nonlocal n
        n += 1
        if n == die_after:
            raise Killed
        return gaussian_cost(theta)

    if not (folder / "run.json").exists():
        RunStore.create(folder, {"emodel": emodel.model_dump(mode="json"), "settings": {}})
    store = RunStore(folder)
    writer = RunWriter(store)
    pool = ReplayPool(AnalyticPool(emodel, cost), emodel, writer, 0, store.table("start"))
    try:
        start = from_bounds(Target(emodel, pool, 1.0), 16, 600, np.random.default_rng(5))
    finally:
        writer.flush()
    return start, n


@pytest.mark.usefixtures("quick_learning")
def test_killed_search_ends_as_one_that_was_not(emodel: EModel, tmp_path: Path) -> None:
    whole, n_whole = search(emodel, tmp_path / "whole")
    done = 0
    for _ in range(3):
        with pytest.raises(Killed):
            search(emodel, tmp_path / "parts", 100)
        stored = RunStore(tmp_path / "parts").table("start")
        assert stored is not None and len(stored) > done
        done = len(stored)
    again, n_again = search(emodel, tmp_path / "parts")
    np.testing.assert_array_equal(whole.theta, again.theta)
    np.testing.assert_array_equal(whole.blobs, again.blobs)
    assert n_again == n_whole - done
    tables = [RunStore(tmp_path / name).table("start") for name in ("whole", "parts")]
    assert tables[0] is not None and tables[0].equals(tables[1])


@pytest.mark.usefixtures("quick_learning")
def test_finished_search_costs_nothing_again(emodel: EModel, tmp_path: Path) -> None:
    search(emodel, tmp_path / "run")
    assert search(emodel, tmp_path / "run")[1] == 0


@pytest.mark.usefixtures("quick_learning")
def test_search_comes_down_from_the_bounds(emodel: EModel, tmp_path: Path) -> None:
    start, _ = search(emodel, tmp_path / "run")
    table = RunStore(tmp_path / "run").table("start")
    assert table is not None
    drawn = table[table["combined"] == "mean"]["cost"][:16]
    assert np.median(start.blobs["cost"]) < 0.1 * np.median(drawn)
    assert (table["rejected_by"] != "").any()  # what cannot be of use is not evaluated whole


@pytest.mark.usefixtures("quick_learning")
def test_progress_counts_what_an_earlier_session_stored(emodel: EModel, tmp_path: Path) -> None:
    told: list[Progress] = []

    def session(die_after: int | None) -> None:
        def report(progress: Progress) -> None:
            told.append(progress)
            if len(told) == die_after:
                raise Killed

        workers: Any = AnalyticWorkers(emodel, gaussian_cost)
        settings = SampleSettings(steps=1, ensembles=2, start_evaluations=300)
        told_by = Session(report=report)
        run = _Run(RunStore(tmp_path / "run"), emodel, settings, 16, None, workers, told_by)
        flight = FlightRecord(tmp_path / "run", emodel, "max")
        run.scheduler = Scheduler(workers, None, flight)
        try:
            run._search()
        finally:
            run.writer.flush()

    RunStore.create(tmp_path / "run", {"emodel": emodel.model_dump(mode="json"), "settings": {}})
    with pytest.raises(Killed):
        session(die_after=50)
    stored = RunStore(tmp_path / "run").table("start")
    assert stored is not None and 40 < len(stored) <= 50
    told.clear()
    session(die_after=None)
    assert told[0].done == len(stored) + 1 and told[0].n_evaluations == 1
    everything = RunStore(tmp_path / "run").table("start")
    assert everything is not None and told[-1].done == len(everything) <= told[-1].total
