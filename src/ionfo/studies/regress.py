"""``ionfo genes regress``: genes that tell parameters of cells, and what they add to a family."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ..analysis.figures.regression import biplot
from ..analysis.figures.style import Figure
from ..analysis.genes.cross_validation import (
    CrossValidation,
    GeneModel,
    RegressionChoice,
    choose_penalty,
    default_penalties,
    fit_genes,
    fold_r2,
    make_folds,
    nested_cross_validation,
    penalty_path,
    scaled_once,
)
from ..analysis.genes.families import (
    Gain,
    PermutationTest,
    family_means,
    overall_means,
    paired_gain,
    permutation_test,
    squared_errors,
)
from ..errors import IonfoError
from ..limits import MOST_REPLICATES, check_count
from ..progress import progress
from ..tables.cell_parameters import CellParameters
from ..tables.expression import Expression
from .gene_cells import GeneCells, GeneSettings, match_cells
from .regress_output import sentences_of, write_regression
from .shown import Shown

Array = NDArray[np.float64]


@dataclass(frozen=True)
class RegressSettings(GeneSettings):
    """How genes are regressed, and how that is judged.

    Attributes
    ----------
    permutations : int
        Of cells, and of cells within families; 0 for none.
    draws : int
        Fits to draws of the parameters, where the table holds several rows a cell.
    """

    permutations: int = 100
    draws: int = 20

    def check(self) -> None:
        """Refuse numbers that nobody can mean."""
        super().check()
        check_count("--permutations", self.permutations, 0, MOST_REPLICATES)
        check_count("--draws", self.draws, 2, MOST_REPLICATES)


@dataclass(frozen=True)
class GeneRegression(Shown):
    """What genes tell of the parameters of cells.

    Attributes
    ----------
    cells : GeneCells
        Cells, genes, families and parameters.
    path : DataFrame
        By penalty: genes and R2 of the sparse and of the relaxed fit, with preparation inside the
        folds and, as published, once over all cells.
    nested : CrossValidation
        The penalty of each fold chosen among its training cells.
    within : CrossValidation
        The same within families, their means added; by the sparse fit, which alone can select
        nothing where the family tells all there is.
    family : ndarray, shape (n_cells, n_parameters)
        Means of the family in the other folds.
    folds : list of ndarray of int
        Test cells of each fold.
    gain : Gain
        R2 that genes within families add to the mean of the family.
    tests : list of PermutationTest
        Of all cells, and within families; empty where none were asked for.
    model : GeneModel
        Of all cells.
    choice : RegressionChoice
        Of that model.
    drawn : ndarray, shape (n_draws, n_genes, n_parameters)
        Coefficients of fits to draws of the parameters; without draws the first axis is 0.
    settings : RegressSettings
        What was asked.
    """

    last: ClassVar[str] = "regress.json"
    alt: ClassVar[str] = "cells and genes in the plane of two components"

    cells: GeneCells
    path: pd.DataFrame
    nested: CrossValidation
    within: CrossValidation
    family: Array
    folds: list[NDArray[np.int64]]
    gain: Gain
    tests: list[PermutationTest]
    model: GeneModel
    choice: RegressionChoice
    drawn: Array
    settings: RegressSettings

    @property
    def title(self) -> str:
        """What the findings are of."""
        return f"Genes and parameters of {len(self.cells.cells)} cells"

    @property
    def coefficients(self) -> pd.DataFrame:
        """Coefficients of the selected genes, SDs of a parameter by SD of a gene."""
        names = [self.cells.genes.names[i] for i in self.model.regression.genes]
        values = self.model.regression.coefficients[self.model.regression.genes]
        return pd.DataFrame(values, index=names, columns=list(self.cells.parameters.names))

    @property
    def r2(self) -> pd.DataFrame:
        """Cross-validated R2 of every parameter: by genes, by family, by genes within families."""
        outputs = self.cells.parameters.means
        columns = {
            "genes": self.nested.r2_outputs.mean(axis=0),
            "family": fold_r2(outputs, self.family, self.folds)[1].mean(axis=0),
            "genes_within_families": self.within.r2_outputs.mean(axis=0),
        }
        return pd.DataFrame({"parameter": self.cells.parameters.names, **columns})

    @property
    def family_r2(self) -> Array:
        """R2 of the means of families, shape (n_folds,)."""
        return fold_r2(self.cells.parameters.means, self.family, self.folds)[0]

    @property
    def over_family(self) -> Gain:
        """R2 that genes alone tell more (or less) than the mean of the family."""
        outputs = self.cells.parameters.means
        return paired_gain(
            squared_errors(outputs, self.family),
            squared_errors(outputs, self.nested.predicted),
            squared_errors(outputs, overall_means(outputs, self.folds)),
            seed=self.settings.seed,
        )

    @property
    def components(self) -> tuple[Array, Array]:
        """Components of cells by their genes and by their parameters, shape (n_cells, rank)."""
        x = self.model.preparation.apply(self.cells.genes.values)
        y = (self.cells.parameters.means - self.model.mean) / self.model.sd
        found = self.model.regression
        return x @ found.weights, y @ found.loadings

    def sentences(self) -> list[str]:
        """Say what was found, a line each."""
        return sentences_of(self)

    def figure(self) -> Figure:
        """Draw cells and genes in the plane of two components."""
        by_genes, by_parameters = self.components
        return biplot(
            by_genes,
            by_parameters,
            self.cells.families,
            self._arrows(),
            f"{len(self.cells.cells)} cells, {len(self.model.regression.genes)} genes",
        )

    def plot_components(self) -> Axes:
        """Draw cells and genes in the plane of two components; see `plot`."""
        return self.plot()

    def _arrows(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Correlations of genes and of parameters with the components they make."""
        x = self.model.preparation.apply(self.cells.genes.values)[:, self.model.regression.genes]
        y = (self.cells.parameters.means - self.model.mean) / self.model.sd
        by_genes, by_parameters = self.components
        return (
            pd.DataFrame(correlations(x, by_genes), index=self.coefficients.index),
            pd.DataFrame(correlations(y, by_parameters), index=list(self.cells.parameters.names)),
        )

    def _fill(self, folder: Path) -> None:
        write_regression(folder, self)


