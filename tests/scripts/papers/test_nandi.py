"""The analysis of the optimised models runs, small, and is exact where it says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionfo.analysis import (
    Design,
    correlation_matrix,
    few_cells_rows,
    o_information,
    random_unique_rows,
    wishart_bias,
)

Run = Callable[..., str]
Load = Callable[[str], Any]


def test_reproduce_nandi_on_a_small_table(run: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    values = np.repeat(rng.standard_normal((24, 6)), 4, axis=0) + 0.3 * rng.standard_normal((96, 6))
    frame = pd.DataFrame(values, columns=[f"p{i}" for i in range(6)])
    frame["unshared"] = np.nan
    frame.insert(0, "hof_index", np.tile(range(4), 24))
    frame.insert(0, "cell_id", np.repeat(range(100, 124), 4))
    frame.to_parquet(tmp_path / "models.parquet")
    told = run("papers/nandi.py", tmp_path / "models.parquet", "--out", tmp_path / "report",
        "--shuffles", "5", "--draws", "4", "--samples", "50", "--each", "4",
    )  # fmt: skip
    report = json.loads((tmp_path / "report/report.json").read_text())
    mild = "two of each of half of the cells"
    found = report["populations"]
    assert [found[one]["rows"] for one in ("all", "best", mild)] == [96, 24, 24]
    assert [(found[one]["rows"], found[one]["cells"]) for one in ("unique", "oversampled")] == [
        (24, 24), (8, 2),
    ]  # fmt: skip
    assert report["parameters"] == [f"p{i}" for i in range(6)]
    exact = found["best"]["exact"]
    assert exact["orders"] == [3, 4, 5, 6]
    expected = o_information(correlation_matrix(values[::4]))
    assert exact["o_information_of_all_parameters"] == pytest.approx(expected, abs=1e-12)
    assert exact["min_nats"][-1] == pytest.approx(expected, abs=1e-12)
    assert found["best"]["raw_of_all_parameters_nats"] == pytest.approx(3 * [expected], abs=1e-12)
    assert "Mann-Whitney" in told and (tmp_path / "report/figure.svg").exists()
    assert (tmp_path / "report/table.md").read_text() in told


def test_redundancy_of_two_cells_survives_and_synergy_of_few_rows_does_not(load: Load) -> None:
    nandi = load("papers/nandi.py")
    rng = np.random.default_rng(1)
    # cells know nothing of each other and parameters neither; models of a cell lie close together
    cells = np.repeat(range(30), 20)
    values = np.repeat(rng.standard_normal((30, 8)), 20, axis=0)
    values = values + 0.3 * rng.standard_normal(values.shape)
    design = Design(False, 20, 0)
    groups = {
        name: nandi.measure(name, values, cells, draw, 20, 10, design)
        for name, draw in (
            ("unique", lambda rng: random_unique_rows(cells, rng)),
            ("oversampled", lambda rng: few_cells_rows(cells, 15, rng)),
        )
    }
    assert (groups["unique"].n_rows, groups["oversampled"].n_rows) == (30, 30)
    assert groups["unique"].raw.shape == (20, 6, 3)
    # all parameters are one multiplet: the greedy extremes and the mean are the same number
    np.testing.assert_allclose(groups["unique"].raw[:, -1].T - groups["unique"].whole(False), 0)
    words = "\n".join(nandi.say(groups, nandi.area_tests(groups["oversampled"], groups["unique"])))
    assert "the redundancy of all parameters together" in words and " survives" in words
    assert "the synergy of all parameters together" in words and "does not survive" in words
    assert np.quantile(groups["oversampled"].whole(True), 0.025) > 0
    assert groups["oversampled"].beyond("max") == [3, 4, 5, 6, 7, 8]
    raw, corrected = groups["unique"].whole(False), groups["unique"].whole(True)
    assert np.median(raw) < 0 and abs(np.median(corrected)) < abs(np.median(raw))


def test_exchanged_cells_differ_as_before_and_parameters_go_with_none(load: Load) -> None:
    nandi = load("papers/nandi.py")
    rng = np.random.default_rng(2)
    cells = np.tile(np.arange(200), 5)
    common = rng.standard_normal(200)[cells]
    values = np.column_stack([common + 10 * j for j in range(4)])
    values = values + 0.1 * rng.standard_normal(values.shape)
    mixed = nandi.exchanged_among_cells(values, cells, rng)
    np.testing.assert_array_equal(np.sort(mixed, axis=0), np.sort(values, axis=0))
    within = [np.std(mixed[cells == cell], axis=0) for cell in range(200)]
    assert np.max(within) < 0.5  # the five models of a cell are still of one cell
    away = np.corrcoef(mixed.T)[np.triu_indices(4, 1)]
    assert np.abs(np.corrcoef(values.T)[0, 1]) > 0.9 and np.abs(away).max() < 0.3


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


def test_two_published_cells_are_redundant_beyond_the_bias_of_72_rows(shared: Path) -> None:
    frame = pd.read_parquet(shared / "data/models/nandi_exc3_72x40.parquet")
    names = [name for name in frame.columns[2:] if not frame[name].isna().any()]
    values, cells = frame[names].to_numpy(np.float64), frame["cell_id"].to_numpy()
    rng = np.random.default_rng(3)
    bias = float(wishart_bias("o_information", np.array([36]), 71.0)[0])

    def median(rows: Callable[[], np.ndarray[Any, Any]]) -> float:
        return float(
            np.median([o_information(correlation_matrix(values[rows()])) for _ in "x" * 60])
        )

    assert bias == pytest.approx(-1.39, abs=0.01)
    assert 4 < median(lambda: few_cells_rows(cells, 36, rng)) < 10
    assert median(lambda: random_unique_rows(cells, rng)) < 0
    assert median(lambda: random_unique_rows(cells, rng)) - bias > 0
