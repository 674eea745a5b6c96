"""Archives of arrays (.npz), read so that a damaged one gets a sentence."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from tokenize import TokenError
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import IonfoError, why_unread
from ..limits import check_readable
from .files import replacing

# what numpy and zipfile raise for an archive that is none, cut short, changed or encrypted
_DAMAGED = (
    ValueError, TypeError, AttributeError, KeyError, EOFError, RuntimeError, MemoryError,
    TokenError, struct.error, BadZipFile, zlib.error,
)  # fmt: skip


def read_arrays(path: Path, what: str) -> dict[str, NDArray[Any]]:
    """Read all arrays of an archive; nothing in it is run.

    Parameters
    ----------
    path : Path
        Of an archive as `numpy.savez` writes it.
    what : str
        What it should hold, for errors.

    Returns
    -------
    dict
        Name -> array.

    Raises
    ------
    IonfoError
        If it is no such archive, is damaged, or holds Python objects.
    """
    try:
        check_readable(path)
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored}
    except OSError as error:
        raise IonfoError(f"{what} '{path}' cannot be read: {why_unread(error)}") from None
    except _DAMAGED as error:
        why = "it holds Python objects, not numbers" if "Object arrays" in str(error) else (
            "it is no archive of numpy (.npz), or damaged"
        )  # fmt: skip
        raise IonfoError(f"{what} '{path}' cannot be read: {why}") from None
    for name, one in arrays.items():
        if not isinstance(one, np.ndarray):
            raise IonfoError(f"{what} '{path}' cannot be read: '{name}' in it is no array")
    return arrays


def check_archive_path(path: Path, what: str) -> None:
    """Check that an archive can be written here, before the work that makes it.

    Raises
    ------
    IonfoError
        If it does not end in .npz, its folder does not exist, or it is a folder.
    """
    if path.suffix != ".npz" or path.is_dir() or not path.absolute().parent.is_dir():
        raise IonfoError(f"the {what} '{path}' must end in .npz, in a folder that exists")


def write_arrays(path: Path, arrays: Mapping[str, ArrayLike]) -> None:
    """Write an archive of arrays beside its place, and rename it; same arrays, same bytes.

    Raises
    ------
    IonfoError
        If it cannot be written.
    """
    # as numpy.savez does, which cannot write an array whose name is one of its arguments
    with replacing(path) as beside, ZipFile(beside, "w") as archive:
        for name, one in arrays.items():
            entry = ZipInfo(f"{name}.npy")  # of a fixed date
            entry.compress_type = ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asanyarray(one), allow_pickle=False)