def correlations(x: Array, y: Array) -> Array:
    """Correlations of the columns of one table with those of another; 0 where one is constant."""
    a, b = x - x.mean(axis=0), y - y.mean(axis=0)
    scale = np.outer(np.linalg.norm(a, axis=0), np.linalg.norm(b, axis=0))
    return np.asarray(np.divide(a.T @ b, scale, out=np.zeros_like(scale), where=scale > 0))


def regress_genes(
    expression: Expression, parameters: CellParameters, settings: RegressSettings
) -> GeneRegression:
    """Regress parameters of cells on their genes.

    Parameters
    ----------
    expression : Expression
        Counts or log values.
    parameters : CellParameters
        Means, or draws of posteriors.
    settings : RegressSettings
        How.

    Raises
    ------
    IonfoError
        If cells do not match, or genes, folds, rank or penalty do not allow it.
    """
    settings.check()
    cells = match_cells(expression, parameters, settings)
    outputs, choice = cells.parameters.means, settings.choice
    most = min(len(cells.genes.names), outputs.shape[1])
    if settings.rank > most:
        raise IonfoError(
            f"--rank must be at most the smaller of {outputs.shape[1]} parameters and "
            f"{len(cells.genes.names)} genes, got {settings.rank}"
        )
    folds = make_folds(len(outputs), settings.folds, settings.seed)
    penalties = default_penalties(cells.genes, outputs, settings.penalties)
    with progress("steps of the regression", 5) as advance:
        path = penalty_table(cells, folds, penalties, choice)
        advance()
        nested = nested_cross_validation(cells.genes, outputs, folds, penalties, choice)
        advance()
        within = nested_cross_validation(
            cells.genes, outputs, folds, penalties, replace(choice, relaxed=False), cells.families
        )
        advance()
        best = settings.penalty
        if best is None:
            best, _ = choose_penalty(cells.genes, outputs, penalties, choice, settings.folds)
        final = replace(choice, penalty=best)
        tests = _tests(cells, folds, final, within, settings)
        advance()
        model = fit_genes(cells.genes, outputs, final)
        drawn = _drawn(cells, final, settings)
        advance()
    family = family_means(outputs, cells.families, folds)
    total = squared_errors(outputs, overall_means(outputs, folds))
    gain = paired_gain(
        squared_errors(outputs, family),
        squared_errors(outputs, within.predicted),
        total,
        seed=settings.seed,
    )
    return GeneRegression(
        cells, path, nested, within, family, folds, gain, tests, model, final, drawn, settings
    )


def penalty_table(
    cells: GeneCells,
    folds: list[NDArray[np.int64]],
    penalties: list[float],
    choice: RegressionChoice,
) -> pd.DataFrame:
    """Cross-validate along a path, prepared inside the folds and once over all cells.

    Returns
    -------
    DataFrame
        A row a penalty, fit and preparation.
    """
    outputs = cells.parameters.means
    ways = {
        "inside_folds": (cells.genes, outputs),
        "over_all_cells": scaled_once(cells.genes, outputs),
    }
    rows = []
    for prepared, (x, y) in ways.items():
        for fit in ("sparse", "relaxed"):
            one = replace(choice, relaxed=fit == "relaxed")
            for found in penalty_path(x, y, folds, penalties, one):
                rows.append(
                    {
                        "penalty": found.penalties[0],
                        "prepared": prepared,
                        "fit": fit,
                        "genes": found.n_genes.mean(),
                        "r2": found.r2.mean(),
                        "r2_sd": found.r2.std(),
                    }
                )
    return pd.DataFrame(rows)


def _tests(
    cells: GeneCells,
    folds: list[NDArray[np.int64]],
    choice: RegressionChoice,
    within: CrossValidation,
    settings: RegressSettings,
) -> list[PermutationTest]:
    if not settings.permutations:
        return []
    outputs, n = cells.parameters.means, settings.permutations
    inside = replace(choice, penalty=float(np.median(within.penalties)), relaxed=False)
    return [
        permutation_test(cells.genes, outputs, folds, choice, n, seed=settings.seed),
        permutation_test(cells.genes, outputs, folds, inside, n, cells.families, settings.seed),
    ]


def _drawn(cells: GeneCells, choice: RegressionChoice, settings: RegressSettings) -> Array:
    """Coefficients of fits to draws of the parameters of all cells."""
    shape = (len(cells.genes.names), len(cells.parameters.names))
    if not cells.parameters.has_draws:
        return np.empty((0, *shape))
    rng = np.random.default_rng(settings.seed)
    drawn = [cells.parameters.draw(rng) for _ in range(settings.draws)]
    return np.array([fit_genes(cells.genes, one, choice).regression.coefficients for one in drawn])
