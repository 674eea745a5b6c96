"""Figures and claims from populations whose structure is known; the bundled ones re-score."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ionfo.tables.files import read_table, write_table

Run = Callable[..., str]


@pytest.mark.slow
def test_every_figure_is_drawn(run: Run, populations: Path, tmp_path: Path) -> None:
    options = "--bootstrap 2 --shuffles 2 --permutations 2"
    run(
        "populations/plot.py",
        "--populations",
        populations,
        "--out",
        tmp_path,
        "--options",
        options,
    )
    drawn = {one.name for one in tmp_path.glob("*.png")}
    assert drawn == {"parameters.png", "scores.png", "o_information.png", "frequencies.png",
                     "rsi_cac.png", "rsi_bnac.png", "cac_bnac.png"}  # fmt: skip
    assert json.loads((tmp_path / "bnac" / "summary.json").read_text())["rows"] == 400


def test_quality_is_told_in_a_table(run: Run, populations: Path) -> None:
    # 40 walkers of 10 independent states are worth 400
    lines = run("populations/describe.py", "--populations", populations).splitlines()
    assert len(lines) == 5 and lines[2].startswith(
        "| `bnac` | 400 | 1.00 to 1.00 | 40 walkers in 4 ensembles"
    )
    told = re.fullmatch(r" at most (\d+): chains of (\d+\.\d) tau ", lines[2].split("|")[6])
    assert told is not None, lines[2]
    size, spanned = map(float, told.groups())
    assert 150 < size <= 400 and spanned <= 10, lines[2]
    assert 250 < float(lines[2].split("|")[7].split()[0]) < 650, lines[2]
    assert lines[2].split("|")[9].strip() in ("settled", "still settling"), lines[2]
    assert ("fewer than 210" in lines[2]) == (size < 210)


def test_note_says_what_tells_ten_models_a_parameter(load: Callable[[str], Any]) -> None:
    note_of = load("populations/describe.py").note_of
    assert note_of(210, 300.0, True, 0.0) == ""
    assert note_of(210, 300.0, False, 210.0).startswith("210 independent models by the ensembles")
    assert note_of(210, 300.0, False, 209.0) == "not known to hold 210 independent models"
    for ess in (209.0, float("nan")):
        assert note_of(210, ess, True, 400.0) == "fewer than 210 independent models"


def test_what_stuck_walkers_and_gaps_leave_unknown_is_told(
    run: Run, populations: Path, tmp_path: Path
) -> None:
    frame, metadata = read_table(populations / "cac.parquet")
    is_stuck = frame["walker"] == 3
    stuck = frame[~is_stuck | (frame["step"] == 0)].assign(weight=1.0)
    stuck.loc[stuck["walker"] == 3, "weight"] = 10.0
    for name, one in (("cac", stuck), ("cac_high", frame.drop(index=[5, 57]))):
        write_table(tmp_path / f"{name}.parquet", one.reset_index(drop=True), metadata)
    told = run("populations/describe.py", "--populations", tmp_path).splitlines()[2:]
    assert [re.sub(r"\d{3}", "N", line.split("|")[6].strip()) for line in told] == [
        "at most N: walkers that never moved: 1",
        "at most N: chains have gaps",
    ]
    assert all(0.9 < float(line.split("|")[8] or 1.0) < 1.2 for line in told)


@pytest.mark.neuron
def test_bundled_populations_score_as_stored(root: Path, run: Run) -> None:
    told = run("populations/check.py", "--models", "1")
    for file in (root / "emodels" / "populations").glob("*.parquet"):
        assert f"{file.stem}: 1 of " in told


def test_nothing_to_check_is_no_pass(root: Path, tmp_path: Path) -> None:
    for script, *options in (
        ("populations/describe.py", "--populations", tmp_path),
        ("populations/check.py", "--populations", tmp_path),
        ("populations/check.py", "--models", "0"),
    ):
        command = [sys.executable, root / "scripts" / script, *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode != 0 and done.stdout == "", script


@pytest.mark.parametrize("script", ["describe", "check"])
def test_a_table_cut_short_gets_a_sentence(
    root: Path, populations: Path, tmp_path: Path, script: str
) -> None:
    (tmp_path / "cac.parquet").write_bytes((populations / "cac.parquet").read_bytes()[:1000])
    command = [sys.executable, root / f"scripts/populations/{script}.py"]
    done = subprocess.run(
        [*command, "--populations", tmp_path], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2 and re.fullmatch(
        rf"{script}: file '.*' cannot be read: it is no Parquet file, or cut short\n", done.stderr
    )
