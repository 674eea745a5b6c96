"""What is odd about a reconstruction that can be built: each of it in one sentence."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from .points import Point, asc_points, swc_points
from .reading import morphology_text

JUMP = 10.0
"""Ratio of neighbouring diameters of an unbranched piece that no neurite has."""

FAR = 50.0
"""Gap between a soma's contour and the first point of a tree (um; published cells reach 17)."""


def morphology_notes(path: Path) -> list[str]:
    """Tell what is odd about a morphology that `check_morphology` has passed.

    Parameters
    ----------
    path : Path
        .asc or .swc file.

    Returns
    -------
    list of str
        Sentences on trees that touch nothing, diameters of 0 and diameters that jump, each with
        the line of the first such place.
    """
    text = morphology_text(path)
    is_asc = path.suffix.lower() == ".asc"
    points = asc_points(text) if is_asc else list(swc_points(path, text))
    found = _far_trees(points) if is_asc else _islands(points)
    found += _without_length(points)
    return [f"morphology '{path}': {one}" for one in [*found, *_diameters(points)]]


def trees(points: Sequence[Point]) -> list[list[Point]]:
    """Gather points by the root they hang on; parents must come before their children."""
    root: dict[int, int] = {}
    gathered: dict[int, list[Point]] = {}
    for point in points:
        root[point.index] = root.get(point.parent, point.index)
        gathered.setdefault(root[point.index], []).append(point)
    return list(gathered.values())


def _islands(points: Sequence[Point]) -> list[str]:
    islands = [tree for tree in trees(points) if all(point.kind != 1 for point in tree)]
    somata = [tree for tree in trees(points) if any(point.kind == 1 for point in tree)]
    found = []
    if islands:
        found.append(
            f"{counted(len(islands), 'tree')} with {counted(sum(map(len, islands)), 'point')} "
            f"that {'touches' if len(islands) == 1 else 'touch'} nothing (first on line "
            f"{islands[0][0].line}); NEURON ties them to the soma, and --repair leaves them out"
        )
    if len(somata) > 1:
        found.append(
            f"{len(somata)} trees have a soma (the second on line {somata[1][0].line}); --repair "
            "keeps the largest"
        )
    if n := n_false_branches(points):
        found.append(
            f"NEURON cuts {counted(n, 'unbranched piece')} in two, because points of a branch do "
            "not follow one another; --repair puts them in a row"
        )
    return found


def n_false_branches(points: Sequence[Point]) -> int:
    """Count unbranched pieces whose points do not follow one another in the file."""
    n_children = Counter(point.parent for point in points)
    row = {point.index: i for i, point in enumerate(points)}
    kinds = {point.index: point.kind for point in points}
    return sum(
        n_children[point.parent] == 1
        and kinds[point.parent] == point.kind
        and row[point.parent] != row[point.index] - 1
        for point in points
        if point.parent in row
    )


def _far_trees(points: Sequence[Point]) -> list[str]:
    soma = [point.place for point in points if point.kind == 1]
    roots = [point for point in points if point.kind != 1 and point.parent == -1]
    gaps = [min((math.dist(root.place, place) for place in soma), default=0.0) for root in roots]
    far = [(root.line, gap) for root, gap in zip(roots, gaps, strict=True) if gap > FAR]
    if not far:
        return []
    return [
        f"{counted(len(far), 'tree')} {'begins' if len(far) == 1 else 'begin'} more than "
        f"{FAR:g} um from the soma (first on line {far[0][0]}, {far[0][1]:.0f} um away), and "
        "NEURON ties them to it"
    ]


def _without_length(points: Sequence[Point]) -> list[str]:
    """Find trees whose points all stand where they leave the soma."""
    soma = {point.index: point.place for point in points if point.kind == 1}
    first: dict[int, Point] = {}
    has_length: set[int] = set()
    for point in points:
        if point.kind == 1:
            continue
        root = first[point.index] = first.get(point.parent, point)
        if point.place != soma.get(root.parent):
            has_length.add(root.index)
    short = [point for i, point in first.items() if point.index == i and i not in has_length]
    if not short:
        return []
    return [
        f"{counted(len(short), 'tree')} without length (first on line {short[0].line}), which "
        "NEURON leaves out"
    ]


def _diameters(points: Sequence[Point]) -> list[str]:
    by_index = {point.index: point for point in points}
    n_children = Counter(point.parent for point in points)  # branches may be far thinner
    zero, jumps = [], []
    for point in points:
        parent = by_index.get(point.parent)
        if point.kind == 1:
            continue
        if point.diameter == 0:
            zero.append(point.line)
        elif (
            parent is not None
            and parent.kind != 1
            and n_children[point.parent] == 1
            and parent.diameter > 0
        ):
            ratio = point.diameter / parent.diameter
            if max(ratio, 1 / ratio) > JUMP:
                jumps.append(point.line)
    found = []
    if zero:
        found.append(
            f"the diameter is 0 at {counted(len(zero), 'point')} (first on line {zero[0]})"
        )
    if jumps:
        found.append(
            f"the diameter jumps more than {JUMP:g} times between neighbours at "
            f"{counted(len(jumps), 'point')} (first on line {jumps[0]})"
        )
    return found


def counted(n: int, what: str) -> str:
    """Give a number and its noun, in the plural but for 1."""
    return f"{n} {what}{'' if n == 1 else 's'}"
