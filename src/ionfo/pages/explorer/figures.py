"""Figures of single models: traces, currents, voltage along the cell, conductances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...analysis.figures.colours import BLUE, GREEN, GREY, ORANGE, PINK
from ...analysis.figures.names import readable
from ...emodels.membrane_currents import MembraneCurrents
from ...sampling.evaluation.watched import Swept
from ...studies.explored import Explored
from ..report.charts import SEQUENTIAL_SCALE, Chart, layout, numbers, spread

Array = NDArray[np.float64]

LINE_COLOURS = (BLUE, ORANGE, GREEN, PINK)
"""Of the models that are shown at once."""

# of currents, which may be many
_CURRENT_COLOURS = (
    BLUE, ORANGE, GREEN, PINK, "#C7A12B", "#8B5FBF", "#B0413E", "#3AA6A6", "#5E6B2F", "#1F3F66",
    "#A0673B", "#D98CB3", "#6C8EBF", "#9AB83B", "#4B2E83",
)  # fmt: skip
_REST = ("other Na", "other K", "other Ca")  # what mechanisms do not tell of themselves, by its ion
_N_COLOURS = 24  # steps of the voltage along the cell
_LOW, _HIGH = -90.0, 30.0  # mV


def themed(chart: Chart, is_dark: bool) -> Chart:
    """Give a chart the colours of the reader's scheme."""
    ink, grid = ("#e6e9ee", "#37414f") if is_dark else ("#1c2330", "#dfe4ea")
    axes = {
        name: {**axis, "gridcolor": grid, "zerolinecolor": grid, "linecolor": grid}
        for name, axis in chart["layout"].items()
        if name.startswith(("xaxis", "yaxis"))
    }
    font = {"color": ink, "size": 12, "family": "system-ui, sans-serif"}
    bar = {"bgcolor": "rgba(0,0,0,0)", "color": grid, "activecolor": ink}
    return {**chart, "layout": {**chart["layout"], **axes, "font": font, "modebar": bar}}


