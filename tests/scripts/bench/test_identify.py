"""The benchmark of gene sets runs, small."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., str]


@pytest.mark.slow
def test_bench_identify_times_a_run(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("umap")
    told = run("bench/identify.py", "--cells", "200", "--genes", "150", "--random", "2",
        "--processes", "1", "--out", tmp_path / "bench",
    )  # fmt: skip
    assert "200 cells x 150 genes, 3 x 2 sets of 60 genes" in told
