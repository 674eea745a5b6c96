"""Checksums of files: of any file, and the one that a Parquet file carries in itself.

The mark stands in the gap before the footer, which every reader of Parquet skips.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import BinaryIO

_PARQUET_MARK = b"ionfo-sha256"  # followed by the 32 bytes of the checksum


def file_hash(path: Path) -> str:
    """Give the SHA-256 of a file (hexadecimal)."""
    with open(path, "rb") as file:
        return _digest(file).hexdigest()


def seal_parquet(path: Path) -> None:
    """Put the checksum of a Parquet file into it: data, mark and checksum, footer."""
    with open(path, "r+b") as file:
        start = _footer(file)
        file.seek(start)
        footer = file.read()
        file.seek(0)
        digest = _digest(file, start)
        digest.update(footer)
        file.seek(start)
        file.write(_PARQUET_MARK + digest.digest() + footer)


def check_parquet(path: Path) -> None:
    """Compare a Parquet file with the checksum in it, if there is one."""
    with open(path, "rb") as file:
        start = _footer(file)
        mark = max(start - len(_PARQUET_MARK) - hashlib.sha256().digest_size, 0)
        file.seek(mark)
        seal, footer = file.read(start - mark), file.read()
        if not seal.startswith(_PARQUET_MARK):
            return
        file.seek(0)
        digest = _digest(file, mark)
        digest.update(footer)
    if seal[len(_PARQUET_MARK) :] != digest.digest():
        raise ValueError("it does not match its own checksum: it was changed or damaged")


def _footer(file: BinaryIO) -> int:
    """Find where the footer of a Parquet file begins."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - 8, 0))
    return max(size - 8 - int.from_bytes(file.read(4), "little"), 0)


def _digest(file: BinaryIO, n_bytes: int | None = None) -> hashlib._Hash:
    """Take the SHA-256 of the next bytes of a file, by default of all."""
    digest = hashlib.sha256()
    left = sys.maxsize if n_bytes is None else n_bytes
    while left and (block := file.read(min(1 << 20, left))):
        digest.update(block)
        left -= len(block)
    return digest
