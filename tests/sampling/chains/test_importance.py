"""Weighted draws have the density of the chains, however wrong what they were drawn from is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from ionfo.analysis.uncertainty.effective import kish_size
from ionfo.emodels import EModel
from ionfo.errors import IonfoError
from ionfo.sampling import RunStore, SampleSettings, Target, collect, run_sampler
from ionfo.sampling.chains import draws, importance
from ionfo.sampling.chains.draws import draw_task
from ionfo.sampling.chains.importance import collect_draws
from ionfo.sampling.chains.last_states import read_standing
from ionfo.sampling.chains.status import run_status
from ionfo.sampling.chains.writer import RunWriter
from ionfo.sampling.folders import work_of
from ionfo.studies.population import analyse

from ..conftest import AnalyticPool
from .test_posteriors import BOX, DENSITIES, Density

Array = NDArray[np.float64]
N_WALKERS = 40


class Learned:
    """A normal density that is off in place and width from a known one."""

    temperature, max_cost, n_inner = 1.0, np.inf, 120
    bounds = np.array([[-BOX, BOX]] * 3)

    def __init__(self, truth: Density, width: float, max_cost: float = np.inf) -> None:
        sd = np.sqrt(truth.variance)
        self.mean, self.sd, self.max_cost = truth.mean + 0.4 * sd, width * sd, max_cost

    def __call__(self, unit: Array) -> Array:
        theta = -BOX + 2 * BOX * unit
        return np.asarray(-0.5 * np.sum(((theta - self.mean) / self.sd) ** 2, axis=1))


def drawn(
    emodel: EModel, folder: Path, truth: Density, width: float,
    monkeypatch: pytest.MonkeyPatch, steps: int = 40, max_cost: float = np.inf,
) -> tuple[RunStore, Any]:  # fmt: skip
    learned: Any = Learned(truth, width, max_cost)
    settings = SampleSettings(
        steps=steps, ensembles=2, walkers=N_WALKERS, temperature=1.0, sampler="importance"
    )
    target = Target(emodel, AnalyticPool(emodel, truth.cost), 1.0, max_cost)
    rng = np.random.default_rng(0)

    def somewhere(store: RunStore, ensemble: int, n: int) -> Array:
        return np.clip(learned.mean + learned.sd * rng.standard_normal((n, 3)), -BOX, BOX)

    monkeypatch.setattr(draws, "cheapest", somewhere)
    store = RunStore.create(
        folder, {"emodel": emodel.model_dump(mode="json"), "settings": {"walkers": N_WALKERS}}
    )
    writer = RunWriter(store)
    for ensemble in range(2):
        of_ensemble = Target(emodel, target.pool, 1.0, max_cost)
        draw_task(store, writer, learned, settings, N_WALKERS, of_ensemble, ensemble)()
    writer.flush()
    return store, learned


def moments(frame: pd.DataFrame) -> tuple[Array, Array]:
    theta = frame[[c for c in frame if c.startswith("parameters/")]].to_numpy()
    weight = frame["weight"].to_numpy()
    mean = np.average(theta, axis=0, weights=weight)
    return mean, np.average((theta - mean) ** 2, axis=0, weights=weight)


@pytest.mark.parametrize("name", ["normal", "two modes"])
def test_a_wrong_density_leaves_the_moments(
    emodel: EModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    truth = DENSITIES[name]
    store, learned = drawn(emodel, tmp_path / "run", truth, 1.3, monkeypatch)
    population, found = collect_draws(store, learned)
    assert found.n_draws == found.n_whole == 2 * N_WALKERS * 40
    assert found.pareto_k < 0.7 and 300 < found.ess < found.n_draws
    assert found.walks.tau.max() < 3 and found.r_hat < 1.05
    mean, variance = moments(population.frame)
    sd = np.sqrt(truth.variance)
    assert (np.abs(mean - truth.mean) < 5 * sd / np.sqrt(found.ess)).all()
    assert (np.abs(variance / truth.variance - 1) < 10 / np.sqrt(found.ess)).all()
    # without weights it is the density that they were drawn from
    plain = population.frame.assign(weight=1.0)
    assert (np.abs(moments(plain)[0] - truth.mean) > 0.2 * sd).all()


def test_a_largest_cost_cuts_and_ends_evaluations(
    emodel: EModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = DENSITIES["normal"]
    store, learned = drawn(emodel, tmp_path / "run", truth, 1.3, monkeypatch, max_cost=2.0)
    population, found = collect_draws(store, learned)
    assert 0 < found.n_whole < found.n_draws and population.frame["cost"].max() <= 2.0
    table = store.table("draws")
    assert table is not None
    assert set(table.loc[table["rejected_by"] != "", "cost"]) == {np.nextafter(2.0, 3.0)}
    # of a normal density in three dimensions inside a radius r, r^2 = 4: mean radius^2/3 a direction
    scaled = (population.frame.filter(like="parameters/").to_numpy() - truth.mean) ** 2
    inside = np.average(scaled / truth.variance, axis=0, weights=population.frame["weight"])
    rng = np.random.default_rng(1)
    z = rng.standard_normal((400_000, 3))
    z = z[np.sum(z**2, axis=1) <= 4]
    assert inside == pytest.approx(np.mean(z**2, axis=0), rel=12 / np.sqrt(found.ess))
    fewer, judged = collect_draws(store, learned, max_cost=1.0)
    assert fewer.frame["cost"].max() <= 1.0 and len(fewer.frame) < len(population.frame)
    # what is asked for is judged by its own weights
    assert judged.n_whole == len(fewer.frame) and judged.ess < found.ess
    assert judged.ess <= kish_size(fewer.frame["weight"].to_numpy())


def test_weights_that_few_draws_carry_are_refused(
    emodel: EModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = DENSITIES["laplace"]
    store, learned = drawn(emodel, tmp_path / "run", truth, 0.35, monkeypatch)
    with pytest.raises(
        IonfoError, match=r"Pareto k of .*above 0\.7.*--max-cost .*--rounds or --learn"
    ):
        collect_draws(store, learned)
    store, learned = drawn(emodel, tmp_path / "few", truth, 1.3, monkeypatch, steps=3)
    with pytest.raises(IonfoError, match="holds 240 draws, too few .*at least 400"):
        collect_draws(store, learned)


@pytest.mark.neuron
@pytest.mark.usefixtures("analytic_workers", "quick_learning")
def test_a_run_of_draws_resumes_is_collected_and_analysed(
    emodel: EModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # features of this target are no deviations, so what is learned of them is wrong
    monkeypatch.setattr(importance, "LARGEST_K", np.inf)

    def sample(name: str, steps: int) -> RunStore:
        settings = SampleSettings(
            steps=steps, ensembles=2, start_evaluations=150, rounds=1, temperature=50.0,
            sampler="importance",
        )  # fmt: skip
        run_sampler(emodel, tmp_path / name, settings)
        return RunStore(tmp_path / name)

    sample("twice", 8)
    twice, once = sample("twice", 30), sample("once", 30)
    first, second = collect(twice), collect(once)
    assert first.population.frame.equals(second.population.frame)
    frame = first.population.frame
    assert first.importance is not None and first.importance.n_whole >= len(frame) > 100
    # rows of no weight are left out of the table, which moves the last digits
    assert first.importance.ess <= kish_size(frame["weight"].to_numpy()) * (1 + 1e-9)
    assert frame["weight"].mean() == pytest.approx(1.0) and frame["weight"].nunique() > 2
    assert "walker" not in frame and first.population.metadata["importance"]["n_draws"] > 0
    assert work_of(once.folder).left == 0
    assert run_status(once).n_draws == 30 * run_status(once).n_walkers * 2
    findings = analyse(first.population, shuffles=3, bootstrap=3, permutations=20, threads=1)
    worth = first.importance.ess  # the analysis believes no more than that
    assert findings.work.sample.ess == pytest.approx(worth)
    assert findings.work.sample.nu == pytest.approx(worth - 1) and worth < len(frame)
    with pytest.raises(IonfoError, match="holds independent draws and no chains to go on with"):
        read_standing(once.folder, emodel, 1)
    with pytest.raises(IonfoError, match="holds independent draws, which have no burn-in"):
        collect(once, burn_in=2)
