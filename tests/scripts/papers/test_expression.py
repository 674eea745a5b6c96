"""The claims about gene expression are decided, on small tables of the shape of the real ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

CHANNELS = ["Kcna1", "Kcnc1", "Kcnd2", "Scn8a", "Hcn1", "Cacna1a"]


Run = Callable[..., str]


def logs(groups: tuple[str, ...], seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    labels = np.repeat(groups, 90)
    values = rng.normal(5.0, 1.0, (len(labels), 6)) + rng.standard_normal((len(labels), 1))
    return pd.DataFrame(values, columns=CHANNELS).assign(subclass_label=labels, marker_x=1.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Tables named and shaped as the real ones."""
    rng = np.random.default_rng(0)
    families = np.repeat(["Pvalb", "Sst", "IT", "Vip", "Lamp5", "NP"], [40, 38, 36, 34, 32, 5])
    names = [*CHANNELS, *(f"Gene{i}" for i in range(30))]
    mean = rng.gamma(3.0, 30.0, 36) * np.exp(rng.normal(0, 0.5, (len(families), 36)))
    for k, family in enumerate(np.unique(families)):
        mean[families == family, k] *= 8.0
        mean[families == family, 6 + 2 * k] *= 8.0
    frame = pd.DataFrame(rng.poisson(mean), columns=[f"count/{name}" for name in names])
    frame = frame.assign(
        rna_family=families, exon_reads=rng.integers(40_000, 90_000, len(families))
    )
    frame["ephys/ap_width_ms"] = rng.gamma(9.0, 0.05, len(frame))
    frame.to_parquet(tmp_path / "m1_patchseq_counts.parquet")
    logs(("L4", "L5 IT", "L5 PT"), 1).to_parquet(tmp_path / "tasic_exc.parquet")
    logs(("Pvalb", "Sst", "Vip"), 2).to_parquet(tmp_path / "tasic_inh.parquet")
    parameters = [
        "gbar_Ih.somatic", "gbar_Kv3_1.somatic", "gbar_K_Tst.somatic", "gbar_NaTa_t.axonal",
        "gbar_Ca_HVA.somatic", "g_pas.all",
    ]  # fmt: skip
    models = pd.DataFrame(rng.standard_normal((150, 6)), columns=parameters)
    models.assign(cell_id=range(150), hof_index=0, missing=np.nan).to_parquet(
        tmp_path / "models.parquet"
    )
    return tmp_path


@pytest.mark.slow
def test_reproduce_expression_sets_every_claim_beside_a_result(run: Run, folder: Path) -> None:
    pytest.importorskip("scanpy")
    out = folder / "report"
    told = run("papers/expression.py", folder, "--models", folder / "models.parquet",
        "--out", out, "--random", "4", "--shuffles", "5", "--bootstrap", "4", "--draws", "3",
        "--permutations", "19", "--samples", "20",
    )  # fmt: skip
    claims = pd.read_csv(out / "claims.csv")
    assert set(claims["figure"]) == {4, 5, 6, 7} and claims["verdict"].notna().all()
    measured = claims[claims["raw"].notna() & claims["low"].notna()]
    assert (measured["low"] <= measured["corrected"]).all()
    # one factor moves all genes of a group
    l4 = claims[claims["measured"].str.contains("L4, 90 cells")].iloc[0]
    assert "redundancy" in l4["verdict"] and l4["null_high"] < l4["low"]
    assert (out / "claims.md").read_text().count("\n") == len(claims) + 2
    assert "L5 PT cells" in told and (out / "beside/beside_channels.csv").exists()
