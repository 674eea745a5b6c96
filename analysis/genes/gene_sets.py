"""Random gene sets to compare a set with, and how far two sets overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import hypergeom

Genes = NDArray[np.int64]

N_BINS = 20
"""Bins of mean expression within which matched genes are drawn."""


def draw_genes(pool: Genes, size: int, seed: Sequence[int]) -> Genes:
    """Draw a set of genes without repetition.

    Parameters
    ----------
    pool : ndarray of int
        Indices to draw from.
    size : int
        Genes in the set.
    seed : sequence of int
        Of this draw alone, so that draws can be made in any order.

    Returns
    -------
    ndarray of int, shape (size,)
        Ascending.

    Raises
    ------
    ValueError
        If the pool is smaller.
    """
    if not 0 < size <= len(pool):
        raise ValueError(f"size must be from 1 to the {len(pool)} genes of the pool, got {size}")
    return np.sort(np.random.default_rng(list(seed)).choice(pool, size, replace=False))


def expression_bins(mean: ArrayLike, n_bins: int = N_BINS) -> NDArray[np.int64]:
    """Bin of each gene by its mean expression, as equally filled as ranks allow.

    Examples
    --------
    >>> expression_bins([0.1, 5.0, 0.2, 4.0], 2).tolist()
    [0, 1, 0, 1]
    """
    values = np.asarray(mean, dtype=np.float64)
    place = np.empty(len(values), dtype=np.int64)
    place[np.argsort(values, kind="stable")] = np.arange(len(values))
    return place * min(n_bins, len(values)) // len(values)


def draw_matched_genes(chosen: Genes, bins: NDArray[np.int64], seed: Sequence[int]) -> Genes:
    """Draw as many genes of every bin as the chosen set has there.

    Parameters
    ----------
    chosen : ndarray of int
        The set to match; its own genes can be drawn too, as a set drawn by chance could hold
        them.
    bins : ndarray of int, shape (n_genes,)
        Bin of every gene.
    seed : sequence of int
        Of this draw alone.

    Returns
    -------
    ndarray of int, shape of `chosen`
        Ascending.
    """
    rng = np.random.default_rng(list(seed))
    drawn = [
        rng.choice(np.flatnonzero(bins == one), n, replace=False)
        for one, n in zip(*np.unique(bins[chosen], return_counts=True), strict=True)
    ]
    return np.sort(np.concatenate(drawn))


@dataclass(frozen=True)
class Overlap:
    """How many genes of one set are in another.

    Attributes
    ----------
    shared : int
        Genes in both.
    expected : float
        The same for a set drawn at random from all genes.
    p : float
        Chance of at least as many (hypergeometric).
    """

    shared: int
    expected: float
    p: float


def overlap(first: Genes, second: Genes, n_genes: int) -> Overlap:
    """Compare the overlap of two sets of `n_genes` genes with chance.

    Examples
    --------
    >>> found = overlap(np.array([0, 1]), np.array([1, 0, 2]), 6)
    >>> found.shared, found.expected, round(found.p, 3)
    (2, 1.0, 0.2)
    """
    shared = len(np.intersect1d(first, second))
    p = float(hypergeom.sf(shared - 1, n_genes, len(second), len(first)))
    return Overlap(shared, len(first) * len(second) / n_genes, p)
