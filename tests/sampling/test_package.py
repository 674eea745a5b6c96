"""The packages give all their names, and load no sampler for those who do not sample."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

import ionfo.sampling
import ionfo.sampling.optimise


@pytest.mark.parametrize("package", [ionfo.sampling, ionfo.sampling.optimise])
def test_every_name_is_there(package: ModuleType) -> None:
    for name in package.__all__:
        assert getattr(package, name).__module__.startswith((package.__name__, "ionfo.tables"))


@pytest.mark.parametrize(
    "used",
    [
        "ionfo.cli",
        "ionfo.sampling.evaluation.mpi",
        "ionfo.sampling.evaluation.pool",
        "ionfo.sampling.evaluation.evaluator",
        "ionfo.sampling.optimise.store",
    ],
)
def test_who_does_not_sample_does_not_wait_for_the_sampler(used: str) -> None:
    code = f"import sys, {used}; print({{'emcee', 'scipy.stats'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
