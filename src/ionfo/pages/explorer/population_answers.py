"""What the explorer answers from the population alone, and which models it shows."""

from __future__ import annotations

from typing import Any

from ...errors import IonfoError
from ...studies.explored import Explored
from ...studies.simulations import Simulations
from . import figures, tables
from .callbacks import Answer, answers, touched
from .exports import hoc_file, model_json, selection_file
from .state import (
    Shown,
    compensated,
    key_of,
    model_of_row,
    moved,
    with_more,
    within_bounds,
    without_cancelled,
)

_NO_MODEL = "choose a model first, by its number or by a click on its point"


def answer_population(app: Any, explored: Explored, simulations: Simulations | None) -> None:
    """Answer what takes no simulation.

    Parameters
    ----------
    app : dash.Dash
        The page.
    explored : Explored
        What is explored.
    simulations : Simulations or None
        What simulates, if anything can.
    """
    _answer_shown(app, explored, simulations)
    _answer_move(app, explored)
    _answer_neighbours(app, explored)
    _answer_selections(app, explored)


def _answer_shown(app: Any, explored: Explored, simulations: Simulations | None) -> None:
    """Answer with the models that are shown."""
    from dash import ALL, Input, Output, State, ctx, no_update

    def is_known(one: Shown) -> bool:
        return simulations is None or simulations.look(key_of(one)).is_known

    def settled(shown: list[Shown] | None) -> list[Shown]:
        """Forget what known models have taken the place of."""
        return [
            {key: each for key, each in one.items() if key != "instead" or not is_known(one)}
            for one in shown or []
        ]

    # in an answer of its own, as new buttons touch it too, which must not stop another press
    @answers(
        app,
        Output("shown", "data", allow_duplicate=True),
        Input({"type": "beside", "row": ALL}, "n_clicks"),
        State("row", "value"),
        State("shown", "data"),
        prevent_initial_call=True,
    )
    def put_beside(pressed: list[Any], row: Any, shown: list[Shown] | None) -> Answer:
        if not any(pressed):
            return no_update
        found = settled(shown) or [model_of_row(explored, row)]
        found = with_more(found, model_of_row(explored, int(touched(ctx)[-1]["row"])))
        return [{**one, "ask": True} for one in found]

    @answers(
        app,
        output=[Output("shown", "data"), Output("message", "children")],
        inputs={
            "row": Input("row", "value"),
            "_pressed": [
                Input(one, "n_clicks") for one in ("simulate", "move", "compensate", "cancel")
            ],
        },
        state={
            "shown": State("shown", "data"),
            "name": State("moved", "value"),
            "value": State("value", "value"),
            "only": State("only", "value"),
        },
    )
    def show(
        row: Any, _pressed: Any, shown: list[Shown] | None, name: str, value: Any, only: Any
    ) -> Answer:  # fmt: skip
        asked = next((one for one in reversed(touched(ctx)) if one != "row"), None)
        kept = settled(shown)
        if asked == "cancel":
            left = without_cancelled(kept, is_known)
            if simulations is not None:
                simulations.cancel_all()
            return left, ""
        if row is None:
            if asked in ("simulate", "move", "compensate"):
                raise IonfoError(_NO_MODEL)
            return no_update, ""
        base = model_of_row(explored, row)
        found = kept or [base]
        if asked in ("move", "compensate"):
            found = with_more(found, moved(explored, base, name, value))
            if asked == "compensate":
                found = with_more(found, compensated(explored, base, name, value, bool(only)))
        else:
            found = [base]
        if simulations is None:
            return found, ""
        wanted = {key_of(one) for one in found}
        for one in kept:
            if one.get("ask") and key_of(one) not in wanted:
                simulations.cancel(key_of(one))
        return [{**one, "ask": asked is not None or one.get("ask", False)} for one in found], ""


def _answer_move(app: Any, explored: Explored) -> None:
    """Tell what others do where one parameter is moved, and what was changed in a model."""
    from dash import Input, Output

    @answers(
        app,
        Output("compensation", "children"),
        Output("compensation-told", "children"),
        Input("moved", "value"),
        Input("value", "value"),
    )
    def compensation(name: str, value: Any) -> Answer:
        if name is None or value is None:
            return "", ""
        try:
            number = within_bounds(explored.column(name), value)
        except IonfoError as error:
            return "", f"{error}."
        columns, found = explored.compensation({name: number})
        beyond = (
            " No model lies so far out, and what is told is that at the edge." * found.is_beyond
        )
        told = (
            f"In models with {explored.column(name).short} at {number:.4g}, by a Gaussian copula "
            f"of the whole population; errors from {explored.worth:.0f} independent models.{beyond}"
        )
        return tables.compensation_table(columns, found, name), told

    @answers(app, Output("bars", "figure"), Input("shown", "data"), Input("dark", "data"))
    def bars(shown: list[Shown] | None, is_dark: Any) -> Answer:
        values = {one["label"]: one["values"] for one in shown or []}
        return figures.themed(figures.bars_chart(explored, values), bool(is_dark))

    @answers(app, Output("changed", "children"), Input("shown", "data"))
    def what_changed(shown: list[Shown] | None) -> Answer:
        last = next((one for one in reversed(shown or []) if one.get("changes")), None)
        return "" if last is None else tables.changes_table(explored, last)


def _answer_neighbours(app: Any, explored: Explored) -> None:
    from dash import Input, Output

    @answers(app, Output("neighbours", "children"), Input("row", "value"), Input("kind", "value"))
    def neighbours(row: Any, kind: Any) -> Answer:
        if row is None or not explored.of_kind("feature"):
            return ""
        found = explored.neighbours(int(row), kind)
        return tables.neighbours_table(found, explored.spec is not None)


def _answer_selections(app: Any, explored: Explored) -> None:
    """Keep selections, compare them, and save what was found."""
    from dash import Input, Output, State, ctx

    def kept(_pressed: Any, rows: Any) -> Answer:
        return list(range(len(explored.values))) if rows is None else rows

    # one answer a store, so that a quick second press does not write over the first
    for key in ("first", "second"):
        answers(
            app,
            Output(key, "data"),
            Input(f"keep-{key}", "n_clicks"),
            State("selection", "data"),
            prevent_initial_call=True,
        )(kept)

    @answers(app, Output("kept", "children"), Input("first", "data"), Input("second", "data"))
    def told(first: Any, second: Any) -> Answer:
        return "; ".join(
            f"{letter}: {len(one):,} models" for letter, one in (("A", first), ("B", second)) if one
        )

    @answers(app, Output("contrast", "children"), Input("first", "data"), Input("second", "data"))
    def compare(first: Any, second: Any) -> Answer:
        if not first or not second:
            return ""
        return tables.contrast_table(explored.contrast(first, second), explored)

    @answers(
        app,
        Output("download", "data"),
        Input("save-selection", "n_clicks"),
        Input("save-model", "n_clicks"),
        Input("save-hoc", "n_clicks"),
        State("selection", "data"),
        State("shown", "data"),
        prevent_initial_call=True,
    )
    def save(_s: Any, _m: Any, _h: Any, rows: Any, shown: list[Shown] | None) -> Answer:
        if ctx.triggered_id == "save-selection":
            return _download(*selection_file(explored, rows))
        if not shown:
            raise IonfoError(_NO_MODEL)
        if ctx.triggered_id == "save-model":
            return _download(*model_json(explored, shown[-1]))
        return _download(*hoc_file(explored, shown[-1]))


def _download(name: str, content: bytes) -> Answer:
    from dash import dcc

    return dcc.send_bytes(content, name)
