"""A measure of all multiplets of a set of variables, order by order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..measures.correlation import checked_correlation
from ..measures.forms import Measure, MeasureName, measure_of
from . import summary
from .lattice import combine, log_determinants, new_table, subsets_of_order
from .target_lattice import log_residuals

QUANTILE_LEVELS = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
"""Quantiles over the multiplets of an order that a spectrum holds."""

EXTREME_FRACTION = 0.05
"""Part of an order that counts as most synergistic, or most redundant."""

SORTED_COUNT = 5_000_000
"""Orders of up to so many multiplets get quantiles and frequencies by sorting, others by bins."""

Multiplet = tuple[int, ...]


@dataclass(frozen=True)
class Spectrum:
    """A measure over the multiplets of every order; nats.

    Attributes
    ----------
    order : ndarray of int, shape (n_orders,)
        Number of variables in a multiplet.
    count : ndarray of int, shape (n_orders,)
        Multiplets of that order that there are.
    minimum, mean, maximum, std : ndarray, shape (n_orders,)
        Over the multiplets that were measured.
    argmin, argmax : list of tuple of int
        The extreme multiplets, as indices of variables.
    skipped : tuple of int
        Orders that were asked for and not measured.
    quantiles : ndarray, shape (n_orders, n_levels)
        At `QUANTILE_LEVELS`: exact for orders of up to 5,000,000 multiplets, above to the width
        of a bin of at most 1e-3 nats.
    histogram : list of Histogram
        Values of each order; empty when the multiplets were sampled.
    lowest, highest : list of list of (tuple of int, float)
        The extreme multiplets of each order with their values, the most extreme first.
    frequency_lowest, frequency_highest : ndarray, shape (n_orders, n) or (0, 0)
        Fraction of the lowest (highest) 5 % of the multiplets that hold each variable; k/n by
        chance.
    measured : ndarray of int, shape (n_orders,)
        Multiplets that were measured; all of them unless they were sampled.
    mean_error : ndarray, shape (n_orders,)
        Standard error of the mean from sampling multiplets; 0 where all were measured.
    """

    order: NDArray[np.int64]
    count: NDArray[np.int64]
    minimum: NDArray[np.float64]
    mean: NDArray[np.float64]
    maximum: NDArray[np.float64]
    std: NDArray[np.float64]
    argmin: list[Multiplet]
    argmax: list[Multiplet]
    skipped: tuple[int, ...] = ()
    quantiles: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    histogram: list[summary.Histogram] = field(default_factory=list)
    lowest: list[list[tuple[Multiplet, float]]] = field(default_factory=list)
    highest: list[list[tuple[Multiplet, float]]] = field(default_factory=list)
    frequency_lowest: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    frequency_highest: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    measured: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    mean_error: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    @property
    def is_exhaustive(self) -> bool:
        """Whether every multiplet was measured, so that extremes are extremes."""
        return bool(np.array_equal(self.measured, self.count))


def o_information_spectrum(
    correlation: ArrayLike,
    *,
    orders: Iterable[int] | None = None,
    n_extremes: int = 10,
    fraction: float = EXTREME_FRACTION,
    threads: int | None = None,
) -> Spectrum:
    """O-information of every multiplet of three and more variables, in nats.

    Parameters
    ----------
    correlation : array_like, shape (n, n)
        Covariance or correlation, symmetric positive definite, n >= 3; takes 8 x 2^n bytes.
    orders : iterable of int, optional
        Orders to report; default all.
    n_extremes : int
        Lowest and highest multiplets to keep of each order; 0 keeps one and saves a pass.
    fraction : float
        Part of an order whose variables are counted; 0 counts none and saves a pass.
    threads : int, optional
        Default: the cores this process may use.  No result depends on it.

    Returns
    -------
    Spectrum
        Orders 3 to n, every multiplet measured.

    Raises
    ------
    ValueError
        If the matrix is no covariance, is nearly singular (naming the variables), or the table
        needs more memory than there is.

    Examples
    --------
    >>> spectrum = o_information_spectrum([[1.0, 0, 0.7], [0, 1.0, 0.7], [0.7, 0.7, 1.1]])
    >>> int(spectrum.count[0]), float(spectrum.minimum[0].round(4))
    (1, -0.5182)
    """
    matrix = checked_correlation(correlation, 3)
    return spectrum_of(measure_of(matrix, "o_information"), orders, n_extremes, fraction, threads)


def s_information_spectrum(
    correlation: ArrayLike,
    *,
    orders: Iterable[int] | None = None,
    n_extremes: int = 10,
    fraction: float = EXTREME_FRACTION,
    threads: int | None = None,
) -> Spectrum:
    """S-information of every multiplet of two and more; as `o_information_spectrum`."""
    matrix = checked_correlation(correlation, 2)
    return spectrum_of(measure_of(matrix, "s_information"), orders, n_extremes, fraction, threads)


def total_correlation_spectrum(
    correlation: ArrayLike,
    *,
    orders: Iterable[int] | None = None,
    n_extremes: int = 10,
    fraction: float = EXTREME_FRACTION,
    threads: int | None = None,
) -> Spectrum:
    """Total correlation of every multiplet of two and more; as `o_information_spectrum`."""
    matrix = checked_correlation(correlation, 2)
    return spectrum_of(
        measure_of(matrix, "total_correlation"), orders, n_extremes, fraction, threads
    )


def dual_total_correlation_spectrum(
    correlation: ArrayLike,
    *,
    orders: Iterable[int] | None = None,
    n_extremes: int = 10,
    fraction: float = EXTREME_FRACTION,
    threads: int | None = None,
) -> Spectrum:
    """Dual total correlation of every multiplet of two and more; as `o_information_spectrum`."""
    matrix = checked_correlation(correlation, 2)
    return spectrum_of(
        measure_of(matrix, "dual_total_correlation"), orders, n_extremes, fraction, threads
    )


def redundancy_synergy_spectrum(
    correlation: ArrayLike,
    target: int,
    *,
    orders: Iterable[int] | None = None,
    n_extremes: int = 10,
    fraction: float = EXTREME_FRACTION,
    threads: int | None = None,
) -> Spectrum:
    """Redundancy-synergy index of every set of two and more predictors, in nats.

    Parameters
    ----------
    correlation : array_like, shape (n, n)
        Covariance or correlation of predictors and target; n >= 3.
    target : int
        Index of the target; all other variables are predictors.
    orders, n_extremes, fraction, threads
        As `o_information_spectrum`; orders count predictors.

    Returns
    -------
    Spectrum
        Orders 2 to n - 1, in predictors; indices of multiplets count the predictors only.

    Raises
    ------
    ValueError
        As `o_information_spectrum`, or if `target` is no index of a variable.
    """
    matrix = checked_correlation(correlation, 3)
    measure = measure_of(matrix, "redundancy_synergy_index", target)
    return spectrum_of(measure, orders, n_extremes, fraction, threads)


def measure_all(
    correlation: ArrayLike,
    name: MeasureName = "o_information",
    target: int | None = None,
    threads: int | None = None,
) -> NDArray[np.float64]:
    """Measure every subset of the variables and return the whole table.

    Parameters
    ----------
    correlation : array_like, shape (n, n)
        Covariance or correlation.
    name : str
        ``o_information``, ``s_information``, ``total_correlation``,
        ``dual_total_correlation`` or ``redundancy_synergy_index``.
    target : int, optional
        Index of the target of the RSI.
    threads : int, optional
        Default: the cores this process may use.

    Returns
    -------
    ndarray, shape (2^n,)
        Nats; bit i of an index says whether variable i is in the multiplet.  With a target n
        counts the predictors only.

    Raises
    ------
    ValueError
        As `o_information_spectrum`.

    Examples
    --------
    >>> table = measure_all(np.eye(3) * 0.5 + 0.5)
    >>> float(table[0b111].round(4))
    0.0849
    """
    measure = measure_of(checked_correlation(correlation, 2), name, target)
    return fill_table(measure, new_table(measure.n), threads or usable_cores())


def spectrum_of(
    measure: Measure,
    orders: Iterable[int] | None = None,
    n_extremes: int = 10,
    fraction: float = EXTREME_FRACTION,
    threads: int | None = None,
    table: NDArray[np.float64] | None = None,
) -> Spectrum:
    """Measure every multiplet and summarise the orders; see `o_information_spectrum`.

    `table` is room for the values of all 2^n multiplets, where there is some already.
    """
    n, at_work = measure.n, threads or usable_cores()
    chosen = chosen_orders(measure, orders)
    table = fill_table(measure, new_table(n) if table is None else table, at_work)
    found = summary.moments(table, n, at_work)
    histogram = summary.histograms(table, n, found, at_work)
    low = high = np.empty((n + 1, 0))
    if fraction > 0:
        low, high = np.empty((n + 1, n)), np.empty((n + 1, n))
        if found.count[chosen].max() > SORTED_COUNT:
            low, high = summary.frequencies(table, n, histogram, fraction, at_work)
    quantiles = np.array([[one.quantile(level) for level in QUANTILE_LEVELS] for one in histogram])
    for k in chosen:
        if found.count[k] <= SORTED_COUNT:
            index = subsets_of_order(n, k, found.count[k])
            values = table[index]
            quantiles[k] = np.quantile(values, QUANTILE_LEVELS)
            if fraction > 0:
                low[k], high[k] = summary.exact_frequencies(values, index, n, fraction)
    lowest, highest = found.argmin[:, None], found.argmax[:, None]
    if n_extremes > 0:
        lowest, highest = summary.extremes(table, n, n_extremes, at_work)

    def told(row: NDArray[np.int64]) -> list[tuple[Multiplet, float]]:
        return [(members(int(index)), float(table[index])) for index in row if index >= 0]

    return Spectrum(
        order=np.array(chosen, dtype=np.int64),
        count=found.count[chosen],
        minimum=found.minimum[chosen],
        mean=found.mean[chosen],
        maximum=found.maximum[chosen],
        std=found.std[chosen],
        argmin=[members(int(found.argmin[k])) for k in chosen],
        argmax=[members(int(found.argmax[k])) for k in chosen],
        quantiles=quantiles[chosen],
        histogram=[histogram[k] for k in chosen],
        lowest=[told(lowest[k]) for k in chosen],
        highest=[told(highest[k]) for k in chosen],
        frequency_lowest=low[chosen],
        frequency_highest=high[chosen],
        measured=found.count[chosen],
        mean_error=np.zeros(len(chosen)),
    )


def fill_table(
    measure: Measure, table: NDArray[np.float64], threads: int = 1
) -> NDArray[np.float64]:
    """Write the measure of every subset into `table` and return it."""
    if measure.link is None:
        log_determinants(measure.matrix, table, measure.scale, threads)
    else:
        log_residuals(measure.matrix, measure.link, table, measure.scale, threads)
    if measure.beta is not None:
        combine(table, measure.n, measure.alpha, measure.beta, threads)
    return table


def chosen_orders(measure: Measure, orders: Iterable[int] | None) -> list[int]:
    """Orders to report, ascending.

    Raises
    ------
    ValueError
        If one of them is not from the smallest order of the measure to n.
    """
    if orders is None:
        return list(range(measure.smallest, measure.n + 1))
    chosen = sorted(set(orders))
    if not chosen or chosen[0] < measure.smallest or chosen[-1] > measure.n:
        raise ValueError(
            f"orders must be from {measure.smallest} to {measure.n}, got "
            f"{', '.join(map(str, chosen)) or 'none'}"
        )
    return chosen


def members(index: int) -> Multiplet:
    """Variables of a subset."""
    return tuple(i for i in range(index.bit_length()) if index >> i & 1)


def index_of(multiplet: Sequence[int]) -> int:
    """Where a multiplet stands in a table."""
    return sum(1 << i for i in multiplet)


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
