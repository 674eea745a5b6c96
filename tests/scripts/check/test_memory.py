"""A process can evaluate for a long time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.neuron, pytest.mark.slow]


def test_memory_and_steps_stay(root: Path) -> None:
    command = [sys.executable, root / "scripts" / "check" / "memory.py", "soma"]
    done = subprocess.run(
        [*command, "--evaluations", "400", "--settle", "150"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 changed their number of steps" in done.stdout
