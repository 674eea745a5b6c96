"""Runs for which nobody named moves learn where that is worth it, and keep what they began with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.emodels import EModel
from ionfo.errors import IonfoError
from ionfo.sampling import RunStore, SampleSettings, collect, read_evaluations, run_sampler
from ionfo.sampling.chains.moves import parse_moves
from ionfo.sampling.chains.run import _Run
from ionfo.sampling.chains.settings import DEFAULT_MOVES, MOVES_WITHOUT_LEARNING
from ionfo.sampling.runs.session import Session

from ..conftest import AnalyticPool

N_WALKERS = 8


def moves_of(run: dict[str, Any] | None = None, **asked: Any) -> str | None:
    return SampleSettings(**asked).with_defaults(N_WALKERS, run).moves


def test_a_run_learns_where_that_is_worth_it() -> None:
    assert moves_of(steps=187, ensembles=4) == MOVES_WITHOUT_LEARNING
    assert moves_of(steps=188, ensembles=4) == DEFAULT_MOVES  # 6,016 evaluations
    assert moves_of(steps=1, rounds=2) == DEFAULT_MOVES
    assert moves_of(steps=1000, rounds=0) == MOVES_WITHOUT_LEARNING
    assert moves_of(steps=1000, moves="stretch") == "stretch"
    assert (
        SampleSettings(steps=1000, moves="surrogate").with_defaults(8, None).may_not_learn is False
    )


@pytest.mark.parametrize("moves", [DEFAULT_MOVES, MOVES_WITHOUT_LEARNING])
def test_a_run_that_goes_on_keeps_its_moves_however_long_it_gets(moves: str) -> None:
    for steps in (1, 1000):
        assert moves_of({"moves": parse_moves(moves)}, steps=steps) == moves
    assert moves_of({"moves": {"stretch": 1.0}}, steps=1) == MOVES_WITHOUT_LEARNING


@pytest.mark.neuron
@pytest.mark.usefixtures("analytic_workers", "quick_learning")
def test_a_short_run_is_extended_without_learning(
    emodel: EModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ionfo.sampling.chains.settings._WORTH_LEARNING", 3 * N_WALKERS)
    for steps in (2, 3):  # the latter would be worth it for a new run
        settings = SampleSettings(steps=steps, ensembles=1, start_evaluations=120)
        run_sampler(emodel, tmp_path / "run", settings)
    store = RunStore(tmp_path / "run")
    assert store.settings["settings"]["moves"] == parse_moves(MOVES_WITHOUT_LEARNING)
    with pytest.raises(IonfoError, match="was made with moves"):
        named = SampleSettings(steps=4, ensembles=1, start_evaluations=120, moves="stretch")
        run_sampler(emodel, tmp_path / "run", named)
    # another run that takes the place of this one is not bound to its moves
    anew = SampleSettings(steps=2, ensembles=1, start_evaluations=120, rounds=1)
    run_sampler(emodel, tmp_path / "run", anew, session=Session(force=True))
    assert store.settings["settings"]["moves"] == parse_moves(DEFAULT_MOVES)


@pytest.mark.neuron
@pytest.mark.usefixtures("analytic_workers", "quick_learning")
def test_what_a_run_rejects_is_kept_and_learned_from(emodel: EModel, tmp_path: Path) -> None:
    runs = {}
    for name, keeps in (("default", None), ("without", False)):
        for steps in (2, 4):  # what goes on, goes on as it began
            asked = SampleSettings(
                steps=steps, ensembles=1, start_evaluations=60, temperature=2.0,
                keep_rejected=keeps if steps == 2 else None, early_rejection=False,
            )  # fmt: skip
            run_sampler(emodel, tmp_path / name, asked)
        runs[name] = RunStore(tmp_path / name)
    rejected = runs["default"].table("rejected")
    assert rejected is not None and rejected["step"].max() == 3
    assert runs["without"].table("rejected") is None
    first, second = (collect(one, burn_in=0).population.frame for one in runs.values())
    assert first.equals(second)
    n = [len(read_evaluations([one.folder], emodel).theta) for one in runs.values()]
    assert n[0] - n[1] == len(rejected) > 0
    # no chain depends on it, so that it may be asked for at any time
    more = replace(asked, steps=6, keep_rejected=True)
    run_sampler(emodel, tmp_path / "without", more)
    late = runs["without"].table("rejected")
    assert late is not None and set(late["step"]) == {4, 5}


@pytest.mark.neuron
@pytest.mark.usefixtures("analytic_workers", "quick_learning")
def test_nobody_needs_to_name_the_moves_that_learn(emodel: EModel, tmp_path: Path) -> None:
    found = []
    for name, moves in (("named", DEFAULT_MOVES), ("default", None)):
        settings = SampleSettings(
            steps=2, ensembles=2, start_evaluations=120, rounds=1, moves=moves, temperature=2.0
        )
        run_sampler(emodel, tmp_path / name, settings)
        found.append(collect(RunStore(tmp_path / name), burn_in=0).population.frame)
    assert found[0].equals(found[1])


@pytest.mark.neuron
@pytest.mark.usefixtures("analytic_workers", "quick_learning")
def test_a_run_does_without_learning_where_too_little_is_known(
    emodel: EModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate = AnalyticPool.map

    def lacking(pool: AnalyticPool, *given: Any) -> Any:  # one feature is never defined
        for one in evaluate(pool, *given):
            features: NDArray[np.float64] = np.array(one.features)
            features[0] = np.nan
            object.__setattr__(one, "features", features)
            yield one

    monkeypatch.setattr(AnalyticPool, "map", lacking)
    said: list[str] = []

    def sample(steps: int, name: str = "run") -> RunStore:
        asked = SampleSettings(
            steps=steps, ensembles=2, start_evaluations=400, rounds=1, temperature=4.0
        )
        run_sampler(emodel, tmp_path / name, asked, session=Session(note=said.append))
        return RunStore(tmp_path / name)

    with pytest.raises(IonfoError, match="only 0 have all features"):
        named = SampleSettings(steps=2, ensembles=2, start_evaluations=120, moves=DEFAULT_MOVES)
        run_sampler(emodel, tmp_path / "named", named)
    store = sample(2)
    assert sum("moves are de:0.9,snooker:0.1" in one for one in said) == 1
    asked = store.settings["settings"]
    assert asked["moves"] == parse_moves(MOVES_WITHOUT_LEARNING)
    assert asked["rounds"] == 0
    assert "learned" not in store.settings
    sample(4)  # the same command goes on
    assert [one["steps"] for one in store.state["ensembles"]] == [4, 4]

    # stopped after that was found and before the chains began, it is the same run
    prepare = _Run._prepare

    def stopping(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(_Run, "_prepare", stopping)
    with pytest.raises(BaseException):  # noqa: B017, PT011  whatever a stop becomes
        sample(4, "stopped")
    monkeypatch.setattr(_Run, "_prepare", prepare)
    first, second = (collect(one, burn_in=0) for one in (store, sample(4, "stopped")))
    assert first.population.frame.equals(second.population.frame)
