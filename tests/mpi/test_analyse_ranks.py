"""The same report on any number of ranks and threads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from .launchers import ionfo

pytestmark = [pytest.mark.mpi, pytest.mark.slow]

SHORT = ["--shuffles", "6", "--bootstrap", "4", "--permutations", "20"]


def analyse(
    table: Path, out: Path, ranks: int, *more: str, name: str = "analyse", mpi: str = "mpich"
) -> None:
    done = ionfo(name, str(table), "--out", str(out), *SHORT, *more, ranks=ranks, mpi=mpi)
    assert done.returncode == 0, done.stdout + done.stderr


def test_report_does_not_depend_on_ranks_or_threads(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        rng.standard_normal((120, 6)), columns=[f"parameters/p{i}" for i in "abcdef"]
    )
    frame["features/f"] = frame.sum(axis=1) + rng.standard_normal(120)
    table = tmp_path / "table.parquet"
    frame.to_parquet(table)
    for name, ranks, mpi, more in (
        ("serial", 0, "", ["--threads", "1"]),
        ("threads", 0, "", ["--threads", "3"]),
        ("ranks", 3, "mpich", []),
    ):
        analyse(table, tmp_path / name, ranks, *more, mpi=mpi)
    analyse(table, tmp_path / "page", 3, "--no-traces", name="report", mpi="openmpi")
    for kind in ("o_information_curves", "redundancy_synergy_curves", "mutual_information_pairs"):
        files = [
            (tmp_path / one / f"{kind}.csv").read_bytes()
            for one in ("serial", "threads", "ranks", "page")
        ]
        assert len(set(files)) == 1
    summaries = {
        (tmp_path / name / "summary.json").read_bytes() for name in ("serial", "ranks", "page")
    }
    assert len(summaries) == 1
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
    for name, ranks, mpi in (("serial", 0, ""), ("ranks", 3, "openmpi")):
        analyse(table, tmp_path / name, ranks, *more, mpi=mpi)
    files = [path.relative_to(tmp_path / "serial") for path in (tmp_path / "serial").rglob("*")]
    tables = [path for path in files if path.suffix in (".csv", ".json", ".parquet")]
    assert {Path("groups_compared.csv"), Path("A/o_information.csv")} <= set(tables)
    for path in tables:
        one, other = ((tmp_path / name / path).read_bytes() for name in ("serial", "ranks"))
        assert one == other, path
    # a mistake on rank 0 sends the others home
    with pytest.raises(AssertionError, match="has no column 'typo'"):
        analyse(table, tmp_path / "none", 3, "--group", "typo")
