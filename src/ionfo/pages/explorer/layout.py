"""What stands where on the page of the explorer."""

from __future__ import annotations

from typing import Any

from ...emodels.protocol_kinds import AnyStep, CurrentClamp
from ...studies.explored import ColumnKind, Explored

ANY_FEATURE = ""


def page_layout(explored: Explored) -> Any:
    """Put the page together, as components of Dash."""
    from dash import dcc, html

    n = len(explored.values)
    kinds: tuple[tuple[ColumnKind, str], ...] = (
        ("parameter", "parameters"), ("feature", "features"),
    )  # fmt: skip
    counts = ", ".join(
        f"{len(found)} {word}" for kind, word in kinds if (found := explored.of_kind(kind))
    )
    about = (
        f"{n:,} models, {counts}; worth about {explored.worth:.0f} independent models. "
        "Everything stays on this machine."
    )
    return html.Div(
        [
            html.Header([html.H1(explored.name), html.P(about, className="soft")]),
            html.Nav(
                [html.A(word, href=f"#part-{key}") for key, word in _parts(explored)],
                **{"aria-label": "Parts of this page"},
            ),
            html.P("", id="message", role="status", className="message", **{"aria-live": "polite"}),
            html.Main(
                [
                    _models(explored),
                    _model(explored),
                    _move(explored),
                    _twins(explored),
                    _compare(),
                    _groups(explored),
                    _keep(explored),
                ]
            ),
            *(dcc.Store(id=key) for key in ("dark", "shown", "seen", "first", "second")),
            dcc.Store(id="selection", data=None),
            dcc.Interval(id="tick", interval=400, disabled=True),
            dcc.Download(id="download"),
        ]
    )


def protocols_of(explored: Explored) -> list[str]:
    """Name the protocols whose voltages are drawn."""
    if explored.emodel is None:
        return []
    kinds = AnyStep | CurrentClamp
    return [one.name for one in explored.emodel.protocols if isinstance(one, kinds)]


def _parts(explored: Explored) -> list[tuple[str, str]]:
    found = [("models", "all models")]
    if explored.spec is not None:
        found += [("model", "one model")]
    found += [("move", "move a parameter")]
    if explored.of_kind("feature"):
        found += [("twins", "neighbours")]
    found += [("compare", "compare")]
    if explored.groups:
        found += [("groups", "groups")]
    return [*found, ("keep", "keep")]


def _section(key: str, title: str, *children: Any, is_shown: bool = True) -> Any:
    from dash import html

    style = {} if is_shown else {"display": "none"}
    return html.Section([html.H2(title), *children], id=f"part-{key}", style=style)


def _labelled(text: str, component: Any) -> Any:
    from dash import html

    return html.Label([html.Span(text), component])


def _choice(key: str, options: list[dict[str, Any]], value: Any, **more: Any) -> Any:
    from dash import dcc

    return dcc.Dropdown(id=key, options=options, value=value, clearable=False, **more)


def _options(explored: Explored, *kinds: str) -> list[dict[str, Any]]:
    return [
        {"label": one.short, "value": one.name, "title": one.name}
        for one in explored.columns
        if not kinds or one.kind in kinds
    ]


def _models(explored: Explored) -> Any:
    from dash import dcc, html

    options = _options(explored)
    names = [str(one["value"]) for one in options]
    first = list(explored.groups[0].members[:2]) if explored.groups else (names * 2)[:2]
    costs = explored.of_kind("cost")
    low, high = costs[0].bounds if costs else (0.0, 1.0)
    features = [one for one in explored.of_kind("feature") if one.target is not None]
    bands = [{"label": "any", "value": ANY_FEATURE}] + [
        {"label": one.short, "value": one.name, "title": one.name} for one in features
    ]
    return _section(
        "models",
        "All models",
        html.P(
            "Drag in the first chart, or along an axis of the second, to select models; click a "
            "point to look at that model. All charts show the same selection.",
            className="soft",
        ),
        html.Div(
            [
                _labelled("across", _choice("across", options, first[0])),
                _labelled("up", _choice("up", options, first[1])),
                _labelled("within 1 SD of the target of", _choice("band", bands, ANY_FEATURE)),
                html.Button("clear selection", id="clear"),
                html.Span("", id="selected", role="status", className="told"),
                html.Span("", id="chosen", role="status", className="told"),
            ],
            className="controls",
        ),
        html.Div(
            [
                html.Span(f"cost from {low:.3g} to {high:.3g}", id="cost-told"),
                dcc.RangeSlider(
                    low, high, value=[low, high], id="cost", marks=None,
                    step=(high - low) / 200 or None,
                ),
            ],
            className="slider",
            style={} if costs else {"display": "none"},
        ),
        html.Div(id="scatter", className="chart", tabIndex=0, role="group",
                 **{"aria-label": "Chart: two variables of all models"}),
        html.Div(html.Div(id="lines", className="chart"), className="wide", tabIndex=0,
                 role="group", **{"aria-label": "Chart: parameters of all models as lines"}),
        html.Div(id="strip", className="chart", tabIndex=0, role="group",
                 style={} if features else {"display": "none"},
                 **{"aria-label": "Chart: features of all models in SDs of the experiment"}),
    )  # fmt: skip


def _graph(key: str, what: str) -> Any:
    from dash import dcc, html

    config = {"displaylogo": False, "responsive": True,
              "toImageButtonOptions": {"format": "svg", "filename": f"ionfo-{key}"}}  # fmt: skip
    return html.Div(
        dcc.Graph(id=key, config=config), tabIndex=0, role="group",
        **{"aria-label": f"Chart: {what}"},
    )  # fmt: skip


