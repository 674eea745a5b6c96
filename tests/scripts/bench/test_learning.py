"""Every sampler that is compared runs on the emulator, and its evaluations are counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import load_emodel
from ionfo.sampling.chains.learning.network import fit_network


@pytest.mark.neuron
def test_samplers_are_compared_on_an_emulator(
    load: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = load("bench/learning.py")
    emodel = load_emodel("cac")
    cell = bench.Cell({one.name: 100 for one in emodel.protocols}, 1e-3)  # 1000 steps, 1 s
    monkeypatch.setattr(bench, "measured_cell", lambda *_: cell)
    monkeypatch.setattr(
        bench,
        "fit_network",
        lambda rows, folds, **_: fit_network(rows.take(np.arange(300)), folds[:300], 1, 200),
    )
    monkeypatch.setattr("ionfo.sampling.chains.learning.network._STEPS", (50, 50))
    monkeypatch.setattr(
        "ionfo.sampling.chains.learning.learner.length_of_walks", lambda *_: (200, 1.9)
    )
    out = tmp_path / "out.csv"
    schemes = "plain,surrogate"
    bench.main(["cac", "--schemes", schemes, "--seeds", "1", "--steps", "3", "--out", str(out)])
    found = pd.read_csv(out).set_index("scheme")
    assert list(found.index) == ["plain", "surrogate"]
    assert (found["evaluations"] > 0).all()
    learned = found.loc["surrogate"]
    assert (learned["kind"], learned["walk"]) == ("quadratic", 200)  # as before there were rounds
    plain = found.loc["plain"]
    assert plain["per_cpu_hour"] > 0
    # evaluations take the cell a second at most, the first of ten protocols a tenth of it
    seconds = 3600 * plain["ess"] / plain["per_cpu_hour"] * (1 - plain["own_share"])
    assert 0.1 <= seconds / plain["evaluations"] <= 1.001
