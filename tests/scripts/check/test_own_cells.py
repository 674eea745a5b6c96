"""The scripts that try reconstructions and mechanisms of others print what becomes of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ionfo.mechanisms.build import BUNDLED

pytestmark = pytest.mark.neuron

SWC = "1 1 0 0 0 8 -1\n2 3 0 10 0 1 1\n3 3 0 90 0 1 2\n"


def test_what_becomes_of_reconstructions(
    run: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IONFO_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "cells"
    folder.mkdir()
    (folder / "fit.swc").write_text(SWC)
    (folder / "type.swc").write_text(SWC.replace("3 3 0 90", "3 6 0 90"))
    (folder / "nothing.h5").write_text("")
    lines = run("check/morphologies.py", folder).splitlines()
    assert "  fit.swc: builds" in lines
    assert (
        "  type.swc: refused; with --repair builds: gave 1 point of type 6 the type of the point "
        "before them" in lines
    )
    assert any(one.startswith("  nothing.h5: refused, with and without --repair") for one in lines)
    assert "    1 builds" in lines


def test_what_becomes_of_mechanisms(run: Callable[..., str], tmp_path: Path) -> None:
    folder = tmp_path / "mods"
    folder.mkdir()
    shutil.copy(BUNDLED / "SKv3_1.mod", folder)
    told = run("check/mechanisms.py", folder)
    assert f"{folder}: loaded; 1 SUFFIX; 0 parameters of the whole cell" in told
    assert "    1 loaded" in told
