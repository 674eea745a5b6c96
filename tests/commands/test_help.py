"""The help of every command: in the order of work, in panels, and nothing cut at 80 columns."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from ionfo.cli import app
from ionfo.commands import COMMANDS

PROGRAM = typer.main.get_command(app)


def paths(group: Any = PROGRAM, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command, of the program and of the commands of commands."""
    yield path
    for name, one in getattr(group, "commands", {}).items():
        yield from paths(one, (*path, name))


def command(path: tuple[str, ...]) -> Any:
    found: Any = PROGRAM
    for name in path:
        found = found.commands[name]
    return found


def help_of(path: tuple[str, ...]) -> str:
    done = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "80"})
    assert done.exit_code == 0
    return done.stdout


def joined(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("path", list(paths()), ids=" ".join)
def test_nothing_is_cut(path: tuple[str, ...]) -> None:
    text, one = help_of(path), command(path)
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    shown = joined(text)
    assert joined(inspect.cleandoc(one.help)) in shown
    for option in one.params:
        if getattr(option, "hidden", False):
            assert not any(re.search(rf"(?<!\S){name}(?!\S)", text) for name in option.opts)
        elif option.param_type_name == "option":
            assert re.search(rf"(?<!\S){option.opts[0]}(?!\S)", text)
            assert joined(option.help) in shown
    for name, inner in getattr(one, "commands", {}).items():
        first = joined(inspect.cleandoc(inner.help).split("\n\n")[0])
        assert f"{name} {first}" in shown


def test_commands_are_listed_in_the_order_of_work() -> None:
    listed = re.findall(r"^  ([a-z]+)  ", help_of(()), re.M)
    assert listed == list(COMMANDS)
    names = ["emodels", "sample", "collect", "analyse", "groups", "report"]
    assert [name for name in listed if name in names] == names


@pytest.mark.parametrize(
    "path", [one for one in paths() if command(one).params and one], ids=" ".join
)
def test_what_is_needed_comes_first(path: tuple[str, ...]) -> None:
    one = command(path)
    if getattr(one, "commands", None):
        return
    panels = re.split(r"^(\S.*):\n", help_of(path), flags=re.M)[1:]
    titles, bodies = panels[::2], panels[1::2]
    assert titles[-1] == "What it prints" and len(set(titles)) == len(titles)
    needed = {p.opts[0] for p in one.params if p.required}
    assert titles[0] == "What you need first" or not needed
    for name in needed:
        assert re.search(rf"^  {name}(\.\.\.)? ", bodies[0], re.M), name


def test_an_alias_is_hidden() -> None:
    assert "--group" not in help_of(("analyse",)) and "--group " in help_of(("groups",))


def test_whatever_reads_a_reconstruction_can_repair_it() -> None:
    for path in paths():
        options = {name for one in command(path).params for name in one.opts}
        if "--morphology" in options:
            assert {"--repair", "--repair-type"} <= options, path
