"""Whether genes tell more than the family of a cell does, and more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .cross_validation import RegressionChoice, cross_validate, training_cells
from .preparation import GeneTable

Array = NDArray[np.float64]
Rows = NDArray[np.int64]
Labels = NDArray[np.str_]


def family_means(outputs: Array, families: Labels, folds: Sequence[Rows]) -> Array:
    """Predict every cell by the mean of its family in the other folds.

    Parameters
    ----------
    outputs : ndarray, shape (n_cells, n_outputs)
        NaN is left out of the means.
    families : ndarray of str, shape (n_cells,)
        Label of each cell.
    folds : sequence of ndarray of int
        Test cells of each fold.

    Returns
    -------
    ndarray, shape (n_cells, n_outputs)
        A family that the other folds do not hold is at the mean of all.

    Examples
    --------
    >>> folds = [np.array([0, 2]), np.array([1, 3])]
    >>> family_means(np.array([[1.0], [3.0], [5.0], [9.0]]), np.array(list("aabb")), folds).ravel()
    array([3., 1., 9., 5.])
    """
    predicted = np.empty_like(outputs)
    for test in folds:
        train = training_cells(len(outputs), test)
        for name in np.unique(families[test]):
            here = test[families[test] == name]
            known = train[families[train] == name]
            predicted[here] = mean_of_known(outputs[known if len(known) else train])
    return predicted


def mean_of_known(values: Array, axis: int = 0) -> Array:
    """Mean along an axis without the values that are NaN; NaN where all are.

    Examples
    --------
    >>> mean_of_known(np.array([[1.0, np.nan], [3.0, np.nan]]))
    array([ 2., nan])
    """
    known = np.isfinite(values)
    n = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    return np.asarray(np.where(n > 0, total / np.maximum(n, 1), np.nan))


def overall_means(outputs: Array, folds: Sequence[Rows]) -> Array:
    """Predict every cell by the mean of all cells in the other folds."""
    return family_means(outputs, np.full(len(outputs), "all"), folds)


@dataclass(frozen=True)
class Gain:
    """How much less one prediction errs than another on the same cells.

    Attributes
    ----------
    value : float
        Difference of the summed errors as a share of a total.
    low, high : float
        Interval of 95 %, cells drawn again.
    n_cells : int
        How many.
    """

    value: float
    low: float
    high: float
    n_cells: int

    def told(self, digits: int = 3) -> str:
        """Give the value and its interval as text."""
        return f"{self.value:+.{digits}f} (95 % {self.low:+.{digits}f} to {self.high:+.{digits}f})"


def paired_gain(
    worse: Array, better: Array, total: Array | float, n_draws: int = 2000, seed: int = 0
) -> Gain:
    """Compare the errors of two predictions cell by cell.

    Parameters
    ----------
    worse, better : ndarray, shape (n_cells,)
        Error of each cell; NaN in one leaves the cell out.
    total : ndarray, shape (n_cells,), or float
        What the summed difference is divided by: 1.0 for the mean difference, or squares about the
        mean for a difference of R2.
    n_draws, seed : int
        Of the bootstrap.

    Returns
    -------
    Gain
        Positive where the second errs less.

    Examples
    --------
    >>> paired_gain(np.array([2.0, 2.0]), np.array([1.0, 1.0]), 1.0).told(1)
    '+1.0 (95 % +1.0 to +1.0)'
    """
    known = np.isfinite(worse) & np.isfinite(better)
    difference = (worse - better)[known]
    scale = np.broadcast_to(np.asarray(total, dtype=np.float64), worse.shape)[known]
    if not len(difference):
        return Gain(np.nan, np.nan, np.nan, 0)
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(difference), size=(n_draws, len(difference)))
    values = difference[drawn].sum(axis=1) / scale[drawn].sum(axis=1)
    low, high = np.quantile(values, (0.025, 0.975)).tolist()
    return Gain(float(difference.sum() / scale.sum()), low, high, len(difference))


def squared_errors(outputs: Array, predicted: Array) -> Array:
    """Sum of squared errors of each cell, outputs in their SDs, shape (n_cells,)."""
    return np.asarray(np.sum(((outputs - predicted) / outputs.std(axis=0)) ** 2, axis=1))


@dataclass(frozen=True)
class PermutationTest:
    """R2 beside that of cells whose outputs were shuffled.

    Attributes
    ----------
    r2 : float
        Mean over folds.
    shuffled : ndarray, shape (n_shuffles,)
        The same of shuffled cells; 0 where too few genes were selected.
    p : float
        (1 + those that reach it)/(1 + shuffles).
    """

    r2: float
    shuffled: Array
    p: float


def permutation_test(
    genes: GeneTable,
    outputs: Array,
    folds: Sequence[Rows],
    choice: RegressionChoice,
    n_shuffles: int = 100,
    families: Labels | None = None,
    seed: int = 0,
) -> PermutationTest:
    """Shuffle outputs over cells and cross-validate again.

    Parameters
    ----------
    genes, outputs, folds, choice
        As `cross_validate` takes them.
    n_shuffles : int
        How often.
    families : ndarray of str, shape (n_cells,), optional
        Shuffle within families and regress within them: what genes tell beyond the label.
    seed : int
        Of the shuffles.

    Returns
    -------
    PermutationTest
        With p.
    """
    rng = np.random.default_rng(seed)
    values = []
    for i in range(n_shuffles + 1):
        order = np.arange(len(outputs)) if i == 0 else shuffled_rows(len(outputs), families, rng)
        r2 = cross_validate(genes, outputs[order], folds, choice, families).r2.mean()
        values.append(0.0 if np.isnan(r2) else float(r2))
    shuffled = np.array(values[1:])
    return PermutationTest(
        values[0], shuffled, float((1 + np.sum(shuffled >= values[0])) / (1 + n_shuffles))
    )


def shuffled_rows(n_cells: int, families: Labels | None, rng: np.random.Generator) -> Rows:
    """Give a permutation of all cells, or of the cells of each family among themselves."""
    order = np.arange(n_cells)
    if families is None:
        return rng.permutation(order)
    for name in np.unique(families):
        here = np.flatnonzero(families == name)
        order[here] = rng.permutation(here)
    return order
