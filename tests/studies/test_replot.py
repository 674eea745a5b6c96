"""Every figure can be made again from the tables of an analysis."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.analysis.figures.tables import curves_figure, pairs_of_table
from ionfo.errors import IonfoError
from ionfo.studies import population as analysing
from ionfo.studies.plan import AnalysisSettings
from ionfo.studies.replot import FIGURES, plot_figure
from ionfo.tables.files import read_table, write_table


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("plot")
    rng = np.random.default_rng(0)
    values = rng.standard_normal((120, 7))
    values[:, 1] += values[:, 0]
    names = [f"parameters/{one}" for one in "abcde"] + ["features/u", "features/v"]
    frame = pd.DataFrame(values, columns=names).assign(cost=np.abs(values[:, 0]))
    frame["features/u"] += frame["parameters/a"] * 2 + frame["parameters/c"]
    write_table(folder / "p.parquet", frame)
    settings = AnalysisSettings(bootstrap=4, shuffles=6, permutations=20, threads=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ionfo.studies.output.draw_figures", lambda *_: None)
        analysing.analyse_population(folder / "p.parquet", folder, ["u"], settings)
    t = np.arange(5.0)
    traces = pd.DataFrame({"model": "best", "protocol": "Step_1", "t_ms": t, "v_mV": t})
    write_table(folder / "traces.parquet", traces)
    return folder, folder / "p.parquet"


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure(analysed: tuple[Path, Path], tmp_path: Path, name: str) -> None:
    plot_figure(analysed[0], name, tmp_path / "figure.png", analysed[1], dpi=40)
    assert (tmp_path / "figure.png").read_bytes()[:4] == b"\x89PNG"


def test_a_style_and_the_caption(analysed: tuple[Path, Path], tmp_path: Path) -> None:
    from PIL import Image

    out = tmp_path / "figure.png"
    plot_figure(analysed[0], "o_information", out, dpi=254, style="one-column")
    with Image.open(out) as picture:
        assert picture.width == 850
    caption = (tmp_path / "figure.caption.txt").read_text()
    assert caption.startswith("O-information by the number of variables in a group, in nats")
    with pytest.raises(IonfoError, match="--style must be one-column or two-columns, got 'wide'"):
        plot_figure(analysed[0], "o_information", out, style="wide")


def test_curves_are_those_of_the_table(analysed: tuple[Path, Path]) -> None:
    curves, _ = read_table(analysed[0] / "o_information_curves.parquet")
    raw, corrected = curves_figure(curves, "O").axes
    for axes, column in ((raw, "raw_nats"), (corrected, "corrected_nats")):
        own = curves[curves["statistic"] == "min"]
        line = next(one for one in axes.lines if one.get_label() == "lowest")
        np.testing.assert_array_equal(line.get_ydata(), own[column])


def test_pairs_become_the_matrix_they_came_from(analysed: tuple[Path, Path]) -> None:
    table, _ = read_table(analysed[0] / "mutual_information_pairs.parquet")
    found = pairs_of_table(table, list("abcde"), list("abcde"))
    np.testing.assert_array_equal(found.corrected, found.corrected.T)
    assert np.isnan(np.diag(found.corrected)).all() and not np.isnan(found.raw[0, 1:]).any()
    row = table[(table["x"] == "b") & (table["y"] == "d")].iloc[0]
    assert found.raw[1, 3] == row["raw_nats"] and found.n_bins == row["bins"]


def test_mistakes(analysed: tuple[Path, Path], tmp_path: Path) -> None:
    folder, _ = analysed
    out = tmp_path / "f.png"
    for name, target, words in (
        ("o_informtion", None, "did you mean 'o_information'"),
        ("parameters", None, "give the table that was analysed, 'p.parquet'"),
        ("redundancy_synergy", "w", "'w' was no target"),
        ("o_information", "u", "is of no target"),
    ):
        with pytest.raises(IonfoError, match=words):
            plot_figure(folder, name, out, target=target)
    with pytest.raises(IonfoError, match="must end in .png"):
        plot_figure(folder, "o_information", tmp_path / "f.txt")
    with pytest.raises(IonfoError, match="holds no analysis"):
        plot_figure(tmp_path, "o_information", out)
    shutil.copy(folder / "summary.json", tmp_path)
    with pytest.raises(IonfoError, match=r"has no o_information_curves.parquet"):
        plot_figure(tmp_path, "o_information", out)
    assert not out.exists()
