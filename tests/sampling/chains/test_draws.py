"""Independent draws wait for none, and are the same whoever makes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import EModel
from ionfo.errors import IonfoError
from ionfo.sampling import RunStore, SampleSettings, Target
from ionfo.sampling.chains import draws, importance
from ionfo.sampling.chains.draws import draw_task
from ionfo.sampling.chains.writer import RunWriter
from ionfo.sampling.evaluation.scheduler import Scheduler, SharedPool
from ionfo.sampling.evaluation.stop import StopFlag, StopRun

from ..conftest import AnalyticWorkers
from .test_importance import Learned
from .test_posteriors import DENSITIES

N_WALKERS = 20


@dataclass
class Draws:
    """Draws of two ensembles in a folder."""

    emodel: EModel
    folder: Path
    settings: SampleSettings
    most_at_once: int = 0

    def by(self, n_workers: int, stop_after: int | None = None) -> pd.DataFrame:
        """Draw with so many workers, also on; give all that is stored."""
        if not self.folder.exists():
            content = {"emodel": self.emodel.model_dump(mode="json"), "settings": {}}
            RunStore.create(self.folder, content)
        store = RunStore(self.folder)
        writer = RunWriter(store)
        truth = DENSITIES["normal"]
        learned: Any = Learned(truth, 1.3, 2.0)
        workers = AnalyticWorkers(self.emodel, truth.cost, n_workers, seed=n_workers)
        flag, told = StopFlag(), []

        def count() -> None:
            told.append(1)
            if len(told) == stop_after:
                flag.handle(15, None)

        scheduler = Scheduler(workers, flag, clock=lambda: workers.now)
        scheduler.on_result = count
        tasks = [
            draw_task(
                store, writer, learned, self.settings, N_WALKERS,
                Target(self.emodel, SharedPool(), 1.0, 2.0), ensemble,
            )
            for ensemble in range(2)
        ]  # fmt: skip
        try:
            scheduler.run(tasks)
        except StopRun:
            assert stop_after is not None
        writer.flush()
        self.most_at_once = workers.most_at_once
        table = RunStore(self.folder).table("draws")
        assert table is not None
        return table.sort_values(["ensemble", "evaluation"], ignore_index=True)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> SampleSettings:
    mean = DENSITIES["normal"].mean
    monkeypatch.setattr(draws, "cheapest", lambda *_: np.tile(mean, (N_WALKERS, 1)))
    return SampleSettings(
        steps=30, ensembles=2, walkers=N_WALKERS, temperature=1.0, sampler="importance"
    )


def test_draws_wait_for_none_and_do_not_depend_on_workers(
    emodel: EModel, tmp_path: Path, settings: SampleSettings
) -> None:
    alone, many = (Draws(emodel, tmp_path / name, settings) for name in ("alone", "many"))
    one = alone.by(1)
    pd.testing.assert_frame_equal(one, many.by(100), check_exact=True)
    assert (alone.most_at_once, many.most_at_once) == (1, 100)  # of 40 walks
    assert len(one) == 2 * N_WALKERS * settings.steps
    assert len(one.filter(like="parameters/").drop_duplicates()) > 0.9 * len(one)


def test_stopped_draws_go_on_to_the_same(
    emodel: EModel, tmp_path: Path, settings: SampleSettings
) -> None:
    one = Draws(emodel, tmp_path / "one", settings).by(3)
    parts = Draws(emodel, tmp_path / "parts", settings)
    some = parts.by(7, stop_after=300)
    assert 300 <= len(some) < 320
    # all walks go on alike, so that nearly all that is stored can be collected
    complete = importance._complete(some, N_WALKERS)
    assert complete is not None and len(complete) > 200
    assert parts.by(40).equals(one)


def test_draws_of_other_walks_are_not_mixed(
    emodel: EModel, tmp_path: Path, settings: SampleSettings
) -> None:
    Draws(emodel, tmp_path / "run", settings).by(3, stop_after=50)
    other = Draws(emodel, tmp_path / "run", replace(settings, seed=5))
    with pytest.raises(IonfoError, match="draws that another version has made .*collect it"):
        other.by(3)
    table = RunStore(tmp_path / "run").table("draws")
    assert table is not None and 50 <= len(table) < 60
