"""``ionfo infer`` from simulations to a population that the analysis reads, as its help says."""

from __future__ import annotations

import inspect
import os
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import ionfo
from ionfo.cli import app
from ionfo.commands.infer import COMMANDS
from ionfo.emodels.point import simulate_hh
from ionfo.features.patchseq import PATCHSEQ_FEATURES, patchseq_features
from ionfo.tables.files import read_table

pytestmark = pytest.mark.slow

MIDDLE = {
    "C": 7.0, "R_in": 300.0, "tau": 20.0, "gNat": 60.0, "gNa": 40.0, "gKd": 15.0, "gM": 1.0,
    "gKv31": 60.0, "gL": 1.0, "El": -80.0, "tau_max": 500.0, "V_T": -60.0, "r_SS": 1.0,
}  # fmt: skip
SMALLER = {
    "--n 100000": "--n 500",
    "train simulations": "train simulations --layers 1 --width 8 --epochs 2",
    "calibrate fresh": "calibrate fresh --cells 40 --draws 50",
    "--n 1000 ": "--n 60 ",
}


def example(name: str) -> str:
    paragraphs = inspect.cleandoc(COMMANDS[name].__doc__ or "").split("\n\n")
    found = next(one for one in paragraphs if one.startswith("Example: ionfo "))
    line = found.removeprefix("Example: ionfo ")
    for said, instead in SMALLER.items():
        line = line.replace(said, instead)
    return line


