"""The search is bounded, goes in stages, and uses what is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.emodels import EModel, load_emodel
from ionfo.errors import IonfoError
from ionfo.sampling import Target
from ionfo.sampling.chains.learning.network import TrainingRows
from ionfo.sampling.chains.learning.training_data import Evaluated
from ionfo.sampling.chains.search import from_bounds
from ionfo.sampling.chains.seen import Seen
from ionfo.sampling.evaluation.evaluator import Evaluation
from ionfo.sampling.evaluation.pool import ModelRequest

from ..conftest import AnalyticPool, gaussian_cost


def test_start_is_bounded_in_evaluations(emodel: EModel) -> None:
    for limit in (0, 100, 333):
        target = Target(emodel, AnalyticPool(emodel, gaussian_cost))
        start = from_bounds(target, 16, limit, np.random.default_rng(0))
        assert target.counts.n_evaluations <= max(limit, 16)
        assert len(start.theta) == 16
    hopeless = Target(emodel, AnalyticPool(emodel, lambda theta: 9.0), max_cost=1.0)
    with pytest.raises(IonfoError, match="found 0 of 16 starting points with cost <= 1"):
        from_bounds(hopeless, 16, 100, np.random.default_rng(0))


def test_what_was_learned_leads_the_search(emodel: EModel) -> None:
    mean = np.array([one.mean for one in emodel.features])
    sd = np.array([one.std for one in emodel.features])

    def measured(theta: NDArray[np.float64]) -> NDArray[np.float64]:
        deviations = np.zeros((*theta.shape[:-1], len(mean)))
        off = theta - np.array([20.0, -11.0, 4.0])
        deviations[..., :3] = off + 6 * np.sin(off / 4)
        return np.asarray(mean + sd * deviations)

    class Curved(AnalyticPool):
        def _evaluate(self, requests: Any) -> Iterator[Evaluation]:
            for request in requests:
                features = measured(np.array(request.theta))
                scores = np.abs((features - mean) / sd)
                yield Evaluation(features, scores, float(scores.max()))

    # one draw in six million lies below the largest cost
    target = Target(emodel, Curved(emodel, gaussian_cost), 0.5, max_cost=0.4)
    theta = np.random.default_rng(1).uniform(-30, 30, (200, 3))
    learned = Evaluated(theta, measured(theta), np.ones(measured(theta).shape, dtype=bool))
    start = from_bounds(target, 16, 100, np.random.default_rng(0), learned)
    assert (start.blobs["cost"] <= 0.4).all() and len(np.unique(start.theta[:, 0])) == 16
    assert target.counts.n_evaluations <= 100
    alone = Target(emodel, Curved(emodel, gaussian_cost), 0.5, max_cost=0.4)
    from_bounds(alone, 16, 1000, np.random.default_rng(0))
    assert target.counts.n_evaluations < alone.counts.n_evaluations


def test_search_goes_on_for_what_a_surrogate_asks_for(emodel: EModel) -> None:
    counts = []
    for n_rows in (0, 120):
        target = Target(emodel, AnalyticPool(emodel, gaussian_cost), max_cost=500.0)
        start = from_bounds(target, 16, 1000, np.random.default_rng(0), n_rows=n_rows)
        assert (start.blobs["cost"] <= 500.0).all()
        counts.append(target.counts.n_evaluations)
    assert counts[0] < counts[1] < 1000 and counts[1] > 120


def test_what_processes_cannot_tell_is_left_to_an_ensemble(
    emodel: EModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: list[int] = []

    def useless(self: Seen, *_: Any) -> Any:
        known.append(len(self))
        return TrainingRows(*(np.empty((0, 1)) for _ in range(5)))  # nothing to learn from

    monkeypatch.setattr(Seen, "known", useless)
    target = Target(emodel, AnalyticPool(emodel, lambda theta: 9.0), max_cost=1.0)
    with pytest.raises(IonfoError, match="found 0 of 16"):
        from_bounds(target, 16, 1000, np.random.default_rng(0))
    assert (
        len(known) == 3 and known[0] < known[1] < known[2] < 900
    )  # tried again when more is known
    assert target.counts.n_evaluations > 900


class Protocols:
    """Answers protocol by protocol, as a cell does: features are smooth, long ones cost most."""

    def __init__(self, emodel: EModel) -> None:
        self.emodel = emodel
        self.mean = np.array([one.mean for one in emodel.features])
        self.sd = np.array([one.std for one in emodel.features])
        self.names = [one.name for one in emodel.protocols]
        self.of = np.array([one.protocol for one in emodel.targets])
        low, high = emodel.bounds.T
        self.low, self.width = low, high - low
        self.shape = np.random.default_rng(8).standard_normal((len(low), len(self.mean)))
        self.asked: list[ModelRequest] = []

    def map(self, function: Any, requests: Iterable[Any], /) -> Iterator[Any]:
        for request in requests:
            self.asked.append(request)
            unit = (np.array(request.theta) - self.low) / self.width
            deviation = 25 * np.sin((unit - 0.7) @ self.shape / 2)
            run = np.isin(self.of, request.order or self.names)
            scores = np.where(run, np.abs(deviation), np.nan)
            steps = {
                name: 1000 if name.startswith("Step") else 10
                for name in request.order or self.names
            }
            yield Evaluation(
                np.where(run, self.mean + self.sd * deviation, np.nan),
                scores,
                float(np.nanmax(scores)),
                n_steps=sum(steps.values()),
                protocol_steps=steps,
            )


def test_short_protocols_go_first_and_only_what_they_leave_is_evaluated_wholly() -> None:
    emodel = load_emodel("soma")
    pool = Protocols(emodel)
    target = Target(emodel, pool, 0.5, max_cost=5.0)
    start = from_bounds(target, 24, 1000, np.random.default_rng(0))
    assert (start.blobs["cost"] <= 5.0).all() and len(np.unique(start.theta[:, 0])) == 24
    assert np.isfinite(start.blobs["scores"]).all()
    short = [one for one in pool.asked if one.order is not None]
    assert len(short) > len(pool.asked) / 3
    assert not any(name.startswith("Step") for one in short for name in one.order or ())
    low, high = emodel.bounds.T
    uniform = list(pool.map(None, [
        ModelRequest(tuple(one), np.inf)
        for one in np.random.default_rng(1).uniform(low, high, (1000, len(low)))
    ]))  # fmt: skip
    assert np.mean([one.cost <= 5.0 for one in uniform]) < 0.005  # it did not find them by chance


def test_a_search_that_must_not_cost_anything_takes_no_part(emodel: EModel) -> None:
    pool = Protocols(load_emodel("soma"))
    start = from_bounds(Target(pool.emodel, pool, 0.5), 24, 0, np.random.default_rng(0))
    assert len(pool.asked) == 24 and all(one.order is None for one in pool.asked)
    assert np.isfinite(start.blobs["scores"]).all()


def test_of_twins_the_fuller_one_is_known_and_the_best_come_first(emodel: EModel) -> None:
    n = len(emodel.features)
    partial, whole = np.full(n, np.nan), np.full(n, 2.0)
    partial[0] = 1.0
    seen = Seen(emodel, "max")
    theta = np.zeros((2, len(emodel.free_names)))
    theta[1] = 1.0
    seen.add(theta, [Evaluation(partial, partial, 1.0), Evaluation(whole, whole, 2.0)])
    wanted = np.arange(n) == 0
    assert seen.best(wanted)[0].tolist() == [0, 1] and seen.best()[0].tolist() == [1]
    seen.add(theta[:1], [Evaluation(whole, whole / 4, 0.5)])
    seen.add(theta[:1], [Evaluation(partial, partial, 1.0)])
    rows, cost = seen.best()
    assert len(seen) == 2 and rows.tolist() == [0, 1] and cost.tolist() == [0.5, 2.0]
    known = seen.known(wanted)
    assert known.is_known.shape == (2, 1) and known.is_known.all()
