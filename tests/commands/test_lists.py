"""Options that take several values are split in one way, whatever they hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.cli import app
from ionfo.errors import IonfoError
from ionfo.limits import split, split_numbers, split_whole_numbers

QUICK = ["--shuffles", "0", "--bootstrap", "0", "--permutations", "0"]


def test_words() -> None:
    assert split(["x, y", "z"], "--targets") == ("x", "y", "z")
    assert split(' "L5, thick" , L6,', "--groups") == ("L5, thick", "L6")
    assert split(None, "--targets") == ()
    with pytest.raises(IonfoError, match="--targets names nothing, got ' , '"):
        split([" , "], "--targets")


def test_numbers() -> None:
    assert split_numbers(["180, 260", "3e2"], "--percent") == (180.0, 260.0, 300.0)
    with pytest.raises(IonfoError, match="--percent must be numbers such as 180,260, got 'much'"):
        split_numbers("180,much", "--percent")


def test_whole_numbers_keep_their_order() -> None:
    assert split_whole_numbers(["12, 3", "5-7"], "--model", 100) == (12, 3, 5, 6, 7)
    for text in ("", "3,,4", "1.5", "-1"):
        with pytest.raises(IonfoError, match="--model must be numbers and ranges such as 3-6,10"):
            split_whole_numbers([text], "--model", 100)
    with pytest.raises(IonfoError, match="--model must be numbers up to 100, got 101"):
        split_whole_numbers("101", "--model", 100)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    values = np.random.default_rng(0).standard_normal((60, 7))
    frame = pd.DataFrame(values, columns=[*(f"parameters/{one}" for one in "abcde"), "features/x",
                                          "features/y"])  # fmt: skip
    frame.assign(kind=["one, first", "two"] * 30).to_csv(tmp_path / "t.csv", index=False)
    return tmp_path / "t.csv"


def test_commands_split_alike(table: Path, tmp_path: Path) -> None:
    lines = {
        "together": ["--targets", "x, y", "--orders", "3, 4"],
        "apart": ["--targets", "x", "--targets", "y", "--orders", "3", "--orders", "4"],
    }
    for name, options in lines.items():
        out = str(tmp_path / name)
        app(["analyse", str(table), "--out", out, *QUICK, *options], standalone_mode=False)
    files = [(tmp_path / name / "redundancy_synergy.csv").read_bytes() for name in lines]
    assert files[0] == files[1] and files[0]
    assert set(pd.read_csv(tmp_path / "apart/o_information.csv")["order"]) == {3, 4}


def test_groups_with_commas_are_quoted(table: Path, tmp_path: Path) -> None:
    line = ["groups", str(table), "--group", "kind", "--out", str(tmp_path / "out"), *QUICK]
    line += ["--group-permutations", "0", "--targets", "x, y", "--groups", '"one, first", two']
    app(line, standalone_mode=False)
    curves = pd.read_csv(tmp_path / "out/groups_curves.csv")
    assert list(curves["table"].unique()) == ["one, first", "two"]
    assert curves["measure"].nunique() == 3


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["trace", "p.csv", "--out", "f.png", "--model", "2,x"], "--model must be numbers and rang"),
        (["validate", "p.csv", "--out", "v.csv", "--percent", "1,x"], "--percent must be numbers"),
        (["analyse", "p.csv", "--out", "a", "--orders", "3,x"], "--orders must be numbers and"),
        (["import", "p.csv", "--out", "a.csv", "--features", ","], "--features names nothing"),
        (["genes", "sizes", "p.csv", "--group", "g", "--out", "a", "--sizes", "50;60"],
         "--sizes must be numbers and ranges such as 3-6,10, got '50;60'"),
    ],
)  # fmt: skip
def test_mistakes_say_option_rule_and_what_came(line: list[str], words: str) -> None:
    with pytest.raises(IonfoError, match=words):
        app(line, standalone_mode=False)