def run(line: str) -> None:
    done = CliRunner().invoke(app, shlex.split(line), catch_exceptions=False)
    assert done.exit_code == 0, done.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Simulations of two seeds and two observed cells."""
    found = tmp_path_factory.mktemp("infer")
    old = Path.cwd()
    os.chdir(found)
    try:
        run(example("simulate"))
        run("infer simulate hh --n 120 --seed 1 --out fresh")
    finally:
        os.chdir(old)
    rows = []
    for name, current in (("one", 300.0), ("two", 320.0)):
        features = patchseq_features(*simulate_hh(MIDDLE, current=current))
        assert np.isfinite(features).all()
        rows.append({"cell": name, **dict(zip(PATCHSEQ_FEATURES, features, strict=True))})
    pd.DataFrame(rows).to_csv(found / "cells.csv", index=False)
    return found


@pytest.fixture(scope="module")
def trained(folder: Path) -> Path:
    for package in ("jax", "flowjax", "equinox", "optax"):
        pytest.importorskip(package, reason="needs the infer extra")
    old = Path.cwd()
    os.chdir(folder)
    try:
        run(example("train"))
    finally:
        os.chdir(old)
    return folder


def test_simulations_are_those_of_the_function(folder: Path) -> None:
    frame, _ = read_table(folder / "fresh/draws_000000.parquet")
    found = ionfo.infer.read_simulations(folder / "fresh")
    assert len(ionfo.infer.read_simulations(folder / "simulations").theta) == 500
    assert len(frame) == 120 and len(list(frame)) == 36
    np.testing.assert_array_equal(frame["features/skew"], found.features[:, -1])


def test_examples_run(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trained)
    run(example("posterior"))
    population = ionfo.read_population("drawn.parquet")
    assert population.frame["cells/cell"].value_counts().to_dict() == {"one": 60, "two": 60}
    assert population.metadata["units"]["R_in"] == "MOhm"
    run(example("check"))
    assert read_table(Path("inside.csv"))[0]["cell"].tolist() == ["one", "two"]
    run(example("calibrate"))
    assert {"ranks.csv", "ranks.png", "coverage.csv", "coverage.png"} <= set(
        os.listdir("calibration")
    )


def test_corrected_posterior_has_weights(trained: Path) -> None:
    cells = pd.read_csv(trained / "cells.csv").head(1)
    estimator = ionfo.infer.read_posterior(trained / "posterior.npz")
    found = ionfo.infer.posterior(cells, estimator, 80, correction="chain")
    frame = found.population.frame
    assert frame["weight"].sum() == 80 and "features/skew" in frame
    assert found.population.metadata["importance"]["n_draws"] == 80
    weighted = ionfo.infer.posterior(cells, estimator, 80, correction="weights")
    assert weighted.population.frame["weight"].mean() == pytest.approx(1)


def test_traces_are_observations(trained: Path) -> None:
    t, v = simulate_hh(MIDDLE)
    found = ionfo.infer.check(pd.DataFrame({"t": t, "x": v}), trained / "posterior.npz")
    assert found.table["cell"].tolist() == ["x"]
    found = ionfo.infer.check(pd.DataFrame({"t": t, 0: v, 1: v}), trained / "posterior.npz")
    assert found.table["cell"].tolist() == ["0", "1"]
    with pytest.raises(ionfo.IonfoError, match="trace 'short': voltages must be numbers, got nan"):
        ionfo.infer.check(
            pd.DataFrame({"t": t, "short": np.where(t > 700, np.nan, v)}), trained / "posterior.npz"
        )
    with pytest.raises(ionfo.IonfoError, match="but no trace"):
        ionfo.infer.check(pd.DataFrame({"t": t}), trained / "posterior.npz")


def test_bad_observations_get_a_sentence(trained: Path) -> None:
    cells = pd.read_csv(trained / "cells.csv")
    estimator = trained / "posterior.npz"
    for table, said in (
        (cells.drop(columns="skew"), "has no feature 'skew'"),
        (cells.assign(skew=np.nan), "feature 'skew' of cell 'one' is nan"),
        (cells.assign(temperature=34.0), "trained at a temperature of 25 degC"),
        (cells.assign(current=200.0), "trained at a current of 300 pA"),
        (cells.assign(stim_end=1100.0), "trained at a stim_end of 700 ms"),
        (cells.assign(cell="one"), "two cells of the observation have the name 'one'"),
        (pd.concat([cells, cells["skew"]], axis=1), "has the column 'skew' twice"),
    ):
        with pytest.raises(ionfo.IonfoError, match=said):
            ionfo.infer.posterior(table, estimator, 10)
    with pytest.raises(ionfo.IonfoError, match="'hh' has no targets of its own"):
        ionfo.infer.posterior("targets", estimator, 10)
    with pytest.raises(ionfo.IonfoError, match="the correction must be"):
        ionfo.infer.posterior(cells, estimator, 10, correction="x")
    other = ionfo.infer.simulate(
        "hh", 5, trained / "other", run=ionfo.infer.HHRun(current=250, noise_sd=10)
    )
    with pytest.raises(ionfo.IonfoError, match="of another cell or other settings"):
        ionfo.infer.calibrate(estimator, other)


def test_noise_is_in_the_sds_of_cells(trained: Path) -> None:
    cells = pd.concat([pd.read_csv(trained / "cells.csv")] * 3, ignore_index=True)
    cells["cell"] = range(6)
    cells[list(PATCHSEQ_FEATURES)] += np.random.default_rng(0).normal(0, 2, (6, 23))
    simulations, quick = trained / "simulations", ionfo.infer.TrainSettings(layers=1, width=8)
    found = ionfo.infer.train(simulations, settings=quick, noise_of=cells)
    wanted = 0.3 * cells[list(PATCHSEQ_FEATURES)].to_numpy().std(axis=0)
    np.testing.assert_allclose(found.noise, wanted)
    for table, said in (
        (cells.head(3), "known of 3 observed cells, and an SD needs 5"),
        (cells.assign(skew=1.0), "feature 'skew' is the same in all observed cells"),
        ("targets", "'hh' has no targets of its own"),
    ):
        with pytest.raises(ionfo.IonfoError, match=said):
            ionfo.infer.train(simulations, settings=quick, noise_of=table)


def test_wrong_targets_of_a_correction_get_a_sentence(trained: Path) -> None:
    def said(line: str) -> str:
        done = CliRunner().invoke(app, shlex.split(line))
        assert done.exit_code != 0
        return str(done.exception)

    line = f"infer posterior {trained}/cells.csv --estimator {trained}/posterior.npz --out x.csv"
    assert "are those of --to chain" in said(f"{line} --temperature 1")
    assert "give --correct weights or chain" in said(f"{line} --to chain")
    assert "observation 'targets'" in said(f"{line} --to chain --correct weights")
    assert "--max-cost must be positive" in said(
        f"{line} --to chain --correct weights --max-cost -1"
    )
