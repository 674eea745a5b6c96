"""A map of cells by their features, where models are placed, and its clusters.

The map (UMAP, the optional extra ``optimise``) is fitted to experiments; models are only placed
in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..extras import needed, quiet

Array = NDArray[np.float64]

N_NEIGHBOURS = 10
N_REFERENCES = 50
"""Uniform reference sets of the gap statistic; at least 20."""


@dataclass(frozen=True)
class FeatureSpace:
    """A fitted map.

    Attributes
    ----------
    mean, std : ndarray, shape (n_features,)
        By which features are standardised.
    places : ndarray, shape (n_rows, 2)
        Of the rows it was fitted to.
    reducer : object
        The fitted UMAP.
    """

    mean: Array
    std: Array
    places: Array
    reducer: Any

    def place(self, values: ArrayLike) -> Array:
        """Place other rows in the map, shape (n_rows, 2)."""
        scaled = (np.asarray(values, dtype=np.float64) - self.mean) / self.std
        with quiet():
            found: Array = np.asarray(self.reducer.transform(scaled), dtype=np.float64)
        return found


def fit_space(values: ArrayLike, n_neighbours: int = N_NEIGHBOURS, seed: int = 0) -> FeatureSpace:
    """Fit a map of two dimensions.

    Parameters
    ----------
    values : array_like, shape (n_rows, n_features)
        Finite; columns are standardised.
    n_neighbours : int
        Of UMAP.
    seed : int
        Of UMAP, which then works on one thread.

    Raises
    ------
    ValueError
        If there are too few rows, a column is constant or a value is not finite.
    IonfoError
        If umap-learn is missing.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or len(table) <= n_neighbours:
        raise ValueError(
            f"values must have more than n_neighbours = {n_neighbours} rows, got {table.shape}"
        )
    if not np.isfinite(table).all() or not (np.ptp(table, axis=0) > 0).all():
        raise ValueError("values must be finite and every column must vary")
    umap = needed("umap")
    mean, std = table.mean(axis=0), table.std(axis=0)
    reducer = umap.UMAP(n_neighbors=n_neighbours, random_state=seed, n_jobs=1)
    with quiet():
        places = reducer.fit_transform((table - mean) / std)
    return FeatureSpace(mean, std, np.asarray(places, dtype=np.float64), reducer)


@dataclass(frozen=True)
class Clusters:
    """Clusters of k-means and how their number was chosen.

    Attributes
    ----------
    n_clusters : int
        Chosen.
    labels : ndarray of int, shape (n_rows,)
        Cluster of each row.
    centres : ndarray, shape (n_clusters, 2)
        In the units of the map.
    k : ndarray of int
        Numbers that were tried.
    gap, error : ndarray
        Gap statistic of each, and its standard error.
    """

    n_clusters: int
    labels: NDArray[np.int64]
    centres: Array
    k: NDArray[np.int64]
    gap: Array
    error: Array

    def label(self, places: ArrayLike) -> NDArray[np.int64]:
        """Give the cluster of other places: that of the nearest centre."""
        points = np.asarray(places, dtype=np.float64)
        distance = ((points[:, None] - self.centres[None]) ** 2).sum(axis=2)
        nearest: NDArray[np.int64] = distance.argmin(axis=1)
        return nearest


def gap_clusters(
    places: ArrayLike,
    k: Sequence[int] = range(2, 11),
    n_references: int = N_REFERENCES,
    seed: int = 0,
) -> Clusters:
    """Cluster by k-means, with the number of clusters from the gap statistic.

    The number is the smallest k with ``gap(k) >= gap(k + 1) - s(k + 1)``; references are uniform in
    the bounding box of the standardised places.

    Parameters
    ----------
    places : array_like, shape (n_rows, n_dimensions)
        Standardised first.
    k : sequence of int
        Consecutive numbers to try.
    n_references : int
        Reference sets; at least 20, since the rule rests on their scatter.
    seed : int
        Of k-means and the references.

    Raises
    ------
    ValueError
        If there are fewer than 20 references or too few rows.
    IonfoError
        If scikit-learn is missing.

    References
    ----------
    Tibshirani, Walther & Hastie (2001), J. R. Stat. Soc. B 63:411.
    """
    points = np.asarray(places, dtype=np.float64)
    tried = np.arange(min(k), max(k) + 2)
    if n_references < 20:
        raise ValueError(f"n_references must be at least 20, got {n_references}")
    if len(points) <= tried[-1]:
        raise ValueError(f"places must have more than {tried[-1]} rows, got {len(points)}")
    cluster = needed("sklearn.cluster")
    mean, std = points.mean(axis=0), points.std(axis=0)
    scaled = (points - mean) / std

    def fitted(rows: Array, n: np.integer[Any]) -> Any:
        return cluster.KMeans(int(n), n_init=10, random_state=seed).fit(rows)

    rng = np.random.default_rng(seed)
    low, high = scaled.min(axis=0), scaled.max(axis=0)
    references = [rng.uniform(low, high, scaled.shape) for _ in range(n_references)]
    own = [fitted(scaled, n) for n in tried]
    logs = np.log([[fitted(one, n).inertia_ for n in tried] for one in references])
    gap = logs.mean(axis=0) - np.log([one.inertia_ for one in own])
    error = logs.std(axis=0) * np.sqrt(1 + 1 / n_references)
    enough = gap[:-1] >= gap[1:] - error[1:]
    best = int(np.argmax(enough)) if enough.any() else int(np.argmax(gap[:-1]))
    return Clusters(
        int(tried[best]),
        own[best].labels_.astype(np.int64),
        own[best].cluster_centers_ * std + mean,
        tried[:-1],
        gap[:-1],
        error[:-1],
    )


def label_grid(clusters: Clusters, places: ArrayLike, step: float = 0.05) -> tuple[Array, Array]:
    """Label a grid over a map, for drawing the borders of its clusters.

    Returns
    -------
    tuple of ndarray
        Corners (x_low, x_high, y_low, y_high) and labels, shape (n_y, n_x).
    """
    points = np.asarray(places, dtype=np.float64)
    (x0, y0), (x1, y1) = points.min(axis=0) - 1, points.max(axis=0) + 1
    x, y = np.arange(x0, x1, step), np.arange(y0, y1, step)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    labels = clusters.label(grid).reshape(len(y), len(x)).astype(np.float64)
    return np.array([x0, x1, y0, y1]), labels
