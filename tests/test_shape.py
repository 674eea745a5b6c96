"""Modules that fit a reader's head, and functions that fit a line."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

MOST_LINES = 400
MOST_PARAMETERS = 8


def modules(root: Path) -> Iterator[tuple[str, str]]:
    """Every module of the package, the linked folders among them, with its text."""
    package = root / "src" / "ionfo"
    for top in sorted(package.iterdir()):
        files = sorted(top.resolve().rglob("*.py")) if top.is_dir() else [top]
        base = top.resolve() if top.is_dir() else package
        for file in files:
            if file.suffix == ".py":
                inside = file.relative_to(base)
                name = Path(top.name) / inside if top.is_dir() else inside
                yield name.as_posix(), file.read_text(encoding="utf-8")


def wide(text: str) -> Iterator[str]:
    """Name the functions and methods of a module with too many parameters."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            names = [one.arg for one in every if one.arg not in ("self", "cls")]
            if len(names) > MOST_PARAMETERS:
                yield f"{node.name} has {len(names)} parameters, line {node.lineno}"


def test_no_module_is_long(root: Path) -> None:
    found = dict(modules(root))
    assert len(found) > 150 and "sampling/chains/run.py" in found
    assert {
        n: len(t.splitlines()) for n, t in found.items() if len(t.splitlines()) > MOST_LINES
    } == {}


def test_no_function_takes_many_parameters_but_commands(root: Path) -> None:
    lines = [
        f"{name}: {one}"
        for name, text in modules(root)
        if not name.startswith("commands/")
        for one in wide(text)
    ]
    assert lines == []


@pytest.mark.parametrize(
    ("names", "n"), [("self, a, b, c, d, e, f, g, h", 0), ("a, b, c, d, e, f, g, *, h, i", 1)]
)
def test_parameters_are_counted(names: str, n: int) -> None:
    assert len(list(wide(f"def f({names}): pass"))) == n
