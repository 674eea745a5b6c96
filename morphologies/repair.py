"""Repair a reconstruction: sort it, give its points a type, join its soma, leave out islands.

Nothing is repaired unless it is asked for, and each change is one sentence.  What could be
repaired in more than one way (a type that SWC does not define, a number that two points have) is
asked or refused.
"""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from ..errors import IonfoError
from .notes import counted, n_false_branches, trees
from .points import SWC_TYPES, Point, asc_points, blanked, swc_points
from .reading import morphology_text

TYPES = {"soma": 1, "axon": 2, "basal": 3, "dendrite": 3, "apical": 4}
"""Name of a type -> its number; ``parent`` is that of the point before."""

_CIRCLE = 16  # points of a contour


def repair_morphology(path: Path, out: Path, types: Mapping[int, str] | None = None) -> list[str]:
    """Write a repaired copy of a morphology.

    Parameters
    ----------
    path : Path
        .swc or .asc file.
    out : Path
        File of the same kind to write; left alone where there is nothing to repair.
    types : mapping of int to str, optional
        SWC type of the file -> ``soma``, ``axon``, ``basal``, ``apical`` or ``parent`` (the type
        of the point before).

    Returns
    -------
    list of str
        What was done, in sentences; empty where nothing was.

    Raises
    ------
    IonfoError
        If the file cannot be read, or what is wrong can be repaired in more than one way.
    """
    for name in (types or {}).values():
        if name not in (*TYPES, "parent"):
            raise IonfoError(
                f"a type must become one of {', '.join((*TYPES, 'parent'))}, got '{name}'"
            )
    text = morphology_text(path)
    if path.suffix.lower() == ".asc":
        repaired, done = _repaired_asc(text)
    else:
        points = list(swc_points(path, text))
        repaired, done = _repaired_swc(f"morphology '{path}'", points, types or {})
    if done:
        header = "".join(f"# {one}\n" for one in [f"repaired from {path.name}", *done])
        beside = out.with_name(f".{out.name}.{os.getpid()}")
        try:
            beside.write_text(repaired if path.suffix.lower() == ".asc" else header + repaired)
            beside.replace(out)
        except OSError as error:
            raise IonfoError(f"'{out}' cannot be written: {error.strerror}") from None
    return done


def _repaired_swc(
    where: str, points: list[Point], types: Mapping[int, str]
) -> tuple[str, list[str]]:
    done: list[str] = []
    known = _unique(where, points, done)
    known = _with_known_parents(known, done)
    order = _sorted(where, known, done)
    order = _typed(where, order, types, done)
    if not any(point.kind == 1 for point in order):
        raise IonfoError(f"{where} has no soma, and none can be made; give its points type 1")
    order = _soma_tree(order, done)
    order = _with_diameters(where, order, done)
    order = _joined_soma(order, done)
    number = {point.index: i for i, point in enumerate(order, start=1)} | {-1: -1}
    lines = [
        f"{number[point.index]} {point.kind} {point.place[0]!r} {point.place[1]!r} "
        f"{point.place[2]!r} {point.diameter / 2!r} {number[point.parent]}\n"
        for point in order
    ]
    return "".join(lines), done


def _unique(where: str, points: Sequence[Point], done: list[str]) -> list[Point]:
    """Leave out points that stand twice in the same words."""
    known: dict[int, Point] = {}
    twice = 0
    for point in points:
        earlier = known.setdefault(point.index, point)
        if replace(point, line=earlier.line) != earlier:
            raise IonfoError(
                f"{where}, line {point.line}: point {point.index} stands twice, first on line "
                f"{earlier.line} with other numbers; nobody but you can tell which one its "
                "children hang on"
            )
        twice += earlier is not point
    if twice:
        done.append(f"left out {counted(twice, 'repeated line')}")
    return list(known.values())


def _with_known_parents(points: Sequence[Point], done: list[str]) -> list[Point]:
    indices = {point.index for point in points}
    orphans = [point for point in points if point.parent not in indices and point.parent != -1]
    if orphans:
        done.append(
            f"cut {counted(len(orphans), 'point')} off parents that are not in the file (first on "
            f"line {orphans[0].line}, parent {orphans[0].parent})"
        )
    return [replace(p, parent=p.parent if p.parent in indices else -1) for p in points]


def _sorted(where: str, points: Sequence[Point], done: list[str]) -> list[Point]:
    """Put every point behind its parent, branch by branch."""
    children: dict[int, list[Point]] = {}
    for point in points:
        children.setdefault(point.parent, []).append(point)
    order: list[Point] = []
    waiting = children.get(-1, [])[::-1]
    while waiting:
        point = waiting.pop()
        order.append(point)
        waiting.extend(children.get(point.index, [])[::-1])
    if len(order) < len(points):
        seen = {point.index for point in order}
        lost = next(point for point in points if point.index not in seen)
        raise IonfoError(
            f"{where}, line {lost.line}: point {lost.index} is an ancestor of itself; no order "
            "puts every parent above its children"
        )
    before = {-1}
    late = 0
    for point in points:
        late += point.parent not in before
        before.add(point.index)
    rises = all(one.index < two.index for one, two in pairwise(points))
    if late:
        done.append(f"put {counted(late, 'point')} behind parents that came after")
    if not rises and not late:
        done.append("numbered the points in the order of the branches")
    if n := n_false_branches(points):
        done.append(f"put the points of {counted(n, 'unbranched piece')} one after another")
    return order


