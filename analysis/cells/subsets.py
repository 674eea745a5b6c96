"""Subsets of a population, as published: unique, oversampled, of high covariance, by cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Rows = NDArray[np.int64]

N_COMPONENTS = 5
"""Principal components that a high-covariance subset follows."""


def unique_rows(cells: ArrayLike, rank: ArrayLike) -> Rows:
    """Choose one row of every cell: that of the smallest rank.

    Parameters
    ----------
    cells : array_like, shape (n_rows,)
        To which cell a row belongs.
    rank : array_like, shape (n_rows,)
        Place in its cell, the best first.

    Returns
    -------
    ndarray of int, shape (n_cells,)
        In the order of the cells' names.

    Examples
    --------
    >>> unique_rows(["b", "a", "a"], [0, 1, 0]).tolist()
    [2, 0]
    """
    names, ranks = np.asarray(cells), np.asarray(rank)
    return np.array(
        [
            rows[np.argmin(ranks[rows])]
            for rows in (np.flatnonzero(names == name) for name in np.unique(names))
        ],
        dtype=np.int64,
    )


def oversampled_rows(
    cells: ArrayLike, rank: ArrayLike, n_cells: int, rng: np.random.Generator
) -> Rows:
    """Choose two rows of each of some cells: the best, and one more at random.

    Parameters
    ----------
    cells, rank : array_like, shape (n_rows,)
        As `unique_rows`; every cell needs two rows.
    n_cells : int
        Cells drawn without repetition.
    rng : Generator
        Of the draws.

    Returns
    -------
    ndarray of int, shape (2 n_cells,)
        As many rows as `unique_rows` would give of twice the cells, from half of them.

    Raises
    ------
    ValueError
        If there are fewer cells.
    """
    names, ranks = np.asarray(cells), np.asarray(rank)
    every = np.unique(names)
    if not 0 < n_cells <= len(every):
        raise ValueError(f"n_cells must be from 1 to {len(every)}, got {n_cells}")
    chosen = []
    for name in np.sort(rng.choice(every, n_cells, replace=False)):
        rows = np.flatnonzero(names == name)
        rows = rows[np.argsort(ranks[rows], kind="stable")]
        if len(rows) < 2:
            raise ValueError(f"cell '{name}' has one row; oversampling needs two")
        chosen += [rows[0], rng.choice(rows[1:])]
    return np.array(chosen, dtype=np.int64)


def high_covariance_rows(values: ArrayLike, n_rows: int, n_components: int = N_COMPONENTS) -> Rows:
    """Choose the rows that the first principal components explain best.

    Parameters
    ----------
    values : array_like, shape (n, n_variables)
        Columns are scaled to unit variance first.
    n_rows : int
        Rows to choose.
    n_components : int
        Components that count as explained.

    Returns
    -------
    ndarray of int, shape (n_rows,)
        Rows of the smallest residual, ascending.

    Raises
    ------
    ValueError
        If there are fewer rows, or not more variables than components.
    """
    table = np.asarray(values, dtype=np.float64)
    if not 0 < n_rows <= len(table):
        raise ValueError(f"n_rows must be from 1 to {len(table)}, got {n_rows}")
    if not 0 < n_components < table.shape[1]:
        raise ValueError(f"n_components must be from 1 to {table.shape[1] - 1}, got {n_components}")
    scores, _, components = principal_components(table, n_components)
    scaled = (table - table.mean(axis=0)) / table.std(axis=0)
    residual = np.sum((scaled - scores @ components) ** 2, axis=1)
    return np.sort(np.argsort(residual, kind="stable")[:n_rows])


def principal_components(
    values: ArrayLike, n_components: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Principal components of the standardised columns.

    Returns
    -------
    tuple of ndarray
        Scores (n_rows, n_components), fraction of variance (n_components,) and components
        (n_components, n_variables); the largest loading of each is positive.
    """
    table = np.asarray(values, dtype=np.float64)
    scaled = (table - table.mean(axis=0)) / table.std(axis=0)
    _, singular, components = np.linalg.svd(scaled, full_matrices=False)
    largest = components[np.arange(len(components)), np.argmax(np.abs(components), axis=1)]
    components = (components * np.sign(largest)[:, None])[:n_components]
    explained = singular**2 / np.sum(singular**2)
    return scaled @ components.T, explained[:n_components], components


def cost_strata(cost: ArrayLike, n_strata: int) -> list[Rows]:
    """Cut a population into strata of equal size by cost, the cheapest first.

    Examples
    --------
    >>> [rows.tolist() for rows in cost_strata([3.0, 1.0, 2.0, 0.5], 2)]
    [[1, 3], [0, 2]]
    """
    costs = np.asarray(cost, dtype=np.float64)
    if not 1 <= n_strata <= len(costs):
        raise ValueError(f"n_strata must be from 1 to {len(costs)}, got {n_strata}")
    order = np.argsort(costs, kind="stable")
    return [np.sort(part) for part in np.array_split(order, n_strata)]
