"""Verdicts on classes of cells that are known, and on the stored models."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionfo.analysis.cells.class_tests import compare_classes

Load = Callable[[str], Any]


def known_classes(shift: float) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    values = np.tile(rng.normal(size=(30, 4)), (2, 1))  # else some column differs by chance
    values[30:, :2] += shift
    return compare_classes(values, ["a"] * 30 + ["b"] * 30, list("pqrs"), n_bootstraps=50)


def test_verdicts_on_known_classes(load: Load) -> None:
    claims = load("papers/nandi_classes.py")
    found = known_classes(3.0)
    assert claims.ordered(found, [("a", "b", "p"), ("a", "b", "q")])[1:] == ("holds", "holds")
    assert claims.ordered(found, [("a", "b", "p"), ("a", "b", "r")])[1] == "partly"
    assert claims.only(found, ("p", "q"), "a", "b")[1] == "holds"
    statistic, verdict, _ = claims.only(found, ("p",), "a", "b")
    assert verdict == "partly" and "others that differ, of 3: q (delta" in statistic
    assert claims.ordered(known_classes(-3.0), [("a", "b", "p")])[1] == "does not hold"
    assert claims.ordered(known_classes(0.0), [("a", "b", "p")])[1] == "not shown"


@pytest.mark.slow
def test_claims_on_the_stored_models(root: Path, shared: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, root / "scripts/papers/nandi_classes.py", shared / "data",
         "--out", tmp_path, "--bootstrap", "50", "--no-maps"],
        check=True, timeout=600,
    )  # fmt: skip
    table = pd.read_csv(tmp_path / "claims.csv")
    assert len(table) == 12 and table["verdict"].notna().all()
    assert (tmp_path / "claims.md").read_text().count("\n") == len(table) + 2
    tests = pd.read_csv(tmp_path / "tests.csv")
    assert (tests["q_two_sided"] >= tests["p_two_sided"]).all()
    counts = tests.groupby("family")[["n_first", "n_second"]].first()
    assert tuple(counts.loc["L4 and L5 conductances"]) == (17, 17)
