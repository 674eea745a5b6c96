"""Figures of gene regressions draw every cell, gene and way to predict."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ionfo.analysis.figures.regression import (
    biplot,
    path_figure,
    prediction_intervals,
    r2_bars,
)


def test_cells_and_genes_share_a_plane_also_with_one_component() -> None:
    rng = np.random.default_rng(0)
    families = np.array(["a", "b"] * 5)
    for rank in (1, 3):
        arrows = pd.DataFrame(rng.uniform(-1, 1, (20, rank)), index=[f"g{i}" for i in range(20)])
        cells = rng.standard_normal((10, rank))
        figure = biplot(cells, cells, families, (arrows, arrows.head(3)), "10 cells")
        left, right = figure.axes
        assert sum(len(line.get_xdata()) for line in left.lines) == 10
        # an arrow and its name, of the 15 longest
        assert (len(left.texts), len(right.texts)) == (30, 6)
        assert figure.caption.endswith("10 cells.")


def test_path_bars_intervals_and_traces_show_what_they_are_given() -> None:
    path = pd.DataFrame(
        [
            {"penalty": p, "prepared": prepared, "fit": fit, "genes": 3 / p, "r2": 0.1, "r2_sd": 0.01}
            for p in (0.1, 0.2, 0.4) for prepared in ("inside_folds", "over_all_cells")
            for fit in ("sparse", "relaxed")
        ]
    )  # fmt: skip
    left, right = path_figure(path, 0.17).axes
    assert [text.get_text() for text in left.get_legend().get_texts()][:1] == ["mean of the family"]
    assert right.get_xticklabels()[0].get_text() == "0.1"
    r2 = pd.DataFrame({"parameter": ["C"], "genes": [0.1], "family": [0.2],
                       "genes_within_families": [0.3]})  # fmt: skip
    assert [bar.get_height() for bar in r2_bars(r2).axes[0].patches] == [0.1, 0.2, 0.3]
    table = pd.DataFrame({"predictor": ["a", "b"], "feature": ["rest"] * 2, "error_sd": [0.1, 0.2],
                          "coverage_90": [0.9, 0.8]})  # fmt: skip
    top, bottom = prediction_intervals(table).axes
    assert len(top.lines) == 2 and bottom.get_xticklabels()[0].get_text() == "rest"
