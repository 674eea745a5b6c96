"""The surrogate tells what it was taught, and the chain is right even where it is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from ionfo.emodels import EModel
from ionfo.errors import IonfoError
from ionfo.sampling import RunStore, SampleSettings, collect, read_evaluations, run_sampler
from ionfo.sampling.chains.learning.density import SurrogateDensity
from ionfo.sampling.chains.learning.fitting import Surrogate, fit_surrogate
from ionfo.sampling.chains.learning.quadratic import terms
from ionfo.sampling.chains.learning.training_data import Evaluated, evaluated
from ionfo.sampling.chains.learning.walk import walk
from ionfo.sampling.chains.moves import make_moves, parse_moves
from ionfo.sampling.chains.moves.names import MOVES
from ionfo.sampling.chains.moves.surrogate import SurrogateMove

from ..test_posteriors import BOX, DENSITIES, check, run


def taught(emodel: EModel, n: int = 400) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Parameters, and features that are quadratic functions of them."""
    rng = np.random.default_rng(0)
    low, high = emodel.bounds.T
    unit = rng.random((n, len(low)))
    shape = rng.standard_normal((terms(unit[:1]).shape[1], len(emodel.features)))
    mean = np.array([one.mean for one in emodel.features])
    sd = np.array([one.std for one in emodel.features])
    return low + unit * (high - low), mean + sd * (terms(2 * unit - 1) @ shape)


def fitted(
    emodel: EModel, theta: NDArray[np.float64], features: NDArray[np.float64], *kinds: Any
) -> Surrogate:
    computed = np.ones(features.shape, dtype=bool)
    return fit_surrogate(emodel, Evaluated(theta, features, computed), kinds)


def test_quadratic_features_are_learned(emodel: EModel) -> None:
    theta, features = taught(emodel)
    found = fitted(emodel, theta[:300], features[:300], "quadratic")
    low, high = emodel.bounds.T
    deviations, missing = found.model.deviations((theta[300:] - low) / (high - low))
    mean = np.array([one.mean for one in emodel.features])
    sd = np.array([one.std for one in emodel.features])
    wrong = deviations - (features[300:] - mean) / sd
    assert np.sqrt(np.mean(wrong**2)) < 0.1 * np.std((features - mean) / sd)
    assert found.errors["quadratic"] < 0.3 and (found.n_rows, found.n_partial) == (300, 0)
    assert np.abs(missing).max() < 1e-6  # none is missing


