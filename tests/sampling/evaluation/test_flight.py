"""A parameter set that kills its worker is found and set aside; the others are not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ionfo.emodels import EModel
from ionfo.errors import IonfoError
from ionfo.sampling import Evaluation, ModelRequest
from ionfo.sampling.evaluation.flight import (
    Condemned,
    FlightRecord,
    read_condemned,
    read_suspects,
)
from ionfo.sampling.evaluation.pool import evaluate
from ionfo.sampling.evaluation.scheduler import Scheduler, SharedPool
from ionfo.sampling.runs.session import try_suspects

from ..conftest import AnalyticWorkers


class Killed(BaseException):
    """The program is gone; nothing is tidied up."""


class MortalWorkers(AnalyticWorkers):
    """Workers that die on one parameter set, with the whole program unless it is tried alone."""

    deadly = 7.0

    def submit(self, ticket: int, request: ModelRequest) -> None:
        self.requests = {**getattr(self, "requests", {}), ticket: request}
        super().submit(ticket, request)

    def wait(self, timeout: float) -> tuple[int, Evaluation, float]:
        ticket, evaluation, seconds = super().wait(timeout)
        if evaluation.cost == self.deadly:
            if not self.requests[ticket].alone:
                raise Killed
            evaluation = replace(evaluation, died="SIGSEGV")
        return ticket, evaluation, seconds


@pytest.fixture(autouse=True)
def _writes_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ionfo.sampling.evaluation.flight._QUICK", float("inf"))


def session(
    emodel: EModel, folder: Path, workers: AnalyticWorkers, record: FlightRecord | None = None
) -> list[float]:
    """What a session does about deaths."""
    flight = record or FlightRecord(folder, emodel)
    scheduler = Scheduler(workers, flight=flight)
    costs: list[float] = []

    def chain() -> None:
        requests = [ModelRequest((float(i), 0.0, 0.0)) for i in range(20)]
        costs.extend(one.cost for one in SharedPool().map(evaluate, requests))

    try_suspects(scheduler)
    scheduler.run([chain])
    flight.close()
    return costs


@pytest.mark.parametrize("n_workers", [1, 3, 40])
def test_deadly_parameters_are_set_aside(emodel: EModel, tmp_path: Path, n_workers: int) -> None:
    def workers() -> MortalWorkers:
        return MortalWorkers(emodel, lambda theta: float(theta[0]), n_workers)

    with pytest.raises(Killed):
        session(emodel, tmp_path, workers())
    suspects = read_suspects(tmp_path)
    assert [one.deaths for one in suspects if one.theta[0] == 7.0] == [1]
    assert read_condemned(tmp_path) == []
    expected = [250.0 if i == 7 else float(i) for i in range(20)]
    assert session(emodel, tmp_path, workers()) == expected
    assert read_condemned(tmp_path) == [Condemned((7.0, 0.0, 0.0), "SIGSEGV")]
    assert not (tmp_path / "in-flight.json").exists()
    # every later session repeats the decision, and says so
    record = FlightRecord(tmp_path, emodel)
    (told,) = record.told()
    assert "1 parameter sets count as failed" in told and "theta (7, 0, 0) by SIGSEGV" in told
    assert session(emodel, tmp_path, workers(), record) == expected


def test_deaths_of_the_run_alone_set_nothing_aside(emodel: EModel, tmp_path: Path) -> None:
    class Killing(AnalyticWorkers):
        n = 0

        def wait(self, timeout: float) -> tuple[int, Evaluation, float]:
            self.n += 1
            if self.n > 2:
                raise Killed
            return super().wait(timeout)

    for _ in range(6):  # somebody kills the program again and again, at the same evaluations
        with pytest.raises(Killed):
            session(emodel, tmp_path, Killing(emodel, lambda theta: 1.0, 4))
        assert read_suspects(tmp_path)
    assert read_condemned(tmp_path) == []


def test_what_has_ended_two_sessions_is_tried_one_by_one(emodel: EModel, tmp_path: Path) -> None:
    for n_groups in (1, 3):
        flight = FlightRecord(tmp_path, emodel)
        for i in range(3):
            flight.begin(i, ModelRequest((float(i), 0.0, 0.0)))
        flight.write(now=True)
        assert len(list(FlightRecord(tmp_path, emodel).groups())) == n_groups


def test_rank_is_told(emodel: EModel, tmp_path: Path) -> None:
    class Ranked(MortalWorkers):
        def begun(self) -> Iterator[tuple[int, int]]:
            return iter([(ticket, 5) for _, ticket, _, _ in self._running])

    flight = FlightRecord(tmp_path, emodel)
    flight.begin(0, ModelRequest((1.0, 2.0)))
    flight.tell_rank(0, 5)
    flight.write(now=True)
    (told,) = FlightRecord(tmp_path, emodel).told()
    assert "rank 5: theta (1, 2)" in told and "ended with 1 evaluations in flight" in told


@pytest.mark.parametrize("content", ["{", "[1]", '[{"theta": 3}]', "null"])
def test_damaged_records_get_a_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "in-flight.json").write_text(content)
    with pytest.raises(IonfoError, match="in-flight.json' is damaged; remove it"):
        read_suspects(tmp_path)
    (tmp_path / "failed.json").write_text(content)
    with pytest.raises(IonfoError, match="failed.json' is damaged"):
        read_condemned(tmp_path)


def test_record_holds_what_is_in_flight(tmp_path: Path) -> None:
    flight = FlightRecord(tmp_path)
    for i in range(3):
        flight.begin(i, ModelRequest((float(i),), bound=5.0, order=("a", "b")))
    flight.end(1)
    flight.write(now=True)
    flying = json.loads((tmp_path / "in-flight.json").read_text())
    assert [one["theta"] for one in flying] == [[0.0], [2.0]]
    assert read_suspects(tmp_path)[0].request == ModelRequest(
        (0.0,), 5.0, order=("a", "b"), alone=True
    )


def test_old_list_of_what_failed_is_read(tmp_path: Path) -> None:
    (tmp_path / "failed.json").write_text("[[1.0, 2.0]]")
    assert [one.theta for one in read_condemned(tmp_path)] == [(1.0, 2.0)]
