"""What an interval says of a claim, and how much two sets share."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import ArrayLike

LEVEL = 0.05
"""A difference with a larger p is open."""

REPRODUCES = "reproduces"
"""Verdict of a claim that the data bear out."""


FEW_UNITS = 20
"""Fewer resampled units than these scatter less than they should, and say little of how much."""


def interval_factor(n_units: int) -> float:
    """SDs of replicates in half an interval of 95 %, by how many units were drawn again.

    Parameters
    ----------
    n_units : int
        Whole walkers or whole ensembles; at least two.

    Returns
    -------
    float
        1.96, but of fewer than 20 units the quantile of Student's t, made larger by
        sqrt(m/(m - 1)), since m units drawn with replacement scatter too little by that.

    Examples
    --------
    >>> interval_factor(176), round(interval_factor(4), 2)
    (1.96, 3.67)
    """
    if n_units >= FEW_UNITS:
        return 1.96
    from scipy.stats import t as t_law

    return float(t_law.ppf(0.975, n_units - 1) * np.sqrt(n_units / (n_units - 1)))


def interval_about(
    value: float, replicates: ArrayLike, n_units: int = FEW_UNITS
) -> tuple[float, float]:
    """Interval of 95 % of a value, from the scatter of its replicates.

    Parameters
    ----------
    value : float
        Estimate from all rows.
    replicates : array_like, shape (n_replicates,)
        The same from rows that were drawn again; at least two.
    n_units : int
        Units that were drawn again, whose `interval_factor` is taken.

    Returns
    -------
    tuple of float
        The value less and plus 1.96 SDs of the replicates, in their unit; more of few units.

    Examples
    --------
    >>> low, high = interval_about(3.0, [1.0, 2.0, 3.0])
    >>> round(low, 2), round(high, 2)
    (1.04, 4.96)
    """
    half = interval_factor(n_units) * float(
        np.std(np.asarray(replicates, dtype=np.float64), ddof=1)
    )
    return value - half, value + half


def judge_interval(low: float, high: float, limit: float = 0.0) -> str:
    """Say whether an interval lies above a limit.

    Parameters
    ----------
    low, high : float
        The interval.
    limit : float
        The claim is that the value is larger.

    Returns
    -------
    str
        ``reproduces``, ``the opposite``, or ``open: ...`` where the limit lies inside.

    Examples
    --------
    >>> judge_interval(0.1, 0.3), judge_interval(-0.3, -0.1)
    ('reproduces', 'the opposite')
    """
    if low > limit:
        return REPRODUCES
    return "the opposite" if high < limit else "open: the interval holds both"


@dataclass(frozen=True)
class Difference:
    """Statistic of one population less that of another.

    Attributes
    ----------
    value, low, high : float
        Estimate, and its interval of 95 % from resampled walkers.
    p : float
        Two-sided, of whole ensembles exchanged.
    """

    value: float
    low: float
    high: float
    p: float

    @property
    def verdict(self) -> str:
        """Whether it is above zero, as far as walkers and ensembles can tell."""
        told = judge_interval(self.low, self.high)
        if self.p > LEVEL and not told.startswith("open"):
            return "open: ensembles exchanged differ as much"
        return told


def jaccard(a: Set[str], b: Set[str]) -> float:
    """Part of two sets that they share: size of the intersection over that of the union.

    Examples
    --------
    >>> jaccard({"x", "y"}, {"y", "z", "u"})
    0.25
    """
    return len(a & b) / len(a | b)


def overlap_by_chance(n_first: int, n_second: int, n_common: int, n: int) -> float:
    """Probability that two random sets share at least so many elements.

    Parameters
    ----------
    n_first, n_second : int
        Sizes of the sets.
    n_common : int
        Elements that are in both.
    n : int
        Elements that they are drawn from.

    Returns
    -------
    float
        Upper tail of the hypergeometric distribution.

    Examples
    --------
    >>> overlap_by_chance(2, 2, 2, 4) == 1 / 6
    True
    """
    ways = sum(
        comb(n_first, i) * comb(n - n_first, n_second - i)
        for i in range(n_common, min(n_first, n_second) + 1)
    )
    return ways / comb(n, n_second)
