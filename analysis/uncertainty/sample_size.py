"""How many rows a group needs before corrected O-information excludes zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..measures.bias import wishart_bias
from ..measures.estimators import Estimator, estimated_correlation
from ..multiplets.questions import EXHAUSTIVE_N, STATISTICS, Design, Question
from .beside import WIDE, equal_rows

Array = NDArray[np.float64]
MEAN = STATISTICS.index("mean")


@dataclass(frozen=True)
class SizeStudy:
    """Corrected mean over the multiplets of each order at several sizes, nats.

    Attributes
    ----------
    question : Question
        The measure.
    n_table : int
        Rows of the group.
    sizes : ndarray of int, shape (n_sizes,)
        Rows drawn.
    raw, corrected, sd : ndarray, shape (n_sizes, n_orders)
        Mean raw and corrected values over the draws, and the SD of one draw of so many rows from
        a population (the SD of draws without repetition over sqrt(1 - n/N)).
    low, high : ndarray, shape (n_sizes, n_orders)
        Where 95 % of the corrected values of groups of that size lie.
    whole_raw, whole_corrected : ndarray, shape (n_orders,)
        Of all rows of the group.
    needed : ndarray, shape (n_orders,)
        Smallest size from which on the interval excludes zero; NaN where none that could be
        drawn does.
    extrapolated : ndarray, shape (n_orders,)
        Where needed is NaN, the rows at which it would if the corrected value of the whole group
        is the truth and the SD goes on falling with the square root of the rows.
    n_draws : int
        Draws of each size.
    """

    question: Question
    n_table: int
    sizes: NDArray[np.int64]
    raw: Array
    corrected: Array
    sd: Array
    low: Array
    high: Array
    whole_raw: Array
    whole_corrected: Array
    needed: Array
    extrapolated: Array
    n_draws: int


def default_sizes(n_table: int, n_variables: int, n_sizes: int = 7) -> list[int]:
    """Sizes from just above the variables to two thirds of the table, evenly in logarithm.

    Examples
    --------
    >>> default_sizes(300, 20, 3)
    [30, 77, 200]
    """
    smallest, largest = int(1.5 * n_variables), int(n_table / WIDE)
    if smallest > largest:
        return []
    return sorted({round(one) for one in np.geomspace(smallest, largest, n_sizes)})


def size_study(
    values: Array,
    question: Question,
    sizes: Sequence[int],
    *,
    estimator: Estimator = "gaussian",
    n_draws: int = 30,
    n_samples: int = 2000,
    seed: int = 0,
) -> SizeStudy:
    """Draw groups of several sizes from a large one and measure them.

    Parameters
    ----------
    values : ndarray, shape (n_table, n_columns)
        Independent rows.
    question : Question
        What to measure.
    sizes : sequence of int
        More rows than variables, and at most two thirds of the table, so that draws differ.
    estimator : str
        Of the correlations.
    n_draws : int
        Draws of each size, at least three.
    n_samples : int
        Multiplets per order where there are more than 24 variables.
    seed : int
        Of draws and multiplets.

    Raises
    ------
    ValueError
        If a size is out of these bounds.
    """
    n_table, n_used = len(values), len(question.used)
    largest = int(n_table / WIDE)
    if n_draws < 3:
        raise ValueError(f"n_draws must be at least 3, got {n_draws}")
    if not sizes or min(sizes) <= n_used + 1 or max(sizes) > largest:
        raise ValueError(
            f"sizes must be from {n_used + 2} to {largest} for {n_used} variables and {n_table} "
            f"rows, got {', '.join(map(str, sizes)) or 'none'}"
        )
    design = Design(question.n <= EXHAUSTIVE_N, n_samples, seed)

    def mean_curve(rows: NDArray[np.int64]) -> Array:
        correlation = estimated_correlation(values[rows][:, question.used], estimator=estimator)
        return design.curve(question.measure(correlation), question.orders)[:, MEAN]

    from scipy.stats import t as student

    ordered = np.array(sorted(set(sizes)), dtype=np.int64)
    raw, corrected, sd = [], [], []
    for n in ordered.tolist():
        curves = np.array([mean_curve(equal_rows(n_table, n, i, seed)) for i in range(n_draws)])
        raw.append(curves.mean(axis=0))
        corrected.append(raw[-1] - wishart_bias(question.name, question.orders, n - 1.0))
        sd.append(curves.std(axis=0, ddof=1) / np.sqrt(1.0 - n / n_table))
    whole_raw = mean_curve(np.arange(n_table))
    whole = whole_raw - wishart_bias(question.name, question.orders, n_table - 1.0)
    half = student.ppf(0.975, n_draws - 1) * np.array(sd)
    low, high = np.array(corrected) - half, np.array(corrected) + half
    needed = first_size(ordered, low, high)
    factor = student.ppf(0.975, n_draws - 1) * sd[-1] / np.maximum(np.abs(whole), 1e-300)
    extrapolated = np.where(np.isnan(needed), np.maximum(ordered[-1] * factor**2, n_table), np.nan)
    return SizeStudy(
        question,
        n_table,
        ordered,
        np.array(raw),
        np.array(corrected),
        np.array(sd),
        low,
        high,
        whole_raw,
        whole,
        needed,
        extrapolated,
        n_draws,
    )


def first_size(sizes: NDArray[np.int64], low: Array, high: Array) -> Array:
    """Smallest size from which on every interval excludes zero, of each order.

    Examples
    --------
    >>> low, high = np.array([[-1.0], [0.1], [0.2]]), np.array([[1.0], [0.9], [0.8]])
    >>> first_size(np.array([10, 20, 30]), low, high)
    array([20.])
    """
    excludes = (low > 0) | (high < 0)
    from_here_on = np.logical_and.accumulate(excludes[::-1], axis=0)[::-1]
    first = np.argmax(from_here_on, axis=0)
    return np.where(from_here_on.any(axis=0), sizes[first].astype(np.float64), np.nan)


def size_frame(study: SizeStudy) -> pd.DataFrame:
    """One row per order and size."""
    n_sizes, n_orders = study.raw.shape
    return pd.DataFrame(
        {
            "order": np.tile(study.question.orders, n_sizes),
            "rows": np.repeat(study.sizes, n_orders),
            "raw_nats": study.raw.ravel(),
            "corrected_nats": study.corrected.ravel(),
            "sd_nats": study.sd.ravel(),
            "low_nats": study.low.ravel(),
            "high_nats": study.high.ravel(),
            "excludes_zero": ((study.low > 0) | (study.high < 0)).ravel(),
            "draws": study.n_draws,
            "rows_of_the_table": study.n_table,
        }
    )


def needed_frame(study: SizeStudy) -> pd.DataFrame:
    """One row per order: raw and corrected value of the whole group, and rows needed."""
    return pd.DataFrame(
        {
            "order": study.question.orders,
            "raw_nats": study.whole_raw,
            "corrected_nats": study.whole_corrected,
            "rows_of_the_table": study.n_table,
            "rows_needed": study.needed,
            "rows_needed_extrapolated": study.extrapolated,
        }
    )
