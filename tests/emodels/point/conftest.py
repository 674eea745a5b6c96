"""Reference sets of dynamic input conductances."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray


@pytest.fixture(scope="session")
def reference_sets(shared: Path) -> list[dict[str, Any]]:
    content = json.loads((shared / "data/reference/dic/dic_sets.json").read_text())
    assert len(content["sets"]) >= 11
    found: list[dict[str, Any]] = content["sets"]
    return found


@pytest.fixture(scope="session")
def reference_traces(shared: Path) -> dict[str, NDArray[np.float32]]:
    with np.load(shared / "data/reference/dic/dic_traces.npz") as traces:
        return dict(traces)
