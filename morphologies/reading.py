"""Find a morphology file and check that it holds what a cell needs, before NEURON reads it.

NEURON's importer prints to the terminal or builds a cell without a soma when a file is
damaged; these checks turn both into one sentence.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ..errors import IonfoError

BUNDLED = Path(__file__).resolve().parent

_SWC_TYPES = {1: "soma", 2: "axon", 3: "dendrite", 4: "apical"}
_ASC_TYPES = {"cellbody": "soma", "axon": "axon", "dendrite": "dendrite", "apical": "apical"}


def find_morphology(name: str) -> Path:
    """Path of a bundled morphology.

    Parameters
    ----------
    name : str
        File name, without any folder.

    Raises
    ------
    IonfoError
        If no such file is bundled.
    """
    path = BUNDLED / name
    if Path(name).name != name or not path.is_file():
        raise IonfoError(f"no bundled morphology is called '{name}'")
    return path


def check_morphology(path: Path, needs_axon: bool) -> None:
    """Check that a morphology file can be read and has a soma, and an axon where needed.

    Parameters
    ----------
    path : Path
        .asc (Neurolucida) or .swc file.
    needs_axon : bool
        Whether the cell's axon replacement reads diameters from the file's axon.

    Raises
    ------
    IonfoError
        If the file is missing, unreadable, of another kind, or lacks a soma or axon.
    """
    if path.suffix.lower() not in (".asc", ".swc"):
        raise IonfoError(f"morphology '{path}' must be an .asc or .swc file")
    try:
        text = path.read_text(encoding="utf-8", errors="strict")
    except FileNotFoundError:
        raise IonfoError(f"morphology '{path}' does not exist") from None
    except (OSError, UnicodeDecodeError) as error:
        raise IonfoError(f"morphology '{path}' cannot be read: {error}") from None
    found = _asc_parts(path, text) if path.suffix.lower() == ".asc" else _swc_parts(path, text)
    if "soma" not in found:
        raise IonfoError(f"morphology '{path}' has no soma; a cell needs one to inject current")
    if needs_axon and "axon" not in found:
        raise IonfoError(
            f"morphology '{path}' has no axon, and this e-model reads the diameters of its axon "
            "initial segment from the first 60 um of it"
        )


def _swc_parts(path: Path, text: str) -> set[str]:
    parts = set()
    known = set()
    for number, line in enumerate(text.splitlines(), start=1):
        row = line.split("#")[0].split()
        if not row:
            continue
        try:
            index, kind, parent = int(row[0]), int(row[1]), int(row[6])
            values = [float(value) for value in row[2:6]]
        except (ValueError, IndexError):
            raise IonfoError(
                f"morphology '{path}', line {number}: expected 'n type x y z radius parent', "
                f"got '{line.strip()[:60]}'"
            ) from None
        if any(value != value or abs(value) == float("inf") for value in values):
            raise IonfoError(f"morphology '{path}', line {number}: a coordinate is not finite")
        if values[3] <= 0:
            raise IonfoError(f"morphology '{path}', line {number}: the radius must be positive")
        if parent != -1 and parent not in known:
            raise IonfoError(
                f"morphology '{path}', line {number}: parent {parent} does not come before it"
            )
        known.add(index)
        parts.add(_SWC_TYPES.get(kind, "other"))
    return parts


def _asc_parts(path: Path, text: str) -> set[str]:
    bare = re.sub(r';.*|"[^"]*"', "", text)
    if bare.count("(") != bare.count(")"):
        raise IonfoError(
            f"morphology '{path}' is damaged: {bare.count('(')} opening and "
            f"{bare.count(')')} closing parentheses"
        )
    parts = set()
    for block in _top_level(bare):
        words = re.findall(r"\(\s*(CellBody|Axon|Dendrite|Apical)\s*\)", block, re.IGNORECASE)
        if not words:
            continue
        n_points = 0
        for group in re.findall(r"\(([^()]*)\)", block):
            values = group.split()
            # fewer values are no point, for example a colour (255, 0, 0)
            if len(values) >= 4 and re.match(r"[-+.\d]", values[0]):
                try:
                    good = all(np.isfinite([float(v) for v in values[:4]]))
                except ValueError:
                    good = False
                if not good:
                    raise IonfoError(
                        f"morphology '{path}' is damaged: expected a point (x y z diameter), got "
                        f"'({group.strip()[:60]})'"
                    )
                n_points += 1
        part = _ASC_TYPES[words[0].lower()]
        if n_points < 2:
            raise IonfoError(f"morphology '{path}' is damaged: its {part} has {n_points} points")
        parts.add(part)
    return parts


def _top_level(text: str) -> list[str]:
    """Outermost parenthesised blocks of a text with balanced parentheses."""
    blocks = []
    depth = start = 0
    for match in re.finditer(r"[()]", text):
        if match.group() == "(":
            if depth == 0:
                start = match.start()
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                blocks.append(text[start : match.end()])
    return blocks
