"""Mutual information of counts, and its null: random tables with the same margins.

Shuffling one of two binned columns gives a table with fixed margins whose cells, taken one
after the other, are hypergeometric given those before.  Drawing the cells is the same law
as shuffling and counting, and costs by the bins, not by the rows.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from ...compiled import compiled

Counts = NDArray[np.int64]


def information_of_counts(counts: Counts) -> float:
    """Plug-in mutual information of a table of counts, nats.

    Examples
    --------
    >>> round(information_of_counts(np.array([[5, 0], [0, 5]])), 6)
    0.693147
    """
    total = int(counts.sum())
    return float(
        _information(
            counts.astype(np.int64), counts.sum(axis=1), counts.sum(axis=0), _x_log_x(total)
        )
    )


def null_information(counts: Counts, n_draws: int, seed: int | list[int]) -> NDArray[np.float64]:
    """Mutual information of random tables with the margins of `counts`, nats.

    Parameters
    ----------
    counts : ndarray of int, shape (n_x, n_y)
        The observed table.
    n_draws : int
        Tables to draw.
    seed : int or list of int
        Of the draws.

    Returns
    -------
    ndarray, shape (n_draws,)
    """
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    rows, columns = rows[rows > 0], columns[columns > 0]
    total = int(counts.sum())
    state = np.random.SeedSequence(seed).generate_state(1, np.uint64).astype(np.uint64)
    return _null(
        rows, columns, _x_log_x(total), gammaln(np.arange(total + 1) + 1.0), n_draws, state
    )


def _x_log_x(largest: int) -> NDArray[np.float64]:
    x = np.arange(largest + 1, dtype=np.float64)
    return np.asarray(x * np.log(np.maximum(x, 1.0)))


@compiled
def _information(
    table: Counts, rows: Counts, columns: Counts, x_log_x: NDArray[np.float64]
) -> float:
    total = len(x_log_x) - 1
    joint, alone = 0.0, 0.0
    for i in range(len(rows)):
        alone += x_log_x[rows[i]]
        for j in range(len(columns)):
            joint += x_log_x[table[i, j]]
    for j in range(len(columns)):
        alone += x_log_x[columns[j]]
    information: float = max((joint - alone + x_log_x[total]) / total, 0.0)
    return information


@compiled
def _uniform(state: NDArray[np.uint64]) -> float:
    """Draw from [0, 1) (splitmix64; Steele et al. 2014, OOPSLA)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    uniform: float = float(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)
    return uniform


@compiled
def _hypergeometric(
    good: int, bad: int, drawn: int, log_factorial: NDArray[np.float64], u: float
) -> int:
    """Invert the distribution function, walking outwards from the mode."""
    lowest, highest = max(0, drawn - bad), min(good, drawn)
    if lowest == highest:
        return lowest
    mode = ((drawn + 1) * (good + 1)) // (good + bad + 2)
    mode = min(max(mode, lowest), highest)
    f = log_factorial
    chance = math.exp(
        f[good] - f[mode] - f[good - mode]
        + f[bad] - f[drawn - mode] - f[bad - drawn + mode]
        - f[good + bad] + f[drawn] + f[good + bad - drawn]
    )  # fmt: skip
    u -= chance
    up, down = mode, mode
    p_up, p_down = chance, chance
    while u >= 0.0 and (up < highest or down > lowest):
        if up < highest:
            p_up *= float(good - up) * float(drawn - up)
            up += 1
            p_up /= float(up) * float(bad - drawn + up)
            u -= p_up
            if u < 0.0:
                return up
        if down > lowest:
            p_down *= float(down) * float(bad - drawn + down)
            down -= 1
            p_down /= float(good - down) * float(drawn - down)
            u -= p_down
            if u < 0.0:
                return down
    return mode  # inside, or what rounding left over


@compiled
def _null(
    rows: Counts,
    columns: Counts,
    x_log_x: NDArray[np.float64],
    log_factorial: NDArray[np.float64],
    n_draws: int,
    state: NDArray[np.uint64],
) -> NDArray[np.float64]:
    information = np.empty(n_draws)
    table = np.zeros((len(rows), len(columns)), np.int64)
    for draw in range(n_draws):
        left = columns.copy()  # of each column, for the rows to come
        pool = len(x_log_x) - 1
        for i in range(len(rows) - 1):
            wanted, remaining = rows[i], pool
            for j in range(len(columns) - 1):
                remaining -= left[j]
                drawn = _hypergeometric(left[j], remaining, wanted, log_factorial, _uniform(state))
                table[i, j] = drawn
                left[j] -= drawn
                wanted -= drawn
            table[i, -1] = wanted
            left[-1] -= wanted
            pool -= rows[i]
        table[-1] = left
        information[draw] = _information(table, rows, columns, x_log_x)
    return information
