"""Currents from files that lie beside a definition: read once, and held in the definition."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..errors import IonfoError, why_unread
from ..limits import read_text
from .bounded import LONGEST_SWEEP
from .currents import MOST_CORNERS


def with_file_currents(text: str, folder: Path, origin: str) -> str:
    """Replace every current of shape ``file`` in the text of a definition by its corners.

    What is no definition comes back as it is; see `fill_file_currents`.
    """
    if '"file"' not in text:
        return text
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return text  # told better where it is parsed
    return json.dumps(content) if fill_file_currents(content, folder, origin) else text


def fill_file_currents(content: Any, folder: Path, origin: str) -> bool:
    """Replace every current of shape ``file`` in a definition by its corners, in place.

    Parameters
    ----------
    content : object
        As JSON or YAML has it.
    folder : Path
        Where the definition lies; files stay inside it.
    origin : str
        Names the definition in errors.

    Returns
    -------
    bool
        Whether there was one.

    Raises
    ------
    IonfoError
        If a file lies elsewhere, cannot be read, or holds no current.
    """
    found = False
    for current in _currents(content):
        file, scale = current.get("file"), current.get("scale", 1.0)
        if isinstance(file, str) and isinstance(scale, int | float):
            times, values = read_columns(folder, file, f"e-model '{origin}'")
            current["shape"] = "corners"
            current["corners"] = [[t, scale * v] for t, v in zip(times, values, strict=True)]
            del current["file"]
            current.pop("scale", None)
            found = True
    return found


def read_columns(folder: Path, file: str, origin: str) -> tuple[list[float], list[float]]:
    """Read times (ms, rising) and values from a text file of two columns.

    Lines that begin with # are comments; columns are separated by blanks, tabs or a comma.

    Parameters
    ----------
    folder : Path
        Which the file may not leave.
    file : str
        Its path from there.
    origin : str
        Names what asks for it in errors.

    Raises
    ------
    IonfoError
        If it lies elsewhere, cannot be read, or a line is no pair of finite numbers in order.
    """
    path = folder / file
    if not path.resolve().is_relative_to(folder.resolve()):
        raise IonfoError(f"{origin}: file '{file}' must lie in '{folder}'; copy it there")
    try:
        lines = read_text(path).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise IonfoError(f"{origin}: file '{path}' cannot be read: {why_unread(error)}") from None
    times: list[float] = []
    values: list[float] = []
    for number, line in enumerate(lines, 1):
        words = line.replace(",", " ").split()
        if not words or words[0].startswith("#"):
            continue
        try:
            time, value = (float(word) for word in words)
        except ValueError:
            raise IonfoError(
                f"'{path}', line {number}: must be a time (ms) and a value, got '{line[:60]}'"
            ) from None
        if not (math.isfinite(time) and math.isfinite(value)):
            raise IonfoError(f"'{path}', line {number}: numbers must be finite, got '{line[:60]}'")
        times.append(time)
        values.append(value)
        if len(times) > MOST_CORNERS:
            raise IonfoError(f"'{path}' has more than {MOST_CORNERS} lines; thin it")
    if len(times) < 2:
        raise IonfoError(f"'{path}' must hold at least two lines of a time (ms) and a value")
    if times[0] < 0 or times[-1] > LONGEST_SWEEP or any(b < a for a, b in pairwise(times)):
        raise IonfoError(f"'{path}': times must rise from 0 to at most {LONGEST_SWEEP:g} ms")
    return times, values


def _currents(content: Any) -> Iterable[dict[str, Any]]:
    """Give every current of shape ``file``, wherever the text is of the right form."""
    protocols = content.get("protocols") if isinstance(content, dict) else None
    for protocol in protocols if isinstance(protocols, list) else []:
        currents = protocol.get("currents") if isinstance(protocol, dict) else None
        for current in currents if isinstance(currents, list) else []:
            if isinstance(current, dict) and current.get("shape") == "file":
                yield current
