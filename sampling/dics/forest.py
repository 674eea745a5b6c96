"""A forest of randomised trees as arrays: which training trains share leaves with a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...errors import IonfoError

Array = NDArray[np.float64]
Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True)
class Forest:
    """Trees that split statistics, and the training trains in their leaves.

    Attributes
    ----------
    statistic : ndarray of int16, shape (n_trees, n_nodes)
        Which statistic a node splits; -1 in a leaf.
    threshold : ndarray of float32, shape (n_trees, n_nodes)
        A train with at most this goes to the left.
    skip : ndarray of int16 or int32, shape (n_trees, n_nodes)
        How many nodes further the node at the right is; that at the left is the next one.
    leaf : ndarray of int16 or int32, shape (n_trees, n_training)
        The leaf of each training train.
    """

    statistic: NDArray[np.int16]
    threshold: NDArray[np.float32]
    skip: NDArray[np.signedinteger[Any]]
    leaf: NDArray[np.signedinteger[Any]]

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
            following = node + np.where(goes_left, 1, self.skip[trees, node])
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

    def sorted(self) -> tuple[Forest, NDArray[np.intp]]:
        """Give the forest with like training trains side by side, and their order.

        A file of it is smaller.
        """
        order = np.lexsort(self.leaf[:3])
        return replace(self, leaf=self.leaf[:, order]), order

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Give the arrays by name, to be stored."""
        return {name: getattr(self, name) for name in ARRAYS}


ARRAYS = ("statistic", "threshold", "skip", "leaf")
"""Names of the arrays of a forest."""


def forest_of(arrays: Mapping[str, NDArray[Any]], n_statistics: int) -> Forest:
    """Make a forest of its arrays.

    Raises
    ------
    ValueError
        If they are not those of a forest on so many statistics.
    KeyError
        If one is missing.
    """
    found = Forest(**{name: arrays[name] for name in ARRAYS})
    kinds = [getattr(found, name).dtype.kind for name in ARRAYS]
    if kinds != ["i", "f", "i", "i"] or any(getattr(found, one).ndim != 2 for one in ARRAYS):
        raise ValueError("it holds no trees")
    shape = found.statistic.shape
    if not found.threshold.shape == found.skip.shape == shape or 0 in shape:
        raise ValueError("its trees do not fit together")
    follows = np.arange(shape[1]) + found.skip.astype(np.int64)
    # a way down goes forward alone, so that it ends
    if ((found.statistic >= 0) & ((found.skip < 1) | (follows >= shape[1]))).any():
        raise ValueError("a tree of it leads nowhere")
    if len(found.leaf) != shape[0] or (found.statistic >= n_statistics).any():
        raise ValueError("its trees do not fit together")
    if ((found.leaf < 0) | (found.leaf >= shape[1])).any():
        raise ValueError("a training train of it is in no leaf")
    return found


def fit_forest(
    statistics: Array, targets: Array, *, n_trees: int, least_leaf: int, seed: int
) -> Forest:
    """Grow extremely randomised trees.

    Parameters
    ----------
    statistics : ndarray, shape (n, n_statistics)
        Of the training trains.
    targets : ndarray, shape (n, n_targets)
        In units in which their errors count alike.
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
        n_trees, min_samples_leaf=least_leaf, max_features=1.0, random_state=seed
    ).fit(rows, targets)
    trees = [one.tree_ for one in grown.estimators_]
    most = max(tree.node_count for tree in trees)
    whole = np.int16 if most < np.iinfo(np.int16).max else np.int32
    # the library numbers nodes depth first, so that the left one of two is the next
    skips = [
        np.where(tree.children_left < 0, 0, tree.children_right - np.arange(tree.node_count))
        for tree in trees
    ]

    def padded(values: list[NDArray[Any]], kind: type[Kind]) -> NDArray[Kind]:
        out = np.full((len(values), most), -1, dtype=kind)
        for row, one in zip(out, values, strict=True):
            row[: len(one)] = one
        return out

    # sklearn splits 32-bit statistics at 64-bit thresholds: rounded down, they split them alike
    thresholds = [_rounded_down(tree.threshold) for tree in trees]
    return Forest(
        padded([np.where(tree.children_left < 0, -1, tree.feature) for tree in trees], np.int16),
        padded(thresholds, np.float32),
        padded(skips, whole),
        grown.apply(rows).T.astype(whole),
    )


def _rounded_down(threshold: Array) -> NDArray[np.float32]:
    near = threshold.astype(np.float32)
    return np.where(near > threshold, np.nextafter(near, np.float32(-np.inf)), near)
