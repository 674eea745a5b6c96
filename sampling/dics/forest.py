"""A forest of randomised trees as arrays: which training trains share leaves with a new one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...errors import IonfoError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Forest:
    """Trees that split statistics, and the training trains in their leaves.

    Attributes
    ----------
    statistic : ndarray of int16, shape (n_trees, n_nodes)
        Which statistic a node splits; -1 in a leaf.
    threshold : ndarray of float32, shape (n_trees, n_nodes)
        A train with at most this goes to the left.
    left, right : ndarray of int16, shape (n_trees, n_nodes)
        Nodes that follow.
    leaf : ndarray of int16, shape (n_trees, n_training)
        The leaf of each training train.
    """

    statistic: NDArray[np.int16]
    threshold: NDArray[np.float32]
    left: NDArray[np.int16]
    right: NDArray[np.int16]
    leaf: NDArray[np.int16]

    def leaves(self, statistics: Array) -> NDArray[np.int64]:
        """Find the leaf of each train in each tree, shape (n_trees, n)."""
        rows = np.asarray(statistics, dtype=np.float32)
        trees = np.arange(len(self.statistic))[:, np.newaxis]
        places = np.arange(len(rows))[np.newaxis, :]
        node = np.zeros((len(self.statistic), len(rows)), dtype=np.int64)
        while True:
            which = self.statistic[trees, node]
            if (which < 0).all():
                return node
            goes_left = rows[places, np.maximum(which, 0)] <= self.threshold[trees, node]
            following = np.where(goes_left, self.left[trees, node], self.right[trees, node])
            node = np.where(which < 0, node, following)

    def neighbours(self, statistics: Array) -> tuple[NDArray[np.int64], Array]:
        """Find the training trains that share leaves with a new one, and their weights.

        A tree shares a weight of one over the number of trees among the training trains in the
        leaf of the new train.

        Parameters
        ----------
        statistics : ndarray, shape (n_statistics,)
            Of the new train.

        Returns
        -------
        members : ndarray of int, shape (n,)
            Training trains.
        weights : ndarray, shape (n,)
            Sum to 1.
        """
        nodes = self.leaves(statistics[np.newaxis])[:, 0]
        order, starts = self._by_leaf
        trees = range(len(nodes))
        groups = [order[t, starts[t, nodes[t]] : starts[t, nodes[t] + 1]] for t in trees]
        shares = np.concatenate([np.full(len(one), 1 / len(one)) for one in groups])
        members, places = np.unique(np.concatenate(groups), return_inverse=True)
        return members, np.bincount(places, shares) / len(nodes)

    @cached_property
    def _by_leaf(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Training trains of each tree, sorted by leaf, and where each leaf begins."""
        order = np.argsort(self.leaf, axis=1, kind="stable")
        nodes = np.arange(self.statistic.shape[1] + 1)
        rows = zip(self.leaf, order, strict=True)
        starts = [np.searchsorted(leaf[sorting], nodes) for leaf, sorting in rows]
        return order, np.array(starts)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Give the arrays by name, to be stored."""
        return {
            name: getattr(self, name)
            for name in ("statistic", "threshold", "left", "right", "leaf")
        }


def fit_forest(
    statistics: Array, targets: Array, *, n_trees: int, least_leaf: int, seed: int
) -> Forest:
    """Grow extremely randomised trees.

    Parameters
    ----------
    statistics : ndarray, shape (n, n_statistics)
        Of the training trains.
    targets : ndarray, shape (n, 2)
        g_s and g_u, in units in which their errors count alike.
    n_trees, least_leaf : int
        Trees, and training trains of a leaf at least.
    seed : int
        Of the trees.

    Returns
    -------
    Forest
        As arrays.
    """
    try:
        from sklearn.ensemble import ExtraTreesRegressor
    except ImportError:
        raise IonfoError(
            "an estimator is trained with scikit-learn: pip install 'ionfo[genes]'"
        ) from None

    rows = np.asarray(statistics, dtype=np.float32)
    grown = ExtraTreesRegressor(
        n_trees, min_samples_leaf=least_leaf, max_features=0.5, random_state=seed
    ).fit(rows, targets)
    trees = [one.tree_ for one in grown.estimators_]
    most = max(tree.node_count for tree in trees)
    assert most < np.iinfo(np.int16).max  # node numbers are stored in 16 bits

    def padded(values: list[NDArray[np.generic]], kind: type) -> NDArray[np.generic]:
        out = np.full((len(values), most), -1, dtype=kind)
        for row, one in zip(out, values, strict=True):
            row[: len(one)] = one
        return out

    # sklearn splits 32-bit statistics at 64-bit thresholds: rounded down, they split them alike
    thresholds = [_rounded_down(tree.threshold) for tree in trees]
    return Forest(
        padded([np.where(tree.children_left < 0, -1, tree.feature) for tree in trees], np.int16),  # type: ignore[arg-type]
        padded(thresholds, np.float32),  # type: ignore[arg-type]
        padded([tree.children_left for tree in trees], np.int16),  # type: ignore[arg-type]
        padded([tree.children_right for tree in trees], np.int16),  # type: ignore[arg-type]
        grown.apply(rows).T.astype(np.int16),
    )


def _rounded_down(threshold: Array) -> NDArray[np.float32]:
    near = threshold.astype(np.float32)
    return np.where(near > threshold, np.nextafter(near, np.float32(-np.inf)), near)
