"""The committed e-model `soma` is what its script makes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ionfo.emodels import parse_emodel

pytestmark = [pytest.mark.neuron, pytest.mark.slow]


def test_committed_definition_is_made_by_the_script(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "soma.json"
    script = root / "scripts" / "make" / "soma_targets.py"
    subprocess.run([sys.executable, script, "--out", out], check=True, capture_output=True)
    made, committed = (
        json.loads(out.read_text()),
        json.loads((root / "emodels/soma.json").read_text()),
    )
    parse_emodel(out.read_text(), "made")
    for one, other in zip(made["features"], committed["features"], strict=True):
        # another compiler may change the last digits of a simulation
        assert one["mean"] == pytest.approx(other["mean"], rel=1e-3)
        assert one["std"] == pytest.approx(other["std"], rel=2e-2)
    del made["features"], committed["features"]
    assert made == committed
