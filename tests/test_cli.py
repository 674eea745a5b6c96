"""The command line: mistakes get one sentence and exit code 2, good input gives files."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import load_emodel

from .mpi.small_cell import AT_REST, small_cell

SOMA = load_emodel("soma")
MODEL = dict(SOMA.reference or {})


def ionfo(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ionfo", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=cwd)


def refused(words: str, *arguments: str | Path) -> None:
    """Check exit code 2 and one sentence, without a traceback."""
    done = ionfo(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(MODEL))
    return path


def test_mistakes_in_score(tmp_path: Path, model: Path) -> None:
    out = tmp_path / "out.parquet"
    refused("unknown e-model 'some'; did you mean 'soma'?", "score", "some", model, "--out", out)
    refused("'nothing.json' does not exist", "score", "soma", "nothing.json", "--out", out)
    refused("must end in .parquet or .csv", "score", "soma", model, "--out", tmp_path / "o.txt")
    refused("folder", "score", "soma", model, "--out", tmp_path / "no/o.csv")
    model.write_text(json.dumps({**MODEL, "g_paz.somatic": 1}))
    refused("did you mean 'g_pas.somatic'?", "score", "soma", model, "--out", out)
    model.write_text(json.dumps({**MODEL, "g_pas.somatic": "much"}))
    refused("must be a number, got 'much'", "score", "soma", model, "--out", out)
    assert not out.exists()


def test_mistakes_in_morphology_and_mechanisms(tmp_path: Path) -> None:
    l5pc = load_emodel("l5pc")
    model, out = tmp_path / "model.json", tmp_path / "out.csv"
    model.write_text(json.dumps(l5pc.reference))
    score = ("score", "l5pc", model, "--out", out)
    homeless = tmp_path / "homeless.json"
    content = json.loads(l5pc.to_json())
    content["morphology"]["file"] = None
    homeless.write_text(json.dumps(content))
    words = "give the reconstruction with --morphology FILE"
    refused(words, "score", homeless, model, "--out", out)
    refused("did you mean 'l5pc_reduced'", *score, "--morphology", "l5pc_redcued")
    cell = tmp_path / "cell.swc"
    cell.write_text("1 3 0 0 0 5 -1\n2 3 0 9 0 5 1\n")
    refused("has no soma", *score, "--morphology", cell)
    cell.write_text("1 1 0 0 0 5 -1\n2 1 0 5 0 5 1\n3 2 0 -10 0 1 1\n4 2 0 -20 0 1 3\n")
    refused("axon of the morphology is too short", *score, "--morphology", cell)
    mods = tmp_path / "mods"
    mods.mkdir()
    (mods / "Ih.mod").write_text("NEURON { SUFFIX Ih }\nnonsense\n")
    refused("needs mechanism 'CaDynamics_DC0'", *score, "--morphology", cell, "--mechanisms", mods)
    assert not out.exists()


@pytest.mark.neuron
def test_score_knows_the_reference_and_a_file_of_that_name(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    done = ionfo("score", "soma", "reference", "--out", out)
    assert done.returncode == 0, done.stderr
    scored = pd.read_csv(out)
    assert len(scored) == 1
    assert scored["cost"][0] < 1.0
    assert scored["parameters/g_pas.somatic"][0] == MODEL["g_pas.somatic"]
    files = set(tmp_path.iterdir())
    shown = ionfo("score", "soma", "reference", cwd=tmp_path)
    assert shown.returncode == 0 and set(tmp_path.iterdir()) == files
    assert all(feature.name in shown.stdout for feature in SOMA.features)
    refused("would be lost; name a table with --out", "score", "soma", out)
    refused("file 'reference' does not exist", "score", "soma", "./reference", "--out", out)
    bare = tmp_path / "bare.json"
    bare.write_text(SOMA.model_copy(update={"reference": None}).to_json())
    refused("has no reference model", "score", bare, "reference", "--out", out)


@pytest.mark.neuron
def test_score_that_is_stopped_keeps_what_it_has(tmp_path: Path) -> None:
    models, out = tmp_path / "models.csv", tmp_path / "scored.parquet"
    pd.DataFrame([MODEL] * 2000).to_csv(models, index=False)
    command = [sys.executable, "-m", "ionfo", "score", "soma", models, "--out", out]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("score ")
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=120)
    assert process.returncode == 75, told
    n = len(pd.read_parquet(out))
    assert 1 <= n < 2000 and f"the first {n} of 2000 models" in told


@pytest.mark.neuron
def test_score_shows_where_the_time_goes_and_leaves_the_tables_out(tmp_path: Path) -> None:
    model = tmp_path / "model.json"
    model.write_text(json.dumps(load_emodel("soma").reference))
    for name, options in (("tables", ["--profile"]), ("exact", ["--exact-rates"])):
        done = ionfo("score", "soma", model, "--out", tmp_path / f"{name}.parquet", *options)
        assert done.returncode == 0, done.stderr
        if name == "tables":
            assert "SearchThresholdCurrent" in done.stdout and "us per step" in done.stdout
            assert "gate rates about" in done.stdout
    one, other = (pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("tables", "exact"))
    scores = [column for column in one if column.startswith("scores/")]
    away = (one[scores] - other[scores]).abs().to_numpy()
    assert 0 < away.max() < 0.1
    refused(
        "--profile measures one process", "score", "soma", model, "--out", tmp_path / "o.csv",
        "--profile", "--processes", "2",
    )  # fmt: skip


def test_mistakes_in_sample(tmp_path: Path) -> None:
    run = tmp_path / "run"
    refused(
        "--walkers must be even and at least 22", "sample", "soma", "--out", run, "--walkers", "20"
    )
    refused("--steps must be at least 1", "sample", "soma", "--out", run, "--steps", "0")
    refused("--ensembles must be at least 1", "sample", "soma", "--out", run, "--ensembles", "0")
    refused("is no run folder", "status", tmp_path)
    refused(
        "--temperature must be above 0",
        "sample",
        "soma",
        "--out",
        run,
        "--temperature",
        "0",
    )
    refused(
        "--start-spread must be above 0 and at most 1",
        "sample",
        "soma",
        "--out",
        run,
        "--start-spread",
        "0",
    )
    assert not run.exists()
    run.mkdir()
    (run / "run.json").write_text("{}")
    refused("is damaged: it names no run format", "sample", "soma", "--out", run)
    (run / "run.json").rename(run / "notes.txt")
    refused("is not empty and is no run", "sample", "soma", "--out", run)
    start = tmp_path / "start.json"
    start.write_text(json.dumps({**MODEL, "e_pas.somatic": -60.0}))
    refused(
        "a chain cannot mix them", "sample", "soma", "--out", tmp_path / "r", "--start", start
    )  # fmt: skip


@pytest.mark.neuron
def test_run_of_another_question_is_kept(tmp_path: Path) -> None:
    run, cell = tmp_path / "run", small_cell(tmp_path / "cell.json", AT_REST)
    sample = (
        "sample", cell, "--out", run, "--steps", "1", "--ensembles", "1", "--walkers", "8",
        "--start-evaluations", "0", "--moves", "stretch",
    )  # fmt: skip
    done = ionfo(*sample)
    assert done.returncode == 0, done.stderr
    assert "R-hat, the check that chains agree, needs two" in done.stderr
    states = (run / "segments" / "000000.parquet").read_bytes()
    refused("made with seed 0, not 1, and a chain cannot mix them", *sample, "--seed", "1")
    other = ("--start", "reference", "--start-evaluations", "16", "--start-spread", "0.02")
    done = ionfo(*sample, *other, "--force")
    assert done.returncode == 0, done.stderr
    assert "is now in" in done.stderr
    settings = json.loads((run / "run.json").read_text())["settings"]
    shipped = [MODEL[name] for name in load_emodel(cell).free_names]
    assert (settings["start"], settings["start_spread"]) == ([shipped], 0.02)
    assert (tmp_path / "run.old-1/segments/000000.parquet").read_bytes() == states
    told = ionfo("status", run)
    assert told.returncode == 0, told.stderr
    assert "1 to 1 of 1 steps in 1 ensembles of 8 walkers" in told.stdout
    refused("has no steps to draw yet", "status", run, "--plots", tmp_path / "figures")
    done, left = map(int, ionfo("status", run, "--batch").stdout.split())
    assert done > 8 and left == 0  # a step, and the evaluations before it
    refused("draws nothing", "status", run, "--batch", "--plots", tmp_path / "figures")
    (run / "run.json").write_text("{")
    refused("run.json' cannot be read", "status", run, "--batch")
    assert ionfo("status", tmp_path / "nothing", "--batch").stdout == "0 1\n"


def test_mistakes_in_collect_and_analyse(tmp_path: Path) -> None:
    out = tmp_path / "p.parquet"
    refused("is no run folder", "collect", tmp_path, "--out", out)
    refused("does not exist", "analyse", out, "--out", tmp_path / "report")
    out.write_bytes(b"PAR1 cut short")
    refused("it is no Parquet file, or cut short", "analyse", out, "--out", tmp_path / "report")
    table = tmp_path / "table.csv"
    table.write_text("a,b\n1,2\n")
    refused("no column starts with 'parameters/'", "analyse", table, "--out", tmp_path / "report")


@pytest.mark.neuron
def test_broken_mechanism_names_its_file(tmp_path: Path, model: Path) -> None:
    mods = tmp_path / "mods"
    mods.mkdir()
    for name in SOMA.mechanisms["somatic"]:
        if name != "pas":
            source = Path(__file__).parents[1] / "mechanisms" / f"{name}.mod"
            (mods / source.name).write_text(source.read_text())
    text = (mods / "K_Tst.mod").read_text().replace("STATE {", "STATE {{")
    (mods / "K_Tst.mod").write_text(text)
    done = ionfo("score", "soma", model, "--out", tmp_path / "o.csv", "--mechanisms", mods)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "K_Tst.mod' does not compile; the compiler says:" in done.stderr


@pytest.mark.neuron
@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_score_writes_every_row_in_order(tmp_path: Path, suffix: str) -> None:
    silent = {**MODEL, "gNaTgbar_NaTg.somatic": 0.0}
    outside = {**MODEL, "g_pas.somatic": 1e-3}
    models = tmp_path / "models.json"
    models.write_text(json.dumps({"params": [silent, MODEL, outside], "cost": 3}))
    out = tmp_path / f"scored{suffix}"
    done = ionfo("score", "--out", out, "soma", models)  # options before the file
    assert done.returncode == 0, done.stderr
    assert "1 of 3 models lie outside the bounds of g_pas.somatic" in done.stderr
    assert "features, worst first" in done.stdout
    frame = pd.read_parquet(out) if suffix == ".parquet" else pd.read_csv(out)
    expected = [
        *(f"parameters/{n}" for n in SOMA.free_names),
        *(f"features/{n}" for n in SOMA.feature_names),
        *(f"scores/{n}" for n in SOMA.feature_names),
        "cost",
        "failures",
    ]
    assert list(frame.columns) == expected
    assert list(frame["parameters/gNaTgbar_NaTg.somatic"]) == [
        0.0,
        MODEL["gNaTgbar_NaTg.somatic"],
    ] + [MODEL["gNaTgbar_NaTg.somatic"]]
    failures = [json.loads(text) for text in frame["failures"]]
    assert frame["cost"][0] == 250.0 and "no threshold" in failures[0]["Step_140.soma.v.AHP_depth"]
    assert failures[1] == {} and frame["cost"][1] < 1.0
    assert np.isnan(frame["features/Step_140.soma.v.AHP_depth"][0])


def test_emodels_lists_and_shows() -> None:
    assert "l5pc" in ionfo("emodels").stdout
    shown = ionfo("emodels", "l5pc").stdout
    for words in ("gNaTgbar_NaTg.axonal", "Step_280.soma.v.inv_fifth_ISI", "637.996", "e_pas.all"):
        assert words in shown
    refused("unknown e-model 'x'", "emodels", "x")


@pytest.fixture
def population(tmp_path: Path) -> Path:
    """Five parameters, one feature that sums two of them, weights."""
    rng = np.random.default_rng(0)
    values = rng.standard_normal((400, 5))
    frame = pd.DataFrame(values, columns=[f"parameters/p{i}" for i in range(5)])
    frame["features/sum"] = values[:, 0] + values[:, 1] + 0.1 * rng.standard_normal(400)
    frame["features/other"] = rng.standard_normal(400)
    frame["features/constant"] = 1.0
    frame["weight"] = rng.integers(1, 4, 400)
    path = tmp_path / "population.csv"
    frame.to_csv(path, index=False)
    return path


def test_analyse_writes_tables_and_figures(tmp_path: Path, population: Path) -> None:
    out = tmp_path / "report"
    done = ionfo("analyse", population, "--out", out, "--targets", "sum,other")
    assert done.returncode == 0, done.stderr
    names = {path.name for path in out.iterdir()}
    figures = (
        "parameters",
        "features",
        "mutual_information",
        "o_information",
        "redundancy_synergy",
    )
    assert {f"{name}.{kind}" for name in figures for kind in ("png", "svg")} <= names
    o_information = pd.read_csv(out / "o_information.csv")
    assert list(o_information["order"]) == [3, 4, 5] and list(o_information["count"]) == [10, 5, 1]
    rsi = pd.read_csv(out / "redundancy_synergy.csv")
    lowest = rsi[(rsi["target"] == "sum") & (rsi["order"] == 2)].iloc[0]
    assert lowest["min_multiplet"] == "p0 p1" and lowest["min_nats"] < -1.0
    summary = json.loads((out / "summary.json").read_text())
    assert summary["rows"] == 400 and summary["multiplets"] == 16
    assert "constant" in done.stderr  # left out, and said so


def test_population_without_features_is_analysed_as_far_as_it_goes(
    tmp_path: Path, population: Path
) -> None:
    frame = pd.read_csv(population)
    frame[[c for c in frame if not c.startswith("features/")]].to_csv(population, index=False)
    done = ionfo("analyse", population, "--out", tmp_path / "report")
    assert done.returncode == 0 and "no feature varies" in done.stderr
    assert (tmp_path / "report/o_information.csv").exists()


def test_words_follow_the_sign(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    common = rng.standard_normal(300)
    frame = pd.DataFrame(
        {f"parameters/p{i}": common + 0.5 * rng.standard_normal(300) for i in "abc"}
    )
    frame.to_csv(tmp_path / "redundant.csv", index=False)
    done = ionfo("analyse", tmp_path / "redundant.csv", "--out", tmp_path / "report")
    assert "(redundancy)" in done.stdout and "(synergy)" not in done.stdout


def test_mistakes_in_what_analyse_and_trace_read(tmp_path: Path, population: Path) -> None:
    out = tmp_path / "report"
    sidecar = population.with_name("population.csv.json")
    sidecar.write_text("[1]")
    refused("metadata in", "analyse", population, "--out", out)
    sidecar.write_text('{"emodel": {"parameters": [{}]}}')
    refused("is not valid", "analyse", population, "--out", out)
    sidecar.unlink()
    refused("carries no e-model", "trace", population, "--out", tmp_path / "t.png")
    refused("does not exist", "trace", population, "--out", tmp_path / "no/t.png")
    pd.read_csv(population).head(1).to_csv(population, index=False)
    refused("0 parameters that vary over its 1 models", "analyse", population, "--out", out)
    refused("is a folder", "analyse", tmp_path, "--out", out)
    assert not out.exists()


@pytest.mark.neuron
def test_trace_draws_the_cell_that_was_scored(tmp_path: Path, model: Path) -> None:
    source = Path(__file__).parents[1] / "morphologies/soma.swc"
    bigger = tmp_path / "bigger.swc"
    bigger.write_text(source.read_text().replace(" 10 -1", " 12 -1"))
    scored, figure = tmp_path / "scored.parquet", tmp_path / "t.png"
    assert ionfo("score", "soma", model, "--out", scored, "--morphology", bigger).returncode == 0
    refused("was made with morphology 'bigger.swc'", "trace", scored, "--out", figure)
    done = ionfo("trace", scored, "--out", figure, "--morphology", bigger)
    assert done.returncode == 0 and figure.exists(), done.stderr
    refused("is the file of the models", "score", "soma", scored, "--out", scored)


def test_option_of_the_wrong_type_gets_a_sentence(tmp_path: Path) -> None:
    refused("--steps", "sample", "soma", "--out", tmp_path / "r", "--steps", "many")
    refused("--out", "sample", "soma")
    refused("No such command", "smaple")
    refused("--stepz", "sample", "soma", "--out", tmp_path / "r", "--stepz", "3")


def test_unknown_target_suggests_the_nearest(tmp_path: Path, population: Path) -> None:
    out = tmp_path / "report"
    refused("did you mean 'other'?", "analyse", population, "--out", out, "--targets", "othr")
    assert not out.exists()
