"""Synthesise dendritic trees that have given lengths, areas and path-distance profiles.

Trees are binary, apart from a trifurcation where a number of sections is even.  Lengths are
found by annealing against the length in each bin of path distance, diameters by scaling
against the area in each bin, and shapes by a persistent random walk.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SEGMENT_LENGTH = 40.0
"""Segments are as fine as in the published statistics: nseg = 1 + 2 floor(L/40 um)."""
_STEP = 12.0  # um between the points of a section


@dataclass
class Section:
    """An unbranched piece of a tree.

    Attributes
    ----------
    parent : int or None
        Index of the parent section in the same list; None at the root of a tree.
    start : float
        Path distance from the soma (um).
    length : float
        In um.
    diameters : ndarray, shape (n_points,)
        At equal distances from its start to its end (um).
    """

    parent: int | None
    start: float
    length: float
    diameters: NDArray[np.float64] = field(default_factory=lambda: np.ones(2))

    @property
    def end(self) -> float:
        """Path distance from the soma to its end (um)."""
        return self.start + self.length


@dataclass(frozen=True)
class TreeTarget:
    """What one tree must have: its origin (um of path), sections, length and reach (um)."""

    origin: float
    n_sections: int
    length: float
    reach: float = np.inf


def segments(section: Section) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centres (path distance) and areas of a section's segments, um and um2.

    A segment's area is that of the frusta between the points, as NEURON computes it.
    """
    n = 1 + 2 * int(section.length / SEGMENT_LENGTH)
    centres = section.start + section.length * (np.arange(n) + 0.5) / n
    x = np.linspace(0.0, 1.0, len(section.diameters))
    edges = np.linspace(0.0, 1.0, n + 1)
    area = np.empty(n)
    for i in range(n):
        inside = x[(x > edges[i]) & (x < edges[i + 1])]
        at = np.concatenate([edges[i : i + 1], inside, edges[i + 1 : i + 2]])
        diameters = np.interp(at, x, section.diameters)
        slant = np.hypot(np.diff(at) * section.length, np.diff(diameters) / 2)
        area[i] = np.sum(np.pi * (diameters[:-1] + diameters[1:]) / 2 * slant)
    return centres, area


