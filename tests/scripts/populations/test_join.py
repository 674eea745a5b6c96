"""Two runs are one chain only where the second went on from the first, with the same density."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionfo.errors import IonfoError
from ionfo.tables.files import read_table, write_table

Load = Callable[[str], Any]


def chains(seed: int, begin: pd.DataFrame | None = None) -> pd.DataFrame:
    """Walkers that move in three of four proposals, and hold their states else."""
    rng = np.random.default_rng(seed)
    rows = []
    for ensemble in range(2):
        for walker in range(3):
            weight = rng.integers(1, 3, 20).astype(float)
            weight[-1] += 60 - weight.sum()
            step = np.concatenate([[0.0], np.cumsum(weight)[:-1]])
            rows.append(pd.DataFrame({
                "parameters/a": rng.standard_normal(20), "parameters/b": rng.random(20),
                "cost": rng.random(20), "weight": weight, "ensemble": ensemble,
                "walker": walker, "step": step.astype(int),
            }))  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def metadata(start: Any = None) -> dict[str, Any]:
    settings = {"temperature": 1.0, "cost": "max", "max_cost": 5.0, "ensembles": 2, "walkers": 3}
    return {
        "emodel_hash": "e", "mechanisms_hash": "m", "morphology": {"file": "c.swc"},
        "settings": {**settings, "seed": 1, "start": start}, "tries": 1,
        "collect": {"burn_in": 0, "max_cost": None, "min_cost": None},
    }  # fmt: skip


def test_steps_count_on_and_both_runs_are_told(load: Load, tmp_path: Path) -> None:
    join = load("populations/join.py")
    first, second = chains(0), chains(1)
    start = join.standing(first)
    assert start.shape == (2, 3, 2)
    assert start[1, 2].tolist() == first[["parameters/a", "parameters/b"]].iloc[-1].tolist()
    write_table(tmp_path / "first.parquet", first, metadata())
    write_table(tmp_path / "second.parquet", second, metadata(start.tolist()))
    files = [str(tmp_path / f"{name}.parquet") for name in ("first", "second")]
    assert join.main([*files, "--out", str(tmp_path / "both.parquet")]) == 0
    frame, about = read_table(tmp_path / "both.parquet")
    assert len(frame) == len(first) + len(second) and frame["weight"].sum() == 2 * 6 * 60
    for _, walker in frame.groupby(["ensemble", "walker"]):
        # every proposal of a walker belongs to one row
        ends = (walker["step"] + walker["weight"]).to_numpy()
        assert walker["step"].iloc[0] == 0 and ends[-1] == 120
        assert np.array_equal(walker["step"].to_numpy()[1:], ends[:-1])
    assert about["before"]["settings"]["start"] is None
    assert about["settings"]["start"] == start.tolist()
    assert about["chain"]["proposals"] == 120


def test_what_is_no_one_chain_is_refused(load: Load) -> None:
    join = load("populations/join.py")
    first, second = chains(0), chains(1)
    start = join.standing(first).tolist()
    elsewhere = copy.deepcopy(start)
    elsewhere[0][0][0] += 1e-9
    for other in (None, "digest", elsewhere, start[:1]):
        with pytest.raises(IonfoError, match="did not begin where"):
            join.joined(first, metadata(), second, metadata(other))
    for change, told in (
        ({"emodel_hash": "other"}, "'emodel_hash'"),
        ({"settings": {**metadata(start)["settings"], "temperature": 3.0}}, "'temperature'"),
        ({"collect": {"burn_in": 0, "max_cost": 4.0, "min_cost": None}}, "'max_cost'"),
        ({"collect": {"burn_in": 2, "max_cost": None, "min_cost": None}}, "--burn-in 0"),
    ):
        with pytest.raises(IonfoError, match=told):
            join.joined(first, metadata(), second, {**metadata(start), **change})
