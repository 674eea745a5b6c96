"""``ionfo genes identify``: verdicts on tables with a known answer, and resumption."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.errors import IonfoError
from ionfo.studies.identify import IdentifySettings, identify_types
from ionfo.tables.expression import Expression

QUICK = IdentifySettings(random=8, replicates=3, processes=1)


def table(informative: bool) -> Expression:
    """Three types; ion channels that tell them apart, or other genes that do."""
    rng = np.random.default_rng(0)
    names = [*(f"Kcna{i}" for i in range(1, 8)), *(f"Gene{i}" for i in range(53))]
    labels = np.repeat(["x", "y", "z"], 40)
    values = rng.gamma(4.0, 0.5, (120, 60))
    for k, label in enumerate("xyz"):
        start = 2 * k if informative else 7 + 15 * k
        values[labels == label, start : start + (2 if informative else 15)] += 4.0
    return Expression(values, names, pd.DataFrame({"type": labels}), "log", "table")


@pytest.mark.parametrize("informative", [True, False])
def test_the_verdict_follows_the_table(tmp_path: Path, informative: bool) -> None:
    pytest.importorskip("umap")
    found = identify_types(table(informative), "type", tmp_path, QUICK)
    assert found.genes == [f"Kcna{i}" for i in range(1, 8)]
    free = next(one for one in found.nulls if one.kind == "all")
    if informative:
        assert found.score == 1.0 and free.p == 1 / 9 and found.overlap.shared == 6
    else:
        assert found.score < 0.1 and free.percentile < 50 and found.overlap.shared == 0
    report = json.loads((tmp_path / "identify.json").read_text())
    assert report["random_sets"]["matched"]["n"] == 8
    assert {path.name for path in tmp_path.iterdir()} >= {
        "sets.csv", "genes.parquet", "cells.csv", "index.png", "umap.svg", "sets.jsonl",
    }  # fmt: skip
    assert not (tmp_path / "values.npy").exists()


def test_a_torn_run_is_taken_up_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("umap")
    monkeypatch.setattr("ionfo.studies.identify.draw_identification", lambda *_: None)
    whole = identify_types(table(True), "type", tmp_path / "whole", QUICK)
    lines = (tmp_path / "whole/sets.jsonl").read_text().splitlines()
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn/sets.jsonl").write_text("\n".join(lines[:6]) + "\n" + lines[6][:20])
    capsys.readouterr()
    again = identify_types(table(True), "type", tmp_path / "torn", QUICK)
    assert f"5 of {len(lines) - 1} gene sets were scored before" in capsys.readouterr().out
    assert again.sets == whole.sets
    assert again.replicates.tolist() == whole.replicates.tolist()
    other = IdentifySettings(random=2, replicates=2, processes=1, seed=1)
    identify_types(table(True), "type", tmp_path / "torn", other)
    assert "were scored before" not in capsys.readouterr().out


def test_processes_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("umap")
    monkeypatch.setattr("ionfo.studies.identify.draw_identification", lambda *_: None)
    one = identify_types(table(True), "type", tmp_path / "a", QUICK)
    two = identify_types(
        table(True),
        "type",
        tmp_path / "b",
        IdentifySettings(random=8, replicates=3, processes=2),
    )
    assert one.sets == two.sets


def test_what_cannot_be_identified_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("scanpy")
    with pytest.raises(IonfoError, match="at least 2 groups of at least 2 cells, got x"):
        identify_types(table(True), "type", tmp_path, IdentifySettings(groups=("x",)))
    with pytest.raises(IonfoError, match="no column 'typ'"):
        identify_types(table(True), "typ", tmp_path)
    with pytest.raises(IonfoError, match="a set of 2 to 59 genes can be compared"):
        identify_types(table(True), "type", tmp_path, IdentifySettings(genes="all"))
    with pytest.raises(IonfoError, match="--random must be at least 1, got 0"):
        identify_types(table(True), "type", tmp_path, IdentifySettings(random=0))


def test_a_table_that_does_not_fit_is_refused_before_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("scanpy")
    monkeypatch.setattr("ionfo.analysis.memory.available_memory", lambda: 1000)
    with pytest.raises(IonfoError, match="comparing 60 genes of 120 cells.*fewer cells"):
        identify_types(table(True), "type", tmp_path, QUICK)
