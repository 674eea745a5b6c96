"""What all tests share: the reference data beside the repository, and small targets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ionfo.terminal.output import notes_said

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

# the tests are the parallelism; also keeps BLAS from changing last bits
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the folders of the longest tests, so that two processes end together."""
    long = ("mpi", "scripts")
    items.sort(key=lambda item: not set(long) & set(item.path.parts[len(ROOT.parts) :]))


@pytest.fixture(autouse=True)
def _notes() -> Iterator[None]:
    """Say notes as the command line does."""
    with notes_said():
        yield


@pytest.fixture(autouse=True)
def _numbers() -> Iterator[None]:
    """Keep what a library says about the printing of arrays from the tests that come after."""
    with np.printoptions():
        yield


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the reference data are not beside this repository (../shared)")
    return SHARED
