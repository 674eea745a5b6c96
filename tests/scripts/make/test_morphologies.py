"""The morphologies are made by their script, one seed giving one file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow


def dendrites(path: Path) -> tuple[float, float]:
    """Length (um) of all dendrites outside the soma, and their mean diameter (um)."""
    rows = np.loadtxt(path)
    at = {int(row[0]): row for row in rows}
    pairs = [(row, at[int(row[6])]) for row in rows if row[1] == 3 and at[int(row[6])][1] != 1]
    lengths = np.array([np.linalg.norm(row[2:5] - parent[2:5]) for row, parent in pairs])
    diameters = np.array([row[5] + parent[5] for row, parent in pairs])
    return float(lengths.sum()), float(np.average(diameters, weights=lengths))


def test_interneuron_is_remade(root: Path, tmp_path: Path) -> None:
    made = []
    for name in ("one", "other"):
        out = tmp_path / name
        out.mkdir()
        command = [sys.executable, root / "scripts/make/morphologies.py", "--only", "interneuron"]
        subprocess.run([*command, "--out", out], check=True, capture_output=True)
        made.append(out / "interneuron.swc")
    assert made[0].read_bytes() == made[1].read_bytes()
    # another processor may round otherwise, and the annealing then ends elsewhere
    committed = root / "morphologies/interneuron.swc"
    assert dendrites(made[0]) == pytest.approx(dendrites(committed), rel=0.02)
