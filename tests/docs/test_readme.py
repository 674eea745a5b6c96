"""The ten lines of the README in a notebook's kernel, and under strict type checks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def script(root: Path) -> str:
    (found,) = re.findall(
        r"```python\n(import ionfo\n.*?)```", (root / "README.md").read_text(), re.DOTALL
    )
    return str(found)


@pytest.mark.neuron
@pytest.mark.slow
def test_ten_lines_run_in_a_kernel(
    script: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nbformat = pytest.importorskip("nbformat", reason="needs the dev extra")
    nbclient = pytest.importorskip("nbclient", reason="needs the dev extra")
    monkeypatch.setenv("PYTHONPATH", str(root / "src"))
    # a line a cell, and last what shows itself
    cells = [*script.splitlines(), "run", "population", "findings"]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells if cell.strip()]
    )
    client = nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    shown = ["".join(str(output.get("data", {}).get("text/html", "")) for output in cell.outputs)
             for cell in notebook.cells[-3:]]  # fmt: skip
    assert "2 of 2 steps in 2 ensembles" in shown[0]
    assert "models, 11 parameters, of e-model soma" in shown[1]
    assert "O-information: raw lowest" in shown[2] and "data:image/png;base64," in shown[2]
    assert (tmp_path / "report/report.html").exists()


def check_types(script: str, root: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run ``mypy --strict`` on a script as a user does, without the settings of this repository."""
    (folder / "mine.py").write_text(script)
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "mine.py"],
        cwd=folder, capture_output=True, text=True, timeout=600,
        env={**os.environ, "MYPYPATH": str(root / "src")},
    )  # fmt: skip


@pytest.mark.slow
def test_ten_lines_pass_strict_type_checks(script: str, root: Path, tmp_path: Path) -> None:
    done = check_types(script, root, tmp_path)
    assert "Success" in done.stdout, done.stdout
    # the check sees a mistake
    done = check_types(script.replace("steps=2", 'steps="two"'), root, tmp_path)
    assert 'mine.py:4: error: Argument "steps"' in done.stdout, done.stdout
