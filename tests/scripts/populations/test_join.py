"""Two runs are one chain only where the second went on from the first, with the same density."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import load_emodel
from ionfo.errors import IonfoError
from ionfo.tables.files import read_table, write_table

Load = Callable[[str], Any]
EMODEL = load_emodel("soma")
PARAMETERS = [f"parameters/{name}" for name in EMODEL.free_names]


def chains(seed: int) -> pd.DataFrame:
    """Walkers that hold each state for one proposal or two, and the last one longer."""
    rng = np.random.default_rng(seed)
    low, high = EMODEL.bounds.T
    rows = []
    for ensemble in range(2):
        for walker in range(4):
            weight = rng.integers(1, 3, 20).astype(float)
            weight[-1] += 60 - weight.sum()
            theta = low + (high - low) * rng.random((20, len(low)))
            rows.append(pd.DataFrame(theta, columns=PARAMETERS).assign(
                cost=rng.random(20), log_prob=0.0, weight=weight, ensemble=ensemble,
                walker=walker, step=np.concatenate([[0], np.cumsum(weight)[:-1]]).astype(int),
            ))  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def metadata(start: Any = None) -> dict[str, Any]:
    settings = {"temperature": 1.0, "cost": "max", "max_cost": 5.0, "ensembles": 2, "walkers": 4}
    return {
        "emodel": EMODEL.model_dump(mode="json"), "emodel_hash": EMODEL.content_hash,
        "mechanisms_hash": "m", "morphology": {"file": "c.swc"}, "tries": 1,
        "settings": {**settings, "seed": 1, "start": start},
        "collect": {"burn_in": 0, "max_cost": None, "min_cost": None},
    }  # fmt: skip


@pytest.fixture
def first(tmp_path: Path) -> Path:
    write_table(tmp_path / "first.parquet", chains(0), metadata())
    return tmp_path / "first.parquet"


def stood() -> list[list[list[float]]]:
    """Where the walkers of the first population stood last."""
    last = chains(0).groupby(["ensemble", "walker"]).tail(1)
    rows: list[list[list[float]]] = last[PARAMETERS].to_numpy().reshape(2, 4, -1).tolist()
    return rows


def test_steps_count_on_and_both_runs_are_told(load: Load, first: Path, tmp_path: Path) -> None:
    second, out = tmp_path / "second.parquet", tmp_path / "both.parquet"
    write_table(second, chains(1), metadata(stood()))
    assert load("populations/join.py").main([str(first), str(second), "--out", str(out)]) == 0
    frame, about = read_table(out)
    assert len(frame) == 2 * 8 * 20 and frame["weight"].sum() == 2 * 8 * 60
    for _, walker in frame.groupby(["ensemble", "walker"]):
        # every proposal of a walker belongs to one row
        ends = (walker["step"] + walker["weight"]).to_numpy()
        assert walker["step"].iloc[0] == 0 and ends[-1] == 120
        assert np.array_equal(walker["step"].to_numpy()[1:], ends[:-1])
    assert about["before"]["settings"]["start"] is None
    assert about["settings"]["start"] == stood() and about["chain"]["proposals"] == 120


def test_a_joined_chain_can_be_joined_again(load: Load, first: Path, tmp_path: Path) -> None:
    join, names = load("populations/join.py"), ("second", "both", "third", "all")
    second, both, third, every = (tmp_path / f"{name}.parquet" for name in names)
    write_table(second, chains(1), {**metadata(stood()), "versions": "of the second"})
    join.main([str(first), str(second), "--out", str(both)])
    last = chains(1).groupby(["ensemble", "walker"]).tail(1)[PARAMETERS].to_numpy()
    write_table(third, chains(2), metadata(last.reshape(2, 4, -1).tolist()))
    assert join.main([str(both), str(third), "--out", str(every)]) == 0
    frame, about = read_table(every)
    assert frame["weight"].sum() == 3 * 8 * 60 and about["chain"]["proposals"] == 180
    assert about["before"]["versions"] == "of the second"
    assert about["before"]["before"]["settings"]["start"] is None


def test_what_is_no_one_chain_is_refused(load: Load, first: Path, tmp_path: Path) -> None:
    join, second = load("populations/join.py"), tmp_path / "second.parquet"
    elsewhere = copy.deepcopy(stood())
    elsewhere[0][0][0] += 1e-9
    for other in (None, "digest", elsewhere, stood()[:1], [[1.0], [1.0, 2.0]]):
        write_table(second, chains(1), metadata(other))
        with pytest.raises(IonfoError, match="did not begin where"):
            join.joined(first, second)
    for change, told in (
        ({"emodel_hash": "other"}, "'emodel_hash'"),
        ({"settings": {**metadata(stood())["settings"], "temperature": 3.0}}, "'temperature'"),
        ({"collect": {"burn_in": 0, "max_cost": 4.0, "min_cost": None}}, "'max_cost'"),
        ({"collect": {"burn_in": 2, "max_cost": None, "min_cost": None}}, "--burn-in 0"),
    ):
        write_table(second, chains(1), {**metadata(stood()), **change})
        with pytest.raises(IonfoError, match=told):
            join.joined(first, second)


def test_what_holds_no_chains_is_said(
    load: Load, first: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    join, second = load("populations/join.py"), tmp_path / "second.parquet"
    for frame, about in (
        (chains(1).drop(columns=["walker", "step"]), metadata(stood())),
        (chains(1), {}),
    ):
        write_table(second, frame, about)
        for files in ((first, second), (second, first), (first, tmp_path / "none.parquet")):
            with pytest.raises(SystemExit):
                join.main([*map(str, files), "--out", str(tmp_path / "out.parquet")])
    told = capsys.readouterr().err
    assert told.count("holds no chains") == 4 and "Traceback" not in told
    assert not (tmp_path / "out.parquet").exists()
