"""The page about groups of rows: what acts together in each, and how they differ."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ...analysis.figures.colours import BLUE, GREEN, GREY, ORANGE, PINK
from ...analysis.figures.names import readable
from ...tables.files import write_text
from .answers import together
from .charts import Chart, layout, numbers
from .glossary import TERMS
from .html import section_html, whole_page
from .page import NAME
from .scale import signed, span
from .section import Cell, Section
from .sureness import sure
from .tables import Material

_COLOURS = (BLUE, ORANGE, GREEN, PINK, GREY)


def write_groups_page(
    folder: Path,
    curves: pd.DataFrame,
    compared: pd.DataFrame,
    groups: Mapping[str, tuple[Mapping[str, Any], Mapping[str, pd.DataFrame]]],
) -> Path:
    """Write the page about groups.

    Parameters
    ----------
    folder : Path
        Of the groups; the page is written beside their tables.
    curves, compared : DataFrame
        Measures at equal rows by group, and the tests of pairs of groups.
    groups : mapping of str to tuple
        Name of a group -> its summary and tables, with all its rows.

    Returns
    -------
    Path
        The page.
    """
    parts = [_differences(curves, compared)]
    for i, (name, (summary, tables)) in enumerate(groups.items()):
        material = Material(name, summary, tables, pd.DataFrame(), {}, None)
        part = Section(f"group-{i}", f"{name} ({summary['rows']} rows)")
        part.questions = [
            ("What acts together?", together(material)),
            ("How sure is that?", sure(material)),
        ]
        parts.append(part)
    charts: list[Chart] = []
    body = [section_html(part, charts) for part in parts]
    path = folder / NAME
    links = [(part.key, part.title) for part in parts]
    text = whole_page("Groups compared", "", links, body, {"charts": charts, "explore": None})
    write_text(path, text)
    return path


def _differences(curves: pd.DataFrame, compared: pd.DataFrame) -> Section:
    """Tell and draw how groups differ at the same number of rows."""
    section = Section("differences", "How the groups differ", terms=list(TERMS))
    n_rows = int(curves["rows"].iloc[0])
    section.words.append(
        f"Every group was measured at the same number of rows, {n_rows}, since bias and "
        "extremes depend on it."
    )
    rows: list[list[Cell]] = []
    for row in compared.to_dict("records"):
        measure = _measure(str(row["measure"]))
        is_beyond = float(row["p_adjusted"]) <= 0.05
        more = row["first"] if row["difference_of_areas"] > 0 else row["second"]
        section.words.append(
            f"{measure}: {row['first']} and {row['second']} "
            + (
                f"differ, {more} is the more redundant"
                if is_beyond
                else "do not differ beyond chance"
            )
            + f" (area between the curves {signed(row['difference_of_areas'])}, 95 % "
            f"{span(row['low'], row['high'])}, adjusted p {row['p_adjusted']:.2g})."
        )
        rows.append([measure, str(row["first"]), str(row["second"]),
                     signed(row["difference_of_areas"]), f"{row['effect_size']:.2f}",
                     f"{row['p_adjusted']:.2g}"])  # fmt: skip
    if rows:
        section.tables.append((
            "Pairs of groups",
            ["measure", "first", "second", "difference of areas", "effect size", "adjusted p"],
            rows,
        ))  # fmt: skip
    for measure in dict.fromkeys(curves["measure"]):
        own = curves[curves["measure"] == measure]
        section.charts.append((
            f"{_measure(str(measure))} of sets of variables by their size, corrected for bias: "
            "mean with its 95 % interval, and dotted the lowest and the highest.",
            by_table(own),
        ))  # fmt: skip
    return section


def _measure(name: str) -> str:
    """Turn the name of a question in a table into words."""
    if name == "o_information":
        return "O-information"
    target = name.removeprefix("redundancy_synergy ")
    return f"RSI about the {readable(target)}"


def by_table(curves: pd.DataFrame) -> Chart:
    """Draw mean, lowest and highest by order, a colour a table."""
    data: list[Chart] = []
    for i, name in enumerate(dict.fromkeys(curves["table"])):
        own = curves[curves["table"] == name]
        colour = _COLOURS[i % len(_COLOURS)]
        for statistic in ("mean", "min", "max"):
            one = own[own["statistic"] == statistic]
            trace: Chart = {
                "type": "scatter", "x": one["order"].tolist(), "y": numbers(one["corrected_nats"]),
                "name": str(name), "legendgroup": str(name), "showlegend": statistic == "mean",
                "mode": "lines+markers" if statistic == "mean" else "lines",
                "line": {"color": colour, "dash": "solid" if statistic == "mean" else "dot"},
                "hovertemplate": f"{statistic}, size %{{x}}: %{{y}} nats",
            }  # fmt: skip
            if statistic == "mean":
                trace["error_y"] = {
                    "type": "data", "symmetric": False, "color": colour, "thickness": 1,
                    "array": numbers(one["high_nats"] - one["corrected_nats"]),
                    "arrayminus": numbers(one["corrected_nats"] - one["low_nats"]),
                }  # fmt: skip
            data.append(trace)
    return {
        "data": data,
        "layout": layout(
            xaxis={"title": {"text": "size of the sets (variables)"},
                   "dtick": 1 if curves["order"].nunique() <= 12 else 3},
            yaxis={"title": {"text": "nats<br>synergy < 0 < redundancy"}, "zeroline": True,
                   "automargin": True},
        ),
    }  # fmt: skip
