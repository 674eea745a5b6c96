"""Models that the page shows: rows of the population, and what was made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import IonfoError
from ...studies.explored import Explored
from ...studies.simulations import Key

Shown = dict[str, Any]
"""``label``, ``row`` (or None), ``values`` (parameter -> value), ``theta`` and ``fixed`` of its
cell."""

MOST_SHOWN = 4


def model_of_row(explored: Explored, row: Any) -> Shown:
    """Take a model of the population.

    Raises
    ------
    IonfoError
        If there is no such row.
    """
    n = len(explored.values)
    if not isinstance(row, int) or not 0 <= row < n:
        raise IonfoError(f"there are models 0 to {n - 1}; choose one of them")
    values = {
        one.name: float(explored.values[one.name].iloc[row])
        for one in explored.of_kind("parameter")
    }
    theta, fixed = ([], {}) if explored.spec is None else explored.cell_of(row)
    return {"label": f"model {row}", "row": row, "values": values, "theta": theta, "fixed": fixed}


def moved(explored: Explored, base: Shown, name: str, value: Any) -> Shown:
    """Set one parameter of a model.

    Raises
    ------
    IonfoError
        If the value is no number, or lies outside the bounds.
    """
    column = explored.column(name)
    low, high = column.bounds
    if not isinstance(value, int | float) or not np.isfinite(value) or not low <= value <= high:
        raise IonfoError(
            f"{column.short} must lie within its bounds, from {low:.4g} to {high:.4g} "
            f"{column.unit}".rstrip()
        )
    label = f"{column.short} {value:.3g}"
    return changed(explored, base, {name: float(value)}, label)


def compensated(explored: Explored, base: Shown, name: str, value: Any) -> Shown:
    """Set one parameter of a model, and let the others follow as in the population.

    The others move by as much as their conditional means do between the model's value and the new
    one, so that what is special about the model stays; they end at their bounds.
    """
    single = moved(explored, base, name, value)
    columns, before = explored.compensation({name: float(base["values"][name])})
    _, after = explored.compensation({name: float(value)})
    changes = {}
    for i, one in enumerate(columns):
        if one.name != name:
            new = float(base["values"][one.name]) + float(after.mean[i] - before.mean[i])
            changes[one.name] = float(np.clip(new, *one.bounds))
    return changed(explored, single, changes, f"{single['label']}, compensated")


def changed(explored: Explored, base: Shown, changes: Mapping[str, float], label: str) -> Shown:
    """Give a model with other values of some parameters."""
    values = {**base["values"], **changes}
    theta, fixed = list(base["theta"]), dict(base["fixed"])
    if explored.emodel is not None and theta:
        free = list(explored.emodel.free_names)
        for name, value in changes.items():
            if name in free:
                theta[free.index(name)] = value
            elif name in fixed:
                fixed[name] = value
    return {"label": label, "row": None, "values": values, "theta": theta, "fixed": fixed}


def key_of(model: Shown) -> Key:
    """Under which a model is simulated."""
    return (tuple(map(float, model["theta"])), tuple(sorted(model["fixed"].items())))


def with_more(shown: Sequence[Shown], model: Shown) -> list[Shown]:
    """Show a model beside the first one and the last ones."""
    kept = [one for one in shown if one["label"] != model["label"]]
    if len(kept) >= MOST_SHOWN:
        kept = [kept[0], *kept[-(MOST_SHOWN - 2) :]]
    return [*kept, model]
