"""The part of the report for exploring: a scatter and parallel coordinates, linked by selection."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...analysis.figures.names import readable_names
from ...tables.book import book_of
from .charts import numbers
from .tables import Material, weights

MOST_MODELS = 1000
MOST_LINES = 300
"""So many models are in the page, and so many of them are drawn as lines."""


def explore_data(material: Material) -> dict[str, Any]:
    """Gather what the page needs to draw and link both charts.

    Parameters
    ----------
    material : Material
        The population.

    Returns
    -------
    dict
        ``columns`` (name, unit, kind, target, bounds, values), ``models`` (rows of the population),
        ``lines`` (how many of them are drawn as lines) and ``first`` (the two columns to show
        first).
    """
    n_models = len(material.population)
    rows = np.arange(n_models)
    if n_models > MOST_MODELS:
        # in proportion to their weights, each once, in a fixed order
        share = weights(material.population).to_numpy()
        chosen = np.random.default_rng(0).choice(
            n_models, MOST_MODELS, replace=False, p=share / share.sum()
        )
        rows = np.sort(chosen)
    bounds: dict[str, tuple[float, float]] = {}
    targets: dict[str, tuple[float, float]] = {}
    if material.emodel is not None:
        bounds = {p.name: p.bounds for p in material.emodel.free_parameters if p.bounds}
        targets = {f.name: (f.mean, f.std) for f in material.emodel.features}
    columns = []
    kinds = [("parameter", material.parameters), ("feature", material.features)]
    if "cost" in book_of(material.population):
        kinds.append(("cost", ["cost"]))
    for kind, names in kinds:
        for name in names:
            values = material.column(name).to_numpy(np.float64)
            known = values[np.isfinite(values)]
            if not len(known):
                continue
            low, high = bounds.get(name, (float(known.min()), float(known.max())))
            columns.append(
                {
                    "name": name,
                    "kind": kind,
                    "unit": material.unit(name),
                    "bounds": numbers([low, high]),
                    "target": numbers(targets[name]) if name in targets else None,
                    "values": numbers(values[rows]),
                }
            )
    short = readable_names([str(one["name"]) for one in columns])
    for column, name in zip(columns, short, strict=True):
        column["short"] = name
    return {
        "columns": columns,
        "models": material.population.index[rows].tolist(),
        "lines": min(MOST_LINES, len(rows)),
        "all": n_models,
        "first": _first_shown(material, [str(one["name"]) for one in columns]),
    }


def _first_shown(material: Material, names: list[str]) -> list[str]:
    """Name the strongest pair of parameters; where none was tested, the first two columns."""
    pairs = material.tables.get("mutual_information_pairs")
    if pairs is not None and len(pairs):
        known = pairs[pairs["x"].isin(names) & pairs["y"].isin(names)]
        if len(known):
            best = known.sort_values("corrected_nats", ascending=False).iloc[0]
            return [str(best["x"]), str(best["y"])]
    return [*names, *names][:2]
