"""A target whose distribution is known, behind the real chain, store and collection."""

from __future__ import annotations

import heapq
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.emodels import EModel, load_emodel, parse_emodel
from ionfo.sampling import Evaluation, ModelRequest, RunStore, SampleSettings, Target
from ionfo.sampling.chains.chain import Chain
from ionfo.sampling.chains.start import Start, around_models
from ionfo.sampling.chains.writer import RunWriter
from ionfo.sampling.evaluation.pool import Call, evaluate

MEAN = np.array([1.0, -2.0, 0.5])
COVARIANCE = np.array([[1.0, 0.6, 0.0], [0.6, 2.0, -0.3], [0.0, -0.3, 0.5]])


class AnalyticPool:
    """A pool that answers with the cost of a formula instead of a simulation."""

    def __init__(self, emodel: EModel, cost: Callable[[NDArray[np.float64]], float]) -> None:
        self.n_features = len(emodel.features)
        self.cost = cost

    def map(self, function: Any, requests: Iterable[Any], /) -> Iterator[Any]:
        return self._evaluate(requests) if function is evaluate else map(function, requests)

    def _evaluate(self, requests: Iterable[ModelRequest]) -> Iterator[Evaluation]:
        for request in requests:
            cost = self.cost(np.array(request.theta))
            if cost >= request.bound:  # as an evaluation that ends early: no more is known
                nothing = np.full(self.n_features, np.nan)
                yield Evaluation(
                    nothing, nothing, request.bound, n_steps=1, rejected_by="RinProtocol"
                )
                continue
            features = np.full(self.n_features, cost)
            yield Evaluation(features, features, cost)


class AnalyticWorkers:
    """Workers on a fake clock that answer with the cost of a formula, after random times."""

    is_here = True

    def __init__(
        self,
        emodel: EModel,
        cost: Callable[[NDArray[np.float64]], float],
        n_workers: int = 1,
        seed: int = 0,
    ) -> None:
        self.pool = AnalyticPool(emodel, cost)
        self.n_workers = n_workers
        self.capacity = 2 * n_workers
        self.now = 0.0
        self.most_at_once = self.n_calls = 0
        self._rng = np.random.default_rng(seed)
        self._waiting: deque[tuple[int, ModelRequest | Call]] = deque()
        self._running: list[tuple[float, int, float, ModelRequest | Call]] = []

    def submit(self, ticket: int, request: ModelRequest | Call) -> None:
        self._waiting.append((ticket, request))

    def wait(self, timeout: float) -> tuple[int, Any, float]:
        while self._waiting and len(self._running) < self.n_workers:
            ticket, request = self._waiting.popleft()
            # walks are much shorter than evaluations
            seconds = self._rng.exponential(0.05 if isinstance(request, Call) else 1.0)
            heapq.heappush(self._running, (self.now + seconds, ticket, seconds, request))
        self.most_at_once = max(self.most_at_once, len(self._running))
        self.now, ticket, seconds, request = heapq.heappop(self._running)
        if isinstance(request, Call):
            self.n_calls += 1
            return ticket, request(), seconds
        (evaluation,) = self.pool.map(evaluate, [request])
        return ticket, evaluation, seconds

    def begun(self) -> Iterator[tuple[int, int]]:
        return iter(())


@pytest.fixture
def emodel() -> EModel:
    """Three wide free parameters; everything else as in `soma`."""
    content = json.loads(load_emodel("soma").to_json())
    content["parameters"] = [p for p in content["parameters"] if p["bounds"] is None] + [
        {"name": f"g{i}.somatic", "unit": "1", "bounds": [-30.0, 30.0]} for i in range(3)
    ]
    content["reference"] = None
    return parse_emodel(json.dumps(content), "test")


@pytest.fixture
def quick_learning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let surrogates learn little, from short rounds, and walk as far as without a measurement."""
    learning = "ionfo.sampling.chains.learning"
    monkeypatch.setattr(f"{learning}.network._STEPS", (100, 100))
    monkeypatch.setattr(f"{learning}.gaussian_process._N_SEARCH", 3)
    monkeypatch.setattr(f"{learning}.rounds.EVALUATIONS_PER_ROUND", 60)
    monkeypatch.setattr(f"{learning}.learner.length_of_walks", lambda *_: (200, 1.9))
    monkeypatch.setattr("ionfo.sampling.chains.search._WALK", 50)


@pytest.fixture
def analytic_workers(emodel: EModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `run_sampler` evaluate a formula instead of a cell."""

    def opened(*_: Any) -> AbstractContextManager[AnalyticWorkers]:
        return nullcontext(AnalyticWorkers(emodel, gaussian_cost))

    monkeypatch.setattr("ionfo.sampling.chains.run.open_workers", opened)


def near_the_mean(target: Target, n_walkers: int, seed: int = 0) -> Start:
    """Starting points without a search."""
    rng = np.random.default_rng(seed)
    return around_models(target, MEAN[None], n_walkers, 1000 * n_walkers, rng, spread=0.03)


def begin_chain(
    emodel: EModel,
    folder: Path,
    target: Target,
    settings: SampleSettings,
    start: Start,
    n_tries: int = 1,
) -> Chain:
    """A chain of one ensemble in a new run folder."""
    about = {"temperature": target.temperature, "steps": settings.steps}
    content = {"emodel": emodel.model_dump(mode="json"), "settings": about, "tries": n_tries}
    store = RunStore.create(folder, content)
    writer = RunWriter(store)
    chain = Chain(target, writer, settings, n_tries=n_tries)
    chain.begin(start)
    writer.flush()
    return chain


def gaussian_cost(theta: NDArray[np.float64]) -> float:
    """Minus the log density of a normal distribution."""
    away = theta - MEAN
    return float(0.5 * away @ np.linalg.solve(COVARIANCE, away))
