"""The same report on any number of ranks and threads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.slow]

LAUNCHER_VARIABLES = ("PMI_", "PMIX_", "OMPI_", "SLURM_", "HYDI_", "MV2_")


def analyse(table: Path, out: Path, ranks: int, *more: str, command_name: str = "analyse") -> None:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(LAUNCHER_VARIABLES)}
    allowed = {
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
    }
    launcher = ["mpirun", "-n", str(ranks)] if ranks else []
    command = [
        *launcher, sys.executable, "-m", "ionfo", command_name, str(table), "--out", str(out),
        "--shuffles", "6", "--bootstrap", "4", "--permutations", "20", *more,
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, env={**clean, **allowed}, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_report_does_not_depend_on_ranks_or_threads(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        rng.standard_normal((120, 6)), columns=[f"parameters/p{i}" for i in "abcdef"]
    )
    frame["features/f"] = frame.sum(axis=1) + rng.standard_normal(120)
    table = tmp_path / "table.parquet"
    frame.to_parquet(table)
    for name, ranks, more in (
        ("serial", 0, ["--threads", "1"]),
        ("threads", 0, ["--threads", "3"]),
        ("ranks", 3, []),
    ):
        analyse(table, tmp_path / name, ranks, *more)
    for kind in ("o_information_curves", "redundancy_synergy_curves", "mutual_information_pairs"):
        files = [
            (tmp_path / one / f"{kind}.csv").read_bytes() for one in ("serial", "threads", "ranks")
        ]
        assert files[0] == files[1] == files[2]
    one, other = ((tmp_path / name / "summary.json").read_bytes() for name in ("serial", "ranks"))
    assert one == other
    analyse(table, tmp_path / "page", 3, "--no-traces", command_name="report")
    pages = [(tmp_path / name / "report.html").read_bytes() for name in ("serial", "page")]
    assert pages[0] == pages[1]


def test_groups_do_not_depend_on_ranks_or_threads(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    genes = ["Scn1a", "Scn2a", "Hcn1", "Kcna1", "Kcnd2"]
    frame = pd.DataFrame(
        rng.poisson(9, (70, 5)) + rng.poisson(4, (70, 1)), columns=[f"count/{g}" for g in genes]
    )
    frame = frame.assign(type=["A"] * 40 + ["B"] * 30, width=rng.standard_normal(70))
    table = tmp_path / "cells.parquet"
    frame.to_parquet(table)
    more = ["--group", "type", "--targets", "width", "--group-permutations", "19"]
    for name, ranks in (("serial", 0), ("ranks", 3)):
        analyse(table, tmp_path / name, ranks, *more)
    files = [path.relative_to(tmp_path / "serial") for path in (tmp_path / "serial").rglob("*")]
    tables = [path for path in files if path.suffix in (".csv", ".json", ".parquet")]
    assert {Path("groups_compared.csv"), Path("A/o_information.csv")} <= set(tables)
    for path in tables:
        one, other = ((tmp_path / name / path).read_bytes() for name in ("serial", "ranks"))
        assert one == other, path
    # a mistake on rank 0 sends the others home
    with pytest.raises(AssertionError, match="has no column 'typo'"):
        analyse(table, tmp_path / "none", 3, "--group", "typo")
