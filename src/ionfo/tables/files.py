"""Files that are whole or absent, and that prove themselves: written beside, then renamed.

A Parquet file carries a checksum of every page and one of itself, in the gap before its footer that
every reader skips; a sealed JSON file carries one of its content.  What does not match is refused.
Files that others wrote carry none.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import IonfoError, why_unread
from ..limits import check_readable, read_text
from .checksums import check_parquet, file_hash, seal_parquet
from .text import PLAIN_CSV, CsvFormat, check_header, read_csv, refuse_other_files

_METADATA_KEY = b"ionfo"
_SEAL, _SEALED = "sha256", "sealed"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path beside a file to write to, which takes its place once all is written.

    Raises
    ------
    IonfoError
        If it cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield beside
        beside.replace(path)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise IonfoError(f"'{path}' cannot be written: {why}") from None
    finally:
        with suppress(OSError):  # where nothing can be written, nothing is left
            beside.unlink()


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
    content = json.loads(read_text(path, "utf-8"))
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


@contextmanager
def whole_folder(
    out: Path, last: str, stale: Sequence[str] = (), source: Path | None = None
) -> Iterator[Path]:
    """Let results appear in a folder all together: written beside, then exchanged.

    The file that says what the others are of, `last`, is removed before the first of them is
    replaced and comes back after them: whoever finds it finds all files of one analysis.  A
    program that is killed before leaves what was there.

    Parameters
    ----------
    out : Path
        Folder for the results; made if need be.  Other files in it stay.
    last : str
        Name of that file, which the block must write.
    stale : sequence of str
        Patterns of names that an earlier analysis may have left, removed with it.
    source : Path, optional
        What is analysed, which stays whatever its name.

    Yields
    ------
    Path
        Where to write.

    Raises
    ------
    IonfoError
        If the folder cannot be made.
    """
    make_folder(out)
    for left in out.glob(".new-*"):  # of a program that was killed
        if not _is_running(left.name.removeprefix(".new-")):
            shutil.rmtree(left, ignore_errors=True)
    beside = out / f".new-{os.getpid()}"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        yield beside
        had_one = (out / last).is_file()
        (out / last).unlink(missing_ok=True)
        if had_one:  # a folder without it is not ours to tidy
            for file in {file for pattern in stale for file in out.glob(pattern)}:
                if source is None or file.resolve() != source.resolve():
                    file.unlink()
        new = [file for file in sorted(beside.rglob("*")) if file.is_file()]
        for file in sorted(new, key=lambda one: one == beside / last):
            target = out / file.relative_to(beside)
            target.parent.mkdir(parents=True, exist_ok=True)
            file.replace(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _is_running(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


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
    with replacing(path) as beside:
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
            pq.write_table(table, beside, compression="zstd", write_page_checksum=True)
            seal_parquet(beside)
        else:
            raise IonfoError(f"'{path}' must end in .parquet or .csv")
        written = file_hash(beside)
    return written


def read_table(
    path: Path, sha256: str | None = None, how: CsvFormat = PLAIN_CSV, is_told: bool = True
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read a Parquet or CSV table and its metadata.

    Parameters
    ----------
    path : Path
        Ends in .parquet or .csv.
    sha256 : str, optional
        What the file must have.
    how : CsvFormat
        Separator and decimal sign of a CSV file; a row of units under its header is left out.
    is_told : bool
        Whether a note says so.

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
    if not path.exists() and not path.is_symlink():
        raise IonfoError(f"file '{path}' does not exist")
    try:
        check_readable(path)
        if path.suffix == ".csv":
            return read_csv(path, how, is_told), _read_sidecar(path)
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
    refuse_other_files(path)


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


def _read_parquet(path: Path, sha256: str | None) -> tuple[pd.DataFrame, dict[str, Any]]:
    if path.stat().st_size == 0:
        raise ValueError("it is empty")
    source: Path | io.BytesIO = path
    if sha256 is not None:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ValueError("it is not what was written: its checksum is another one")
        source = io.BytesIO(content)
    else:
        check_parquet(path)
    with pq.ParquetFile(source, page_checksum_verification=True) as file:
        check_header(file.schema_arrow.names)
        table = file.read()
    text = (table.schema.metadata or {}).get(_METADATA_KEY, b"{}")
    try:
        frame = table.to_pandas()
    except (KeyError, TypeError, AttributeError, IndexError):
        raise ValueError("what it says of its own columns is damaged") from None
    return frame, _metadata(text.decode(), str(path))


def _read_sidecar(path: Path) -> dict[str, Any]:
    beside = _sidecar(path)
    if not beside.is_file():
        return {}
    try:
        return _metadata(read_text(beside, "utf-8"), str(beside))
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
