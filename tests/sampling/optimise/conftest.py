"""A search whose scores are a formula, behind the real run folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.emodels import EModel, load_emodel
from ionfo.mechanisms.build import BUNDLED
from ionfo.sampling import Evaluation, ModelRequest
from ionfo.sampling.evaluation.flight import FlightRecord
from ionfo.sampling.evaluation.scheduler import Scheduler
from ionfo.sampling.optimise import OptimiseSettings, OptimiseStore, Stage
from ionfo.sampling.optimise.run import _Run
from ionfo.sampling.optimise.settings import settings_json
from ionfo.sampling.optimise.stages import resolve

SOMA = load_emodel("soma")
STAGES = (Stage(name="few", free=("g_pas*", "gIh*"), protocols=("R*",), seeds=1), Stage(name="all"))


class FormulaWorkers:
    """Workers that answer at once; a target value for every parameter is the optimum."""

    is_here = True
    n_workers = 1
    capacity = 3

    def __init__(self, on_answer: Callable[[int], None] = lambda n: None) -> None:
        self.waiting: list[tuple[int, ModelRequest]] = []
        self.n_answers = 0
        self.on_answer = on_answer
        self.requests: list[ModelRequest] = []

    def submit(self, ticket: int, request: ModelRequest) -> None:
        self.waiting.append((ticket, request))

    def wait(self, timeout: float) -> tuple[int, Evaluation, float]:
        ticket, request = self.waiting.pop()  # the last first: order must not matter
        self.n_answers += 1
        self.on_answer(self.n_answers)
        self.requests.append(request)
        low, high = SOMA.bounds.T
        unit = (np.array(request.theta) - low) / (high - low)
        scores: NDArray[np.float64] = 10 * np.abs(np.resize(unit, len(SOMA.features)) - 0.3)
        if request.order is not None:
            asked = [target.protocol in request.order for target in SOMA.targets]
            scores = np.where(asked, scores, np.nan)
        n_steps = 100 + int(900 * unit[0])
        if request.max_steps is not None and n_steps > request.max_steps:
            scores = np.full(len(scores), 250.0)
        return ticket, Evaluation(scores, scores, float(np.nanmax(scores)), n_steps=n_steps), 0.0

    def begun(self) -> Iterator[tuple[int, int]]:
        return iter(())


def begin(folder: Path, settings: OptimiseSettings) -> OptimiseStore:
    """A new run folder of the formula's search."""
    folder.mkdir()
    store = OptimiseStore(folder)
    store.write_settings(settings_json(SOMA, settings, STAGES, Path(__file__), BUNDLED))
    return store


def go(store: OptimiseStore, settings: OptimiseSettings, workers: FormulaWorkers) -> None:
    """Do what is left of a run."""
    plans = resolve(STAGES, SOMA, settings.generations, settings.seeds)
    scheduler = Scheduler(workers, None, FlightRecord(None))
    _Run(store, settings, plans, scheduler, lambda progress: None).all()


@pytest.fixture
def soma() -> EModel:
    return SOMA
