"""How many independent rows a sample is worth, and how to resample it without pretending more.

The rows of a population that came from a chain are states that one walker held for a number
of steps; rows of one walker resemble each other.  A sample knows its walkers, so that it can be
thinned to its effective size and resampled in blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

ENOUGH_WALKERS = 20
"""From so many walkers on whole walkers are resampled."""

LONG_CHAIN = 50.0
"""Autocorrelation times that every walker should span before they are known (Foreman-Mackey et al.
2013)."""

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
    """

    values: NDArray[np.float64]
    weights: NDArray[np.float64]
    walker: NDArray[np.int64] | None = None
    step: NDArray[np.int64] | None = None

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
    def tau(self) -> float:
        """Longest autocorrelation time of a variable, steps; 1 for independent rows."""
        if not self.is_chain:
            return 1.0
        return max(
            autocorrelation_time([self.values[one, j] for one in self.series])
            for j in range(self.values.shape[1])
        )

    @cached_property
    def ess(self) -> float:
        """Effective sample size of the chain; of independent rows their number.

        No walker counts for less than one row, since tau cannot be longer than the chain: of a
        chain that is not `is_long` it is the most that the sample can be worth.
        """
        if not self.is_chain:
            return float(self.n_rows)
        return sum(len(one) for one in self.series) / self.tau

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

    @property
    def nu(self) -> float:
        """Degrees of freedom of its covariance: the smaller effective size, less one."""
        return min(self.ess, self.kish) - 1.0

    @property
    def told(self) -> str:
        """What it is worth, in words."""
        if self.is_chain:
            most = "" if self.is_long else f"at most, in walkers of {self.n_tau:.1f} tau; "
            return (
                f"{self.n_rows} rows ({self.n_distinct} distinct) of {len(self.series)} walkers, "
                f"ESS {self.ess:.0f} ({most}tau {self.tau:.1f} steps), Kish ESS {self.kish:.0f}"
            )
        weighted = "" if np.ptp(self.weights) == 0 else f", Kish ESS {self.kish:.0f}"
        return (
            f"{self.n_rows} rows ({self.n_distinct} distinct){weighted}; no ESS is known, rows "
            "are assumed independent"
        )

    def take(self, rows: NDArray[np.int64], keep_weights: bool = True) -> Sample:
        """Choose rows, with repetition as they come; they count as independent."""
        weights = self.weights[rows] if keep_weights else np.ones(len(rows))
        return Sample(self.values[rows], weights)

    def thinned(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Rows of about the effective size that may count as independent, one unit each.

        Of a chain every ceil(tau)-th held step of each walker, from a random start; of
        weighted rows a draw by weight without repetition; else all rows.
        """
        if self.is_chain:
            stride = int(np.ceil(self.tau))
            starts = rng.integers(stride, size=len(self.series))
            return np.concatenate(
                [one[start::stride] for one, start in zip(self.series, starts, strict=True)]
            )
        if np.ptp(self.weights) == 0:
            return np.arange(self.n_rows)
        share = self.weights / self.weights.sum()
        return np.sort(rng.choice(self.n_rows, max(int(self.kish), 1), replace=False, p=share))

    @cached_property
    def blocks(self) -> list[NDArray[np.int64]]:
        """Rows that are resampled together.

        Whole walkers where there are at least 20, else `stretches`; each row alone when rows are
        independent.
        """
        if not self.is_chain:
            return list(np.arange(self.n_rows)[:, None])
        if len(self.series) >= ENOUGH_WALKERS:
            return [np.unique(one) for one in self.series]
        return self.stretches

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
    pooled = np.concatenate(series)
    longest = max(len(one) for one in series)
    if np.ptp(pooled) == 0:
        return float(longest)
    covariance = np.zeros(longest)
    for one in series:
        size = 1 << (2 * len(one) - 1).bit_length()
        spectrum = np.fft.rfft(one - pooled.mean(), size)
        covariance[: len(one)] += np.fft.irfft(np.abs(spectrum) ** 2, size)[: len(one)]
    times = 2.0 * np.cumsum(covariance / covariance[0]) - 1.0
    inside = np.arange(longest) < _WINDOW * times
    window = int(np.argmin(inside)) if not inside.all() else longest - 1
    return float(max(times[window], 1.0))
