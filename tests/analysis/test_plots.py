"""Figures hold what they say."""

from __future__ import annotations

import numpy as np

from ionfo.analysis import o_information_spectrum, plots


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


def test_curves_are_the_spectrum() -> None:
    spectrum = o_information_spectrum(np.full((5, 5), 0.3) + 0.7 * np.eye(5))
    figure = plots.order_curves({"all": spectrum}, "O (nats)")
    lines = {line.get_label(): line.get_ydata() for line in figure.axes[0].lines}
    np.testing.assert_array_equal(lines["minimum"], spectrum.minimum)
    np.testing.assert_array_equal(lines["maximum"], spectrum.maximum)


def test_map_hides_the_diagonal() -> None:
    information = np.array([[np.nan, 0.2], [0.2, np.nan]])
    figure = plots.information_map(information, ["a", "b"])
    shown = figure.axes[0].images[0].get_array()
    assert shown is not None and np.ma.getmaskarray(np.ma.masked_invalid(shown)).diagonal().all()
