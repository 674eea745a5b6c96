"""A trained posterior against the known one: draws, density, calibration, correction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from ionfo import IonfoError
from ionfo.emodels import load_emodel
from ionfo.sampling.evaluation.evaluator import Evaluation
from ionfo.sampling.posterior.calibration import calibrate
from ionfo.sampling.posterior.chain_target import ChainTarget
from ionfo.sampling.posterior.correction import correct, corrected_population
from ionfo.sampling.posterior.estimator import Posterior, read_posterior
from ionfo.sampling.posterior.fitting import FitSettings
from ionfo.sampling.posterior.inference import Observation, infer, observation, to_population
from ionfo.sampling.posterior.inside import inside
from ionfo.sampling.posterior.prior import BoxPrior
from ionfo.sampling.posterior.simulations import Simulations
from ionfo.sampling.posterior.simulators import EModelSimulator
from ionfo.sampling.posterior.training import TrainSettings, train

from .conftest import SD, linear

pytestmark = pytest.mark.slow
for package in ("jax", "flowjax", "equinox", "optax"):
    pytest.importorskip(package, reason="needs the infer extra")

SETTINGS = TrainSettings(
    noise=0.0, layers=2, width=16, fit=FitSettings(epochs=20, batch=128, learning_rate=3e-3)
)
HERE = Observation(["one"], np.array([[0.0, 1.0]]))
"""Its posterior has the means 0.5 and -0.5, and SDs of 0.5/sqrt(2), without correlation."""


@pytest.fixture(scope="module")
def trained(simulations: Simulations, tmp_path_factory: pytest.TempPathFactory) -> Posterior:
    found = train(simulations, seed=3, settings=SETTINGS)
    return read_posterior(found.write(tmp_path_factory.mktemp("posterior") / "p.npz"))


def test_file_keeps_the_order_of_features(trained: Posterior) -> None:
    assert list(trained.features) == ["sum", "difference"]


def test_draws_are_those_of_the_known_posterior(trained: Posterior) -> None:
    drawn = infer(trained, HERE, 2000, seed=4)[0]
    np.testing.assert_allclose(drawn.theta.mean(axis=0), [0.5, -0.5], atol=0.1)
    np.testing.assert_allclose(drawn.theta.std(axis=0), SD / np.sqrt(2), atol=0.08)
    assert drawn.acceptance > 0.95 and not drawn.by_chain
    assert trained.prior.contains(drawn.theta).all()
    np.testing.assert_allclose(drawn.best, [0.5, -0.5], atol=0.35)
    again = infer(
        trained, Observation(["x", "one"], np.array([[1.0, 1.0], [0.0, 1.0]])), 2000, seed=4
    )
    np.testing.assert_array_equal(again[1].theta, drawn.theta)


def test_density_is_one_over_the_box_and_nothing_outside(trained: Posterior) -> None:
    edge = np.linspace(-3, 3, 101)[:-1] + 0.03
    grid = np.stack(np.meshgrid(edge, edge), axis=-1).reshape(-1, 2)
    density = np.exp(trained.log_prob(grid, HERE.features[0]))
    assert density.sum() * 0.06**2 == pytest.approx(1, abs=1e-3)
    assert trained.log_prob(np.array([[3.5, 0.0]]), HERE.features[0])[0] == -np.inf


@pytest.mark.parametrize("seed", [0, 1])
def test_density_is_that_of_the_training_whatever_the_seed(seed: int, tmp_path: Path) -> None:
    """More than two variables go through the layers in an order that is drawn at random."""
    random = np.random.default_rng(5)
    theta = random.uniform(-1, 1, (4000, 4))
    prior = BoxPrior(tuple("abcd"), ("1",) * 4, np.full(4, -1.0), np.full(4, 1.0))
    units = dict.fromkeys("wxyz", "1")
    about = {"prior": prior.told(), "features": units, "about": {"simulator": "linear"}, "seed": 0}
    features = theta * [1.0, 2.0, 3.0, 4.0] + 0.1 * random.normal(size=(4000, 4))
    found = train(Simulations(theta, features, about), seed=seed, settings=SETTINGS)
    read = read_posterior(found.write(tmp_path / "p.npz"))
    gain = read.log_prob(theta[:500], features[:500]) - prior.log_density
    assert gain.mean() == pytest.approx(4 * 1.419 - found.about["validation_loss"][0], abs=0.5)
    assert gain.mean() > 2
    drawn = read.draw(200, features[:20], 1).mean(axis=0)
    assert np.abs(drawn - theta[:20]).mean() < 0.25


def test_what_lies_far_outside_is_trained_on_as_it_is_used(simulations: Simulations) -> None:
    """A feature that is huge in a tenth of the draws: nothing but that it is huge is learned."""
    is_huge = np.arange(len(simulations.theta)) % 10 == 0
    features = np.where(is_huge[:, None], simulations.features * 1e4, simulations.features)
    some = Simulations(simulations.theta, features, simulations.about)
    found = train(some, seed=3, settings=SETTINGS)
    rows = np.flatnonzero(some.is_valid)[:2000]
    log_prob = found.log_prob(some.theta[rows], some.features[rows])
    gain = log_prob.mean() - found.prior.log_density
    assert gain == pytest.approx(2 * 1.419 - found.about["validation_loss"][0], abs=0.15)


def test_discarded_part_is_known(trained: Posterior) -> None:
    valid = trained.valid(np.array([[2.6, 0.0], [1.0, 0.0]]))
    assert valid[0] < 0.1 and valid[1] > 0.9


def test_few_accepted_draws_are_made_by_a_chain(
    trained: Posterior, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("ionfo.sampling.posterior.inference._FIRST", 1000)
    monkeypatch.setattr("ionfo.sampling.posterior.inference.LEAST_ACCEPTANCE", 1.0)
    monkeypatch.setattr(Posterior, "valid", lambda self, theta: (theta[:, 0] > 0.6) * 1.0)
    drawn = infer(trained, HERE, 1000, seed=1)[0]
    assert drawn.by_chain and drawn.theta[:, 0].min() > 0.6 and len(drawn.theta) == 1000
    assert "made by a Markov chain" in caplog.text
    from scipy.stats import truncnorm

    sd = SD / np.sqrt(2)
    mean = truncnorm.mean((0.6 - 0.5) / sd, np.inf, loc=0.5, scale=sd)
    assert drawn.theta[:, 0].mean() == pytest.approx(mean, abs=0.08)


def test_calibration_accepts_it_and_refuses_a_wrong_one(trained: Posterior) -> None:
    fresh = linear(400, 9)
    found = calibrate(trained, fresh, n_cells=300, n_draws=200, seed=2)
    assert found.ranks.shape == (300, 2) and found.is_uniform and found.gap < 0.1
    moved = Simulations(fresh.theta - [0.0, 0.4], fresh.features, fresh.about)
    wrong = calibrate(trained, moved, n_cells=300, n_draws=200, seed=2)
    assert wrong.p_values[1] < 1e-4 < wrong.p_values[0] and not wrong.is_uniform
    with pytest.raises(IonfoError, match="have the seed 1, as those that were trained on"):
        calibrate(trained, linear(100, 1), n_cells=50)
    with pytest.raises(IonfoError, match="fresh draws have all features, and 20 are the fewest"):
        calibrate(trained, linear(10, 5), n_cells=50)


class Noiseless:
    """The linear problem without noise, as a simulator."""

    features = {"sum": "mV", "difference": "mV"}

    @contextmanager
    def opened(self, workers: int) -> Iterator[Any]:
        def run(theta: NDArray[np.float64], seed: int, first: int) -> NDArray[np.float64]:
            features = np.stack([theta.sum(axis=1), theta[:, 0] - theta[:, 1]], axis=1)
            return np.where(theta[:, :1] > 0.9, np.nan, features)

        yield run


def test_correction_gives_the_exact_posterior(trained: Posterior) -> None:
    drawn = infer(trained, HERE, 4000, seed=6)[0]
    found = correct(trained, drawn, Noiseless(), noise=np.array([0.4, 0.4]))  # type: ignore[arg-type]
    assert found.pareto_k < 0.7 and 500 < found.ess < 4000
    sd = 0.4 / np.sqrt(2)
    for by_chain in (False, True):
        population = corrected_population(trained, found, by_chain=by_chain, seed=1)
        weight = population.frame["weight"]
        theta = population.parameters.to_numpy()
        mean = np.average(theta, axis=0, weights=weight)
        # the first parameter is cut at 0.9, 1.4 of its SDs above its mean
        from scipy.stats import truncnorm

        cut = truncnorm.mean(-np.inf, 0.4 / sd, loc=0.5, scale=sd)
        np.testing.assert_allclose(mean, [cut, -0.5], atol=0.04)
        spread = np.sqrt(np.average((theta[:, 1] - mean[1]) ** 2, weights=weight))
        assert spread == pytest.approx(sd, rel=0.12)
        assert theta[:, 0].max() <= 0.9
    assert weight.sum() == 4000 and (weight == weight.round()).all()
    assert population.metadata["importance"]["pareto_k"] == found.pareto_k
    with pytest.raises(IonfoError, match="needs a noise above 0 for each feature"):
        correct(trained, drawn, Noiseless())  # type: ignore[arg-type]


class Costly(EModelSimulator):
    """The linear problem as an e-model, whose cost is the largest score of the features."""

    @property
    def features(self) -> dict[str, str]:
        return {"other": "1", **Noiseless.features}

    @contextmanager
    def evaluated(
        self, workers: int, cost: str = "max", bound: float = np.inf
    ) -> Iterator[Callable[[NDArray[np.float64]], list[Evaluation]]]:
        def run(theta: NDArray[np.float64]) -> list[Evaluation]:
            features = np.stack([theta.sum(axis=1), theta[:, 0] - theta[:, 1]], axis=1)
            scores = np.abs(features - HERE.features) / 0.4
            return [
                Evaluation(
                    np.r_[np.nan, x], z, z.max(), {}, 1, {}, "it" if z.max() >= bound else None
                )
                for x, z in zip(features, scores, strict=True)
            ]

        yield run


def test_correction_to_a_chain_gives_its_density(trained: Posterior) -> None:
    drawn = infer(trained, HERE, 8000, seed=6)[0]
    simulator = Costly(load_emodel("soma"))
    target = ChainTarget(temperature=0.7, max_cost=2.0)
    found = correct(trained, drawn, simulator, target=target)
    population = corrected_population(trained, found)
    assert found.pareto_k < 0.7 and found.ess > 500
    weight = population.frame["weight"]
    away = population.frame["features/sum"] - HERE.features[0, 0]
    # density of the larger of two scores: c exp(-c/T) below 2
    c = np.linspace(0, 2, 2001)
    density = c * np.exp(-c / 0.7)
    density /= density.sum()
    mean = np.average(population.frame["cost"], weights=weight)
    assert mean == pytest.approx((c * density).sum(), rel=0.04)
    # one of the two is that score, the other uniform below it
    square = (c**2 * density).sum() * (1 + 1 / 3) / 2 * 0.4**2
    assert np.average(away**2, weights=weight) == pytest.approx(square, rel=0.08)
    assert population.frame["cost"].max() <= 2
    assert population.metadata["corrected_to"]["temperature"] == 0.7
    assert "at a cost of at most 2" in found.sentences()[0]
    with pytest.raises(IonfoError, match="correct it to the noise"):
        correct(trained, drawn, Noiseless(), target=target)  # type: ignore[arg-type]
    with pytest.raises(IonfoError, match="--temperature"):
        correct(trained, drawn, simulator, target=ChainTarget(temperature=0.0))


def test_same_seed_same_bytes(trained: Posterior, simulations: Simulations, tmp_path: Path) -> None:
    again = train(simulations, seed=3, settings=SETTINGS).write(tmp_path / "again.npz")
    assert again.read_bytes() == trained.write(tmp_path / "first.npz").read_bytes()


def test_what_lies_outside_is_told(trained: Posterior) -> None:
    found = inside(trained, Observation(["in", "out"], np.array([[0.0, 0.0], [0.0, 20.0]])))
    assert found["is_inside"].tolist() == [True, False]
    assert found["outside_features"].tolist() == ["", "difference"]
    assert found["furthest_feature"][1] == "difference"


def test_population_is_one_of_ours(trained: Posterior, tmp_path: Path) -> None:
    drawn = infer(trained, HERE, 60, seed=1)
    population = to_population(trained, drawn)
    assert list(population.parameters) == ["a", "b"] and len(population.frame) == 60
    assert population.metadata["units"]["a"] == "mV"
    assert population.metadata["posterior"]["observed"]["one"] == {"sum": 0.0, "difference": 1.0}
    np.testing.assert_allclose(
        trained.log_prob(population.parameters.to_numpy(), HERE.features[0]),
        population.frame["log_prob"],
    )


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"sum": [1.0]}, "has no feature 'difference', which the posterior was trained on"),
        ({"sum": ["x"], "difference": [1.0]}, "must be numbers"),
        ({"sum": [], "difference": []}, "has no rows"),
        ({"sum": [1.0, 2.0], "difference": [1.0, 2.0]}, "two cells .* have the name 'one'"),
        ({"sum": [1.0], "difference": [np.nan]}, "feature 'difference' of cell 'one' is nan"),
    ],
)
def test_bad_observations_get_a_sentence(
    trained: Posterior, table: dict[str, list[Any]], said: str
) -> None:
    with pytest.raises(IonfoError, match=said):
        names = ["one"] * len(table["sum"])
        infer(trained, observation(trained.features, pd.DataFrame(table), names), 10)


def test_as_many_draws_as_are_asked(trained: Posterior, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ionfo.sampling.posterior.inference._BATCH", 20)
    drawn = infer(trained, HERE, 2500, seed=1)[0]
    assert len(drawn.theta) == 2500 and not drawn.by_chain


def test_other_order_of_columns_is_the_same(trained: Posterior) -> None:
    table = pd.DataFrame({"difference": [2.0], "features/sum": [1.0]})
    assert observation(trained.features, table, ["x"]).features.tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut"])
def test_damaged_files_get_a_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "p.npz").write_bytes(content)
    with pytest.raises(IonfoError, match="cannot be read"):
        read_posterior(tmp_path / "p.npz")


def test_files_of_others_get_a_sentence(trained: Posterior, tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", a=np.ones(3))
    with pytest.raises(IonfoError, match="`ionfo infer train` did not write it"):
        read_posterior(tmp_path / "other.npz")
    with np.load(trained.write(tmp_path / "p.npz")) as stored:
        arrays = {name: stored[name] for name in stored}
    for name, wrong in (("noise", arrays["noise"][:1]), ("known", arrays["known"] * np.nan)):
        np.savez(tmp_path / "wrong.npz", **(arrays | {name: wrong}))
        with pytest.raises(IonfoError, match="`ionfo infer train` did not write it"):
            read_posterior(tmp_path / "wrong.npz")
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(IonfoError, match="must end in .npz"):
        trained.write(tmp_path / "folder.npz")


def test_bad_training_gets_a_sentence(simulations: Simulations) -> None:
    few = Simulations(simulations.theta[:100], simulations.features[:100], simulations.about)
    with pytest.raises(IonfoError, match="have all features, and 200 are the fewest"):
        train(few)
    with pytest.raises(IonfoError, match="have no feature 'summ'; did you mean 'sum'"):
        train(simulations, features=["summ"])
    with pytest.raises(IonfoError, match="--noise must be"):
        train(simulations, settings=TrainSettings(noise=-1))
    same = np.where(np.isnan(simulations.features), np.nan, 1.0)
    with pytest.raises(IonfoError, match="feature 'sum' is the same in all draws"):
        train(Simulations(simulations.theta, same, simulations.about))


def test_missing_extra_gets_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> SimpleNamespace:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", refuse)
    with pytest.raises(IonfoError, match=r"need 'jax', .* pip install \"ionfo\[infer\]\""):
        train(linear(10, 0))
