"""Every test here starts ranks, under each MPI that is there."""

from __future__ import annotations

import pytest

from .launchers import FAMILIES, launcher_of


@pytest.fixture(autouse=True)
def every_mpi() -> None:
    for family in FAMILIES:
        launcher_of(family)


@pytest.fixture(params=FAMILIES)
def launcher(request: pytest.FixtureRequest) -> str:
    """The mpirun of each MPI in turn."""
    return launcher_of(request.param)
