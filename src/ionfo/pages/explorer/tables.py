"""Tables of the explorer, as components of Dash: text only, whatever names are made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ...analysis.compensation import Conditional
from ...analysis.figures.names import readable
from ...analysis.twins import Neighbours
from ...sampling.evaluation.evaluator import Evaluation
from ...studies.explored import Column, Explored

_MOST_ROWS = 20
_COSTS = {
    "max": "Cost = score of the worst feature.",
    "sum": "Cost = sum of the scores.",
    "mean": "Cost = mean of the scores.",
}


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[Any]],
    caption: str = "",
    faint: Collection[int] = (),
) -> Any:
    """Make a table; a cell is a text or a component, and some rows are faint."""
    from dash import html

    return html.Table(
        [
            html.Caption(caption),
            html.Thead(html.Tr([html.Th(one, scope="col") for one in head])),
            html.Tbody(
                [
                    html.Tr(
                        [html.Td(cell) for cell in row], className="faint" if i in faint else ""
                    )
                    for i, row in enumerate(rows)
                ]
            ),
        ]
    )


def named(column: Column) -> Any:
    """Give a short name with the whole one on hovering."""
    from dash import html

    return html.Span(column.short, title=column.name)


def compensation_table(columns: Sequence[Column], found: Conditional, moved: str) -> Any:
    """Say how the other parameters move, the surest first, each with its error."""
    error = np.divide(
        found.error, found.spread, out=np.zeros_like(found.error), where=found.spread > 0
    )
    sure = np.abs(found.shift) / np.maximum(error, 1e-12)
    rows: list[Sequence[Any]] = []
    faint = set()
    for i in np.argsort(-sure, kind="stable"):
        one = columns[i]
        if one.name == moved:
            continue
        if not found.is_clear[i]:
            faint.add(len(rows))
        word = "more" if found.shift[i] > 0 else "less"
        rows.append(
            [
                named(one),
                f"{found.mean[i]:.4g} ± {found.error[i]:.1g} {one.unit}",
                f"{found.before[i]:.4g}",
                f"{word} {found.shift[i]:+.2f} ± {error[i]:.2f}",
                f"{found.sd[i]:.3g}",
            ]
        )
    head = ["parameter", "mean there ± its error", "mean of all",
            "moves by (SDs of the population)", "SD there"]  # fmt: skip
    told = (
        "What the others do in the population, the surest first; grey: moves by less than two of "
        "its errors"
    )
    return table(head, rows[:_MOST_ROWS], told, faint)


def changes_table(explored: Explored, model: Mapping[str, Any]) -> Any:
    """Say what was changed in a model whose other parameters were moved too, the most first."""
    told = []
    for name, old, new, is_clipped in model["changes"]:
        one = explored.column(name)
        share = abs(new - old) / ((one.bounds[1] - one.bounds[0]) or 1.0)
        mark = "ended at its bound" if is_clipped else ""
        told.append((share, [named(one), f"{old:.4g}", f"{new:.4g} {one.unit}", mark]))
    told.sort(key=lambda each: -each[0])
    head = ["parameter", "from", "to", ""]
    caption = f"{model['label']}: what was changed in {model['of']}, the most first"
    return table(head, [row for _, row in told], caption)


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
    told = (
        "Variables that differ most first. Each interval is Welch's for its variable alone: where "
        "nothing differs, about one in 20 leaves out zero."
    )
    return table(head, rows, told)


def scores_table(explored: Explored, found: Mapping[str, Evaluation]) -> Any:
    """Set features and scores of models side by side, those that differ or fit worst first."""
    from dash import html

    if explored.emodel is None or not found:
        return html.P("")
    features = explored.emodel.features
    scores = np.array([one.scores for one in found.values()])
    worst = np.nanmax(np.abs(scores), axis=0)
    apart = np.ptp(scores, axis=0) if len(scores) > 1 else worst
    order = np.argsort(-np.nan_to_num(apart), kind="stable").tolist()
    rates = [i for i in order[_MOST_ROWS:] if features[i].name.endswith(".mean_frequency")]
    rows: list[Sequence[Any]] = []
    for i in order[:_MOST_ROWS] + rates:
        one = features[i]
        unit = "" if one.unit == "1" else one.unit
        rows.append(
            [html.Span(readable(one.name), title=one.name),
             f"{one.mean:.4g} ± {one.std:.3g} {unit}",
             *(_scored(each, one.name, i) for each in found.values())]
        )  # fmt: skip
    what = "that differ most" if len(found) > 1 else "that fit worst"
    told = f"{min(_MOST_ROWS, len(features))} of {len(features)} features, those {what}"
    told += ", and the other rates." if rates else "."
    costs = "; ".join(
        f"{label}: cost {one.cost:.2f}, median |SD| {np.nanmedian(np.abs(one.scores)):.2f}"
        for label, one in found.items()
    )
    how = "" if explored.spec is None else f" {_COSTS[explored.spec.cost]}"
    head = ["feature", "target", *(f"{label}: value (SDs from the target)" for label in found)]
    return table(head, rows, f"{costs}.{how} {told}")


def _scored(evaluation: Evaluation, name: str, i: int) -> str:
    """Give a value with its score, or say why there is none."""
    value = evaluation.features[i]
    if np.isfinite(value):
        return f"{value:.4g} ({evaluation.scores[i]:.1f} SD)"
    return ": ".join(["missing", *filter(None, [evaluation.reasons.get(name, "")])])
