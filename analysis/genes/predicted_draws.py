"""Predictions with their uncertainty: draws about a mean, their intervals, how good they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .cross_validation import (
    RegressionChoice,
    choose_penalty,
    fit_genes,
    make_folds,
    training_cells,
)
from .families import family_means
from .preparation import GeneTable

Array = NDArray[np.float64]
Rows = NDArray[np.int64]
Labels = NDArray[np.str_]
Prediction = tuple[Array, Array]
"""Means of the test cells, and the covariance of errors of cells that were not seen."""

_BATCHES = 50
_INNER_FOLDS = 5


def predict_by_label(outputs: Array, labels: Labels, test: Rows) -> Prediction:
    """Predict test cells by the means of their labels among the training cells.

    Parameters
    ----------
    outputs : ndarray, shape (n_cells, n_outputs)
        Of all cells.
    labels : ndarray of str, shape (n_cells,)
        Such as families; one label for all gives the mean of all.
    test : ndarray of int
        Cells that are not seen.

    Returns
    -------
    ndarray, shape (n_test, n_outputs)
        Means.
    ndarray, shape (n_outputs, n_outputs)
        Covariance of the errors, by folds of the training cells.
    """
    train = training_cells(len(outputs), test)
    means = family_means(outputs, labels, [test])[test]
    known = outputs[train]
    folds = make_folds(len(train), _INNER_FOLDS)
    return means, _covariance(known - family_means(known, labels[train], folds))


def predict_by_genes(
    genes: GeneTable,
    outputs: Array,
    test: Rows,
    penalties: Sequence[float],
    choice: RegressionChoice,
    families: Labels | None = None,
) -> Prediction:
    """Predict test cells by genes, with the penalty chosen among the training cells.

    Parameters
    ----------
    genes, outputs, families
        Of all cells, as `fit_genes` takes them.
    test : ndarray of int
        Cells that are not seen.
    penalties : sequence of float
        To choose from.
    choice : RegressionChoice
        Rank and kind of fit.

    Returns
    -------
    ndarray, shape (n_test, n_outputs)
        Means.
    ndarray, shape (n_outputs, n_outputs)
        Covariance of the errors, by folds of the training cells.
    """
    train = training_cells(len(outputs), test)
    known = None if families is None else families[train]
    best, inner = choose_penalty(
        genes.rows(train), outputs[train], penalties, choice, _INNER_FOLDS, known
    )
    model = fit_genes(genes.rows(train), outputs[train], replace(choice, penalty=best), known)
    means = model.predict(genes.values[test], None if families is None else families[test])
    return means, _covariance(outputs[train] - inner.predicted)


def _covariance(errors: Array) -> Array:
    return np.asarray(errors.T @ errors / len(errors))


def draws_inside(
    means: Array,
    covariance: Array,
    bounds: tuple[Array, Array],
    n_draws: int,
    rng: np.random.Generator,
) -> tuple[Array, float]:
    """Draw about means from a normal law that is cut off at bounds.

    Parameters
    ----------
    means : ndarray, shape (n_cells, n_outputs)
        Those outside the bounds are drawn about the nearest point inside.
    covariance : ndarray, shape (n_outputs, n_outputs)
        Of the errors.
    bounds : tuple of ndarray, shape (n_outputs,)
        Lower and upper.
    n_draws : int
        Of each cell.
    rng : Generator
        Of the draws.

    Returns
    -------
    ndarray, shape (n_cells, n_draws, n_outputs)
        Draws inside the bounds; cells with the same means share theirs.
    float
        Share of draws that were moved to the bounds, since too few fell inside.

    Examples
    --------
    >>> bounds = np.array([0.0]), np.array([1.0])
    >>> rng = np.random.default_rng(0)
    >>> draws, moved = draws_inside(np.array([[0.9]]), np.eye(1), bounds, 50, rng)
    >>> draws.shape, bool((draws < 1).all()), moved
    ((1, 50, 1), True, 0.0)
    """
    low, high = bounds
    scale, axes = np.linalg.eigh(covariance)
    spread = np.sqrt(np.clip(scale, 0.0, None)) * axes
    inside, cells = np.unique(np.clip(means, low, high), axis=0, return_inverse=True)
    draws = np.empty((len(inside), n_draws, len(low)))
    moved = np.zeros(len(inside))
    for i, mean in enumerate(inside):
        kept = np.empty((0, len(low)))
        for _ in range(_BATCHES):
            some = mean + rng.standard_normal((20 * n_draws, len(low))) @ spread.T
            kept = np.vstack([kept, some[((some >= low) & (some <= high)).all(axis=1)]])
            if len(kept) >= n_draws:
                break
        lacking = max(0, n_draws - len(kept))
        moved[i] = lacking / n_draws
        draws[i] = np.vstack([kept, np.clip(some[:lacking], low, high)])[:n_draws]
    cells = cells.ravel()
    return draws[cells], float(moved[cells].mean())


def interval_of(draws: Array, level: float = 0.9) -> tuple[Array, Array, Array]:
    """Median and central interval of draws, cell by cell and feature by feature.

    Parameters
    ----------
    draws : ndarray, shape (n_cells, n_draws, n_features)
        NaN is left out; with fewer than five left nothing is said.
    level : float
        A new draw of the same law lies inside with this chance: quantiles are at i/(n + 1).

    Returns
    -------
    ndarray, shape (n_cells, n_features)
        Median.
    ndarray, shape (n_cells, n_features)
        Lower end.
    ndarray, shape (n_cells, n_features)
        Upper end.
    """
    enough = np.isfinite(draws).sum(axis=1) >= 5
    filled = np.where(enough[:, None, :], draws, 0.0)
    tails = [0.5, (1 - level) / 2, (1 + level) / 2]
    found = np.nanquantile(filled, tails, axis=1, method="weibull")
    median, low, high = np.where(enough, found, np.nan)
    return median, low, high


def ranked_probability_score(draws: Array, measured: Array) -> Array:
    """Continuous ranked probability score: how far draws lie from what was measured.

    Parameters
    ----------
    draws : ndarray, shape (n_cells, n_draws, n_features)
        Of the prediction, in any one unit a feature; NaN is left out.
    measured : ndarray, shape (n_cells, n_features)
        In the same units.

    Returns
    -------
    ndarray, shape (n_cells, n_features)
        Mean distance of the draws from the measured value less half their mean distance from each
        other: the absolute error of a prediction without spread.  Smaller is better; NaN with
        fewer than two draws.

    References
    ----------
    Gneiting & Raftery (2007), J. Am. Stat. Assoc. 102:359.

    Examples
    --------
    >>> ranked_probability_score(np.array([[[1.0], [1.0]]]), np.array([[3.0]])).ravel()
    array([2.])
    """
    known = np.isfinite(draws)
    n = known.sum(axis=1)
    error = np.where(known, np.abs(draws - measured[:, None, :]), 0.0).sum(axis=1)
    # the sum of all distances of sorted draws is a weighted sum; missing ones come last
    ordered = np.sort(np.where(known, draws, np.inf), axis=1)
    place = np.arange(1, draws.shape[1] + 1)[None, :, None]
    weight = 2 * place - n[:, None, :] - 1
    inside = place <= n[:, None, :]
    apart = 2 * np.where(inside, weight * np.where(inside, ordered, 0.0), 0.0).sum(axis=1)
    enough = (n >= 2) & np.isfinite(measured)
    pairs = np.where(enough, n * (n - 1), 1)
    score = error / np.where(enough, n, 1) - 0.5 * apart / pairs
    return np.asarray(np.where(enough, score, np.nan))
