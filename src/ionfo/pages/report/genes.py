"""Pages about gene expression: tables beside each other, types by genes, and cells needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ...analysis.figures.colours import BLUE, GREEN, GREY, ORANGE, PINK
from ...analysis.figures.names import readable
from ...tables.files import write_text
from .charts import Chart, layout, numbers
from .glossary import TERMS
from .groups import by_table
from .html import section_html, whole_page
from .page import NAME
from .scale import correlation_of, listed, signed, span
from .section import Cell, Section

COLOURS = (BLUE, ORANGE, GREEN, PINK, GREY)
_MOST_LABELS = 12
_GENE_TERMS = (
    (
        "Adjusted Rand index",
        "How well two ways to sort cells agree: 1 where they are the same, 0 on average by chance.",
    ),
    (
        "Random sets",
        "As many genes as the set has, drawn from all genes, from differentially expressed ones, "
        "or from genes of like mean expression. A set is special where few of them do as well.",
    ),
)


def write_tables_page(folder: Path, curves: pd.DataFrame, pairs: pd.DataFrame) -> Path:
    """Write the page about tables measured at the same number of rows.

    Parameters
    ----------
    folder : Path
        Of the tables.
    curves, pairs : DataFrame
        ``beside_curves`` and ``beside_pairs``.

    Returns
    -------
    Path
        The page.
    """
    section = Section("answers", "In short", terms=list(TERMS))
    n_rows = int(curves["rows"].iloc[0])
    told = [f"Every table was measured at {n_rows} rows, since bias and extremes depend on it."]
    rows: list[list[Cell]] = []
    for name in dict.fromkeys(curves["table"]):
        own = curves[curves["table"] == name]
        whole = own[(own["statistic"] == "mean") & (own["order"] == own["order"].max())].iloc[0]
        sure = span(whole["low_nats"], whole["high_nats"])
        told.append(
            f"{name}: all {whole['variables']} variables together have "
            f"{signed(whole['corrected_nats'])} nats of O-information after correction (95 % {sure}"
            f"){_against_null(whole)}; {_pairs_told(pairs[pairs['table'] == name])}."
        )
        rows.append([str(name), f"{whole['rows']} of {whole['rows_of_the_table']}",
                     signed(whole["raw_nats"]), signed(whole["corrected_nats"]), sure])  # fmt: skip
    section.questions.append(("Which variables act together, and how sure is that?", told))
    head = ["table", "rows", "raw (nats)", "corrected (nats)", "95 % interval"]
    section.tables.append(("All variables of each table together", head, rows))
    section.charts.append((
        "O-information of groups of variables by their size, corrected for bias: mean with its "
        "95 % interval, and dotted the lowest and the highest.",
        by_table(curves),
    ))  # fmt: skip
    return write_gene_page(folder, "Tables side by side", [section])


def _against_null(row: pd.Series[Any]) -> str:
    p = float(row.get("p_adjusted", np.nan))
    if not np.isfinite(p):
        return ""
    return f", {'' if p <= 0.05 else 'not '}beyond shuffled rows (adjusted p {p:.2g})"


def _pairs_told(pairs: pd.DataFrame) -> str:
    counted = pairs[pairs["is_significant"]].sort_values("corrected_nats", ascending=False)
    if counted.empty:
        return f"none of {len(pairs)} pairs counts"
    parts = [
        f"{readable(str(one['x']))} with {readable(str(one['y']))} "
        f"({signed(one['corrected_nats'])} nats, as a correlation of "
        f"{correlation_of(one['corrected_nats']):.2f})"
        for one in counted.head(3).to_dict("records")
    ]
    return f"{len(counted)} of {len(pairs)} pairs count, most {listed(parts)}"


def write_types_page(
    folder: Path,
    title: str,
    sentences: Sequence[str],
    index: float,
    nulls: Mapping[str, NDArray[np.float64]],
    maps: Mapping[str, NDArray[np.float64]],
    labels: NDArray[np.str_],
) -> Path:
    """Write the page about types that clusters of a gene set find.

    Parameters
    ----------
    folder : Path
        Of the tables.
    title : str
        Of the page.
    sentences : sequence of str
        What was found.
    index : float
        Adjusted Rand index of the set.
    nulls : mapping of str to ndarray
        How random sets were drawn -> their indices.
    maps : mapping of str to ndarray, shape (n_cells, 2)
        Places of the cells by the genes that were taken.
    labels : ndarray of str, shape (n_cells,)
        Known types.

    Returns
    -------
    Path
        The page.
    """
    section = Section("answers", "In short", terms=list(_GENE_TERMS))
    section.questions.append(("How well do these genes tell the types apart?", list(sentences)))
    section.charts.append((
        "Adjusted Rand index of clusters and known types: random sets of as many genes as bars, "
        "the set itself as a line.",
        _index_chart(index, nulls),
    ))  # fmt: skip
    for name, places in maps.items():
        caption = f"Cells in the plane of UMAP by {name}, coloured by known type."
        section.charts.append((caption, _map_of_cells(places, labels)))
    return write_gene_page(folder, title, [section])


def _index_chart(index: float, nulls: Mapping[str, NDArray[np.float64]]) -> Chart:
    everything = np.concatenate([*nulls.values(), [index]])
    low, high = float(everything.min()), float(everything.max())
    size = max((high - low) / 40, 1e-6)
    data: list[Chart] = [
        {"type": "histogram", "x": numbers(scores), "name": f"{len(scores)} sets {name}",
         "xbins": {"start": low, "end": high + size, "size": size}, "opacity": 0.55,
         "marker": {"color": COLOURS[i % len(COLOURS)]}}
        for i, (name, scores) in enumerate(nulls.items())
    ]  # fmt: skip
    line = {"type": "line", "x0": index, "x1": index, "yref": "paper", "y0": 0, "y1": 1,
            "line": {"color": PINK, "width": 3}}  # fmt: skip
    words = {"x": index, "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False,
             "text": f"the set: {index:.3f}"}  # fmt: skip
    return {
        "data": data,
        "layout": layout(
            barmode="overlay", shapes=[line], annotations=[words],
            xaxis={"title": {"text": "adjusted Rand index"}},
            yaxis={"title": {"text": "random sets"}, "automargin": True},
        ),
    }  # fmt: skip


def points(i: int, name: str, x: ArrayLike, y: ArrayLike, **more: Any) -> Chart:
    """Chart the cells of the group of a number, with its colour and symbol."""
    symbol = ("circle", "diamond", "square")[i // len(COLOURS) % 3]
    return {
        "type": "scattergl", "mode": "markers", "name": name,
        "x": numbers(x, 4), "y": numbers(y, 4),
        "marker": {"size": 5, "color": COLOURS[i % len(COLOURS)], "symbol": symbol}, **more,
    }  # fmt: skip


def _map_of_cells(places: NDArray[np.float64], labels: NDArray[np.str_]) -> Chart:
    names, counts = np.unique(labels, return_counts=True)
    common = set(names[np.argsort(-counts, kind="stable")][:_MOST_LABELS].tolist())
    data = [
        points(i, name, *places[labels == name].T, hoverinfo="name")
        for i, name in enumerate(one for one in names.tolist() if one in common)
    ]
    rest = ~np.isin(labels, list(common))
    if rest.any():
        data.append(
            {"type": "scattergl", "mode": "markers", "name": "other types", "hoverinfo": "name",
             "x": numbers(places[rest, 0], 4), "y": numbers(places[rest, 1], 4),
             "marker": {"size": 3, "color": GREY, "opacity": 0.5}}
        )  # fmt: skip
    bare = {"showticklabels": False, "zeroline": False}
    return {
        "data": data,
        "layout": layout(
            height=460,
            xaxis={**bare, "title": {"text": "UMAP 1"}},
            yaxis={**bare, "title": {"text": "UMAP 2"}},
        ),
    }


def write_sizes_page(
    folder: Path, sentences: Sequence[str], sizes: pd.DataFrame, needed: pd.DataFrame
) -> Path:
    """Write the page about how many cells a verdict takes.

    Parameters
    ----------
    folder : Path
        Of the tables.
    sentences : sequence of str
        What was found.
    sizes, needed : DataFrame
        The tables of the same names.

    Returns
    -------
    Path
        The page.
    """
    section = Section("answers", "In short", terms=list(TERMS))
    section.questions.append(("How many cells does a verdict take?", list(sentences)))
    for group in dict.fromkeys(needed["group"]):
        own = needed[needed["group"] == group]
        data: list[Chart] = [
            {"type": "scatter", "mode": "markers", "name": name, "x": own["order"].tolist(),
             "y": numbers(own[column]), "marker": {"color": colour, "symbol": symbol, "size": 7}}
            for column, name, colour, symbol in (
                ("rows_needed", "drawn", BLUE, "circle"),
                ("rows_needed_extrapolated", "extrapolated", ORANGE, "x"),
            )
        ]  # fmt: skip
        section.charts.append((
            f"{group}: cells needed until the interval of the mean O-information excludes zero.",
            {"data": data, "layout": layout(
                xaxis={"title": {"text": "size of the groups (genes)"}},
                yaxis={"title": {"text": "cells"}, "type": "log", "automargin": True})},
        ))  # fmt: skip
        section.charts.append((
            f"{group}: mean O-information by the number of cells drawn, corrected for bias, with "
            "the central 95 % of draws.",
            _by_cells(sizes[sizes["group"] == group]),
        ))  # fmt: skip
    return write_gene_page(folder, "Cells that a verdict takes", [section])


def _by_cells(sizes: pd.DataFrame) -> Chart:
    orders = sorted(sizes["order"].unique().tolist())
    shown = list(dict.fromkeys([orders[0], orders[len(orders) // 2], orders[-1]]))
    data: list[Chart] = []
    for order, colour in zip(shown, COLOURS, strict=False):
        own = sizes[sizes["order"] == order]
        up = numbers(own["high_nats"] - own["corrected_nats"])
        down = numbers(own["corrected_nats"] - own["low_nats"])
        data.append(
            {"type": "scatter", "mode": "lines+markers", "name": f"{order} genes",
             "x": own["rows"].tolist(), "y": numbers(own["corrected_nats"]),
             "line": {"color": colour},
             "error_y": {"type": "data", "symmetric": False, "array": up, "arrayminus": down,
                         "thickness": 1, "color": colour}}
        )  # fmt: skip
    return {
        "data": data,
        "layout": layout(
            xaxis={"title": {"text": "cells drawn"}},
            yaxis={"title": {"text": "nats<br>synergy < 0 < redundancy"}, "automargin": True},
        ),
    }


def write_gene_page(folder: Path, title: str, parts: Sequence[Section]) -> Path:
    """Write the parts of a page about genes into a folder; give the page."""
    charts: list[Chart] = []
    body = [section_html(part, charts) for part in parts]
    links = [(part.key, part.title) for part in parts]
    text = whole_page(title, "", links, body, {"charts": charts, "explore": None})
    path = folder / NAME
    write_text(path, text)
    return path