@pytest.mark.parametrize("kind", ["quadratic", "network"])
def test_where_features_are_missing_is_learned_and_avoided(
    emodel: EModel, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("ionfo.sampling.chains.learning.network._STEPS", (400, 400))
    theta, features = taught(emodel)
    features[theta[:, 0] > 0] = np.nan
    found = fitted(emodel, theta, features, kind)
    low, high = emodel.bounds.T
    unit = (theta - low) / (high - low)
    _, missing = found.model.deviations(unit)
    assert missing[theta[:, 0] > 15].mean() > 0.7 > 0.3 > missing[theta[:, 0] < -15].mean()
    density = SurrogateDensity(found.model, found.residuals, emodel.bounds, temperature=1e6)
    ends, _ = walk(density, unit, unit, np.random.RandomState(0), 100)
    assert np.mean(ends[:, 0] < 0.5) > 0.75


def test_the_walk_has_the_density_it_walks_on() -> None:
    class Normal:
        bounds = np.array([[0.0, 1.0]] * 2)
        n_inner = 200

        def __call__(self, unit: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray(-0.5 * np.sum(((unit - 0.5) / 0.05) ** 2, axis=1))

    begin = np.random.default_rng(0).uniform(0.4, 0.6, (3000, 2))
    density: Any = Normal()
    ends, gain = walk(density, begin, begin[:40], np.random.RandomState(0), 200)
    assert np.abs(ends.mean(axis=0) - 0.5).max() < 0.005
    assert np.abs(ends.std(axis=0) - 0.05).max() < 0.003
    assert gain == pytest.approx(density(ends) - density(begin))


class Wrong:
    """A normal density of the first parameters' boxes, off in place and width."""

    bounds = np.array([[-BOX, BOX]] * 3)
    n_inner = 30

    def __init__(self, mean: NDArray[np.float64], variance: NDArray[np.float64]) -> None:
        self.mean, self.sd = mean + 0.4 * np.sqrt(variance), 1.3 * np.sqrt(variance)

    def __call__(self, unit: NDArray[np.float64]) -> NDArray[np.float64]:
        theta = -BOX + 2 * BOX * unit
        return np.asarray(-0.5 * np.sum(((theta - self.mean) / self.sd) ** 2, axis=1))


@pytest.mark.parametrize("name", ["normal", "two modes"])
@pytest.mark.parametrize("sign", [1.0, 0.0])
def test_a_wrong_surrogate_leaves_the_density(
    emodel: EModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, sign: float
) -> None:
    one = DENSITIES[name]
    wrong: Any = Wrong(one.mean, one.variance)
    move = SurrogateMove(wrong)
    propose = move.get_proposal

    def signed(*given: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        q, factor = propose(*given)
        return q, sign * factor

    monkeypatch.setattr(move, "get_proposal", signed)
    monkeypatch.setitem(MOVES, "surrogate", lambda *_: move)
    found = run(emodel, tmp_path / "run", one, "surrogate:0.8,de:0.2")
    if sign == 1.0:
        check(found, one)
    else:  # without its factor the chain has the surrogate's density
        with pytest.raises(AssertionError):
            check(found, one)


def test_too_little_to_learn_from_is_told(emodel: EModel) -> None:
    theta, features = taught(emodel, 8)
    with pytest.raises(IonfoError, match="only 8 have all features .at least 9.; raise --start"):
        fitted(emodel, theta, features)
    with pytest.raises(ValueError, match="needs a density"):
        make_moves(parse_moves("surrogate"), emodel.bounds, 0)


@pytest.mark.neuron
@pytest.mark.usefixtures("analytic_workers", "quick_learning")
def test_resumed_run_walks_on_the_same_surrogate(emodel: EModel, tmp_path: Path) -> None:
    def sample(name: str, steps: int) -> RunStore:
        more: dict[str, Any] = {"ensembles": 1, "start_evaluations": 100}
        settings = SampleSettings(steps=steps, moves="surrogate:0.7,de:0.3", rounds=1, **more)
        run_sampler(emodel, tmp_path / name, settings)
        return RunStore(tmp_path / name)

    sample("twice", 2)
    twice, once = sample("twice", 4), sample("once", 4)
    assert (once.folder / "surrogate.parquet").is_file()
    assert collect(twice).population.frame.equals(collect(once).population.frame)


def read_searches(run: Path, emodel: EModel) -> int:
    """Whole evaluations, with all features, of a run's searches."""
    table = RunStore(run).table("start")
    assert table is not None
    return evaluated(emodel, table[table["ensemble"] >= 0]).n_complete  # -1 chose the order


@pytest.mark.neuron
@pytest.mark.usefixtures("analytic_workers", "quick_learning")
def test_evaluations_of_another_run_are_learned(emodel: EModel, tmp_path: Path) -> None:
    settings = SampleSettings(steps=1, ensembles=1, start_evaluations=100)
    run_sampler(emodel, tmp_path / "first", settings)
    brought = read_evaluations([tmp_path / "first"], emodel)
    surrogate = replace(settings, moves="surrogate", seed=1, rounds=0)
    for name, learned in (("alone", None), ("learned", brought)):
        run_sampler(emodel, tmp_path / name, surrogate, learned=learned)
    n_rows = []
    for name in ("alone", "learned"):
        surrogate_of_run = RunStore(tmp_path / name).surrogate()
        seen = read_searches(tmp_path / name, emodel)
        assert surrogate_of_run is not None
        n_rows.append(surrogate_of_run.n_rows - seen)
    n_whole = brought.n_complete
    assert n_whole > 0 and n_rows == [0, n_whole]
    run_sampler(emodel, tmp_path / "learned", replace(surrogate, steps=2))  # it knows by itself
    again = RunStore(tmp_path / "learned")
    assert again.settings["settings"]["learn"]["n"] == len(brought.theta)
    kept = again.surrogate()
    assert kept is not None and kept.n_rows == n_rows[1] + read_searches(again.folder, emodel)
    assert again.n_steps == 2
    models = brought.theta[:5]
    with pytest.raises(IonfoError, match="--start leaves out, to .*; name that move in --moves"):
        run_sampler(emodel, tmp_path / "none", settings, start_models=models, learned=brought)


@pytest.mark.neuron
@pytest.mark.usefixtures("analytic_workers", "quick_learning")
def test_a_run_from_before_there_were_rounds_goes_on(emodel: EModel, tmp_path: Path) -> None:
    settings = SampleSettings(steps=1, ensembles=1, start_evaluations=60)
    run_sampler(emodel, tmp_path / "run", settings)
    store = RunStore(tmp_path / "run")
    kept = {k: v for k, v in store.settings["settings"].items() if k not in ("rounds", "sampler")}
    store.write_settings({**store.settings, "settings": kept})
    run_sampler(emodel, tmp_path / "run", replace(settings, steps=2))
    assert RunStore(tmp_path / "run").n_steps == 2


def test_a_surrogate_of_another_version_is_told(emodel: EModel, tmp_path: Path) -> None:
    store = RunStore.create(tmp_path / "run", {"emodel": emodel.model_dump(mode="json")})
    pd.DataFrame({"a": [1.0]}).to_parquet(tmp_path / "run/surrogate.parquet")
    with pytest.raises(IonfoError, match="written by another version .* --learn and --start"):
        store.surrogate()


class TooSmall:
    """A normal density that is told the smaller, too small, the farther off one parameter is."""

    bounds = np.array([[0.0, 1.0]] * 6)
    n_inner = 400
    middle, sd = 0.5, 0.1

    def right(self, unit: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(-0.5 * np.sum(((unit - self.middle) / self.sd) ** 2, axis=1))

    def depth(self, unit: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.clip((unit[:, 0] - self.middle) / 0.3, 0.0, 1.0) * 6.0)

    def __call__(self, unit: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.right(unit) - self.depth(unit)


@pytest.mark.parametrize("is_mixed", [True, False])
def test_walkers_leave_where_the_surrogate_is_far_too_small(
    monkeypatch: pytest.MonkeyPatch, is_mixed: bool
) -> None:
    if not is_mixed:  # the control: walks that are all long
        monkeypatch.setattr("ionfo.sampling.chains.moves.surrogate._SHARE_SHORT", 0.0)
    density: Any = TooSmall()
    move = SurrogateMove(density)
    random = np.random.RandomState(0)
    here = density.middle + density.sd * random.standard_normal((40, 6))
    others = density.middle + density.sd * random.standard_normal((40, 6))
    here[:, 0] = 0.85
    for _ in range(100):
        there, factor = move.get_proposal(here, [others], random)
        gain = density.right(there) - density.right(here)
        taken = np.log(random.rand(len(here))) < factor + gain
        here[taken] = there[taken]
    n_stuck = int((here[:, 0] > 0.75).sum())
    assert n_stuck < 18 if is_mixed else n_stuck > 22
