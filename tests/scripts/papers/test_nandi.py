"""The analysis of the optimised models runs, small, and is exact where it says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.analysis import correlation_matrix, o_information

Run = Callable[..., str]


def test_reproduce_nandi_on_a_small_table(run: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    values = np.repeat(rng.standard_normal((24, 6)), 3, axis=0) + 0.3 * rng.standard_normal((72, 6))
    frame = pd.DataFrame(values, columns=[f"p{i}" for i in range(6)])
    frame["unshared"] = np.nan
    frame.insert(0, "hof_index", np.tile(range(3), 24))
    frame.insert(0, "cell_id", np.repeat(range(100, 124), 3))
    frame.to_parquet(tmp_path / "models.parquet")
    told = run("papers/nandi.py", tmp_path / "models.parquet", "--out", tmp_path / "report",
        "--shuffles", "5", "--bootstrap", "4", "--samples", "50",
    )  # fmt: skip
    report = json.loads((tmp_path / "report/report.json").read_text())
    assert [report["populations"][one]["rows"] for one in ("all", "unique", "oversampled")] == [
        72, 24, 24,
    ]  # fmt: skip
    assert report["parameters"] == [f"p{i}" for i in range(6)]
    exact = report["populations"]["unique"]["exact"]
    assert exact["orders"] == [3, 4, 5, 6]
    expected = o_information(correlation_matrix(values[::3]))
    assert exact["o_information_of_all_parameters"] == pytest.approx(expected, abs=1e-12)
    assert exact["min_nats"][-1] == pytest.approx(expected, abs=1e-12)
    assert "Mann-Whitney" in told and (tmp_path / "report/figure.svg").exists()


def test_reproduce_nandi_is_exact_where_it_says(shared: Path) -> None:
    frame = pd.read_parquet(shared / "data/models/nandi_exc3_72x40.parquet")
    names = [name for name in frame.columns[2:] if not frame[name].isna().any()]
    best = frame[frame["hof_index"] == 0][names].to_numpy(np.float64)
    assert best.shape == (72, 36)
    correlation = np.corrcoef(best.T)
    sign, whole = np.linalg.slogdet(correlation)
    without = sum(
        np.linalg.slogdet(np.delete(np.delete(correlation, i, 0), i, 1))[1] for i in range(36)
    )
    assert sign == 1
    assert o_information(correlation_matrix(best)) == pytest.approx(
        0.5 * (34 * whole - without), abs=1e-9
    )
