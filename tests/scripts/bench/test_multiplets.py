"""The benchmark of the enumeration runs, small."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Run = Callable[..., str]


def test_bench_multiplets_counts_and_times(run: Run, tmp_path: Path) -> None:
    told = run("bench/multiplets.py", "--largest", "16", "--no-peers", "--repeats", "1",
        "--out", tmp_path,
    )  # fmt: skip
    assert "n = 16: ours" in told and "slogdet" in told
