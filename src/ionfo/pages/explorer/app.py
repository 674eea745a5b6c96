"""The explorer's page and what it answers when something on it is touched."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...studies.explored import Explored
from ...studies.simulations import Simulations
from .callbacks import say
from .columns import column_bytes, models_json
from .guard import ALIVE
from .layout import page_layout
from .population_answers import answer_population
from .simulation_answers import answer_simulations

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
        on_error=say,
        add_log_handler=False,
    )
    app.layout = lambda: page_layout(explored)
    _serve_columns(flask, prefix, explored)
    simulations = None
    if explored.spec is not None and explored.emodel is not None:
        simulations = Simulations(explored.spec, len(explored.emodel.protocols))
        answer_simulations(app, explored, simulations)
    answer_population(app, explored, simulations)
    _answer_in_the_page(app)
    return simulations.close if simulations is not None else lambda: None


def _serve_columns(flask: Any, prefix: str, explored: Explored) -> None:
    from flask import Response, abort

    content = json.dumps(models_json(explored), allow_nan=False)

    def models() -> Response:
        return Response(content, mimetype="application/json")

    def column(number: int) -> Response:
        if number >= len(explored.columns):
            abort(404)
        return Response(column_bytes(explored, number), mimetype="application/octet-stream")

    def alive() -> Response:
        return Response("", mimetype="text/plain")

    flask.get(f"{prefix}models.json")(models)
    flask.get(f"{prefix}{ALIVE}")(alive)
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
        here("value"), Output("value", "value"), Output("fraction", "value"),
        Output("lowest", "children"), Output("highest", "children"), Output("unit", "children"),
        Input("moved", "value"), Input("row", "value"), Input("fraction", "drag_value"),
        Input("value", "value"),
    )  # fmt: skip
    app.clientside_callback(here("chosen"), Output("chosen", "children"), Input("row", "value"))
    app.clientside_callback(
        here("link"), Output("link", "value"), Input("across", "value"), Input("up", "value"),
        Input("row", "value"), Input("protocol", "value"), Input("moved", "value"),
        Input("group", "value"),
    )  # fmt: skip
