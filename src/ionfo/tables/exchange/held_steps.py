"""How long a Metropolis chain held its states, from the acceptance rates of its accepted ones.

emodel-generalisation writes a row only when a proposal is accepted, without the step, and beside
it the acceptance rate so far, rounded to 0.1 per cent: accepted/(step + 1).  The k-th row thus
fixes its step within the rounding; early rows exactly, later ones to an interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class HeldSteps:
    """Steps of the rows of one chain.

    Attributes
    ----------
    step : ndarray of int, shape (n_rows,)
        When the state was reached, from 0; the middle of what the rates allow.
    weight : ndarray of int, shape (n_rows,)
        Steps it was held; 1 for the last row, whose end is not written.
    is_exact : ndarray of bool, shape (n_rows,)
        Whether the rates allow no other weight.
    """

    step: NDArray[np.int64]
    weight: NDArray[np.int64]
    is_exact: NDArray[np.bool_]


def held_steps(accept_rate: ArrayLike, first: int = 1) -> HeldSteps | None:
    """Recompute steps and weights of one chain.

    Parameters
    ----------
    accept_rate : array_like, shape (n_rows,)
        Of its rows in file order, in per cent, rounded to one decimal.
    first : int
        Number of the first row among the accepted states, from 1; 2 where the origin of the chain
        was taken out of the table.

    Returns
    -------
    HeldSteps or None
        None when no chain has these rates, for example because rows were taken out.

    Examples
    --------
    >>> held = held_steps([100.0, 66.7, 75.0])
    >>> held.step, held.weight
    (array([0, 2, 3]), array([2, 1, 1]))
    """
    rates = np.asarray(accept_rate, dtype=np.float64)
    if not (np.isfinite(rates) & (rates > 0) & (rates <= 100)).all() or not len(rates):
        return None
    number = np.arange(first, first + len(rates), dtype=np.float64)
    # one more than the step; a margin of one against rounding, then exactly what rounds to it
    low = np.floor(100 * number / (rates + 0.05)).astype(np.int64) - 1
    high = np.ceil(100 * number / np.maximum(rates - 0.05, 1e-9)).astype(np.int64) + 1
    low = np.maximum(low, number.astype(np.int64))
    low, high = _shrink(low, high, number, rates)
    # the steps of a chain rise
    place = np.arange(len(rates))
    low = np.maximum.accumulate(low - place) + place
    high = np.minimum.accumulate((high - place)[::-1])[::-1] + place
    if (low > high).any():
        return None
    middle = (low + high) // 2
    exact = low == high
    weight = np.append(np.diff(middle), 1)
    is_exact = np.append(exact[:-1] & exact[1:], False)
    return HeldSteps(middle - 1, weight, is_exact)


def _shrink(
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    number: NDArray[np.float64],
    rates: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Move the ends inwards until they round to the rate; at most a few steps each."""
    for _ in range(4):
        low = low + ((np.round(100 * number / low, 1) != rates) & (low <= high))
        high = high - ((np.round(100 * number / high, 1) != rates) & (low <= high))
    return low, high


def accept_rates(step: ArrayLike) -> NDArray[np.float64]:
    """Give the acceptance rate as emodel-generalisation writes it beside each accepted state.

    Parameters
    ----------
    step : array_like of int, shape (n_rows,)
        When the states of one chain were reached; rising.

    Returns
    -------
    ndarray, shape (n_rows,)
        Per cent, rounded to one decimal.

    Examples
    --------
    >>> accept_rates([0, 2, 3])
    array([100. ,  66.7,  75. ])
    """
    steps = np.asarray(step, dtype=np.int64)
    number = np.arange(1, len(steps) + 1)
    rates: NDArray[np.float64] = np.round(100.0 * (number / (steps - steps[0] + 1)), 1)
    return rates
