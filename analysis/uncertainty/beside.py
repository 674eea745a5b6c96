"""Tables side by side: one measure of each at the same number of rows, with its own null.

A plug-in value depends on the number of rows and its extremes on the number of variables, so
values of two tables compare only at equal rows, and extremes only with their own null.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..measures.bias import wishart_bias
from ..measures.estimators import Estimator
from ..multiplets.questions import EXHAUSTIVE_N, STATISTICS, Design, Question
from ..multiplets.sampled import every_multiplet, multiplet_values
from ..multiplets.spectrum import Multiplet
from ..significance import Comparison, compare_groups
from .bands import Null, null_of, subsample_bands
from .curves import area_under_curve
from .effective import Sample
from .resampling import Passes

Array = NDArray[np.float64]
Rows = NDArray[np.int64]
Run = Callable[[Passes, list[tuple[str, int]]], list[list[Array]]]
"""Passes and requests -> curves of each request, one per question."""

N_DRAWS = 20
"""Draws of equal rows from a table that has more."""

WIDE = 1.5
"""From so many times the equal rows on, draws from the table tell the interval."""

N_SAMPLES_COMPARED = 1000
"""Multiplets per order in permutation tests, which measure them hundreds of times."""


@dataclass(frozen=True)
class Side:
    """One measure of one table at a number of rows; curves as (n_orders, n_statistics), nats.

    Attributes
    ----------
    name : str
        Of the table.
    question : Question
        The measure.
    n_rows, n_table : int
        Rows measured, and rows of the table.
    raw, corrected : ndarray
        Mean over the draws of rows; the Wishart bias of `n_rows` rows subtracted.
    draws : ndarray, shape (n_draws, n_orders, n_statistics)
        Raw curves of each draw.
    null : Null or None
        Shuffles of the first draw, and its curve.
    low, high : ndarray
        95 % interval of the corrected value; NaN where rows are too few to resample.
    how : str
        Where the interval comes from.
    measured : ndarray of int, shape (n_orders,)
        Multiplets of each order.
    """

    name: str
    question: Question
    n_rows: int
    n_table: int
    raw: Array
    corrected: Array
    draws: Array
    null: Null | None
    low: Array
    high: Array
    how: str
    measured: NDArray[np.int64]

    @property
    def bias(self) -> Array:
        """Wishart bias of each order, nats."""
        return wishart_bias(self.question.name, self.question.orders, self.n_rows - 1.0)


def equal_rows(n_table: int, n_rows: int, draw: int, seed: int) -> Rows:
    """Rows of one draw without repetition; all rows when there are no more.

    Raises
    ------
    ValueError
        If the table has fewer.
    """
    if n_rows > n_table:
        raise ValueError(f"n_rows must be at most the {n_table} rows of the table, got {n_rows}")
    if n_rows == n_table:
        return np.arange(n_table)
    rng = np.random.default_rng([seed, 23, draw])
    return np.sort(rng.choice(n_table, n_rows, replace=False))


def rows_of_a_subsample(n_rows: int, n_variables: int) -> int:
    """Rows of a subsample: 60 %, and at least so many that 3/4 of the spare rows are kept.

    The scatter of log-determinants grows without bound as rows run out, faster than the square
    root by which subsamples are scaled; 45 of 75 rows for 36 variables would make the interval of
    all of them together twice as wide as 65 do, at the same coverage.

    Examples
    --------
    >>> rows_of_a_subsample(75, 36), rows_of_a_subsample(400, 10)
    (66, 303)
    """
    return max(round(0.6 * n_rows), n_rows - (n_rows - n_variables) // 4)


@dataclass(frozen=True)
class SideSettings:
    """How well one table is measured.

    Attributes
    ----------
    estimator, shuffles, bootstrap : str, int, int
        As in ``ionfo analyse``.
    draws : int
        Draws of rows where the table has more.
    n_samples : int
        Multiplets per order where there are more than 24 variables.
    seed : int
        Of all of it.
    """

    estimator: Estimator = "gaussian"
    shuffles: int = 100
    bootstrap: int = 50
    draws: int = N_DRAWS
    n_samples: int = 5000
    seed: int = 0


def measure_side(
    name: str,
    values: Array,
    question: Question,
    n_rows: int,
    run: Run,
    settings: SideSettings | None = None,
) -> Side:
    """Measure one table at `n_rows` rows.

    Parameters
    ----------
    name : str
        Of the table.
    values : ndarray, shape (n_table, n_columns)
        Independent rows.
    question : Question
        What to measure of which columns.
    n_rows : int
        Rows to draw; more than variables.
    run : callable
        Runs passes, on threads or ranks.
    settings : SideSettings, optional
        How well.

    Raises
    ------
    ValueError
        If there are not more rows than variables, or columns are degenerate.
    """
    asked = settings or SideSettings()
    n_table, seed, bootstrap = len(values), asked.seed, asked.bootstrap
    design = Design(question.n <= EXHAUSTIVE_N, asked.n_samples, seed)

    def passes_of(rows: Rows) -> Passes:
        sample = Sample(values[rows], np.ones(len(rows)))
        return Passes(sample, np.arange(len(rows)), asked.estimator, (question,), design, seed)

    n_draws = 1 if n_rows == n_table else asked.draws
    drawn = [equal_rows(n_table, n_rows, i, seed) for i in range(n_draws)]
    raws = np.array([passes_of(rows).observed()[0] for rows in drawn])
    bias = wishart_bias(question.name, question.orders, n_rows - 1.0)[:, None]
    first = passes_of(drawn[0])
    null = None
    if asked.shuffles:
        found = run(first, [("shuffle", i) for i in range(asked.shuffles)])
        null = null_of(question, raws[0], [one[0] for one in found], n_rows)
    corrected = raws.mean(axis=0) - bias
    low = high = np.full_like(corrected, np.nan)
    how = "none: too few rows to resample"
    if n_table >= WIDE * n_rows and n_draws > 2:
        from scipy.stats import t as student

        # draws of n of N rows vary with variance s^2/n (1 - n/N) about the table, those of a
        # population with s^2/n
        spread = raws.std(axis=0, ddof=1) / np.sqrt(1.0 - n_rows / n_table)
        half = student.ppf(0.975, n_draws - 1) * spread
        low, high = corrected - half, corrected + half
        how = f"{n_draws} draws of {n_rows} of {n_table} rows, scaled to a population"
    elif bootstrap and n_rows > len(question.used) + 4:
        n_taken = rows_of_a_subsample(n_rows, len(question.used))
        rng = np.random.default_rng([seed, 29])
        replicates = [
            passes_of(np.sort(rng.choice(drawn[0], n_taken, replace=False))).observed()[0]
            for _ in range(bootstrap)
        ]
        bands = subsample_bands(
            question, corrected, replicates, n_taken / n_rows, float(n_taken - 1), n_rows
        )
        low, high = bands.confidence_low, bands.confidence_high
        how = f"{bootstrap} subsamples of {n_taken} rows, scaled"
    return Side(
        name,
        question,
        n_rows,
        n_table,
        raws.mean(axis=0),
        corrected,
        raws,
        null,
        low,
        high,
        how,
        design.measured(question.n, question.orders),
    )


def compare_sides(
    values: Array, first: Rows, second: Rows, question: Question, *, permutations: int, seed: int
) -> Comparison:
    """Test whether two groups of rows of one table differ in the area under the mean curve.

    Parameters
    ----------
    values : ndarray, shape (n_table, n_columns)
        The table.
    first, second : ndarray of int
        As many rows each; the bias of both is then the same and leaves the difference.
    question : Question
        What is measured.
    permutations : int
        Reassignments of rows to groups; half as many resamples for the interval.
    seed : int
        Of both.

    Raises
    ------
    ValueError
        If the groups are not of one size.
    """
    if len(first) != len(second):
        raise ValueError(
            f"first and second must have as many rows, got {len(first)} and {len(second)}"
        )
    design = Design(question.n <= 12, N_SAMPLES_COMPARED, seed)
    mean = STATISTICS.index("mean")

    def area(rows: Rows) -> float:
        sample = Sample(values[rows], np.ones(len(rows)))
        passes = Passes(sample, np.arange(len(rows)), "gaussian", (question,), design, seed)
        return area_under_curve(question.orders, passes.observed()[0][:, mean])

    return compare_groups(area, first, second, permutations, permutations // 2, seed)


def side_frame(sides: Sequence[Side]) -> pd.DataFrame:
    """One row per table, order and statistic: raw, bias, corrected, interval, null and p."""
    frames = []
    for one in sides:
        n, m = len(one.question.orders), len(STATISTICS)
        low, high = np.quantile(one.draws, (0.025, 0.975), axis=0)
        columns: dict[str, object] = {
            "table": one.name,
            "variables": one.question.n,
            "rows": one.n_rows,
            "rows_of_the_table": one.n_table,
            "order": np.repeat(one.question.orders, m),
            "statistic": list(STATISTICS) * n,
            "multiplets": np.repeat(one.measured, m),
            "raw_nats": one.raw.ravel(),
            "bias_nats": np.repeat(one.bias, m),
            "corrected_nats": one.corrected.ravel(),
            "low_nats": one.low.ravel(),
            "high_nats": one.high.ravel(),
            "interval": one.how,
            "draws": len(one.draws),
            "draws_low_raw_nats": low.ravel(),
            "draws_high_raw_nats": high.ravel(),
        }
        if one.null is not None:
            below, above = one.null.band
            columns |= {
                "tested_nats": one.null.observed.ravel(),
                "null_mean_nats": one.null.shuffled.mean(axis=0).ravel(),
                "null_low_nats": below.ravel(),
                "null_high_nats": above.ravel(),
                "p": one.null.p.ravel(),
                "p_adjusted": one.null.p_adjusted.ravel(),
                "shuffles": len(one.null.shuffled),
            }
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def extreme_quadruplet(correlation: Array, lowest: bool) -> tuple[Multiplet, float]:
    """Four variables of the lowest or the highest O-information, and its raw value in nats.

    Raises
    ------
    ValueError
        If there are fewer than four variables.
    """
    n = len(correlation)
    if n < 4:
        raise ValueError(f"four variables are needed, got {n}")
    measure = Question("o_information", tuple(range(n))).measure(correlation)
    sets = every_multiplet(n, 4)
    values = multiplet_values(measure, sets)
    i = int(np.argmin(values) if lowest else np.argmax(values))
    return tuple(sets[i].tolist()), float(values[i])