def length_profile(sections: Iterable[Section], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Length in each bin of path distance (um), by the centres of the segments."""
    total = np.zeros(len(edges) - 1)
    for section in sections:
        n = 1 + 2 * int(section.length / SEGMENT_LENGTH)
        centres = section.start + section.length * (np.arange(n) + 0.5) / n
        total += np.histogram(centres, edges)[0] * (section.length / n)
    return total


def area_profile(sections: Iterable[Section], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Area in each bin of path distance (um2), by the centres of the segments."""
    total = np.zeros(len(edges) - 1)
    for section in sections:
        centres, area = segments(section)
        total += np.histogram(centres, edges, weights=area)[0]
    return total


def grow_trees(
    targets: Sequence[TreeTarget],
    profile: NDArray[np.float64],
    edges: NDArray[np.float64],
    rng: np.random.Generator,
    n_trials: int = 20_000,
) -> list[Section]:
    """Find trees with the given sections and lengths whose profile comes nearest to `profile`.

    Parameters
    ----------
    targets : sequence of TreeTarget
        One a tree.
    profile, edges : ndarray, shape (n_bins,), (n_bins + 1,)
        Length in each bin of path distance (um).
    rng : numpy.random.Generator
        Source of all chance.
    n_trials : int
        Changes tried.

    Returns
    -------
    list of Section
        All trees, one after the other.
    """
    # bins with little length may miss by a fiftieth of the whole
    scale = np.maximum(profile, 0.02 * profile.sum())
    trees = [_random_tree(target, rng) for target in targets]
    profiles = [length_profile(tree, edges) for tree in trees]

    def misfit() -> float:
        return float(np.sum(((sum(profiles) - profile) / scale) ** 2)) + sum(
            (max(s.end for s in tree) / target.reach - 1.0) ** 2
            for tree, target in zip(trees, targets, strict=True)
        )

    now = misfit()
    for trial in range(n_trials):
        temperature = 0.02 * (1.0 - trial / n_trials) ** 3
        i = int(rng.integers(len(trees)))
        kept = trees[i], profiles[i]
        trees[i] = (
            _random_tree(targets[i], rng)
            if rng.random() < 0.3
            else _stretched(trees[i], targets[i], rng)
        )
        profiles[i] = length_profile(trees[i], edges)
        then = misfit()
        if then < now - temperature * np.log(1.0 - rng.random()):
            now = then
        else:
            trees[i], profiles[i] = kept
    return _joined(trees)


def set_diameters(
    sections: list[Section],
    profile: NDArray[np.float64],
    edges: NDArray[np.float64],
    tip_exponent: float = 0.3,
) -> None:
    """Give sections diameters that make their area in each bin of path distance `profile`.

    The diameter is a piecewise linear function of path distance, times the number of tips
    beyond to the power `tip_exponent`, so that daughters are thinner than their parent.
    """
    tips = _n_tips(sections)
    centres = (edges[:-1] + edges[1:]) / 2
    used = profile > 0
    factor = np.ones(int(used.sum()))
    for _ in range(60):
        for section, n in zip(sections, tips, strict=True):
            n_points = 1 + max(1, int(np.ceil(section.length / _STEP)))
            at = np.linspace(section.start, section.end, n_points)
            section.diameters = np.interp(at, centres[used], factor) * n**tip_exponent
        found = area_profile(sections, edges)[used]
        # damped: neighbouring bins share the diameters between their centres
        factor *= np.clip(profile[used] / np.maximum(found, 1e-9), 0.5, 2.0) ** 0.7


def points_of(
    sections: Sequence[Section],
    origins: Sequence[NDArray[np.float64] | None],
    directions: Sequence[NDArray[np.float64] | None],
    rng: np.random.Generator,
    tropism: float,
    upwards: float = 0.0,
    wiggle: float = 0.18,
) -> list[NDArray[np.float64]]:
    """Lay sections out in space, as persistent random walks of exactly their length.

    Parameters
    ----------
    sections : sequence of Section
        With parents before children.
    origins, directions : sequence of ndarray or None, shape (3,)
        Where each root begins (um) and points to; None for other sections.
    rng : numpy.random.Generator
        Source of all chance.
    tropism : float
        Pull away from the origin of the tree, per step.
    upwards : float
        Pull along y, per step.
    wiggle : float
        Chance in the direction, per step.

    Returns
    -------
    list of ndarray, shape (n_points, 3)
        Points of each section, its first being the last of its parent.
    """
    laid: list[NDArray[np.float64]] = []
    root_of: list[int] = []
    n_children = [sum(s.parent == i for s in sections) for i in range(len(sections))]
    side: dict[int, list[NDArray[np.float64]]] = {}
    for i, section in enumerate(sections):
        if section.parent is None:
            root_of.append(i)
            origin, direction = origins[i], directions[i]
            assert origin is not None and direction is not None
            point, heading = origin, direction / np.linalg.norm(direction)
        else:
            root_of.append(root_of[section.parent])
            before = laid[section.parent]
            point = before[-1]
            heading = before[-1] - before[-2]
            heading = heading / np.linalg.norm(heading)
            if section.parent not in side:
                side[section.parent] = _fan(heading, n_children[section.parent], rng)
            heading = heading + side[section.parent].pop()
            heading = heading / np.linalg.norm(heading)
        start = origins[root_of[i]]
        assert start is not None
        n_steps = len(section.diameters) - 1
        points = [point]
        for _ in range(n_steps):
            away = points[-1] - start
            norm = np.linalg.norm(away)
            heading = heading + wiggle * rng.standard_normal(3)
            heading = heading + (tropism * away / norm if norm > 0 else 0.0)
            heading[1] += upwards
            heading = heading / np.linalg.norm(heading)
            points.append(points[-1] + heading * section.length / n_steps)
        laid.append(np.array(points))
    return laid


def _random_tree(target: TreeTarget, rng: np.random.Generator) -> list[Section]:
    """Branch random tips until the number of sections is right, then scale to the length."""
    parents: list[int | None] = [None]
    tips = [0]
    while len(parents) < target.n_sections:
        odd = target.n_sections - len(parents) == 1
        inner = [i for i in range(len(parents)) if i not in tips]
        if odd and inner:  # a third daughter
            parents.append(int(rng.choice(inner)))
            tips.append(len(parents) - 1)
            continue
        parent = tips.pop(int(rng.integers(len(tips))))
        for _ in range(2):
            parents.append(parent)
            tips.append(len(parents) - 1)
    # tips are longer than the sections between branch points
    mean = np.where(np.isin(np.arange(len(parents)), tips), 1.0, 0.35)
    lengths = mean * rng.gamma(3.0, 1.0 / 3.0, len(parents))
    return _placed(parents, lengths, target)


def _stretched(tree: list[Section], target: TreeTarget, rng: np.random.Generator) -> list[Section]:
    lengths = np.array([section.length for section in tree])
    factor = np.exp(0.5 * rng.standard_normal(len(tree)) * (rng.random(len(tree)) < 0.4))
    return _placed([section.parent for section in tree], lengths * factor, target)


def _placed(
    parents: list[int | None], lengths: NDArray[np.float64], target: TreeTarget
) -> list[Section]:
    lengths = lengths * (target.length / lengths.sum())
    lengths = np.maximum(lengths, min(4.0, 0.5 * target.length / len(lengths)))  # um
    lengths = lengths * (target.length / lengths.sum())
    tree: list[Section] = []
    for parent, length in zip(parents, lengths, strict=True):
        start = target.origin if parent is None else tree[parent].end
        tree.append(Section(parent, start, float(length)))
    return tree


def _joined(trees: Sequence[Sequence[Section]]) -> list[Section]:
    joined: list[Section] = []
    for tree in trees:
        n = len(joined)
        joined += [
            Section(None if s.parent is None else s.parent + n, s.start, s.length) for s in tree
        ]
    return joined


def _n_tips(sections: Sequence[Section]) -> list[int]:
    has_child = {section.parent for section in sections}
    n_tips = [0 if i in has_child else 1 for i in range(len(sections))]
    for i in range(len(sections) - 1, -1, -1):
        parent = sections[i].parent
        if parent is not None:
            n_tips[parent] += n_tips[i]
    return n_tips


def _fan(
    heading: NDArray[np.float64], n: int, rng: np.random.Generator
) -> list[NDArray[np.float64]]:
    """Sideways vectors that spread n daughters around their parent's direction."""
    across = np.cross(heading, rng.standard_normal(3))
    across = across / np.linalg.norm(across)
    other = np.cross(heading, across)
    angles = 2.0 * np.pi * np.arange(n) / max(n, 1)
    return [rng.uniform(0.35, 0.7) * (np.cos(a) * across + np.sin(a) * other) for a in angles]
