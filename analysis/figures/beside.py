"""Figures of tables side by side: curves, matrices of pairs, and scatters of four variables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..answers import MAX, MEAN, MIN
from ..uncertainty.beside import Side
from .colours import BLUE, GREY, ORANGE, SEQUENTIAL
from .names import readable, readable_names
from .spectra import SIGN
from .style import Figure, titled

Array = NDArray[np.float64]


def curves_beside(sides: Sequence[Side], quantity: str, title: str = "") -> Figure:
    """Draw one column a table: raw values above, corrected ones with null and interval below."""
    figure = Figure(figsize=(4.4 * len(sides), 7.6), layout="constrained")
    shows = (
        f"{quantity.partition(' (')[0]} by the number of variables in a group, a column a table: "
        "raw above, corrected for bias below. Dotted: the central 95 % of shuffles."
    )
    titled(figure, title, shows)
    cells = figure.subplots(2, len(sides), squeeze=False, sharex="col", sharey="row")
    for column, side in zip(cells.T, sides, strict=True):
        orders = side.question.orders
        for axes, values in zip(column, (side.raw, side.corrected), strict=True):
            axes.axhline(0.0, color=GREY, lw=0.8)
            for label, i, color in (
                ("maximum", MAX, ORANGE), ("mean", MEAN, GREY), ("minimum", MIN, BLUE),
            ):  # fmt: skip
                axes.plot(orders, values[:, i], "-", color=color, label=label)
                if side.null is not None:
                    offset = 0.0 if values is side.corrected else side.bias
                    low, high = side.null.band
                    axes.plot(orders, low[:, i] + offset, ":", lw=0.8, color=color)
                    axes.plot(orders, high[:, i] + offset, ":", lw=0.8, color=color)
        column[1].fill_between(
            orders, side.low[:, MEAN], side.high[:, MEAN], color=GREY, alpha=0.3, lw=0,
            label="95 % interval of the mean",
        )  # fmt: skip
        column[0].set_title(
            f"{side.name}\n{side.n_rows} of {side.n_table} rows, {side.question.n} variables",
            fontsize=9,
        )
        column[1].set_xlabel("order (variables in a multiplet)")
        column[1].legend(frameon=False, fontsize=7, title="dotted: 95 % of shuffles")
    cells[0, 0].set_ylabel(f"raw {quantity}\n{SIGN}")
    cells[1, 0].set_ylabel(f"bias-corrected {quantity}\n{SIGN}")
    return figure


def pair_matrices(
    matrices: Sequence[Array], labels: Sequence[str], names: Sequence[Sequence[str]], told: str
) -> Figure:
    """Draw mutual information of all pairs of each table on one colour scale."""
    figure = Figure(figsize=(5.2 * len(matrices), 5.4), layout="constrained")
    titled(figure, told, "Mutual information of every pair of variables, on one scale of colours.")
    top = max(1e-3, *(float(np.nanmax(one)) for one in matrices))
    cells = figure.subplots(1, len(matrices), squeeze=False)[0]
    for axes, matrix, label, columns in zip(cells, matrices, labels, names, strict=True):
        image = axes.imshow(matrix, cmap=SEQUENTIAL, vmin=0.0, vmax=top)
        size = 7 if len(columns) <= 25 else 4
        axes.set_xticks(range(len(columns)), readable_names(columns), rotation=90, fontsize=size)
        axes.set_yticks(range(len(columns)), readable_names(columns), fontsize=size)
        axes.set_title(label, fontsize=9)
    figure.colorbar(image, ax=cells.tolist(), label="mutual information (nats)", shrink=0.8)
    return figure


def quadruplet_scatter(
    tables: Sequence[tuple[str, Array, Sequence[str], float]], what: str
) -> Figure:
    """Draw the pairs of four variables of each table as points, a block a table.

    Parameters
    ----------
    tables : sequence of tuple
        Label, values (n_rows, 4), names, and O-information of the four (nats).
    what : str
        Which four variables they are.
    """
    figure = Figure(figsize=(5.4 * len(tables), 5.6), layout="constrained")
    titled(figure, what, "Four variables of each table, every pair as points and each as bars.")
    blocks = np.atleast_1d(np.asarray(figure.subfigures(1, len(tables)), dtype=object))
    for block, (label, values, names, information) in zip(blocks, tables, strict=True):
        block.suptitle(f"{label}, n = {len(values)}: {information:+.3f} nats raw", fontsize=9)
        cells = block.subplots(4, 4)
        for i in range(4):
            for j in range(4):
                axes = cells[i, j]
                if i == j:
                    axes.hist(values[:, i], bins=20, color=GREY)
                elif i > j:
                    axes.plot(values[:, j], values[:, i], ".", ms=2, color=BLUE)
                else:
                    axes.set_visible(False)
                axes.set_xticks([])
                axes.set_yticks([])
            cells[i, 0].set_ylabel(readable(names[i]), fontsize=6)
            cells[3, i].set_xlabel(readable(names[i]), fontsize=6)
    return figure
