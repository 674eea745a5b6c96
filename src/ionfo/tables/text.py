"""Tables as text: separators and decimals, a row of units, and what is no CSV at all."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NoReturn

import pandas as pd

from ..errors import IonfoError, note
from ..limits import PREFIXES, check_names, shortened

_MOST_COLUMNS = 200_000  # more than any genome has genes
_NAMED = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_N_GUESSED = 20  # rows by which separators are told apart

_COMMA_NUMBER = re.compile(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?")

_SYMBOL = (
    r"(?:[pnuµμmcdkMG]?(?:V|volts?|A|amps?|S|F|Hz|sec|s|m|mol|M|ohms?|[ΩΩ]|J|K|C|Pa|l|g)"
    r"|%|deg ?C|°C|min|h|a\.?u\.?|dB|spikes?|counts?|unitless|dimensionless)"
)
_POWER = r"(?:\^?\(?-?[123]\)?|[²³]|⁻¹|\*\*-?[123])?"
_UNIT = re.compile(
    rf"[\[(]?\s*(?:1\s*/\s*)?{_SYMBOL}{_POWER}(?:\s*[/*·⋅. ]\s*{_SYMBOL}{_POWER})*\s*[\])]?",
    re.IGNORECASE,
)
_NO_UNIT = ("", "-", "–", "1", "[-]", "(-)", "[]", "[1]")

_OTHERS = {
    ".gz": "is compressed; unpack it first (gunzip -k '{name}')",
    ".zip": "is compressed; unpack it first (unzip '{name}')",
    ".xlsx": "is a spreadsheet; save its sheet as CSV in UTF-8 and give that file",
    ".tsv": "is named as no CSV; rename it to .csv and read it with --separator tab",
    ".txt": "is named as no CSV; rename it to .csv and name its separator with --separator",
}
_OTHERS |= dict.fromkeys((".bz2", ".xz", ".zst"), "is compressed; unpack it first")
_OTHERS |= dict.fromkeys((".xls", ".xlsm", ".ods", ".numbers"), _OTHERS[".xlsx"])
_OTHERS |= dict.fromkeys((".tab", ".dat"), _OTHERS[".txt"])


@dataclass(frozen=True)
class CsvFormat:
    """How the numbers of a text file are written.

    Attributes
    ----------
    separator : str
        Of columns; a single character.
    decimal : str
        Point or comma.
    """

    separator: str = ","
    decimal: str = "."

    @property
    def options(self) -> str:
        """The options by which a file is read so."""
        separator = "tab" if self.separator == "\t" else f"'{self.separator}'"
        return f"--separator {separator}" + (" --decimal ," if self.decimal == "," else "")


PLAIN_CSV = CsvFormat()


def csv_format(separator: str | None = None, decimal: str | None = None) -> CsvFormat:
    """Check a separator and a decimal sign.

    Parameters
    ----------
    separator : str, optional
        A character, or ``tab``; by default a comma, and a semicolon where decimals are commas.
    decimal : str, optional
        ``.`` or ``,``.

    Raises
    ------
    IonfoError
        If they are something else.

    Examples
    --------
    >>> csv_format(decimal=",")
    CsvFormat(separator=';', decimal=',')
    """
    decimal = decimal or "."
    if decimal not in (".", ","):
        raise IonfoError(f"--decimal must be . or , got '{shortened(decimal)}'")
    separator = separator or (";" if decimal == "," else ",")
    separator = {"tab": "\t", "\\t": "\t"}.get(separator, separator)
    if len(separator) != 1 or separator.isalnum() or separator in "\"'.\n\r-+_":
        raise IonfoError(
            f"--separator must be one character such as ; or the word tab, got "
            f"'{shortened(separator)}'"
        )
    return CsvFormat(separator, decimal)


def read_csv(path: Path, how: CsvFormat = PLAIN_CSV, is_told: bool = True) -> pd.DataFrame:
    """Read a CSV file; a row of units under the header is left out, with a note if `is_told`.

    Raises
    ------
    ValueError
        If it is written in another format, whose options are named, or its rows do not fit its
        header.
    """
    if (other := _guessed(path, how)) is not None:
        decimals = " and its decimals are commas" if other.decimal == "," else ""
        raise ValueError(
            f"its columns are separated by {_NAMED[other.separator]}{decimals}; read it with "
            f"{other.options} (of analyse, report, groups and genes)"
            + ("" if other.separator == "," else ", or save it with commas and decimal points")
        )
    units = _check_rows(path, how)
    if units is not None and is_told:
        listed = ", ".join(list(dict.fromkeys(one for one in units[1] if one))[:4])
        note(f"left out the row of units under the header of '{path}' ({listed})")
    return pd.read_csv(
        path,
        sep=how.separator,
        decimal=how.decimal,
        index_col=False,
        float_precision="round_trip",
        skiprows=None if units is None else [units[0]],
    )


def line_of(path: Path, row: int, how: CsvFormat = PLAIN_CSV) -> int:
    """Give the line of a file in which a row of its table ends; both count from 1."""
    units = _check_rows(path, how)
    with open(path, newline="", encoding="utf-8-sig") as handle:
        rows = csv.reader(handle, delimiter=how.separator)
        full = [(at, rows.line_num) for at, one in enumerate(rows) if one][1:]
    return [line for at, line in full if units is None or at != units[0]][row - 1]


def refuse_other_files(path: Path) -> NoReturn:
    """Refuse a file by its name, and say what to do with it.

    Raises
    ------
    IonfoError
        Always.
    """
    if path.suffix.lower() in _OTHERS:
        what = _OTHERS[path.suffix.lower()].format(name=path)
        raise IonfoError(f"file '{path}' {what}; tables are .parquet or .csv")
    raise IonfoError(f"file '{path}' must be .parquet or .csv")


def is_comma_number(text: object) -> bool:
    """Whether a cell is a number with a decimal comma."""
    return isinstance(text, str) and _COMMA_NUMBER.fullmatch(text.strip()) is not None


def check_header(names: Sequence[str]) -> None:
    """Refuse too many, too long and repeated names of columns.

    Raises
    ------
    ValueError
        Naming the column.
    """
    if len(names) > _MOST_COLUMNS:
        raise ValueError(f"it has {len(names)} columns, and {_MOST_COLUMNS} are the most")
    bare = [name.removeprefix(next(filter(name.startswith, PREFIXES), "")) for name in names]
    # one name with semicolons is a header that commas do not separate: others say so
    if len(bare) > 1 or not set("".join(bare)) & set(";|\t"):
        check_names(bare)
    seen: set[str] = set()
    for name in names:
        if name in seen:
            n = list(names).count(name)
            raise ValueError(
                f"column '{name}' stands {n} times in it; rename or remove all but one"
            )
        seen.add(name)


def _check_rows(path: Path, how: CsvFormat) -> tuple[int, list[str]] | None:
    """Refuse what pandas would mend silently: repeated names, rows longer or shorter than them.

    Returns
    -------
    tuple or None
        Number of the row of units among all rows, blank ones too, and the units; None without.
    """
    first: list[tuple[int, list[str]]] = []
    with open(path, newline="", encoding="utf-8-sig") as handle:
        rows = csv.reader(handle, delimiter=how.separator)
        header = next(rows, [])
        check_header(header)
        for at, row in enumerate(rows, 1):
            if row and len(row) != len(header):
                raise ValueError(
                    f"line {rows.line_num} has {len(row)} values and the header {len(header)}"
                )
            if row and len(first) < 2:
                first.append((at, row))
    if len(first) == 2 and _are_units(first[0][1], first[1][1], how.decimal):
        return first[0]
    return None


def _are_units(row: Sequence[str], following: Sequence[str], decimal: str) -> bool:
    """Whether a row holds units, where the one that follows holds numbers."""
    above = [
        cell.strip()
        for cell, below in zip(row, following, strict=True)
        if _is_number(below, decimal)
    ]
    if not above or any(_is_number(cell, decimal) and cell != "1" for cell in above):
        return False
    told = [cell for cell in above if cell not in _NO_UNIT]
    n_units = sum(_UNIT.fullmatch(cell) is not None for cell in told)
    return bool(told) and 2 * n_units > len(told) and 2 * n_units >= len(above)


def _is_number(text: str, decimal: str) -> bool:
    try:
        float(text if decimal == "." else text.replace(",", "."))
    except ValueError:
        return False
    return True


def _guessed(path: Path, how: CsvFormat) -> CsvFormat | None:
    """Find the format in which the rows of a file fit its header, where `how` is not it."""
    if _fitting(path, how.separator):
        return None
    fitting = {one: rows for one in _NAMED if (rows := _fitting(path, one))}
    if not fitting:
        return None
    separator = max(fitting, key=lambda one: len(fitting[one][0]))
    cells = [cell for row in fitting[separator][1:] for cell in row]
    return CsvFormat(separator, "," if any(map(is_comma_number, cells)) else ".")


def _fitting(path: Path, separator: str) -> list[list[str]]:
    """First rows of a file where a separator makes all of them as long as the header."""
    with open(path, newline="", encoding="utf-8-sig") as handle:
        rows = list(islice(_full_rows(csv.reader(handle, delimiter=separator)), _N_GUESSED + 1))
    fits = len(rows) > 1 and len(rows[0]) > 1 and len({len(row) for row in rows}) == 1
    return rows if fits else []


def _full_rows(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    return (row for row in rows if row)
