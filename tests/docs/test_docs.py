"""The documentation builds without a warning, and its code blocks run."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from ionfo.cli import app
from ionfo.emodels.faults import check_definition

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
FENCE = re.compile(r"^```(.*?)\n(.*?)^```$", re.M | re.S)
FEW = "--shuffles 2 --bootstrap 0 --permutations 2"
# what takes minutes is run small: same commands, fewer steps
SMALLER = (
    ("--steps 12 --max-cost 5", "--steps 2 --ensembles 1"),
    ("--start-evaluations 480", "--start-evaluations 24"),
    ("population.parquet --max-cost 5", "population.parquet --burn-in 1"),
    ("report population.parquet", f"report population.parquet {FEW}"),
    ("--target -5,10 --n 500", "--target -5,10 --n 20"),
    ("--model stg --n 256", "--model stg --n 16"),
    ("analyse stg.parquet", f"analyse stg.parquet {FEW}"),
)


def blocks(page: Path) -> list[tuple[str, str]]:
    """Language and text of every code block of a page."""
    return [(info.strip(), text) for info, text in FENCE.findall(page.read_text())]


def run(command: list[str], folder: Path) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=600,
        env={**os.environ, "PATH": path},
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_blocks_are_typed(page: Path) -> None:
    for info, text in blocks(page):
        assert info in ("python", "sh", "{.sh .cluster}", "text", "json"), (page.name, info)
        if info == "json":
            json.loads(text)
    prose = FENCE.sub("", page.read_text())
    # a block without a fence has no type; lists and tables are no blocks
    assert not re.search(r"\n\n    (?![-*|\d])\S", prose), f"{page.name} has an indented block"


@pytest.mark.neuron
@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(info in ("python", "sh") for info, _ in blocks(page))],
    ids=lambda page: page.stem,
)
def test_blocks_run(page: Path, tmp_path: Path) -> None:
    for info, text in blocks(page):
        if info == "python":
            run([sys.executable, "-W", "error", "-c", text], tmp_path)
        elif info == "sh":
            for long, short in SMALLER:
                text = text.replace(long, short)
            run(["bash", "-euc", text], tmp_path)


def commands(text: str) -> list[list[str]]:
    """Every call of ionfo in the lines of a block, without launcher and comment."""
    found = []
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        if "ionfo" in words:
            found.append(words[words.index("ionfo") + 1 :])
    return found


def options_of(call: list[str]) -> set[str]:
    """Options of the command that is called; a KeyError where there is none."""
    command = typer.main.get_command(app)
    for word in call:
        if not hasattr(command, "commands"):
            break
        command = command.commands[word]
    return {one for option in command.params for one in (*option.opts, *option.secondary_opts)}


def test_commands_of_clusters_and_of_the_readme_exist(root: Path) -> None:
    told = [text for page in PAGES for info, text in blocks(page) if info == "{.sh .cluster}"]
    readme = (root / "README.md").read_text()
    told += [line for line in readme.splitlines() if re.match(r"    (ionfo|mpirun) ", line)]
    calls = [call for text in told for call in commands(text)]
    assert len(calls) >= 8
    for call in calls:
        given = {word.partition("=")[0] for word in call if word.startswith("--")}
        assert given <= options_of(call), call


def test_every_command_is_in_the_list() -> None:
    told = set(re.findall(r"^\| `ionfo (\w+)`", (DOCS / "reference/commands.md").read_text(), re.M))
    known = {info.name or info.callback.__name__ for info in app.registered_commands
             if info.callback}  # fmt: skip
    assert told == known | {group.name for group in app.registered_groups}


def test_python_of_the_readme_runs(root: Path, tmp_path: Path) -> None:
    ran = []
    for info, text in blocks(root / "README.md"):
        assert info == "python"
        if "ionfo.sample(" in text:  # the ten lines: tests/test_interface.py runs them
            continue
        run([sys.executable, "-W", "error", "-c", text], tmp_path)
        ran.append(text)
    assert len(ran) == 1


def test_the_definition_of_the_published_cell_has_no_fault() -> None:
    file = DOCS / "how_to" / "hay.yaml"
    checked = check_definition(file.read_text(encoding="utf-8"), str(file))
    assert not [str(one) for one in checked.faults if one.is_error]
    assert checked.emodel is not None and checked.emodel.reference is not None
