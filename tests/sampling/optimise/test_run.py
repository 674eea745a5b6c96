"""Stages, budgets, checkpoints and halls of fame of whole runs, on a formula instead of a cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import EModel
from ionfo.errors import IonfoError
from ionfo.sampling import RunStore
from ionfo.sampling.folders import Work, population_of, work_of
from ionfo.sampling.optimise import OptimiseSettings, OptimiseStore, is_optimisation
from ionfo.sampling.runs.session import check_same

from .conftest import FormulaWorkers, begin, go

SETTINGS = OptimiseSettings(
    generations=6, offspring=8, seeds=2, seed=1, hall=6, budget_quantile=0.9, keep_evaluations=True
)


class Killed(Exception):
    pass


def kill_at(n: int) -> FormulaWorkers:
    def on_answer(n_answers: int) -> None:
        if n_answers == n:
            raise Killed

    return FormulaWorkers(on_answer)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*.parquet"))
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "run"
    go(begin(folder, SETTINGS), SETTINGS, FormulaWorkers())
    return folder


@pytest.mark.parametrize("n", [1, 7, 9, 40, 80, 106, 110])
def test_run_killed_anywhere_and_resumed_is_the_same(whole: Path, tmp_path: Path, n: int) -> None:
    store = begin(tmp_path / "run", SETTINGS)
    with pytest.raises(Killed):
        go(store, SETTINGS, kill_at(n))
    go(store, SETTINGS, FormulaWorkers())
    assert files(tmp_path / "run") == files(whole)


def test_damaged_checkpoint_is_replaced_by_the_one_before(whole: Path, tmp_path: Path) -> None:
    store = begin(tmp_path / "run", SETTINGS)
    with pytest.raises(Killed):
        go(store, SETTINGS, kill_at(80))
    (path,) = (tmp_path / "run/searches").glob("1-all-1.parquet")
    path.write_bytes(path.read_bytes()[:100])
    go(store, SETTINGS, FormulaWorkers())
    found, expected = files(tmp_path / "run"), files(whole)
    assert found == expected
    path.write_bytes(b"")
    path.with_suffix(".previous.parquet").write_bytes(b"")
    with pytest.raises(IonfoError, match="is damaged and so is the state before it"):
        go(store, SETTINGS, FormulaWorkers())


def test_work_counts_generations_and_the_merged_hall(whole: Path, tmp_path: Path) -> None:
    # a first stage of one generation and one search, then six of two, then the merged hall
    assert work_of(whole) == Work(1 + 2 * 6 + 1, 0)
    store = begin(tmp_path / "run", SETTINGS)
    assert work_of(store.folder) == Work(0, 14)
    with pytest.raises(Killed):
        go(store, SETTINGS, kill_at(80))
    found = work_of(store.folder)
    assert 6 <= found.done <= 10 and found.done + found.left == 14
    for path in (tmp_path / "run/searches").glob("1-all-1*"):
        path.write_bytes(b"")
    with pytest.raises(IonfoError, match="is damaged and so is the state before it"):
        work_of(store.folder)


def test_stages_free_what_they_say(soma: EModel, tmp_path: Path) -> None:
    workers = FormulaWorkers()
    store = begin(tmp_path / "run", SETTINGS)
    go(store, SETTINGS, workers)
    first = np.array([one.theta for one in workers.requests[:8]])
    assert (first[:, 2:] == soma.bounds[2:, 0]).all() and np.ptp(first[:, :2], axis=0).all()
    assert workers.requests[0].order == ("SearchHoldingCurrent", "RMPProtocol", "RinProtocol")
    later = np.array([one.theta for one in workers.requests if "Step_140" in (one.order or ())])
    few = store.progress().query("stage == 'few'")
    assert few["generation"].tolist() == [1]  # a quarter of six
    best = pd.read_parquet(tmp_path / "run/searches/0-few-0.parquet").query("role == 'hall'")
    centre = best["parameters/g_pas.somatic"].iloc[0]
    assert (np.abs(later[:, 0] - centre) <= 0.5 * centre * (1 + 1e-12)).all()
    assert workers.requests[-1].order is None and workers.requests[-1].max_steps is None


def test_budget_is_learned_from_the_generation_before(whole: Path) -> None:
    progress = OptimiseStore(whole).progress().query("stage == 'all' and seed == 0")
    kept = pd.read_parquet(whole / "evaluated/1-all-0/000001.parquet")
    assert np.isnan(progress["max_steps"].iloc[0])
    expected = int(2.0 * np.quantile(kept["integrator_steps"], 0.9))
    assert progress["max_steps"].iloc[1] == expected


def test_hall_of_fame_is_the_best_of_all_searches(whole: Path) -> None:
    assert is_optimisation(whole)
    frame = population_of(whole).frame
    assert len(frame) == 6 and frame["training_sum"].is_monotonic_increasing
    every = population_of(whole, every=True).frame
    assert len(every) == 6 * 8 * 2
    scores = every[[c for c in every if c.startswith("scores/")]].to_numpy()
    best = np.sort(np.minimum(scores, 250).sum(axis=1))
    assert frame["training_sum"].iloc[0] == pytest.approx(best[0], rel=1e-12)
    assert set(frame["seed"]) <= {0, 1} and (frame["weight"] == 1).all()
    assert frame.filter(like="features/").notna().all(axis=None)
    with pytest.raises(IonfoError, match="no model of run .* has a cost of at most 1e-09"):
        population_of(whole, max_cost=1e-9)
    with pytest.raises(IonfoError, match="leave out --burn-in"):
        population_of(whole, burn_in=1)


def test_unfinished_run_gives_what_there_is_or_says_why(tmp_path: Path) -> None:
    store = begin(tmp_path / "run", SETTINGS)
    with pytest.raises(Killed):
        go(store, SETTINGS, kill_at(7))
    with pytest.raises(IonfoError, match="no generation of its last stage 'all' yet"):
        population_of(tmp_path / "run")
    with pytest.raises(Killed):
        go(store, SETTINGS, kill_at(90))
    frame = population_of(tmp_path / "run").frame
    assert len(frame) == 6 and frame.filter(like="features/").notna().all(axis=None)


def test_chain_and_optimisation_are_told_apart(whole: Path) -> None:
    with pytest.raises(IonfoError, match="is an optimisation and no chain"):
        _ = RunStore(whole).settings


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"offspring": 9}, "offspring 8, not 9"),
        ({"seed": 2}, "seed 1, not 2"),
        ({"stages": []}, "with stages .*, not "),
    ],
)
def test_resume_with_other_settings_is_refused(
    whole: Path, change: dict[str, object], words: str
) -> None:
    present = OptimiseStore(whole).settings
    check_same(whole, present, present, "a search")
    asked = {**present, "settings": {**present["settings"], **change}}
    with pytest.raises(IonfoError, match=words):
        check_same(whole, present, asked, "a search")
    with pytest.raises(IonfoError, match="other e-model or targets"):
        check_same(whole, present, {**present, "emodel_hash": "x"}, "a search")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (OptimiseSettings(offspring=1), "--offspring must be at least 2, got 1"),
        (OptimiseSettings(generations=0), "--generations must be at least 1"),
        (OptimiseSettings(budget_quantile=1.5), "--budget-quantile must be above 0"),
        (OptimiseSettings(max_steps=0), "--max-steps must be at least 1"),
    ],
)
def test_unfit_settings(settings: OptimiseSettings, words: str) -> None:
    with pytest.raises(IonfoError, match=words):
        settings.check()
