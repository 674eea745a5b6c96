"""Figures hold what they say."""

from __future__ import annotations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ionfo.analysis import plots


def test_traces_name_models_and_protocols() -> None:
    one = (np.arange(3.0), np.array([-80.0, 20.0, -80.0]))
    figure = plots.traces({"best": {"a": one, "b": one}, "other": {"a": one}}, "cell")
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["a", "b", "", ""]
    assert [len(axes.lines) for axes in figure.axes] == [1, 1, 1, 0]


def test_distributions_draw_targets_and_leave_out_missing_values() -> None:
    values = np.array([[0.0, 1.0], [1.0, np.nan], [2.0, 3.0]])
    figure = plots.distributions(
        values, np.array([1.0, 5.0, 1.0]), ["x (mV)", "y"], targets=[(1.0, 0.5), (2.0, 1.0)]
    )
    heights = [sum(bar.get_height() for bar in axes.containers[0]) for axes in figure.axes]
    assert heights == [7.0, 2.0]
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
