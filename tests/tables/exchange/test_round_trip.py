"""A table of another tool is imported, scored again, analysed and exported: the same comes back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import load_emodel
from ionfo.sampling.evaluation.score import score_file
from ionfo.studies import population as analysing
from ionfo.studies.plan import AnalysisSettings
from ionfo.tables.exchange import write_mcmc_table
from ionfo.tables.exchange.reading import import_file
from ionfo.tables.exchange.writing import export_source
from ionfo.tables.files import read_table

SOMA = load_emodel("soma")


def as_the_other_tool_writes(path: Path, frame: pd.DataFrame) -> None:
    """Write chains without the columns that ionfo adds."""
    settings = {"settings": {"temperature": 0.5}}
    write_mcmc_table(path, frame, settings, SOMA)
    lines = [line.split(",") for line in path.read_text().splitlines()]
    ours = ("ensemble", "walker", "step", "weight")
    kept = [i for i, name in enumerate(lines[0]) if name not in ours]
    path.write_text("".join(",".join(line[i] for i in kept) + "\n" for line in lines))


@pytest.mark.neuron
@pytest.mark.slow
def test_import_score_analyse_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SOMA.reference is not None
    rng = np.random.default_rng(0)
    reference = np.array([SOMA.reference[name] for name in SOMA.free_names])
    theta = reference * rng.uniform(0.9, 1.1, (16, len(reference)))
    models = [dict(zip(SOMA.free_names, row.tolist(), strict=True)) for row in theta]
    (tmp_path / "models.json").write_text(json.dumps(models))
    first = score_file("soma", tmp_path / "models.json", tmp_path / "first.parquet")
    chains = first.drop(columns="failures").assign(
        weight=np.tile([2, 1, 3, 1, 1, 2, 1, 1], 2),
        ensemble=np.repeat([0, 1], 8),
        walker=0,
        step=np.tile([0, 2, 3, 6, 7, 8, 10, 11], 2),
    )
    table = tmp_path / "chains.csv"
    as_the_other_tool_writes(table, chains)

    import_file(table, tmp_path / "population.parquet", emodel="soma")
    population, _ = read_table(tmp_path / "population.parquet")
    for name in ("weight", "ensemble", "step"):
        assert population[name].tolist() == chains[name].tolist()

    score_file("soma", tmp_path / "population.parquet", tmp_path / "scored.parquet")
    scored, _ = read_table(tmp_path / "scored.parquet")
    pd.testing.assert_frame_equal(scored[list(first)], first, check_exact=True)
    assert scored["weight"].tolist() == chains["weight"].tolist()

    export_source(str(tmp_path / "scored.parquet"), tmp_path / "back.csv", "mcmc-table")
    assert (tmp_path / "back.csv").read_bytes() == table.read_bytes()

    monkeypatch.setattr("ionfo.studies.output.draw_figures", lambda *_: None)
    settings = AnalysisSettings(bootstrap=0, shuffles=0, permutations=0, threads=1)
    analysing.analyse_population(tmp_path / "scored.parquet", tmp_path / "report", (), settings)
    summary = json.loads((tmp_path / "report" / "summary.json").read_text())
    assert summary["rows"] == 16 and summary["total_weight"] == chains["weight"].sum()
    assert (tmp_path / "report" / "report.html").stat().st_size < 10e6
