"""JSON files of other tools: read as data, with one sentence when they are something else."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from ...errors import IonfoError, why_unread
from ...limits import read_text, unique_keys


def read_json(path: Path) -> Any:
    """Read a JSON file of another tool.

    Raises
    ------
    IonfoError
        If it is missing or no JSON.
    """
    if path.is_dir():
        raise IonfoError(f"'{path}' is a folder, not a JSON file")
    try:
        return json.loads(read_text(path), object_pairs_hook=unique_keys)
    except FileNotFoundError:
        raise IonfoError(f"file '{path}' does not exist") from None
    except (OSError, ValueError, RecursionError) as error:
        raise IonfoError(f"file '{path}' cannot be read as JSON: {why_unread(error)}") from None


def taken(content: Any, key: str, kind: type | tuple[type, ...], origin: str) -> Any:
    """Take a value of a JSON object, and check its kind.

    Raises
    ------
    IonfoError
        If `content` is no object, or the value is missing or of another kind.

    Examples
    --------
    >>> taken({"params": {}}, "params", dict, "final.json")
    {}
    """
    if not isinstance(content, dict):
        raise IonfoError(f"{origin} must be a JSON object, got {type(content).__name__}")
    if key not in content:
        raise IonfoError(f"{origin} has no '{key}'")
    value = content[key]
    if kind is float:
        return number(value, f"{origin}: '{key}'")
    if not isinstance(value, kind):
        raise IonfoError(f"{origin}: '{key}' must be a {_words(kind)}, got {type(value).__name__}")
    return value


def number(value: Any, origin: str) -> float:
    """Take a finite number, also one that is written as text.

    Raises
    ------
    IonfoError
        If it is none.

    Examples
    --------
    >>> number("6.9e-05", "gbar_Ih of soma")
    6.9e-05
    """
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        found = float(value)
        if not math.isfinite(found):
            raise ValueError
    except (ValueError, OverflowError):
        raise IonfoError(f"{origin} must be a finite number, got {str(value)[:40]!r}") from None
    return found


def _words(kind: type | tuple[type, ...]) -> str:
    words: dict[object, str] = {dict: "JSON object", list: "list", str: "text"}
    return words.get(kind, "JSON object or list")
