"""Counts of genes made comparable: size factors, logarithms, z-scores, all of training cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import IonfoError

Array = NDArray[np.float64]
Kind = Literal["counts", "log", "scaled"]


@dataclass(frozen=True)
class GeneTable:
    """Expression of cells, and what its numbers are.

    Attributes
    ----------
    values : ndarray, shape (n_cells, n_genes)
        Counts, logarithms of normalised counts, or z-scores.
    names : tuple of str
        Of the genes.
    kind : str
        ``counts``, ``log`` or ``scaled`` (z-scored already: it is only centred).
    """

    values: Array
    names: tuple[str, ...]
    kind: Kind

    def rows(self, rows: NDArray[np.int64]) -> GeneTable:
        """Choose cells."""
        return GeneTable(self.values[rows], self.names, self.kind)


def gene_table(values: ArrayLike, names: Sequence[str], kind: Kind = "counts") -> GeneTable:
    """Check expression and give it with its names.

    Parameters
    ----------
    values : array_like, shape (n_cells, n_genes)
        Counts or log values.
    names : sequence of str
        Of the genes.
    kind : str
        What the values are.

    Raises
    ------
    IonfoError
        If counts are negative, no whole numbers (they were normalised before) or all zero in a
        cell, or a value is not finite.

    Examples
    --------
    >>> gene_table([[0.5, 2.0]], ["Kcna1", "Kcnc1"])
    Traceback (most recent call last):
    ionfo.errors.IonfoError: counts must be whole numbers, gene 'Kcna1' of row 0 has 0.5; they are \
divided by size factors here, so give counts that were not normalised before, or say that they \
are log values
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != len(names):
        raise IonfoError(
            f"expression must have shape (n_cells, {len(names)}), a column for every gene, got "
            f"{table.shape}"
        )
    _refuse(table, names, ~np.isfinite(table), "expression must be finite", "fill or drop it")
    if kind == "counts":
        _refuse(
            table,
            names,
            table < 0,
            "counts must not be negative",
            "log values need no size factors",
        )
        _refuse(
            table,
            names,
            table != np.rint(table),
            "counts must be whole numbers",
            "they are divided by size factors here, so give counts that were not normalised "
            "before, or say that they are log values",
        )
        empty = np.flatnonzero(table.sum(axis=1) == 0)
        if len(empty):
            raise IonfoError(
                f"every cell must have counts of these genes, row {empty[0]} has none "
                f"({len(empty)} such cells); leave them out or take more genes"
            )
    return GeneTable(table, tuple(names), kind)


@dataclass(frozen=True)
class Preparation:
    """What training cells say of how to prepare others.

    Attributes
    ----------
    kind : str
        Of the values.
    size : float
        Median sum of the counts of a cell; NaN for other values.
    mean, sd : ndarray, shape (n_genes,)
        Of the logarithms of the training cells.
    """

    kind: Kind
    size: float
    mean: Array
    sd: Array

    def apply(self, values: Array) -> Array:
        """Give z-scores of cells by the training cells, shape (n_cells, n_genes)."""
        return (_logarithms(values, self.kind, self.size) - self.mean) / self.sd


def prepare(genes: GeneTable) -> Preparation:
    """Learn size, mean and SD from training cells.

    Parameters
    ----------
    genes : GeneTable
        The training cells.

    Returns
    -------
    Preparation
        For these and other cells.

    Raises
    ------
    IonfoError
        If a gene does not vary.
    """
    size = float(np.median(genes.values.sum(axis=1))) if genes.kind == "counts" else np.nan
    logarithms = _logarithms(genes.values, genes.kind, size)
    constant = np.flatnonzero(np.ptp(logarithms, axis=0) == 0)
    if len(constant):
        raise IonfoError(
            f"gene '{genes.names[constant[0]]}' does not vary over the {len(logarithms)} cells of "
            f"a training fold ({len(constant)} such genes); leave it out, or take genes with a "
            "larger total count"
        )
    sd = np.ones(logarithms.shape[1]) if genes.kind == "scaled" else logarithms.std(axis=0)
    return Preparation(genes.kind, size, logarithms.mean(axis=0), sd)


def _logarithms(values: Array, kind: Kind, size: float) -> Array:
    if kind != "counts":
        return values
    sums = values.sum(axis=1, keepdims=True)
    return np.asarray(np.log2(values / np.where(sums > 0, sums, 1.0) * size + 1.0))


def _refuse(
    table: Array, names: Sequence[str], bad: NDArray[np.bool_], rule: str, next_step: str
) -> None:
    if bad.any():
        row, column = np.argwhere(bad)[0].tolist()
        raise IonfoError(
            f"{rule}, gene '{names[column]}' of row {row} has {table[row, column]:g}; {next_step}"
        )
