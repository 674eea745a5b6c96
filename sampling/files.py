"""Files that are whole or absent, and that prove themselves: written beside, then renamed.

A Parquet file carries a checksum of every page and one of all that it says; a sealed JSON file
carries one of its content.  What does not match is refused.  Files that others wrote carry none.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import IonfoError, why_unread

_METADATA_KEY = b"ionfo"
_DIGEST_KEY = b"ionfo_sha256"
_SEAL, _SEALED = "sha256", "sealed"


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


def write_sealed(
    path: Path, content: Mapping[str, Any], indent: int | None = None, is_safe: bool = True
) -> None:
    """Replace a JSON file atomically, with a checksum of its content in it."""
    sealed = {**content, _SEALED: True, _SEAL: _seal(content)}
    write_text(path, json.dumps(sealed, indent=indent) + "\n", is_safe)


def read_sealed(path: Path) -> Any:
    """Read a JSON file, and check what it says against its checksum if it has one.

    Returns
    -------
    object
        The content; of an object, without the checksum.

    Raises
    ------
    OSError, ValueError, RecursionError
        If it cannot be read, is no JSON, or does not match its checksum.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or not {_SEALED, _SEAL} & content.keys():
        return content  # written before there were checksums
    seal = content.pop(_SEAL, None)
    if not content.pop(_SEALED, False) or seal != _seal(content):
        raise ValueError("it does not match its own checksum: it was changed or damaged")
    return content


def _seal(content: Mapping[str, Any]) -> str:
    # as it will be read: tuples are lists then
    text = json.dumps(json.loads(json.dumps(content)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


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


def write_table(path: Path, frame: pd.DataFrame, metadata: Mapping[str, Any] | None = None) -> str:
    """Write a table atomically, as Parquet or CSV by its suffix.

    Parameters
    ----------
    path : Path
        Ends in .parquet or .csv.
    frame : DataFrame
        The rows; the index is not written.
    metadata : mapping, optional
        JSON-able; stored in the schema of a Parquet file, beside a CSV file as FILE.json.

    Returns
    -------
    str
        SHA-256 of the file.

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
            text = "{}" if metadata is None else json.dumps(metadata, sort_keys=True)
            about = {_METADATA_KEY: text.encode(), _DIGEST_KEY: _digest(frame, text).encode()}
            table = table.replace_schema_metadata({**(table.schema.metadata or {}), **about})
            pq.write_table(table, beside, compression="zstd", write_page_checksum=True)
        else:
            raise IonfoError(f"'{path}' must end in .parquet or .csv")
        written = _sha256(beside)
        beside.replace(path)
    except OSError as error:
        raise IonfoError(f"'{path}' cannot be written: {error.strerror or error}") from None
    finally:
        beside.unlink(missing_ok=True)
    return written


def read_table(path: Path, sha256: str | None = None) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read a Parquet or CSV table and its metadata.

    Parameters
    ----------
    path : Path
        Ends in .parquet or .csv.
    sha256 : str, optional
        What the file must have.

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
            return _read_parquet(path, sha256)
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


def read_metadata(path: Path) -> dict[str, Any]:
    """Read the metadata of a Parquet table that `write_table` wrote, and none of its rows.

    Raises
    ------
    IonfoError
        If the file is missing, cut short or of another kind.
    """
    try:
        about = pq.read_schema(path).metadata or {}
        return _metadata(about.get(_METADATA_KEY, b"{}").decode(), str(path))
    except (OSError, ValueError, pa.ArrowException) as error:
        raise IonfoError(f"file '{path}' cannot be read: {why_unread(error)}") from None


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _read_parquet(path: Path, sha256: str | None) -> tuple[pd.DataFrame, dict[str, Any]]:
    if path.stat().st_size == 0:
        raise ValueError("it is empty")
    source: Path | io.BytesIO = path
    if sha256 is not None:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ValueError("it is not what was written: its checksum is another one")
        source = io.BytesIO(content)
    with pq.ParquetFile(source, page_checksum_verification=True) as file:
        table = file.read()
    _refuse_twice(table.column_names)
    about = table.schema.metadata or {}
    text = about.get(_METADATA_KEY, b"{}").decode()
    frame = table.to_pandas()
    if _DIGEST_KEY in about and about[_DIGEST_KEY].decode() != _digest(frame, text):
        raise ValueError("it does not match its own checksum: it was changed or damaged")
    return frame, _metadata(text, str(path))


def _digest(frame: pd.DataFrame, text: str) -> str:
    """Give one checksum of metadata, names and numbers; words have those of their pages."""
    digest = hashlib.sha256(text.encode())
    for name in frame.columns:
        digest.update(f"\n{name}\n".encode())
        values = frame[name].to_numpy()
        if not isinstance(frame[name].dtype, np.dtype) or values.dtype.kind not in "fiub":
            continue
        if values.dtype.kind == "f":  # one NaN is like another
            values = np.where(np.isnan(values), np.nan, values).astype(values.dtype)
        digest.update(values.dtype.str.encode())
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


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