def _typed(
    where: str, points: Sequence[Point], types: Mapping[int, str], done: list[str]
) -> list[Point]:
    """Give every point one of the four types, as the user says."""
    counts = Counter(point.kind for point in points)
    unknown = sorted(kind for kind in counts if kind not in SWC_TYPES and kind not in types)
    if unknown:
        asked = ", ".join(f"{kind} ({counted(counts[kind], 'point')})" for kind in unknown)
        example = ",".join(f"{kind}={'parent' if kind in (5, 6) else 'basal'}" for kind in unknown)
        raise IonfoError(
            f"{where} has points of type {asked}, and only you can tell what they are; say it, for "
            f"example with --repair-type {example} (soma, axon, basal, apical, or parent: the type "
            "of the point before)"
        )
    kinds: dict[int, int] = {}
    typed = []
    for point in points:
        name = types.get(point.kind)
        kind = TYPES.get(name or "", point.kind)
        if name == "parent":
            kind = kinds.get(point.parent, 0)
            if kind == 0:
                raise IonfoError(
                    f"{where}, line {point.line}: the point has no parent, and type {point.kind} "
                    "was to become that of the parent"
                )
        kinds[point.index] = kind
        typed.append(replace(point, kind=kind))
    done.extend(
        f"gave {counted(counts[kind], 'point')} of type {kind} the type "
        + ("of the point before them" if name == "parent" else f"{TYPES[name]} ({name})")
        for kind, name in sorted(types.items())
        if counts[kind]
    )
    return typed


def _soma_tree(points: Sequence[Point], done: list[str]) -> list[Point]:
    """Keep the tree with the largest soma, and let it begin there."""
    gathered = trees(points)
    kept = max(gathered, key=lambda tree: (sum(p.kind == 1 for p in tree) > 0, len(tree)))
    islands = [tree for tree in gathered if tree is not kept]
    if islands:
        n = sum(map(len, islands))
        done.append(
            f"left out {counted(len(islands), 'tree')} with {counted(n, 'point')}, which the soma "
            f"does not reach (first on line {islands[0][0].line})"
        )
    if kept[0].kind == 1:
        return list(kept)
    # the soma is a leaf, or lies within a tree that begins at a neurite
    done.append("let the tree begin at its soma")
    return _from_point(kept, next(point for point in kept if point.kind == 1))


def _from_point(points: Sequence[Point], first: Point) -> list[Point]:
    """Turn the edges of a tree so that it begins at one of its points."""
    neighbours: dict[int, list[int]] = {point.index: [] for point in points}
    for point in points:
        if point.parent != -1:
            neighbours[point.parent].append(point.index)
            neighbours[point.index].insert(0, point.parent)
    by_index = {point.index: point for point in points}
    order: list[Point] = []
    waiting = [(first.index, -1)]
    while waiting:
        index, parent = waiting.pop()
        order.append(replace(by_index[index], parent=parent))
        next_ones = [one for one in neighbours[index] if one != parent]
        next_ones.sort(key=lambda one: by_index[one].kind != 1)  # the soma in one piece
        waiting.extend((one, index) for one in reversed(next_ones))
    return order


def _joined_soma(points: list[Point], done: list[str]) -> list[Point]:
    """Make one section of a soma: turned where it is a path, else a sphere of the same area."""
    soma = [point for point in points if point.kind == 1]
    in_soma = {point.index for point in soma}
    edges = [(point, point.parent) for point in soma if point.parent in in_soma]
    if _is_three_points(points, soma):
        return points
    degree = Counter(index for point, parent in edges for index in (point.index, parent))
    if len(edges) == len(soma) - 1 and max(degree.values(), default=0) <= 2:
        end = (
            soma[0] if degree[soma[0].index] <= 1 else next(p for p in soma if degree[p.index] == 1)
        )
        turned = _from_point(points, end)
        if [point.index for point in turned[: len(soma)]] != [
            point.index for point in points[: len(soma)]
        ]:
            done.append(f"put the {len(soma)} points of the soma in a row, from end to end")
        return turned
    by_index = {point.index: point for point in soma}
    area = sum(_cone(by_index[parent], point) for point, parent in edges)
    area = area or max(math.pi * point.diameter**2 for point in soma)
    diameter = math.sqrt(area / math.pi)
    x, y, z = (float(value) for value in np.mean([point.place for point in soma], axis=0))
    first = replace(soma[0], place=(x, y, z), diameter=diameter, parent=-1)
    done.append(
        f"joined the {len(soma)} points of a soma that branches, or stands in pieces, into one "
        f"sphere of {diameter:.4g} um, which has their area"
    )
    # what hangs on any point of the soma hangs on the sphere
    return [first] + [
        replace(point, parent=first.index) if point.parent in in_soma else point
        for point in points
        if point.kind != 1
    ]


