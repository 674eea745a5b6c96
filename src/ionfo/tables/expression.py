"""Cells x genes: a matrix whose kind is declared, checked, and made comparable between cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from ..errors import IonfoError, nearest, note
from ..limits import check_number

Kind = Literal["counts", "log", "parameters"]
Matrix: TypeAlias = Any
"""An ndarray or a csr_matrix, shape (n_cells, n_genes)."""

TARGET_SUM = 1e6
"""Counts to which every cell is scaled: counts per million."""

LARGEST_LOG = 40.0
"""Above, a value is no logarithm of counts: 2^40 reads of one gene in one cell."""


@dataclass(frozen=True)
class Expression:
    """A table of cells and genes.

    Attributes
    ----------
    matrix : ndarray or csr_matrix, shape (n_cells, n_genes)
        Counts, logarithms of normalised counts, or parameters of models.
    genes : list of str
        Symbols, each once.
    cells : DataFrame
        What else is known of each cell; one row each.
    kind : str
        ``counts``, ``log`` or ``parameters`` (conductances of models, used as they are).
    origin : str
        Where it was read from.
    """

    matrix: Matrix
    genes: list[str]
    cells: pd.DataFrame
    kind: Kind
    origin: str

    @property
    def n_cells(self) -> int:
        """Rows of the matrix."""
        return int(self.matrix.shape[0])

    def rows(self, rows: NDArray[np.int64]) -> Expression:
        """Choose cells."""
        return replace(
            self, matrix=self.matrix[rows], cells=self.cells.iloc[rows].reset_index(drop=True)
        )

    def values(self, genes: Sequence[str]) -> NDArray[np.float64]:
        """Dense values of some genes, shape (n_cells, len(genes))."""
        place = {gene: i for i, gene in enumerate(self.genes)}
        return dense(self.matrix[:, [place[gene] for gene in genes]])

    def numbers(self, column: str) -> NDArray[np.float64]:
        """One annotation as finite numbers.

        Raises
        ------
        IonfoError
            If it is not there, no number, or missing in some cells.
        """
        if column not in self.cells:
            raise IonfoError(
                f"'{self.origin}' has no column '{column}'{nearest(column, map(str, self.cells))}"
            )
        values = self.cells[column]
        if not pd.api.types.is_numeric_dtype(values):
            raise IonfoError(f"'{self.origin}': column '{column}' must hold numbers")
        found = values.to_numpy(np.float64)
        if not np.isfinite(found).all():
            raise IonfoError(
                f"'{self.origin}': column '{column}' is missing in "
                f"{int((~np.isfinite(found)).sum())} of {len(found)} cells; fill it or name another"
            )
        return found


def is_sparse(matrix: Matrix) -> bool:
    """Whether a matrix stores its filled places only."""
    return bool(sparse.issparse(matrix))


def dense(matrix: Matrix) -> NDArray[np.float64]:
    """Make an ordinary float64 array."""
    if is_sparse(matrix):
        return np.asarray(matrix.toarray(), dtype=np.float64)
    return np.asarray(matrix, dtype=np.float64)


def check_expression(expression: Expression) -> Expression:
    """Refuse values that contradict what they were declared to be.

    Raises
    ------
    IonfoError
        Naming the gene, the cell and the value.
    """
    twice = pd.Index(expression.genes).duplicated()
    if twice.any():
        name = expression.genes[int(np.argmax(twice))]
        raise IonfoError(
            f"'{expression.origin}': {int(twice.sum())} gene names come more than once, the first "
            f"is '{name}'; rename them, or add up their counts with --sum-duplicates"
        )
    if not expression.genes or expression.n_cells == 0:
        raise IonfoError(
            f"'{expression.origin}' must hold cells and genes, got {expression.n_cells} cells and "
            f"{len(expression.genes)} genes"
        )
    _refuse(expression, lambda v: ~np.isfinite(v), "values must be finite", "fill or drop it")
    if expression.kind == "counts":
        _refuse(
            expression,
            lambda v: v < 0,
            "counts must not be negative",
            "scaled or log values are declared with --values log",
        )
        _refuse(
            expression,
            lambda v: v != np.rint(v),
            "counts must be whole numbers",
            "log values are declared with --values log; round estimated counts",
        )
    if expression.kind == "log":
        _refuse(
            expression,
            lambda v: v > LARGEST_LOG,
            f"log values must not exceed {LARGEST_LOG:g}",
            "raw counts are declared with --values counts",
        )
    return expression


def log_normalised(
    expression: Expression, target_sum: float = TARGET_SUM, library: str | None = None
) -> Expression:
    """Scale counts to `target_sum` per cell and take log2(x + 1); log values pass unchanged.

    Parameters
    ----------
    expression : Expression
        Of any kind.
    target_sum : float
        Counts per cell after scaling, above 0.
    library : str, optional
        Annotation with the library size of each cell, for tables that hold some of the genes
        only; default the sum over the genes of the table.

    Raises
    ------
    IonfoError
        If a library size is not positive, or scanpy is missing.
    """
    check_number("--target-sum", target_sum, 0, 1e12, is_above=True)
    if expression.kind != "counts":
        if library is not None:
            raise IonfoError(
                f"--library is for counts, and '{expression.origin}' holds {expression.kind} values"
            )
        return expression
    if library is None:
        sizes = np.asarray(expression.matrix.sum(axis=1), dtype=np.float64).ravel()
        told = "counts of all genes"
    else:
        sizes, told = expression.numbers(library), f"column '{library}'"
    if (sizes <= 0).any():
        row = int(np.argmax(sizes <= 0))
        raise IonfoError(
            f"'{expression.origin}': the library size ({told}) of every cell must be positive, "
            f"cell {expression.cells.index[row]} has {sizes[row]:g} ({int((sizes <= 0).sum())} "
            "such cells); drop empty cells first"
        )
    stored = np.asarray(expression.matrix.sum(axis=1), dtype=np.float64).ravel()
    if (sizes < stored).any():
        row = int(np.argmax(stored / sizes))
        raise IonfoError(
            f"'{expression.origin}': a library holds at least the counts of the table, but cell "
            f"{expression.cells.index[row]} has {stored[row]:g} counts and {sizes[row]:g} in "
            f"{told} ({int((sizes < stored).sum())} such cells); leave them out, or drop --library"
        )
    scanpy = require_scanpy("counts are normalised")
    table = anndata_of(expression.matrix.astype(np.float64), expression.genes)
    if library is None:
        scanpy.pp.normalize_total(table, target_sum=target_sum)
    else:
        scale = (target_sum / sizes)[:, None]
        table.X = table.X.multiply(scale).tocsr() if is_sparse(table.X) else table.X * scale
    scanpy.pp.log1p(table, base=2)
    return replace(expression, matrix=table.X, kind="log")


def varying_genes(expression: Expression) -> Expression:
    """Leave out genes that no cell expresses, and say how many."""
    filled = np.asarray(abs(expression.matrix).sum(axis=0)).ravel() > 0
    if filled.all():
        return expression
    if not filled.any():
        raise IonfoError(f"'{expression.origin}' is zero in every cell and gene")
    kept = np.flatnonzero(filled)
    empty = [expression.genes[i] for i in np.flatnonzero(~filled)]
    some = ", ".join(empty[:5]) + (", ..." if len(empty) > 5 else "")
    note(f"left out {len(empty)} genes that are zero in every cell: {some}")
    return replace(
        expression,
        matrix=expression.matrix[:, kept],
        genes=[expression.genes[i] for i in kept],
    )


def anndata_of(matrix: Matrix, genes: Sequence[str]) -> Any:
    """Wrap a matrix for scanpy."""
    anndata = _module("anndata", "tables are handed to scanpy")
    frame = pd.DataFrame(index=[str(i) for i in range(matrix.shape[0])])
    return anndata.AnnData(matrix, obs=frame, var=pd.DataFrame(index=list(genes)))


def require_scanpy(why: str) -> Any:
    """Import scanpy, or say how to install it.

    Raises
    ------
    IonfoError
        If it is not installed.
    """
    return _module("scanpy", why)


def _module(name: str, why: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        raise IonfoError(
            f"{why} with the package {name}, which is not installed; install it with: "
            "pip install 'ionfo[genes]'"
        ) from None


def _refuse(expression: Expression, is_bad: Any, rule: str, next_step: str) -> None:
    matrix = expression.matrix
    stored = matrix.data if is_sparse(matrix) else matrix
    bad = is_bad(np.asarray(stored))
    if not bad.any():
        return
    if is_sparse(matrix):
        rows, columns = matrix.nonzero()
        place = int(np.argmax(is_bad(np.asarray(matrix[rows, columns]).ravel())))
        row, column = int(rows[place]), int(columns[place])
    else:
        row, column = (int(i) for i in np.argwhere(bad)[0])
    raise IonfoError(
        f"'{expression.origin}': {rule}, gene '{expression.genes[column]}' of cell "
        f"{expression.cells.index[row]} has {matrix[row, column]:g} ({int(bad.sum())} such values);"
        f" {next_step}"
    )
