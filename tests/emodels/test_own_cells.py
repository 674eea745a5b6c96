"""A small cell of a user's own: steps of given currents, own reconstructions and mechanisms."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.neuron

SWC = """1 1 0 0 0 8 -1
2 3 0 8 0 1 1
3 3 0 60 0 1 2
4 2 0 -8 0 0.6 1
5 2 0 -90 0 0.5 4
"""


def definition() -> dict[str, Any]:
    """A passive cell with one step of a given current; no search comes before it."""
    return {
        "name": "probe",
        "description": "a cell of one's own",
        "morphology": {"file": None, "axon": None, "segment_length": 40.0},
        "mechanisms": {"all": ["pas"]},
        "parameters": [
            {"name": "v_init", "unit": "mV", "value": -80.0},
            {"name": "celsius", "unit": "degC", "value": 34.0},
            {"name": "e_pas.all", "unit": "mV", "value": -75.0},
            {"name": "g_pas.all", "unit": "S/cm2", "bounds": [1e-05, 1e-4]},
        ],
        "protocols": [
            {"name": "A", "kind": "absolute_step", "amplitude": 0.05, "holding": 0.0,
             "delay": 50.0, "duration": 100.0, "total": 200.0}
        ],
        "features": [
            {"name": "A.soma.v.voltage_base", "mean": -75.0, "std": 1.0, "unit": "mV"},
        ],
    }  # fmt: skip


class Files:
    """A folder with a definition, a model, a reconstruction and mechanisms."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cell = folder / "cell.swc"
        self.cell.write_text(SWC)
        self.mods = folder / "mods"
        self.mods.mkdir()
        self.models = folder / "models.json"
        self.models.write_text(json.dumps([{"g_pas.all": 5e-5}]))
        self.scored = folder / "scored.parquet"

    def score(self, content: dict[str, Any], *more: str | Path) -> Any:
        """Run `ionfo score` on the model."""
        emodel = self.folder / "probe.json"
        emodel.write_text(json.dumps(content))
        more = ("--morphology", self.cell, "--out", self.scored, *more)
        return ionfo("score", emodel, self.models, *more)


def ionfo(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ionfo", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """Give the one sentence of a refusal."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    return Files(tmp_path)


def test_steps_of_a_given_current_are_drawn(files: Files) -> None:
    assert files.score(definition()).returncode == 0
    figure = files.folder / "traces.svg"
    done = ionfo("trace", files.scored, "--out", figure, "--morphology", files.cell, "--model", "0")
    assert done.returncode == 0, done.stderr
    assert "<!-- A -->" in figure.read_text()  # the title of the step's column


def test_a_definition_without_steps_has_nothing_to_draw(files: Files) -> None:
    content = definition()
    content["protocols"] = [{"name": "A", "kind": "rmp", "duration": 100.0}]
    assert files.score(content).returncode == 0
    figure = files.folder / "traces.png"
    told = sentence(ionfo("trace", files.scored, "--out", figure, "--morphology", files.cell))
    assert "'probe' has no step" in told
