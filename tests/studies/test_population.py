"""``ionfo analyse`` from the inside: what it reads, what it refuses, what it writes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.analysis import correlation_matrix, o_information, wishart_bias
from ionfo.errors import IonfoError
from ionfo.pages.report.explore import explore_data
from ionfo.pages.report.tables import read_material
from ionfo.studies import plan as analysis_work
from ionfo.studies import population as analysing
from ionfo.studies.plan import AnalysisSettings
from ionfo.studies.population import analyse, analyse_population, parse_orders
from ionfo.tables.matrix import read_analysis_table
from ionfo.terminal import console as show

QUICK = AnalysisSettings(bootstrap=4, shuffles=6, permutations=20, threads=1)


@pytest.fixture
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ionfo.studies.output.draw_figures", lambda *_: None)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A plain table: six numbers, one word."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.standard_normal((90, 6)), columns=list("abcdef"))
    frame["f"] = frame["a"] + frame["b"] + 0.5 * rng.standard_normal(90)
    frame["name"] = "x"
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    return path


def chain(path: Path, n: int = 5, n_walkers: int = 24) -> Path:
    rng = np.random.default_rng(1)
    rows = []
    for walker in range(n_walkers):
        x = rng.standard_normal(n)
        for step in range(40):
            x = 0.7 * x + 0.7 * rng.standard_normal(n)
            rows.append([*x, x[0] + rng.standard_normal(), walker, 2 * step, 2])
    names = [*(f"parameters/p{i}" for i in range(n)), "features/f", "walker", "step", "weight"]
    frame = pd.DataFrame(rows, columns=names)
    for name in ("walker", "step", "weight"):
        frame[name] = frame[name].astype(int)
    frame.assign(ensemble=0).to_parquet(path)
    return path


@pytest.mark.usefixtures("no_figures")
def test_any_table_of_numbers_is_analysed(
    tmp_path: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report"
    analyse_population(table, out, ["f"], QUICK)
    assert "left out columns that hold no numbers: name" in capsys.readouterr().err
    values = pd.read_csv(table)[list("abcde")].to_numpy()
    spectrum = pd.read_csv(out / "o_information.csv")
    whole = o_information(correlation_matrix(values))
    assert spectrum["min_nats"].iloc[-1] == pytest.approx(whole, abs=1e-12)
    bias = wishart_bias("o_information", 5, 89)
    assert spectrum["min_corrected_nats"].iloc[-1] == pytest.approx(whole - bias, abs=1e-12)
    assert {"min_null_low_nats", "min_p", "max_p_adjusted"} <= set(spectrum)
    parquet = pd.read_parquet(out / "o_information.parquet")
    pd.testing.assert_frame_equal(spectrum, parquet, check_dtype=False)
    curves = pd.read_csv(out / "o_information_curves.csv")
    assert len(curves) == 3 * 6 and set(curves["rows"]) == {90} and curves["ess"].isna().all()
    inside = curves["null_low_nats"] <= curves["null_high_nats"]
    assert inside.all() and (curves["spread_low_nats"] <= curves["spread_high_nats"]).all()
    summary = json.loads((out / "summary.json").read_text())
    assert summary["rows_assumed_independent"] and summary["nu"] == 89
    assert summary["targets"] == ["f"] and summary["redundancy_synergy"]["f"]["exhaustive"]
    pairs = pd.read_csv(out / "mutual_information_pairs.csv")
    assert len(pairs) == 10 and (pairs["permutations"] >= 20).all()
    assert (pairs["rows"] == 90).all() and (pairs["distinct_rows"] == 90).all()
    assert {"raw_nats", "corrected_nats", "p_adjusted"} <= set(pairs)


@pytest.mark.usefixtures("no_figures")
def test_without_a_null_no_corrected_extreme_is_written(tmp_path: Path, table: Path) -> None:
    out = tmp_path / "report"
    settings = AnalysisSettings(bootstrap=0, shuffles=0, permutations=0, orders=(3, 4))
    analyse_population(table, out, ["f"], settings)
    spectrum = pd.read_csv(out / "o_information.csv")
    assert spectrum["order"].tolist() == [3, 4]
    assert "min_corrected_nats" not in spectrum and "mean_corrected_nats" in spectrum
    assert "corrected_nats" not in pd.read_csv(out / "o_information_curves.csv")


@pytest.mark.usefixtures("no_figures")
def test_nothing_of_an_earlier_analysis_stays(tmp_path: Path, table: Path) -> None:
    out = tmp_path / "report"
    out.mkdir()
    (out / "redundancy_synergy.png").write_text("somebody's own")
    plain = AnalysisSettings(bootstrap=0, shuffles=0, permutations=0)
    analyse_population(table, out, ["f"], plain)
    assert (out / "redundancy_synergy.png").read_text() == "somebody's own"  # before any analysis
    population = out / "features.csv"
    population.write_bytes(table.read_bytes())
    analyse_population(population, out, [], plain)
    left = {one.name for one in out.iterdir()}
    assert not [name for name in left if name.startswith("redundancy_synergy")]
    assert {"features.csv", "o_information.csv"} <= left


@pytest.mark.usefixtures("no_figures")
def test_row_numbers_are_no_variable(
    tmp_path: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbered = tmp_path / "numbered.csv"
    pd.read_csv(table).to_csv(numbered)
    assert read_analysis_table(numbered, []).parameter_names == list("abcdef")
    assert "left out a column without a name" in capsys.readouterr().err
    pd.read_csv(table).to_csv(numbered, index=False, sep=";")
    with pytest.raises(IonfoError, match="--separator ';'.* or save it with commas and"):
        read_analysis_table(numbered, [])


@pytest.mark.usefixtures("no_figures")
def test_chains_count_as_their_effective_size(tmp_path: Path) -> None:
    out = tmp_path / "report"
    analyse_population(chain(tmp_path / "chain.parquet"), out, settings=QUICK)
    summary = json.loads((out / "summary.json").read_text())
    assert summary["rows"] == 960 and 50 < summary["effective_sample_size"] < 500
    # the covariance is worth more than the means: products decorrelate faster
    assert summary["effective_sample_size"] - 1 < summary["nu"] < 960
    assert summary["chains"] == "settled"
    assert summary["tested_rows"] == pytest.approx(summary["effective_sample_size"], rel=0.15)
    assert "approximation" in summary["estimator"]
    curves = pd.read_csv(out / "o_information_curves.csv")
    assert (curves["tested_rows"] == summary["tested_rows"]).all() and curves["ess"].notna().all()


@pytest.mark.usefixtures("no_figures")
def test_the_copula_ignores_monotone_changes(tmp_path: Path, table: Path) -> None:
    frame = pd.read_csv(table)
    changed = tmp_path / "changed.csv"
    frame.assign(a=np.exp(2 * frame["a"]), c=frame["c"] ** 3).to_csv(changed, index=False)
    settings = AnalysisSettings(bootstrap=0, shuffles=0, permutations=0, estimator="copula")
    columns = []
    for name, file in (("one", table), ("other", changed)):
        analyse_population(file, tmp_path / name, ["f"], settings)
        columns.append(pd.read_csv(tmp_path / name / "o_information.csv")["mean_nats"].to_numpy())
    np.testing.assert_allclose(columns[0], columns[1], atol=1e-12)


@pytest.mark.usefixtures("no_figures")
def test_what_does_not_fit_is_sampled_and_searched(
    tmp_path: Path, table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(analysing, "LARGEST_TABLE", 4)
    monkeypatch.setattr(analysis_work, "EXHAUSTIVE_N", 4)
    out = tmp_path / "report"
    analyse_population(table, out, ["f"], QUICK)
    assert "extremes searched for" in capsys.readouterr().err
    extremes = pd.read_csv(out / "o_information_extremes.csv")
    assert set(extremes["how"]) <= {"exact", "found"} and len(extremes) == 6
    assert json.loads((out / "summary.json").read_text())["o_information"]["lowest_found_nats"]


@pytest.mark.usefixtures("no_figures")
def test_exhaustive_shuffles_are_kept_and_taken_up(
    tmp_path: Path, table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(analysis_work, "EXHAUSTIVE_N", 4)  # as if five variables were many
    settings = AnalysisSettings(bootstrap=0, permutations=0, exhaustive_nulls=3)
    out = tmp_path / "report"
    analyse_population(table, out, ["f"], settings)
    assert "3 exhaustive shuffles, 0 of them done before" in capsys.readouterr().out
    first = (out / "o_information_curves.csv").read_bytes()
    (out / "exhaustive_nulls/pass_0001.json").write_text("cut sho")
    analyse_population(table, out, ["f"], settings)
    assert "3 exhaustive shuffles, 2 of them done before" in capsys.readouterr().out
    assert (out / "o_information_curves.csv").read_bytes() == first
    assert (pd.read_csv(out / "o_information_curves.csv")["shuffles"] == 3).all()
    other = AnalysisSettings(bootstrap=0, permutations=0, exhaustive_nulls=3, seed=1)
    analyse_population(table, out, ["f"], other)
    assert "0 of them done before" in capsys.readouterr().out  # another seed, other passes


def spoil(table: Path, **columns: object) -> Path:
    pd.read_csv(table).assign(**columns).to_csv(table, index=False)
    return table


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"c": lambda d: d["a"]}, "'c' follows from 'a'"),
        ({"c": lambda d: d["c"].where(d["c"] > -1)}, "column 'c' is missing in some models"),
        ({"c": lambda d: d["c"].where(d["c"] > -1, np.inf)}, "'c' holds NaN or infinity"),
    ],
)
def test_unfit_columns_are_named(
    tmp_path: Path, table: Path, columns: dict[str, object], words: str
) -> None:
    with pytest.raises(IonfoError, match=words):
        analyse_population(spoil(table, **columns), tmp_path / "report", settings=QUICK)


def test_constant_columns_are_left_out_and_said(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = read_analysis_table(spoil(table, b=1.0), [])
    assert found.parameter_names == list("acdef")
    assert "left out parameters that do not vary: b" in capsys.readouterr().err


def test_columns_can_be_left_out(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = read_analysis_table(spoil(table, b=np.nan), ["f"], ["a"])
    assert found.parameter_names == list("cde") and found.feature_names == ["f"]
    assert "left out columns without any value: b" in capsys.readouterr().err
    with pytest.raises(IonfoError, match="has no column 'fa' to exclude; did you mean"):
        read_analysis_table(table, [], ["fa"])


def test_other_mistakes_get_a_sentence(tmp_path: Path, table: Path) -> None:
    out = tmp_path / "report"
    with pytest.raises(IonfoError, match="has no feature 'ff'; did you mean 'f'"):
        analyse_population(table, out, ["ff"], QUICK)
    with pytest.raises(IonfoError, match="target 'name' must hold numbers"):
        analyse_population(table, out, ["name"], QUICK)
    with pytest.raises(IonfoError, match="--orders must be from 3 to 6"):
        analyse_population(table, out, settings=AnalysisSettings(orders=(2, 3)))
    with pytest.raises(IonfoError, match="--shuffles must be 0 or at least 2, got 1"):
        analyse_population(table, out, settings=AnalysisSettings(shuffles=1))
    with pytest.raises(IonfoError, match="--seed must not be negative"):
        analyse_population(table, out, settings=AnalysisSettings(seed=-1))
    with pytest.raises(IonfoError, match="--estimator must be one of"):
        analyse_population(table, out, settings=AnalysisSettings(estimator="x"))  # type: ignore[arg-type]
    few = tmp_path / "few.csv"
    pd.read_csv(table).head(5).to_csv(few, index=False)
    with pytest.raises(IonfoError, match="more rows than variables, got 5 rows of 6 variables"):
        analyse_population(few, out, settings=QUICK)
    with pytest.raises(IonfoError, match=r"'none.h5ad' does not exist"):
        analyse_population(Path("none.h5ad"), out)
    assert not out.exists()


@pytest.mark.parametrize("text", ["", "3-", "a", "5-3", "3,,4", "-3"])
def test_orders_that_are_none(text: str) -> None:
    with pytest.raises(IonfoError, match="--orders must be numbers and ranges"):
        parse_orders(text)


def test_h5ad(tmp_path: Path) -> None:
    anndata = pytest.importorskip("anndata", reason="anndata is not installed")
    rng = np.random.default_rng(0)
    content = anndata.AnnData(rng.standard_normal((30, 4)))
    content.var_names = list("wxyz")
    content.write_h5ad(tmp_path / "genes.h5ad")
    assert read_analysis_table(tmp_path / "genes.h5ad", []).parameter_names == list("wxyz")


def test_progress_tells_the_time_left_in_a_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(show, "_LINE_SECONDS", 0.0)
    with show.bar("shuffles", 4) as advance:
        for _ in range(4):
            advance()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "shuffles 1/4, too early to say how long"  # less than three parts
    assert lines[2] == "shuffles 3/4, about 0 s left" and lines[3] == "shuffles 4/4"


@pytest.mark.usefixtures("no_figures")
def test_the_role_of_every_column_is_said_and_the_page_shows_it(
    tmp_path: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = pd.read_csv(table).assign(model_id=np.arange(90), one=1.0)
    frame.loc[[4, 7, 8], "f"] = np.nan
    frame.loc[8, "a"] = np.nan
    frame.to_csv(table, index=False, sep=";", decimal=",")
    plain = AnalysisSettings(bootstrap=0, shuffles=0, permutations=0, decimal=",")
    with pytest.raises(IonfoError, match="'a' is missing in some models .*--drop-missing"):
        analyse_population(table, tmp_path / "report", ["f"], plain)
    settings = replace(plain, drop_missing=True, exclude=("b",))
    found = analyse_population(table, tmp_path / "report", ["f"], settings)
    roles = (
        "4 parameters: a, c, d, e; 1 target: f; left out: b, which --exclude names; name, which "
        "holds no numbers; model_id, which counts rows; one, which does not vary"
    )
    dropped = (
        "left out 3 of 90 rows in which a parameter or a target is missing (1 in 'a', 3 in 'f')"
    )
    assert found.sentences()[:2] == [roles, dropped]
    summary = json.loads((tmp_path / "report/summary.json").read_text())
    assert summary["columns"] == [roles, dropped] and summary["rows_left_out"] == 3
    assert summary["left_out"]["model_id"] == "counts rows" and summary["rows"] == 87
    page = (tmp_path / "report/report.html").read_text()
    assert "model_id, which counts rows" in page and "eft out 3 of 90 rows" in page
    material = read_material(tmp_path / "report", table)
    assert len(material.population) == 87 and 8 not in explore_data(material)["models"]
    assert material.column("a").notna().all()
    # the same from a frame, whose values are the same
    other = analyse(frame, ["f"], exclude=("b",), drop_missing=True, shuffles=0, bootstrap=0)
    pd.testing.assert_frame_equal(found.o_information, other.o_information)
    kept = analyse(frame, exclude=("a", "f"), keep=("model_id",), shuffles=0, bootstrap=0)
    assert "model_id" in kept.summary["parameters"]


@pytest.mark.usefixtures("no_figures")
def test_rows_given_twice_are_said(table: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(table)
    quick = {"shuffles": 0, "bootstrap": 0, "permutations": 0}
    twice = analyse(pd.concat([frame, frame], ignore_index=True), ["f"], **quick)  # type: ignore[arg-type]
    assert "only 90 of 180 rows are distinct" in twice.sentences()[1]
    assert "only 90 of 180" in twice.summary["columns"][1]
    once = analyse(frame, ["f"], **quick)  # type: ignore[arg-type]
    assert not [one for one in once.sentences() if "only" in one]
    # states that walkers held are no repeated rows
    held = analyse_population(chain(tmp_path / "c.parquet"), tmp_path / "r", settings=QUICK)
    assert not [one for one in held.sentences() if "only" in one]


def test_formats_are_for_text(tmp_path: Path, table: Path) -> None:
    pd.read_csv(table).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(IonfoError, match="--separator and --decimal are for .csv files"):
        analyse(tmp_path / "t.parquet", decimal=",")
    with pytest.raises(IonfoError, match="--decimal must be . or ,"):
        analyse(table, decimal="x")
