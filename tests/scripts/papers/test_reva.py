"""Claims are judged by the data: populations whose structure is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import load_emodel
from ionfo.tables.files import write_table

Run = Callable[..., str]
Load = Callable[[str], Any]
Population = Callable[[str, int, float], pd.DataFrame]


@pytest.mark.slow
def test_claims_are_judged_by_the_data(run: Run, populations: Path, tmp_path: Path) -> None:
    run("papers/reva.py", "--populations", populations, "--out", tmp_path, "--replicates", "6")
    rows = pd.read_csv(tmp_path / "claims.csv").groupby(["claim", "population"])["verdict"]
    found = rows.agg(list).to_dict()
    rest = "the minimal set of the resting potential is g_pas and gIh"
    assert found[rest, "cac"] == ["reproduces"]
    assert found["synergy dominates", "bnac"] == ["reproduces"]
    assert found["synergy dominates", "cac"] != ["reproduces"]
    assert found["bNAC is more synergistic than cAC", "cac and bnac"] == ["reproduces"]
    assert len(found["models of high cost are more redundant", "cac"]) == 3
    assert "reproduces" not in found["models of high cost are more redundant", "cac"]
    assert "ESS" in (tmp_path / "claims.md").read_text()


def test_rows_are_weighed_as_at_another_temperature(
    load: Load, tmp_path: Path, population: Population
) -> None:
    Models = load("papers/reva.py").Models
    rng = np.random.default_rng(0)
    emodel = load_emodel("cac")
    # costs of a density exp(-cost/T) up to 5, T = 0.5, and a parameter that follows the cost
    cost = -0.5 * np.log1p(-rng.random(20_000) * -np.expm1(-5 / 0.5))
    frame = pd.concat([population("cac", 0, 0.0)] * 50, ignore_index=True).assign(cost=cost)
    metadata = {"emodel": emodel.model_dump(mode="json"), "settings": {"temperature": 0.5}}
    write_table(tmp_path / "cac.parquet", frame, metadata)
    cool = Models.read("cac", tmp_path / "cac.parquet", [])
    warm = cool.at(1.0)
    below = np.exp(-5.0)
    assert np.average(cost, weights=cool.weights) == pytest.approx(0.5, abs=0.02)
    expected = (1 - 6 * below) / (1 - below)  # mean of exp(-cost) cut at 5
    assert np.average(cost, weights=warm.weights) == pytest.approx(expected, abs=0.05)
    assert warm.worth < 0.8 * cool.worth
    assert np.array_equal(cool.at(0.5).weights, cool.weights)
