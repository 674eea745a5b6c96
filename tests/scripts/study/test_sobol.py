"""Sobol indices of a cell follow from what its parameters do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from ionfo.emodels import load_emodel

SOMA = load_emodel("soma")


@pytest.mark.neuron
@pytest.mark.slow
def test_leak_sets_the_input_resistance(root: Path, tmp_path: Path) -> None:
    pytest.importorskip("chaospy")
    from ionfo.tables.files import write_table

    assert SOMA.reference is not None
    row = {f"parameters/{name}": [SOMA.reference[name]] for name in SOMA.free_names}
    about = {"emodel": SOMA.model_dump(mode="json")}
    write_table(tmp_path / "p.parquet", pd.DataFrame(row), about)
    subprocess.run(
        [sys.executable, root / "scripts/study/sobol.py", tmp_path / "p.parquet", "--out",
         tmp_path, "--parameters", "g_pas.somatic,gSKv3_1bar_SKv3_1.somatic", "--order", "1"],
        check=True, timeout=300,
    )  # fmt: skip
    table = pd.read_csv(tmp_path / "sobol.csv").set_index(["parameter", "feature"])
    feature = "RinProtocol.soma.v.ohmic_input_resistance_vb_ssse"
    assert table.loc[("g_pas.somatic", feature), "first"] > 0.95
    assert table["points"].max() == 8 and (tmp_path / "sobol.png").exists()
