"""An impatient user gets one sentence with the name, the rule, what came and where to look."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer

from ionfo import cli
from ionfo.tables.files import write_table


@pytest.fixture
def told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> object:
    """Run a command line in this process; gives its exit code and its lines on standard error."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.random((20, 4)), columns=[f"parameters/{one}" for one in "abcd"])
    write_table(tmp_path / "p.parquet", frame)
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "empty.parquet").write_text("")
    (tmp_path / "empty.json").write_text("")
    (tmp_path / "cut.json").write_text('{"g_pas.somatic": ')
    (tmp_path / "header.csv").write_text("parameters/a,parameters/b\n")
    (tmp_path / "twice.csv").write_text("parameters/a,parameters/b,parameters/a\n1,2,3\n")
    (tmp_path / "latin.csv").write_bytes("parameters/é\n1\n".encode("latin-1"))
    (tmp_path / "latin.json").write_bytes('{"é": 1}'.encode("latin-1"))
    genes = ["count/Scn1a", "count/Scn2a", "count/Hcn1"]
    counts = pd.DataFrame(rng.integers(1, 9, (30, 3)), columns=genes)
    counts.assign(type=["A"] * 15 + ["B"] * 15).to_csv(tmp_path / "cells.csv", index=False)
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "p.parquet").read_bytes()[:50])
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text("{}")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.csv").mkdir()

    def run(line: str) -> tuple[int, list[str]]:
        monkeypatch.setattr(sys, "argv", ["ionfo", *line.split()])
        with pytest.raises(SystemExit) as left:
            cli.main()
        assert isinstance(left.value.code, int)
        return left.value.code, capfd.readouterr().err.splitlines()

    return run


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("smaple soma", "No such command 'smaple'. Did you mean 'sample'?"),
        ("score soma", "Missing argument 'file'; see: ionfo score --help"),
        ("genes identify cells.csv --out a", "Missing option '--labels'; see: ionfo genes identify --help"),
        ("sample soma --out r --steps 1.5", "must be a valid integer, got '1.5'"),
        ("sample soma --out r --steps=1.5", "must be a valid integer, got '1.5'"),
        ("sample soma --out r --steps 1 --steps 1.5", "must be a valid integer, got '1.5'"),
        ("sample soma", "Missing option '--out'; see: ionfo sample --help"),
        ("score soma p.parquet --out o.csv --processes 0",
         "'--processes': must be greater than or equal to 1, got '0'; see: ionfo score --help"),
        ("score soma p.parquet --out o.csv --processes many",
         "'--processes': must be a valid integer, got 'many'"),
        ("score soma p.parquet --out o.csv --cost median",
         "'--cost': 'median' is not one of 'max', 'sum', 'mean'; see: ionfo score --help"),
        ("import p.parquet --out o.csv --format word", "'word' is not one of 'emodel-folder'"),
        ("doctor now", "unexpected extra argument(s) (now); see: ionfo doctor --help"),
        ("emodels folder", ", or the path of a definition (.json or .yaml)"),
        ("analyse empty.csv --out a", "file 'empty.csv' cannot be read: it is empty"),
        ("analyse cut.parquet --out a", "'cut.parquet' cannot be read: it is no Parquet file, or cut short"),
        ("analyse run --out a", "is a run; collect it: ionfo collect run --out population.parquet"),
        ("emodels no.json", "e-model file 'no.json' cannot be read: it does not exist"),
        ("emodels empty.json", "e-model file 'empty.json' cannot be read: it is empty"),
        ("emodels latin.json", "it is no text in UTF-8 (byte 3 is not); save it as UTF-8"),
        ("score soma empty.json --out o.csv", "'empty.json' cannot be read as JSON: it is empty"),
        ("score soma cut.json --out o.csv", "it is no JSON at line 1, column 19 (Expecting value)"),
        ("score soma latin.json --out o.csv", "it is no text in UTF-8 (byte 3 is not)"),
        ("score soma p.parquet --out folder.csv", "output 'folder.csv' is a folder; choose another"),
        ("sample soma --out r --moves=", "--moves names nothing, got ''"),
        ("status p.parquet", "'p.parquet' is a file; give the run folder that `ionfo sample` wrote"),
        ("status nothing", "run folder 'nothing' does not exist"),
        ("collect p.parquet --out o.csv", "'p.parquet' is a file; give the run folder"),
        ("collect run --out folder.csv", "output 'folder.csv' is a folder; choose another name"),
        ("analyse empty.parquet --out a", "'empty.parquet' cannot be read as parquet: it is empty"),
        ("analyse latin.csv --out a", "it is no text in UTF-8 (byte 12 is not); save it as UTF-8"),
        ("analyse twice.csv --out a", "column 'parameters/a' stands 2 times in it; rename or remove"),
        ("analyse cells.csv --group type --out p.parquet", "'p.parquet' is a file; choose another"),
        ("genes sizes cells.csv --group type --out a --seed -1", "--seed must not be negative, got -1"),
        ("import twice.csv --out o.csv", "column 'parameters/a' stands 2 times in it"),
        ("import header.csv --out o.csv", "'header.csv' holds no models"),
        ("import p.parquet --out o.csv --features parameters/e", "has no column 'parameters/e'; did"),
        ("import folder --out o.csv --format mcmc-table", "'folder' cannot be read as CSV: it is a folder"),
        ("score reference soma",
         "the e-model comes first, and then the models: ionfo score soma reference"),
        ("sample run --out r",
         "'run' is a run folder, and an e-model is needed here; to go on with the run"),
        ("collect p.parquet --out o.csv", "look at a population: ionfo report p.parquet --out report"),
        ("report nothing --out a", "'nothing' does not exist"),
        ("report folder --out a", "is no run folder: it has no run.json"),
        ("report p.parquet --out p.parquet", "is a file; choose another folder with --out"),
        ("report p.parquet --out a --burn-in 3", "'p.parquet' is a population already"),
        ("report p.parquet --out a --no-analysis", "make one with: ionfo analyse p.parquet --out a"),
        ("plot folder o_information --out f.png", "'folder' holds no analysis"),
        ("import nothing --out o.csv", "'nothing' does not exist"),
        ("import folder --out o.csv", "holds neither recipes.json"),
        ("export p.parquet --out o.hoc", "'p.parquet' carries no e-model; import it again with"),
        ("export p.parquet --out o.xyz", "tells no format; end it in .hoc"),
        ("export p.parquet --out /proc/none.nc", "'/proc/none.nc' cannot be written: No such file"),
        ("export p.parquet --out /proc/none.csv --format mcmc-table",
         "'/proc/none.csv' cannot be written"),
    ],
)  # fmt: skip
def test_mistakes(told: object, line: str, words: str) -> None:
    code, lines = told(line)  # type: ignore[operator]
    assert code == 2 and words in lines[-1] and lines[-1].startswith("ionfo: "), lines
    assert len(lines) == 1 or all(one.startswith("ionfo: ") for one in lines)
    assert not list(Path().glob("o.*"))


