"""How halls of fame are spread: within a cell, within a class, between classes.

Rows are models, and several rows belong to one cell.  Models of one cell are no independent
observations, so every interval here resamples cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Dispersion:
    """Spread of the models of each cell around their mean.

    Attributes
    ----------
    cells : ndarray, shape (n_cells,)
        Their names, sorted.
    of_models : ndarray, shape (n_rows,)
        ``|v| / n_parameters`` with ``v`` the relative deviation from the mean of the cell.
    total : ndarray, shape (n_cells,)
        Sum over the models of a cell.
    n_parameters : int
        Columns that vary and whose means are not zero.
    """

    cells: NDArray[np.generic]
    of_models: Array
    total: Array
    n_parameters: int


def hall_dispersion(values: ArrayLike, cells: ArrayLike) -> Dispersion:
    """Relative spread of each cell's models around their mean, as published.

    Parameters
    ----------
    values : array_like, shape (n_rows, n_parameters)
        Parameters that all cells share; those that never vary are dropped, and so are those
        whose mean is zero in a cell, where a relative deviation says nothing.
    cells : array_like, shape (n_rows,)
        To which cell a row belongs.

    Raises
    ------
    ValueError
        If no parameter is left.

    References
    ----------
    Nandi et al. (2022), Cell Reports 40:111176.

    Examples
    --------
    >>> hall_dispersion([[1.0, 4.0], [3.0, 4.0], [2.0, 5.0]], ["a", "a", "b"]).total
    array([0.5, 0. ])
    """
    table, names = _table(values, cells)
    every, index = np.unique(names, return_inverse=True)
    means = np.array([table[index == i].mean(axis=0) for i in range(len(every))])
    kept = (np.ptp(table, axis=0) > 0) & (means != 0).all(axis=0)
    if not kept.any():
        raise ValueError("values must hold a parameter that varies and has no mean of zero")
    deviation = (table[:, kept] - means[index][:, kept]) / means[index][:, kept]
    of_models = np.linalg.norm(deviation, axis=1) / int(kept.sum())
    total = np.array([of_models[index == i].sum() for i in range(len(every))])
    return Dispersion(every, of_models, total, int(kept.sum()))


@dataclass(frozen=True)
class Distances:
    """Mean distances of each cell's models to others, after every column was standardised.

    Attributes
    ----------
    cells : ndarray, shape (n_cells,)
        Their names, sorted.
    classes : ndarray, shape (n_cells,)
        Class of each.
    within_cell, within_class, between_classes : ndarray, shape (n_cells,)
        Mean Euclidean distance to other models of the cell, to models of other cells of its class,
        and to models of other classes; NaN where there are none.
    """

    cells: NDArray[np.generic]
    classes: NDArray[np.generic]
    within_cell: Array
    within_class: Array
    between_classes: Array

    def difference(
        self, first: str, second: str, n_bootstraps: int = 2000, seed: int = 0
    ) -> tuple[float, float, float, float]:
        """Mean over cells of one distance less another, with its interval.

        Parameters
        ----------
        first, second : {"within_cell", "within_class", "between_classes"}
            Which distances.
        n_bootstraps : int
            Resamples of cells.
        seed : int
            Of the resamples.

        Returns
        -------
        tuple of float
            Mean difference, its central 95 %, and the share of cells where it is negative.
        """
        pairs = getattr(self, first) - getattr(self, second)
        known = pairs[np.isfinite(pairs)]
        rng = np.random.default_rng(seed)
        draws = rng.choice(known, (n_bootstraps, len(known))).mean(axis=1)
        low, high = np.quantile(draws, (0.025, 0.975))
        return float(known.mean()), float(low), float(high), float((known < 0).mean())


def class_distances(values: ArrayLike, cells: ArrayLike, classes: ArrayLike) -> Distances:
    """Distances between models within cells, within classes and between classes.

    Parameters
    ----------
    values : array_like, shape (n_rows, n_parameters)
        Parameters that all cells share; constant ones are dropped.
    cells, classes : array_like, shape (n_rows,)
        To which cell, and to which class, a row belongs.

    Raises
    ------
    ValueError
        If a cell has two classes, or nothing varies.

    Examples
    --------
    >>> found = class_distances([[0.0], [1], [2], [7], [9]], list("aabcd"), list("xxxyy"))
    >>> bool(found.within_cell[0] < found.within_class[0] < found.between_classes[0])
    True
    """
    table, names = _table(values, cells)
    labels = np.asarray(classes)
    every, index = np.unique(names, return_inverse=True)
    of_cell = np.array([labels[index == i][0] for i in range(len(every))])
    if (of_cell[index] != labels).any():
        raise ValueError("every row of a cell must have the same class")
    table = table[:, np.ptp(table, axis=0) > 0]
    if not table.shape[1]:
        raise ValueError("values must hold a parameter that varies")
    scaled = (table - table.mean(axis=0)) / table.std(axis=0)
    n = np.bincount(index).astype(np.float64)
    sums = np.empty((len(every), len(every)))
    for i in range(len(every)):  # one block at a time: all pairs of 9,120 models are 0.7 GB
        to_all = cdist(scaled[index == i], scaled).sum(axis=0)
        sums[i] = np.bincount(index, to_all, len(every))
    counts = np.outer(n, n)
    own = np.eye(len(every), dtype=bool)
    same = (of_cell[:, None] == of_cell[None, :]) & ~own
    with np.errstate(invalid="ignore"):
        return Distances(
            every,
            of_cell,
            np.diag(sums) / (n * (n - 1)),
            np.where(same, sums, 0).sum(axis=1) / np.where(same, counts, 0).sum(axis=1),
            np.where(same | own, 0, sums).sum(axis=1) / np.where(same | own, 0, counts).sum(axis=1),
        )


def _table(values: ArrayLike, cells: ArrayLike) -> tuple[Array, NDArray[np.generic]]:
    table, names = np.asarray(values, dtype=np.float64), np.asarray(cells)
    if table.ndim != 2 or len(names) != len(table):
        raise ValueError(
            f"values must have shape (n_rows, n_parameters) and cells (n_rows,), got {table.shape} "
            f"and {names.shape}"
        )
    if not np.isfinite(table).all():
        raise ValueError("values must be finite; leave out parameters that some cells lack")
    return table, names