def empty_chart(told: str, height: int = 260) -> Chart:
    """Give a place where a chart will be."""
    note = {"text": told, "showarrow": False, "xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5}
    hidden = {"visible": False}
    return {
        "data": [],
        "layout": layout(height=height, xaxis=hidden, yaxis=hidden, annotations=[note]),
    }


def traces_chart(
    swept: Mapping[str, Swept | None], protocol: str, threshold: float | None = None
) -> Chart:
    """Somatic voltages of models at one protocol, over each other.

    Parameters
    ----------
    swept : mapping of str to Swept or None
        Label -> what the model showed; None where it showed nothing yet.
    protocol : str
        Its name.
    threshold : float, optional
        Voltage (mV) above which there is a spike.
    """
    data = [
        {
            "type": "scattergl", "mode": "lines", "name": label,
            "x": numbers(one.t, 7), "y": numbers(one.voltage, 5),
            "line": {"color": LINE_COLOURS[i % len(LINE_COLOURS)], "width": 1.3},
            "hovertemplate": "%{x:.1f} ms: %{y:.1f} mV<extra>%{fullData.name}</extra>",
        }
        for i, (label, one) in enumerate(swept.items())
        if one is not None
    ]  # fmt: skip
    if not data:
        return empty_chart(f"no voltage of {protocol} yet", 340)
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    if threshold is not None:
        across = {"xref": "paper", "x0": 0, "x1": 1, "y0": threshold, "y1": threshold}
        shapes = [{"type": "line", **across, "line": {"color": GREY, "width": 1, "dash": "dot"}}]
        notes = [{"text": f"spike threshold {threshold:g} mV", "showarrow": False,
                  "xref": "paper", "x": 1, "xanchor": "right", "y": threshold,
                  "yanchor": "bottom", "font": {"size": 10, "color": GREY}}]  # fmt: skip
    return {
        "data": data,
        "layout": layout(
            height=340,
            title=_title(readable(protocol)),
            showlegend=len(data) > 1,
            shapes=shapes,
            annotations=notes,
            xaxis={"title": {"text": "time (ms)"}},
            yaxis={"title": {"text": "voltage at the soma (mV)"}, "automargin": True},
        ),
    }


def currents_chart(found: MembraneCurrents, place: str, mechanisms: Sequence[str]) -> Chart:
    """Share of every ionic current over time: outward above zero, inward below.

    A current has the same colour wherever it is drawn; the whole outward and inward currents are
    drawn above, on a logarithmic axis.

    Parameters
    ----------
    found : MembraneCurrents
        At one place during one protocol.
    place : str
        Its name, and that of the model.
    mechanisms : sequence of str
        All of the cell, whether or not they are here.
    """
    known = [*mechanisms, *_REST]
    names = sorted(found.currents, key=lambda one: -float(np.abs(found.currents[one]).mean()))
    values = np.array([found.currents[one] for one in names]).reshape(len(names), -1)
    outward, inward = np.maximum(values, 0.0), np.minimum(values, 0.0)
    data: list[dict[str, Any]] = []
    for sign, parts, group in ((1, outward, "out"), (-1, inward, "in")):
        total = np.abs(parts).sum(axis=0)
        share = 100.0 * np.divide(parts, total, out=np.zeros_like(parts), where=total > 0)
        for i, name in enumerate(names):
            if not np.any(parts[i]):
                continue
            colour = GREY
            if name in known:
                colour = _CURRENT_COLOURS[known.index(name) % len(_CURRENT_COLOURS)]
            is_named = sign > 0 or not np.any(outward[i])
            data.append(
                {
                    "type": "scatter", "mode": "lines", "x": numbers(found.t, 7),
                    "y": numbers(share[i], 4), "stackgroup": group, "name": _channel(name),
                    "legendgroup": name, "showlegend": bool(is_named),
                    "line": {"width": 0, "color": colour}, "fillcolor": colour,
                    "hovertemplate": "%{x:.1f} ms: %{y:.0f} %<extra>" + _channel(name) + "</extra>",
                }
            )  # fmt: skip
        data.append(
            {
                "type": "scatter", "mode": "lines", "x": numbers(found.t, 7),
                "y": numbers(np.where(total > 0, 1e3 * total, np.nan), 4), "yaxis": "y2",
                "name": "outward" if sign > 0 else "inward", "showlegend": True,
                "line": {"color": GREY, "width": 1.2, "dash": "solid" if sign > 0 else "dot"},
                "hovertemplate": "%{x:.1f} ms: %{y:.3g} uA/cm2<extra>%{fullData.name}</extra>",
            }
        )  # fmt: skip
    return {
        "data": data,
        "layout": layout(
            height=440,
            title=_title(f"ionic currents, {place}"),
            xaxis={"title": {"text": "time (ms)"}, "anchor": "y"},
            yaxis={"title": {"text": "inward | outward<br>share (%)"}, "domain": [0.0, 0.66],
                   "range": [-102, 102], "automargin": True},
            yaxis2={"title": {"text": "sum (uA/cm2)"}, "type": "log", "domain": [0.72, 1.0],
                    "anchor": "x", "automargin": True, "exponentformat": "e"},
        ),
    }  # fmt: skip


def along_chart(sections: Sequence[tuple[str, Array]], swept: Swept, frame: int) -> Chart:
    """Draw the cell with the voltage of each section as colour.

    Parameters
    ----------
    sections : sequence of tuple
        Region and course (um) of every section.
    swept : Swept
        Has the voltages.
    frame : int
        Which of its frames.
    """
    from plotly.colors import sample_colorscale

    frame = min(max(frame, 0), len(swept.frames) - 1)
    voltages = swept.along[:, frame]
    level = np.clip((voltages - _LOW) / (_HIGH - _LOW), 0, 1)
    step = np.minimum((level * _N_COLOURS).astype(int), _N_COLOURS - 1)
    shades = sample_colorscale(SEQUENTIAL_SCALE, (np.arange(_N_COLOURS) + 0.5) / _N_COLOURS)
    data: list[dict[str, Any]] = []
    for k in range(_N_COLOURS):
        x: list[float | None] = []
        y: list[float | None] = []
        for i in np.flatnonzero(step == k).tolist():
            points = sections[i][1]
            x += [*numbers(points[:, 0], 5), None]
            y += [*numbers(points[:, 1], 5), None]
        if x:
            data.append(
                {"type": "scatter", "mode": "lines", "x": x, "y": y, "showlegend": False,
                 "hoverinfo": "skip", "line": {"color": shades[k], "width": 2}}
            )  # fmt: skip
    middles = np.array([one.mean(axis=0) if len(one) else (np.nan, np.nan) for _, one in sections])
    data.append(
        {
            "type": "scatter", "mode": "markers", "x": numbers(middles[:, 0]),
            "y": numbers(middles[:, 1]), "showlegend": False,
            "text": [f"{one[0]}: {v:.1f} mV" for one, v in zip(sections, voltages, strict=True)],
            "hovertemplate": "%{text}<extra></extra>",
            "marker": {
                "size": 7, "color": numbers(voltages), "cmin": _LOW, "cmax": _HIGH,
                "colorscale": SEQUENTIAL_SCALE, "opacity": 0.9,
                "colorbar": {"title": {"text": "mV"}, "thickness": 10},
            },
        }
    )  # fmt: skip
    return {
        "data": data,
        "layout": layout(
            height=440,
            title=_title(f"voltage along the cell at {swept.frames[frame]:.1f} ms"),
            xaxis={"title": {"text": "x (um)"}, "zeroline": False},
            yaxis={"title": {"text": "y (um)"}, "scaleanchor": "x", "zeroline": False},
        ),
    }  # fmt: skip


def bars_chart(explored: Explored, shown: Mapping[str, Mapping[str, float]]) -> Chart:
    """Parameters of models between their bounds, with the population behind.

    Parameters
    ----------
    explored : Explored
        The population.
    shown : mapping of str to mapping
        Label -> parameter -> value.
    """
    columns = explored.of_kind("parameter")
    names = [one.name for one in columns]
    unit = explored.unit_parameters
    told = {
        one.name: f"{one.short} ({one.name}): {one.bounds[0]:.3g} to {one.bounds[1]:.3g} {one.unit}"
        for one in columns
    }
    chart = spread(
        {name: unit[:, i] for i, name in enumerate(names)},
        explored.weights,
        told,
        {"title": {"text": "fraction of the bounds; bars: central 50 % and 90 % of all models"},
         "range": [-0.03, 1.03]},
    )  # fmt: skip
    chart["data"][-1]["marker"] = {"color": GREY, "size": 6}
    for i, (label, values) in enumerate(shown.items()):
        known = [one for one in columns if one.name in values]
        place = [
            (values[one.name] - one.bounds[0]) / ((one.bounds[1] - one.bounds[0]) or 1.0)
            for one in known
        ]
        chart["data"].append(
            {
                "type": "scatter", "mode": "markers", "name": label, "x": numbers(place),
                "y": [one.name for one in known],
                "marker": {"color": LINE_COLOURS[i % len(LINE_COLOURS)], "size": 10,
                           "symbol": "diamond", "line": {"width": 1, "color": "white"}},
                "text": [
                    f"{one.short} ({one.name}): {values[one.name]:.4g} {one.unit}" for one in known
                ],
                "hovertemplate": "%{text}<extra>%{fullData.name}</extra>",
            }
        )  # fmt: skip
    return chart


def _title(text: str) -> dict[str, Any]:
    """Stand left of the buttons."""
    return {"text": text, "font": {"size": 13}, "x": 0.01, "xanchor": "left"}


def _channel(name: str) -> str:
    """Shorten the name of a mechanism as those of its conductance are."""
    return {"pas": "leak", "SKv3_1": "Kv3.1"}.get(name, name.replace("_", " "))
