"""Whether chains have stopped drifting, tested with walkers as replicates of each other.

A walker's mean over the last third of its chain less that over the first third is one number,
independent of those of other walkers however slowly the walkers move.  If the chains have settled,
these numbers have mean zero.  R-hat cannot see walkers that march together, since it compares
them with each other; this test does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..significance import benjamini_hochberg

Array = NDArray[np.float64]
Verdict = Literal["settled", "drifts at first", "still settling", "not tested"]

FALSE_ALARMS = 0.05
"""Chance that settled chains are said to drift: half of it for single parameters, half for all
together."""

FEWEST_WALKERS = 8
"""Walkers that are needed to tell a drift from chance."""

FEWEST_STEPS = 6
"""Steps that the walkers must span: two in each third."""

MOST_BURN_IN = 0.5
"""Part of the steps that may be dropped in the search for the settled part."""

_N_CANDIDATES = 8  # burn-ins that are tried, besides none
_N_FLIPS = 2000


@dataclass(frozen=True)
class HeldStates:
    """States of walkers and when they were held; times are in steps, or in proposals.

    Attributes
    ----------
    values : ndarray, shape (n_states, n_parameters)
        Parameters.
    begin, end : ndarray, shape (n_states,)
        A state was held from `begin` until before `end`.
    walker : ndarray of int, shape (n_states,)
        Number of the walker, over all ensembles.
    ensemble : ndarray of int, shape (n_states,)
        Number of its ensemble.
    """

    values: Array
    begin: Array
    end: Array
    walker: NDArray[np.int64]
    ensemble: NDArray[np.int64]

    @classmethod
    def of_chains(cls, chains: list[Array]) -> HeldStates:
        """See dense chains, shape (n_steps, n_walkers, n_parameters) for each ensemble.

        A step at which a walker is not known (NaN) is left out.
        """
        values, begin, walker, ensemble = [], [], [], []
        n_before = 0
        for i, chain in enumerate(chains):
            n_steps, n_walkers, n_parameters = chain.shape
            values.append(chain.reshape(-1, n_parameters))
            begin.append(np.repeat(np.arange(n_steps, dtype=np.float64), n_walkers))
            walker.append(np.tile(np.arange(n_before, n_before + n_walkers), n_steps))
            ensemble.append(np.full(n_steps * n_walkers, i))
            n_before += n_walkers
        every = np.concatenate(values)
        known = np.isfinite(every).all(axis=1)
        times = np.concatenate(begin)[known]
        return cls(
            every[known],
            times,
            times + 1.0,
            np.concatenate(walker)[known],
            np.concatenate(ensemble)[known],
        )

    @property
    def span(self) -> tuple[float, float]:
        """First and last time at which a state was held."""
        return float(self.begin.min()), float(self.end.max())


@dataclass(frozen=True)
class Drift:
    """Last third of the chains less the first, means and variances of every parameter.

    Attributes
    ----------
    begin : float
        Time from which on the chains were looked at.
    mean, mean_error : ndarray, shape (n_parameters,)
        Change of the mean, and its standard error, in SDs of the parameter.
    variance, variance_error : ndarray, shape (n_parameters,)
        Change of the variance, and its standard error, in variances of the parameter.
    p_mean, p_variance : ndarray, shape (n_parameters,)
        Of Student's t, two-sided, not adjusted; NaN of a parameter that never moves.
    p_together : float
        Chance of changes as large, all taken together, if each walker's changes had as well been
        the other way round.
    by_ensembles : ndarray of bool, shape (n_parameters,)
        Whether walkers of one ensemble move together more than chance allows, so that ensembles
        are the replicates of the mean.
    n_walkers, n_ensembles : int
        Walkers that were there in both thirds, and their ensembles.
    """

    begin: float
    mean: Array
    mean_error: Array
    variance: Array
    variance_error: Array
    p_mean: Array
    p_variance: Array
    p_together: float
    by_ensembles: NDArray[np.bool_]
    n_walkers: int
    n_ensembles: int

    @property
    def p_adjusted(self) -> Array:
        """Smaller p of mean and variance of each parameter, adjusted over all of both."""
        return self._adjusted(list(range(len(self.mean))))

    @property
    def moving(self) -> list[int]:
        """Parameters whose mean or variance changes, the largest change of the mean first."""
        found = np.flatnonzero(self.p_adjusted <= FALSE_ALARMS / 2)
        order = np.argsort(-np.abs(self.mean[found]), kind="stable")
        return [int(i) for i in found[order]]

    def still(self, suspects: list[int]) -> bool:
        """Whether it passes, and so do parameters known to have moved, adjusted among themselves.

        A shorter chain shows less: adjusted over all parameters, a drift that goes on would pass
        in it for want of data.
        """
        return self.passes and not (self._adjusted(suspects) <= FALSE_ALARMS).any()

    def _adjusted(self, chosen: list[int]) -> Array:
        p = np.stack([self.p_mean[chosen], self.p_variance[chosen]])
        return np.asarray(np.nan_to_num(benjamini_hochberg(p), nan=1.0).min(axis=0))

    @property
    def passes(self) -> bool:
        """Whether no drift is seen."""
        return not self.moving and self.p_together > FALSE_ALARMS / 2

    @property
    def root_mean_square_t(self) -> float:
        """Root mean square of the t statistics of the means; about 1 without drift."""
        with np.errstate(invalid="ignore", divide="ignore"):
            t = self.mean / self.mean_error
            return float(np.sqrt(np.nanmean(t**2)))


@dataclass(frozen=True)
class Stationarity:
    """What the test says of chains.

    Attributes
    ----------
    whole : Drift or None
        Of all that was given; None where there are too few walkers or steps to test.
    settled_from : float or None
        Earliest time from which on no drift is seen, at most half of the chains later than their
        begin; None where there is none.
    after : Drift or None
        Of the chains from `settled_from` on; of their second half where they never pass.
    """

    whole: Drift | None
    settled_from: float | None
    after: Drift | None

    @cached_property
    def verdict(self) -> Verdict:
        """Say it in two words."""
        if self.whole is None:
            return "not tested"
        if self.whole.passes:
            return "settled"
        return "still settling" if self.settled_from is None else "drifts at first"

    @property
    def is_sample(self) -> bool:
        """Whether verdicts may be drawn from the chains: they are not known to be settling."""
        return self.verdict != "still settling"


def stationarity(states: HeldStates) -> Stationarity:
    """Test whether chains drift, and find the earliest burn-in after which they do not.

    Parameters
    ----------
    states : HeldStates
        Of all walkers.

    Returns
    -------
    Stationarity

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> still = rng.standard_normal((60, 40, 3))
    >>> stationarity(HeldStates.of_chains([still])).verdict
    'settled'
    >>> marching = still + np.linspace(-1, 1, 60)[:, None, None]
    >>> stationarity(HeldStates.of_chains([marching])).verdict
    'still settling'
    """
    first, last = states.span
    whole = drift(states, first)
    if whole is None:
        return Stationarity(None, None, None)
    if whole.passes:
        return Stationarity(whole, first, whole)
    latest = whole
    for i in range(1, _N_CANDIDATES + 1):
        begin = first + np.floor((last - first) * MOST_BURN_IN * i / _N_CANDIDATES)
        found = drift(states, begin) if begin > latest.begin else None
        if found is None:
            continue
        latest = found
        if found.still(whole.moving):
            return Stationarity(whole, float(begin), found)
    return Stationarity(whole, None, latest)


def drift(states: HeldStates, begin: float) -> Drift | None:
    """Measure how the last third of the chains from `begin` on differs from the first.

    Returns
    -------
    Drift or None
        None where fewer than 8 walkers or 6 steps are known.
    """
    last = states.span[1]
    third = (last - begin) / 3
    if last - begin < FEWEST_STEPS:
        return None
    held = np.clip(states.end - np.maximum(states.begin, begin), 0.0, None)
    if not held.any():
        return None
    _, walker = np.unique(states.walker, return_inverse=True)
    mean = np.average(states.values, axis=0, weights=held)
    scaled = states.values - mean
    variance = np.average(scaled**2, axis=0, weights=held)
    moves = np.ptp(states.values[held > 0], axis=0) > 0
    scaled[:, moves] /= np.sqrt(variance[moves])
    numbers = np.hstack([scaled, scaled**2])
    ends = [
        _window_means(states, walker, numbers, low, high)
        for low, high in ((begin, begin + third), (last - third, last))
    ]
    change = ends[1] - ends[0]
    is_known: NDArray[np.bool_] = np.asarray(np.isfinite(change).all(axis=1))
    if is_known.sum() < FEWEST_WALKERS:
        return None
    ensemble = np.zeros(len(is_known), dtype=np.int64)
    ensemble[walker] = states.ensemble
    return _tested(change[is_known], ensemble[is_known], begin, moves)


def _window_means(
    states: HeldStates, walker: NDArray[np.int64], numbers: Array, low: float, high: float
) -> Array:
    """Mean of each walker over a window of time, shape (n_walkers, n_numbers); NaN of none."""
    inside = np.clip(np.minimum(states.end, high) - np.maximum(states.begin, low), 0.0, None)
    n_walkers = int(walker.max()) + 1
    total = np.bincount(walker, inside, n_walkers)
    sums = np.column_stack(
        [np.bincount(walker, inside * column, n_walkers) for column in numbers.T]
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums / total[:, None])


def _tested(
    change: Array, ensemble: NDArray[np.int64], begin: float, moves: NDArray[np.bool_]
) -> Drift:
    """Test the changes of walkers, shape (n_walkers, 2 n_parameters): means, then variances."""
    from scipy.stats import f as f_law
    from scipy.stats import t as t_law

    n, n_parameters = len(change), len(moves)
    tested = np.concatenate([moves, moves])
    mean = change.mean(axis=0)
    error = change.std(axis=0, ddof=1) / np.sqrt(n)
    freedom = np.full(len(mean), n - 1.0)
    names, place = np.unique(ensemble, return_inverse=True)
    counts = np.bincount(place)
    m = len(names)
    together = np.zeros(len(mean), bool)
    if m > 1 and n > m:
        of_ensembles = np.array([change[place == i].mean(axis=0) for i in range(m)])
        between = (counts[:, None] * (of_ensembles - mean) ** 2).sum(axis=0) / (m - 1)
        within = ((change - of_ensembles[place]) ** 2).sum(axis=0) / (n - m)
        with np.errstate(invalid="ignore", divide="ignore"):
            p = np.where(within > 0, f_law.sf(between / within, m - 1, n - m), np.nan)
        together = np.nan_to_num(benjamini_hochberg(p), nan=1.0) <= 0.05
        error[together] = np.sqrt(between[together] / n)
        freedom[together] = m - 1.0
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.where(tested & (error > 0), mean / error, np.nan)
    p_of = np.asarray(2 * t_law.sf(np.abs(t), freedom))
    return Drift(
        begin,
        mean[:n_parameters],
        error[:n_parameters],
        mean[n_parameters:],
        error[n_parameters:],
        p_of[:n_parameters],
        p_of[n_parameters:],
        _together(change[:, np.isfinite(t) & ~together]),
        together[:n_parameters],
        n,
        m,
    )


def _together(change: Array) -> float:
    """Test all changes together, by flipping the sign of whole walkers (sum of squared t)."""
    n = len(change)
    if change.shape[1] == 0:
        return 1.0
    signs = np.random.default_rng(0).choice((-1.0, 1.0), size=(_N_FLIPS, n))
    means = np.vstack([change.mean(axis=0), signs @ change / n])
    rest = (change**2).mean(axis=0) - means**2
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = np.sum(means**2 / np.maximum(rest, 1e-300) * (n - 1), axis=1)
    return float((1 + np.sum(squares[1:] >= squares[0])) / (1 + _N_FLIPS))
