"""Which cells and which genes: groups by a label, gene sets, and what the groups express."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..analysis.genes.ion_channels import ion_channel_genes
from ..errors import IonfoError, nearest, note, why_unread
from ..limits import read_text
from ..tables.expression import Expression

Groups = dict[str, NDArray[np.int64]]

ION_CHANNELS = "ion-channels"
ALL = "all"


def labels_of(expression: Expression, column: str) -> pd.Series[str]:
    """Labels of the cells as words; missing ones stay missing.

    Raises
    ------
    IonfoError
        If there is no such column, or it holds no label at all.
    """
    if column not in expression.cells:
        known = [str(one) for one in expression.cells]
        more = f"; there are: {', '.join(known)}" if known else ""
        raise IonfoError(
            f"'{expression.origin}' has no column '{column}' with labels"
            f"{nearest(column, known) or more}"
        )
    labels = expression.cells[column]
    if labels.isna().all():
        raise IonfoError(f"'{expression.origin}': column '{column}' holds no label")
    words = labels.astype(object).where(labels.isna(), labels.astype(str))
    return words.reset_index(drop=True)


def groups_of(expression: Expression, column: str, wanted: Sequence[str] = ()) -> Groups:
    """Rows of each group, in the order of `wanted`, else of their names.

    Raises
    ------
    IonfoError
        If a group is not there, or cells without label would be dropped unasked.
    """
    labels = labels_of(expression, column)
    known = sorted(labels.dropna().unique())
    if not wanted:
        n_missing = int(labels.isna().sum())
        if n_missing:
            raise IonfoError(
                f"'{expression.origin}': {n_missing} of {len(labels)} cells have no label in "
                f"column '{column}'; label them, or name the groups that count with --groups "
                f"{','.join(known[:3])}"
            )
        wanted = known
    for name in wanted:
        if name not in known:
            raise IonfoError(
                f"'{expression.origin}': column '{column}' has no group '{name}'"
                f"{nearest(name, known) or '; there are: ' + ', '.join(known)}"
            )
    values = labels.to_numpy()
    return {name: np.flatnonzero(values == name) for name in dict.fromkeys(wanted)}


def gene_set(expression: Expression, wanted: str) -> list[str]:
    """Genes of a set that the table holds, in the table's order.

    Parameters
    ----------
    expression : Expression
        The table.
    wanted : str
        ``ion-channels``, ``all``, or a file with one symbol per line.

    Raises
    ------
    IonfoError
        If none of them is there, or the file cannot be read.
    """
    if wanted == ALL:
        return list(expression.genes)
    if wanted == ION_CHANNELS:
        found = list(ion_channel_genes(expression.genes))
        if not found:
            raise IonfoError(
                f"'{expression.origin}' has no ion-channel gene among its {len(expression.genes)} "
                "genes; symbols such as Kcna1 (mouse) or KCNA1 (human) are needed, or a gene set "
                "of your own with --genes FILE"
            )
        return found
    asked = _read_gene_file(Path(wanted))
    found = [gene for gene in expression.genes if gene in asked]
    if not found:
        raise IonfoError(
            f"none of the {len(asked)} genes of '{wanted}' is in '{expression.origin}'"
        )
    if len(found) < len(asked):
        note(f"{len(asked) - len(found)} of the {len(asked)} genes of '{wanted}' are not there")
    return found


def expressed_genes(
    expression: Expression, genes: Sequence[str], groups: Groups, in_every: bool
) -> list[str]:
    """Genes whose median over the cells of the groups is not zero.

    Parameters
    ----------
    expression : Expression
        Counts or log values.
    genes : sequence of str
        To choose from.
    groups : mapping of str to ndarray of int
        Rows of each group.
    in_every : bool
        In every group, so that the groups can be compared; else in any of them.

    Raises
    ------
    IonfoError
        If no gene is left.
    """
    values = expression.values(genes)
    medians = np.array([np.median(values[rows], axis=0) for rows in groups.values()])
    kept = (medians != 0).all(axis=0) if in_every else (medians != 0).any(axis=0)
    if not kept.any():
        where = "every" if in_every else "any"
        raise IonfoError(
            f"'{expression.origin}': none of {len(genes)} genes has a median other than zero in "
            f"{where} group ({', '.join(groups)}); choose groups that express them, or --no-median"
        )
    return [gene for gene, is_kept in zip(genes, kept, strict=True) if is_kept]


def usable_groups(
    expression: Expression, groups: Mapping[str, NDArray[np.int64]], n_columns: int, named: bool
) -> Groups:
    """Leave out groups with no more cells than variables, or refuse them where they were named.

    Raises
    ------
    IonfoError
        If a named group is too small, or none is left.
    """
    small = {name: len(rows) for name, rows in groups.items() if len(rows) <= n_columns}
    if small and (named or len(small) == len(groups)):
        name, n = next(iter(small.items()))
        raise IonfoError(
            f"'{expression.origin}': group '{name}' has {n} cells for {n_columns} variables, and "
            "more cells than variables are needed; take fewer genes with --genes FILE or a larger "
            "group"
        )
    if small:
        told = ", ".join(f"{name} ({n})" for name, n in small.items())
        note(f"left out groups with no more cells than the {n_columns} variables: {told}")
    return {name: rows for name, rows in groups.items() if name not in small}


def _read_gene_file(file: Path) -> set[str]:
    if not file.exists():
        raise IonfoError(
            f"--genes must be {ION_CHANNELS}, {ALL} or a file with one gene per line; file "
            f"'{file}' does not exist"
        )
    try:
        lines = read_text(file).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise IonfoError(f"file '{file}' cannot be read as text: {why_unread(error)}") from None
    words = (line.split("#")[0].strip() for line in lines)
    return {word for word in words if word}