def _is_three_points(points: Sequence[Point], soma: Sequence[Point]) -> bool:
    """Whether the soma is a sphere as NeuroMorpho.org writes it, which NEURON knows."""
    if len(soma) != 3 or [point.index for point in points[:3]] != [point.index for point in soma]:
        return False
    first, *ends = soma
    length = sum(math.dist(first.place, end.place) for end in ends)
    return (
        all(end.parent == first.index and end.diameter == first.diameter for end in ends)
        and not any(point.parent in (ends[0].index, ends[1].index) for point in points)
        and abs(length / first.diameter - 1) < 0.01
    )


def _cone(one: Point, two: Point) -> float:
    """Lateral area of the cone between two points (um2)."""
    height = math.dist(one.place, two.place)
    mean = (one.diameter + two.diameter) / 2
    return math.pi * mean * math.hypot(height, (one.diameter - two.diameter) / 2)


def _with_diameters(where: str, points: list[Point], done: list[str]) -> list[Point]:
    """Give points of diameter 0 that of the point before, or the next one of the branch."""
    zero = [point for point in points if point.diameter == 0]
    if not zero:
        return points
    given = {point.index: point.diameter for point in points}
    in_soma = {point.index for point in points if point.kind == 1}
    alike = [  # a neurite never takes the diameter of the soma, nor the soma that of a neurite
        point for point in points
        if point.parent != -1 and (point.parent in in_soma) == (point.kind == 1)
    ]  # fmt: skip
    for point in reversed(alike):
        given[point.parent] = given[point.parent] or given[point.index]
    for point in alike:
        given[point.index] = given[point.index] or given[point.parent]
    if missing := [point for point in points if given[point.index] == 0]:
        what = "soma" if missing[0].kind == 1 else "branch"
        raise IonfoError(f"{where}, line {missing[0].line}: no point of the {what} has a diameter")
    done.append(
        f"gave {counted(len(zero), 'point')} of diameter 0 that of a neighbour (first on line "
        f"{zero[0].line})"
    )
    return [replace(point, diameter=given[point.index]) for point in points]


def _repaired_asc(text: str) -> tuple[str, list[str]]:
    """Draw a circle for a soma of one or two points, and give points of diameter 0 a diameter."""
    done: list[str] = []
    points = asc_points(text)
    soma = [point for point in points if point.kind == 1]
    if zero := [point for point in points if point.kind != 1 and point.diameter == 0]:
        given = {point.index: point.diameter for point in points}
        for point in points:
            if point.diameter == 0 and point.kind != 1:
                given[point.index] = given.get(point.parent, 0.0)
        for point in reversed(points):
            if point.kind != 1 and given.get(point.parent) == 0:
                given[point.parent] = given[point.index]
        text = _with_written(text, {p.line: given[p.index] for p in zero if given[p.index]})
        n = sum(given[point.index] > 0 for point in zero)
        if n:
            done.append(
                f"gave {counted(n, 'point')} of diameter 0 that of a neighbour (first on line "
                f"{zero[0].line})"
            )
    if 1 <= len(soma) <= 2:
        ends = np.array([point.place for point in soma])
        across = float(np.linalg.norm(ends[-1] - ends[0])) or max(p.diameter for p in soma)
        text = _with_circle(text, ends.mean(axis=0), across)
        done.append(f"drew a circle of {across:.4g} um for a soma of {counted(len(soma), 'point')}")
    return text, done


def _with_written(text: str, diameters: Mapping[int, float]) -> str:
    """Put diameters into the points of an .asc file that stand alone on these lines."""
    lines = text.split("\n")
    for number, diameter in diameters.items():
        lines[number - 1] = re.sub(
            r"(\(\s*(?:[^\s()]+\s+){3})([^\s()]+)",
            lambda found, value=diameter: (  # type: ignore[misc]
                f"{found.group(1)}{value!r}" if float(found.group(2)) == 0 else found.group()
            ),
            lines[number - 1],
        )
    return "\n".join(lines)


def _with_circle(text: str, center: np.ndarray, diameter: float) -> str:
    """Replace the block of the soma by a contour of a circle."""
    bare = blanked(text)
    word = re.search(r"\(\s*CellBody\s*\)", bare, re.IGNORECASE)
    assert word is not None
    depth, start = 0, 0
    for bracket in re.finditer(r"[()]", bare):
        if bracket.group() == "(":
            start = bracket.start() if depth == 0 else start
            depth += 1
        else:
            depth -= 1
            if depth == 0 and start < word.start() < bracket.end():
                end = bracket.end()
                break
    angles = 2 * np.pi * np.arange(_CIRCLE) / _CIRCLE
    contour = [
        f"  ({center[0] + diameter / 2 * math.cos(a):.4f} "
        f"{center[1] + diameter / 2 * math.sin(a):.4f} {center[2]:.4f} 0.1)"
        for a in angles
    ]
    block = "\n".join(['("CellBody"', "  (CellBody)", *contour, ")"])
    return text[:start] + block + text[end:]
