"""The benchmark of imports names what a statement loads."""

from __future__ import annotations

from collections.abc import Callable

Run = Callable[..., str]


def test_every_statement_is_timed(run: Run) -> None:
    lines = run("bench/imports.py", "--repeats", "1").splitlines()[1:]
    assert len(lines) == 7 and lines[0].endswith("import numpy  loads numpy")
    assert "import ionfo.analysis  loads none of them" in lines[2]
