"""Tables of the explorer, as components of Dash: text only, whatever names are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...analysis.compensation import Conditional
from ...analysis.figures.names import readable
from ...analysis.twins import Neighbours
from ...sampling.evaluation.evaluator import Evaluation
from ...studies.explored import Column, Explored

_MOST_ROWS = 20


def table(head: Sequence[str], rows: Sequence[Sequence[Any]], caption: str = "") -> Any:
    """Make a table; a cell is a text or a component."""
    from dash import html

    return html.Table(
        [
            html.Caption(caption),
            html.Thead(html.Tr([html.Th(one, scope="col") for one in head])),
            html.Tbody([html.Tr([html.Td(cell) for cell in row]) for row in rows]),
        ]
    )


def named(column: Column) -> Any:
    """Give a short name with the whole one on hovering."""
    from dash import html

    return html.Span(column.short, title=column.name)


def compensation_table(columns: Sequence[Column], found: Conditional, moved: str) -> Any:
    """Say how the other parameters move, the farthest first, each with its error."""
    order = np.argsort(-np.abs(found.shift), kind="stable")
    rows = []
    for i in order:
        one = columns[i]
        if one.name == moved:
            continue
        error = found.error[i] / found.spread[i] if found.spread[i] > 0 else 0.0
        rows.append(
            [
                named(one),
                f"{found.mean[i]:.4g} ± {found.error[i]:.1g} {one.unit}",
                f"{found.before[i]:.4g}",
                f"{found.shift[i]:+.2f} ± {error:.2f}",
                f"{found.sd[i]:.3g}",
            ]
        )
    head = ["parameter", "mean there ± its error", "mean of all", "moves by (SD)", "SD there"]
    return table(
        head, rows[:_MOST_ROWS], "What the others do in the population, the farthest first"
    )


def neighbours_table(found: Neighbours, can_simulate: bool) -> Any:
    """List models beside one, with a button each."""
    from dash import html

    rows = []
    for row, fires, built in zip(
        found.rows, found.apart_in_features, found.apart_in_parameters, strict=True
    ):
        button: Any = ""
        if can_simulate:
            button = html.Button("put beside", id={"type": "beside", "row": int(row)})
        rows.append([f"model {row}", f"{fires:.2f}", f"{built:.2f}", button])
    head = ["model", "features apart (SD)", "parameters apart (of the bounds)", ""]
    return table(head, rows, "Root mean square differences from the model")


def contrast_table(found: pd.DataFrame, explored: Explored) -> Any:
    """Set two selections side by side, variables that differ most first."""
    rows = []
    for row in found.head(2 * _MOST_ROWS).to_dict("records"):
        one = explored.column(str(row["variable"]))
        interval = (
            "too few models" if not np.isfinite(row["low"])
            else f"{row['low']:+.3g} to {row['high']:+.3g}"
        )  # fmt: skip
        rows.append(
            [named(one), f"{row['first']:.4g}", f"{row['second']:.4g}",
             f"{row['difference']:+.3g} {one.unit}", interval, f"{row['shift']:+.2f}"]
        )  # fmt: skip
    head = ["variable", "mean of A", "mean of B", "B less A", "95 % interval", "in SDs of all"]
    return table(head, rows, "Variables that differ most first")


def scores_table(explored: Explored, found: Mapping[str, Evaluation]) -> Any:
    """Set features and scores of models side by side, those that differ or fit worst first."""
    from dash import html

    if explored.emodel is None or not found:
        return html.P("")
    features = explored.emodel.features
    scores = np.array([one.scores for one in found.values()])
    worst = np.nanmax(np.abs(scores), axis=0)
    apart = np.ptp(scores, axis=0) if len(scores) > 1 else worst
    rows = []
    for i in np.argsort(-np.nan_to_num(apart), kind="stable")[:_MOST_ROWS]:
        one = features[i]
        cells = []
        for evaluation in found.values():
            value = evaluation.features[i]
            shown = f"{value:.4g}" if np.isfinite(value) else "missing"
            cells.append(f"{shown} ({evaluation.scores[i]:.1f} SD)")
        rows.append(
            [html.Span(readable(one.name), title=one.name),
             f"{one.mean:.4g} ± {one.std:.3g} {one.unit}", *cells]
        )  # fmt: skip
    costs = ", ".join(f"{label}: cost {one.cost:.2f}" for label, one in found.items())
    return table(["feature", "target", *found], rows, costs)
