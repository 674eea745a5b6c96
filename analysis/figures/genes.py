"""Figures of gene sets and cells; arrays in, matplotlib figures out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib import colormaps
from numpy.typing import ArrayLike, NDArray

from .style import BLUE, GREEN, GREY, ORANGE, Figure, titled

Array = NDArray[np.float64]


def index_distributions(
    nulls: Mapping[str, Array], score: float, interval: tuple[float, float], title: str = ""
) -> Figure:
    """Draw the adjusted Rand index of a set among those of random sets.

    Parameters
    ----------
    nulls : mapping of str to ndarray, shape (n_sets,)
        How the sets were drawn -> their indices.
    score : float
        Index of the set.
    interval : tuple of float
        Of the index over subsamples of cells.
    title : str
        Of the figure; give n.
    """
    figure = Figure(figsize=(7.0, 4.2), layout="constrained")
    axes = figure.add_subplot()
    shows = (
        "Adjusted Rand index of clusters and known labels: of the set (line, with its interval "
        "over subsamples of cells) and of random sets."
    )
    titled(figure, title, shows)
    everything = np.concatenate([*nulls.values(), [score]])
    bins = np.linspace(everything.min(), everything.max(), 41)
    axes.axvspan(*interval, color=GREY, alpha=0.2, lw=0)
    for (name, scores), color in zip(nulls.items(), (BLUE, ORANGE, GREEN), strict=False):
        label = f"{len(scores)} sets {name}"
        axes.hist(scores, bins=bins.tolist(), histtype="step", color=color, label=label)
    axes.axvline(score, color="black", label="the set")
    axes.set_xlabel("adjusted Rand index of clusters and labels")
    axes.set_ylabel("random sets of the same size")
    axes.legend(frameon=False, fontsize=8)
    return figure


def maps_of_cells(maps: Mapping[str, tuple[Array, NDArray[np.int64]]], labels: ArrayLike) -> Figure:
    """Draw maps side by side, coloured by label above and by cluster below.

    Parameters
    ----------
    maps : mapping of str to tuple
        Name -> places (n_cells, 2) and clusters (n_cells,).
    labels : array_like of str, shape (n_cells,)
        The known types.
    """
    words = np.asarray(labels).astype(str)
    figure = Figure(figsize=(4.4 * len(maps), 8.2), layout="constrained")
    titled(figure, "", "Cells in the plane of UMAP, by known label above and by cluster below.")
    cells = figure.subplots(2, len(maps), squeeze=False)
    for column, (name, (points, clusters)) in zip(cells.T, maps.items(), strict=True):
        for axes, groups, what in (
            (column[0], words, "label"),
            (column[1], clusters.astype(str), "cluster"),
        ):
            for i, group in enumerate(np.unique(groups)):
                here = groups == group
                color = colormaps["tab20"](i % 20)
                axes.plot(*points[here].T, ".", ms=3, color=color, label=group)
            axes.set_xticks([])
            axes.set_yticks([])
            axes.set_xlabel("UMAP 1")
            axes.set_ylabel("UMAP 2")
            axes.legend(frameon=False, fontsize=6, title=what, markerscale=2)
        column[0].set_title(name, fontsize=9)
    return figure
