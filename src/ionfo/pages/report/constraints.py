"""What O-information of cells of given feedback hangs on: spread of targets and leak scaling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...analysis.figures.colours import BLUE, ORANGE
from .charts import Chart, layout, numbers
from .section import Section
from .tables import Material


def exact_cautions(material: Material) -> list[str]:
    """Say that cells on exact constraints have no finite O-information."""
    made = _made(material)
    return [_sentence(made)] if made.get("is_exact") else []


def constraints(material: Material) -> Section | None:
    """Show O-information against the spread of targets, with and without leak scaling.

    Parameters
    ----------
    material : Material
        Of a population of given dynamic input conductances.

    Returns
    -------
    Section or None
        None of another population.
    """
    made = _made(material)
    if not made:
        return None
    section = Section("constraints", "Spread of targets and leak scaling")
    section.words.append(_sentence(made))
    frame = material.tables.get("constraints")
    if frame is None:
        return section
    section.words.append(
        f"{made.get('theory', '')} Below some spread the curvature of the constraints, as "
        "calcium makes it, takes the place of the tolerance. Scaling with the leak adds a common "
        "factor, hence redundancy."
    )
    data: list[Chart] = []
    for scaling, colour in ((True, ORANGE), (False, BLUE)):
        own = frame[frame["leak_scaling"] == scaling]
        name = f"{'with' if scaling else 'without'} leak scaling"
        for column, mode, dash in (
            ("o_information_nats", "lines+markers", "solid"),
            ("theory_nats", "lines", "dot"),
        ):
            data.append(
                {"type": "scatter", "mode": mode, "x": numbers(own["target_sd"]),
                 "y": numbers(own[column]), "line": {"color": colour, "dash": dash},
                 "name": name if mode != "lines" else f"theory, {name}"}
            )  # fmt: skip
    shapes = []
    if made["target_sd"][0] > 0 and not made.get("is_exact"):
        x = float(made["target_sd"][0])
        shapes.append(
            {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1,
             "line": {"width": 1, "dash": "dash"}}
        )  # fmt: skip
    section.charts.append((
        "O-information of all conductances, corrected for bias, of cells drawn anew with other "
        "spreads of their targets (dashed: this population; dotted: slope of theory).",
        {"data": data, "layout": layout(
            shapes=shapes,
            xaxis={"title": {"text": "SD of the targets (g_s, over the leak)"}, "type": "log"},
            yaxis={"title": {"text": "nats<br>synergy < 0 < redundancy"}, "automargin": True})},
    ))  # fmt: skip
    return section


def _made(material: Material) -> Mapping[str, Any]:
    made = material.summary.get("constraints")
    return made if isinstance(made, Mapping) else {}


def _sentence(made: Mapping[str, Any]) -> str:
    told = " ".join(str(one) for one in made.get("told", ()))
    return f"{told[:1].upper()}{told[1:]}."
