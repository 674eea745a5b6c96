"""The points of a reconstruction as its file has them, each with its line."""

from __future__ import annotations

import bisect
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import IonfoError
from ..limits import shortened

FARTHEST = 1e6
"""Largest coordinate (um); a metre."""

SWC_TYPES = {1: "soma", 2: "axon", 3: "dendrite", 4: "apical"}
_ASC_TYPES = {"cellbody": 1, "axon": 2, "dendrite": 3, "apical": 4}
_WORD = re.compile(r"\(\s*(CellBody|Axon|Dendrite|Apical)\s*\)", re.IGNORECASE)
_TOKEN = re.compile(r"\(([^()|]*)\)|[()|]")


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a reconstruction.

    Attributes
    ----------
    line : int
        Of the file, from 1.
    index : int
        Its number; of an .asc file, from 0 in the order of the file.
    kind : int
        SWC type.
    place : tuple of float
        x, y, z (um).
    diameter : float
        In um.
    parent : int
        Number of the point before it, -1 for none.
    """

    line: int
    index: int
    kind: int
    place: tuple[float, float, float]
    diameter: float
    parent: int


def swc_points(path: Path, text: str) -> Iterator[Point]:
    """Read the points of an SWC file.

    Raises
    ------
    IonfoError
        If a line has another form, or a number that no reconstruction has.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        row = line.split("#")[0].split()
        if not row:
            continue
        where = f"morphology '{path}', line {number}"
        try:
            index, kind, parent = int(row[0]), int(row[1]), int(row[6])
            x, y, z, radius = (float(value) for value in row[2:6])
        except (ValueError, IndexError):
            raise IonfoError(
                f"{where}: expected 'n type x y z radius parent', got '{line.strip()[:60]}'"
            ) from None
        if not all(map(math.isfinite, (x, y, z, radius))):
            raise IonfoError(f"{where}: a coordinate is not finite")
        if radius < 0:
            raise IonfoError(f"{where}: the radius must be positive")
        if max(map(abs, (x, y, z, radius))) > FARTHEST:
            raise IonfoError(f"{where}: a coordinate is above {FARTHEST:g} um")
        if not 0 <= index < 2**31:
            raise IonfoError(
                f"{where}: the point's number must be from 0 to 2^31, got {shortened(index)}"
            )
        yield Point(number, index, kind, (x, y, z), 2 * radius, parent)


def asc_points(text: str) -> list[Point]:
    """Read the points of a Neurolucida file with balanced parentheses, in their trees.

    The first point of a branch has the last one before the branch as its parent; the points of
    the soma are a contour.  What is no point (colours, markers with fewer numbers) is left out.
    """
    bare = blanked(text)
    breaks = [match.start() for match in re.finditer("\n", text)]
    points: list[Point] = []
    stack: list[int] = []
    last, kind = -1, 0
    for token in _TOKEN.finditer(bare):
        if token.group() == "(":
            if not stack:
                last, kind = -1, _kind_at(bare, token.start())
            stack.append(last)
        elif token.group() == ")":
            last = stack.pop() if stack else -1
        elif token.group() == "|":
            last = stack[-1] if stack else -1
        elif kind and stack and (values := _numbers(token.group(1))) is not None:
            line = bisect.bisect_left(breaks, token.start()) + 1
            x, y, z, diameter = values
            points.append(Point(line, len(points), kind, (x, y, z), diameter, last))
            last = len(points) - 1
    return points


def blanked(text: str) -> str:
    """Replace comments and strings of an .asc file, and spines, by blanks of the same length."""
    kept = re.sub(r';.*|"[^"\n]*"', lambda found: " " * len(found.group()), text)
    return re.sub(r"<[^<>]*>", lambda found: re.sub(r"[^\n]", " ", found.group()), kept)


def _kind_at(bare: str, start: int) -> int:
    """SWC type of the block of an .asc file that begins here, 0 for another kind of block."""
    depth = 0
    for bracket in re.finditer(r"[()]", bare[start:]):
        depth += 1 if bracket.group() == "(" else -1
        if depth == 0:
            word = _WORD.search(bare, start, start + bracket.end())
            return _ASC_TYPES[word.group(1).lower()] if word else 0
    return 0


def _numbers(group: str) -> tuple[float, float, float, float] | None:
    try:
        x, y, z, diameter = (float(value) for value in group.split()[:4])
    except ValueError:
        return None
    return x, y, z, diameter
