"""Every test here starts ranks."""

from __future__ import annotations

import os
import shutil

import pytest


@pytest.fixture(autouse=True)
def mpirun() -> None:
    if shutil.which("mpirun") is None:
        if os.environ.get("CI"):
            pytest.fail("mpirun is missing; install it with: pip install mpich")
        pytest.skip("no mpirun on this machine; install it with: pip install mpich")
