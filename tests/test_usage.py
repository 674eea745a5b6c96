"""An impatient user gets one sentence with the name, the rule, what came and where to look."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo import cli
from ionfo.sampling.files import write_table


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
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "p.parquet").read_bytes()[:50])
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text("{}")
    (tmp_path / "folder").mkdir()

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
        ("sample soma", "Missing option '--out'; see: ionfo sample --help"),
        ("score soma p.parquet --out o.csv --processes 0",
         "'--processes': must be greater than or equal to 1, got '0'; see: ionfo score --help"),
        ("score soma p.parquet --out o.csv --processes many",
         "'--processes': must be a valid integer, got 'many'"),
        ("score soma p.parquet --out o.csv --cost median",
         "'--cost': 'median' is not one of 'max', 'sum', 'mean'; see: ionfo score --help"),
        ("import p.parquet --out o.csv --format word", "'word' is not one of 'emodel-folder'"),
        ("doctor now", "unexpected extra argument(s) (now); see: ionfo doctor --help"),
        ("emodels folder", ", or the path of a definition (.json)"),
        ("analyse empty.csv --out a", "file 'empty.csv' cannot be read: it is empty"),
        ("analyse cut.parquet --out a", "'cut.parquet' cannot be read: it is no Parquet file, or cut short"),
        ("analyse run --out a", "is a run; collect it: ionfo collect run --out population.parquet"),
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
