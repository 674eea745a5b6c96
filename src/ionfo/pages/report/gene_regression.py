"""The pages about parameters and firing that genes tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...analysis.figures.colours import BLUE, GREEN, GREY, ORANGE
from .charts import Chart, heat_map, layout, numbers
from .genes import COLOURS, points, write_gene_page
from .section import Section

Array = NDArray[np.float64]

_TERMS = (
    (
        "Cross-validated R2",
        "Share of the variance of all parameters that a fit tells of cells it did not see: 0 is "
        "no better than the mean of the others, below 0 is worse.",
    ),
    (
        "Relaxed fit",
        "The genes that the sparse fit selects, fitted again without the penalty that selects.",
    ),
    (
        "Gain within families",
        "What genes add to the mean of the cell's family. A family label alone may tell as much as "
        "genes do; this is the part that is theirs.",
    ),
)


def write_regression_page(
    folder: Path,
    title: str,
    sentences: Sequence[str],
    tables: Mapping[str, pd.DataFrame],
    coefficients: pd.DataFrame,
    family: float,
) -> Path:
    """Write the page about a regression of parameters on genes.

    Parameters
    ----------
    folder : Path
        Of the tables.
    title : str
        Of the page.
    sentences : sequence of str
        What was found.
    tables : mapping of str to DataFrame
        ``path``, ``r2`` and ``components``.
    coefficients : DataFrame
        Of the selected genes (rows) for parameters (columns).
    family : float
        R2 of the means of families.

    Returns
    -------
    Path
        The page.
    """
    section = Section("answers", "In short", terms=list(_TERMS))
    section.questions.append(("What do genes tell of the parameters?", list(sentences)))
    section.charts.append((
        "Cross-validated R2 by the number of genes that are selected along the path of penalties; "
        "dotted: prepared once over all cells, which leaks; the line is the mean of the family.",
        path_chart(tables["path"], family),
    ))  # fmt: skip
    section.charts.append((
        "Cross-validated R2 of each parameter by genes, by the mean of the family, and by genes "
        "within families.",
        _bars(tables["r2"]),
    ))  # fmt: skip
    section.charts.append((
        "Cells in the plane of two components of their genes, coloured by family.",
        components_chart(tables["components"]),
    ))  # fmt: skip
    if len(coefficients):
        hover = [
            [f"{gene}, {name}: {value:+.3f} SD of the parameter by SD of the gene"
             for name, value in row.items()]
            for gene, row in coefficients.iterrows()
        ]  # fmt: skip
        section.charts.append((
            "Coefficients of the selected genes, in SDs.",
            heat_map(
                coefficients.to_numpy(), [str(one) for one in coefficients.index],
                [str(one) for one in coefficients], hover, "coefficient", symmetric=True,
            ),
        ))  # fmt: skip
    return write_gene_page(folder, title, [section])


def path_chart(path: pd.DataFrame, family: float) -> Chart:
    """Chart R2 against the genes that are selected, with the mean of the family as a line."""
    data: list[Chart] = []
    for fit, colour in (("sparse", BLUE), ("relaxed", ORANGE)):
        for prepared, dash in (("inside_folds", "solid"), ("over_all_cells", "dot")):
            rows = path[(path["fit"] == fit) & (path["prepared"] == prepared)]
            data.append(
                {"type": "scatter", "mode": "lines+markers" if dash == "solid" else "lines",
                 "name": fit if dash == "solid" else f"{fit}, prepared once",
                 "x": numbers(rows["genes"]), "y": numbers(rows["r2"]),
                 "customdata": numbers(rows["penalty"], 3),
                 "hovertemplate": "%{x} genes: R2 %{y}, penalty %{customdata}<extra></extra>",
                 "line": {"color": colour, "dash": dash}}
            )  # fmt: skip
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": family, "y1": family,
            "line": {"color": GREY, "width": 2}}  # fmt: skip
    words = {"xref": "paper", "x": 1, "y": family, "xanchor": "right", "yanchor": "bottom",
             "showarrow": False, "text": f"mean of the family: {family:.3f}"}  # fmt: skip
    return {
        "data": data,
        "layout": layout(
            shapes=[line], annotations=[words],
            xaxis={"title": {"text": "genes selected"}},
            yaxis={"title": {"text": "cross-validated R2"}, "automargin": True},
        ),
    }  # fmt: skip


def _bars(r2: pd.DataFrame) -> Chart:
    data: list[Chart] = [
        {"type": "bar", "name": words, "x": r2["parameter"].tolist(), "y": numbers(r2[name], 3),
         "marker": {"color": colour}}
        for name, words, colour in (
            ("genes", "genes", BLUE),
            ("family", "mean of the family", GREY),
            ("genes_within_families", "genes within families", GREEN),
        )
    ]  # fmt: skip
    axis = {"title": {"text": "cross-validated R2"}, "automargin": True}
    return {
        "data": data,
        "layout": layout(barmode="group", yaxis=axis, xaxis={"automargin": True}),
    }


def components_chart(components: pd.DataFrame) -> Chart:
    """Chart cells in the plane of the first two components of their genes."""
    has_two = "genes_2" in components
    hover = "%{text}<extra>%{fullData.name}</extra>"
    data = [
        points(i, str(name), rows["genes_1"], rows["genes_2" if has_two else "parameters_1"],
               text=rows["cell"].tolist(), hovertemplate=hover)
        for i, (name, rows) in enumerate(components.groupby("family"))
    ]  # fmt: skip
    axes = ("component 1 of genes", f"component {'2 of genes' if has_two else '1 of parameters'}")
    return {
        "data": data,
        "layout": layout(
            height=440,
            xaxis={"title": {"text": axes[0]}},
            yaxis={"title": {"text": axes[1]}, "automargin": True},
        ),
    }


def write_prediction_page(
    folder: Path,
    title: str,
    sentences: Sequence[str],
    by_feature: pd.DataFrame,
    panels: Mapping[str, Mapping[str, tuple[Array, Array]]],
) -> Path:
    """Write the page about firing that genes predict.

    Parameters
    ----------
    folder : Path
        Of the tables.
    title : str
        Of the page.
    sentences : sequence of str
        What was found.
    by_feature : DataFrame
        ``predictor``, ``feature``, ``error_sd`` and ``coverage_90``.
    panels : mapping of str to mapping of str to tuple of ndarray
        Cell -> way -> times (ms) and voltages (mV).

    Returns
    -------
    Path
        The page.
    """
    section = Section("answers", "In short", terms=list(_TERMS[2:]))
    section.questions.append(("Do genes predict how a cell fires?", list(sentences)))
    for column, caption, axis in (
        ("error_sd", "Median absolute error of each feature, in SDs of the measured cells.", "SD"),
        ("coverage_90", "Share of cells inside the predicted interval of 90 %.", "share"),
    ):
        section.charts.append((caption, _by_feature(by_feature, column, axis)))
    parts = [section]
    if panels:
        traces = Section("voltages", "Traces of chosen cells")
        for cell, ways in panels.items():
            data: list[Chart] = [
                {"type": "scatter", "mode": "lines", "name": way, "x": numbers(t, 5),
                 "y": numbers(v, 4), "line": {"color": COLOURS[i % len(COLOURS)], "width": 1}}
                for i, (way, (t, v)) in enumerate(ways.items())
            ]  # fmt: skip
            axes = {"xaxis": {"title": {"text": "t (ms)"}},
                    "yaxis": {"title": {"text": "v (mV)"}, "automargin": True}}  # fmt: skip
            traces.charts.append((f"{cell}: voltages", {"data": data, "layout": layout(**axes)}))
        parts.append(traces)
    return write_gene_page(folder, title, parts)


def _by_feature(table: pd.DataFrame, column: str, axis: str) -> Chart:
    data: list[Chart] = []
    for i, name in enumerate(dict.fromkeys(table["predictor"])):
        rows = table[table["predictor"] == name]
        data.append(
            {"type": "scatter", "mode": "lines+markers", "name": str(name),
             "x": rows["feature"].tolist(), "y": numbers(rows[column], 3),
             "line": {"color": COLOURS[i % len(COLOURS)], "width": 1}}
        )  # fmt: skip
    return {
        "data": data,
        "layout": layout(
            height=440,
            xaxis={"automargin": True, "tickangle": -60},
            yaxis={"title": {"text": axis}, "automargin": True},
            legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        ),
    }  # fmt: skip
