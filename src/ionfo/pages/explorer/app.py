"""The explorer's page and what it answers when something on it is touched."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from ...errors import IonfoError
from ...sampling.evaluation.watched import Swept
from ...studies.explored import Explored
from ...studies.simulations import Job, Simulations
from . import figures, tables
from .columns import column_bytes, models_json
from .exports import hoc_file, model_json, selection_file
from .layout import page_layout
from .state import Shown, compensated, key_of, model_of_row, moved, with_more

Answer = Any
Handler = TypeVar("Handler", bound=Callable[..., Any])

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{%title%}</title><link rel="icon" href="data:,">{%css%}</head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body></html>"""


def make_app(flask: Any, prefix: str, explored: Explored) -> Callable[[], None]:
    """Put the page into a server.

    Parameters
    ----------
    flask : flask.Flask
        The server.
    prefix : str
        First part of every address.
    explored : Explored
        What is explored.

    Returns
    -------
    callable
        Ends what simulates.
    """
    from dash import Dash

    app = Dash(
        "ionfo.explorer",
        server=flask,
        url_base_pathname=prefix,
        assets_folder=str(Path(__file__).parent / "assets"),
        title=f"{explored.name}: ionfo explore",
        update_title="",
        index_string=_PAGE,
        suppress_callback_exceptions=True,
        on_error=_say,
        add_log_handler=False,
    )
    app.layout = lambda: page_layout(explored)
    _serve_columns(flask, prefix, explored)
    simulations = None
    if explored.spec is not None and explored.emodel is not None:
        simulations = Simulations(explored.spec, len(explored.emodel.protocols))
        _answer_simulations(app, explored, simulations)
    _answer_population(app, explored)
    _answer_in_the_page(app)
    return simulations.close if simulations is not None else lambda: None


def _answers(app: Any, *touched: Any, **options: Any) -> Callable[[Handler], Handler]:
    """Decorate what answers when something is touched (a callback of Dash, which has no types)."""
    return cast(Callable[[Handler], Handler], app.callback(*touched, **options))


def _touched(ctx: Any) -> list[Any]:
    """Give the ids of what was touched: the clock, a row and a press may come together."""
    return list(ctx.triggered_prop_ids.values())


def _say(error: Exception) -> None:
    """Tell in the page what went wrong; a mistake of ours goes on to the log."""
    from dash import set_props

    if not isinstance(error, IonfoError):
        raise error
    set_props("message", {"children": f"{error}."})


def _serve_columns(flask: Any, prefix: str, explored: Explored) -> None:
    from flask import Response, abort

    content = json.dumps(models_json(explored), allow_nan=False)

    def models() -> Response:
        return Response(content, mimetype="application/json")

    def column(number: int) -> Response:
        if number >= len(explored.columns):
            abort(404)
        return Response(column_bytes(explored, number), mimetype="application/octet-stream")

    flask.get(f"{prefix}models.json")(models)
    flask.get(f"{prefix}column/<int:number>")(column)


def _answer_in_the_page(app: Any) -> None:
    """Callbacks that run in the browser: selections, groups and the link (assets/explorer.js)."""
    from dash import ClientsideFunction, Input, Output

    def here(name: str) -> Any:
        return ClientsideFunction("ionfo", name)

    app.clientside_callback(
        here("axes"), Output("scatter", "title"), Input("across", "value"), Input("up", "value")
    )
    app.clientside_callback(
        here("filters"), Output("cost-told", "children"), Input("cost", "value"),
        Input("band", "value"), Input("clear", "n_clicks"),
    )  # fmt: skip
    app.clientside_callback(here("group"), Output("lines", "title"), Input("group", "value"))
    app.clientside_callback(
        here("step"), Output("next", "title"), Input("previous", "n_clicks"),
        Input("next", "n_clicks"),
    )  # fmt: skip
    app.clientside_callback(
        here("link"), Output("link", "value"), Input("across", "value"), Input("up", "value"),
        Input("row", "value"), Input("protocol", "value"), Input("moved", "value"),
        Input("value", "value"), Input("group", "value"),
    )  # fmt: skip


