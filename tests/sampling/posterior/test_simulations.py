"""Simulations of draws from the prior: the folder, its continuation, and priors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ionfo import IonfoError
from ionfo.emodels import load_emodel
from ionfo.emodels.point import HHRun
from ionfo.morphologies import find_morphology
from ionfo.sampling.posterior.prior import BLOCK, BoxPrior, read_prior
from ionfo.sampling.posterior.simulations import read_simulations, simulate
from ionfo.sampling.posterior.simulators import (
    EModelSimulator,
    HHSimulator,
    load_simulator,
    read_simulator,
)

SHORT = HHSimulator(HHRun(noise_sd=10.0))


def test_folder_continues_and_is_the_same(tmp_path: Path) -> None:
    simulate(SHORT, 20, tmp_path / "a", seed=3)
    longer = simulate(SHORT, 40, tmp_path / "a", seed=3, workers=2)
    whole = simulate(SHORT, 40, tmp_path / "b", seed=3)
    np.testing.assert_array_equal(longer.theta, whole.theta)
    np.testing.assert_array_equal(longer.features, whole.features)
    assert whole.prior.contains(whole.theta).all() and 0.2 < whole.is_valid.mean() < 0.8
    assert read_simulations(tmp_path / "a", 30).theta.tolist() == whole.theta[:30].tolist()
    assert whole.simulator().about == SHORT.about
    with pytest.raises(IonfoError, match="holds simulations of other settings, --seed among them"):
        simulate(SHORT, 40, tmp_path / "a", seed=4)
    with pytest.raises(IonfoError, match="the cell or its settings among them"):
        simulate(HHSimulator(HHRun(current=200)), 40, tmp_path / "a", seed=3)


def test_draws_depend_on_seed_and_number_alone() -> None:
    prior = SHORT.prior
    assert np.array_equal(prior.block(1, 2), prior.block(1, 2))
    assert not np.array_equal(prior.block(1, 2), prior.block(1, 3))
    drawn = np.concatenate([prior.block(0, i) for i in range(8)])
    part = (drawn - prior.low) / (prior.high - prior.low)
    assert len(drawn) == 8 * BLOCK
    np.testing.assert_allclose(part.mean(axis=0), 0.5, atol=4 / np.sqrt(12 * len(drawn)))


def test_box_and_line_are_one() -> None:
    prior = BoxPrior(("a", "b"), ("1", "1"), np.array([-1.0, 0.0]), np.array([1.0, 10.0]))
    theta = np.array([[0.3, 9.0], [-0.99, 0.1]])
    np.testing.assert_allclose(prior.from_line(prior.to_line(theta)), theta)
    line, step = prior.to_line(theta), 1e-6
    slope = [(prior.from_line(line + step) - prior.from_line(line - step)) / (2 * step)]
    np.testing.assert_allclose(prior.log_slope(line), np.log(slope[0]).sum(axis=1), rtol=1e-6)
    assert np.isfinite(prior.to_line(np.array([[-1.0, 10.0]]))).all()
    assert prior.log_density == pytest.approx(-np.log(20))
    assert read_prior(prior.told()).told() == prior.told()
    with pytest.raises(IonfoError, match="lower bounds are below the upper ones"):
        BoxPrior(("a",), ("1",), np.array([1.0]), np.array([1.0]))


def test_emodels_are_simulators_of_their_features() -> None:
    soma = load_simulator("soma")
    assert isinstance(soma, EModelSimulator)
    emodel = load_emodel("soma")
    assert soma.prior.names == emodel.free_names
    np.testing.assert_array_equal(np.array([soma.prior.low, soma.prior.high]).T, emodel.bounds)
    assert list(soma.features) == list(emodel.feature_names)
    again = read_simulator(soma.about, "x")
    assert isinstance(again, EModelSimulator) and again.emodel == emodel
    assert again.about == soma.about


def test_another_morphology_is_another_cell(tmp_path: Path) -> None:
    soma = load_simulator("soma")
    assert isinstance(soma, EModelSimulator)
    own = tmp_path / "own.swc"
    own.write_text(find_morphology(str(soma.emodel.morphology.file)).read_text() + "\n")
    other = load_simulator("soma", own)
    assert other.about != soma.about and other.about["morphology"]["file"] == "own.swc"
    assert read_simulator(other.about, "x", own).about == other.about
    assert read_simulator(other.about, "x").about == soma.about
    with pytest.raises(IonfoError, match="has no morphology"):
        read_simulator(SHORT.about, "x", own)


def test_damaged_blocks_are_simulated_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = simulate(SHORT, 20, tmp_path, seed=3)
    block = tmp_path / "draws_000000.parquet"
    block.write_bytes(block.read_bytes()[:500])
    with pytest.raises(IonfoError, match="draws_000000.parquet' cannot be read"):
        read_simulations(tmp_path)
    again = simulate(SHORT, 20, tmp_path, seed=3)
    assert "cut short; its draws are simulated again" in caplog.text
    np.testing.assert_array_equal(again.features, wanted.features)


def test_gap_in_a_folder_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    simulate(SHORT, BLOCK + 5, tmp_path, seed=3)
    (tmp_path / "draws_000000.parquet").unlink()
    found = read_simulations(tmp_path)
    assert len(found.theta) == 0 and "after number 0 are not taken" in caplog.text
    assert found.sentences()[0].startswith("0 draws")
    assert len(simulate(SHORT, BLOCK + 5, tmp_path, seed=3).theta) == BLOCK + 5


@pytest.mark.neuron
def test_an_emodel_is_simulated(tmp_path: Path) -> None:
    found = simulate(load_simulator("soma"), 2, tmp_path / "soma", seed=0)
    assert found.features.shape == (2, len(load_emodel("soma").feature_names))
    assert found.is_valid.any() and found.prior.contains(found.theta).all()


def test_bad_folders_and_names_get_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(IonfoError, match="is not empty"):
        simulate(SHORT, 10, tmp_path)
    with pytest.raises(IonfoError, match="holds no simulations"):
        read_simulations(tmp_path)
    with pytest.raises(IonfoError, match="--n must be at least 1"):
        simulate(SHORT, 0, tmp_path / "new")
    with pytest.raises(IonfoError, match="unknown e-model 'hhh'"):
        load_simulator("hhh")
    with pytest.raises(IonfoError, match="has no morphology"):
        load_simulator("hh", morphology=tmp_path)
    with pytest.raises(IonfoError, match="does not say what was simulated"):
        read_simulator({"simulator": "hh"}, "x")
