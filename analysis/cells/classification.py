"""Tell the class of a cell from its parameters or features: random forests split by cell.

Models of one cell resemble each other.  If some of them were in the training set, the forest would
know the cell and not the class; here all rows of a cell are on one side of every split.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..extras import needed

Array = NDArray[np.float64]

N_TREES = tuple(range(50, 451, 50))
"""Numbers of trees among which 3-fold cross-validation chooses."""


@dataclass(frozen=True)
class Classification:
    """How well classes can be told.

    Attributes
    ----------
    classes : tuple of str
        That took part.
    f1 : ndarray, shape (n_shuffles,)
        F1 of the test cells of each split, averaged over classes.
    by_chance : ndarray, shape (n_null,)
        The same after the classes of the cells were shuffled.
    p : float
        Share of those that reach the mean F1, (1 + hits)/(1 + n).
    n_cells : int
        Cells that took part.
    n_trees : tuple of int
        Chosen in each split.
    importance : DataFrame
        Columns ``name``, ``importance`` (mean Gini decrease), ``sd`` over splits; largest first.
    """

    classes: tuple[str, ...]
    f1: Array
    by_chance: Array
    p: float
    n_cells: int
    n_trees: tuple[int, ...]
    importance: pd.DataFrame


@dataclass(frozen=True)
class ForestSettings:
    """How forests are trained and tested.

    Attributes
    ----------
    n_shuffles : int
        Splits, stratified by class.
    least_cells : int
        Classes with fewer cells are left out.
    n_trees : sequence of int
        Among which 3-fold cross-validation within the training cells chooses.
    n_null : int
        Shuffles of the classes over cells, each with one split and the median number of trees.
    seed : int
        Of splits, forests and shuffles.
    """

    n_shuffles: int = 3
    least_cells: int = 10
    n_trees: Sequence[int] = N_TREES
    n_null: int = 20
    seed: int = 0


def classify_cells(
    values: ArrayLike,
    classes: ArrayLike,
    cells: ArrayLike,
    names: Sequence[str],
    settings: ForestSettings | None = None,
) -> Classification:
    """Train random forests on 70 % of the cells and test them on the others.

    Parameters
    ----------
    values : array_like, shape (n_rows, n_columns)
        Parameters or features that all cells share; several rows of a cell are its models.
    classes, cells : array_like, shape (n_rows,)
        Class and cell of each row.
    names : sequence of str
        Of the columns.
    settings : ForestSettings, optional
        How.

    Raises
    ------
    ValueError
        If fewer than two classes have enough cells, or a value is not finite.
    IonfoError
        If scikit-learn is missing.
    """
    asked = settings or ForestSettings()
    table = np.asarray(values, dtype=np.float64)
    labels, owners = np.asarray(classes).astype(str), np.asarray(cells)
    if not np.isfinite(table).all():
        raise ValueError("values must be finite; leave out columns that some cells lack")
    every, first = np.unique(owners, return_index=True)
    of_cell = labels[first]
    kept = [name for name in np.unique(of_cell) if (of_cell == name).sum() >= asked.least_cells]
    if len(kept) < 2:
        raise ValueError(
            f"two classes must have at least {asked.least_cells} cells, got {len(kept)} such "
            "classes"
        )
    every, of_cell = every[np.isin(of_cell, kept)], of_cell[np.isin(of_cell, kept)]
    rows_of = {cell: np.flatnonzero(owners == cell) for cell in every}
    rng = np.random.default_rng(asked.seed)
    scores, chosen, importances = [], [], []
    for _ in range(asked.n_shuffles):
        train, test = _split(of_cell, rng)
        state = int(rng.integers(2**31))
        trees = _best_size(table, of_cell, every, train, rows_of, asked.n_trees, state)
        score, importance = _fit(table, of_cell, every, train, test, rows_of, trees, state)
        scores.append(score)
        chosen.append(trees)
        importances.append(importance)
    null = []
    for _ in range(asked.n_null):
        mixed = rng.permutation(of_cell)
        train, test = _split(mixed, rng)
        state, trees = int(rng.integers(2**31)), int(np.median(chosen))
        null.append(_fit(table, mixed, every, train, test, rows_of, trees, state)[0])
    order = np.argsort(-np.mean(importances, axis=0), kind="stable")
    return Classification(
        tuple(map(str, kept)),
        np.array(scores),
        np.array(null),
        float((1 + np.sum(np.array(null) >= np.mean(scores))) / (1 + asked.n_null)),
        len(every),
        tuple(chosen),
        pd.DataFrame(
            {
                "name": np.asarray(names)[order],
                "importance": np.mean(importances, axis=0)[order],
                "sd": np.std(importances, axis=0)[order],
            }
        ),
    )


def _split(
    of_cell: NDArray[np.str_], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give 70 % of the cells of every class, and the others."""
    train: list[int] = []
    for name in np.unique(of_cell):
        here = rng.permutation(np.flatnonzero(of_cell == name))
        train += here[: max(1, round(0.7 * len(here)))].tolist()
    inside = np.zeros(len(of_cell), dtype=bool)
    inside[train] = True
    return np.flatnonzero(inside), np.flatnonzero(~inside)


def _rows(
    every: NDArray[np.generic],
    chosen: NDArray[np.int64],
    rows_of: dict[np.generic, NDArray[np.int64]],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the rows of cells, and the number of the cell of each."""
    groups = [rows_of[every[i]] for i in chosen]
    return np.concatenate(groups), np.repeat(chosen, [len(one) for one in groups])


def _best_size(
    table: Array,
    of_cell: NDArray[np.str_],
    every: NDArray[np.generic],
    train: NDArray[np.int64],
    rows_of: dict[np.generic, NDArray[np.int64]],
    n_trees: Sequence[int],
    state: int,
) -> int:
    if len(n_trees) == 1:
        return n_trees[0]
    model_selection, ensemble = needed("sklearn.model_selection"), needed("sklearn.ensemble")
    rows, owner = _rows(every, train, rows_of)
    search = model_selection.GridSearchCV(
        ensemble.RandomForestClassifier(random_state=state),
        {"n_estimators": list(n_trees)},
        scoring="f1_macro",
        cv=model_selection.StratifiedGroupKFold(3, shuffle=True, random_state=state),
        refit=False,
    )
    search.fit(table[rows], of_cell[owner], groups=owner)
    return int(search.best_params_["n_estimators"])


def _fit(
    table: Array,
    of_cell: NDArray[np.str_],
    every: NDArray[np.generic],
    train: NDArray[np.int64],
    test: NDArray[np.int64],
    rows_of: dict[np.generic, NDArray[np.int64]],
    trees: int,
    state: int,
) -> tuple[float, Array]:
    """Train a forest; F1 of the test cells by the mean vote of their models, and importances."""
    ensemble, metrics = needed("sklearn.ensemble"), needed("sklearn.metrics")
    rows, owner = _rows(every, train, rows_of)
    forest = ensemble.RandomForestClassifier(trees, random_state=state)
    forest.fit(table[rows], of_cell[owner])
    rows, owner = _rows(every, test, rows_of)
    votes = forest.predict_proba(table[rows])
    told = [forest.classes_[votes[owner == i].mean(axis=0).argmax()] for i in test]
    score = metrics.f1_score(of_cell[test], told, average="macro", zero_division=0)
    return float(score), np.asarray(forest.feature_importances_, dtype=np.float64)
