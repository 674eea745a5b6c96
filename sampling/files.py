"""Files that are whole or absent: written beside, then renamed."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import IonfoError, why_unread

_METADATA_KEY = b"ionfo"


def write_text(path: Path, text: str, is_safe: bool = True) -> None:
    """Replace a text file atomically.

    `is_safe` also guards against a power failure, which costs milliseconds.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(beside, "w", encoding="utf-8") as handle:
            handle.write(text)
            if is_safe:
                handle.flush()
                os.fsync(handle.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def make_folder(path: Path, option: str = "--out") -> None:
    """Make a folder for results, unless it is there; `option` names it in errors.

    Raises
    ------
    IonfoError
        If a file has its name, or it cannot be made.
    """
    if path.exists() and not path.is_dir():
        raise IonfoError(f"'{path}' is a file; choose another folder with {option}")
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IonfoError(f"folder '{path}' cannot be made: {error.strerror}") from None


def check_table_path(path: Path) -> None:
    """Check that a table can be written here, before the work that fills it.

    Raises
    ------
    IonfoError
        If the suffix is not .parquet or .csv, its folder does not exist, or it is a folder.
    """
    if path.suffix not in (".parquet", ".csv"):
        raise IonfoError(f"output '{path}' must end in .parquet or .csv")
    if path.is_dir():
        raise IonfoError(f"output '{path}' is a folder; choose another name with --out")
    if not path.absolute().parent.is_dir():
        raise IonfoError(f"output folder '{path.absolute().parent}' does not exist")


def write_table(path: Path, frame: pd.DataFrame, metadata: Mapping[str, Any] | None = None) -> None:
    """Write a table atomically, as Parquet or CSV by its suffix.

    Parameters
    ----------
    path : Path
        Ends in .parquet or .csv.
    frame : DataFrame
        The rows; the index is not written.
    metadata : mapping, optional
        JSON-able; stored in the schema of a Parquet file, beside a CSV file as FILE.json.

    Raises
    ------
    IonfoError
        If the suffix is another one or the file cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.suffix == ".csv":
            frame.to_csv(beside, index=False)
            if metadata is not None:
                write_text(_sidecar(path), json.dumps(metadata, sort_keys=True) + "\n")
        elif path.suffix == ".parquet":
            table = pa.Table.from_pandas(frame, preserve_index=False)
            if metadata is not None:
                text = json.dumps(metadata, sort_keys=True)
                table = table.replace_schema_metadata(
                    {**(table.schema.metadata or {}), _METADATA_KEY: text.encode()}
                )
            pq.write_table(table, beside, compression="zstd")
        else:
            raise IonfoError(f"'{path}' must end in .parquet or .csv")
        beside.replace(path)
    except OSError as error:
        raise IonfoError(f"'{path}' cannot be written: {error.strerror or error}") from None
    finally:
        beside.unlink(missing_ok=True)


def read_table(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read a Parquet or CSV table and its metadata.

    Raises
    ------
    IonfoError
        If the file is missing, damaged or of another kind.
    """
    if path.is_dir():
        if (path / "run.json").is_file():
            raise IonfoError(
                f"'{path}' is a run; collect it: ionfo collect {path} --out population.parquet"
            )
        raise IonfoError(f"'{path}' is a folder, not a table; give a .parquet or .csv file")
    if not path.is_file():
        raise IonfoError(f"file '{path}' does not exist")
    try:
        if path.suffix == ".csv":
            _check_rows(path)
            return pd.read_csv(path, index_col=False, float_precision="round_trip"), _read_sidecar(
                path
            )
        if path.suffix == ".parquet":
            if path.stat().st_size == 0:
                raise ValueError("it is empty")
            with pq.ParquetFile(path) as file:
                table = file.read()
            _refuse_twice(table.column_names)
            text = (table.schema.metadata or {}).get(_METADATA_KEY, b"{}")
            return table.to_pandas(), _metadata(text.decode(), str(path))
    except pd.errors.EmptyDataError:
        raise IonfoError(f"file '{path}' cannot be read: it is empty") from None
    except (OSError, ValueError, csv.Error, pa.ArrowException) as error:
        if "magic bytes" in str(error):
            raise IonfoError(
                f"file '{path}' cannot be read: it is no Parquet file, or cut short"
            ) from None
        raise IonfoError(
            f"file '{path}' cannot be read as {path.suffix[1:]}: {why_unread(error)}"
        ) from None
    raise IonfoError(f"file '{path}' must be .parquet or .csv")


def _check_rows(path: Path) -> None:
    """Refuse what pandas would mend silently: repeated names, rows longer or shorter than them."""
    with open(path, newline="", encoding="utf-8-sig") as handle:
        rows = csv.reader(handle)
        header = next(rows, [])
        _refuse_twice(header)
        for row in rows:
            if row and len(row) != len(header):
                raise ValueError(
                    f"line {rows.line_num} has {len(row)} values and the header {len(header)}"
                )


def _refuse_twice(names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            n = list(names).count(name)
            raise ValueError(
                f"column '{name}' stands {n} times in it; rename or remove all but one"
            )
        seen.add(name)


def _read_sidecar(path: Path) -> dict[str, Any]:
    beside = _sidecar(path)
    if not beside.is_file():
        return {}
    try:
        return _metadata(beside.read_text(encoding="utf-8"), str(beside))
    except (OSError, UnicodeDecodeError) as error:
        raise IonfoError(f"'{beside}' cannot be read: {why_unread(error)}") from None


def _metadata(text: str, origin: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise IonfoError(f"the metadata in '{origin}' are no JSON object; restore or remove them")
    return content


def _sidecar(path: Path) -> Path:
    """Where the metadata of a CSV table is."""
    return path.with_name(f"{path.name}.json")
