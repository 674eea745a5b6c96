"""Figures of an optimisation; tables in, matplotlib figures out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .style import BLUE, GREY, ORANGE, Figure, log_scale


def convergence(progress: pd.DataFrame) -> Figure:
    """Draw summed scores of the best and the median model against evaluations, by stage.

    Parameters
    ----------
    progress : DataFrame
        Columns ``stage``, ``seed``, ``n_evaluations``, ``best_sum``, ``median_sum``.
    """
    stages = list(dict.fromkeys(progress["stage"]))
    figure = Figure(figsize=(4.2 * len(stages), 3.6), layout="constrained")
    for axes, stage in zip(figure.subplots(1, len(stages), squeeze=False)[0], stages, strict=True):
        here = progress[progress["stage"] == stage]
        for i, (_, rows) in enumerate(here.groupby("seed")):
            n = rows["n_evaluations"]
            axes.plot(n, rows["best_sum"], color=BLUE, label=None if i else "best so far")
            axes.plot(
                n, rows["median_sum"], color=GREY, lw=0.8, label=None if i else "median of them"
            )
        log_scale(axes)
        axes.set_title(f"{stage}, {here['seed'].nunique()} searches", fontsize=9)
        axes.set_xlabel("evaluations of a search")
        axes.legend(frameon=False, fontsize=8)
    figure.supylabel("sum of the scores (SD of the targets)", fontsize=9)
    return figure


def objective_convergence(progress: pd.DataFrame) -> Figure:
    """Draw best and median score of every objective against the generation, over searches.

    Parameters
    ----------
    progress : DataFrame
        Of one stage: columns ``generation``, ``best/<feature>`` and ``median/<feature>``.
    """
    names = [
        str(column).removeprefix("best/")
        for column in progress
        if str(column).startswith("best/") and progress[column].notna().any()
    ]
    n_columns = min(4, len(names))
    n_rows = -(-len(names) // n_columns)
    figure = Figure(figsize=(3.0 * n_columns, 1.9 * n_rows + 0.4), layout="constrained")
    cells = figure.subplots(n_rows, n_columns, squeeze=False, sharex=True).ravel()
    for axes, name in zip(cells, names, strict=False):
        for kind, color in (("best", BLUE), ("median", ORANGE)):
            mean = progress.groupby("generation")[f"{kind}/{name}"].mean()
            axes.plot(mean.index, np.maximum(mean, 1e-3), color=color, label=kind)
        log_scale(axes)
        axes.set_title(name.replace(".soma.v.", "\n"), fontsize=7)
        axes.tick_params(labelsize=6)
    for spare in cells[len(names) :]:
        spare.set_visible(False)
    cells[0].legend(frameon=False, fontsize=7)
    figure.supxlabel("generation", fontsize=9)
    figure.supylabel("score in a generation, mean over searches (SD)", fontsize=9)
    return figure
