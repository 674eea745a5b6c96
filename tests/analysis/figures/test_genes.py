"""Figures of gene sets hold what they are given."""

from __future__ import annotations

import numpy as np

from ionfo.analysis.figures.genes import index_distributions, maps_of_cells


def test_every_null_and_the_set_are_in_the_figure() -> None:
    rng = np.random.default_rng(0)
    nulls = {name: rng.random(50) for name in ("of all genes", "of like mean")}
    axes = index_distributions(nulls, 0.9, (0.8, 0.95), "told").axes[0]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert set(labels) == {"50 sets of all genes", "50 sets of like mean", "the set"}


def test_maps_are_drawn_by_label_and_by_cluster() -> None:
    points = np.random.default_rng(0).random((12, 2))
    maps = {name: (points, np.arange(12) % 3) for name in ("set", "all", "random")}
    figure = maps_of_cells(maps, ["x", "y"] * 6)
    assert len(figure.axes) == 6
    assert [axes.get_title() for axes in figure.axes[:3]] == ["set", "all", "random"]
    assert len(figure.axes[0].lines) == 2 and len(figure.axes[3].lines) == 3
