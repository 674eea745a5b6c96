"""Read cells x genes: .h5ad, Parquet, CSV or a 10x folder; counts or log values as declared."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ..errors import IonfoError, nearest, note
from ..limits import shortened
from .cells import bad_cell, refuse_decimal_commas, refuse_doubled_columns
from .expression import Expression, Kind, Matrix, check_expression, is_sparse, require_scanpy
from .files import read_table
from .h5ad import open_h5ad
from .text import PLAIN_CSV, CsvFormat

PREFIXES: dict[str, Kind] = {"count/": "counts", "log/": "log", "parameters/": "parameters"}
"""Prefixes of columns that declare what they hold."""


def read_expression(
    file: Path,
    values: str | None = None,
    *,
    annotations: Sequence[str] = (),
    cells: Path | None = None,
    layer: str | None = None,
    sum_duplicates: bool = False,
    as_declared: bool = False,
    csv: CsvFormat = PLAIN_CSV,
) -> Expression:
    """Read a table of cells and genes.

    Parameters
    ----------
    file : Path
        ``.h5ad``; ``.parquet`` or ``.csv`` with a row per cell; or a folder with
        ``matrix.mtx``, ``features.tsv`` and ``barcodes.tsv`` (10x, plain or gzipped).
    values : str, optional
        ``counts`` or ``log``.  Needed unless the file declares it: columns that start with
        ``count/``, ``log/`` or ``parameters/``, or a 10x folder, which holds counts.
    annotations : sequence of str
        Columns of numbers that are no genes, in tables without such prefixes.
    cells : Path, optional
        Table of further annotations whose first column names the cells.
    layer : str, optional
        Of an ``.h5ad``; default the matrix X.
    sum_duplicates : bool
        Add up the counts of genes with the same name instead of refusing them.
    as_declared : bool
        `values` is for files that declare nothing; others may declare something else.
    csv : CsvFormat
        Separator and decimal sign of a CSV file, and of a table of cells.

    Raises
    ------
    IonfoError
        If the file cannot be read, nothing declares its values, or they contradict it.
    """
    said: Kind | None = "counts" if values == "counts" else "log" if values == "log" else None
    if said != values:
        raise IonfoError(f"--values must be counts or log, got '{values}'")
    if layer is not None and file.suffix != ".h5ad":
        raise IonfoError(f"--layer is for .h5ad files, and '{file}' is none")
    declared: Kind | None
    if file.is_dir():
        found, declared = _read_10x(file), "counts"
    elif file.suffix == ".h5ad":
        found, declared = _read_h5ad(file, layer), None
    else:
        frame = read_table(file, how=csv)[0].rename(columns=str)
        refuse_decimal_commas(frame, file, csv)
        found, declared = _columns(frame, str(file), annotations)
    kind = _declared(str(file), declared, None if as_declared and declared else said)
    return _checked(replace(found, kind=kind), cells, sum_duplicates, csv)


def expression_of(
    frame: pd.DataFrame,
    values: Kind | None = None,
    *,
    annotations: Sequence[str] = (),
    cells: Path | None = None,
    sum_duplicates: bool = False,
    origin: str = "table",
) -> Expression:
    """Take a table with a row per cell or model as expression.

    Parameters
    ----------
    frame : DataFrame
        What a file of `read_expression` would hold.
    values, annotations, cells, sum_duplicates
        As for `read_expression`.
    origin : str
        What messages call it.

    Raises
    ------
    IonfoError
        If nothing declares its values, or they contradict it.

    Examples
    --------
    >>> table = pd.DataFrame({"log/Kcna1": [0.0, 1.0], "type": ["a", "b"]})
    >>> expression_of(table).genes
    ['Kcna1']
    """
    found, declared = _columns(frame, origin, annotations)
    return _checked(replace(found, kind=_declared(origin, declared, values)), cells, sum_duplicates)


def _checked(
    expression: Expression, cells: Path | None, sum_duplicates: bool, csv: CsvFormat = PLAIN_CSV
) -> Expression:
    if cells is not None:
        expression = _with_cells(expression, cells, csv)
    if sum_duplicates:
        expression = _summed(expression)
    return check_expression(expression)


def _declared(file: str, declared: Kind | None, values: Kind | None) -> Kind:
    if declared is None and values is None:
        raise IonfoError(
            f"'{file}' does not say what it holds; declare raw counts with --values counts, or "
            "logarithms of normalised counts with --values log"
        )
    if declared is not None and values is not None and declared != values:
        raise IonfoError(f"'{file}' holds {declared} by its own names, and --values says {values}")
    kind = declared or values
    assert kind is not None
    return kind


def _columns(
    frame: pd.DataFrame, file: str, annotations: Sequence[str]
) -> tuple[Expression, Kind | None]:
    frame = frame.rename(columns=str)
    names = [str(name) for name in frame]
    found = [prefix for prefix in PREFIXES if any(name.startswith(prefix) for name in names)]
    if len(found) > 1:
        raise IonfoError(f"'{file}' has columns with {' and '.join(found)}; keep one of them")
    if found:
        is_gene = [name.startswith(found[0]) for name in names]
    else:
        known = {str(name) for name in annotations}
        is_gene = [
            name not in known and pd.api.types.is_numeric_dtype(frame.iloc[:, i])
            for i, name in enumerate(names)
        ]
    about = frame.loc[:, [not one for one in is_gene]]
    refuse_doubled_columns(about, file)  # those of genes may be added up
    if not found:
        _tell_bad_cells(about, known)
    genes = frame.loc[:, is_gene]
    for i, name in enumerate(genes):
        if not pd.api.types.is_numeric_dtype(genes.iloc[:, i]):
            raise IonfoError(f"'{file}': column '{name}' must hold numbers")
    prefix = found[0] if found else ""
    expression = Expression(
        genes.to_numpy(np.float64),
        [str(name).removeprefix(prefix) for name in genes],
        about,
        "log",
        file,
    )
    return expression, PREFIXES[prefix] if found else None


def _tell_bad_cells(frame: pd.DataFrame, known: set[str]) -> None:
    """Say which columns would be genes but for a cell or two; they may be annotations."""
    for name in map(str, frame):
        found = None if name in known else bad_cell(frame[name])
        if found is not None and found.n_bad:
            note(
                f"column '{name}' is taken as an annotation, since it holds numbers but for "
                f"'{shortened(found.text)}' in row {found.row}"
            )


def _read_h5ad(file: Path, layer: str | None) -> Expression:
    content = open_h5ad(file)
    if layer is not None and layer not in content.layers:
        known = [str(name) for name in content.layers]
        raise IonfoError(
            f"'{file}' has no layer '{layer}'{nearest(layer, known)}; there are: "
            f"{', '.join(known) or 'none'}"
        )
    matrix = content.X if layer is None else content.layers[layer]
    if matrix is None:
        raise IonfoError(f"'{file}' holds no matrix X; name a layer with --layer")
    return _of_anndata(content, matrix, file)


def _read_10x(folder: Path) -> Expression:
    if not any((folder / f"matrix.mtx{end}").is_file() for end in ("", ".gz")):
        raise IonfoError(
            f"folder '{folder}' is no 10x folder: it needs matrix.mtx, features.tsv (or genes.tsv) "
            "and barcodes.tsv, each plain or gzipped"
        )
    scanpy = require_scanpy("10x folders are read")
    try:
        with warnings.catch_warnings():
            # repeated names are refused, or added up, by our own check
            warnings.filterwarnings("ignore", message="Variable names are not unique")
            content = scanpy.read_10x_mtx(folder, var_names="gene_symbols", make_unique=False)
    except Exception as error:  # whatever the text files make pandas and scipy raise
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise IonfoError(f"folder '{folder}' cannot be read as 10x: {told}") from None
    return _of_anndata(content, content.X, folder)


def _of_anndata(content: Any, matrix: Any, file: Path) -> Expression:
    kept: Matrix = matrix.tocsr() if is_sparse(matrix) else np.asarray(matrix)
    cells = content.obs.copy()
    cells.index = cells.index.astype(str)
    for name in cells:
        if isinstance(cells[name].dtype, pd.CategoricalDtype):
            cells[name] = cells[name].astype(object)
    return Expression(kept, [str(name) for name in content.var_names], cells, "log", str(file))


def _with_cells(expression: Expression, file: Path, csv: CsvFormat) -> Expression:
    """Join a table by the names of the cells: an index, or a column of the same name."""
    table, _ = read_table(file, how=csv)
    key = str(table.columns[0])
    names = table[key].astype(str)
    if names.duplicated().any():
        raise IonfoError(
            f"'{file}': cell '{names[names.duplicated()].iloc[0]}' comes twice in its first column "
            f"'{key}'; every cell needs one row"
        )
    ids = expression.cells[key] if key in expression.cells else expression.cells.index
    known = table.set_index(names).reindex([str(one) for one in ids])
    n_missing = len(known) - int(pd.Index([str(one) for one in ids]).isin(names).sum())
    if n_missing == len(known):
        raise IonfoError(
            f"'{file}': none of its cells (column '{key}') is in '{expression.origin}'; its first "
            "column must name the cells"
        )
    if n_missing:
        note(f"{n_missing} of {len(known)} cells are not in '{file}' and have no labels")
    new = [str(column) for column in table if str(column) not in expression.cells]
    joined = expression.cells.assign(**{one: known[one].to_numpy() for one in new if one != key})
    return replace(expression, cells=joined)


def _summed(expression: Expression) -> Expression:
    if expression.kind != "counts":
        raise IonfoError(
            "--sum-duplicates adds up counts; logarithms of the same gene cannot be added"
        )
    names = list(dict.fromkeys(expression.genes))
    if len(names) == len(expression.genes):
        return expression
    place = {name: i for i, name in enumerate(names)}
    columns = [place[gene] for gene in expression.genes]
    ones = np.ones(len(columns))
    merge = sparse.csr_matrix(
        (ones, (np.arange(len(columns)), columns)), (len(columns), len(names))
    )
    note(f"added up the counts of {len(columns) - len(names)} genes with a repeated name")
    return replace(expression, matrix=expression.matrix @ merge, genes=names)
