"""The page about cells that could have fired spike trains: feedback, conductances, what they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...analysis.figures.colours import BLUE, GREEN, GREY, ORANGE, PINK
from ...features.spike_times import UNITS, Descriptors
from ...limits import shortened
from ...tables.files import write_text
from .charts import SEQUENTIAL_SCALE, Chart, layout, numbers, spread
from .html import section_html, whole_page
from .page import NAME
from .section import Cell, Section

Array = NDArray[np.float64]

_REGIMES = {"regular": BLUE, "bursting": ORANGE, "silent": GREY}
_COLOURS = (BLUE, GREEN, ORANGE, PINK)
_TERMS = [
    (
        "g_f, g_s, g_u",
        "Fast, slow and ultraslow dynamic input conductance at threshold, over the leak: how "
        "strongly the membrane feeds back on its voltage. Above 0 the feedback restores the "
        "voltage, below 0 it drives it away.",
    ),
    (
        "Regime",
        "Regular where the coefficient of variation of the intervals is up to 0.15, else bursting. "
        "A train that misses spikes can look bursting though its cell is regular.",
    ),
    (
        "Bursts",
        "Part of the training trains like this one whose cells burst.",
    ),
]


@dataclass(frozen=True)
class ReconstructedTrain:
    """A train and the cells that were made for it.

    Attributes
    ----------
    name, caution : str
        Of the train; what should be known before its estimate is believed, or empty.
    times : ndarray, shape (n_spikes,)
        Spike times (ms).
    told : Descriptors
        Of the train.
    bursting : float
        Part of alike training trains whose cells burst.
    mean, sd : ndarray, shape (2,)
        Of the density of (g_s, g_u).
    density : ndarray, shape (n_g_u, n_g_s)
        On the grid of the page.
    targets : ndarray, shape (n, 2)
        (g_s, g_u) of the cells.
    conductances : ndarray, shape (n, n_channels)
        mS/cm2.
    voltages : ndarray, shape (n_shown, n_times)
        Of some cells (mV).
    outputs : list of Descriptors
        Of simulated cells.
    """

    name: str
    caution: str
    times: Array
    told: Descriptors
    bursting: float
    mean: Array
    sd: Array
    density: Array
    targets: Array
    conductances: Array
    voltages: Array
    outputs: list[Descriptors]


@dataclass(frozen=True)
class DicsPage:
    """What the page shows.

    Attributes
    ----------
    model : str
        Name of the point model.
    channels : sequence of str
        Of the conductances.
    sentences : sequence of str
        What was inferred and made.
    g_s, g_u : ndarray
        The grid of the densities.
    voltage_times : ndarray, shape (n_times,)
        Of the voltages (ms).
    trains : sequence of ReconstructedTrain
        What is shown.
    cautions : sequence of str
        What should be known of all.
    """

    model: str
    channels: Sequence[str]
    sentences: Sequence[str]
    g_s: Array
    g_u: Array
    voltage_times: Array
    trains: Sequence[ReconstructedTrain]
    cautions: Sequence[str]


def write_dics_page(folder: Path, page: DicsPage) -> Path:
    """Write the page; give its path.

    Parameters
    ----------
    folder : Path
        That exists.
    page : DicsPage
        What to show.

    Returns
    -------
    Path
        The page.
    """
    parts = [
        _in_short(page),
        _trains(page),
        _plane(page),
        _conductances(page),
        _traces(page),
        _input_and_output(page),
    ]
    charts: list[Chart] = []
    body = [section_html(part, charts) for part in parts]
    links = [(part.key, part.title) for part in parts]
    title = f"Cells of '{page.model}' that could have fired these spike trains"
    path = folder / NAME
    write_text(path, whole_page(title, "", links, body, {"charts": charts, "explore": None}))
    return path


def _plain(name: str, most: int = 30) -> str:
    """Give a name as a chart shows it, where markup would be drawn."""
    return escape(shortened(name, most))


def _in_short(page: DicsPage) -> Section:
    section = Section("summary", "In short", cautions=list(page.cautions), terms=list(_TERMS))
    section.words += list(page.sentences)
    head = ["train", "regime", "bursts", "spikes", "g_s ± SD", "g_u ± SD", "cells", "caution"]
    rows: list[list[Cell]] = [
        [
            one.name, one.told.regime, f"{one.bursting:.0%}", str(one.told.n_spikes),
            f"{one.mean[0]:.2f} ± {one.sd[0]:.2f}", f"{one.mean[1]:.2f} ± {one.sd[1]:.2f}",
            str(len(one.conductances)), one.caution,
        ]
        for one in page.trains
    ]  # fmt: skip
    section.tables.append(("Estimates", head, rows))
    return section


def _trains(page: DicsPage) -> Section:
    """Draw every spike as a tick, a row a train."""
    section = Section("trains", "The trains")
    data: list[Chart] = []
    for i, one in enumerate(page.trains):
        times = numbers((one.times - one.times[0]) / 1000, 7)
        data.append(
            {"type": "scatter", "mode": "markers", "x": times, "y": [i] * len(times),
             "showlegend": False, "name": _plain(one.name),
             "hovertemplate": "%{x} s<extra>%{fullData.name}</extra>",
             "marker": {"symbol": "line-ns-open", "size": 14, "color": _REGIMES[one.told.regime]}}
        )  # fmt: skip
    section.charts.append((
        "Spikes of every train from its first one on (blue: regular, orange: bursting).",
        {"data": data, "layout": layout(
            height=120 + 26 * len(page.trains), xaxis={"title": {"text": "t (s)"}},
            yaxis={"tickmode": "array", "tickvals": list(range(len(data))), "automargin": True,
                   "ticktext": [_plain(one.name) for one in page.trains], "zeroline": False,
                   "showgrid": False, "range": [len(data) - 0.4, -0.6]})},
    ))  # fmt: skip
    return section


def _plane(page: DicsPage) -> Section:
    section = Section("plane", "Where they lie in the (g_s, g_u) plane")
    section.words.append(
        "With g_s above 0 a cell fires regularly, with g_s below 0 it bursts, and g_u sets how "
        "often. For g_s above 0 spikes hardly depend on g_s, so that the density is wide there."
    )
    if len(page.trains) > 1:
        data: list[Chart] = []
        for regime, colour in _REGIMES.items():
            own = [one for one in page.trains if one.told.regime == regime]
            if own:
                data.append(_means(own, regime, colour))
        caption = "Mean and SD of the density of every train."
        section.charts.append((caption, {"data": data, "layout": _plane_layout(page)}))
    for i, one in enumerate(page.trains):
        chart = (f"{one.name}: density, targets of the cells, and their mean.",
                 {"data": _density(page, one), "layout": _plane_layout(page)})  # fmt: skip
        (section.charts if i == 0 else section.folded).append(chart)
    return section


def _means(trains: Sequence[ReconstructedTrain], regime: str, colour: str) -> Chart:
    mean, sd = np.array([one.mean for one in trains]), np.array([one.sd for one in trains])
    return {
        "type": "scatter", "mode": "markers", "name": regime,
        "x": numbers(mean[:, 0]), "y": numbers(mean[:, 1]),
        "error_x": {"type": "data", "array": numbers(sd[:, 0]), "thickness": 1, "color": colour},
        "error_y": {"type": "data", "array": numbers(sd[:, 1]), "thickness": 1, "color": colour},
        "text": [_plain(one.name) for one in trains], "marker": {"size": 8, "color": colour},
        "hovertemplate": "%{text}: g_s %{x:.3g}, g_u %{y:.3g}<extra></extra>",
    }  # fmt: skip


def _density(page: DicsPage, one: ReconstructedTrain) -> list[Chart]:
    return [
        {"type": "heatmap", "x": numbers(page.g_s), "y": numbers(page.g_u),
         "z": [numbers(row, 3) for row in one.density], "colorscale": SEQUENTIAL_SCALE,
         "zmin": 0, "hoverinfo": "skip",
         "colorbar": {"title": {"text": "density", "side": "right"}, "thickness": 12}},
        {"type": "scatter", "mode": "markers", "name": "targets of the cells",
         "x": numbers(one.targets[:, 0], 4), "y": numbers(one.targets[:, 1], 4),
         "marker": {"size": 4, "color": ORANGE, "opacity": 0.6},
         "hovertemplate": "g_s %{x:.3g}, g_u %{y:.3g}<extra></extra>"},
        {"type": "scatter", "mode": "markers", "name": "mean", "x": numbers(one.mean[:1]),
         "y": numbers(one.mean[1:]),
         "marker": {"size": 13, "symbol": "cross", "color": PINK, "line": {"width": 1}},
         "hovertemplate": "mean: g_s %{x:.3g}, g_u %{y:.3g}<extra></extra>"},
    ]  # fmt: skip


def _plane_layout(page: DicsPage) -> Chart:
    return layout(
        height=430,
        xaxis={"title": {"text": "g_s (over the leak)"},
               "range": [float(page.g_s[0]), float(page.g_s[-1])], "zeroline": True},
        yaxis={"title": {"text": "g_u (over the leak)"}, "automargin": True,
               "range": [float(page.g_u[0]), float(page.g_u[-1])]},
    )  # fmt: skip


def _conductances(page: DicsPage) -> Section:
    section = Section("conductances", "Conductances")
    section.words.append(
        "The same feedback is met by cells of very different conductances: each is shown over its "
        "median among the cells of the train."
    )
    for i, one in enumerate(page.trains):
        middle = np.median(one.conductances, axis=0)
        positions = {
            name: one.conductances[:, c] / middle[c] if middle[c] > 0 else one.conductances[:, c]
            for c, name in enumerate(page.channels)
        }
        told = {
            name: f"{name}: median {middle[c]:.3g} mS/cm2" for c, name in enumerate(page.channels)
        }
        chart = spread(
            positions, np.ones(len(one.conductances)), told,
            {"title": {"text": "conductance over its median"}},
        )  # fmt: skip
        (section.charts if i == 0 else section.folded).append((f"{one.name}: cells.", chart))
    return section


def _traces(page: DicsPage) -> Section:
    section = Section("traces", "Traces of members", menu="train")
    for one in page.trains:
        n = len(one.voltages)
        data: list[Chart] = [
            {"type": "scatter", "mode": "lines", "x": numbers(page.voltage_times, 6),
             "y": numbers(row, 4), "name": f"cell {i + 1}", "xaxis": "x",
             "yaxis": f"y{i + 1 if i else ''}", "line": {"width": 1, "color": _COLOURS[i % 4]}}
            for i, row in enumerate(one.voltages)
        ]  # fmt: skip
        shape: Chart = {"xaxis": {"title": {"text": "t (ms)"}, "anchor": f"y{n if n > 1 else ''}"}}
        for i in range(n):
            shape[f"yaxis{i + 1 if i else ''}"] = {
                "domain": [1 - (i + 1) / n + 0.02, 1 - i / n], "nticks": 4, "automargin": True,
                "title": {"text": "mV", "standoff": 2}, "zeroline": False,
            }  # fmt: skip
        caption = f"{one.name.replace(':', ' ')}: voltage of {n} of its cells, without noise."
        section.charts.append((caption, {"data": data, "layout": layout(height=460, **shape)}))
    return section


def _input_and_output(page: DicsPage) -> Section:
    """Set the descriptors of trains beside those of their cells."""
    section = Section("output", "Input and output")
    n = sum(len(one.outputs) for one in page.trains)
    section.words.append(
        f"{n:,} of the cells were simulated without noise and their trains described as the input "
        "was. Boxes: quartiles of the cells; diamonds: the input."
    )
    for name, unit in UNITS.items():
        if name in ("n_spikes", "cv"):
            continue
        shown = [one for one in page.trains if np.isfinite(one.told.numbers()[name])]
        if shown:
            title = name.replace("_", " ")
            caption = f"{title[0].upper()}{title[1:]} ({unit}) of every train and of its cells."
            section.charts.append((caption, _boxes(shown, name, unit)))
    rows: list[list[Cell]] = []
    for one in page.trains:
        fires = np.mean([x.regime == one.told.regime for x in one.outputs])
        rows.append([one.name, "regime", one.told.regime, f"{fires:.0%} of the cells", ""])
        for name, unit in UNITS.items():
            wanted = one.told.numbers()[name]
            got = np.array([x.numbers()[name] for x in one.outputs])
            got = got[np.isfinite(got)]
            if name != "n_spikes" and np.isfinite(wanted) and len(got):
                low, middle, high = np.quantile(got, [0.05, 0.5, 0.95])
                rows.append([one.name, f"{name.replace('_', ' ')} ({unit})", f"{wanted:.3g}",
                             f"{middle:.3g}", f"{low:.3g} to {high:.3g}"])  # fmt: skip
    head = ["train", "descriptor", "input", "median of the cells", "central 90 %"]
    section.tables.append(("Descriptors of input and output", head, rows))
    return section


def _boxes(trains: Sequence[ReconstructedTrain], name: str, unit: str) -> Chart:
    data: list[Chart] = []
    for i, one in enumerate(trains):
        values = numbers([x.numbers()[name] for x in one.outputs])
        data.append(
            {"type": "box", "x": [i] * len(values), "y": values, "showlegend": False,
             "name": _plain(one.name), "marker": {"color": BLUE, "size": 3}, "boxpoints": False,
             "hoverinfo": "y"}
        )  # fmt: skip
    data.append(
        {"type": "scatter", "mode": "markers", "name": "input", "x": list(range(len(trains))),
         "y": numbers([one.told.numbers()[name] for one in trains]),
         "marker": {"symbol": "diamond", "size": 11, "color": ORANGE},
         "hovertemplate": "input: %{y}<extra></extra>"}
    )  # fmt: skip
    return {
        "data": data,
        "layout": layout(
            height=330,
            xaxis={"tickmode": "array", "tickvals": list(range(len(trains))), "automargin": True,
                   "zeroline": False, "ticktext": [_plain(one.name, 16) for one in trains]},
            yaxis={"title": {"text": unit}, "automargin": True},
        ),
    }  # fmt: skip
