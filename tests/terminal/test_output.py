"""Every command takes --quiet and --json, and shows an example in its help."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from ionfo.cli import app

COMMANDS = {
    info.name or info.callback.__name__: info.callback.__doc__ or ""
    for info in app.registered_commands
    if info.callback is not None
}


def ionfo(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ionfo", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example(name: str) -> None:
    found = re.search(r"^ *Example: (?:mpirun -n \d+ )?ionfo (\S+)", COMMANDS[name], re.M)
    assert found and found[1] == name


def test_quiet_prints_nothing() -> None:
    done = ionfo("emodels", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_json_is_one_object(tmp_path: Path) -> None:
    (tmp_path / "hof.json").write_text('[{"a.somatic": 1.0}]')
    done = ionfo("import", tmp_path / "hof.json", "--out", tmp_path / "p.parquet", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0 and told["command"] == "import" and told["error"] is None
    assert told["result"]["models"] == 1


def test_json_tells_mistakes(tmp_path: Path) -> None:
    done = ionfo("import", tmp_path / "no.json", "--out", tmp_path / "p.parquet", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == told["exit_code"] == 2
    assert "does not exist" in told["error"] and told["error"] in done.stderr


def test_completion_is_offered() -> None:
    done = ionfo("--help")
    assert "--install-completion" in done.stdout and "import" in done.stdout


@pytest.mark.parametrize(
    "line", ["emodels l5pc", "emodels l5pc --json", "doctor", "emodels --help"]
)
def test_a_reader_that_leaves_ends_a_command_quietly(line: str) -> None:
    read, write = os.pipe()
    command = [sys.executable, "-m", "ionfo", *line.split()]
    os.close(read)
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, timeout=300)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


def test_version() -> None:
    done = ionfo("--version")
    assert (done.returncode, done.stdout) == (0, f"ionfo {version('ionfo')}\n")
