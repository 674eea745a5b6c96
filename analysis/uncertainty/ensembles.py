"""Populations of several ensembles: whole walkers drawn again, whole ensembles exchanged.

Walkers of one ensemble move by each other's positions, so that ensembles are the units which are
independent; walkers are those which are resampled, because there are more of them, unless ensembles
differ by more than their walkers allow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..significance import compare_groups
from .effective import Sample, kish_size
from .judgement import Difference, interval_factor

Array = NDArray[np.float64]

Curve = Callable[[Array, Array, float], Array]
"""Values (n_rows, n_variables), weights (n_rows,) and degrees of freedom to a measured curve."""

Statistic = Callable[[Array], float]
"""Number of a measured curve."""

N_EXCHANGES = 70
"""Ways to part eight ensembles into four and four; of more ensembles so many are drawn."""


@dataclass(frozen=True)
class EnsembleSample:
    """Rows of a population with their walkers and ensembles.

    Attributes
    ----------
    sample : Sample
        The rows as the chain left them.
    ensemble : ndarray of int, shape (n_rows,)
        Number of the ensemble.
    weights : ndarray, shape (n_rows,)
        How much rows count: those of the sample, or those at another temperature.
    """

    sample: Sample
    ensemble: NDArray[np.int64]
    weights: Array

    @property
    def n_units(self) -> int:
        """Walkers, ensembles or stretches of walkers that are drawn again."""
        return len(self.sample.blocks)

    @property
    def worth(self) -> float:
        """Effective sample size; less where the weights are tilted (Kish)."""
        lost = kish_size(self.weights) / kish_size(self.sample.weights)
        return (self.sample.nu + 1.0) * min(lost, 1.0)

    def at_temperature(self, cost: Array, temperature: float, other: float) -> EnsembleSample:
        """Weigh rows as a chain of another temperature would (importance sampling).

        Parameters
        ----------
        cost : ndarray, shape (n_rows,)
            Of each row; the chain sampled the density exp(-cost/T).
        temperature, other : float
            T of the chain, and the one that is wanted, in units of the cost.

        Returns
        -------
        EnsembleSample
            The same rows with weights exp(cost/T - cost/T').
        """
        gain = 1.0 / temperature - 1.0 / other
        tilt = np.exp(gain * (cost - cost.max()))
        return replace(self, weights=self.sample.weights * tilt)

    def share(self, ess: float) -> float:
        """Part of the walkers that is worth an effective sample size, at most all."""
        return min(ess / self.worth, 1.0)

    def nu(self, ess: float) -> float:
        """Degrees of freedom of so many rows: their effective size, less one."""
        return self.share(ess) * self.worth - 1.0

    def resample(self, rng: np.random.Generator, ess: float) -> NDArray[np.int64]:
        """Draw whole walkers, or whole ensembles where these differ, with replacement.

        Parameters
        ----------
        rng : Generator
            Random numbers.
        ess : float
            Effective sample size that the walkers shall be worth.

        Returns
        -------
        ndarray of int
            Rows of a replicate, of at least two units.
        """
        blocks = self.sample.blocks
        chosen = rng.integers(len(blocks), size=self._n_taken(ess))
        return np.concatenate([blocks[i] for i in chosen])

    def part(self, rng: np.random.Generator, ess: float) -> NDArray[np.int64]:
        """Draw whole walkers or ensembles, each at most once; parameters as of `resample`."""
        blocks = self.sample.blocks
        chosen = rng.choice(len(blocks), self._n_taken(ess), replace=False)
        return np.concatenate([blocks[i] for i in chosen])

    def curve(self, measure: Curve, rows: NDArray[np.int64], nu: float) -> Array:
        """Measure some rows."""
        return measure(self.sample.values[rows], self.weights[rows], nu)

    def _n_taken(self, ess: float) -> int:
        return max(round(self.share(ess) * self.n_units), 2)


def compare_ensembles(
    first: EnsembleSample,
    second: EnsembleSample,
    measure: Curve,
    statistics: Sequence[Statistic],
    n: int,
    seed: int,
) -> list[Difference]:
    """Compare two populations at equal effective sample size.

    Parameters
    ----------
    first, second : EnsembleSample
        The populations; whole walkers are left out of the one that is worth more.
    measure : Curve
        Measures a curve.
    statistics : sequence of Statistic
        Numbers of the curve.
    n : int
        Replicates of each population; a quarter as many parts give the estimate.
    seed : int
        Of the random numbers.

    Returns
    -------
    list of Difference
        Second less first, one per statistic.
    """
    rng = np.random.default_rng([seed, 7])
    ess = min(first.worth, second.worth)
    values, squares = np.zeros(len(statistics)), np.zeros(len(statistics))
    for sign, one in ((-1.0, first), (1.0, second)):
        nu = one.nu(ess)
        parts = [one.curve(measure, one.part(rng, ess), nu) for _ in range(max(n // 4, 5))]
        again = [one.curve(measure, one.resample(rng, ess), nu) for _ in range(n)]
        values += sign * np.mean([[of(curve) for of in statistics] for curve in parts], axis=0)
        scatter = np.std([[of(curve) for of in statistics] for curve in again], axis=0, ddof=1)
        squares += (interval_factor(one.n_units) * scatter) ** 2
    half = np.sqrt(squares)
    p = exchange_ensembles(first, second, measure, statistics, seed)
    return [
        Difference(float(value), float(value - width), float(value + width), one)
        for value, width, one in zip(values, half, p, strict=True)
    ]


def exchange_ensembles(
    first: EnsembleSample,
    second: EnsembleSample,
    measure: Curve,
    statistics: Sequence[Statistic],
    seed: int,
) -> list[float]:
    """Two-sided p of differences when whole ensembles of two populations are exchanged.

    Four ensembles against four can be parted in 70 ways, so that p is at least 2/70.

    Parameters
    ----------
    first, second, measure, statistics, seed
        As of `compare_ensembles`.

    Returns
    -------
    list of float
        One per statistic.
    """
    pieces: list[tuple[Array, Array]] = []
    groups = []
    for one in (first, second):
        numbers = np.unique(one.ensemble)
        groups.append(np.arange(len(pieces), len(pieces) + len(numbers)))
        for number in numbers:
            here = one.ensemble == number
            pieces.append((one.sample.values[here], one.weights[here]))
    nu = min(first.worth, second.worth) - 1.0

    @cache
    def curve(units: tuple[int, ...]) -> Array:
        values = np.concatenate([pieces[i][0] for i in units])
        weights = np.concatenate([pieces[i][1] for i in units])
        return measure(values, weights, nu)

    def p_of(statistic: Statistic) -> float:
        def of_units(units: NDArray[np.int64]) -> float:
            return statistic(curve(tuple(sorted(units.tolist()))))

        return compare_groups(of_units, groups[1], groups[0], N_EXCHANGES, 0, seed).p

    return [p_of(statistic) for statistic in statistics]
