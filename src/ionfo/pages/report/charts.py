"""Charts of the report as plotly figures: plain dictionaries, no colours of the background.

Text and grid get their colours in the page, which follows the light or dark scheme of the reader.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ...analysis.figures.colours import BLUE, DIVERGING, GREY, ORANGE, SEQUENTIAL
from ...analysis.figures.names import readable_names

Chart = dict[str, Any]

DIVERGING_SCALE = [[i / (len(DIVERGING) - 1), one] for i, one in enumerate(DIVERGING)]
SEQUENTIAL_SCALE = SEQUENTIAL.capitalize()


def numbers(values: ArrayLike, digits: int = 5) -> list[float | None]:
    """Round to significant digits for the page; what is no number becomes null.

    Examples
    --------
    >>> numbers([0.123456789, float("nan")], 3)
    [0.123, None]
    """
    flat = np.asarray(values, dtype=np.float64).ravel().tolist()
    return [float(f"{one:.{digits}g}") if math.isfinite(one) else None for one in flat]


def layout(**changes: Any) -> dict[str, Any]:
    """Give the layout that all charts share."""
    base: dict[str, Any] = {
        "margin": {"l": 60, "r": 15, "t": 30, "b": 45},
        "legend": {"orientation": "h", "y": -0.25, "yanchor": "top", "x": 0},
        "hovermode": "closest",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "height": 380,
    }
    return base | changes


def spread(
    positions: Mapping[str, NDArray[np.float64]],
    weights: NDArray[np.float64],
    told: Mapping[str, str],
    axis: Mapping[str, Any],
    band: tuple[float, float] | None = None,
) -> Chart:
    """Chart of many distributions: central 90 % and 50 % and the median, a row each.

    Parameters
    ----------
    positions : mapping of str to ndarray
        Name -> values on the common axis; NaN is left out.
    weights : ndarray
        How often each value counts.
    told : mapping of str to str
        Name -> what hovering shows.
    axis : mapping
        The common axis.
    band : tuple of float, optional
        A range to shade.
    """
    names = list(positions)[::-1]
    levels = np.array([_quantiles(positions[name], weights) for name in names])
    data = []
    for low, high, width, name in ((0, 4, 3, "central 90 %"), (1, 3, 9, "central 50 %")):
        x: list[float | None] = []
        y: list[str | None] = []
        for row, label in zip(levels, names, strict=True):
            x += [*numbers([row[low], row[high]]), None]
            y += [label, label, None]
        data.append(
            {"type": "scatter", "mode": "lines", "x": x, "y": y, "name": name,
             "hoverinfo": "skip", "line": {"color": BLUE, "width": width},
             "opacity": 0.8}
        )  # fmt: skip
    data.append(
        {"type": "scatter", "mode": "markers", "x": numbers(levels[:, 2]), "y": names,
         "name": "median", "marker": {"color": ORANGE, "size": 7},
         "text": [told[name] for name in names], "hovertemplate": "%{text}<extra></extra>"}
    )  # fmt: skip
    shapes = []
    if band is not None:
        shapes.append(
            {"type": "rect", "xref": "x", "yref": "paper", "x0": band[0], "x1": band[1], "y0": 0,
             "y1": 1, "fillcolor": GREY, "opacity": 0.2, "line": {"width": 0}}
        )  # fmt: skip
    return {
        "data": data,
        "layout": layout(
            height=90 + 19 * len(names), shapes=shapes, xaxis={"zeroline": False, **axis},
            yaxis=_names_axis(names), margin={"l": 10, "r": 15, "t": 30, "b": 45},
            legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
        ),
    }  # fmt: skip


def _names_axis(names: Sequence[str]) -> dict[str, Any]:
    return {
        "automargin": True,
        "tickmode": "array",
        "tickvals": list(names),
        "ticktext": readable_names(names),
        "tickfont": {"size": 11},
        "range": [-0.7, len(names) - 0.3],
    }


def _quantiles(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted quantiles at 5, 25, 50, 75 and 95 per cent."""
    known = np.isfinite(values)
    if not known.any():
        return np.full(5, np.nan)
    order = np.argsort(values[known], kind="stable")
    total = np.cumsum(weights[known][order])
    at = np.searchsorted(total, np.array([0.05, 0.25, 0.5, 0.75, 0.95]) * total[-1])
    found: NDArray[np.float64] = values[known][order][np.minimum(at, len(order) - 1)]
    return found


