"""What the charts of all models draw: columns as numbers, sent to the page when it needs them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...studies.explored import Column, Explored

MOST_LINES = 300
"""Models that are drawn as lines."""
MOST_DOTS = 4000
"""Models from which the spread of the features is taken."""


def models_json(explored: Explored) -> dict[str, Any]:
    """Describe the models to the page.

    Returns
    -------
    dict
        ``n``, ``columns`` (name, short, unit, kind, bounds, target,
        median), ``lines`` and ``dots`` (rows
        that are drawn as lines, and whose features are counted), ``groups`` (numbers of columns).
    """
    place = {one.name: i for i, one in enumerate(explored.columns)}
    n = len(explored.values)
    return {
        "n": n,
        "columns": [
            {
                "name": one.name, "short": one.short, "unit": one.unit, "kind": one.kind,
                "bounds": list(one.bounds),
                "target": None if one.target is None else list(one.target),
                "median": _median(explored, one) if one.kind == "parameter" else None,
            }
            for one in explored.columns
        ],
        "lines": _sample(n, MOST_LINES),
        "dots": _sample(n, MOST_DOTS),
        "groups": [[place[name] for name in one.members] for one in explored.groups],
    }  # fmt: skip


def column_bytes(explored: Explored, number: int) -> bytes:
    """Give a column as float32, little endian; NaN where a value is missing.

    Raises
    ------
    IndexError
        If there is no such column.
    """
    name = explored.columns[number].name
    return explored.values[name].to_numpy(np.float64).astype("<f4").tobytes()


def _median(explored: Explored, one: Column) -> float:
    """Give the middle of a parameter in the population."""
    values = explored.values[one.name].to_numpy(np.float64)
    order = np.argsort(values)[: np.isfinite(values).sum()]
    share = np.cumsum(explored.weights[order])
    return float(values[order[np.searchsorted(share, share[-1] / 2)]])


def _sample(n: int, most: int) -> list[int]:
    """Every row, or so many of them, in their order."""
    if n <= most:
        return list(range(n))
    return sorted(np.random.default_rng(0).choice(n, most, replace=False).tolist())
