"""Damaged and unfit morphologies get one sentence before NEURON sees them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ionfo.errors import IonfoError
from ionfo.morphologies import check_build, check_morphology, find_morphology

SWC = "1 1 0 0 0 5 -1\n2 3 0 10 0 1 1\n3 2 0 -10 0 1 1\n"
ASC = '("cell" (CellBody) (0 0 0 1) (1 0 0 1))\n((Axon) (0 0 0 1) (0 9 0 1))\n'


@pytest.mark.parametrize(("name", "text"), [("cell.swc", SWC), ("cell.asc", ASC)])
def test_good_file_passes(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    check_morphology(path, needs_axon=True)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("cell.swc", SWC.replace("1 1 0 0", "1 3 0 0"), "no soma"),
        ("cell.swc", SWC.replace("3 2", "3 3"), "no axon"),
        ("cell.swc", SWC + "4 3 0 0\n", "line 4: expected 'n type x y z radius parent'"),
        ("cell.swc", SWC + "4 3 0 nan 0 1 1\n", "line 4: a coordinate is not finite"),
        ("cell.swc", SWC + "4 3 0 1 0 0 1\n", "line 4: the radius must be positive"),
        ("cell.swc", SWC + "4 3 0 1 0 1 9\n", "line 4: parent 9"),
        ("cell.swc", "", "no soma"),
        ("cell.swc", SWC + "3 3 0 1 0 1 1\n", "line 4: point 3 stands twice"),
        (
            "cell.swc",
            SWC + "7 3 0 1 0 1 1\n5 3 0 9 0 1 7\n",
            "line 5: point 5 comes after point 7, and NEURON reads points in the order",
        ),
        ("cell.swc", SWC + "4 -3 0 1 0 1 1\n", "line 4: the type must be 1 .soma."),
        ("cell.swc", SWC + f"{10**30} 3 0 1 0 1 1\n", "number must be from 0 to 2.31, got 1000"),
        ("cell.swc", SWC + "4 3 0 1e9 0 1 1\n", "line 4: a coordinate is above 1e\\+06 um"),
        (
            "cell.swc",
            SWC + "4 3 0 9e5 0 1 1\n",
            "is 9e\\+05 um long, and 6.5e\\+05 um are the most",
        ),
        ("cell.swc", SWC + "4 7 0 1 0 1 1\n", "line 4: the type must be 1 .soma.*got 7"),
        (
            "cell.swc",
            SWC + "".join(f"{i} 3 0 {i} 0 1 {i - 1}\n" for i in range(4, 30_000)),
            "unbranched piece of 29997 points, and 20000 are the most",
        ),
        ("cell.asc", ASC.replace("(1 0 0 1)", "(0 0 0 1)"), "its soma is a single point"),
        ("cell.asc", ASC.replace("0 9 0 1", "0 9 0 -1"), "is negative"),
        ("cell.asc", ASC.replace("0 9 0 1", "0 9e9 0 1"), "damaged"),
        ("cell.asc", ASC.replace("0 9 0 1", "0 9e5 0 1"), "um are the most"),
        ("cell.asc", ASC.replace("(CellBody)", "(Dendrite)"), "no soma"),
        ("cell.asc", ASC.replace("(Axon)", "(Dendrite)"), "no axon"),
        ("cell.asc", ASC[:-4], "damaged"),
        ("cell.txt", SWC, "must be an .asc or .swc file"),
    ],
)
def test_bad_file_gets_a_sentence(tmp_path: Path, name: str, text: str, words: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(IonfoError, match=words):
        check_morphology(path, needs_axon=True)


def test_unreadable_file_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(IonfoError, match="does not exist"):
        check_morphology(tmp_path / "cell.asc", needs_axon=False)
    (tmp_path / "binary.asc").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(IonfoError, match="cannot be read"):
        check_morphology(tmp_path / "binary.asc", needs_axon=False)


@pytest.mark.parametrize("name", ["nothing.swc", "../mechanisms/Ih.mod"])
def test_only_bundled_names_are_found(name: str) -> None:
    with pytest.raises(IonfoError, match="no bundled morphology"):
        find_morphology(name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('("Soma" (CellBody) xx yy)\n((Axon) (0 0 0 1) (0 9 0 1))\n', "its soma has 0 points"),
        (ASC.replace("(0 9 0 1)", "(0 9 zero 1)"), r"expected a point .* got '\(0 9 zero 1\)'"),
        (ASC.replace("(0 9 0 1)", "(0 9 nan 1)"), "expected a point"),
    ],
)
def test_asc_without_proper_points_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "cell.asc"
    path.write_text(text)
    with pytest.raises(IonfoError, match=words):
        check_morphology(path, needs_axon=True)


def test_colours_and_strings_are_no_points(tmp_path: Path) -> None:
    path = tmp_path / "cell.asc"
    path.write_text("; a comment (\n" + ASC.replace("(Axon)", "(Color RGB (255, 0, 0)) (Axon)"))
    check_morphology(path, needs_axon=True)


BODY = '("CellBody" (CellBody)\n(0 0 0 0)\n(5 0 0 0)\n(5 5 0 0)\n(0 5 0 0))\n'
DENDRITE = "((Dendrite)\n(0 5 0 1)\n(0 9 0 1)\n(0 40 0 1))\n"
TREE = "4 3 0 10 0 1 1\n5 3 0 90 0 1 4\n"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IONFO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "morphologies"


@pytest.mark.neuron
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("one.swc", "1 1 0 0 0 8 -1\n" + TREE),
        ("two contour points.swc", "1 1 0 0 0 8 -1\n2 1 0 8 0 8 1\n" + TREE),
        ("three.swc", "1 1 0 0 0 8 -1\n2 1 0 8 0 8 1\n3 1 0 -8 0 8 1\n" + TREE),
        ("contour.asc", BODY + DENDRITE),
        ("zero tip.asc", BODY + DENDRITE.replace("40 0 1", "40 0 0")),
    ],
)
def test_neuron_builds_it_and_is_not_asked_again(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    check_build(path, replaces_axon=False)
    assert len(list(cache.iterdir())) == 1
    monkeypatch.setattr("subprocess.run", None)
    check_build(path, replaces_axon=False)


@pytest.mark.neuron
@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("branches.swc", "1 1 0 0 0 8 -1\n2 1 0 8 0 6 1\n3 1 8 16 0 6 2\n4 1 -8 16 0 6 2\n"
         "5 3 0 60 0 1 1\n6 3 0 90 0 1 5\n", "has 3 soma sections; one is needed"),
        ("two.asc", BODY + BODY.replace("(0", "(50").replace("(5 ", "(55 ") + DENDRITE,
         "has 2 soma sections; one is needed"),
        ("short.asc", '("CellBody" (CellBody)\n(0 0 0 1)\n(5 0 0 1))\n' + DENDRITE,
         "has 0 soma sections.* a contour of three points or more"),
        ("zero.asc", BODY + DENDRITE.replace("0 1)", "0 0)"),
         "zero.asc', line 9: the diameter is 0 along a segment of NEURON's section dend.0."),
        ("empty branch.asc", BODY + DENDRITE.replace("(0 40 0 1)", "((0 40 0 1)|)"),
         "line 9: NEURON cannot read '..0 40 0 1.|..' and would leave out all that follows"),
        # NEURON dies of a contour without an area
        ("line.asc", '("CellBody" (CellBody)\n(0 0 0 1)\n(5 0 0 1)\n(9 0 0 1))\n' + DENDRITE,
         "its process ends of it; it says: Failed to compute soma centroid"),
        # and of these, which `check_morphology` refuses before it
        ("type.swc", "1 1 0 0 0 8 -1\n" + TREE + "6 7 0 99 0 1 5\n", "cannot build a cell"),
    ],
)  # fmt: skip
def test_what_neuron_cannot_build_gets_a_sentence(
    tmp_path: Path, cache: Path, name: str, text: str, words: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    for _ in range(2):
        with pytest.raises(IonfoError, match=words):
            check_build(path, replaces_axon=False)


@pytest.mark.neuron
def test_an_axon_that_is_replaced_may_be_thin(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "cell.asc"
    path.write_text(BODY + DENDRITE + DENDRITE.replace("Dendrite", "Axon").replace("0 1)", "0 0)"))
    check_build(path, replaces_axon=True)
    with pytest.raises(IonfoError, match=r"line 13: the diameter is 0 .* section axon.0."):
        check_build(path, replaces_axon=False)
