"""The same population on any number of ranks, and launchers that do not fit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ionfo import collect

from .launchers import ionfo
from .small_cell import AT_REST, small_cell

pytestmark = [pytest.mark.mpi, pytest.mark.neuron, pytest.mark.slow]

STEP = ["--steps", "1", "--ensembles", "2", "--start-evaluations", "0", "--seed", "7"]
SAMPLE = ["sample", "soma", *STEP]


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_cell(tmp_path_factory.mktemp("cell") / "cell.json")


@pytest.fixture(scope="module")
def cell_at_rest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that is evaluated quickly."""
    return small_cell(tmp_path_factory.mktemp("cell") / "cell.json", AT_REST)


def sampled(cell: Path, run: Path, ranks: int, *extra: str, mpi: str = "mpich") -> Path:
    """Sample into a folder and collect; give the population."""
    done = ionfo("sample", str(cell), *STEP, *extra, "--out", str(run), ranks=ranks, mpi=mpi)
    assert done.returncode == 0, done.stdout + done.stderr
    return collect(run).write(run.with_suffix(".parquet"))


@pytest.fixture(scope="module")
def on_two(cell: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A population that two ranks made; its run is beside it."""
    return sampled(cell, tmp_path_factory.mktemp("ranks") / "two", 2)


def test_population_does_not_depend_on_the_ranks(tmp_path: Path, cell: Path, on_two: Path) -> None:
    run = tmp_path / "three"
    three = sampled(cell, run, 3, mpi="openmpi")
    assert (run / "run.json").read_bytes() == (on_two.with_suffix("") / "run.json").read_bytes()
    assert three.read_bytes() == on_two.read_bytes()


@pytest.mark.parametrize(
    ("extra", "others"),
    [(("--moves", "surrogate:0.8,de:0.2", "--steps", "3"),
      [(3, "openmpi", []), (4, "mpich", []), (0, "", ["--processes", "2"])]),
     (("--sampler", "importance", "--steps", "10"),
      [(1, "openmpi", []), (4, "mpich", [])])],
    ids=["chains", "draws"],
)  # fmt: skip
def test_what_learns_does_not_depend_on_the_ranks(
    tmp_path: Path,
    cell_at_rest: Path,
    extra: tuple[str, ...],
    others: list[tuple[int, str, list[str]]],
) -> None:
    asked = (*extra, "--start-evaluations", "40", "--rounds", "1")
    found = []
    for i, (ranks, mpi, more) in enumerate([(0, "", []), *others]):
        run = tmp_path / str(i)
        population = sampled(cell_at_rest, run, ranks, *asked, *more, mpi=mpi)
        files = (population, run / "run.json", run / "surrogate.parquet")
        found.append([file.read_bytes() for file in files])
    assert all(one == found[0] for one in found)


def test_population_scores_again_to_the_same_numbers(
    tmp_path: Path, cell: Path, on_two: Path, launcher: str
) -> None:
    import pandas as pd

    population, scored = on_two, tmp_path / "scored.parquet"
    done = ionfo("score", str(cell), str(population), "--out", str(scored), ranks=3, mpi=launcher)
    assert done.returncode == 0, done.stderr
    one, again = pd.read_parquet(population), pd.read_parquet(scored)
    shared = [c for c in one if c in again.columns]
    assert len(shared) == 4 + 18 + 18 + 1 + 4  # cost; weight, ensemble, walker and step
    pd.testing.assert_frame_equal(one[shared], again[shared], check_exact=True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["sample", "somma"], "unknown e-model 'somma'; did you mean 'soma'?"),
     (["sample", "soma", "--stepz", "3"], "No such option: --stepz"),
     (["analyse", "missing.csv", "--orders", "x"], "--orders must be numbers and ranges")],
)  # fmt: skip
def test_mistake_under_mpirun_is_said_once(
    tmp_path: Path, launcher: str, arguments: list[str], words: str
) -> None:
    done = ionfo(*arguments, "--out", str(tmp_path / "run"), ranks=3, mpi=launcher)
    assert done.returncode == 2
    assert done.stderr.count(words) == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert not (tmp_path / "run").exists()


def test_command_without_work_for_ranks_ends(launcher: str) -> None:
    done = ionfo("emodels", ranks=3, mpi=launcher)
    assert done.returncode == 0 and done.stdout.count("thick-tufted") == 1
    assert ionfo("sample", "--help", ranks=3, mpi=launcher).stdout.count("Usage:") == 1


def test_mistake_that_only_workers_meet_reaches_the_user(tmp_path: Path) -> None:
    stub = tmp_path / "stub.swc"  # an axon, but not ten diameters of it
    stub.write_text("1 1 0 0 0 5 -1\n2 1 0 5 0 5 1\n3 2 0 -10 0 1 1\n4 2 0 -20 0 1 3\n")
    model = tmp_path / "model.json"
    code = (
        "import json; from ionfo.emodels import load_emodel;"
        "print(json.dumps(load_emodel('l5pc').reference))"
    )
    model.write_text(subprocess.check_output([sys.executable, "-c", code], text=True))
    done = ionfo(
        "score", "l5pc", str(model), "--out", str(tmp_path / "o.csv"), "--morphology", str(stub),
        ranks=2,
    )  # fmt: skip
    assert done.returncode == 2, done.stdout + done.stderr
    assert "axon of the morphology is too short" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("announced", "words"),
    [({"OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "0", "MPI4PY_MPIABI": ""},
      "the launcher belongs to Open MPI, and mpi4py loads another MPI library, MPICH"),
     ({"SLURM_STEP_NUM_TASKS": "64", "SLURM_PROCID": "0"},
      "the launcher started 64 ranks but MPI sees 1"),
     ({"PMI_SIZE": "3", "PMI_RANK": "0", "PMI_FD": "99", "HYDI_CONTROL_FD": "98",
       "MPI4PY_MPIABI": "openmpi"},
      "the launcher belongs to MPICH, and mpi4py loads another MPI library, Open MPI")],
)  # fmt: skip
def test_launcher_of_another_mpi_is_refused(
    tmp_path: Path, announced: dict[str, str], words: str
) -> None:
    if not announced.get("MPI4PY_MPIABI", "x"):
        announced = {**announced, "MPI4PY_LIBMPI": packaged_mpich()}
        del announced["MPI4PY_MPIABI"]
    done = ionfo(*SAMPLE, "--out", str(tmp_path / "run"), **announced)
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in done.stderr and "MPI4PY_MPIABI=openmpi" in done.stderr
    assert not (tmp_path / "run").exists()


def packaged_mpich() -> str:
    """The library of the package mpich, beside this interpreter."""
    return str(Path(sys.prefix) / "lib" / "libmpi.so.12")


def test_mpirun_without_mpi4py_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mpi4py").mkdir()
    (tmp_path / "mpi4py/__init__.py").write_text("raise ImportError('no mpi4py here')\n")
    done = ionfo(*SAMPLE, "--out", str(tmp_path / "run"), ranks=2, PYTHONPATH=str(tmp_path))
    assert done.returncode == 2, done.stdout + done.stderr
    assert "started by mpirun, but mpi4py cannot be used (no mpi4py here)" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()
