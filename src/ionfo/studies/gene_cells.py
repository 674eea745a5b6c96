"""Cells that have both genes and parameters, matched by their names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..analysis.genes.preparation import GeneTable, gene_table
from ..errors import IonfoError, note
from ..tables.cell_parameters import CellParameters
from ..tables.expression import Expression
from .expression_choice import gene_set, labels_of

LEAST_OVERLAP = 0.5
"""Share of the cells of the smaller table that must be in the other."""


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
    expression: Expression,
    parameters: CellParameters,
    labels: str,
    genes: str = "ion-channels",
    least_count: float = 10.0,
) -> GeneCells:
    """Match cells by name and choose genes.

    Parameters
    ----------
    expression : Expression
        Counts or log values; its cells are named by a column that the parameters have as well, such
        as ``cell_id``, else by its index.
    parameters : CellParameters
        Of cells.
    labels : str
        Column of the expression with the families.
    genes : str
        ``ion-channels``, ``all`` or a file.
    least_count : float
        Genes with a smaller sum over the matched cells are left out, and said.

    Raises
    ------
    IonfoError
        If no cell or fewer than half of the smaller table match, or no gene is left.
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
    families = labels_of(matched, labels)
    if families.isna().any():
        raise IonfoError(
            f"'{expression.origin}': {int(families.isna().sum())} of {len(families)} matched cells "
            f"have no label in column '{labels}'; label them or leave them out"
        )
    return GeneCells(
        tuple(parameters.cells[i] for i in kept),
        _chosen(matched, genes, least_count),
        families.to_numpy().astype(str),
        _rows(parameters, kept),
    )


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


def _chosen(expression: Expression, wanted: str, least_count: float) -> GeneTable:
    names = gene_set(expression, wanted)
    values = expression.values(names)
    kind = "counts" if expression.kind == "counts" else "log"
    enough = values.sum(axis=0) >= least_count if kind == "counts" else np.ptp(values, axis=0) > 0
    if not enough.any():
        raise IonfoError(
            f"'{expression.origin}': none of {len(names)} genes has {least_count:g} counts in "
            f"{expression.n_cells} matched cells; take other genes with --genes"
        )
    if not enough.all():
        rule = f"with fewer than {least_count:g} counts" if kind == "counts" else "that do not vary"
        note(f"left out {int((~enough).sum())} of {len(names)} genes {rule} in the matched cells")
    kept = [name for name, is_kept in zip(names, enough, strict=True) if is_kept]
    return gene_table(values[:, enough], kept, "counts" if kind == "counts" else "log")


def _rows(parameters: CellParameters, kept: list[int]) -> CellParameters:
    return CellParameters(
        tuple(parameters.cells[i] for i in kept),
        parameters.names,
        parameters.means[kept],
        tuple(parameters.draws[i] for i in kept),
        tuple(parameters.weights[i] for i in kept),
        parameters.about.iloc[kept].reset_index(drop=True),
        parameters.origin,
    )
