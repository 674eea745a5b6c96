"""Two populations side by side: how far they rely on the same groups of variables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..multiplets.spectrum import Multiplet, Spectrum


@dataclass(frozen=True)
class PopulationComparison:
    """Overlap of the extreme multiplets of two spectra.

    Attributes
    ----------
    order : ndarray of int, shape (n_orders,)
        Orders that both have.
    overlap_lowest, overlap_highest : ndarray, shape (n_orders,)
        Mean share of variables that a module of one has in common with the nearest module of
        the other (Jaccard), over the extreme multiplets kept; 1 when they are the same.
    overlap_by_chance : ndarray, shape (n_orders,)
        The same for single multiplets drawn at random: about k/(2n - k).
    order_of_minimum : tuple of int
        Order of the lowest value in each, for RSI the size of the most synergistic set.
    """

    order: NDArray[np.int64]
    overlap_lowest: NDArray[np.float64]
    overlap_highest: NDArray[np.float64]
    overlap_by_chance: NDArray[np.float64]
    order_of_minimum: tuple[int, int]


def compare_spectra(first: Spectrum, second: Spectrum, n_variables: int) -> PopulationComparison:
    """Compare the modules of two populations with the same variables.

    Parameters
    ----------
    first, second : Spectrum
        With the extreme multiplets of every order.
    n_variables : int
        Variables that multiplets are drawn from.
    """
    shared = np.intersect1d(first.order, second.order)
    lowest, highest = [], []
    for k in shared.tolist():
        i, j = int(np.argmax(first.order == k)), int(np.argmax(second.order == k))
        lowest.append(
            module_overlap(
                (one for one, _ in first.lowest[i]), (one for one, _ in second.lowest[j])
            )
        )
        highest.append(
            module_overlap(
                (one for one, _ in first.highest[i]), (one for one, _ in second.highest[j])
            )
        )
    return PopulationComparison(
        shared,
        np.array(lowest),
        np.array(highest),
        shared / (2.0 * n_variables - shared),
        (order_of_minimum(first), order_of_minimum(second)),
    )


def module_overlap(first: Iterable[Multiplet], second: Iterable[Multiplet]) -> float:
    """Mean Jaccard index of each module with the nearest one of the other list, both ways.

    Examples
    --------
    >>> module_overlap([(0, 1, 2)], [(0, 1, 3), (4, 5, 6)])
    0.375
    """
    a, b = [set(one) for one in first], [set(one) for one in second]
    likeness = np.array([[len(x & y) / len(x | y) for y in b] for x in a])
    return float((likeness.max(axis=1).mean() + likeness.max(axis=0).mean()) / 2)


def order_of_minimum(spectrum: Spectrum) -> int:
    """Order of the lowest value; of equal ones the smallest."""
    return int(spectrum.order[np.argmin(spectrum.minimum)])
