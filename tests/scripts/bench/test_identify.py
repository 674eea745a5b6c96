"""The benchmark of gene sets runs, small."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.slow
def test_bench_identify_times_a_run(
    load: Callable[[str], Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("umap")
    line = ["--cells", "100", "--genes", "150", "--random", "2", "--processes", "1"]
    monkeypatch.setattr(sys, "argv", ["identify.py", *line, "--out", str(tmp_path / "bench")])
    # here, and not by another Python, in which numba would compile all of umap again
    load("bench/identify.py").main()
    assert "100 cells x 150 genes, 3 x 2 sets of 60 genes" in capsys.readouterr().out
