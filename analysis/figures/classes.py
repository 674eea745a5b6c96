"""Figures of cells and their classes; arrays in, matplotlib figures out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from ..cells.feature_space import Clusters, label_grid
from ..cells.hall_spread import Dispersion, Distances
from .style import BLUE, GREEN, GREY, ORANGE, Figure

Array = NDArray[np.float64]


def distances_figure(distances: Distances, dispersion: Dispersion) -> Figure:
    """Draw dispersion by class, and distances within cells, within classes and between them."""
    figure = Figure(figsize=(10.0, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    names = np.unique(distances.classes)
    left.boxplot(
        [dispersion.total[distances.classes == name] for name in names],
        tick_labels=[f"{name}\n{(distances.classes == name).sum()}" for name in names],
    )
    left.set_ylabel("dispersion of the hall of fame\n(relative, summed over its models)")
    left.set_xlabel("class and cells")
    for kind, color in (
        ("within_cell", BLUE), ("within_class", GREEN), ("between_classes", ORANGE),
    ):  # fmt: skip
        values = getattr(distances, kind)
        known = values[np.isfinite(values)]
        if len(known):
            label = kind.replace("_", " ")
            right.hist(known, bins=30, histtype="step", color=color, label=label)
    right.set_xlabel("mean distance of a cell's models (SD)")
    right.set_ylabel(f"cells of {len(distances.cells)}")
    right.legend(frameon=False, fontsize=8)
    return figure


def class_comparison(values: ArrayLike, classes: ArrayLike, tests: pd.DataFrame) -> Figure:
    """Draw one parameter a panel, a point a cell, with stars between classes that differ.

    Parameters
    ----------
    values : array_like, shape (n_cells, n_parameters)
        In the order of the parameters in `tests`.
    classes : array_like of str, shape (n_cells,)
        Of the cells.
    tests : DataFrame
        Of `compare_classes`.
    """
    table, labels = np.asarray(values, dtype=np.float64), np.asarray(classes).astype(str)
    names = list(dict.fromkeys(tests["parameter"]))
    groups = list(dict.fromkeys([*tests["first"], *tests["second"]]))
    n_columns = min(5, len(names))
    n_rows = -(-len(names) // n_columns)
    figure = Figure(figsize=(2.6 * n_columns, 2.4 * n_rows), layout="constrained")
    cells = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    rng = np.random.default_rng(0)
    for i, (axes, name) in enumerate(zip(cells, names, strict=False)):
        for x, group in enumerate(groups):
            column = table[labels == group, i]
            column = column[np.isfinite(column)]
            axes.plot(x + rng.uniform(-0.2, 0.2, len(column)), column, ".", color=GREY, ms=3)
            axes.plot([x - 0.3, x + 0.3], [np.median(column)] * 2, color=ORANGE)
        here = tests[(tests["parameter"] == name) & (tests["stars"] != "")]
        told = [f"{row['first']}, {row['second']} {row['stars']}" for _, row in here.iterrows()]
        axes.set_title("\n".join([name, *told]), fontsize=7)
        axes.set_xticks(range(len(groups)), groups, fontsize=7)
        axes.tick_params(axis="y", labelsize=6)
    for spare in cells[len(names) :]:
        spare.set_visible(False)
    return figure


def feature_maps(
    panels: Mapping[str, Array], classes: Mapping[str, ArrayLike], clusters: Clusters
) -> Figure:
    """Draw places in one map side by side, coloured by class, over the borders of its clusters.

    Parameters
    ----------
    panels : mapping of str to ndarray, shape (n_rows, 2)
        Title -> places, such as experiments and their models.
    classes : mapping of str to array_like, shape (n_rows,)
        Title -> class of each row.
    clusters : Clusters
        Of `gap_clusters`.
    """
    figure = Figure(figsize=(4.4 * (len(panels) + 1), 4.2), layout="constrained")
    axes_row = figure.subplots(1, len(panels) + 1)
    everything = np.concatenate(list(panels.values()))
    extent, labels = label_grid(clusters, everything)
    names = np.unique(np.concatenate([np.asarray(one).astype(str) for one in classes.values()]))
    for axes, (title, places) in zip(axes_row, panels.items(), strict=False):
        axes.contour(
            labels, levels=np.arange(clusters.n_clusters) + 0.5, extent=extent.tolist(),
            colors=GREY, linewidths=0.7,
        )  # fmt: skip
        own = np.asarray(classes[title]).astype(str)
        for i, name in enumerate(names):
            color = colormaps["tab10"](i % 10)
            axes.plot(*places[own == name].T, ".", ms=4, color=color, label=name)
        axes.set_title(f"{title}, n = {len(places)}", fontsize=9)
        axes.set_xlabel("UMAP 1")
        axes.set_ylabel("UMAP 2")
    axes_row[0].legend(frameon=False, fontsize=7, markerscale=2)
    last = axes_row[-1]
    last.errorbar(clusters.k, clusters.gap, clusters.error, color=BLUE, capsize=2)
    last.axvline(clusters.n_clusters, color=ORANGE, lw=0.8)
    last.set_xlabel("clusters")
    last.set_ylabel("gap statistic (1 s.e.)")
    return figure


def importances(found: pd.DataFrame, title: str = "", n_shown: int = 15) -> Figure:
    """Draw the columns by which a forest tells classes, the most important on top."""
    rows = found.head(n_shown).iloc[::-1]
    figure = Figure(figsize=(5.5, 0.28 * len(rows) + 1.2), layout="constrained")
    axes = figure.add_subplot()
    axes.barh(rows["name"], rows["importance"], xerr=rows["sd"], color=BLUE)
    axes.set_xlabel("mean decrease of the Gini impurity")
    axes.tick_params(labelsize=7)
    axes.set_title(title, fontsize=9)
    return figure


def sobol_figure(
    first: Array, parameters: Sequence[str], features: Sequence[str], title: str = ""
) -> Figure:
    """Draw first-order Sobol indices, shape (n_parameters, n_features), as a matrix."""
    figure = Figure(
        figsize=(2.5 + 0.5 * len(features), 1.8 + 0.3 * len(parameters)), layout="constrained"
    )
    axes: Axes = figure.add_subplot()
    image = axes.imshow(first, vmin=0.0, vmax=1.0, cmap="viridis", aspect="auto")
    axes.set_yticks(range(len(parameters)), list(parameters), fontsize=7)
    axes.set_xticks(range(len(features)), list(features), rotation=90, fontsize=7)
    axes.set_title(title, fontsize=9)
    figure.colorbar(image, ax=axes, label="first-order Sobol index")
    return figure
