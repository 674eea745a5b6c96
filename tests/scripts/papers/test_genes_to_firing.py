"""The claims about genes and firing stand on simulations that continue, and on stored numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionfo.features.patchseq import PATCHSEQ_FEATURES

pytest.importorskip("sklearn")


def test_simulations_continue_and_tell_posterior_means(
    load: Callable[[str], Any], tmp_path: Path
) -> None:
    script = load("papers/genes_to_firing.py")
    theta, features = script.simulated(tmp_path, 60, 1)
    np.savez(tmp_path / "simulations.npz", features=features[:0])
    again = script.simulated(tmp_path, 60, 1)
    np.testing.assert_array_equal(again[1], features)
    fits = pd.DataFrame(features, columns=[f"observed/{one}" for one in PATCHSEQ_FEATURES])
    fits.insert(0, "cell_id", [f"c{i}" for i in range(len(fits))])
    means = script.posterior_means(fits, np.repeat(theta, 8, 0), np.repeat(features, 8, 0))
    assert list(means["cell_id"]) == list(fits["cell_id"])
    told = means.drop(columns="cell_id").to_numpy()
    together = [np.corrcoef(told[:, i], theta[:, i])[0, 1] for i in range(13)]
    assert np.median(together) > 0.5


def test_coefficients_are_those_that_are_stored(load: Callable[[str], Any], shared: Path) -> None:
    script = load("papers/genes_to_firing.py")
    stored = json.loads((shared / "data/reference/npe/srrr.json").read_text())
    columns = ["cell_id", *(f"count/{one}" for one in stored["gene_list"])]
    counts = pd.read_parquet(shared / "data/expression/m1_patchseq_counts.parquet", columns=columns)
    fits = pd.read_parquet(shared / "data/reference/npe/npe_m1_cells.parquet")
    claims = script.Claims()
    script.against_stored(claims, counts, fits, stored)
    assert claims.rows[0]["verdict"] == "holds"
