"""``ionfo analyse --group``: the same engine for each group, and a comparison at equal rows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.analysis import correlation_matrix, o_information, wishart_bias
from ionfo.cli import app
from ionfo.errors import IonfoError
from ionfo.studies import groups as analysing_groups
from ionfo.studies.groups import GroupSettings, analyse_groups
from ionfo.studies.plan import AnalysisSettings
from ionfo.tables.expression import Expression
from ionfo.tables.expression_files import read_expression

GENES = ["Kcna1", "Kcnb1", "Kcnc1", "Scn1a", "Hcn1"]
QUICK = AnalysisSettings(targets=("width",), bootstrap=4, shuffles=6, permutations=20, threads=1)
HOW = GroupSettings("type", permutations=19)


@pytest.fixture(autouse=True)
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ionfo.studies.output.draw_figures", lambda *_: None)


def cells(sizes: tuple[int, int] = (60, 45)) -> Expression:
    """Two types: in the first one factor moves all genes, in the second genes are alone."""
    rng = np.random.default_rng(0)
    values = rng.normal(6.0, 1.0, (sum(sizes), 6))
    values[: sizes[0]] += 1.5 * rng.standard_normal((sizes[0], 1))
    width = values[:, 0] + values[:, 1] + 0.3 * rng.standard_normal(sum(sizes))
    frame = pd.DataFrame({"type": np.repeat(["x", "y"], sizes), "width": width})
    return Expression(values, [*GENES, "Gad1"], frame, "log", "cells")


def test_groups_are_analysed_alone_and_compared_at_equal_rows(tmp_path: Path) -> None:
    table = cells()
    sides = analyse_groups(table, tmp_path, HOW, QUICK)
    alone = pd.read_csv(tmp_path / "x/o_information.csv")
    x = table.values(GENES)[:60]
    expected = o_information(correlation_matrix(x))
    assert alone["mean_nats"].iloc[-1] == pytest.approx(expected, abs=1e-12)
    curves = pd.read_parquet(tmp_path / "groups_curves.parquet")
    assert set(curves["rows"]) == {45} and set(curves["table"]) == {"x", "y"}
    assert set(curves["measure"]) == {"o_information", "redundancy_synergy width"}
    last = curves[(curves["table"] == "y") & (curves["order"] == 5)].set_index("statistic")
    y = table.values(GENES)[60:]
    raw = o_information(correlation_matrix(y))
    whole = last[last["measure"] == "o_information"].loc["mean"]
    assert whole["raw_nats"] == pytest.approx(raw, abs=1e-12)
    assert whole["corrected_nats"] == pytest.approx(
        raw - wishart_bias("o_information", 5, 44.0), abs=1e-12
    )
    compared = pd.read_csv(tmp_path / "groups_compared.csv")
    first = compared[compared["measure"] == "o_information"].iloc[0]
    assert first["p"] == 0.05 and first["difference_of_areas"] > 0
    minimal = pd.read_csv(tmp_path / "minimal_sets.csv").set_index("group")
    assert minimal.loc["y", "set"] == "Kcna1 Kcnb1" and minimal.loc["y", "how"] == "exact"
    assert len(sides) == 4
    told = json.loads((tmp_path / "groups.json").read_text())
    assert told["variables"] == GENES and told["rows"] == {"x": 60, "y": 45}
    assert (tmp_path / "groups_o_information.svg").exists()
    page = (tmp_path / "report.html").read_text().partition("<main>")[2].partition("</main>")[0]
    for words in ("How the groups differ", "x (60 rows)", "y (45 rows)", "O-information: x and y",
                  "The lowest O-information", "RSI about the width"):  # fmt: skip
        assert words in page, words
    assert page.count('data-chart="') == 2  # a chart a question


def test_models_are_grouped_too(tmp_path: Path) -> None:
    table = cells()
    frame = pd.DataFrame(table.values(GENES), columns=[f"parameters/{one}" for one in GENES])
    frame["features/width"], frame["kind"] = table.cells["width"], table.cells["type"]
    frame.to_parquet(tmp_path / "models.parquet")
    how = GroupSettings("kind", permutations=0)
    analyse_groups(read_expression(tmp_path / "models.parquet"), tmp_path / "out", how, QUICK)
    assert not (tmp_path / "out/groups_compared.csv").exists()
    assert json.loads((tmp_path / "out/groups.json").read_text())["targets"] == ["features/width"]


def test_an_effect_of_depth_is_taken_out_group_by_group() -> None:
    rng = np.random.default_rng(1)
    table = cells()
    depth = rng.standard_normal(105)
    shifted = Expression(
        table.values(table.genes) + 3.0 * depth[:, None],
        table.genes,
        table.cells.assign(depth=depth),
        "log",
        "cells",
    )
    settings = AnalysisSettings()
    with_depth = analysing_groups.grouped_tables(shifted, GroupSettings("type"), settings)
    how = GroupSettings("type", regress=("depth",))
    without = analysing_groups.grouped_tables(shifted, how, settings)
    assert o_information(correlation_matrix(with_depth.values["y"])) > 1.0
    assert abs(o_information(correlation_matrix(without.values["y"]))) < 0.5


def test_bad_groups_are_refused(tmp_path: Path) -> None:
    settings = AnalysisSettings()
    small = cells((60, 5))
    with pytest.raises(IonfoError, match="group 'y' has 5 cells for 5 variables"):
        analyse_groups(small, tmp_path, GroupSettings("type", groups=("x", "y")), settings)
    with pytest.raises(IonfoError, match="no feature 'widht'; did you mean 'width'"):
        analyse_groups(cells(), tmp_path, HOW, AnalysisSettings(targets=("widht",)))
    with pytest.raises(IonfoError, match="--equal-rows must be more than the 6 variables"):
        analyse_groups(cells(), tmp_path, GroupSettings("type", rows=50), QUICK)
    with pytest.raises(IonfoError, match="at least 3 variables are needed, got 2"):
        how = GroupSettings("type")
        analyse_groups(cells(), tmp_path, how, AnalysisSettings(exclude=tuple(GENES[:3])))
    flat = cells()
    flat.matrix[60:, 2] = 4.0
    with pytest.raises(IonfoError, match="1 genes do not vary there, the first is 'Kcnc1'"):
        analyse_groups(flat, tmp_path, HOW, settings)
    with pytest.raises(IonfoError, match="column 'width' is missing in 1 of 60 cells"):
        holed = cells()
        holed.cells.loc[3, "width"] = np.nan
        analyse_groups(holed, tmp_path, HOW, QUICK)


def test_the_command_line_passes_everything_on(tmp_path: Path) -> None:
    table = cells()
    frame = pd.DataFrame(table.values(table.genes), columns=table.genes)
    frame = frame.assign(kind=table.cells["type"], width=table.cells["width"])
    frame.to_csv(tmp_path / "cells.csv", index=False)
    arguments = [
        "analyse", str(tmp_path / "cells.csv"), "--values", "log", "--group", "kind",
        "--targets", "width", "--out", str(tmp_path / "out"), "--shuffles", "4",
        "--bootstrap", "4", "--permutations", "5", "--group-permutations", "19", "--threads", "1",
    ]  # fmt: skip
    app(arguments, standalone_mode=False)
    assert (tmp_path / "out/groups.json").exists() and (tmp_path / "out/y/summary.json").exists()
    written = (tmp_path / "out/groups_curves.csv").read_bytes()
    frame.to_csv(tmp_path / "cells.csv", index=False, sep=";", decimal=",")
    app([*arguments, "--decimal", ","], standalone_mode=False)
    assert (tmp_path / "out/groups_curves.csv").read_bytes() == written
    with pytest.raises(IonfoError, match="--drop-missing does not go with --group"):
        app([*arguments, "--drop-missing"], standalone_mode=False)
    with pytest.raises(IonfoError, match="--values goes with --group COLUMN"):
        app([*arguments[:4], "--out", str(tmp_path / "no")], standalone_mode=False)
