"""Figures hold what they say."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import matplotlib
import numpy as np
import pytest
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import StepPatch

from ionfo.analysis.figures import style as plots
from ionfo.analysis.figures.style import Figure


def test_traces_name_models_and_protocols() -> None:
    one = (np.arange(3.0), np.array([-80.0, 20.0, -80.0]))
    figure = plots.traces({"best": {"a": one}, "other": {"a": one, "b": one}}, "cell")
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["a", "b", "", ""]
    assert [len(axes.lines) for axes in figure.axes] == [1, 0, 1, 1]


def test_distributions_draw_targets_and_leave_out_missing_values() -> None:
    values = np.array([[0.0, 1.0], [1.0, np.nan], [2.0, 3.0]])
    figure = plots.distributions(
        values, np.array([1.0, 5.0, 1.0]), ["x (mV)", "y"], targets=[(1.0, 0.5), (2.0, 1.0)]
    )
    outlines = [axes.patches[0] for axes in figure.axes]
    assert all(isinstance(one, StepPatch) for one in outlines)
    assert [one.get_data().values.sum() for one in outlines] == [7.0, 2.0]
    assert [axes.get_title() for axes in figure.axes] == ["x (mV)", "y"]
    assert figure.axes[0].lines[0].get_xdata()[0] == 1.0  # type: ignore[index]


def test_legend_below_covers_no_curve() -> None:
    figure = Figure(layout="constrained")
    for axes in figure.subplots(2, 1):
        axes.plot([0, 1], label="a curve")
        axes.set_xlabel("order" if axes is figure.axes[1] else "")
        plots.legend_below(axes)
    FigureCanvasAgg(figure).draw()
    boxes = [axes.get_legend().get_window_extent() for axes in figure.axes]
    for axes, box in zip(figure.axes, boxes, strict=True):
        assert box.y1 < axes.get_window_extent().y0
    assert boxes[0].y0 > figure.axes[1].get_window_extent().y1
    assert boxes[1].y1 < figure.axes[1].xaxis.label.get_window_extent().y0 and boxes[1].y0 >= 0


def test_map_hides_the_diagonal() -> None:
    information = np.array([[np.nan, 0.2], [0.2, np.nan]])
    figure = plots.information_map(information, ["a", "b"])
    shown = figure.axes[0].images[0].get_array()
    assert shown is not None and np.ma.getmaskarray(np.ma.masked_invalid(shown)).diagonal().all()


@pytest.mark.parametrize("name", [r"$\frac{$", "$x$", "a$b^{$c"])
def test_a_name_is_never_a_formula(tmp_path: Path, name: str) -> None:
    figure = plots.information_map(np.array([[np.nan, 0.2], [0.2, np.nan]]), [name, "b"], name)
    figure.fix_layout()
    figure.savefig(tmp_path / "map.png")
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        figure.savefig(tmp_path / "map.svg")
    # ticks on both axes and the title, each as it is written
    assert (tmp_path / "map.svg").read_text().count(f">{name}<") == 3


def test_layout_is_found_once_for_all_files(tmp_path: Path) -> None:
    figure = plots.information_map(np.array([[np.nan, 0.2], [0.2, np.nan]]), ["a", "b"])
    figure.fix_layout()
    box = figure.axes[0].get_position().bounds
    n_drawn, draw = 0, plots.Figure.draw

    def counted(self: plots.Figure, renderer: RendererBase) -> None:
        nonlocal n_drawn
        n_drawn += 1
        draw(self, renderer)

    with patch.object(plots.Figure, "draw", counted):
        figure.savefig(tmp_path / "map.svg")
        assert n_drawn == 1
    assert figure.axes[0].get_position().bounds == box


def test_numbers_of_a_logarithmic_axis_are_no_formulas() -> None:
    figure = plots.Figure()
    axes = figure.subplots()
    plots.log_scale(axes)
    axes.plot([1.0, 1000.0])
    FigureCanvasAgg(figure).draw()
    labels = [one.get_text() for one in axes.get_yticklabels()]
    assert "100" in labels and not any("$" in one for one in labels)


def test_every_figure_is_one_that_shows_names_as_they_are(root: Path) -> None:
    files = [one for folder in ("analysis", "src/ionfo", "scripts") for one in
             (root / folder).glob("**/*.py")]  # fmt: skip
    makers = [one.name for one in files if "matplotlib.figure" in one.read_text(encoding="utf-8")]
    assert len(files) > 60 and not makers