def test_nothing_asked_for_gives_the_help(told: object) -> None:
    code, lines = told("")  # type: ignore[operator]
    assert code == 2 and lines[0].startswith("Usage: ") and "ionfo: " not in lines[0]


def test_import_says_which_models_lack_a_parameter(told: object) -> None:
    frame = pd.read_parquet("p.parquet")
    frame.loc[7:8, "parameters/c"] = np.nan
    frame.to_csv("gap.csv", index=False)
    code, lines = told("import gap.csv --out gap.parquet")  # type: ignore[operator]
    assert code == 0
    assert lines == [
        "ionfo: parameter 'c' is missing in 2 of 20 models, the first is model 7 (from 0); "
        "`ionfo analyse` takes whole rows only"
    ]


def commands(group: object, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], set[str]]:
    """Every command with the names of its options."""
    found = {path: {"--help"}}
    for one in getattr(group, "params", []):
        found[path] |= {*one.opts, *one.secondary_opts}
    for name, command in getattr(group, "commands", {}).items():
        found |= commands(command, (*path, name))
    return found


def named(text: str) -> list[tuple[str, list[str]]]:
    """Every command line of ionfo in a text: what follows the name, and its options."""
    blocks = re.findall(r"^```(?!python).*?\n(.*?)^```", text, re.M | re.S)
    lines = re.findall(
        r"(?:`|(?:with|it|see|next|Example): (?:mpirun -n \d+ )?)ionfo ([a-z][^`\n]*)", text
    )
    lines += [one for block in blocks for one in re.findall(r"^ionfo ([a-z].*)", block, re.M)]
    return [(line, re.findall(r"(?<![\w-])--[a-z][a-z-]*", line)) for line in lines]


def test_every_command_that_is_named_exists(root: Path) -> None:
    known = commands(typer.main.get_command(cli.app))
    assert ("genes", "identify") in known and "--steps" in known[("sample",)]
    groups = {path[0] for path in known if len(path) == 2}
    folders = ("src/ionfo", "emodels", "sampling", "mechanisms", "morphologies", "docs")
    files = [one for folder in folders for one in (root / folder).rglob("*")
             if one.suffix in (".py", ".md", ".js")]  # fmt: skip
    n_named, wrong = 0, []
    for file in [*files, root / "README.md"]:
        for line, options in named(file.read_text(encoding="utf-8")):
            words = re.findall(r"[\w-]+", line)
            path = tuple(words[:2]) if words[0] in groups else (words[0],)
            n_named += 1
            if path not in known or not set(options) <= known[path]:
                wrong.append(f"{file.name}: ionfo {line}")
    assert n_named > 60 and not wrong
