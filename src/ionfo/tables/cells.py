"""Cells that are no numbers in columns that otherwise are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import IonfoError
from ..limits import shortened
from .text import PLAIN_CSV, CsvFormat, is_comma_number, line_of


@dataclass(frozen=True)
class BadCell:
    """The first cell that keeps a column from being one of numbers.

    Attributes
    ----------
    row : int
        Of the table, from 1.
    text : str
        What it holds.
    n_bad, n_cells : int
        How many such cells, among those that are not empty; none where all are numbers written as
        text.
    """

    row: int
    text: str
    n_bad: int
    n_cells: int


def bad_cell(column: pd.Series[Any], decimal: str = ".") -> BadCell | None:
    """Find what keeps a column from being one of numbers, if most of its cells are.

    Parameters
    ----------
    column : Series
        Of any kind.
    decimal : str
        With ``,`` numbers with decimal commas are numbers as well.

    Returns
    -------
    BadCell or None
        None of columns of numbers, and of those that are words for the most part.

    Examples
    --------
    >>> bad_cell(pd.Series(["0.5", "-", "0.25"]))
    BadCell(row=2, text='-', n_bad=1, n_cells=3)
    >>> bad_cell(pd.Series(["soma", "axon", "3"]))
    """
    if not (
        pd.api.types.is_object_dtype(column)
        or pd.api.types.is_string_dtype(column)
        or isinstance(column.dtype, pd.CategoricalDtype)
    ):
        return None
    cells = column.astype(object)
    is_there = cells.notna().to_numpy()
    is_number = _numbers(cells, decimal) & is_there
    n_cells, n_bad = int(is_there.sum()), int((is_there & ~is_number).sum())
    if not n_cells or 2 * n_bad >= n_cells:
        return None
    row = int(np.flatnonzero(is_there & ~is_number if n_bad else is_number)[0])
    return BadCell(row + 1, str(cells.iloc[row]), n_bad, n_cells)


def refuse_bad_cells(frame: pd.DataFrame, file: Path, how: CsvFormat = PLAIN_CSV) -> None:
    """Refuse a table in which a column of numbers has cells that are none.

    Parameters
    ----------
    frame : DataFrame
        The columns to look at.
    file : Path
        Where they came from.
    how : CsvFormat
        How it was read.

    Raises
    ------
    IonfoError
        Naming the column, the first such cell, its row, and what to do.
    """
    refuse_decimal_commas(frame, file, how)
    for name in map(str, frame):
        column = frame[name]
        found = bad_cell(column, how.decimal)
        if found is None:
            continue
        text, where = shortened(found.text), _where(file, found.row, how)
        if not found.n_bad:
            point = "leave --decimal out" if how.decimal == "," else "turn them into numbers"
            raise IonfoError(
                f"'{file}': column '{name}' holds numbers written as text, such as '{text}' in "
                f"{where}; {point}"
            )
        n_missing = len(column) - found.n_cells
        missing = f" ({n_missing} more are missing)" if n_missing else ""
        units = "if that row holds units, remove it; else " if found.row == 1 else ""
        raise IonfoError(
            f"'{file}': column '{name}' holds numbers, but for {found.n_bad} of {found.n_cells} "
            f"cells, the first of them '{text}' in {where}{missing}; {units}correct them, or empty "
            "them and leave their rows out with --drop-missing, or leave the column out with "
            f"--exclude '{name}'"
        )


def refuse_doubled_columns(frame: pd.DataFrame, origin: str) -> None:
    """Refuse a table with two columns of one name, which no option could tell apart.

    Raises
    ------
    IonfoError
        If there are such; `origin` is for words.
    """
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise IonfoError(f"'{origin}' has two columns named '{twice}'; rename one of them")


def columns_of_numbers(
    frame: pd.DataFrame, prefix: str, file: Path, how: CsvFormat = PLAIN_CSV
) -> pd.DataFrame:
    """Choose the columns whose names start with a prefix, and take it off.

    Raises
    ------
    IonfoError
        If one holds no numbers; `file` is for words.
    """
    part = frame[[column for column in map(str, frame) if column.startswith(prefix)]]
    refuse_bad_cells(part, file, how)
    for column in part:
        if not pd.api.types.is_numeric_dtype(part[column]):
            raise IonfoError(f"'{file}': column '{column}' must hold numbers")
    return part.rename(columns=lambda column: column.removeprefix(prefix))


def refuse_decimal_commas(frame: pd.DataFrame, file: Path, how: CsvFormat = PLAIN_CSV) -> None:
    """Refuse a table whose numbers have decimal commas, where they were not read so.

    Raises
    ------
    IonfoError
        Naming the column, the first such cell, and the options that read it.
    """
    for name in map(str, frame) if how.decimal == "." else ():
        at = _decimal_comma(frame[name])
        if at is None:
            continue
        read = ""
        if file.suffix == ".csv":
            read = f", or read it with {CsvFormat(how.separator, ',').options}"
        raise IonfoError(
            f"'{file}': column '{name}' holds numbers with decimal commas, such as "
            f"'{shortened(frame[name].iloc[at])}' in {_where(file, at + 1, how)}; save it with "
            f"decimal points{read}"
        )


def _numbers(cells: pd.Series[Any], decimal: str) -> NDArray[np.bool_]:
    """Which cells are numbers; what is true or false is none."""
    if decimal == ",":
        cells = cells.map(lambda one: one.replace(",", ".") if is_comma_number(one) else one)
    is_bool = cells.map(lambda one: isinstance(one, (bool, np.bool_))).to_numpy(bool)
    return np.asarray(pd.to_numeric(cells, errors="coerce").notna().to_numpy(bool) & ~is_bool)


def _decimal_comma(column: pd.Series[Any]) -> int | None:
    """Index of the first number with a decimal comma, where most of the cells are such."""
    if pd.api.types.is_numeric_dtype(column):
        return None
    is_comma = column.map(is_comma_number).to_numpy(bool)
    if 2 * is_comma.sum() <= column.notna().sum():
        return None
    return int(np.flatnonzero(is_comma)[0])


def _where(file: Path, row: int, how: CsvFormat) -> str:
    if file.suffix == ".csv" and file.is_file():
        return f"row {row} (line {line_of(file, row, how)})"
    return f"row {row}"
