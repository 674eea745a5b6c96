"""Clusters of cells from a set of genes, and how well they find known labels.

scanpy (the optional extra ``genes``) scales, reduces, links and clusters; every function takes
arrays and imports it when called.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..extras import quiet

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

N_COMPONENTS = 30
N_NEIGHBOURS = 15
RESOLUTIONS = (0.01, 4.0)
"""Between which the resolution of Leiden is looked for."""

N_HALVINGS = 7


@dataclass(frozen=True)
class Clustering:
    """Clusters of cells.

    Attributes
    ----------
    labels : ndarray of int, shape (n_cells,)
        Cluster of each cell.
    n_clusters : int
        How many there are.
    resolution : float
        Of Leiden.
    """

    labels: Labels
    n_clusters: int
    resolution: float


def neighbour_graph(values: ArrayLike, seed: int = 0) -> Any:
    """Scale genes, take principal components and link each cell to its neighbours.

    Parameters
    ----------
    values : array_like, shape (n_cells, n_genes)
        Log-normalised; genes that do not vary count for nothing.
    seed : int
        Of the principal components.

    Returns
    -------
    AnnData
        With the graph: 15 neighbours of up to 30 components.

    Raises
    ------
    ValueError
        If there are fewer than three cells or no gene varies.
    """
    table = np.asarray(values, dtype=np.float32)
    if table.ndim != 2 or len(table) < 3 or not (np.ptp(table, axis=0) > 0).any():
        raise ValueError(
            f"values must be of at least 3 cells and hold a gene that varies, got {table.shape}"
        )
    import anndata
    import scanpy

    with quiet():
        cells = anndata.AnnData(table[:, np.ptp(table, axis=0) > 0])
        scanpy.pp.scale(cells)
        n_components = min(N_COMPONENTS, cells.n_vars - 1, cells.n_obs - 1)
        if n_components > 1:
            scanpy.pp.pca(cells, n_comps=n_components, svd_solver="arpack", random_state=seed)
        else:
            cells.obsm["X_pca"] = cells.X
        scanpy.pp.neighbors(
            cells,
            n_neighbors=min(N_NEIGHBOURS, cells.n_obs - 1),
            use_rep="X_pca",
            transformer="sklearn",  # exact; others depend on the number of cells and threads
            random_state=seed,
        )
    return cells


def find_clusters(graph: Any, n_clusters: int, seed: int = 0) -> Clustering:
    """Cluster at the resolution that gives as many clusters as are looked for.

    The resolution is halved in upon between 0.01 and 4 on a logarithmic scale in seven steps; of
    all that were tried the one whose number of clusters is nearest counts, of several the
    lowest.  The rule sees the number of labels, never the labels, and is the same for every set
    of genes.

    Parameters
    ----------
    graph : AnnData
        Of `neighbour_graph`.
    n_clusters : int
        Wanted.
    seed : int
        Of Leiden.
    """
    low, high = (float(np.log(one)) for one in RESOLUTIONS)
    tried: list[Clustering] = []
    for _ in range(N_HALVINGS):
        middle = (low + high) / 2
        tried.append(_leiden(graph, float(np.exp(middle)), seed))
        if tried[-1].n_clusters == n_clusters:
            break
        if tried[-1].n_clusters > n_clusters:
            high = middle
        else:
            low = middle
    return min(tried, key=lambda one: (abs(one.n_clusters - n_clusters), one.resolution))


def adjusted_rand_index(first: ArrayLike, second: ArrayLike) -> float:
    """Agreement of two partitions: 1 when equal, 0 on average by chance.

    References
    ----------
    Hubert & Arabie (1985), J. Classif. 2:193.

    Examples
    --------
    >>> adjusted_rand_index([0, 0, 1, 1], ["b", "b", "a", "a"])
    1.0
    """
    _, a = np.unique(np.asarray(first), return_inverse=True)
    _, b = np.unique(np.asarray(second), return_inverse=True)
    counts = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(counts, (a, b), 1)

    def pairs(n: Array) -> float:
        return float(np.sum(n * (n - 1) / 2))

    rows, columns = pairs(counts.sum(axis=1)), pairs(counts.sum(axis=0))
    by_chance = rows * columns / pairs(np.array([len(a)]))
    most = (rows + columns) / 2
    if most == by_chance:  # both put all cells together, or each on its own
        return 1.0
    return float((pairs(counts) - by_chance) / (most - by_chance))


def embedding(graph: Any, seed: int = 0) -> Array:
    """UMAP of a neighbour graph, shape (n_cells, 2)."""
    import scanpy

    with quiet():
        found = scanpy.tl.umap(graph, random_state=seed, copy=True)
    return np.asarray(found.obsm["X_umap"], dtype=np.float64)


def differential_genes(
    values: ArrayLike, labels: ArrayLike, level: float = 0.05, fold: float = 1.0
) -> NDArray[np.int64]:
    """Genes that one label expresses more than all others (Wilcoxon, Benjamini-Hochberg).

    Parameters
    ----------
    values : array_like, shape (n_cells, n_genes)
        log2 of normalised counts.
    labels : array_like, shape (n_cells,)
        Of at least two cells each.
    level : float
        Largest adjusted p-value.
    fold : float
        Smallest log2 fold change.

    Returns
    -------
    ndarray of int
        Indices of genes, ascending.
    """
    import anndata
    import pandas as pd
    import scanpy

    table, words = np.asarray(values, dtype=np.float64), np.asarray(labels).astype(str)
    index = [str(i) for i in range(len(table))]
    with quiet():
        cells = anndata.AnnData(
            table,
            obs=pd.DataFrame({"label": pd.Categorical(words)}, index=index),
            var=pd.DataFrame(index=[str(i) for i in range(table.shape[1])]),
        )
        cells.uns["log1p"] = {"base": 2}
        scanpy.tl.rank_genes_groups(cells, "label", method="wilcoxon")
        found: set[int] = set()
        for label in np.unique(words):
            ranked = scanpy.get.rank_genes_groups_df(cells, label)
            kept = (ranked["pvals_adj"] <= level) & (ranked["logfoldchanges"] >= fold)
            found.update(int(name) for name in ranked["names"][kept])
    return np.array(sorted(found), dtype=np.int64)


def _leiden(graph: Any, resolution: float, seed: int) -> Clustering:
    import scanpy

    with quiet():
        scanpy.tl.leiden(
            graph,
            resolution=resolution,
            flavor="igraph",
            n_iterations=2,
            directed=False,
            random_state=seed,
        )
    labels = graph.obs["leiden"].to_numpy().astype(np.int64)
    return Clustering(labels, len(np.unique(labels)), resolution)
