"""Surrogates learn what was computed, doubt what they do not know, and are kept to the last bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from ionfo.emodels import EModel
from ionfo.sampling import RunStore, SampleSettings, collect, run_sampler
from ionfo.sampling.chains.learning import learner, network
from ionfo.sampling.chains.learning.density import POWER, SurrogateDensity
from ionfo.sampling.chains.learning.fitting import fit_surrogate, training_rows
from ionfo.sampling.chains.learning.gaussian_process import fit_gaussian_process
from ionfo.sampling.chains.learning.learner import density_of
from ionfo.sampling.chains.learning.network import TrainingRows, fit_network
from ionfo.sampling.chains.learning.quadratic import fit_quadratic
from ionfo.sampling.chains.learning.rounds import length_of_walks
from ionfo.sampling.chains.learning.stored import surrogate_frame, surrogate_of
from ionfo.sampling.chains.learning.training_data import Evaluated, evaluated, joined
from ionfo.tables.files import read_table, write_table

Array = NDArray[np.float64]


def curved(n: int, seed: int) -> tuple[Array, Array]:
    """Parameters, and three features that no quadratic function can follow."""
    unit = np.random.default_rng(seed).random((n, 4))
    x = 2 * unit - 1
    return unit, np.column_stack([
        3 * np.tanh(4 * x[:, 0] * x[:, 1]), 2 * np.sin(3 * x[:, 2]), x[:, 3] * 5 + x[:, 0] ** 3,
    ])  # fmt: skip


def rows_of(unit: Array, deviation: Array, known: NDArray[np.bool_] | None = None) -> TrainingRows:
    is_known = np.ones(deviation.shape, dtype=bool) if known is None else known
    shown = np.where(is_known, deviation, 1e6)  # nobody may look there
    missing = np.zeros((len(unit), 1))
    return TrainingRows(unit, shown, is_known, missing, np.ones(len(unit)))


def test_gradients_are_those_of_differences() -> None:
    rng = np.random.default_rng(0)
    shapes = ((2, 3, 5), (2, 1, 5), (2, 5, 5), (2, 1, 5), (2, 5, 2), (2, 1, 2))
    weights = [rng.standard_normal(shape) for shape in shapes]
    x, wanted = rng.standard_normal((2, 7, 3)), rng.standard_normal((2, 7, 2))

    def loss() -> float:
        return float(0.5 * np.sum((network._forward(weights, x)[-1] - wanted) ** 2))

    layers = network._forward(weights, x)
    found = network._backward(weights, layers, layers[-1] - wanted)
    for one, gradient in zip(weights, found, strict=True):
        at = tuple(int(rng.integers(n)) for n in one.shape)
        one[at] += 1e-6
        above = loss()
        one[at] -= 2e-6
        below = loss()
        one[at] += 1e-6
        assert gradient.shape == one.shape
        assert gradient[at] == pytest.approx((above - below) / 2e-6, rel=1e-6, abs=1e-8)


def test_a_network_follows_what_a_quadratic_function_cannot() -> None:
    unit, deviation = curved(600, 0)
    found = fit_network(rows_of(unit, deviation), np.arange(600) % 2, 0, n_steps=500)
    fresh, truth = curved(300, 1)
    wrong = found.deviations(fresh)[0] - truth
    assert np.sqrt(np.mean(wrong**2, axis=0)).max() < 0.35
    again = fit_network(rows_of(unit, deviation), np.arange(600) % 2, 0, n_steps=500)
    assert all(np.array_equal(a, b) for a, b in zip(found.weights, again.weights, strict=True))


def test_many_evaluations_are_followed_more_closely_than_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unit, deviation = curved(6000, 0)
    fresh, truth = curved(300, 1)
    errors = []
    for few in (network._FEW_ROWS, 6000):  # the latter holds weights back as if there were few
        monkeypatch.setattr(network, "_FEW_ROWS", few)
        found = fit_network(rows_of(unit, deviation), np.arange(6000) % 2, 0, n_steps=2000)
        errors.append(np.sqrt(np.mean((found.deviations(fresh)[0] - truth) ** 2)))
    assert errors[0] < 0.75 * errors[1]


def squeezed(unit: Array) -> Array:
    """The same points where the good values of two parameters fill a fiftieth of their bounds."""
    narrow = unit.copy()
    narrow[:, [0, 2]] = 0.9 + 0.02 * unit[:, [0, 2]]
    return narrow


def test_narrow_parameters_are_seen_as_well_as_wide_ones() -> None:
    unit, deviation = curved(300, 0)
    fresh, truth = curved(300, 1)
    folds = np.arange(300) % 2
    wide, narrow = (
        np.array([
            np.sqrt(np.mean((model.deviations(asked)[0] - truth) ** 2))
            for model in (
                fit_network(rows_of(points, deviation), folds, 0, n_steps=500),
                fit_gaussian_process(rows_of(points, deviation), folds)[0],
                fit_quadratic(rows_of(points, deviation), folds)[0],
            )
        ])
        for points, asked in ((unit, fresh), (squeezed(unit), squeezed(fresh)))
    )  # fmt: skip
    np.testing.assert_allclose(narrow, wide, rtol=0.1)


def test_partial_evaluations_teach_what_was_computed_of_them() -> None:
    unit, deviation = curved(600, 0)
    known = np.ones(deviation.shape, dtype=bool)
    known[60:, 1:] = False  # the first feature is known of all, the others of a tenth
    folds = np.arange(600) % 2
    fresh, truth = curved(300, 1)
    errors = []
    for rows in (rows_of(unit, deviation, known), rows_of(unit[:60], deviation[:60])):
        found = fit_network(rows, folds[: len(rows.unit)], 0, n_steps=500)
        errors.append(np.sqrt(np.mean((found.deviations(fresh)[0] - truth) ** 2, axis=0)))
    assert errors[0][0] < 0.5 * errors[1][0]


class Linear:
    """A surrogate whose features are the parameters, and which knows where one is missing."""

    def deviations(self, unit: Array) -> tuple[Array, Array]:
        return 8 * unit - 4, np.where(unit[:, 0] > 0.9, 1.0, 0.25)


def test_the_density_is_its_definition() -> None:
    rng = np.random.default_rng(0)
    residuals = 0.4 * rng.standard_normal((64, 3))
    bounds = np.array([[0.0, 1.0]] * 3)
    unit = rng.random((20, 3))
    unit[0, 0] = 0.95
    for cost, combine in (("max", np.max), ("sum", np.sum), ("mean", np.mean)):
        density = SurrogateDensity(Linear(), residuals, bounds, 0.7, 3.0, cost)  # type: ignore[arg-type]
        expected = []
        for row in unit:
            costs = [combine(np.abs(8 * row - 4 + r)) for r in residuals]
            mean = np.mean([np.exp(-c / 0.7) * norm.cdf((3.0 - c) / 0.3) for c in costs])
            whole = 0.75 if row[0] <= 0.9 else np.exp(-4)
            expected.append(np.log(mean * whole))
        np.testing.assert_allclose(density(unit), expected, rtol=1e-9)
        flat = replace(density, power=0.8)
        np.testing.assert_allclose(flat(unit), 0.8 * np.array(expected), rtol=1e-9)
    far = SurrogateDensity(Linear(), residuals * 1000, bounds, 0.01, 3.0)(unit)
    assert np.isfinite(far).all()  # no state of a chain has density zero


@pytest.mark.parametrize(("n", "kind"), [(300, "gaussian_process"), (1100, "network")])
def test_the_better_kind_is_kept_and_every_number_survives_the_file(
    emodel: EModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n: int, kind: str
) -> None:
    monkeypatch.setattr(network, "_STEPS", (400, 400))
    rng = np.random.default_rng(0)
    low, high = emodel.bounds.T
    unit = rng.random((n, len(low)))
    mean = np.array([one.mean for one in emodel.features])
    sd = np.array([one.std for one in emodel.features])
    steep = np.tanh(9 * (unit[:, :1] - unit[:, 1:2]) * (unit[:, 2:3] - 0.5))
    features = mean + sd * 4 * steep * np.ones(len(mean))
    known = Evaluated(low + unit * (high - low), features, np.ones(features.shape, dtype=bool))
    found = fit_surrogate(emodel, known)
    assert found.kind == kind and found.errors[kind] < found.errors["quadratic"]
    assert ("gaussian_process" in found.errors) == (n <= 1000)  # beyond, walks on it take too long
    assert fit_surrogate(emodel, known, is_last=True).kind == "network"
    for one in (found, fit_surrogate(emodel, known, ("quadratic",))):
        write_table(tmp_path / "s.parquet", *surrogate_frame(one))
        read = surrogate_of(*read_table(tmp_path / "s.parquet"))
        assert read.errors == one.errors and np.array_equal(read.residuals, one.residuals)
        told = (each.model.deviations(unit) for each in (one, read))
        for before, after in zip(*told, strict=True):
            assert np.array_equal(before, after)


def test_what_ended_early_is_told_from_what_is_undefined(emodel: EModel) -> None:
    names, features = emodel.free_names, emodel.feature_names
    frame = pd.DataFrame({f"parameters/{one}": [0.0, 1.0, 2.0, 0.0] for one in names})
    for one in features:
        frame[f"features/{one}"] = [1.0, np.nan, 2.0, np.nan]
        frame[f"scores/{one}"] = [0.5, 250.0, 1.0, np.nan]
    frame.loc[2, f"features/{features[-1]}"] = np.nan
    frame.loc[2, f"scores/{features[-1]}"] = np.nan
    known = evaluated(emodel, frame)  # the last row is the first one again, ended early
    assert known.theta[:, 0].tolist() == [0.0, 1.0, 2.0] and known.n_complete == 1
    rows = training_rows(emodel, known)
    assert rows.is_known.tolist() == [
        [True] * len(features), [False] * len(features), [True] * (len(features) - 1) + [False],
    ]  # fmt: skip
    np.testing.assert_array_equal(rows.lacks_any, [0.0, 1.0, np.nan])
    # what is lacked is known of every protocol that ran
    protocols = list(dict.fromkeys(one.protocol for one in emodel.targets))
    ended = protocols.index(emodel.targets[-1].protocol)
    assert [np.isnan(one) for one in rows.is_missing[2]] == [
        k == ended for k in range(len(protocols))
    ]


def test_of_twins_the_fuller_one_teaches(emodel: EModel) -> None:
    rng = np.random.default_rng(0)
    theta, features = rng.random((4, 3)), rng.random((4, 2))
    is_computed = np.array([[True, True], [True, False], [True, True], [True, True]])
    known = Evaluated(theta, features, is_computed)
    again = Evaluated(theta[:2], features[:2], np.ones((2, 2), dtype=bool))
    both = joined(known, None, again)
    assert sorted(map(tuple, both.theta)) == sorted(map(tuple, theta)) and both.n_complete == 4
    assert both.is_computed.all()
    assert joined(known, None, known).digest == known.digest
    nothing = evaluated(emodel, None)
    assert len(joined(nothing, nothing).theta) == 0


@pytest.mark.parametrize("told", [{}, {"kind": "network", "walk": 800}, {"power": 0.8}])
def test_runs_from_before_there_was_a_power_keep_their_density(
    emodel: EModel, told: dict[str, Any]
) -> None:
    settings = {"max_cost": 5.0, "temperature": 1.0, "cost": "max"}
    surrogate: Any = SimpleNamespace(model=None, residuals=np.zeros((1, len(emodel.features))))
    density = density_of(emodel, settings, surrogate, told)
    assert density.power == (0.8 if "power" in told else 1.0)
    assert density.n_inner == told.get("walk", 200)


def test_a_count_that_is_far_off_can_count_as_missing(emodel: EModel) -> None:
    mean = np.array([one.mean for one in emodel.features])
    sd = np.array([one.std for one in emodel.features])
    features = mean + sd * np.zeros((4, 1))
    features[1, 0] += 100 * sd[0]  # one spike more, where all have one
    features[2, 0] += 19 * sd[0]
    features[3] = np.where(np.arange(len(mean)) == 0, mean + 100 * sd, np.nan)  # ended there
    theta = np.tile(emodel.bounds.mean(axis=1), (4, 1))
    known = Evaluated(theta, features, np.isfinite(features))
    rows = training_rows(emodel, known)
    np.testing.assert_array_equal(rows.lacks_any, [0.0, 0.0, 0.0, np.nan])
    rows = training_rows(emodel, known, missing_from=20.0)
    np.testing.assert_array_equal(rows.lacks_any, [0.0, 1.0, 0.0, 1.0])
    assert rows.is_missing[1].sum() == 1  # of its protocol, and of no other
    rows = training_rows(emodel, known, missing_from=8.0)
    np.testing.assert_array_equal(rows.lacks_any, [0.0, 1.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("more", "sds"),
    [
        ({"max_cost": 5.0}, 8.0),
        ({"max_cost": 5.0, "cost": "sum"}, 8.0),
        ({"max_cost": 19.0}, 20.0),
        ({"max_cost": 5.0, "cost": "mean"}, None),
        ({"max_cost": 30.0}, None),
        ({}, None),
    ],
)
def test_far_counts_as_missing_where_it_is_too_dear(
    emodel: EModel, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any], sds: float | None
) -> None:
    asked: dict[str, float | None] = {}
    monkeypatch.setattr(learner, "fit_surrogate", lambda *_, **given: asked.update(given))
    monkeypatch.setattr(learner, "joined", lambda *_: None)
    store: Any = SimpleNamespace(table=lambda kind: None)
    writer: Any = SimpleNamespace(flush=lambda: None)
    learner.Learner(emodel, SampleSettings(steps=1, **more), store, writer, None)._fit([])
    assert asked["missing_from"] == sds


def test_a_network_tells_what_lacks_of_every_protocol() -> None:
    """Of a half the second protocol never ran; which of them lack the first is told all the same."""
    rng = np.random.default_rng(0)
    unit = rng.random((800, 4))
    lacks = np.column_stack([unit[:, 0] > 0.7, unit[:, 1] > 0.8]).astype(np.float64)
    lacks[:400, 1] = np.nan
    rows = rows_of(unit, np.zeros((800, 1)))
    found = fit_network(replace(rows, is_missing=lacks), np.arange(800) % 5, 0, n_steps=500)
    fresh = rng.random((2000, 4))
    _, chance = found.deviations(fresh)
    is_lacking = (fresh[:, 0] > 0.7) | (fresh[:, 1] > 0.8)
    assert np.mean((chance > 0.5) == is_lacking) > 0.9
    # one of before told all protocols together
    arrays = found.arrays()
    old = {
        name: one[..., :2] if name in ("layer4", "layer5") else one for name, one in arrays.items()
    }
    _, of_first = type(found).of_arrays(old).deviations(fresh)
    assert np.mean((of_first > 0.5) == (fresh[:, 0] > 0.7)) > 0.9


def test_walks_are_as_long_as_it_takes_to_forget() -> None:
    class Normal:
        bounds = np.array([[0.0, 1.0]] * 6)
        n_inner = 200

        def __init__(self, tilt: float) -> None:
            covariance = np.full((6, 6), tilt) + (1 - tilt) * np.eye(6)
            self.precision = np.linalg.inv(covariance) / 0.05**2

        def __call__(self, unit: Array) -> Array:
            away = unit - 0.5
            return np.asarray(-0.5 * np.einsum("ni,ij,nj->n", away, self.precision, away))

    theta = 0.5 + 0.05 * np.random.default_rng(0).standard_normal((60, 6))
    easy: Any = Normal(0.0)
    n_steps, jump = length_of_walks(easy, theta, np.random.RandomState(0))
    assert n_steps in (200, 400) and jump >= 1.9


@pytest.mark.neuron
@pytest.mark.usefixtures("analytic_workers", "quick_learning")
def test_rounds_are_replayed_after_a_stop_and_never_collected(
    emodel: EModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sample(name: str, **more: Any) -> RunStore:
        settings = SampleSettings(
            steps=3, ensembles=2, start_evaluations=120, moves="surrogate:0.7,de:0.3", rounds=2,
            temperature=2.0, **more,
        )  # fmt: skip
        run_sampler(emodel, tmp_path / name, settings)
        return RunStore(tmp_path / name)

    once = sample("once")
    told = once.settings["learned"]
    searched = once.table("start")
    assert searched is not None
    n_rounds = (searched["ensemble"] >= 0).sum()
    assert n_rounds >= 2 * 60 and told["kind"] in told["errors"] and told["walk"] >= 200

    walked, stop_at = learner.walk_round, [3]

    def stopping(*given: Any) -> Any:  # in the second round of one ensemble
        stop_at[0] -= 1
        if stop_at[0] < 0:
            raise KeyboardInterrupt
        return walked(*given)

    monkeypatch.setattr(learner, "walk_round", stopping)
    with pytest.raises(BaseException):  # noqa: B017, PT011  whatever a stop becomes
        sample("twice")
    monkeypatch.setattr(learner, "walk_round", walked)
    twice = sample("twice")
    assert twice.settings["learned"] == told
    first, second = (collect(one, burn_in=0).population.frame for one in (once, twice))
    assert first.equals(second)
    assert set(first["step"]) <= set(range(-1, 3 * once.n_tries))


@pytest.mark.neuron
@pytest.mark.usefixtures("analytic_workers", "quick_learning")
@pytest.mark.parametrize(("kind", "walked"), [("quadratic", 400), ("gaussian_process", 200)])
def test_rounds_walk_as_far_as_chains(
    emodel: EModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Any, walked: int
) -> None:
    found: list[int] = []
    walk, fit = learner.walk_round, learner.fit_surrogate

    def watched(target: Any, start: Any, density: Any, *more: Any) -> Any:
        found.append(density.n_inner)
        return walk(target, start, density, *more)

    monkeypatch.setattr(learner, "walk_round", watched)
    monkeypatch.setattr(learner, "length_of_walks", lambda *_: (400, 1.9))
    monkeypatch.setattr(
        learner, "fit_surrogate", lambda *given, **more: fit(*given, **{**more, "kinds": (kind,)})
    )
    settings = SampleSettings(
        steps=1, ensembles=1, start_evaluations=120, moves="surrogate", rounds=2, temperature=2.0
    )
    run_sampler(emodel, tmp_path / "run", settings)
    assert found == [walked, walked]
    told = RunStore(tmp_path / "run").settings["learned"]
    assert told["walk"] == 400 and told["power"] == POWER