def _answer_population(app: Any, explored: Explored) -> None:
    """Answer what takes no simulation."""
    from dash import ALL, Input, Output, State, ctx, no_update

    can_simulate = explored.spec is not None

    @_answers(
        app,
        Output("shown", "data"),
        Output("message", "children"),
        Input("row", "value"),
        Input("simulate", "n_clicks"),
        Input("move", "n_clicks"),
        Input("compensate", "n_clicks"),
        Input({"type": "beside", "row": ALL}, "n_clicks"),
        State("shown", "data"),
        State("moved", "value"),
        State("value", "value"),
    )
    def show(
        row: Any, _s: Any, _m: Any, _c: Any, beside: list[Any], shown: list[Shown] | None,
        name: str, value: Any,
    ) -> Answer:  # fmt: skip
        pressed = [one for one in _touched(ctx) if one != "row"]
        asked = pressed[-1] if pressed else None
        if row is None:
            if asked in ("simulate", "move", "compensate"):
                raise IonfoError("choose a model first, by its number or by a click on its point")
            return no_update, ""
        base = model_of_row(explored, row)
        kept = shown or []
        if asked == "move":
            found = with_more(kept or [base], moved(explored, base, name, value))
        elif asked == "compensate":
            found = with_more(kept or [base], compensated(explored, base, name, value))
        elif isinstance(asked, dict):
            if not any(beside):  # a table with new buttons, none of them pressed
                return no_update, no_update
            found = with_more(kept or [base], model_of_row(explored, int(asked["row"])))
        else:
            found = [base]
        is_asked = can_simulate and asked is not None
        return [{**one, "ask": is_asked or one.get("ask", False)} for one in found], ""

    @_answers(
        app,
        Output("value", "value"),
        Output("fraction", "value"),
        Input("moved", "value"),
        Input("row", "value"),
        Input("fraction", "value"),
        Input("value", "value"),
    )
    def place(name: str, row: Any, fraction: float, value: Any) -> Answer:
        if name is None:
            return no_update, no_update
        low, high = explored.column(name).bounds
        width = (high - low) or 1.0
        if ctx.triggered_id == "fraction":
            return float(f"{low + fraction * width:.4g}"), no_update
        if ctx.triggered_id == "value" and isinstance(value, int | float):
            return no_update, min(max((value - low) / width, 0.0), 1.0)
        now = (low + high) / 2
        if isinstance(row, int) and 0 <= row < len(explored.values):
            now = float(explored.values[name].iloc[row])
        return float(f"{now:.4g}"), (now - low) / width

    @_answers(
        app,
        Output("compensation", "children"),
        Output("compensation-told", "children"),
        Input("moved", "value"),
        Input("value", "value"),
    )
    def compensation(name: str, value: Any) -> Answer:
        if name is None or not isinstance(value, int | float):
            return "", ""
        columns, found = explored.compensation({name: float(value)})
        beyond = (
            " No model lies so far out, and what is told is that at the edge." * found.is_beyond
        )
        told = (
            f"In models with {explored.column(name).short} at {value:.4g}, by a Gaussian copula of "
            f"the whole population; errors from {explored.worth:.0f} independent models.{beyond}"
        )
        return tables.compensation_table(columns, found, name), told

    @_answers(app, Output("bars", "figure"), Input("shown", "data"), Input("dark", "data"))
    def bars(shown: list[Shown] | None, is_dark: Any) -> Answer:
        values = {one["label"]: one["values"] for one in shown or []}
        return figures.themed(figures.bars_chart(explored, values), bool(is_dark))

    @_answers(app, Output("neighbours", "children"), Input("row", "value"), Input("kind", "value"))
    def neighbours(row: Any, kind: Any) -> Answer:
        if row is None or not explored.of_kind("feature"):
            return ""
        found = explored.neighbours(int(row), kind)
        return tables.neighbours_table(found, can_simulate)

    def kept(_pressed: Any, rows: Any) -> Answer:
        return list(range(len(explored.values))) if rows is None else rows

    # one answer a store, so that a quick second press does not write over the first
    for key in ("first", "second"):
        _answers(
            app,
            Output(key, "data"),
            Input(f"keep-{key}", "n_clicks"),
            State("selection", "data"),
            prevent_initial_call=True,
        )(kept)

    @_answers(app, Output("kept", "children"), Input("first", "data"), Input("second", "data"))
    def told(first: Any, second: Any) -> Answer:
        return "; ".join(
            f"{letter}: {len(one):,} models" for letter, one in (("A", first), ("B", second)) if one
        )

    @_answers(app, Output("contrast", "children"), Input("first", "data"), Input("second", "data"))
    def compare(first: Any, second: Any) -> Answer:
        if not first or not second:
            return ""
        return tables.contrast_table(explored.contrast(first, second), explored)

    @_answers(
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
            raise IonfoError("choose a model first, by its number or by a click on its point")
        if ctx.triggered_id == "save-model":
            return _download(*model_json(explored, shown[-1]))
        return _download(*hoc_file(explored, shown[-1]))


def _download(name: str, content: bytes) -> Answer:
    from dash import dcc

    return dcc.send_bytes(content, name)


def _answer_simulations(app: Any, explored: Explored, simulations: Simulations) -> None:
    """Answer what simulates."""
    from dash import Input, Output, State, ctx

    emodel = explored.emodel
    assert emodel is not None

    def jobs(shown: list[Shown] | None) -> dict[str, Job]:
        return {one["label"]: simulations.look(key_of(one)) for one in shown or []}

    def swept(job: Job, protocol: str) -> Swept | None:
        return None if job.watched is None else job.watched.swept.get(protocol)

    @_answers(
        app,
        Output("seen", "data"),
        Output("progress", "value"),
        Output("progress-told", "children"),
        Output("tick", "disabled"),
        Output("cancel", "disabled"),
        Output("place", "options"),
        Output("place", "value"),
        Input("shown", "data"),
        Input("tick", "n_intervals"),
        Input("cancel", "n_clicks"),
        State("place", "value"),
    )
    def tick(shown: list[Shown] | None, _n: Any, _c: Any, place: Any) -> Answer:
        asked = [one for one in shown or [] if one.get("ask")]
        touched = _touched(ctx)
        if "cancel" in touched:
            for one in asked:
                simulations.cancel(key_of(one))
        elif "shown" in touched:
            for one in asked:
                simulations.ask(one["theta"], one["fixed"])
        now = jobs(shown)
        going = [now[one["label"]] for one in asked if not now[one["label"]].is_done]
        if "cancel" in touched:
            going = []
        done = sum(one.share for one in now.values()) / max(1, len(now))
        regions = {
            region for job in now.values() if job.watched is not None
            for one in job.watched.swept.values() for region in one.currents
        }  # fmt: skip
        options = [one for one in ("somatic", "axonal", "basal", "apical") if one in regions]
        place = place if place in options else (options[0] if options else None)
        marks = [f"{label}:{job.share:.3f}:{job.is_done}" for label, job in now.items()]
        return (
            " ".join(marks), str(done if asked else 0), _progress_told(now, going), not going,
            not going, options, place,
        )  # fmt: skip

    @_answers(
        app,
        Output("traces", "figure"),
        Output("currents", "figure"),
        Output("along", "figure"),
        Output("targets", "children"),
        Output("scores", "children"),
        Input("seen", "data"),
        Input("protocol", "value"),
        Input("place", "value"),
        Input("frame", "value"),
        Input("dark", "data"),
        State("shown", "data"),
    )
    def draw(
        _seen: Any, protocol: str, place: Any, frame: Any, is_dark: Any, shown: list[Shown] | None
    ) -> Answer:
        now = jobs(shown)
        found = {label: swept(job, protocol) for label, job in now.items()}
        told = [
            f"{one.name.rpartition('.')[2]} {one.mean:.4g} ± {one.std:.3g} {one.unit}"
            for one in emodel.features
            if one.name.startswith(f"{protocol}.")
        ]
        last = next((one for one in reversed(list(found.values())) if one is not None), None)
        inside = figures.empty_chart("simulate a model to see its currents", 440)
        along = figures.empty_chart("simulate a model to see its voltage along the cell", 440)
        if last is not None:
            if place in last.currents:
                inside = figures.currents_chart(last.currents[place], str(place))
            if simulations.sections:
                at = round((frame or 0) / 199 * (len(last.frames) - 1))
                along = figures.along_chart(simulations.sections, last, at)
        evaluations = {
            label: job.watched.evaluation
            for label, job in now.items()
            if job.watched is not None and job.watched.evaluation is not None
        }
        drawn = (figures.traces_chart(found, protocol), inside, along)
        return (
            *(figures.themed(one, bool(is_dark)) for one in drawn),
            f"Targets: {'; '.join(told)}." if told else "",
            tables.scores_table(explored, evaluations),
        )


def _progress_told(now: dict[str, Job], going: list[Job]) -> str:
    wrong = [
        f"{label}: {job.watched.error}" for label, job in now.items()
        if job.watched is not None and job.watched.error
    ]  # fmt: skip
    if wrong:
        return "; ".join(wrong)
    if not going:
        return ""
    one = going[0]
    if one.watched is None:
        return "waits" if one.ahead > 1 else "builds the cell"
    done = one.watched.protocols
    return f"{len(done)} of {one.watched.n_protocols} protocols" + (f", {done[-1]}" if done else "")
