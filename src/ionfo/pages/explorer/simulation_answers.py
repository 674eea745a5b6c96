"""What the explorer answers when models are simulated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...emodels.membrane_currents import PLACES
from ...sampling.evaluation.watched import Swept
from ...studies.explored import Explored
from ...studies.simulations import Job, Simulations
from . import figures, tables
from .callbacks import Answer, answers, touched
from .state import Shown, key_of, verdict


def answer_simulations(app: Any, explored: Explored, simulations: Simulations) -> None:
    """Answer what simulates.

    Parameters
    ----------
    app : dash.Dash
        The page.
    explored : Explored
        What is explored.
    simulations : Simulations
        What simulates.
    """
    from dash import Input, Output, State, ctx

    emodel = explored.emodel
    assert emodel is not None
    mechanisms = sorted(emodel.inserted, key=str.lower)
    thresholds = {
        one.protocol: (one.settings or emodel.efel_settings).Threshold for one in emodel.targets
    }

    def jobs(shown: list[Shown] | None) -> dict[str, Job]:
        return {one["label"]: simulations.look(key_of(one)) for one in shown or []}

    def swept(job: Job, protocol: str) -> Swept | None:
        return None if job.watched is None else job.watched.swept.get(protocol)

    @answers(
        app,
        Output("seen", "data"),
        Output("progress", "value"),
        Output("progress-told", "children"),
        Output("moved-told", "children"),
        Output("tick", "disabled"),
        Output("cancel", "disabled"),
        Output("place", "options"),
        Output("place", "value"),
        Input("shown", "data"),
        Input("tick", "n_intervals"),
        State("place", "value"),
        State("moved", "value"),
    )
    def tick(shown: list[Shown] | None, _n: Any, place: Any, moved: Any) -> Answer:
        asked = [one for one in shown or [] if one.get("ask")]
        if "shown" in touched(ctx):
            for one in asked:
                simulations.ask(one["theta"], one["fixed"])
        now = jobs(shown)
        going = [now[one["label"]] for one in asked if not now[one["label"]].is_done]
        done = sum(now[one["label"]].share for one in asked) / max(1, len(asked))
        regions = {
            region for job in now.values() if job.watched is not None
            for one in job.watched.swept.values() for region in one.currents
        }  # fmt: skip
        options = [one for one in PLACES if one in regions]
        if place not in options:
            own = str(moved).rpartition(".")[2]
            place = own if own in options else (options[0] if options else None)
        marks = [f"{label}:{job.share:.3f}:{job.is_done}" for label, job in now.items()]
        told = _progress_told(now, going)
        return (
            " ".join(marks), str(done), told, told or _verdict_told(shown or [], now), not going,
            not going, options, place,
        )  # fmt: skip

    @answers(
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
            f"{one.name.rpartition('.')[2]} {one.mean:.4g} ± {one.std:.3g} {one.unit}".removesuffix(
                " 1"
            )
            for one in emodel.features
            if one.name.startswith(f"{protocol}.")
        ]
        label, last = next(
            (one for one in reversed(list(found.items())) if one[1] is not None), ("", None)
        )
        inside = figures.empty_chart("simulate a model to see its currents", 440)
        along = figures.empty_chart("simulate a model to see its voltage along the cell", 440)
        if last is not None:
            if place in last.currents:
                inside = figures.currents_chart(
                    last.currents[place], f"{place}, {label}", mechanisms
                )
            if simulations.sections:
                at = round((frame or 0) / 199 * (len(last.frames) - 1))
                along = figures.along_chart(simulations.sections, last, at)
        evaluations = {
            label: job.watched.evaluation
            for label, job in now.items()
            if job.watched is not None and job.watched.evaluation is not None
        }
        drawn = (figures.traces_chart(found, protocol, thresholds.get(protocol)), inside, along)
        return (
            *(figures.themed(one, bool(is_dark)) for one in drawn),
            f"Targets: {'; '.join(told)}." if told else "",
            tables.scores_table(explored, evaluations),
        )


def _progress_told(now: dict[str, Job], going: Sequence[Job]) -> str:
    told = [
        f"{label}: {job.watched.error}" for label, job in now.items()
        if job.watched is not None and job.watched.error
    ]  # fmt: skip
    running = [one.watched for one in going if one.watched is not None]
    n_waiting = len(going) - len(running)
    if running:
        done = running[0].protocols
        told.append(
            f"1 running, {n_waiting} waiting: {len(done)} of {running[0].n_protocols} protocols"
            + (f", {done[-1]}" if done else "")
        )
    elif going:
        told.append(f"{n_waiting} waiting")
    return "; ".join(told)


def _verdict_told(shown: Sequence[Shown], now: dict[str, Job]) -> str:
    """Say whether what was moved last beside a parameter mends the model."""
    last = next((one for one in reversed(shown) if one.get("alone")), None)
    if last is None:
        return ""
    costs = []
    for label in (last["of"], last["alone"], last["label"]):
        watched = now[label].watched if label in now else None
        if watched is None or watched.evaluation is None:
            return ""
        costs.append(float(watched.evaluation.cost))
    return f"{last['alone']}: {verdict(*costs)}"
