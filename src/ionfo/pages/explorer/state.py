"""Models that the page shows: rows of the population, and what was made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import IonfoError
from ...studies.explored import Column, Explored
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


def within_bounds(column: Column, value: Any) -> float:
    """Read a value of a parameter, a number or its text.

    Raises
    ------
    IonfoError
        If it is no number, or lies outside the bounds.
    """
    low, high = column.bounds
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not low <= number <= high:
        raise IonfoError(
            f"{column.short} must lie within its bounds, from {low:.4g} to {high:.4g} "
            f"{column.unit}".rstrip()
        )
    return number


def moved(explored: Explored, base: Shown, name: str, value: Any) -> Shown:
    """Set one parameter of a model; errors as of `within_bounds`."""
    column = explored.column(name)
    number = within_bounds(column, value)
    return changed(explored, base, {name: number}, f"{column.short} {number:.3g}")


def compensated(
    explored: Explored, base: Shown, name: str, value: Any, only_clear: bool = False
) -> Shown:
    """Set one parameter of a model, and let the others follow as in the population.

    The others move by as much as their conditional means do between the model's value and the new
    one, so that what is special about the model stays; they end at their bounds.

    Parameters
    ----------
    explored : Explored
        The population.
    base : Shown
        The model.
    name : str
        What is moved.
    value : float or str
        Where to.
    only_clear : bool
        Whether only those follow that move by more than two errors (`Conditional.is_clear`).

    Returns
    -------
    Shown
        It also tells its ``changes`` (parameter, from, to, whether it ended at a bound), and the
        labels of the model that it is made ``of`` and of that with the move ``alone``.
    """
    single = moved(explored, base, name, value)
    columns, before = explored.compensation({name: float(base["values"][name])})
    _, after = explored.compensation({name: float(single["values"][name])})
    values = {}
    told = [[name, float(base["values"][name]), single["values"][name], False]]
    for i, one in enumerate(columns):
        if one.name == name or (only_clear and not after.is_clear[i]):
            continue
        old = float(base["values"][one.name])
        new = old + float(after.mean[i] - before.mean[i])
        values[one.name] = float(np.clip(new, *one.bounds))
        told.append([one.name, old, values[one.name], values[one.name] != new])
    others = "clear others moved too" if only_clear else "others moved too"
    found = changed(explored, single, values, f"{single['label']}, {others}")
    return {**found, "changes": told, "of": base["label"], "alone": single["label"]}


def verdict(cost: float, alone: float, both: float) -> str:
    """Say whether a model is mended by what was moved beside a parameter.

    Parameters
    ----------
    cost : float
        Of the model.
    alone : float
        With the parameter moved.
    both : float
        With the others moved too.
    """
    costs = f"cost {cost:.3g}; moved alone {alone:.3g}; others moved too {both:.3g}"
    if alone <= cost:
        return f"{costs}: there is nothing to mend"
    return f"{costs}: it {'mends' if both <= (cost + alone) / 2 else 'does not mend'}"


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
    """Show a model beside the first one and the last ones, with the one whose place it takes."""
    kept = [one for one in shown if one["label"] != model["label"]]
    for one in shown:
        if one["label"] == model["label"] and "instead" in one:
            model = {**model, "instead": one["instead"]}
    if len(kept) < MOST_SHOWN:
        return [*kept, model]
    return [kept[0], *kept[-(MOST_SHOWN - 2) :], {**model, "instead": kept[1]}]


def without_cancelled(shown: Sequence[Shown], is_known: Callable[[Shown], bool]) -> list[Shown]:
    """Drop models that were asked for and are not known; those whose place they took come back.

    Parameters
    ----------
    shown : sequence of Shown
        The models; the first one stays, and is not asked for any more.
    is_known : callable
        Whether one has been simulated.
    """
    found: list[Shown] = []
    for i, model in enumerate(shown):
        one: Shown | None = model
        while one is not None and i and one.get("ask") and not is_known(one):
            one = one.get("instead")
        if one is not None:
            found.append({**one, "ask": bool(one.get("ask")) and is_known(one)})
    return found
