"""Repairs of reconstructions: what is done is said, and what NEURON then builds is one cell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ionfo.errors import IonfoError
from ionfo.morphologies import check_build, check_morphology, morphology_notes, repair_morphology
from ionfo.morphologies.first_build import built_size

TREE = "4 3 0 10 0 1 1\n5 3 0 90 0 1 4\n"
CHILDREN_FIRST = "3 3 0 90 0 1 2\n2 3 0 10 0 1 1\n1 1 0 0 0 8 -1\n"
FORKED_SOMA = (
    "1 1 0 0 0 8 -1\n2 1 0 8 0 6 1\n3 1 8 20 0 6 2\n6 1 -8 20 0 6 2\n7 3 9 20 0 1 3\n"
    "8 3 9 90 0 1 7\n" + TREE
)
TWO_ENDED_SOMA = "1 1 0 0 0 5 -1\n2 1 0 5 0 5 1\n4 3 9 0 0 1 1\n5 3 90 0 0 1 4\n6 1 0 -9 0 4 1\n"
TYPES = "1 1 0 0 0 8 -1\n4 0 0 10 0 1 1\n5 5 0 90 0 1 4\n6 6 0 99 0 1 5\n"
SHORT_SOMA = '("CellBody" (CellBody)\n(0 0 3 1)\n(12 0 3 1))\n'
DENDRITE = "((Dendrite)\n(0 5 3 0)\n(0 9 3 1)\n(0 40 3 0))\n"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IONFO_CACHE", str(tmp_path / "cache"))


def written(tmp_path: Path, text: str, kind: str = "swc") -> Path:
    path = tmp_path / f"cell.{kind}"
    path.write_text(text)
    return path


@pytest.mark.neuron
@pytest.mark.parametrize(
    ("text", "words", "n_sections", "length"),
    [
        (CHILDREN_FIRST, "put 2 points behind parents that came after", 1, 80.0),
        (TWO_ENDED_SOMA, "put the 3 points of the soma in a row, from end to end", 1, 81.0),
        (FORKED_SOMA, "joined the 4 points of a soma that branches", 2, 150.0),
        (TYPES, "gave 1 point of type 0 the type 3 (basal)", 1, 89.0),
        ("1 1 0 0 0 8 -1\n" + TREE + "6 3 200 0 0 1 -1\n7 3 300 0 0 1 6\n",
         "left out 1 tree with 2 points, which the soma does not reach (first on line 4)", 1, 80.0),
        ("1 1 0 0 0 8 -1\n" + TREE.replace("90 0 1", "90 0 0"),
         "gave 1 point of diameter 0 that of a neighbour (first on line 3)", 1, 80.0),
        ("1 1 0 0 0 8 -1\n" + TREE + TREE, "left out 2 repeated lines", 1, 80.0),
        ("1 3 0 90 0 1 -1\n2 3 0 10 0 1 1\n3 1 0 0 0 8 2\n6 1 0 9 9 8 3\n7 1 9 0 0 8 3\n",
         "let the tree begin at its soma", 1, 80.0),
    ],
)  # fmt: skip
def test_a_repaired_file_builds_one_cell(
    tmp_path: Path, cache: None, text: str, words: str, n_sections: int, length: float
) -> None:
    path, out = written(tmp_path, text), tmp_path / "repaired.swc"
    with pytest.raises(IonfoError):  # --repair is named, or the notes name it
        check_morphology(path, needs_axon=False)
        check_build(path, replaces_axon=False)
        raise IonfoError("; ".join(n for n in morphology_notes(path) if "--repair" in n))
    done = repair_morphology(path, out, {0: "basal", 5: "parent", 6: "parent"})
    assert any(words in one for one in done), done
    check_morphology(out, needs_axon=False)
    check_build(out, replaces_axon=False)
    assert morphology_notes(out) == []
    n, built, _, from_soma, _ = built_size(out)["basal"]
    assert (n, built - from_soma) == (n_sections, pytest.approx(length, abs=0.1))
    assert repair_morphology(out, tmp_path / "again.swc") == []
    assert not (tmp_path / "again.swc").exists()


def test_a_joined_soma_keeps_its_area(tmp_path: Path) -> None:
    # a cross of two cylinders of length 20 um and diameter 4 um
    arms = "1 1 0 0 0 2 -1\n" + "".join(
        f"{i} 1 {x} {y} 0 2 1\n"
        for i, (x, y) in enumerate([(10, 0), (-10, 0), (0, 10), (0, -10)], 2)
    )
    out = tmp_path / "out.swc"
    repair_morphology(written(tmp_path, arms), out)
    rows = [line.split() for line in out.read_text().splitlines() if not line.startswith("#")]
    assert len(rows) == 1
    assert 4 * float(rows[0][5]) ** 2 == pytest.approx(4 * 10 * 4)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TYPES, r"type 0 \(1 point\), 5 .* for example with --repair-type 0=basal,5=parent,6=parent"),
        ("1 1 0 0 0 8 -1\n2 3 0 9 0 1 1\n2 3 0 8 0 1 1\n", "line 3: point 2 stands twice, first on"),
        ("1 1 0 0 0 8 -1\n2 3 0 9 0 1 3\n3 3 0 8 0 1 2\n", "line 2: point 2 is an ancestor of its"),
        ("1 3 0 0 0 8 -1\n", "has no soma, and none can be made"),
        ("1 1 0 0 0 0 -1\n2 3 0 9 0 1 1\n", "line 1: no point of the soma has a diameter"),
    ],
)  # fmt: skip
def test_what_only_the_user_knows_is_asked(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(IonfoError, match=words):
        repair_morphology(written(tmp_path, text), tmp_path / "out.swc")


@pytest.mark.neuron
def test_a_soma_of_two_points_becomes_a_circle(tmp_path: Path, cache: None) -> None:
    path, out = written(tmp_path, SHORT_SOMA + DENDRITE, "asc"), tmp_path / "out.asc"
    with pytest.raises(IonfoError, match="0 soma sections"):
        check_build(path, replaces_axon=False)
    assert repair_morphology(path, out) == [
        "gave 2 points of diameter 0 that of a neighbour (first on line 5)",
        "drew a circle of 12 um for a soma of 2 points",
    ]
    check_build(out, replaces_axon=False)
    n, length, area, *_ = built_size(out)["basal"]
    assert (n, length) == (1, 35.0) and area == pytest.approx(35 * 3.14159, rel=1e-3)


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("swc", "1 1 0 0 0 8 -1\n" + TREE + "6 3 0 300 0 1 -1\n7 3 0 400 0 1 6\n",
         "1 tree with 2 points that touches nothing .first on line 4.; NEURON ties"),
        ("swc", "1 1 0 0 0 8 -1\n" + TREE + "6 3 0 300 0 12 5\n",
         "the diameter jumps more than 10 times between neighbours at 1 point .first on line 4"),
        ("swc", "1 1 0 0 0 8 -1\n" + TREE + "6 1 0 300 0 8 -1\n", "2 trees have a soma .the second"),
        ("asc", SHORT_SOMA + DENDRITE, "the diameter is 0 at 2 points .first on line 5"),
        ("asc", SHORT_SOMA + DENDRITE.replace("(0 5 3 0)", "(0 99 3 1) ; away"),
         "1 tree begins more than 50 um from the soma .first on line 5, 99 um away"),
    ],
)  # fmt: skip
def test_odd_places_are_told(tmp_path: Path, kind: str, text: str, words: str) -> None:
    notes = morphology_notes(written(tmp_path, text, kind))
    assert any(re.search(words, note) for note in notes), notes
