"""Find the mpirun of each MPI, and run ionfo under it in an environment without a launcher."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FAMILIES = ("mpich", "openmpi")
_SIGNS = {"mpich": "HYDRA", "openmpi": "Open MPI|OpenRTE|PRRTE"}
_INSTALL = {"mpich": "pip install mpich", "openmpi": "apt-get install openmpi-bin"}
_PREFIXES = ("PMI_", "PMIX_", "OMPI_", "SLURM_", "HYDI_", "MV2_", "MPI4PY_", "MPI_LOCAL")


@functools.cache
def _found(family: str) -> str | None:
    beside = Path(sys.executable).parent
    names = ("mpirun", f"mpirun.{family}", str(beside / "mpirun"), "/usr/bin/mpirun")
    for path in filter(None, map(shutil.which, names)):
        told = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
        if any(sign in told for sign in _SIGNS[family].split("|")):
            return path
    return None


def launcher_of(family: str) -> str:
    """Give the path of an MPI's mpirun; without it, skip, and fail where checks are complete."""
    path = _found(family)
    if path is None:
        told = f"no mpirun of {family} on this machine; install it with: {_INSTALL[family]}"
        pytest.fail(told) if os.environ.get("CI") else pytest.skip(told)
    return path


def environment(**more: str) -> dict[str, str]:
    """Give the variables of a shell that no launcher started."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(_PREFIXES)}
    # Open MPI refuses root and more ranks than cores unless told otherwise
    allowed = {
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_rmaps_base_oversubscribe": "1",
    }
    return {**clean, **allowed, **more}


def command(*arguments: str, ranks: int = 0, mpi: str = "mpich") -> list[str]:
    """Give a command line of ionfo, under mpirun if there are ranks."""
    launcher = mpi if os.sep in mpi else launcher_of(mpi) if ranks else ""
    started = [launcher, "-n", str(ranks)] if ranks else []
    return [*started, sys.executable, "-m", "ionfo", *arguments]


def ionfo(
    *arguments: str, ranks: int = 0, mpi: str = "mpich", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a command line of ionfo to its end."""
    return subprocess.run(
        command(*arguments, ranks=ranks, mpi=mpi),
        capture_output=True,
        text=True,
        env=environment(**more),
        timeout=300,
    )
