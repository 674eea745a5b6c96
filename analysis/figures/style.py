"""Figures of a population and its information; arrays in, matplotlib figures out."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from matplotlib import figure as _matplotlib_figure
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.text import Text
from matplotlib.ticker import LogFormatter
from matplotlib.transforms import offset_copy
from numpy.typing import NDArray

from .colours import BLUE as BLUE
from .colours import DIVERGING, SEQUENTIAL
from .colours import GREEN as GREEN
from .colours import GREY as GREY
from .colours import ORANGE as ORANGE
from .names import names_told, readable, readable_names

Traces = Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]
"""Protocol -> times (ms) and voltages (mV)."""

DIVERGING_MAP = LinearSegmentedColormap.from_list("less_to_more", DIVERGING, N=257)
"""Violet is less, white is zero, orange is more; as on the page."""


class Figure(_matplotlib_figure.Figure):
    """A figure that shows every name as it is written, and knows its caption.

    Names come from files; matplotlib would read what stands between two ``$`` as a formula, and
    fail where it is none.  Words in an SVG stay words, which can be searched and edited.

    Attributes
    ----------
    caption : str
        What it shows and how that was made, in sentences.
    """

    caption: str = ""

    def draw(self, renderer: RendererBase) -> None:
        """Draw, with no text taken for a formula."""
        with self._as_written():
            super().draw(renderer)

    def savefig(self, *args: Any, **options: Any) -> None:
        """Save, with words of an SVG as words."""
        with self._as_written():
            super().savefig(*args, **options)

    def fix_layout(self) -> None:
        """Find the layout once, for all files that the figure is saved to."""
        if engine := self.get_layout_engine():
            with self._as_written():
                engine.execute(self)
            self.set_layout_engine(None)  # with any engine files would be drawn twice

    @contextmanager
    def _as_written(self) -> Iterator[None]:
        # also of what axes write only now; in files text stays text
        with rc_context({"text.parse_math": False, "svg.fonttype": "none", "pdf.fonttype": 42}):
            for text in self.findobj(Text):
                text.set_parse_math(False)
            yield


def log_scale(axes: Axes) -> None:
    """Make the y axis logarithmic, with numbers that are no formulas."""
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(LogFormatter())
    axes.yaxis.set_minor_formatter(LogFormatter())


def distributions(
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    labels: Sequence[str],
    ranges: Sequence[tuple[float, float]] | None = None,
    targets: Sequence[tuple[float, float]] | None = None,
    title: str = "",
    n_across: int = 4,
) -> Figure:
    """Histograms of the columns of a table.

    Parameters
    ----------
    values : ndarray, shape (n_models, n_columns)
        NaN is left out.
    weights : ndarray, shape (n_models,)
        How often each model counts.
    labels : sequence of str
        Name and unit of each column.
    ranges : sequence of tuple of float, optional
        Axis limits, for example the bounds of parameters.
    targets : sequence of tuple of float, optional
        Mean and SD, drawn as a line and a band.
    title : str
        Of the figure; give n.
    n_across : int
        Histograms in a row, at most.
    """
    n_columns = min(n_across, len(labels))
    n_rows = int(np.ceil(len(labels) / n_columns))
    figure = Figure(figsize=(3.2 * n_columns, 2.1 * n_rows + 0.5), layout="constrained")
    band = "" if targets is None else " Orange: target, mean and SD."
    within = "" if ranges is None else " Axes end at the bounds."
    titled(figure, title, f"Histograms of all models, by weight.{band}{within}")
    for i, axes in enumerate(_grid(figure, n_rows, n_columns, len(labels))):
        column = values[:, i]
        known = np.isfinite(column)
        if known.any():
            limits = None if ranges is None else ranges[i]
            # one outline: thirty bars in each of many axes take twice as long to draw
            axes.stairs(*np.histogram(column[known], 30, limits, weights=weights[known]),
                        fill=True, color=BLUE)  # fmt: skip
        if targets is not None:
            mean, std = targets[i]
            axes.axvspan(mean - std, mean + std, color=ORANGE, alpha=0.25, lw=0)
            axes.axvline(mean, color=ORANGE)
        axes.set_yticks([])
        axes.tick_params(labelsize=7)
        axes.locator_params(axis="x", nbins=5)
        axes.ticklabel_format(axis="x", scilimits=(-3, 4))
        axes.xaxis.offsetText.set_fontsize(7)
        axes.set_title(_readable_label(labels[i]), fontsize=8)
    return figure


def information_map(
    information: NDArray[np.float64], names: Sequence[str], title: str = ""
) -> Figure:
    """Matrix of pairwise mutual information.

    Parameters
    ----------
    information : ndarray, shape (n, n)
        In nats; NaN on the diagonal.
    names : sequence of str
        Names of the variables.
    title : str
        Of the figure; give n and the estimator.
    """
    side = 2.5 + 0.32 * len(names)
    figure = Figure(figsize=(side + 1.5, side), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(information, cmap=SEQUENTIAL, vmin=0.0)
    short = readable_names(names)
    axes.set_xticks(range(len(names)), short, rotation=90, fontsize=7)
    axes.set_yticks(range(len(names)), short, fontsize=7)
    titled(figure, title, f"Mutual information of every pair. {names_told(names)}")
    figure.colorbar(image, ax=axes, label="mutual information (nats)", shrink=0.8)
    return figure


def titled(figure: Figure, title: str, shows: str = "") -> None:
    """Write a short title in lines that fit the width, and the caption.

    Parameters
    ----------
    figure : Figure
        It gets both.
    title : str
        What stands before the first semicolon goes over the figure, all of it into the caption.
    shows : str
        What the figure shows, in sentences, for the caption.
    """
    whole = "; ".join(part.strip() for part in title.splitlines() if part.strip())
    figure.caption = " ".join(part for part in (shows, f"{whole}." if whole else "") if part)
    text = whole.partition("; ")[0]
    if not text:
        return
    for size in (9, 8, 7):
        # a letter is about 0.53 of its size wide
        lines = textwrap.wrap(text, max(int(72 * figure.get_figwidth() / (0.53 * size)), 20))
        if len(lines) <= 2:
            break
    figure.suptitle("\n".join(lines), fontsize=size)


def legend_below(axes: Axes, title: str | None = None) -> None:
    """Put the legend under the axes and their label, where it covers no curve."""
    inches = 0.48 if axes.get_xlabel() else 0.1
    below = offset_copy(axes.transAxes, axes.get_figure(root=True), y=-inches)
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        bbox_transform=below,
        borderaxespad=0.0,
        ncols=2,
        frameon=False,
        fontsize=7,
        title=title,
        title_fontsize=7,
    )


def traces(
    panels: Mapping[str, Traces],
    title: str = "",
    shows: str = "Voltage of each model (rows) in each protocol (columns).",
) -> Figure:
    """Voltage traces: a row a model, a column a protocol.

    Parameters
    ----------
    panels : mapping of str to mapping of str to tuple of ndarray
        Model -> protocol -> times (ms) and voltages (mV); a model may lack some.
    title : str
        Of the figure.
    shows : str
        What rows and columns are, for the caption.
    """
    protocols = list(dict.fromkeys(name for one in panels.values() for name in one))
    figure = Figure(figsize=(4.2 * len(protocols), 1.9 * len(panels) + 0.5), layout="constrained")
    titled(figure, title, shows)
    grid = figure.subplots(len(panels), len(protocols), sharex="col", sharey=True, squeeze=False)
    for row, (model, responses) in zip(grid, panels.items(), strict=True):
        for axes, protocol in zip(row, protocols, strict=True):
            if protocol in responses:
                axes.plot(*responses[protocol], color=BLUE, lw=0.7)
        row[0].set_ylabel(f"{model}\nv (mV)", fontsize=7)
    for axes, protocol in zip(grid[0], protocols, strict=True):
        axes.set_title(protocol, fontsize=9)
    for axes in grid[-1]:
        axes.set_xlabel("t (ms)")
    return figure


def _grid(figure: Figure, n_rows: int, n_columns: int, n_used: int) -> list[Axes]:
    cells = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for spare in cells[n_used:]:
        spare.set_visible(False)
    return list(cells[:n_used])


def _readable_label(label: str) -> str:
    """Shorten the name in a label and keep its unit."""
    name, space, unit = label.partition(" (")
    return readable(name) + space + unit
