"""Numbers, names and files that nobody can mean are refused before anything is made of them."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import load_emodel
from ionfo.errors import IonfoError
from ionfo.limits import (
    LONGEST_NAME,
    check_count,
    check_names,
    check_number,
    check_readable,
    most_workers,
    read_text,
    shortened,
    split,
)
from ionfo.pages.report.explore import explore_data
from ionfo.pages.report.tables import Material, weights
from ionfo.sampling import Population, SampleSettings
from ionfo.sampling.evaluation.score import ScoreSettings, score_file
from ionfo.sampling.evaluation.traces import simulate_models
from ionfo.sampling.optimise import OptimiseSettings
from ionfo.sampling.runs.quality import quality_of
from ionfo.studies.plan import AnalysisSettings, check_settings
from ionfo.studies.population import parse_orders
from ionfo.tables.exchange.inference_data import chain_rows
from ionfo.tables.files import read_table
from ionfo.tables.matrix import read_analysis_table, variables_told
from ionfo.tables.models import read_models

HUGE = 2_000_000_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("3-99999999999", "--orders must be numbers up to 500, got 99999999999"),
        ("3-" + "9" * 9999, "--orders must be numbers up to 500, got 9999"),
        ("5-3", "numbers and ranges such as 3-6,10, got '5-3'"),
        ("³", "must be numbers and ranges such as 3-6,10, got '³'"),
        ("3,x", "must be numbers and ranges"),
        (",", "numbers and ranges such as 3-6,10, got ','"),
    ],
)
def test_orders_are_bounded_before_they_are_counted_up(text: str, words: str) -> None:
    began = time.monotonic()
    with pytest.raises(IonfoError, match=words):
        parse_orders(text)
    assert time.monotonic() - began < 1


def test_sizes_have_ranges_that_fit() -> None:
    assert parse_orders("50, 75-77", "--sizes", 10**9) == (50, 75, 76, 77)
    with pytest.raises(IonfoError, match="--sizes must have ranges of at most 1000 numbers"):
        parse_orders("1-999999999", "--sizes", 10**9)


@pytest.mark.parametrize(
    "name", ["bootstrap", "shuffles", "permutations", "exhaustive_nulls", "threads", "seed"]
)
def test_settings_of_an_analysis_are_bounded(name: str) -> None:
    for value in (10**10, 10**30, -3):
        with pytest.raises(IonfoError, match=f"^--{name.replace('_', '-')} must"):
            check_settings(AnalysisSettings(**{name: value}))  # type: ignore[arg-type]
    check_settings(AnalysisSettings())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", HUGE), ("walkers", HUGE), ("ensembles", HUGE), ("start_evaluations", HUGE),
        ("adapt_steps", HUGE), ("seed", -1), ("seed", 10**30), ("temperature", 0.0),
        ("temperature", float("nan")), ("temperature", float("inf")), ("max_cost", float("nan")),
        ("start_spread", -0.1), ("start_spread", float("nan")),
    ],
)  # fmt: skip
def test_settings_of_a_run_are_bounded(name: str, value: float) -> None:
    settings = {"steps": 1, name: value}
    with pytest.raises(IonfoError, match=f"^--{name.replace('_', '-')} must"):
        SampleSettings(**settings).check(load_emodel("soma"))  # type: ignore[arg-type]
    assert SampleSettings(1).check(load_emodel("soma")) == 24


@pytest.mark.parametrize(
    "name", ["generations", "offspring", "seeds", "hall", "max_steps", "seed", "budget_quantile"]
)
def test_settings_of_an_optimisation_are_bounded(name: str) -> None:
    with pytest.raises(IonfoError, match=f"^--{name.replace('_', '-')} must"):
        OptimiseSettings(**{name: 10**10}).check()  # type: ignore[arg-type]
    OptimiseSettings().check()


def test_counts_and_numbers() -> None:
    check_count("--n", 0, 2, 9, or_zero=True)
    check_count("--n", None, 2, 9)
    for value, words in ((1, "0 or at least 2, got 1"), (10**60, "at most 9, got 1e60")):
        with pytest.raises(IonfoError, match=f"--n must be .*{words}"):
            check_count("--n", value, 2, 9, or_zero=True)
    for other in (True, "2", np.array([1, 2])):
        with pytest.raises(IonfoError, match="--n must be a whole number"):
            check_count("--n", other, 2, 9, or_zero=True)  # type: ignore[arg-type]
    check_number("--x", 1.0, 0, 1)
    for bad in (float("nan"), float("inf"), -1.0, 1.1, 10**400):
        with pytest.raises(IonfoError, match="--x must be a number from 0 to 1, got"):
            check_number("--x", bad, 0, 1)
    assert most_workers() >= 4 * (os.cpu_count() or 1)


def test_one_splitter() -> None:
    assert split("x, y", "--targets") == split(["x", " y,"], "--targets") == ("x", "y")
    assert split(None, "--targets") == split([], "--targets") == ()
    with pytest.raises(IonfoError, match="--targets names nothing, got ' , '"):
        split([" , "], "--targets")


def test_values_are_shown_short() -> None:
    assert shortened("x" * 99) == "x" * 39 + "…"
    assert shortened(3 * 10**5000) == "about 1e5000" and shortened(-(10**50)) == "-1e50"


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_names_of_columns_are_bounded(tmp_path: Path, suffix: str) -> None:
    for name, is_right in (("x" * LONGEST_NAME, True), ("x" * (LONGEST_NAME + 1), False)):
        frame = pd.DataFrame({f"parameters/{name}": [1.0], "b": [2.0]})
        file = tmp_path / f"t.{suffix}"
        frame.to_csv(file, index=False) if suffix == "csv" else frame.to_parquet(file)
        if is_right:
            assert read_table(file)[0].shape == (1, 2)
        else:
            with pytest.raises(IonfoError, match="has 201 characters, and 200 are the most"):
                read_table(file)


def test_control_characters_are_no_names() -> None:
    with pytest.raises(ValueError, match="control character"):
        check_names(["a", "\x1b[31mred"])
    check_names(["a b", "<script>", "$(x)", "=cmd()", "../../x", "é"])


def test_pipes_devices_folders_and_loops_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    (tmp_path / "loop.json").symlink_to("loop.json")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "text.json").write_text("[]")
    check_readable(tmp_path / "text.json")
    for name in ("pipe", "zero", "loop", "folder", "none"):
        file = tmp_path / f"{name}.json"
        with pytest.raises(OSError):
            read_text(file)
        for read in (load_emodel, lambda name: read_models(Path(name), load_emodel("soma"))):
            with pytest.raises(IonfoError, match=name):
                read(str(file))


def test_texts_have_a_size(tmp_path: Path) -> None:
    with open(tmp_path / "hole.json", "wb") as file:
        file.truncate(2**40)  # takes no space
    with pytest.raises(IonfoError, match="it has 1099511627776 bytes"):
        load_emodel(str(tmp_path / "hole.json"))


PLAIN = pd.DataFrame(
    np.random.default_rng(0).normal(size=(40, 3)), columns=["a", "b", "c"]
)  # fmt: skip


@pytest.mark.parametrize("name", ["weight", "ensemble", "walker", "step"])
def test_book_keeping_of_a_plain_table_is_a_variable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    frame = PLAIN.assign(**{name: np.arange(40) - 3})
    frame.to_csv(tmp_path / "t.csv", index=False)
    table = read_analysis_table(tmp_path / "t.csv", ())
    assert table.parameter_names == ["a", "b", "c", name]
    assert (table.weights == 1).all() and table.walker is None
    assert f"column '{name}' of a plain table is taken as a variable" in capsys.readouterr().err
    # the page agrees, and a population says nothing
    assert (weights(frame) == 1).all() and quality_of(frame).acceptance is None
    assert variables_told(PLAIN) is None
    of_models = frame.rename(columns={"a": "parameters/a"}).assign(weight=2.0)
    assert (weights(of_models) == 2).all()


def test_shared_table_counts_every_row_once_in_analysis_and_page(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = shared / "cases/plain_weight.csv"
    table = read_analysis_table(file, ())
    frame = read_table(file)[0]
    assert table.parameter_names == list(frame) and "weight" in frame
    assert (table.weights == 1).all() and (weights(frame) == 1).all()
    assert "to use it as weights, name parameters with parameters/" in capsys.readouterr().err


def test_a_page_draws_rows_of_a_plain_table_whatever_its_weight_says() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(1500, 4)), columns=[*"abcd"])
    frame["weight"] = np.where(np.arange(1500) < 700, 0, 3)  # as weights, none could be drawn
    material = Material("t.csv", {"parameters": list(frame)}, {}, frame, {}, None)
    data = explore_data(material)
    assert [one["name"] for one in data["columns"]] == [*"abcd", "weight"]
    assert min(data["models"]) < 700


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"weight": 0.0}, "weights must be positive"),
        ({"weight": -1.0}, "weights must be positive"),
        ({"weight": np.nan}, "weights must be positive"),
        ({"weight": np.inf}, "weights must be finite"),
        ({"weight": 1e-320}, "weights must be from 1e-100 to 1e\\+100"),
        (
            {"ensemble": 0, "walker": 0, "step": "x"},
            "column 'step' of a population must hold whole",
        ),
        (
            {"ensemble": 0, "walker": 0, "step": 1e300},
            "column 'step' of a population must hold whole",
        ),
        ({"cost": "x"}, "column 'cost' must hold numbers"),
        ({"parameters/b": np.arange(40) * 1e300}, "column 'b' holds numbers above 1e\\+120"),
        ({"parameters/b": np.arange(40) * 1e-310}, "differences below 1e-120"),
    ],
)
def test_book_keeping_and_numbers_of_a_population(
    tmp_path: Path, columns: dict[str, object], words: str
) -> None:
    frame = PLAIN.rename(columns=lambda name: f"parameters/{name}").assign(**columns)
    frame.to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(IonfoError, match=words):
        read_analysis_table(tmp_path / "t.csv", ())


def test_a_huge_weight_takes_no_memory() -> None:
    frame = pd.DataFrame(
        {"parameters/a": np.arange(40.0), "ensemble": np.arange(40) % 2, "walker": np.arange(40) % 2,
         "step": np.arange(40), "weight": 1e15}
    )  # fmt: skip
    assert quality_of(frame).n_models == 40
    # two unbroken chains, held for longer than anything is
    alone = frame[:2].assign(step=0)
    held = chain_rows(alone.assign(weight=9))
    assert chain_rows(alone) is None and held is not None and held.shape == (2, 9)


@pytest.mark.parametrize(("name", "value"), [("max_steps", 0), ("max_steps", 10**12)])
def test_score_bounds_its_steps(tmp_path: Path, name: str, value: int) -> None:
    with pytest.raises(IonfoError, match="--max-steps must be at"):
        settings = ScoreSettings(**{name: value})  # type: ignore[arg-type]
        score_file("soma", None, tmp_path / "o.csv", settings)


@pytest.mark.neuron
def test_a_model_that_takes_too_many_steps_has_failed(tmp_path: Path) -> None:
    frame = score_file("soma", None, tmp_path / "o.parquet", ScoreSettings(max_steps=500))
    assert frame["cost"].tolist() == [250.0]
    assert "the evaluation took more than 500 integrator steps" in frame["failures"][0]


@pytest.mark.neuron
def test_a_model_that_takes_too_many_steps_has_no_traces() -> None:
    emodel = load_emodel("soma").model_copy(update={"max_steps": 1000})  # a sweep takes about 100
    assert emodel.reference is not None
    frame = pd.DataFrame({f"parameters/{k}": [v] for k, v in emodel.reference.items()})
    panels, _ = simulate_models(Population(frame, {}), emodel, {"one": 0}, "frame")
    assert len(panels["one"]) == 2 and all(len(t) == 0 for t, _ in panels["one"].values())
