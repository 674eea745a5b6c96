"""Charts for those who look closer: network of pairs, features x parameters, components."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...analysis.cells.subsets import principal_components
from ...analysis.figures.colours import BLUE, ORANGE
from ...analysis.figures.names import readable, readable_names
from ...tables.book import book_of
from .charts import Chart, heat_map, layout, numbers
from .section import Section
from .tables import Material

_N_COMPONENTS = 5
_MOST_POINTS = 1000


def network(material: Material, pairs: pd.DataFrame) -> Chart:
    """Draw significant pairs as lines between the parameters on a ring."""
    names = material.parameters
    angle = dict(zip(names, np.pi / 2 - 2 * np.pi * np.arange(len(names)) / len(names),
                     strict=True))  # fmt: skip
    counted = pairs[pairs["is_significant"]]
    most = float(counted["corrected_nats"].max()) if len(counted) else 1.0
    data: list[Chart] = []
    for row in counted.to_dict("records"):
        ends = [angle[str(row[one])] for one in ("x", "y")]
        share = max(float(row["corrected_nats"]) / most, 0.0)
        middle = [float(np.mean(np.cos(ends))), float(np.mean(np.sin(ends)))]
        told = f"{readable(row['x'])}, {readable(row['y'])}: {row['corrected_nats']:.3f} nats"
        data.append(
            {"type": "scatter", "mode": "lines", "showlegend": False, "hoverinfo": "text",
             "x": numbers([np.cos(ends[0]), middle[0], np.cos(ends[1])]),
             "y": numbers([np.sin(ends[0]), middle[1], np.sin(ends[1])]), "text": told,
             "line": {"color": BLUE, "width": 1 + 6 * share}, "opacity": 0.4 + 0.5 * share}
        )  # fmt: skip
    places = np.array([angle[name] for name in names])
    data.append(
        {"type": "scatter", "mode": "markers", "showlegend": False,
         "x": numbers(np.cos(places)), "y": numbers(np.sin(places)), "text": names,
         "hovertemplate": "%{text}<extra></extra>", "marker": {"color": ORANGE, "size": 9}}
    )  # fmt: skip
    # a place goes under its channel, and the ring leaves as much room as the longest line takes on
    # a telephone: half of it is 170 pixels, a letter of 11 pixels about 6.2 wide
    lines = [name.replace(" (", "<br>(") for name in readable_names(names)]
    longest = max(len(part) for line in lines for part in line.split("<br>"))
    half = max(1.9, 1.08 * 170 / max(170 - 6.2 * longest, 60))
    labels = [
        {"x": float(1.08 * np.cos(at)), "y": float(1.08 * np.sin(at)), "text": name,
         "showarrow": False, "font": {"size": 11},
         "xanchor": "center" if abs(np.cos(at)) < 0.1 else "left" if np.cos(at) > 0 else "right",
         "yanchor": "middle"}
        for at, name in zip(places, lines, strict=True)
    ]  # fmt: skip
    hidden = {"visible": False, "fixedrange": True}
    return {
        "data": data,
        "layout": layout(
            height=460, annotations=labels, margin={"l": 5, "r": 5, "t": 10, "b": 10},
            xaxis={**hidden, "range": [-half, half]}, yaxis={**hidden, "range": [-1.25, 1.25]},
        ),
    }  # fmt: skip


def features_map(material: Material, found: pd.DataFrame) -> Chart:
    """Map mutual information between features (rows) and parameters (columns)."""
    columns = [name for name in material.parameters if (found["x"] == name).any()]
    rows = list(dict.fromkeys(found["y"]))
    place = {name: i for i, name in enumerate(columns)}
    row_of = {name: i for i, name in enumerate(rows)}
    values = np.full((len(rows), len(columns)), np.nan)
    hover = [["" for _ in columns] for _ in rows]
    for one in found.to_dict("records"):
        i, j = row_of[one["y"]], place[one["x"]]
        values[i, j] = max(float(one["corrected_nats"]), 0.0)
        p = "" if material.is_settling else f", adjusted p {one['p_adjusted']:.3g}"
        hover[i][j] = (
            f"<b>{one['x']}</b><br><b>{one['y']}</b><br>{one['corrected_nats']:.4g} nats{p}"
        )
    return heat_map(values, rows, columns, hover, "nats", symmetric=False)


def components(material: Material) -> Section:
    """Principal components of the parameters: models in the plane of two, and the loadings."""
    section = Section("components", "Principal components")
    names = material.parameters
    values = np.column_stack([material.column(name).to_numpy(np.float64) for name in names])
    if len(values) < 3 or len(names) < 2 or not np.isfinite(values).all():
        section.words.append("Components need two parameters and three models, all defined.")
        return section
    n_components = min(_N_COMPONENTS, len(names), len(values) - 1)
    scores, explained, loadings = principal_components(values, n_components)
    shown = np.unique(np.linspace(0, len(values) - 1, min(_MOST_POINTS, len(values))).astype(int))
    marker: Chart = {"size": 5, "color": BLUE, "opacity": 0.7}
    book = book_of(material.population)
    if "cost" in book:
        cost = book["cost"].to_numpy(np.float64)[shown]
        marker |= {"color": numbers(cost, 4), "colorscale": "Viridis", "showscale": True,
                   "colorbar": {"title": {"text": "cost"}, "thickness": 10}}  # fmt: skip
        if np.isfinite(cost).any():  # a few of very high cost must not take the whole scale
            marker |= {"cmin": float(np.nanmin(cost)), "cmax": float(np.nanquantile(cost, 0.95))}
    axes = [f"component {i + 1} ({100 * explained[i]:.1f} % of variance)" for i in (0, 1)]
    points: Chart = {
        "data": [{"type": "scatter", "mode": "markers", "x": numbers(scores[shown, 0]),
                  "y": numbers(scores[shown, 1]), "marker": marker,
                  "text": [f"model {i}" for i in shown],
                  "hovertemplate": "%{text}<extra></extra>"}],
        "layout": layout(xaxis={"title": {"text": axes[0]}, "zeroline": False},
                         yaxis={"title": {"text": axes[1]}, "zeroline": False,
                                "automargin": True}),
    }  # fmt: skip
    section.folded.append((
        "Models in the plane of the first two components of the standardised parameters.",
        points,
    ))  # fmt: skip
    table = np.asarray(loadings).T
    hover = [[f"<b>{name}</b><br>component {j + 1}: {table[i, j]:.3f}"
              for j in range(n_components)] for i, name in enumerate(names)]  # fmt: skip
    section.folded.append((
        "Loadings: how much of each parameter is in each component.",
        heat_map(table, names, [str(j + 1) for j in range(n_components)], hover, "loading",
                 symmetric=True, x_title="component"),
    ))  # fmt: skip
    held = 100 * float(np.sum(explained[:n_components]))
    section.words.append(
        f"The first {n_components} components hold {held:.0f} % of the variance of the "
        "standardised parameters."
    )
    return section
