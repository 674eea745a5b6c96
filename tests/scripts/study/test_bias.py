"""The study of biases prints its tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

Run = Callable[..., str]


def test_study_bias_prints_both_tables(run: Run, tmp_path: Path) -> None:
    told = run("study/bias.py", "--sizes", "50", "--repeats", "4", "--replicates", "4",
        "--out", tmp_path,
    )  # fmt: skip
    assert "wishart_nats" in told and "published" in told
    bias = pd.read_csv(tmp_path / "bias.csv")
    assert bias["order"].tolist() == list(range(3, 31))
    assert (bias["wishart_nats"].diff().dropna() < 0).all()
