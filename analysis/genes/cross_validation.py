"""What genes tell of cells that the fit never saw: preparation and penalty inside the folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ...errors import IonfoError
from .preparation import GeneTable, Preparation, prepare
from .reduced_rank import SparseRegression, sparse_reduced_rank_regression

Array = NDArray[np.float64]
Rows = NDArray[np.int64]
Labels = NDArray[np.str_]


@dataclass(frozen=True)
class RegressionChoice:
    """How genes are regressed.

    Attributes
    ----------
    rank : int
        Components.
    penalty : float
        Of `sparse_reduced_rank_regression`.
    relaxed : bool
        Whether the selected genes are fitted again.
    """

    rank: int = 2
    penalty: float = 0.2
    relaxed: bool = True


@dataclass(frozen=True)
class GeneModel:
    """Outputs of cells from their genes.

    Attributes
    ----------
    preparation : Preparation
        Of the genes.
    mean, sd : ndarray, shape (n_outputs,)
        Of the outputs of the training cells.
    regression : SparseRegression
        Of z-scores on z-scores.
    centres : dict of str to (ndarray, ndarray)
        Family -> mean of its genes and of its outputs (z-scores), for regressions within
        families; else empty.
    """

    preparation: Preparation
    mean: Array
    sd: Array
    regression: SparseRegression
    centres: Mapping[str, tuple[Array, Array]] = field(default_factory=dict)

    def predict(self, values: Array, families: Labels | None = None) -> Array:
        """Predict outputs in their units, shape (n_cells, n_outputs).

        Parameters
        ----------
        values : ndarray, shape (n_cells, n_genes)
            As the model was fitted on.
        families : ndarray of str, shape (n_cells,), optional
            For a regression within families; those it does not know are at the mean of all.
        """
        x = self.preparation.apply(values)
        base = np.zeros((len(x), len(self.mean)))
        for name, (genes, outputs) in self.centres.items():
            here = np.asarray(families) == name
            x[here] -= genes
            base[here] = outputs
        return np.asarray(self.mean + self.sd * (base + x @ self.regression.coefficients))


@dataclass(frozen=True)
class CrossValidation:
    """Predictions of cells by fits that did not see them.

    Attributes
    ----------
    predicted : ndarray, shape (n_cells, n_outputs)
        In the units of the outputs.
    r2 : ndarray, shape (n_folds,)
        1 - sum of squared errors / sum of squares about the training mean, of outputs in SDs of
        the training cells.
    r2_outputs : ndarray, shape (n_folds, n_outputs)
        The same of every output.
    n_genes : ndarray, shape (n_folds,)
        Genes that each fit selected.
    penalties : ndarray, shape (n_folds,)
        Of each fit.
    """

    predicted: Array
    r2: Array
    r2_outputs: Array
    n_genes: Array
    penalties: Array


def make_folds(n_cells: int, n_folds: int = 10, seed: int = 42) -> list[Rows]:
    """Give the test cells of each fold: neighbours in one permutation.

    Parameters
    ----------
    n_cells, n_folds : int
        At least as many cells as folds, and two folds.
    seed : int
        Of the permutation, by the generator that published folds were made with.

    Raises
    ------
    IonfoError
        If there are fewer cells than folds, or fewer than two folds.

    Examples
    --------
    >>> [len(one) for one in make_folds(7, 3)]
    [2, 2, 3]
    """
    if n_folds < 2 or n_cells < n_folds:
        raise IonfoError(
            f"cross-validation needs at least 2 folds and a cell for each, got {n_folds} folds of "
            f"{n_cells} cells; take fewer folds or more cells"
        )
    order = np.random.RandomState(seed).permutation(n_cells)
    edges = [i * n_cells // n_folds for i in range(n_folds + 1)]
    return [order[a:b].astype(np.int64) for a, b in zip(edges[:-1], edges[1:], strict=True)]


def training_cells(n_cells: int, test: Rows) -> Rows:
    """Give all cells but those of a fold, ascending."""
    is_training = np.ones(n_cells, dtype=bool)
    is_training[test] = False
    return np.flatnonzero(is_training)


def fit_genes(
    genes: GeneTable, outputs: Array, choice: RegressionChoice, families: Labels | None = None
) -> GeneModel:
    """Prepare genes and outputs and regress the ones on the others.

    Parameters
    ----------
    genes : GeneTable
        Of the training cells.
    outputs : ndarray, shape (n_cells, n_outputs)
        Such as parameters of models, in any units.
    choice : RegressionChoice
        Rank, penalty, kind of fit.
    families : ndarray of str, shape (n_cells,), optional
        Regress within families: what genes tell beyond their means.

    Raises
    ------
    IonfoError
        If a gene or an output does not vary over the cells.
    """
    preparation = prepare(genes)
    mean, sd = output_scale(outputs, genes.kind == "scaled")
    x, y = preparation.apply(genes.values), (outputs - mean) / sd
    centres = {}
    if families is not None:
        for name in np.unique(families).tolist():
            here = families == name
            centres[str(name)] = (x[here].mean(axis=0), y[here].mean(axis=0))
            x[here] -= centres[str(name)][0]
            y[here] -= centres[str(name)][1]
    found = sparse_reduced_rank_regression(x, y, choice.rank, choice.penalty, choice.relaxed)
    return GeneModel(preparation, mean, sd, found, centres)


def output_scale(outputs: Array, is_scaled: bool = False) -> tuple[Array, Array]:
    """Give mean and SD of outputs; SDs of 1 where they were scaled before.

    Raises
    ------
    IonfoError
        If an output does not vary.
    """
    sd = outputs.std(axis=0)
    if (np.ptp(outputs, axis=0) == 0).any():
        column = int(np.argmax(np.ptp(outputs, axis=0) == 0))
        raise IonfoError(
            f"every output must vary over the {len(outputs)} training cells, column {column} does "
            "not; leave it out"
        )
    return outputs.mean(axis=0), np.ones_like(sd) if is_scaled else sd


def scaled_once(genes: GeneTable, outputs: Array) -> tuple[GeneTable, Array]:
    """Give z-scores over all cells, test cells included: the published preparation, which leaks."""
    mean, sd = output_scale(outputs)
    x = prepare(genes).apply(genes.values)
    return GeneTable(x, genes.names, "scaled"), (outputs - mean) / sd


def cross_validate(
    genes: GeneTable,
    outputs: Array,
    folds: Sequence[Rows],
    choices: RegressionChoice | Sequence[RegressionChoice],
    families: Labels | None = None,
) -> CrossValidation:
    """Predict every cell by a fit of the other folds.

    Parameters
    ----------
    genes : GeneTable
        Of all cells.
    outputs : ndarray, shape (n_cells, n_outputs)
        In any units.
    folds : sequence of ndarray of int
        Test cells of each fold.
    choices : RegressionChoice or a sequence of them
        The same for all folds, or one each.
    families : ndarray of str, shape (n_cells,), optional
        As `fit_genes`.

    Returns
    -------
    CrossValidation
        Predictions and R2.
    """
    every = [choices] * len(folds) if isinstance(choices, RegressionChoice) else list(choices)
    predicted = np.empty_like(outputs)
    n_genes = []
    for test, choice in zip(folds, every, strict=True):
        train = training_cells(len(outputs), test)
        known = None if families is None else families[train]
        model = fit_genes(genes.rows(train), outputs[train], choice, known)
        predicted[test] = model.predict(
            genes.values[test], None if families is None else families[test]
        )
        n_genes.append(len(model.regression.genes))
    r2, r2_outputs = fold_r2(outputs, predicted, folds, genes.kind == "scaled")
    penalties = np.array([one.penalty for one in every])
    return CrossValidation(predicted, r2, r2_outputs, np.array(n_genes, float), penalties)


def fold_r2(
    outputs: Array, predicted: Array, folds: Sequence[Rows], is_scaled: bool = False
) -> tuple[Array, Array]:
    """R2 of every fold, of all outputs together and of each; see `CrossValidation`.

    Returns
    -------
    ndarray, shape (n_folds,)
        Of all outputs together.
    ndarray, shape (n_folds, n_outputs)
        Of each.
    """
    together, each = [], []
    for test in folds:
        mean, sd = output_scale(outputs[training_cells(len(outputs), test)], is_scaled)
        total = np.sum(((outputs[test] - mean) / sd) ** 2, axis=0)
        rest = np.sum(((outputs[test] - predicted[test]) / sd) ** 2, axis=0)
        together.append(1.0 - rest.sum() / total.sum())
        each.append(1.0 - rest / total)
    return np.array(together), np.array(each)


def penalty_path(
    genes: GeneTable,
    outputs: Array,
    folds: Sequence[Rows],
    penalties: Sequence[float],
    choice: RegressionChoice,
    families: Labels | None = None,
) -> list[CrossValidation]:
    """Cross-validate at every penalty of a path."""
    return [
        cross_validate(genes, outputs, folds, replace(choice, penalty=one), families)
        for one in penalties
    ]


def default_penalties(genes: GeneTable, outputs: Array, n: int = 14) -> list[float]:
    """Penalties from where hardly a gene is left to where most are, in equal ratios.

    The largest that selects anything is that of the gene whose covariances with the outputs are
    longest; the path goes from 0.7 of it down to 0.07.

    Parameters
    ----------
    genes : GeneTable
        Of all cells.
    outputs : ndarray, shape (n_cells, n_outputs)
        In any units.
    n : int
        How many.

    Returns
    -------
    list of float
        Falling.
    """
    scaled, y = scaled_once(genes, outputs)
    largest = float(np.linalg.norm(scaled.values.T @ y, axis=1).max()) / len(y)
    return [float(one) for one in np.geomspace(0.7, 0.07, n) * largest]


def choose_penalty(
    genes: GeneTable,
    outputs: Array,
    penalties: Sequence[float],
    choice: RegressionChoice,
    n_folds: int = 5,
    families: Labels | None = None,
) -> tuple[float, CrossValidation]:
    """Choose the penalty with the largest cross-validated R2 of these cells.

    Returns
    -------
    float
        The penalty.
    CrossValidation
        At it.

    Raises
    ------
    IonfoError
        If no penalty selects as many genes as components.
    """
    folds = make_folds(len(outputs), n_folds)
    found = penalty_path(genes, outputs, folds, penalties, choice, families)
    scores = np.array([one.r2.mean() for one in found])
    for best in np.argsort(-scores, kind="stable"):  # NaN comes last
        if np.isnan(scores[best]):
            break
        one = replace(choice, penalty=penalties[best])
        # the fit of all these cells may select fewer genes than those of its folds
        if np.isfinite(fit_genes(genes, outputs, one, families).regression.r2):
            return float(penalties[best]), found[best]
    raise IonfoError(
        f"no penalty from {min(penalties):g} to {max(penalties):g} selects {choice.rank} genes "
        "in every fold; take smaller penalties or a smaller rank"
    )


def nested_cross_validation(
    genes: GeneTable,
    outputs: Array,
    folds: Sequence[Rows],
    penalties: Sequence[float],
    choice: RegressionChoice,
    families: Labels | None = None,
) -> CrossValidation:
    """Cross-validate with the penalty of every fold chosen among its training cells."""
    chosen = []
    for test in folds:
        train = training_cells(len(outputs), test)
        known = None if families is None else families[train]
        best, _ = choose_penalty(
            genes.rows(train), outputs[train], penalties, choice, families=known
        )
        chosen.append(replace(choice, penalty=best))
    return cross_validate(genes, outputs, folds, chosen, families)
