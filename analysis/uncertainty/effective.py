"""How many independent rows a sample is worth, and how to resample it without pretending more.

The rows of a population that came from a chain are states that one walker held for a number
of steps; rows of one walker resemble each other.  A sample knows its walkers and their ensembles,
so that it can be thinned to its effective size and resampled in blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .between_ensembles import BetweenEnsembles, between_ensembles
from .convergence import LONG_CHAIN
from .stationarity import HeldStates, Stationarity, stationarity

ENOUGH_WALKERS = 20
"""From so many walkers on whole walkers are resampled."""

ENSEMBLES_DIFFER = 0.01
"""Chance of an F as large below which ensembles are said to differ."""

_WINDOW = 5.0  # of autocorrelation times (Sokal 1997)


@dataclass(frozen=True)
class Sample:
    """Rows, how much each counts, and which chain it came from.

    Attributes
    ----------
    values : ndarray, shape (n_rows, n_variables)
        Finite numbers.
    weights : ndarray, shape (n_rows,)
        Positive; of a chain, the steps a state was held.
    walker : ndarray of int, shape (n_rows,), or None
        Number of the walker; None when rows are independent, or nobody knows better.
    step : ndarray of int, shape (n_rows,), or None
        When the walker arrived.
    ensemble : ndarray of int, shape (n_rows,), or None
        Number of the walker's ensemble; ensembles know nothing of each other.  None where there
        is one.
    worth : float
        Most independent rows that free rows can be worth, where who drew them knows it.
    """

    values: NDArray[np.float64]
    weights: NDArray[np.float64]
    walker: NDArray[np.int64] | None = None
    step: NDArray[np.int64] | None = None
    ensemble: NDArray[np.int64] | None = None
    worth: float = np.inf

    @property
    def n_rows(self) -> int:
        """Rows of the table."""
        return len(self.values)

    @property
    def is_chain(self) -> bool:
        """Whether rows are known to come from walkers."""
        return self.walker is not None

    @cached_property
    def n_distinct(self) -> int:
        """Rows that differ."""
        return len(np.unique(self.values, axis=0))

    @cached_property
    def kish(self) -> float:
        """Effective sample size of the weights."""
        return kish_size(self.weights)

    @cached_property
    def series(self) -> list[NDArray[np.int64]]:
        """Row at each held step, one series per walker."""
        if self.walker is None or self.step is None:
            raise ValueError("only a chain has series; this sample has no walkers")
        held = np.maximum(np.rint(self.weights), 1).astype(np.int64)
        series = []
        for walker in np.unique(self.walker):
            rows = np.flatnonzero(self.walker == walker)
            rows = rows[np.argsort(self.step[rows], kind="stable")]
            series.append(np.repeat(rows, held[rows]))
        return series

    @cached_property
    def taus(self) -> NDArray[np.float64]:
        """Autocorrelation time of each variable, steps, shape (n_variables,); 1 of free rows."""
        if not self.is_chain:
            return np.ones(self.values.shape[1])
        return np.array(
            [
                autocorrelation_time([self.values[one, j] for one in self.series])
                for j in range(self.values.shape[1])
            ]
        )

    @property
    def tau(self) -> float:
        """Longest autocorrelation time of a variable, steps; 1 for independent rows."""
        return float(self.taus.max())

    @cached_property
    def n_steps(self) -> int:
        """Held steps of all walkers together; of independent rows their number."""
        return sum(len(one) for one in self.series) if self.is_chain else self.n_rows

    @cached_property
    def ess_by_time(self) -> float:
        """Effective sample size by the autocorrelation time; of independent rows their number.

        No walker counts for less than one row, since tau cannot be longer than the chain: of a
        chain that is not `is_long` it is the most that the sample can be worth.
        """
        return min(self.n_steps / self.tau, self.worth)

    @cached_property
    def by_ensembles(self) -> BetweenEnsembles | None:
        """What the distance of the ensembles says.

        None of independent rows, of one ensemble, and where no variable varies.
        """
        if self.walker is None or self.ensemble is None or np.ptp(self.ensemble) == 0:
            return None
        if not np.ptp(self.values, axis=0).any():
            return None
        return between_ensembles(self.values, self.weights, self.walker, self.ensemble)

    @cached_property
    def ess(self) -> float:
        """Effective sample size: the smaller of those by time and by the distance of ensembles."""
        apart = self.by_ensembles
        return self.ess_by_time if apart is None else min(self.ess_by_time, apart.ess)

    @cached_property
    def n_tau(self) -> float:
        """Autocorrelation times that the shortest walker spans; infinite of independent rows."""
        if not self.is_chain:
            return np.inf
        return min(len(one) for one in self.series) / self.tau

    @property
    def is_long(self) -> bool:
        """Whether the chain is long enough for its autocorrelation time to be known."""
        return self.n_tau >= LONG_CHAIN

    @cached_property
    def n_products(self) -> float:
        """Effective size for the covariance: products of deviations decorrelate before means do.

        The smaller of the steps over sum_k rho_i(k) rho_j(k), averaged over pairs of variables,
        and of what the distance of the ensembles' covariances says.
        """
        if not self.is_chain:
            return min(float(self.n_rows), self.worth)
        by_time = self.n_steps / product_time(self.values, self.series)
        apart = self.by_ensembles
        return by_time if apart is None else min(by_time, apart.n_products)

    @property
    def nu(self) -> float:
        """Degrees of freedom of its covariance: its effective size, less one."""
        return min(self.n_products, self.kish) - 1.0

    @cached_property
    def stationarity(self) -> Stationarity:
        """Whether the walkers drift; not tested of independent rows."""
        if self.walker is None or self.step is None:
            return Stationarity(None, None, None)
        begin = self.step.astype(np.float64)
        ensemble = np.zeros(self.n_rows, np.int64) if self.ensemble is None else self.ensemble
        return stationarity(
            HeldStates(self.values, begin, begin + self.weights, self.walker, ensemble)
        )

    @property
    def told(self) -> str:
        """What it is worth, in words."""
        if self.is_chain:
            most = "" if self.is_long else f"at most, in walkers of {self.n_tau:.1f} tau; "
            apart = self.by_ensembles
            agree = ""
            if apart is not None and apart.ess < self.ess_by_time:
                agree = (
                    f"{apart.ess:.0f} by the distance of the ensembles (95 %: {apart.low:.0f} to "
                    f"{apart.high:.0f}), by time {self.ess_by_time:.0f}; "
                )
            return (
                f"{self.n_rows} rows ({self.n_distinct} distinct) of {len(self.series)} walkers, "
                f"ESS {self.ess:.0f} ({agree}{most}tau {self.tau:.1f} proposals), Kish ESS "
                f"{self.kish:.0f}"
            )
        weighted = "" if np.ptp(self.weights) == 0 else f", Kish ESS {self.kish:.0f}"
        rows = f"{self.n_rows} rows ({self.n_distinct} distinct){weighted}"
        if np.isfinite(self.worth):
            return f"{rows}; independent draws, worth {self.worth:.0f}"
        return f"{rows}; no ESS is known, rows are assumed independent"

    def take(self, rows: NDArray[np.int64], keep_weights: bool = True) -> Sample:
        """Choose rows, with repetition as they come; they count as independent."""
        weights = self.weights[rows] if keep_weights else np.ones(len(rows))
        return Sample(self.values[rows], weights)

    def thinned(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Rows of about the effective size that may count as independent, one unit each.

        Of a chain every ceil(steps/ESS)-th held step of each walker, from a random start; of
        weighted rows a draw by weight without repetition; else all rows.
        """
        if self.is_chain:
            stride = int(np.ceil(self.n_steps / self.ess))
            starts = rng.integers(stride, size=len(self.series))
            return np.concatenate(
                [one[start::stride] for one, start in zip(self.series, starts, strict=True)]
            )
        if np.ptp(self.weights) == 0:
            return np.arange(self.n_rows)
        share = self.weights / self.weights.sum()
        n = max(int(min(self.kish, self.worth)), 1)
        return np.sort(rng.choice(self.n_rows, n, replace=False, p=share))

    @cached_property
    def blocks(self) -> list[NDArray[np.int64]]:
        """Rows that are resampled together.

        Whole ensembles where they differ by more than their walkers allow, whole walkers where
        there are at least 20, else `stretches`; each row alone when rows are independent.
        """
        if not self.is_chain:
            return list(np.arange(self.n_rows)[:, None])
        if self.ensemble is not None and self.ensembles_differ:
            return [np.flatnonzero(self.ensemble == one) for one in np.unique(self.ensemble)]
        if len(self.series) >= ENOUGH_WALKERS:
            return [np.unique(one) for one in self.series]
        return self.stretches

    @property
    def ensembles_differ(self) -> bool:
        """Whether the means of ensembles differ by more than those of walkers allow."""
        return self.by_ensembles is not None and self.by_ensembles.p <= ENSEMBLES_DIFFER

    @cached_property
    def stretches(self) -> list[NDArray[np.int64]]:
        """Rows of one walker over at least 2 tau held steps each."""
        length = int(np.ceil(2 * self.tau))
        stretches = []
        for one in self.series:
            n_parts = max(1, len(one) // length)
            # a state held over a cut belongs to the stretch in which it was entered
            first = np.concatenate([[True], one[1:] != one[:-1]])
            for part, new in zip(
                np.array_split(one, n_parts), np.array_split(first, n_parts), strict=True
            ):
                if new.any():
                    stretches.append(part[new])
        return stretches


def kish_size(weights: NDArray[np.float64]) -> float:
    """Effective sample size of weights: (sum w)^2 / sum w^2 (Kish 1965).

    Examples
    --------
    >>> kish_size(np.ones(7))
    7.0
    """
    return float(weights.sum() ** 2 / np.sum(weights**2))


def autocorrelation_time(series: list[NDArray[np.float64]]) -> float:
    """Integrated autocorrelation time of walkers that share one distribution, in steps.

    Parameters
    ----------
    series : list of ndarray, shape (n_steps,)
        One per walker; lengths may differ.

    Returns
    -------
    float
        1 + 2 sum of autocorrelations up to 5 times itself (Sokal 1997), at least 1.  Deviations
        are from the mean of all walkers, so walkers that do not mix lengthen it.  A variable
        that never moves has the length of the longest series.
    """
    correlation = autocorrelation(series)
    if not len(correlation):
        return float(max(len(one) for one in series))
    times = 2.0 * np.cumsum(correlation) - 1.0
    return float(max(times[_window(times)], 1.0))


def autocorrelation(series: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Autocorrelation of walkers that share one distribution, by lag in steps.

    Returns
    -------
    ndarray, shape (length of the longest series,)
        Of the deviations from the mean of all walkers; empty for a variable that never moves.
    """
    pooled = np.concatenate(series)
    longest = max(len(one) for one in series)
    if np.ptp(pooled) == 0:
        return np.empty(0)
    covariance = np.zeros(longest)
    for one in series:
        size = 1 << (2 * len(one) - 1).bit_length()
        spectrum = np.fft.rfft(one - pooled.mean(), size)
        covariance[: len(one)] += np.fft.irfft(np.abs(spectrum) ** 2, size)[: len(one)]
    return np.asarray(covariance / covariance[0])


def product_time(values: NDArray[np.float64], series: list[NDArray[np.int64]]) -> float:
    """Autocorrelation time of products of two variables' deviations, averaged over pairs, steps.

    Parameters
    ----------
    values : ndarray, shape (n_rows, n_variables)
        Rows.
    series : list of ndarray of int
        Row at each step, one series per walker.

    Returns
    -------
    float
        Mean over pairs of 1 + 2 sum_k rho_i(k) rho_j(k), at least 1: how many steps of Gaussian
        variables tell of their covariance what one independent row tells.

    References
    ----------
    Bartlett (1946), Suppl. J. R. Stat. Soc. 8:27, of the variance of a cross-correlation.
    """
    every = [autocorrelation([values[one, j] for one in series]) for j in range(values.shape[1])]
    longest = max(len(one) for one in series)
    if any(not len(one) for one in every):  # a variable that never moves is not known to mix
        return float(longest)
    correlations = np.array(every)
    n_kept = 1 + max(_window(2.0 * np.cumsum(one) - 1.0) for one in correlations)
    kept = correlations[:, :n_kept]
    if len(kept) < 2:
        pairs = float(np.sum(kept[0, 1:] ** 2))
    else:  # the sum over pairs of products is the square of the sum, less the squares
        n = len(kept)
        squares = kept[:, 1:].sum(axis=0) ** 2 - (kept[:, 1:] ** 2).sum(axis=0)
        pairs = float(squares.sum() / (n * (n - 1)))
    return float(max(1.0 + 2.0 * pairs, 1.0))


def _window(times: NDArray[np.float64]) -> int:
    """First lag at least 5 times the time up to it (Sokal 1997), or the last."""
    inside = np.arange(len(times)) < _WINDOW * times
    return int(np.argmin(inside)) if not inside.all() else len(times) - 1
