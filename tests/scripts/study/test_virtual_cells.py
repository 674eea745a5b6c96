"""Recovery and O-information of virtual cells that are known."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import load_emodel

Load = Callable[[str], Any]
SOMA = load_emodel("soma")


def test_recovery_tells_recovered_from_sloppy(load: Load) -> None:
    virtual = load("study/virtual_cells.py")
    rng = np.random.default_rng(1)
    low, high = SOMA.bounds.T
    truth = low + (high - low) * rng.random((30, len(low)))
    best = low + (high - low) * rng.random((30, len(low)))
    best[:, 0] = truth[:, 0]
    hall = best[:, None] + 0.01 * (high - low) * rng.normal(size=(30, 5, len(low)))
    found = virtual.recovery(truth, best, hall, SOMA).set_index("parameter")
    assert found["verdict"].iloc[0] == "recovered" and found["correlation"].iloc[0] > 0.99
    assert (found["verdict"].iloc[1:] != "recovered").all()
    assert (found["verdict"].iloc[1:] == "sloppy").mean() >= 0.5  # 30 cells: medians scatter
    assert found["spread"].iloc[1] == pytest.approx(0.01, rel=0.5)
    assert virtual.draw_recovery(truth, best, hall, SOMA).axes


def test_o_information_of_independent_models_is_their_bias(load: Load) -> None:
    virtual = load("study/virtual_cells.py")
    rng = np.random.default_rng(2)
    chain, values = rng.normal(size=(3000, 5)), rng.normal(size=(40, 5)).repeat(4, axis=0)
    values += 1e-3 * rng.normal(size=values.shape)
    cells, rank = np.repeat(np.arange(40), 4), np.tile(np.arange(4), 40)
    table = virtual.o_information_table(values, cells, rank, chain, np.ones(3000), 30, 0)
    last = table[table["order"] == 5].set_index("population")
    assert last.loc["MCMC", "rows"] == last.loc["unique", "rows"] == 40
    error = (last.loc["MCMC", "high"] - last.loc["MCMC", "low"]) / 4 / np.sqrt(30)
    assert abs(last.loc["MCMC", "corrected"]) < 4 * error
    # twice the same cells: half the independent rows, so more of the bias than is corrected
    assert last.loc["oversampled", "corrected"] < -error
    assert len(virtual.draw_o_information(table).axes) == 2


@pytest.mark.neuron
@pytest.mark.slow
def test_virtual_cells_end_to_end_and_again(root: Path, tmp_path: Path) -> None:
    from ionfo.tables.files import write_table

    assert SOMA.reference is not None
    theta = np.array([[SOMA.reference[name] for name in SOMA.free_names]] * 3)
    frame = pd.DataFrame(
        theta * np.array([[1.0], [1.1], [0.9]]),
        columns=[f"parameters/{name}" for name in SOMA.free_names],
    )
    for one in SOMA.features:
        frame[f"features/{one.name}"] = one.mean * np.array([1.0, 1.02, 0.98])
    frame["features/Step_140.soma.v.AHP_depth"] = np.nan  # this experiment has none
    write_table(tmp_path / "p.parquet", frame, {"emodel": SOMA.model_dump(mode="json")})
    command = [
        sys.executable, root / "scripts/study/virtual_cells.py", tmp_path / "p.parquet",
        "--out", tmp_path / "v", "--cells", "2", "--generations", "2", "--offspring", "4",
        "--seeds", "1", "--hall", "4",
    ]  # fmt: skip
    for _ in range(2):  # the second time nothing is left to do
        subprocess.run(command, check=True, timeout=600)
    models = pd.read_parquet(tmp_path / "v/models.parquet")
    assert models.groupby("cell").size().tolist() == [4, 4]
    assert "features/Step_140.soma.v.AHP_depth" not in models
    assert len(pd.read_csv(tmp_path / "v/recovery.csv")) == 11
