"""The cell in the report: its outline, and where chosen parameters sit on it."""

from __future__ import annotations

import pandas as pd

from ...analysis.figures.colours import BLUE, GREEN, GREY, ORANGE, PINK
from .charts import Chart, layout, numbers
from .tables import Material

_REGION_COLOURS = {
    "somatic": GREY,
    "basal": GREEN,
    "apical": PINK,
    "axonal": ORANGE,
    "myelinated": BLUE,
}


def drawing_of(material: Material, outline: pd.DataFrame, chosen: list[str]) -> Chart:
    """Draw the cell with the regions that carry any of some parameters in thick lines.

    Parameters
    ----------
    material : Material
        Gives the regions of the e-model.
    outline : DataFrame
        ``region``, ``x_um`` and ``y_um``, with NaN between sections.
    chosen : list of str
        Names of parameters.
    """
    regions = dict(material.emodel.regions) if material.emodel is not None else {}
    held: dict[str, list[str]] = {}
    for name in chosen:
        place = name.partition(".")[2]
        parts = tuple(_REGION_COLOURS) if place == "all" else regions.get(place, (place,))
        for part in parts:
            held.setdefault(part, []).append(name)
    data = []
    for region, colour in _REGION_COLOURS.items():
        here = outline[outline["region"] == region]
        if here.empty:
            continue
        names = held.get(region, [])
        told = ", ".join(names) if names else "none of the set"
        data.append(
            {"type": "scatter", "mode": "lines", "x": numbers(here["x_um"], 5),
             "y": numbers(here["y_um"], 5), "name": f"{region}: {len(names)}",
             "line": {"color": colour, "width": 3 if names else 1},
             "opacity": 1.0 if names else 0.45, "connectgaps": False,
             "hovertemplate": f"<b>{region}</b><br>{told}<extra></extra>"}
        )  # fmt: skip
    axis = {"zeroline": False, "showgrid": False}
    return {
        "data": data,
        "layout": layout(
            height=520, xaxis={**axis, "title": {"text": "x (um)"}},
            yaxis={**axis, "scaleanchor": "x", "title": {"text": "y (um)"}},
        ),
    }  # fmt: skip
