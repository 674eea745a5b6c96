"""The lists of versions follow from pyproject.toml and from what is installed."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

packaging = pytest.importorskip("packaging.requirements")

Run = Callable[..., str]
Load = Callable[[str], Any]


def pinned(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return dict((line.split("==")[0], line.split("==")[1]) for line in lines)


def test_oldest_are_the_bounds(run: Run, load: Load) -> None:
    found = pinned(run("make/constraints.py", "--oldest"))
    for one in load("make/constraints.py").stated(extras=False):
        assert f">={found[one.name]}" in str(one)
    assert "pytest" in found and "scanpy" not in found


def test_versions_are_those_that_are_installed(run: Run, tmp_path: Path) -> None:
    run("make/constraints.py", "--out", tmp_path / "constraints.txt")
    found = pinned((tmp_path / "constraints.txt").read_text())
    assert found["numpy"] == version("numpy") and found["pytest"] == version("pytest")
    assert found["xarray"] == version("xarray")  # arviz needs it, ionfo does not
    assert "ionfo" not in found


def test_committed_versions_are_allowed(root: Path, load: Load) -> None:
    text = (root / "constraints.txt").read_text()
    found = pinned(text)
    for one in load("make/constraints.py").stated(extras=True):
        name = one.name.lower().replace("_", "-")
        if name in found:
            assert one.specifier.contains(found[name]), one
    for one in load("make/constraints.py").stated(extras=False):
        assert one.name in found
