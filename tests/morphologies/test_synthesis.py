"""Synthesised trees have the lengths, areas and profiles that they are asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ionfo.morphologies import check_morphology
from ionfo.morphologies.swc import AXON, BASAL, SOMA, Piece, write_swc
from ionfo.morphologies.synthesis import (
    Section,
    TreeTarget,
    area_profile,
    grow_trees,
    length_profile,
    points_of,
    segments,
    set_diameters,
)

EDGES = np.array([0.0, 100.0, 200.0, 300.0])
TARGETS = [TreeTarget(0.0, 7, 640.0, 285.0), TreeTarget(0.0, 8, 600.0, 250.0)]
LENGTH = np.array([560.0, 500.0, 180.0])
AREA = np.array([1300.0, 850.0, 300.0])


def grown(seed: int = 3) -> list[Section]:
    sections = grow_trees(TARGETS, LENGTH, EDGES, np.random.default_rng(seed), n_trials=4000)
    set_diameters(sections, AREA, EDGES)
    return sections


def test_area_of_a_cylinder_and_of_a_cone() -> None:
    _, area = segments(Section(None, 10.0, 100.0, np.array([2.0, 2.0])))
    assert area == pytest.approx([np.pi * 2.0 * 20.0] * 5)
    centres, area = segments(Section(None, 10.0, 30.0, np.array([4.0, 2.0])))
    assert centres == pytest.approx([25.0])
    assert area == pytest.approx([np.pi * 3.0 * np.hypot(30.0, 1.0)])


def test_trees_have_their_sections_lengths_and_profile() -> None:
    sections = grown()
    assert len(sections) == 15
    assert sum(section.parent is None for section in sections) == 2
    assert sum(s.length for s in sections) == pytest.approx(1240.0)
    assert length_profile(sections, EDGES) == pytest.approx(LENGTH, rel=0.05)
    assert area_profile(sections, EDGES) == pytest.approx(AREA, rel=0.02)
    daughters = np.bincount([s.parent for s in sections if s.parent is not None])
    # binary, and one trifurcation where the number of sections is even
    assert sorted(daughters[daughters > 0].tolist()) == [2, 2, 2, 2, 2, 3]
    for section in sections:
        assert section.length > 0 and (section.diameters > 0).all()
        if section.parent is not None:
            assert section.start == pytest.approx(sections[section.parent].end)


def test_walks_have_the_length_of_their_section_and_hang_together() -> None:
    sections = grown()
    starts = [np.array([0.0, 5.0, 0.0]) if s.parent is None else None for s in sections]
    laid = points_of(sections, starts, starts, np.random.default_rng(1), tropism=0.05)
    for section, points in zip(sections, laid, strict=True):
        steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
        assert steps.sum() == pytest.approx(section.length)
        if section.parent is not None:
            assert (points[0] == laid[section.parent][-1]).all()


def test_one_seed_gives_one_tree() -> None:
    first, same, other = grown(), grown(), grown(4)
    assert [s.length for s in first] == [s.length for s in same]
    assert [s.length for s in first] != [s.length for s in other]


def test_written_file_is_a_good_morphology(tmp_path: Path) -> None:
    line = np.array([[0.0, 0.0, 0.0], [0.0, 10.0, 0.0], [0.0, 20.0, 0.0]])
    pieces = [
        Piece(SOMA, None, line, np.full(3, 10.0)),
        Piece(AXON, None, -line, np.full(3, 1.0)),
        Piece(BASAL, None, line + 20.0, np.full(3, 3.0)),
        Piece(BASAL, 2, line + [20.0, 40.0, 20.0], np.full(3, 1.0)),
    ]
    path = tmp_path / "cell.swc"
    write_swc(path, pieces, ["a cell"])
    check_morphology(path, needs_axon=True)
    rows = [line.split() for line in path.read_text().splitlines()]
    assert rows[0] == ["#", "a", "cell"]
    # neurites begin at the middle of the soma; a daughter keeps its own diameter at its start
    assert rows[4][6] == rows[7][6] == "2"
    assert rows[10][1:] == ["3", "20.0000", "40.1000", "20.0000", "0.5000", "9"]
