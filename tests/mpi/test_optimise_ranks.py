"""The same hall of fame on any number of ranks, also of a run that was killed and resumed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from .launchers import environment, ionfo

pytestmark = [pytest.mark.mpi, pytest.mark.neuron, pytest.mark.slow]

OPTIMISE = ["optimise", "soma", "--generations", "3", "--offspring", "4", "--seeds", "2",
            "--hall", "14", "--seed", "5", "--budget-quantile", "0.9"]  # fmt: skip


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("serial") / "run"
    done = ionfo(*OPTIMISE, "--out", str(run))
    assert done.returncode == 0, done.stdout + done.stderr
    return run


def files(run: Path) -> dict[str, bytes]:
    found = {str(one.relative_to(run)): one.read_bytes() for one in run.rglob("*.parquet")}
    return {**found, "run.json": (run / "run.json").read_bytes()}


@pytest.mark.parametrize(("ranks", "mpi"), [(2, "mpich"), (3, "openmpi")])
def test_hall_of_fame_does_not_depend_on_the_ranks(
    serial: Path, tmp_path: Path, ranks: int, mpi: str
) -> None:
    done = ionfo(*OPTIMISE, "--out", str(tmp_path / "run"), ranks=ranks, mpi=mpi)
    assert done.returncode == 0, done.stdout + done.stderr
    assert files(tmp_path / "run") == files(serial)


def kill_after(command: list[str], file: Path, number: int) -> int:
    """Start a run, end all of it with a signal once a file is there, and give its exit code."""
    with subprocess.Popen(
        command, env=environment(), start_new_session=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as started:  # fmt: skip
        deadline = time.monotonic() + 240
        while not file.exists():
            assert started.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        if number == signal.SIGKILL:
            os.killpg(started.pid, number)
        else:
            started.send_signal(number)
        return started.wait(60)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_killed_run_goes_on_to_the_same_hall_of_fame(
    serial: Path, tmp_path: Path, number: int
) -> None:
    run = tmp_path / "run"
    command = [sys.executable, "-m", "ionfo", *OPTIMISE, "--out", str(run)]
    code = kill_after(command, run / "searches/2-all-0.parquet", number)
    assert code == (-signal.SIGKILL if number == signal.SIGKILL else 75)
    assert not (run / "hall_of_fame.parquet").exists()
    done = ionfo(*OPTIMISE, "--processes", "2", "--out", str(run))  # other workers, too
    assert done.returncode == 0, done.stdout + done.stderr
    assert files(run) == files(serial)


def test_population_is_read_by_every_command(serial: Path, tmp_path: Path) -> None:
    population, scored = tmp_path / "population.parquet", tmp_path / "scored.parquet"
    assert ionfo("collect", str(serial), "--out", str(population)).returncode == 0
    assert ionfo("score", "soma", str(population), "--out", str(scored)).returncode == 0
    one, again = pd.read_parquet(population), pd.read_parquet(scored)
    shared = [c for c in one if c.split("/")[0] in ("parameters", "features", "scores", "cost")]
    assert len(shared) == 11 + 2 * 18 + 1
    pd.testing.assert_frame_equal(one[shared], again[shared], check_exact=True)
    done = ionfo("status", str(serial), "--plots", str(tmp_path / "plots"))
    assert done.returncode == 0 and "passive+Ih" in done.stdout
    assert (tmp_path / "plots/convergence.png").exists()
    done = ionfo("sample", "soma", "--out", str(serial), "--steps", "1")
    assert done.returncode == 2 and "is an optimisation and no chain" in done.stderr
    done = ionfo(
        "sample", "soma", "--out", str(tmp_path / "chain"), "--steps", "1", "--ensembles", "1",
        "--start", str(population), "--no-early-rejection",  # no order is looked for
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    done = ionfo(*OPTIMISE[:2], "--out", str(serial), "--offspring", "1")
    assert done.returncode == 2 and "--offspring must be at least 2, got 1" in done.stderr
    done = ionfo(*OPTIMISE, "--offspring", "6", "--out", str(serial))
    assert done.returncode == 2 and "offspring 4, not 6" in done.stderr
    assert "Traceback" not in done.stderr


def test_report_reads_a_run(serial: Path, tmp_path: Path) -> None:
    done = ionfo(
        "report", str(serial), "--out", str(tmp_path / "report"), "--bootstrap", "0",
        "--shuffles", "0", "--permutations", "0",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "report/report.html").exists()
