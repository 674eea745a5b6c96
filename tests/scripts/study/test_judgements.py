"""The studies of how samples are judged print their tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., str]


@pytest.mark.slow
def test_stationarity(run: Run, populations: Path) -> None:
    told = run("study/stationarity.py", "--repeats", "3", "--populations", populations)
    assert told.count("| mean by 1 SD | 200") == 1
    assert re.search(r"`cac` \| \d+ to \d+ \| (settled|drifts at first|still settling|not)", told)


@pytest.mark.slow
def test_offset_ensembles(run: Run) -> None:
    told = run("study/offset_ensembles.py", "--repeats", "3")
    rows = re.findall(r"\| (0\.\d) \| (walkers|ensembles) \| .*% \| .*% \| (\d+) \| (\d+) \|", told)
    assert [row[:2] for row in rows] == [
        (one, way) for one in ("0.0", "0.1", "0.3") for way in ("walkers", "ensembles")
    ]
    # walkers alone do not see what ensembles that lie apart take from the sample
    assert int(rows[5][2]) < int(rows[4][2])


@pytest.mark.slow
def test_pairs(run: Run) -> None:
    told = run("study/pairs.py", "--repeats", "4")
    assert len(re.findall(r"\| (Gaussian 0\.\d|parabola) \| \d+ \|", told)) == 16