def by_order(
    curves: pd.DataFrame, quantity: str, statistics: Iterable[str], with_p: bool = True
) -> Chart:
    """Chart a measure against the order of the multiplets, corrected, with null and confidence.

    Parameters
    ----------
    curves : DataFrame
        A ``*_curves`` table of one question.
    quantity : str
        Name of the measure.
    statistics : iterable of str
        Which of ``min``, ``mean`` and ``max`` to draw.
    with_p : bool
        Whether hovering tells p-values; of chains that settle nothing gets a verdict.
    """
    colours = {"max": ORANGE, "mean": GREY, "min": BLUE}
    words = {"max": "highest", "mean": "mean", "min": "lowest"}
    data: list[Chart] = []
    is_tested = "null_low_nats" in curves
    for statistic in statistics:
        one = curves[curves["statistic"] == statistic]
        colour, word, group = colours[statistic], words[statistic], statistic
        orders = one["order"].tolist()
        value = "corrected_nats" if is_tested else "raw_nats"
        if is_tested:
            data.append(
                {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "legendgroup": group,
                 "x": orders + orders[::-1], "fill": "toself", "line": {"width": 0},
                 "fillcolor": colour, "opacity": 0.25, "name": f"{word}: null, 95 %",
                 "y": numbers(one["null_low_nats"]) + numbers(one["null_high_nats"])[::-1]}
            )  # fmt: skip
        error = None
        if {"confidence_low_nats", "confidence_high_nats"} <= set(one) and statistic == "mean":
            error = {
                "type": "data", "symmetric": False, "color": colour, "thickness": 1, "width": 3,
                "array": numbers(one["confidence_high_nats"] - one[value]),
                "arrayminus": numbers(one[value] - one["confidence_low_nats"]),
            }  # fmt: skip
        p = one["p_adjusted"] if is_tested else pd.Series([math.nan] * len(one))
        tested = "<br>adjusted p %{customdata}"
        hover = "<b>%{fullData.name}</b><br>size %{x}: %{y} nats"
        data.append(
            {"type": "scatter", "mode": "lines+markers", "x": orders, "y": numbers(one[value]),
             "legendgroup": group, "name": f"{word}{', corrected' if is_tested else ', raw'}",
             "line": {"color": colour}, "marker": {"size": 6}, "error_y": error,
             "customdata": numbers(p),
             "hovertemplate": hover + (tested if is_tested and with_p else "") + "<extra></extra>"}
        )  # fmt: skip
        if is_tested:
            data.append(
                {"type": "scatter", "mode": "lines", "x": orders, "y": numbers(one["raw_nats"]),
                 "legendgroup": group, "name": f"{word}, raw", "visible": "legendonly",
                 "line": {"color": colour, "dash": "dot"}}
            )  # fmt: skip
    return {
        "data": data,
        "layout": layout(
            height=430,
            xaxis={"title": {"text": "size of the groups (variables)"}, "dtick": _step(curves)},
            yaxis={"title": {"text": f"{quantity} (nats)<br>synergy < 0 < redundancy"},
                   "zeroline": True, "automargin": True},
        ),
    }  # fmt: skip


def _step(curves: pd.DataFrame) -> int:
    return 1 if curves["order"].nunique() <= 12 else 3


def heat_map(
    values: NDArray[np.float64],
    rows: Sequence[str],
    columns: Sequence[str],
    hover: Sequence[Sequence[str]],
    title: str,
    symmetric: bool,
    x_title: str = "",
    top: float | None = None,
) -> Chart:
    """Chart a matrix; a symmetric scale has zero in its middle, and ends at `top` if given."""
    if top is None:
        known = values[np.isfinite(values)]
        top = (float(np.abs(known).max()) if len(known) else 1.0) or 1.0
    data: Chart = {
        "type": "heatmap",
        "z": [numbers(row) for row in values],
        "x": list(columns),
        "y": list(rows),
        "text": [list(row) for row in hover],
        "hovertemplate": "%{text}<extra></extra>",
        "colorscale": DIVERGING_SCALE if symmetric else SEQUENTIAL_SCALE,
        "zmin": -top if symmetric else 0.0,
        "zmax": top,
        "colorbar": {"title": {"text": title, "side": "right"}, "thickness": 12, "len": 0.9},
    }
    axis = {"automargin": True, "tickfont": {"size": 11}, "showgrid": False, "zeroline": False}
    angle = 0 if all(len(one) <= 3 for one in columns) else -90
    return {
        "data": [data],
        "layout": layout(
            height=150 + 20 * len(rows) + (60 if angle else 0),
            margin={"l": 10, "r": 10, "t": 20, "b": 10},
            xaxis=axis | {"tickangle": angle} | _ticks(columns)
            | ({"title": {"text": x_title, "standoff": 8}} if x_title else {}),
            yaxis=axis | {"autorange": "reversed"} | _ticks(rows),
        ),
    }  # fmt: skip


def _ticks(names: Sequence[str]) -> dict[str, Any]:
    return {"tickmode": "array", "tickvals": list(names), "ticktext": readable_names(names)}
