"""The chain recovers a known distribution, and the population keeps every kept step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from ionfo.emodels import EModel
from ionfo.errors import IonfoError
from ionfo.sampling import RunStore, SampleSettings, Target, collect
from ionfo.sampling.chains.backend import SegmentBackend
from ionfo.sampling.chains.start import around_models
from ionfo.sampling.chains.states import dense
from ionfo.sampling.chains.writer import RunWriter
from ionfo.sampling.runs.diagnostics import diagnose
from ionfo.tables.columns import columns

from ..conftest import COVARIANCE, MEAN, AnalyticPool, begin_chain, gaussian_cost, near_the_mean


def run(
    emodel: EModel,
    folder: Path,
    cost: Callable[[NDArray[np.float64]], float] = gaussian_cost,
    steps: int = 2000,
    temperature: float = 1.0,
    max_cost: float = np.inf,
    seed: int = 0,
    n_tries: int = 1,
    **more: Any,
) -> RunStore:
    target = Target(emodel, AnalyticPool(emodel, cost), temperature, max_cost)
    more = {"moves": "stretch", **more}
    settings = SampleSettings(steps=steps, seed=seed, temperature=temperature, **more)
    start = near_the_mean(target, 16, seed)
    chain = begin_chain(emodel, folder, target, settings, start, n_tries)
    chain.walk()
    chain.backend.writer.flush()
    return chain.backend.writer.store


def check_moments(store: RunStore, temperature: float = 1.0) -> None:
    """Mean and covariance within 5 standard errors of those of the known normal."""
    found = collect(store, burn_in=300)
    frame = found.population.frame
    theta = frame[[c for c in frame if c.startswith("parameters/")]].to_numpy()
    weight = frame["weight"].to_numpy(float)
    n_effective = found.quality.ess
    assert n_effective > 400
    mean = np.average(theta, axis=0, weights=weight)
    covariance = np.cov(theta.T, fweights=frame["weight"].to_numpy())
    expected = temperature * COVARIANCE
    error = np.sqrt(np.diag(expected) / n_effective)
    assert (np.abs(mean - MEAN) < 5 * error).all()
    spread = np.sqrt(np.outer(np.diag(expected), np.diag(expected)) + expected**2)
    assert (np.abs(covariance - expected) < 5 * spread / np.sqrt(n_effective)).all()


@pytest.mark.parametrize(
    ("moves", "n_tries", "steps"),
    [
        ("stretch", 1, 2000),
        ("de", 3, 800),
        ("snooker", 2, 1800),
        ("de:3,snooker,stretch", 1, 1800),
        ("gaussian", 2, 900),
    ],
)
def test_chain_recovers_a_gaussian(
    emodel: EModel, tmp_path: Path, moves: str, n_tries: int, steps: int
) -> None:
    check_moments(run(emodel, tmp_path / "run", moves=moves, n_tries=n_tries, steps=steps))


@pytest.mark.parametrize("moves", ["stretch", "de:0.6,snooker:0.4"])
def test_early_rejection_gives_the_same_chain(emodel: EModel, tmp_path: Path, moves: str) -> None:
    early, late = (
        run(emodel, tmp_path / str(is_early), moves=moves, steps=300, early_rejection=is_early)
        for is_early in (True, False)
    )
    pd.testing.assert_frame_equal(early.states()[0], late.states()[0], check_exact=True)
    assert np.isfinite(early.states()[0].filter(like="scores/").to_numpy()).all()


@pytest.mark.parametrize("wrong", ["no factor", "factor twice"])
def test_wrong_acceptance_fails_the_same_test(
    emodel: EModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    right = Target.bound
    scale = {"no factor": 0.0, "factor twice": 2.0}[wrong]
    monkeypatch.setattr(Target, "bound", lambda self, c, u, f: right(self, c, u, scale * f))
    store = run(emodel, tmp_path / "run", steps=2000)
    with pytest.raises(AssertionError):
        check_moments(store)


def test_temperature_widens_the_gaussian(emodel: EModel, tmp_path: Path) -> None:
    check_moments(run(emodel, tmp_path / "run", temperature=2.0), temperature=2.0)


@pytest.mark.parametrize(
    "wrong", [lambda t: gaussian_cost(t - 0.3), lambda t: 1.3 * gaussian_cost(t)]
)
def test_wrong_target_fails_the_same_test(
    emodel: EModel, tmp_path: Path, wrong: Callable[[NDArray[np.float64]], float]
) -> None:
    store = run(emodel, tmp_path / "run", wrong, steps=4000)
    with pytest.raises(AssertionError):
        check_moments(store)


def test_cost_limit_truncates_the_density(emodel: EModel, tmp_path: Path) -> None:
    store = run(emodel, tmp_path / "run", steps=400, max_cost=1.0)
    states = store.states()[0]
    assert states["cost"].max() <= 1.0
    # in three dimensions the squared radius is uniform^(2/3) times exp(-r^2/2), cut at 2
    assert 0.3 < np.average(states["cost"]) < 0.8


def test_weights_are_the_steps_a_state_was_held(emodel: EModel, tmp_path: Path) -> None:
    store = run(emodel, tmp_path / "run", steps=60)
    states = store.states()[0]
    for burn_in in (0, 1, 17, 59):
        frame = collect(store, burn_in).population.frame
        assert frame["weight"].sum() == (60 - burn_in) * 16
        assert (frame["weight"] > 0).all()
        keys = frame[["ensemble", "walker", "step"]]
        pd.testing.assert_frame_equal(keys, keys.sort_values(["ensemble", "walker", "step"]))
        assert frame["step"].min() == burn_in and not keys.duplicated().any()
        # spread out again, the population is the chain
        names = [c for c in frame if c.startswith("parameters/")]
        chain = dense(states, names, 60)[0][burn_in:]
        held = np.repeat(frame[names].to_numpy(), frame["weight"], axis=0)
        np.testing.assert_array_equal(held.reshape(16, 60 - burn_in, 3), chain.swapaxes(0, 1))


def test_dropped_cost_is_counted(emodel: EModel, tmp_path: Path) -> None:
    store = run(emodel, tmp_path / "run", steps=60)
    found = collect(store, 10, max_cost=1.0)
    kept = found.population.frame
    assert kept["cost"].max() <= 1.0
    assert kept["weight"].sum() + found.n_outside == 50 * 16
    with pytest.raises(IonfoError, match="no model .* cost of at most"):
        collect(store, 0, max_cost=-1.0)
    dear = collect(store, 10, max_cost=3.0, min_cost=1.0)
    assert dear.population.frame["cost"].between(1.0, 3.0).all()
    assert dear.population.frame["weight"].sum() + dear.n_outside == 50 * 16
    with pytest.raises(IonfoError, match="no model .* cost from 900 to 1000; they lie from"):
        collect(store, 0, max_cost=1000.0, min_cost=900.0)
    with pytest.raises(IonfoError, match="--min-cost must be below --max-cost, 1, got 2"):
        collect(store, 0, max_cost=1.0, min_cost=2.0)
    with pytest.raises(IonfoError, match="--burn-in must be from 0 to 59"):
        collect(store, 60)


def test_same_seed_same_states_other_seed_others(emodel: EModel, tmp_path: Path) -> None:
    one, again, other = (
        run(emodel, tmp_path / name, steps=20, seed=seed).states()[0]
        for name, seed in (("a", 3), ("b", 3), ("c", 4))
    )
    pd.testing.assert_frame_equal(one, again, check_exact=True)
    assert not one.equals(other)


def test_backend_reads_as_emcee_does(emodel: EModel, tmp_path: Path) -> None:
    store = run(emodel, tmp_path / "run", steps=10)
    states, gaps = store.states()
    assert (states.groupby("walker")["step"].min() == -1).all() and not gaps
    assert store.n_steps == 10 and len(store.state["ensembles"][0]["random_state"][1]) == 624
    backend = SegmentBackend(RunWriter(store), emodel)
    backend.reset(16, 3)
    backend.resume()
    chain = backend.get_chain()
    assert chain.shape == (10, 16, 3)
    np.testing.assert_array_equal(chain, dense(states, columns(emodel)[0], 10)[0])
    assert backend.get_log_prob(flat=True, discard=2).shape == (8 * 16,)


def test_states_outside_the_bounds_are_never_evaluated(emodel: EModel) -> None:
    seen = []

    def cost(theta: NDArray[np.float64]) -> float:
        seen.append(theta)
        return 0.0

    target = Target(emodel, AnalyticPool(emodel, cost))
    rows = target(np.array([[0.0, 0, 0], [31.0, 0, 0], [0, -30, 30]]))
    assert [row[0] for row in rows] == [0.0, -np.inf, 0.0]
    assert len(seen) == 2 == target.counts.n_evaluations


def test_start_around_models_spreads_inside_the_bounds(emodel: EModel) -> None:
    target = Target(emodel, AnalyticPool(emodel, gaussian_cost))
    corner = np.array([[30.0, -30.0, 0.0]])
    start = around_models(target, corner, 16, 16, np.random.default_rng(0))
    assert target.is_inside(start.theta).all() and len(np.unique(start.theta[:, 0])) == 16
    np.testing.assert_array_equal(start.theta[0], corner[0])
    wide = around_models(target, np.zeros((1, 3)), 1000, 1000, np.random.default_rng(0), 0.05)
    width = np.ptp(emodel.bounds, axis=1)
    np.testing.assert_allclose(wide.theta.std(axis=0) / width, 0.05, rtol=0.1)
    with pytest.raises(IonfoError, match="start model 1 sets 'g0.somatic' to 31"):
        around_models(target, np.array([[31.0, 0, 0]]), 16, 16, np.random.default_rng(0))


def test_diagnosis_of_known_autocorrelation() -> None:
    rng = np.random.default_rng(0)
    chain = np.empty((20000, 10, 2))
    chain[0] = 0.0
    for i in range(1, len(chain)):
        chain[i] = np.array([0.9, 0.5]) * chain[i - 1] + rng.standard_normal((10, 2))
    found = diagnose([chain])
    assert found.tau == pytest.approx([19.0, 3.0], rel=0.1)  # (1 + a)/(1 - a)
    assert found.effective_sample_size == pytest.approx(200000 / found.tau)
    assert found.is_reliable
    stuck = diagnose([np.ones((100, 10, 2))])
    assert np.isnan(stuck.tau).all() and not stuck.is_reliable


def test_walkers_that_stay_apart_are_worth_little() -> None:
    rng = np.random.default_rng(0)
    apart = rng.standard_normal((400, 20, 1)) + 5 * rng.standard_normal((1, 20, 1))
    found = diagnose([apart])
    assert found.tau[0] > 50 and not found.is_reliable


def test_collection_and_analysis_count_alike() -> None:
    from ionfo.analysis.uncertainty.effective import autocorrelation_time

    rng = np.random.default_rng(3)
    chain = np.cumsum(rng.standard_normal((500, 8, 2)), axis=0)
    again = [autocorrelation_time(list(chain[:, :, i].T)) for i in range(2)]
    assert diagnose([chain]).tau == pytest.approx(again)


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_population_carries_its_settings(emodel: EModel, tmp_path: Path, suffix: str) -> None:
    from ionfo.sampling import read_population
    from ionfo.tables.files import write_table

    store = run(emodel, tmp_path / "run", steps=5, temperature=2.0)
    population = collect(store).population
    write_table(tmp_path / f"p{suffix}", population.frame, population.metadata)
    again = read_population(tmp_path / f"p{suffix}")
    pd.testing.assert_frame_equal(again.frame, population.frame)
    assert again.metadata["settings"]["temperature"] == 2.0
    assert again.metadata["emodel"]["name"] == "soma"


@pytest.mark.parametrize("n_models", [16, 24])
def test_start_that_cannot_spread_is_refused(emodel: EModel, n_models: int) -> None:
    target = Target(emodel, AnalyticPool(emodel, gaussian_cost))
    rng = np.random.default_rng(0)
    flat = rng.standard_normal((n_models, 3))
    flat[:, 1] = 0.5
    with pytest.raises(IonfoError, match="'g1.somatic' is the same in all"):
        around_models(target, flat, 16, 100, rng)
    flat[:, 1] = flat[:, 0] - 2 * flat[:, 2]
    with pytest.raises(IonfoError, match="they lie in a plane"):
        around_models(target, flat, 16, 100, rng)


def test_start_takes_a_random_choice_of_many_models(emodel: EModel) -> None:
    target = Target(emodel, AnalyticPool(emodel, gaussian_cost))
    models = np.random.default_rng(1).standard_normal((200, 3))
    start = around_models(target, models, 16, 16, np.random.default_rng(0))
    rows = {tuple(row) for row in models}
    assert all(tuple(row) in rows for row in start.theta)
    assert not (start.theta == models[:16]).all()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("state.json", "[]", "must list ensembles and segments"),
        ("state.json", "{}", "must list ensembles and segments"),
        (
            "state.json",
            '{"ensembles": [{"steps": 5}], "segments": [{"name": "../../etc/passwd", "rows": 1, '
            '"steps": [5]}], "start": [], "rejected": [], "walkers": null}',
            "must list",
        ),
        ("state.json", "{", "cannot be read"),
        (
            "state.json",
            '{"ensembles": [], "segments": [], "start": [], "rejected": [], "walkers": null}',
            "holds no steps yet",
        ),
        ("run.json", "[1]", "names no run format"),
        ("run.json", '{"format": 2}', "holds no e-model"),
        ("run.json", '{"format": 99}', "has run format 99"),
    ],
)
def test_damaged_run_gets_a_sentence(
    emodel: EModel, tmp_path: Path, name: str, content: str, words: str
) -> None:
    store = run(emodel, tmp_path / "run", steps=3)
    (store.folder / "state.previous.json").unlink(missing_ok=True)
    (store.folder / name).write_text(content)
    with pytest.raises(IonfoError, match=words):
        collect(store)
