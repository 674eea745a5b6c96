"""Extremes beyond enumeration: beam search and simulated annealing.

What they return was found; nothing says that it is the minimum.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import comb
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..measures.correlation import checked_correlation
from ..measures.forms import Measure, MeasureName, measure_of
from .sampled import every_multiplet, multiplet_values
from .spectrum import Multiplet, chosen_orders

GREEDY_WIDTH = 100
"""Multiplets that the published search carries from one order to the next."""

_START_COUNT = 200_000  # a search starts at an order that can be measured whole

Sets = NDArray[np.int64]


@dataclass(frozen=True)
class Found:
    """The most extreme multiplet of each order that a search came across.

    Attributes
    ----------
    order : ndarray of int, shape (n_orders,)
        Its size.
    value : ndarray, shape (n_orders,)
        Its measure, nats.
    multiplet : list of tuple of int
        Its variables.
    is_exact : ndarray of bool, shape (n_orders,)
        Whether all multiplets of the order were measured.
    """

    order: NDArray[np.int64]
    value: NDArray[np.float64]
    multiplet: list[Multiplet]
    is_exact: NDArray[np.bool_]


def find_extremes(
    correlation: ArrayLike,
    name: MeasureName = "o_information",
    target: int | None = None,
    *,
    side: Literal["lowest", "highest"] = "lowest",
    width: int = 1000,
    sweeps: int = 20,
    seed: int = 0,
    orders: Iterable[int] | None = None,
) -> Found:
    """Search for the lowest or highest multiplet of every order.

    Parameters
    ----------
    correlation : array_like, shape (n, n)
        Covariance or correlation; any n.
    name, target
        As `measure_all`.
    side : str
        ``lowest`` or ``highest``.
    width : int
        Multiplets that a beam carries from one order to the next, upwards from the smallest
        order and downwards from the whole set.  ``width=100, sweeps=0`` and no way down is the
        published greedy search, see `greedy_extremes`.
    sweeps : int
        Temperatures of the annealing that follows, 0 for none; a step swaps a member for
        another variable.
    seed : int
        Of the annealing.
    orders : iterable of int, optional
        Orders to report; default all.

    Returns
    -------
    Found
        In nats.

    Raises
    ------
    ValueError
        As `measure_all`.

    Examples
    --------
    >>> covariance = np.eye(5)
    >>> covariance[0, 4] = covariance[4, 0] = covariance[1, 4] = covariance[4, 1] = 0.69
    >>> find_extremes(covariance).multiplet[0]
    (0, 1, 4)
    """
    measure = measure_of(checked_correlation(correlation, 3), name, target)
    chosen = chosen_orders(measure, orders)
    sign = _sign(side)
    best = _beam(measure, sign, width, upwards=True)
    for k, one in _beam(measure, sign, width, upwards=False).items():
        best[k] = min(best[k], one, key=lambda pair: sign * pair[0])
    rng = np.random.default_rng(seed)
    for k in chosen:
        if sweeps > 0 and comb(measure.n, k) > width:
            one = _anneal(measure, sign, best[k], k, sweeps, rng)
            best[k] = min(best[k], one, key=lambda pair: sign * pair[0])
    return _found(measure, best, chosen, width)


def greedy_extremes(
    correlation: ArrayLike,
    name: MeasureName = "o_information",
    target: int | None = None,
    *,
    side: Literal["lowest", "highest"] = "lowest",
    width: int = GREEDY_WIDTH,
) -> Found:
    """Walk from the best multiplets of one order to the next, as published.

    Every multiplet of the smallest order is measured; the best `width` of an order are
    extended by every other variable.  Parameters and errors are those of `find_extremes`.
    """
    measure = measure_of(checked_correlation(correlation, 3), name, target)
    best = _beam(measure, _sign(side), width, upwards=True)
    return _found(measure, best, chosen_orders(measure, None), 0)


def _sign(side: str) -> float:
    if side not in ("lowest", "highest"):
        raise ValueError(f"side must be lowest or highest, got '{side}'")
    return 1.0 if side == "lowest" else -1.0


def _found(
    measure: Measure, best: dict[int, tuple[float, Multiplet]], chosen: list[int], width: int
) -> Found:
    smallest = measure.smallest
    whole = [k in (smallest, measure.n) or comb(measure.n, k) <= width for k in chosen]
    return Found(
        np.array(chosen, dtype=np.int64),
        np.array([best[k][0] for k in chosen]),
        [best[k][1] for k in chosen],
        np.array(whole),
    )


def _beam(
    measure: Measure, sign: float, width: int, upwards: bool
) -> dict[int, tuple[float, Multiplet]]:
    n, smallest = measure.n, measure.smallest
    if upwards and comb(n, smallest) > _START_COUNT:
        raise ValueError(f"{n} variables have too many multiplets of order {smallest} to start at")
    sets: Sets = every_multiplet(n, smallest) if upwards else np.arange(n)[None, :]
    best = {}
    for k in range(smallest, n + 1) if upwards else range(n, smallest - 1, -1):
        values = multiplet_values(measure, sets)
        order = np.argsort(sign * values, kind="stable")[:width]
        best[k] = (float(values[order[0]]), tuple(sets[order[0]].tolist()))
        sets = _neighbours(sets[order], n, 1 if upwards else -1)
    return best


def _neighbours(sets: Sets, n: int, change: int) -> Sets:
    """List all sets with one variable more, or one fewer, than one of `sets`; sorted."""
    held = np.zeros((len(sets), n), bool)
    np.put_along_axis(held, sets, True, axis=1)
    which, variable = np.nonzero(held if change < 0 else ~held)
    changed = held[which]
    changed[np.arange(len(which)), variable] = change > 0
    packed = np.unique(np.packbits(changed, axis=1), axis=0)
    held = np.unpackbits(packed, axis=1, count=n).astype(bool)
    return np.nonzero(held)[1].reshape(len(held), sets.shape[1] + change)


def _anneal(
    measure: Measure,
    sign: float,
    start: tuple[float, Multiplet],
    k: int,
    sweeps: int,
    rng: np.random.Generator,
) -> tuple[float, Multiplet]:
    """Swap members; a batch of proposals at each temperature, one of them taken."""
    n = measure.n
    value, state = start[0], list(start[1])
    best = (value, tuple(state))
    spread = abs(value) / k + 1e-12
    for temperature in spread * np.geomspace(0.3, 0.003, sweeps):
        for _ in range(n // 2):
            outside = np.setdiff1d(np.arange(n), state)
            # every swap of one member drawn at random
            i = int(rng.integers(k))
            proposals = np.tile(np.array(state), (len(outside), 1))
            proposals[:, i] = outside
            values = multiplet_values(measure, proposals)
            energy = sign * np.append(values, value) / temperature
            chance = np.exp(energy.min() - energy)
            taken = int(rng.choice(len(chance), p=chance / chance.sum()))
            if taken < len(outside):
                state[i], value = int(outside[taken]), float(values[taken])
            if sign * value < sign * best[0]:
                best = (value, tuple(sorted(state)))
    return best[0], tuple(sorted(best[1]))
