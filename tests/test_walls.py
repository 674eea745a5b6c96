"""The walls of the house, by the imports: which room may use which (docs/reference/development.md)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TERMINAL = {"typer", "rich"}
EXTRAS = {"jax", "equinox", "optax", "flowjax", "scanpy", "umap", "leidenalg", "dash", "chaospy",
          "sklearn", "anndata"}  # fmt: skip
WAYS = ("sampling.chains", "sampling.optimise", "sampling.dics", "sampling.posterior")


def modules(root: Path) -> Iterator[tuple[str, ast.Module]]:
    """Every module of the package, named from below it."""
    package = root / "src" / "ionfo"
    for top in sorted(package.iterdir()):
        files = sorted(top.resolve().rglob("*.py")) if top.is_dir() else [top]
        base = top.resolve() if top.is_dir() else package
        for file in files:
            if file.suffix != ".py":
                continue
            parts = list(file.relative_to(base).with_suffix("").parts)
            parts = [top.name, *parts] if top.is_dir() else parts
            if parts[-1] == "__init__":
                parts = parts[:-1] + ["__init__"]
            yield ".".join(parts), ast.parse(file.read_text(encoding="utf-8"))


def imports(name: str, tree: ast.AST, at_top: bool = False) -> Iterator[str]:
    """What a module imports: names below the package as ``.room.module``, others as they are."""
    package = name.split(".")[:-1]
    nodes = tree.body if at_top and isinstance(tree, ast.Module) else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            target = [*base, *(node.module or "").split(".")] if node.module else base
            for one in node.names:
                yield "." + ".".join([*target, one.name])
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def is_in(name: str, *rooms: str) -> bool:
    return any(name == room or name.startswith(room + ".") for room in rooms)


def broken(name: str, tree: ast.Module) -> Iterator[str]:
    """Say which walls a module breaks."""
    own = {one[1:] for one in imports(name, tree) if one.startswith(".")}
    other = {one.split(".")[0] for one in imports(name, tree) if not one.startswith(".")}

    def forbids(*rooms: str) -> Iterator[str]:
        for one in sorted(own):
            if is_in(one, *rooms):
                yield f"{name} imports {one}"

    if is_in(name, "analysis"):
        known = ("analysis", "errors", "compiled")
        yield from (f"{name} imports {one}" for one in sorted(own) if not is_in(one, *known))
    if is_in(name, "features"):
        yield from forbids("emodels", "sampling", "tables", "analysis")
        yield from (f"{name} imports {one}" for one in other & {"neuron", "bluepyopt"})
    if is_in(name, "emodels"):
        yield from forbids("tables", "sampling", "analysis", "studies", "terminal", "pages")
    if is_in(name, "tables"):
        yield from forbids("sampling", "terminal", "analysis", "studies", "pages", "commands")
    if is_in(name, "sampling"):
        yield from forbids("studies", "pages", "commands")
        yield from (
            f"{name} imports {one}"  # arrays that judge chains, and nothing of information
            for one in sorted(own)
            if is_in(one, "analysis") and not is_in(one, "analysis.uncertainty")
        )
    for way in WAYS:
        if is_in(name, way):
            yield from forbids(*(one for one in WAYS if one != way))
    if not is_in(name, "cli", "commands", "terminal", "__main__"):
        yield from (f"{name} imports {one}" for one in sorted(other & TERMINAL))
        yield from forbids("terminal", "cli")
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                told = ast.unparse(node.func)
                if told in ("print", "sys.exit", "exit"):
                    yield f"{name} calls {told}, line {node.lineno}"
    if not is_in(name, "cli", "commands"):
        yield from forbids("commands")
    if is_in(name, "pages"):
        yield from forbids("sampling.chains", "sampling.optimise")
    at_top = {one.split(".")[0] for one in imports(name, tree, at_top=True)}
    yield from (f"{name} imports {one} at its top" for one in sorted(at_top & EXTRAS))


def test_no_wall_is_broken(root: Path) -> None:
    found = list(modules(root))
    assert len(found) > 150
    assert [line for name, tree in found for line in broken(name, tree)] == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("analysis.measures.forms", "from ...tables import files"),
        ("analysis.answers", "from ..sampling import mpi"),
        ("features.scores", "import neuron"),
        ("features.scores", "from ..emodels import EModel"),
        ("emodels.cell", "from ..tables.files import read_table"),
        ("tables.files", "def f():\n    from ..sampling.runs import lock"),
        ("tables.files", "from ..terminal import console"),
        ("sampling.chains.run", "from ..optimise import run"),
        ("sampling.optimise.run", "from ..chains.store import RunStore"),
        ("studies.population", "print(3)"),
        ("studies.population", "import rich"),
        ("sampling.runs.lock", "import sys\nsys.exit(2)"),
        ("studies.plan", "from ..commands import plot"),
        ("pages.report.page", "from ...sampling.chains import store"),
        ("analysis.genes.clusters", "import scanpy"),
    ],
)
def test_broken_wall_is_seen(name: str, code: str) -> None:
    assert list(broken(name, ast.parse(code)))
