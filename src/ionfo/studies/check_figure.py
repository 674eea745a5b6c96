"""A cell with its regions and recording sites, and the voltages of one model, as a figure."""

from __future__ import annotations

import math

from matplotlib.axes import Axes

from ..analysis.figures.colours import BLUE, GREEN, GREY, ORANGE, PINK
from ..analysis.figures.style import Figure, titled
from ..emodels import EModel
from ..sampling.evaluation.look import Seen

_COLOURS = {"somatic": "black", "basal": BLUE, "apical": ORANGE, "axonal": GREEN,
            "myelinated": PINK}  # fmt: skip
_COLUMNS = 3


def check_figure(emodel: EModel, seen: Seen, model: str) -> Figure:
    """Draw a cell on the left and its somatic voltages on the right.

    Parameters
    ----------
    emodel : EModel
        Names the figure.
    seen : Seen
        The cell and its model.
    model : str
        Which model it is.
    """
    n_rows = max(2, math.ceil(len(seen.traces) / _COLUMNS))
    figure = Figure(figsize=(4.0 + 3.2 * _COLUMNS, 1.9 * n_rows + 0.6), layout="constrained")
    titled(figure, f"{emodel.name}: the cell, and somatic voltages of {model}")
    whole = figure.add_gridspec(n_rows, 1 + _COLUMNS, width_ratios=[1.3, *[1.0] * _COLUMNS])
    _draw_cell(figure.add_subplot(whole[:, 0]), seen)
    first = figure.add_subplot(whole[0, 1])
    grid = [first]
    for i in range(1, n_rows * _COLUMNS):
        row, column = divmod(i, _COLUMNS)
        grid.append(figure.add_subplot(whole[row, 1 + column], sharey=first))
    for axes in grid[len(seen.traces) :]:
        axes.set_visible(False)
    for axes, (name, (t, v)) in zip(grid, seen.traces.items(), strict=False):
        axes.plot(t, v, color=BLUE, lw=0.7)
        axes.set_title(name, fontsize=8)
        axes.tick_params(labelsize=7)
        axes.set_xlabel("t (ms)", fontsize=7)
    for axes in grid[::_COLUMNS]:
        axes.set_ylabel("v (mV)", fontsize=7)
    return figure


def _draw_cell(axes: Axes, seen: Seen) -> None:
    for region, part in seen.outline.groupby("region", sort=False):
        axes.plot(part["x_um"], part["y_um"], color=_COLOURS.get(str(region), GREY), lw=0.8,
                  label=str(region))  # fmt: skip
    drawn: dict[tuple[float, float], list[str]] = {}
    for name, site in seen.sites.items():
        recording = name.partition(".")[2]
        if site is not None and recording not in drawn.setdefault((site[3], site[4]), []):
            drawn[site[3], site[4]].append(recording)
    for (x, y), names in drawn.items():
        axes.plot([x], [y], "o", color="black", ms=3)
        axes.annotate(
            ", ".join(names), (x, y), xytext=(5, 3), textcoords="offset points", fontsize=7
        )
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xlabel("x (um)", fontsize=7)
    axes.set_ylabel("y (um)", fontsize=7)
    axes.tick_params(labelsize=7)
    axes.legend(fontsize=7, frameon=False)
