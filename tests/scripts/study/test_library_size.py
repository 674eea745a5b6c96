"""The study of library sizes shows what closure does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., str]


@pytest.mark.slow
def test_study_library_size_shows_closure(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("scanpy")
    told = run("study/library_size.py", tmp_path / "none.parquet", "--shuffles", "20")
    rows = [line.split(" | ") for line in told.splitlines()[2:]]
    corrected = [float(row[3]) for row in rows]
    assert len(rows) == 8
    # not normalised, and normalised by a table that one gene fills: redundancy that is not there
    assert corrected[0] > 1 and corrected[4] > 1 and corrected[5] > 0.5
    assert max(map(abs, (*corrected[1:4], *corrected[6:]))) < 0.1
