"""Every figure of classes draws what it is given."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from ionfo.analysis.cells.class_tests import compare_classes
from ionfo.analysis.cells.feature_space import gap_clusters
from ionfo.analysis.cells.hall_spread import class_distances, hall_dispersion
from ionfo.analysis.figures.classes import (
    class_comparison,
    distances_figure,
    feature_maps,
    importances,
    sobol_figure,
)
from ionfo.analysis.figures.optimisation import convergence, objective_convergence

RNG = np.random.default_rng(0)


def drawn(figure: object) -> int:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=40)  # type: ignore[attr-defined]
    return len(out.getvalue())


def test_figures_of_classes() -> None:
    cells = np.repeat(np.arange(12), 3)
    classes = np.array(["a", "b"])[cells % 2]
    values = 5 + RNG.normal(size=(36, 4)) + (cells % 2)[:, None]
    assert drawn(distances_figure(class_distances(values, cells, classes),
                                  hall_dispersion(values, cells))) > 1000  # fmt: skip
    tests = compare_classes(values[::3], classes[::3], list("pqrs"), n_bootstraps=0)
    figure = class_comparison(values[::3], classes[::3], tests)
    assert len([one for one in figure.axes if one.get_visible()]) == 4 and drawn(figure) > 1000
    table = pd.DataFrame({"name": list("pq"), "importance": [0.7, 0.3], "sd": [0.1, 0.1]})
    assert drawn(importances(table)) > 1000
    assert drawn(sobol_figure(RNG.random((3, 2)), list("abc"), ["f", "g"])) > 1000


def test_map_with_borders() -> None:
    pytest.importorskip("sklearn")
    places = np.concatenate([RNG.normal(0, 1, (20, 2)), RNG.normal(9, 1, (20, 2))])
    labels = np.repeat(["a", "b"], 20)
    clusters = gap_clusters(places, range(2, 4), 20)
    panels = {"experiments": places, "models": places[::2]}
    assert drawn(feature_maps(panels, {"experiments": labels, "models": labels[::2]}, clusters))


def test_convergence() -> None:
    rows = [
        {"stage": "all", "seed": s, "generation": g, "n_evaluations": 8 * g, "best_sum": 9 / g,
         "median_sum": 20 / g, "best/x.soma.v.y": 0.0, "median/x.soma.v.y": 1.0}
        for s in (0, 1) for g in (1, 2, 3)
    ]  # fmt: skip
    progress = pd.DataFrame(rows)
    assert drawn(convergence(progress)) > 1000
    figure = objective_convergence(progress)
    assert figure.axes[0].get_title() == "x\ny" and drawn(figure) > 1000
