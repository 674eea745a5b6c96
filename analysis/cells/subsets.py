"""Subsets of a population: one row a cell, many rows of few cells, high covariance, by cost."""

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


def random_unique_rows(cells: ArrayLike, rng: np.random.Generator) -> Rows:
    """Choose one row of every cell at random, as the published unique group has it.

    Parameters
    ----------
    cells : array_like, shape (n_rows,)
        To which cell a row belongs.
    rng : Generator
        Of the draw.

    Returns
    -------
    ndarray of int, shape (n_cells,)
        In the order of the cells' names.

    Examples
    --------
    >>> rows = random_unique_rows(["b", "a", "a"], np.random.default_rng(0))
    >>> rows[0] in (1, 2), int(rows[1])
    (True, 0)
    """
    names = np.asarray(cells)
    chosen = [rng.choice(np.flatnonzero(names == name)) for name in np.unique(names)]
    return np.array(chosen, dtype=np.int64)


def few_cells_rows(
    cells: ArrayLike, n_each: int, rng: np.random.Generator, n_cells: int = 2
) -> Rows:
    """Choose many rows of few cells, as the published oversampled group has it: 36 of each of two.

    Parameters
    ----------
    cells : array_like, shape (n_rows,)
        To which cell a row belongs.
    n_each : int
        Rows of each cell that is drawn, without repetition.
    rng : Generator
        Of the draw of cells and of rows.
    n_cells : int
        Cells to draw, without repetition, from those with `n_each` rows.

    Returns
    -------
    ndarray of int, shape (n_cells n_each,)
        Rows of one cell after those of the other.

    Raises
    ------
    ValueError
        If fewer cells have so many rows.

    References
    ----------
    Reva et al. (2025), PNAS, Fig. 6B-C: 72 models from two cells, 36 each.

    Examples
    --------
    >>> cells = ["a", "a", "b", "b", "b", "c"]
    >>> sorted(few_cells_rows(cells, 2, np.random.default_rng(0)).tolist())[:2]
    [0, 1]
    """
    names = np.asarray(cells)
    every, counts = np.unique(names, return_counts=True)
    able = every[counts >= n_each]
    if n_each < 1 or not 0 < n_cells <= len(able):
        raise ValueError(
            f"n_cells must be from 1 to {len(able)}, the cells with n_each = {n_each} rows, "
            f"got {n_cells}"
        )
    drawn = rng.choice(able, n_cells, replace=False)
    chosen = [rng.choice(np.flatnonzero(names == one), n_each, replace=False) for one in drawn]
    return np.concatenate(chosen).astype(np.int64)


def oversampled_rows(
    cells: ArrayLike, rank: ArrayLike, n_cells: int, rng: np.random.Generator
) -> Rows:
    """Choose two rows of each of some cells: the best, and one more at random.

    This oversampling is our own, and mild: rows of half of the cells.  The published group is
    rows of two cells alone, see `few_cells_rows`.

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
