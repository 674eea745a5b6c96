"""Figures from the tables of an analysis, without repeating it: frames in, matplotlib out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ..pairs.pairwise import PairwiseInformation
from .colours import BLUE, GREY, ORANGE
from .names import names_told, readable, readable_names
from .spectra import FREQUENCIES, FREQUENCY_RANGE, SIGN
from .style import DIVERGING_MAP, Figure, legend_below, titled

_STATISTICS = (("max", "highest", ORANGE), ("mean", "mean", GREY), ("min", "lowest", BLUE))


def curves_figure(curves: pd.DataFrame, quantity: str, title: str = "") -> Figure:
    """Draw raw and corrected curves by order, a column a target.

    Parameters
    ----------
    curves : DataFrame
        A ``*_curves`` table; with ``target`` where it is of several.
    quantity : str
        Name of the measure.
    title : str
        Of the figure.
    """
    names = list(dict.fromkeys(curves["target"])) if "target" in curves else [None]
    is_tested = "corrected_nats" in curves
    n_rows = 2 if is_tested else 1
    figure = Figure(figsize=(5.6 * len(names), 0.6 + 4.0 * n_rows), layout="constrained")
    shows = f"{quantity} by the number of variables in a group, in nats: lowest, mean and highest."
    titled(figure, title, f"{shows} Shaded: what the legend says.")
    cells = figure.subplots(n_rows, len(names), squeeze=False, sharex="col")
    for column, name in enumerate(names):
        own = curves if name is None else curves[curves["target"] == name]
        _panel(cells[0][column], own, "raw_nats", f"raw {quantity} (nats)\n{SIGN}")
        if name is not None:
            cells[0][column].set_title(f"about {readable(str(name))}", fontsize=8)
        if is_tested:
            label = f"bias-corrected {quantity} (nats)\n{SIGN}"
            _panel(cells[1][column], own, "corrected_nats", label)
        cells[-1][column].set_xlabel("order (variables in a multiplet)")
        for axes in cells[:, column]:
            legend_below(axes)
    return figure


def _panel(axes: Axes, curves: pd.DataFrame, value: str, label: str) -> None:
    axes.axhline(0.0, color=GREY, lw=0.8)
    bands = ("null_low_nats", "null_high_nats") if value == "corrected_nats" else (
        "spread_low_nats", "spread_high_nats")  # fmt: skip
    words = "null, 95 %" if value == "corrected_nats" else "spread of subsamples"
    for statistic, name, color in _STATISTICS:
        own = curves[curves["statistic"] == statistic]
        order = own["order"].to_numpy()
        axes.plot(order, own[value].to_numpy(), "o-", ms=3, color=color, label=name)
        if set(bands) <= set(own):
            low, high = (own[one].to_numpy(np.float64) for one in bands)
            axes.fill_between(
                order, low, high, color=color, alpha=0.2, lw=0, label=f"{name}: {words}"
            )
    axes.set_ylabel(label)


def frequency_figure(frequencies: pd.DataFrame, title: str = "") -> Figure:
    """Draw how often each variable is in the extreme multiplets of each order, less chance.

    Parameters
    ----------
    frequencies : DataFrame
        A ``*_frequencies`` table of one question.
    title : str
        Of the figure.
    """
    names = list(dict.fromkeys(frequencies["variable"]))
    orders = sorted(frequencies["order"].unique().tolist())
    figure = Figure(
        figsize=(3.0 + 0.5 * len(orders), 2.0 + 0.32 * len(names)), layout="constrained"
    )
    titled(figure, title, f"{FREQUENCIES} {names_told(names)}")
    for axes, column, name in zip(
        figure.subplots(1, 2, sharey=True),
        ("most_synergistic", "most_redundant"),
        ("most synergistic 5 %", "most redundant 5 %"),
        strict=True,
    ):
        less = frequencies.assign(value=frequencies[column] - frequencies["by_chance"])
        table = less.pivot(index="variable", columns="order", values="value").loc[names, orders]
        image = axes.imshow(
            table.to_numpy(),
            aspect="auto",
            cmap=DIVERGING_MAP,
            vmin=-FREQUENCY_RANGE,
            vmax=FREQUENCY_RANGE,
        )
        axes.set_xticks(range(len(orders)), [str(one) for one in orders], fontsize=7)
        axes.set_yticks(range(len(names)), readable_names(names), fontsize=8)
        axes.set_xlabel("order (variables in a group)")
        axes.set_title(name, fontsize=9)
    figure.colorbar(image, ax=figure.axes, label="share of groups less chance (k/n)", shrink=0.8)
    return figure


def pairs_of_table(table: pd.DataFrame, x: Sequence[str], y: Sequence[str]) -> PairwiseInformation:
    """Put a table of pairs back into matrices.

    Parameters
    ----------
    table : DataFrame
        ``mutual_information_pairs`` or ``mutual_information_features``.
    x, y : sequence of str
        Names of rows and columns; equal for pairs of one kind.
    """
    is_symmetric = list(x) == list(y)
    place_x, place_y = ({name: i for i, name in enumerate(names)} for names in (x, y))
    i = table["x"].map(place_x).to_numpy(np.int64)
    j = table["y"].map(place_y).to_numpy(np.int64)

    def matrix(column: str, empty: float) -> NDArray[np.float64]:
        found = np.full((len(x), len(y)), empty)
        found[i, j] = table[column].to_numpy(np.float64)
        if is_symmetric:
            found[j, i] = table[column].to_numpy(np.float64)
        return found

    return PairwiseInformation(
        raw=matrix("raw_nats", np.nan),
        corrected=matrix("corrected_nats", np.nan),
        p=matrix("p", np.nan),
        p_adjusted=matrix("p_adjusted", np.nan),
        is_significant=matrix("is_significant", 0.0).astype(bool),
        n_draws=matrix("permutations", 0.0).astype(np.int64),
        n_rows=int(table["tested_rows"].iloc[0]),
        n_bins=int(table["bins"].iloc[0]),
        n_permutations=int(table["permutations"].min()),
        estimator=table["estimator"].iloc[0] if "estimator" in table else "histogram",
        n_thinnings=int(table["thinnings"].iloc[0]) if "thinnings" in table else 1,
    )
