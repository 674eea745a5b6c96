"""Validation on held-out steps and noise, with a model as its own experiment."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import load_emodel
from ionfo.emodels.cell import resolve_morphology
from ionfo.emodels.noise import coloured_noise
from ionfo.errors import IonfoError
from ionfo.mechanisms.build import BUNDLED
from ionfo.sampling.evaluation.cell_hashes import cell_hashes
from ionfo.sampling.evaluation.held_out import held_out_steps, mean_z, noise_currents
from ionfo.studies.validate import ValidateSettings, validate
from ionfo.tables.files import write_table

SOMA = load_emodel("soma")


def population(path: Path) -> Path:
    """The reference, and it again with other potassium and other passive conductances."""
    assert SOMA.reference is not None
    theta = np.array([[SOMA.reference[name] for name in SOMA.free_names]] * 3)
    theta[1, 5] *= 1.05
    theta[2, 0] *= 2.0
    frame = pd.DataFrame(theta, columns=[f"parameters/{name}" for name in SOMA.free_names])
    frame["scores/a"], frame["scores/b"] = [1.0, 2.0, 3.0], [0.0, 0.0, 1.0]
    about = {
        "emodel": SOMA.model_dump(mode="json"),
        **cell_hashes(resolve_morphology(SOMA, None), BUNDLED),
    }
    write_table(path, frame, about)
    return path


def test_noise_has_its_moments_and_its_seed() -> None:
    _, values = coloured_noise(200_000.0, 10.0, 3)
    n_effective = 200_000 / 20
    assert abs(values.mean()) < 4 / np.sqrt(n_effective)
    assert values.std() == pytest.approx(1.0, abs=4 / np.sqrt(n_effective))
    lag = np.corrcoef(values[:-10], values[10:])[0, 1]
    assert lag == pytest.approx(np.exp(-1), abs=0.03)
    assert not np.array_equal(values[:100], coloured_noise(99.0, 10.0, 4)[1])
    times, common, trials = noise_currents(0.1, 0.5, 300.0, 1, 3, 0.2)
    assert trials.shape == (3, len(times)) and len({tuple(one) for one in trials}) == 3
    assert np.array_equal(noise_currents(0.1, 0.5, 300.0, 1, 1, 0.0)[2][0], common)


def test_held_out_steps_keep_the_family() -> None:
    found = held_out_steps(SOMA, (180.0, 260.5))
    names = [p.name for p in found.protocols]
    assert names[-2:] == ["HeldOut_180", "HeldOut_260p5"] and "Step_140" not in names
    assert len(found.features) == 2 * 7
    assert found.features[0].name == "HeldOut_180.soma.v.mean_frequency"
    with pytest.raises(IonfoError, match="a step of 140 % is one of e-model 'soma'"):
        held_out_steps(SOMA, (140.0,))


def test_mean_distance_counts_missing_features_and_leaves_out_unknown_ones() -> None:
    features = np.array([[1.0, np.nan, 5.0], [2.0, 1.0, 5.0]])
    found = mean_z(features, np.array([0.0, 1.0, np.nan]), np.array([0.5, 1.0, 1.0]))
    assert found.tolist() == [(2 + 250) / 2, (4 + 0) / 2]


@pytest.mark.neuron
@pytest.mark.slow
def test_experiment_is_its_own_best_model(tmp_path: Path) -> None:
    models = population(tmp_path / "p.parquet")
    found = validate(
        models,
        tmp_path / "v.parquet",
        ValidateSettings(
            experiment=models, percents=(180.0,), noise_seed=2, noise_duration=400.0, trials=2,
            private=0.0,
        ),
    )  # fmt: skip
    assert found["held_out_z"].iloc[0] == 0 and (found["held_out_z"].iloc[1:] > 0.01).all()
    assert found["training_z"].tolist() == [0.5, 1.0, 2.0]
    # without private noise every repetition is the model's own response
    assert found["explained_variance_ratio"].iloc[0] == pytest.approx(1.0)
    assert found["explained_by_trials"].iloc[0] == pytest.approx(1.0)
    assert (found["explained_variance_ratio"].iloc[1:] < 0.999).all()
    again = pd.read_parquet(tmp_path / "v.parquet")
    pd.testing.assert_frame_equal(found, again, check_exact=True)
    # the same held-out targets from a definition give the same distances
    definition = held_out_steps(SOMA, (180.0,)).model_dump(mode="json")
    for feature in definition["features"]:
        value = found[f"features/{feature['name']}"].iloc[0]
        feature["mean"], feature["std"] = value, 0.05 * abs(value)
    (tmp_path / "d.json").write_text(json.dumps(definition))
    other = validate(models, tmp_path / "w.csv", ValidateSettings(held_out=tmp_path / "d.json"))
    assert np.allclose(other["held_out_z"], found["held_out_z"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "give either --held-out DEFINITION or --experiment MODELS"),
        ({"experiment": Path("p.parquet")}, "needs held-out steps, for example --percent 180"),
        ({"held_out": Path("d.json"), "noise_seed": 1}, "--noise-seed needs --experiment"),
        ({"experiment": Path("p"), "percents": (1.0,), "sd": 0.0}, "--sd must be above 0"),
        ({"experiment": Path("p"), "percents": (1.0,), "trials": 0}, "--trials must be at least"),
    ],
)
def test_unfit_input(tmp_path: Path, options: dict[str, object], words: str) -> None:
    with pytest.raises(IonfoError, match=words):
        settings = ValidateSettings(**options)  # type: ignore[arg-type]
        validate(tmp_path / "p.parquet", tmp_path / "v.parquet", settings)


def test_row_that_does_not_exist(tmp_path: Path) -> None:
    models = population(tmp_path / "p.parquet")
    with pytest.raises(IonfoError, match="has models 0 to 2, got --row 3"):
        settings = ValidateSettings(experiment=models, row=3, percents=(180.0,))
        validate(models, tmp_path / "v.csv", settings)
