"""``ionfo.genes``: the functions of ``ionfo genes`` find what the commands write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import ionfo
from ionfo.cli import app

GENES = ["Kcna1", "Kcnc1", "Kcnd2", "Scn8a", "Hcn1"]


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    values = rng.normal(5.0, 1.0, (120, 5)) + rng.standard_normal((120, 1))
    frame = pd.DataFrame(values, columns=[f"log/{one}" for one in GENES])
    frame.assign(kind=["a", "b"] * 60).to_csv(tmp_path / "cells.csv", index=False)
    return tmp_path / "cells.csv"


def test_sizes(cells: Path, tmp_path: Path) -> None:
    line = ["genes", "sizes", str(cells), "--group", "kind", "--sizes", "15, 30", "--draws", "5"]
    app([*line, "--out", str(tmp_path / "out")], standalone_mode=False)
    found = ionfo.genes.sizes(
        pd.read_csv(cells, float_precision="round_trip"), "kind", sizes=(15, 30), draws=5
    )
    written = pd.read_parquet(tmp_path / "out/sizes.parquet")
    pd.testing.assert_frame_equal(found.sizes, written, check_exact=True)
    assert set(found.needed["group"]) == {"a", "b"} and len(found.sentences()) == 2
    assert "orders within 30 cells" in found._repr_html_()


def test_beside(cells: Path, tmp_path: Path) -> None:
    quick = ["--shuffles", "2", "--bootstrap", "2", "--permutations", "2", "--draws", "3"]
    line = ["genes", "beside", f"all={cells}", f"a={cells}::kind=a", *quick]
    app([*line, "--rows", "40", "--out", str(tmp_path / "out")], standalone_mode=False)
    found = ionfo.genes.beside(
        {"all": pd.read_csv(cells, float_precision="round_trip"), "a": f"{cells}::kind=a"},
        rows=40, shuffles=2, bootstrap=2, permutations=2, draws=3,
    )  # fmt: skip
    written = pd.read_parquet(tmp_path / "out/beside_curves.parquet")
    pd.testing.assert_frame_equal(found.curves, written, check_exact=True)
    assert found.rows_of[1].shape == (40, 5) and "40 of 60 rows" in found._repr_html_()


def test_channels(capsys: pytest.CaptureFixture[str]) -> None:
    app(["genes", "channels", "l5pc", "--species", "human"], standalone_mode=False)
    lines = capsys.readouterr().out.splitlines()
    found = ionfo.genes.channels("l5pc", "human")
    assert len(lines) == len(found) > 10
    assert all(gene.isupper() for genes in found["genes"] for gene in genes[:1])
    row = found.iloc[0]
    assert lines[0].startswith(f"{row['parameter']}: {row['channel']}, ")


def test_identify_writes_nothing_without_a_folder(tmp_path: Path) -> None:
    pytest.importorskip("umap")
    rng = np.random.default_rng(0)
    names = [*GENES, *(f"Other{i}" for i in range(25))]
    values = rng.normal(6.0, 1.0, (60, 30))
    values[:30, :5] += 3.0
    frame = pd.DataFrame(values, columns=[f"log/{one}" for one in names])
    frame = frame.assign(kind=["a"] * 30 + ["b"] * 30)
    quick = {"random": 2, "replicates": 2, "processes": 1}
    found = ionfo.genes.identify(frame, "kind", **quick)  # type: ignore[arg-type]
    assert found.genes == GENES and "adjusted Rand index" in found._repr_html_()
    assert not list(tmp_path.iterdir())
    again = ionfo.genes.identify(frame, "kind", tmp_path / "out", **quick)  # type: ignore[arg-type]
    assert again.score == found.score and (tmp_path / "out/identify.json").exists()
