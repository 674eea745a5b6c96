"""The comparison of proposals runs, and sees which is better on a target like that of l5pc."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd


def test_linear_target(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "linear.csv"
    command = [
        sys.executable, root / "scripts/bench/sampling.py", "linear", "--seeds", "1",
        "--steps", "120", "--moves", "isotropic-redraw", "de", "--out", out,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found = pd.read_csv(out).set_index("moves")
    assert list(found.index) == ["isotropic-redraw", "de"]
    assert found["tries"]["de"] > 1  # most of its proposals fall outside the bounds
    per_evaluation = found["ESS per 1000 evaluations"]
    assert per_evaluation["de"] > 3 * per_evaluation["isotropic-redraw"]
    assert "medians over seeds" in done.stdout
