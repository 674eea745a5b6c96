"""Damaged and unfit morphologies get one sentence before NEURON sees them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ionfo.errors import IonfoError
from ionfo.morphologies import check_morphology, find_morphology

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
