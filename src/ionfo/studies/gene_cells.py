"""Cells that have both genes and parameters, matched by their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..analysis.genes.cross_validation import RegressionChoice
from ..analysis.genes.preparation import GeneTable, Kind, gene_table
from ..errors import IonfoError, note
from ..limits import check_count, check_number, check_seed
from ..tables.cell_parameters import CellParameters
from ..tables.expression import Expression
from .expression_choice import ION_CHANNELS, gene_set, labels_of

LEAST_OVERLAP = 0.5
"""Share of the cells of the smaller table that must be in the other."""


@dataclass(frozen=True)
class GeneSettings:
    """How genes are regressed, whatever is done with that.

    Attributes
    ----------
    labels : str
        Column with the families.
    genes : str
        ``ion-channels``, ``all`` or a file.
    least_count : float
        Of a gene over all cells.
    rank : int
        Components.
    penalty : float or None
        Of the model of all cells; by default the best of the path.
    relaxed : bool
        Fit the selected genes again.
    penalties : int
        Of the path.
    folds : int
        Of the cross-validation.
    seed : int
        Of folds and of all that is drawn.
    """

    labels: str
    genes: str = ION_CHANNELS
    least_count: float = 10.0
    rank: int = 2
    penalty: float | None = None
    relaxed: bool = True
    penalties: int = 14
    folds: int = 10
    seed: int = 0

    @property
    def choice(self) -> RegressionChoice:
        """The regression, at the penalty that was asked for."""
        return RegressionChoice(self.rank, self.penalty or 1.0, self.relaxed)

    def check(self) -> None:
        """Refuse numbers that nobody can mean."""
        check_count("--rank", self.rank, 1, 1000)
        check_number("--penalty", self.penalty, 0, 1e6, is_above=True)
        check_count("--penalties", self.penalties, 2, 1000)
        check_count("--folds", self.folds, 2, 1000)
        check_number("--least-count", self.least_count, 0, 1e12)
        check_seed(self.seed)


@dataclass(frozen=True)
class GeneCells:
    """Cells with genes, parameters and a family.

    Attributes
    ----------
    cells : tuple of str
        Names.
    genes : GeneTable
        Expression of the chosen genes.
    families : ndarray of str, shape (n_cells,)
        Labels.
    parameters : CellParameters
        Of the same cells, in the same order.
    """

    cells: tuple[str, ...]
    genes: GeneTable
    families: NDArray[np.str_]
    parameters: CellParameters


def match_cells(
    expression: Expression, parameters: CellParameters, settings: GeneSettings
) -> GeneCells:
    """Match cells by name and choose genes.

    Parameters
    ----------
    expression : Expression
        Counts or log values; its cells are named by a column that the parameters have as well, such
        as ``cell_id``, else by its index.
    parameters : CellParameters
        Of cells.
    settings : GeneSettings
        Families and genes; those with a smaller sum over the matched cells than the least count are
        left out, and said.

    Raises
    ------
    IonfoError
        If no cell or fewer than half of the smaller table match, no gene is left, a parameter does
        not vary, or every cell is a family of its own.
    """
    names = _names(expression, parameters)
    place = {name: i for i, name in enumerate(names)}
    if len(place) < len(names):
        twice = pd.Index(names)[pd.Index(names).duplicated()][0]
        raise IonfoError(f"'{expression.origin}': cell '{twice}' comes more than once")
    kept = [i for i, name in enumerate(parameters.cells) if name in place]
    least = min(len(names), len(parameters.cells))
    if len(kept) < LEAST_OVERLAP * least or not kept:
        raise IonfoError(
            f"{len(kept)} of {len(parameters.cells)} cells of '{parameters.origin}' (such as "
            f"'{parameters.cells[0]}') are among the {len(names)} cells of '{expression.origin}' "
            f"(such as '{names[0]}'), and half of the smaller table are needed; name the column "
            "of the cells with --cell"
        )
    if len(kept) < len(parameters.cells):
        note(f"{len(parameters.cells) - len(kept)} cells with parameters have no genes")
    rows = np.array([place[parameters.cells[i]] for i in kept])
    matched = expression.rows(rows)
    labels = settings.labels
    families = labels_of(matched, labels)
    if families.isna().any():
        raise IonfoError(
            f"'{expression.origin}': {int(families.isna().sum())} of {len(families)} matched cells "
            f"have no label in column '{labels}'; label them or leave them out"
        )
    if families.is_unique:
        raise IonfoError(
            f"'{expression.origin}': every cell has a label of its own in column '{labels}'; name "
            "a column with families of several cells"
        )
    known = parameters.rows(kept)
    constant = np.flatnonzero(np.ptp(known.means, axis=0) == 0)
    if len(constant):
        raise IonfoError(
            f"'{parameters.origin}': parameter '{known.names[constant[0]]}' does not vary over the "
            f"{len(kept)} matched cells ({len(constant)} such parameters); leave it out"
        )
    genes = _chosen(matched, known.cells, settings)
    return GeneCells(known.cells, genes, families.to_numpy().astype(str), known)


def _names(expression: Expression, parameters: CellParameters) -> list[str]:
    """Name the cells of the expression: the column that holds most of the parameters' names."""
    known = set(parameters.cells)
    columns = [
        expression.cells[one]
        for one in expression.cells
        if not pd.api.types.is_float_dtype(expression.cells[one])
    ]
    choices = [[str(one) for one in column] for column in (*columns, expression.cells.index)]
    return max(choices, key=lambda names: len(known & set(names)))


def _chosen(expression: Expression, cells: Sequence[str], settings: GeneSettings) -> GeneTable:
    names, least_count = gene_set(expression, settings.genes), settings.least_count
    values = expression.values(names)
    kind: Kind = "counts" if expression.kind == "counts" else "log"
    enough = values.sum(axis=0) >= least_count if kind == "counts" else np.ptp(values, axis=0) > 0
    if not enough.any():
        rule = f"has {least_count:g} counts" if kind == "counts" else "varies"
        raise IonfoError(
            f"'{expression.origin}': none of {len(names)} genes {rule} in {expression.n_cells} "
            "matched cells; take other genes with --genes"
        )
    if not enough.all():
        rule = f"with fewer than {least_count:g} counts" if kind == "counts" else "that do not vary"
        note(f"left out {int((~enough).sum())} of {len(names)} genes {rule} in the matched cells")
    kept = [name for name, is_kept in zip(names, enough, strict=True) if is_kept]
    values = values[:, enough]
    empty = np.flatnonzero(values.sum(axis=1) == 0)
    if kind == "counts" and len(empty):
        raise IonfoError(
            f"'{expression.origin}': cell '{cells[empty[0]]}' has no counts of the {len(kept)} "
            f"genes ({len(empty)} such cells); leave them out or take more genes"
        )
    return gene_table(values, kept, kind)