def _model(explored: Explored) -> Any:
    from dash import dcc, html

    n, protocols = len(explored.values), protocols_of(explored)
    return _section(
        "model",
        "One model",
        html.Div(
            [
                _labelled("model", dcc.Input(id="row", type="number", min=0, max=n - 1, step=1)),
                html.Button("previous selected", id="previous"),
                html.Button("next selected", id="next"),
                html.Button("simulate", id="simulate", className="main"),
                html.Button("cancel", id="cancel", disabled=True),
                html.Progress(id="progress", value="0", max="1"),
                html.Span("", id="progress-told", role="status"),
            ],
            className="controls",
        ),
        html.Div(
            [
                _labelled(
                    "stimulus",
                    _choice("protocol", [{"label": one, "value": one} for one in protocols],
                            protocols[0] if protocols else None),
                ),
                _labelled("currents in", _choice("place", [], None)),
            ],
            className="controls",
        ),
        _graph("traces", "voltage of the models at the soma"),
        html.P("", id="targets", className="soft"),
        html.Div([_graph("currents", "ionic currents and their shares"),
                  html.Div([_graph("along", "voltage along the cell"),
                            html.Div(dcc.Slider(0, 199, 1, value=0, id="frame", marks=None),
                                     className="slider")])],
                 className="pair"),
        html.Div(id="scores"),
        is_shown=explored.spec is not None,
    )  # fmt: skip


def _move(explored: Explored) -> Any:
    from dash import dcc, html

    options = _options(explored, "parameter")
    first = options[0]["value"] if options else None
    told = "" if explored.spec is not None else f"Nothing can be simulated: {explored.why_no_cell}."
    hidden = {} if explored.spec is not None else {"display": "none"}
    return _section(
        "move",
        "Move a parameter: what compensates?",
        html.P(told, className="soft"),
        html.Div(
            [
                _labelled("parameter", _choice("moved", options, first)),
                html.Label(
                    [
                        html.Span("value"),
                        # a field of numbers would keep wrong ones to itself
                        dcc.Input(id="value", type="text", inputMode="decimal"),
                        html.Span("", id="unit"),
                    ]
                ),
                html.Button("simulate the move alone", id="move", className="main", style=hidden),
                html.Button("move, and others as in the population", id="compensate", style=hidden),
                dcc.Checklist(
                    id="only",
                    options=[{"label": "only those that move by more than 2 errors", "value": 1}],
                    value=[],
                    style=hidden,
                ),
            ],
            className="controls",
        ),
        html.P("", id="moved-told", role="status", className="told"),
        html.Div(
            [
                html.Span("", id="lowest"),
                dcc.Slider(0, 1, value=0.5, id="fraction", marks=None, step=0.005,
                           allow_direct_input=False),
                html.Span("", id="highest"),
            ],
            className="slider ends",
            role="group",
            **{"aria-label": "Value between its bounds"},
        ),  # fmt: skip
        html.P("", id="compensation-told"),
        html.Div(id="compensation", className="wide", tabIndex=0),
        html.Div(id="changed", className="wide", tabIndex=0),
        _graph("bars", "parameters between their bounds, with the population behind"),
    )  # fmt: skip


def _twins(explored: Explored) -> Any:
    from dash import dcc, html

    return _section(
        "twins",
        "Neighbours of the model",
        html.Div(
            dcc.RadioItems(
                id="kind",
                options=[
                    {"label": "twins: fire alike, are built differently", "value": "twins"},
                    {"label": "cliffs: are built alike, fire differently", "value": "cliffs"},
                ],
                value="twins",
            ),
            className="controls",
        ),
        html.Div(id="neighbours", className="wide", tabIndex=0),
        is_shown=bool(explored.of_kind("feature")),
    )


def _compare() -> Any:
    from dash import html

    return _section(
        "compare",
        "Compare two selections",
        html.Div(
            [
                html.Button("keep the selection as A", id="keep-first"),
                html.Button("keep the selection as B", id="keep-second"),
                html.Span("", id="kept", role="status"),
            ],
            className="controls",
        ),
        html.Div(id="contrast", className="wide", tabIndex=0),
    )


def _groups(explored: Explored) -> Any:
    from dash import dcc, html

    short = {one.name: one.short for one in explored.columns}
    options = [
        {
            "label": f"{one.measure} {one.nats:+.3g} nats: "
            + ", ".join(short[name] for name in one.members),
            "value": i,
        }
        for i, one in enumerate(explored.groups)
    ]
    return _section(
        "groups",
        "Groups of the analysis",
        html.P("Choose a group: its members light up in every chart. Below zero is synergy, above "
               "it redundancy.", className="soft"),
        html.Div(_labelled("group", dcc.Dropdown(id="group", options=options)),
                 className="controls"),
        is_shown=bool(explored.groups),
    )  # fmt: skip


def _keep(explored: Explored) -> Any:
    from dash import dcc, html

    hidden = {} if explored.spec is not None else {"display": "none"}
    return _section(
        "keep",
        "Keep",
        html.Div(
            [
                html.Button("selection as a population", id="save-selection"),
                html.Button("last model as JSON", id="save-model", style=hidden),
                html.Button("last model as hoc", id="save-hoc", style=hidden),
            ],
            className="controls",
        ),
        html.P("Charts are saved as SVG by the camera in their corner.", className="soft"),
        _labelled("this view again", dcc.Input(id="link", type="text", readOnly=True, value="")),
    )
