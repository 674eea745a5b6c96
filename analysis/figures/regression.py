"""Figures of gene regressions; tables in, matplotlib figures out."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray

from .style import BLUE, GREEN, GREY, ORANGE, Figure, titled

Array = NDArray[np.float64]

_MOST_ARROWS = 15


def biplot(
    by_genes: Array,
    by_parameters: Array,
    families: NDArray[np.str_],
    arrows: tuple[pd.DataFrame, pd.DataFrame],
    title: str = "",
) -> Figure:
    """Draw cells in the plane of the first two components, by genes and by parameters.

    Parameters
    ----------
    by_genes, by_parameters : ndarray, shape (n_cells, rank)
        Components of the cells.
    families : ndarray of str, shape (n_cells,)
        Their labels.
    arrows : tuple of DataFrame
        Correlations of genes, and of parameters, with the components: a row each.
    title : str
        Of the figure; give n.
    """
    figure = Figure(figsize=(10.4, 5.4), layout="constrained")
    shows = (
        "Cells in the plane of two components, made of genes (left) and of parameters (right), "
        f"coloured by family; arrows: correlations of the {_MOST_ARROWS} genes, and of the "
        "parameters, that the components hold most of."
    )
    titled(figure, title, shows)
    left, right = figure.subplots(1, 2)
    for axes, cells, found, what in (
        (left, by_genes, arrows[0], "genes"),
        (right, by_parameters, arrows[1], "parameters"),
    ):
        plane = cells if cells.shape[1] > 1 else np.column_stack([cells, np.zeros(len(cells))])
        plane = plane[:, :2] / np.where(plane[:, :2].std(axis=0) > 0, plane[:, :2].std(axis=0), 1.0)
        for i, name in enumerate(np.unique(families)):
            here = families == name
            axes.plot(*plane[here].T, ".", ms=4, color=colormaps["tab20"](i % 20), label=str(name))
        _arrows(axes, found)
        axes.set_xlabel(f"component 1 of {what} (SD)")
        axes.set_ylabel(f"component 2 of {what} (SD)")
    right.legend(frameon=False, fontsize=7, markerscale=2)
    return figure


def _arrows(axes: Axes, found: pd.DataFrame) -> None:
    ends = np.zeros((len(found), 2))
    ends[:, : found.shape[1]] = found.to_numpy()[:, :2]
    length = np.linalg.norm(ends, axis=1)
    for i in np.argsort(-length, kind="stable")[:_MOST_ARROWS]:
        axes.annotate(
            "", 2.5 * ends[i], (0.0, 0.0), arrowprops={"arrowstyle": "->", "color": "black"}
        )
        axes.annotate(str(found.index[i]), 2.7 * ends[i], fontsize=7, ha="center", va="center")


def path_figure(path: pd.DataFrame, family: float, title: str = "") -> Figure:
    """Draw R2 by the number of genes along a path of penalties.

    Parameters
    ----------
    path : DataFrame
        Columns ``penalty``, ``prepared``, ``fit``, ``genes``, ``r2`` and ``r2_sd``.
    family : float
        R2 of the means of families.
    title : str
        Of the figure; give n.
    """
    figure = Figure(figsize=(9.6, 4.0), layout="constrained")
    shows = (
        "Cross-validated R2 along the path of penalties (mean over folds, bars: their SD), of the "
        "sparse and of the relaxed fit, prepared inside the folds (lines) and once over all cells "
        "(dotted); grey: the mean of the family alone."
    )
    titled(figure, title, shows)
    left, right = figure.subplots(1, 2, sharey=True)
    for fit, color in (("sparse", BLUE), ("relaxed", ORANGE)):
        for prepared, style in (("inside_folds", "o-"), ("over_all_cells", ":")):
            rows = path[(path["fit"] == fit) & (path["prepared"] == prepared)]
            label = fit if style != ":" else f"{fit}, prepared once"
            left.errorbar(rows["genes"], rows["r2"], rows["r2_sd"] if style != ":" else None,
                          fmt=style, ms=3, lw=1, color=color, label=label)  # fmt: skip
            right.plot(rows["penalty"], rows["r2"], style, ms=3, color=color)
    for axes in (left, right):
        axes.axhline(family, color=GREY, label="mean of the family")
    left.set_xlabel("genes selected")
    left.set_ylabel("cross-validated R2")
    left.legend(frameon=False, fontsize=7)
    right.set_xscale("log")
    shown = np.unique(path["penalty"])[::3]
    right.set_xticks(shown, [f"{one:.2g}" for one in shown])
    right.xaxis.set_minor_formatter(NullFormatter())
    right.set_xlabel("penalty")
    return figure


def r2_bars(r2: pd.DataFrame, title: str = "") -> Figure:
    """Draw R2 of every parameter by genes, by family, and by genes within families.

    Parameters
    ----------
    r2 : DataFrame
        Columns ``parameter``, ``genes``, ``family`` and ``genes_within_families``.
    title : str
        Of the figure; give n.
    """
    figure = Figure(figsize=(3.0 + 0.6 * len(r2), 3.8), layout="constrained")
    titled(figure, title, "Cross-validated R2 of each parameter.")
    axes = figure.add_subplot()
    at = np.arange(len(r2))
    for i, (name, color, label) in enumerate(
        (
            ("genes", BLUE, "genes"),
            ("family", GREY, "mean of the family"),
            ("genes_within_families", GREEN, "genes within families"),
        )
    ):
        axes.bar(at + 0.27 * (i - 1), r2[name], 0.27, color=color, label=label)
    axes.axhline(0.0, color="black", lw=0.6)
    axes.set_xticks(at, r2["parameter"].tolist(), rotation=60, fontsize=8)
    axes.set_ylabel("cross-validated R2")
    axes.legend(frameon=False, fontsize=8)
    return figure


def prediction_intervals(table: pd.DataFrame, title: str = "") -> Figure:
    """Draw errors and coverage of predicted features, by what predicts them.

    Parameters
    ----------
    table : DataFrame
        Columns ``predictor``, ``feature``, ``error_sd`` and ``coverage_90``.
    title : str
        Of the figure; give n.
    """
    predictors = list(dict.fromkeys(table["predictor"]))
    features = list(dict.fromkeys(table["feature"]))
    figure = Figure(figsize=(2.0 + 0.42 * len(features), 6.4), layout="constrained")
    shows = (
        "Median absolute error of each feature in SDs of the measured cells (above), and share of "
        "the cells whose measured feature lies in the predicted interval of 90 % (below)."
    )
    titled(figure, title, shows)
    top, bottom = figure.subplots(2, 1, sharex=True)
    for i, name in enumerate(predictors):
        rows = table[table["predictor"] == name].set_index("feature").loc[features]
        color = colormaps["tab10"](i)
        top.plot(range(len(features)), rows["error_sd"], "o-", ms=3, lw=0.8, color=color,
                 label=name)  # fmt: skip
        bottom.plot(range(len(features)), rows["coverage_90"], "o-", ms=3, lw=0.8, color=color)
    bottom.axhline(0.9, color=GREY)
    bottom.set_xticks(range(len(features)), features, rotation=70, fontsize=7)
    top.set_ylabel("median absolute error (SD)")
    bottom.set_ylabel("coverage of 90 % interval")
    top.legend(frameon=False, fontsize=7)
    return figure
