"""Sparse reduced-rank regression: a few genes, through a few components, tell many outputs.

scikit-learn solves the group lasso; what stands here is the alternation around it.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import IonfoError
from ..extras import needed

Array = NDArray[np.float64]

MOST_ITERATIONS = 100
"""Alternations of the two steps."""

TOLERANCE = 1e-6
"""Relative change of the loss at which the alternation ends."""


@dataclass(frozen=True)
class SparseRegression:
    """A regression of many outputs on few genes through few components.

    Attributes
    ----------
    coefficients : ndarray, shape (n_genes, n_outputs)
        Of the genes: ``x @ coefficients`` predicts y.  Those of the relaxed fit where it was asked
        for, else those of the sparse one.  Genes that were not selected have 0.  NaN where the
        relaxed fit has fewer genes than components.
    genes : ndarray of int, shape (n_selected,)
        Columns of x that were selected, ascending.
    weights : ndarray, shape (n_genes, rank)
        W: ``x @ weights`` are the components of the cells.
    loadings : ndarray, shape (n_outputs, rank)
        V, with orthonormal columns, of which the largest entry by size is positive:
        ``coefficients = weights @ loadings.T``.
    sparse_coefficients : ndarray, shape (n_genes, n_outputs)
        Those of the penalised fit, whose genes the relaxed one takes.
    r2 : float
        1 - loss.
    loss : float
        ``sum((y - x @ coefficients)**2)/sum(y**2)`` on the cells of the fit.
    n_iterations : int
        Alternations until the loss stood still.
    is_converged : bool
        Whether it did, and scikit-learn's solver as well.
    """

    coefficients: Array
    genes: NDArray[np.int64]
    weights: Array
    loadings: Array
    sparse_coefficients: Array
    r2: float
    loss: float
    n_iterations: int
    is_converged: bool


def sparse_reduced_rank_regression(
    x: ArrayLike, y: ArrayLike, rank: int, penalty: float, relaxed: bool = True
) -> SparseRegression:
    """Regress outputs on genes with few genes and few components.

    It minimises ``|y V - x W|^2/(2 n) + penalty * sum_g |W_g|`` over W and over V with orthonormal
    columns, in turns: W by a group lasso of the rows, V by the singular vectors of ``y.T x W``
    (Procrustes), from the first right singular vectors of ``x.T y`` on.

    Parameters
    ----------
    x : array_like, shape (n_cells, n_genes)
        Expression, centred (and scaled, if genes shall be penalised alike).  No intercept is
        fitted.
    y : array_like, shape (n_cells, n_outputs)
        Centred outputs, such as z-scored parameters of models.
    rank : int
        Components, from 1 to the smaller of outputs and genes.
    penalty : float
        Above 0, of the size of the row of each gene; scikit-learn's ``alpha``.
    relaxed : bool
        Fit the selected genes again without the sparse penalty: a ridge of ``n * penalty``,
        reduced to the rank by the singular vectors of its predictions.

    Returns
    -------
    SparseRegression
        Coefficients, genes, components and R2.

    Raises
    ------
    IonfoError
        If the shapes do not fit, a value is not finite, y does not vary, rank or penalty is out of
        bounds, or scikit-learn is missing.

    References
    ----------
    Kobak et al. (2021), J. R. Stat. Soc. C 70:980.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((200, 5))
    >>> found = sparse_reduced_rank_regression(x, x[:, [1, 3]] @ [[1.0, 0.5], [0.0, 1.0]], 2, 0.1)
    >>> found.genes.tolist()
    [1, 3]
    """
    genes, outputs = _checked(x, y)
    rank, penalty = _checked_options(rank, penalty, genes.shape[1], outputs.shape[1])
    weights, loadings, n_iterations, is_converged = _alternate(genes, outputs, rank, penalty)
    weights, loadings = _signed(weights, loadings)
    selected = np.flatnonzero(weights.any(axis=1))
    sparse = weights @ loadings.T
    if relaxed:
        weights, loadings = _relaxed(genes, outputs, selected, rank, penalty)
    coefficients = weights @ loadings.T if relaxed else sparse
    loss = float(np.sum((outputs - genes @ coefficients) ** 2) / np.sum(outputs**2))
    return SparseRegression(
        coefficients,
        selected,
        weights,
        loadings,
        sparse,
        1.0 - loss,
        loss,
        n_iterations,
        is_converged,
    )


def _alternate(x: Array, y: Array, rank: int, penalty: float) -> tuple[Array, Array, int, bool]:
    """Give W, V, the alternations and whether both solvers came to an end."""
    linear_model = needed("sklearn.linear_model")
    solver = linear_model.MultiTaskElasticNet(alpha=penalty, l1_ratio=1.0, fit_intercept=False)
    loadings = np.linalg.svd(x.T @ y, full_matrices=False)[2][:rank].T
    weights = np.zeros((x.shape[1], rank))
    total, last = np.sum(y**2), np.inf
    for i in range(1, MOST_ITERATIONS + 1):
        with warnings.catch_warnings(record=True) as told:  # that the solver did not converge
            warnings.simplefilter("always")
            weights = np.asarray(solver.fit(x, y @ loadings).coef_.T, dtype=np.float64)
        scores = x @ weights
        if not scores.any():
            return weights, loadings, i, True  # nothing is selected: no direction to turn to
        left, _, right = np.linalg.svd(y.T @ scores, full_matrices=False)
        loadings = left @ right
        loss = float(np.sum((y - scores @ loadings.T) ** 2) / total)
        if abs(last - loss) < TOLERANCE:
            return weights, loadings, i, not told
        last = loss
    return weights, loadings, MOST_ITERATIONS, False


def _relaxed(
    x: Array, y: Array, selected: NDArray[np.int64], rank: int, penalty: float
) -> tuple[Array, Array]:
    """Give W and V of a ridge of the selected genes, reduced to the rank."""
    weights = np.zeros((x.shape[1], rank))
    if len(selected) < rank:  # there is no such fit
        return np.full_like(weights, np.nan), np.full((y.shape[1], rank), np.nan)
    few = x[:, selected]
    gram = few.T @ few + len(x) * penalty * np.eye(len(selected))
    ridge = np.linalg.solve(gram, few.T @ y)
    loadings = np.linalg.svd(few @ ridge, full_matrices=False)[2][:rank].T
    weights[selected] = ridge @ loadings
    return _signed(weights, loadings)


def _signed(weights: Array, loadings: Array) -> tuple[Array, Array]:
    """Turn components so that the largest entry of each column of V is positive."""
    largest = np.abs(loadings).argmax(axis=0)
    sign = np.where(loadings[largest, np.arange(loadings.shape[1])] < 0, -1.0, 1.0)
    return weights * sign, loadings * sign


def _checked(x: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    genes, outputs = _numbers("x", x, "n_genes"), _numbers("y", y, "n_outputs")
    if len(genes) != len(outputs):
        raise IonfoError(
            f"x and y must have a row for every cell, got {len(genes)} and {len(outputs)} rows; "
            "match them by the names of the cells"
        )
    if len(genes) < 2:
        raise IonfoError(f"a regression needs at least 2 cells, got {len(genes)}")
    if not outputs.any():
        raise IonfoError(
            "y must vary, got zeros alone; centre the outputs, and leave out constants"
        )
    return genes, outputs


def _numbers(name: str, values: ArrayLike, columns: str) -> Array:
    try:
        table = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise IonfoError(
            f"{name} must be a table of numbers of shape (n_cells, {columns}), got something else"
        ) from None
    if table.ndim != 2 or 0 in table.shape:
        raise IonfoError(f"{name} must have shape (n_cells, {columns}), got {table.shape}")
    bad = np.argwhere(~np.isfinite(table))
    if len(bad):
        row, column = bad[0].tolist()
        raise IonfoError(
            f"{name} must be finite, row {row} of column {column} has {table[row, column]:g} "
            f"({len(bad)} such values); fill them or leave out their cells"
        )
    return table


def _checked_options(rank: int, penalty: float, n_genes: int, n_outputs: int) -> tuple[int, float]:
    most = min(n_genes, n_outputs)
    if isinstance(rank, bool) or not isinstance(rank, (int, np.integer)) or not 1 <= rank <= most:
        raise IonfoError(
            f"rank must be a whole number from 1 to the smaller of {n_outputs} outputs and "
            f"{n_genes} genes, got {rank!r}"
        )
    if isinstance(penalty, bool) or not isinstance(penalty, (int, float, np.number)):
        raise IonfoError(f"penalty must be a finite number above 0, got {penalty!r}")
    if not 0 < penalty < np.inf:
        raise IonfoError(f"penalty must be a finite number above 0, got {penalty:g}")
    return int(rank), float(penalty)
