"""A run that is killed again and again ends with the bytes of one that was not.

The deliberate break that this test has been seen to find: restoring the walkers but not emcee's
random numbers (`backend.last_state`) changes the population.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from .launchers import command, environment, ionfo
from .small_cell import AT_REST, small_cell

pytestmark = [pytest.mark.mpi, pytest.mark.neuron, pytest.mark.slow]

N_KILLS = int(os.environ.get("IONFO_TEST_KILLS", "4"))
"""One of each kind; set to more for a longer torture."""
SAMPLE = ["--steps", str(3 * N_KILLS), "--ensembles", "2", "--start-evaluations", "40",
          "--moves", "surrogate:0.8,de:0.2", "--rounds", "0"]  # fmt: skip
KINDS = (
    (2, "openmpi", 0, signal.SIGTERM), (3, "mpich", -1, signal.SIGKILL),
    (2, "mpich", -1, signal.SIGTERM), (0, "", 0, signal.SIGKILL),
)  # fmt: skip
"""Ranks and launcher; who is killed, the first process or the last rank; and how."""


def family(process: int) -> list[int]:
    """The process and its descendants."""
    found = [process]
    for one in found:
        children = Path(f"/proc/{one}/task/{one}/children")
        if children.exists():
            found += [int(child) for child in children.read_text().split()]
    return found


def end_all(processes: list[int]) -> None:
    for one in processes:
        try:
            os.kill(one, signal.SIGKILL)
        except ProcessLookupError:
            continue


def wait_for_end(processes: list[int]) -> None:
    """Wait until all are gone; one that nobody waits for stays as a zombie, which is as good."""
    for one in processes:
        try:
            while psutil.Process(one).status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.01)
        except psutil.NoSuchProcess:
            continue


def stored(run: Path) -> list[str]:
    """Names of the files of states that the run has written."""
    return sorted(file.name for file in run.glob("segments/*.parquet"))


def wait_for_steps(run: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until there are states of this session."""
    before = stored(run)
    while process.poll() is None and stored(run) == before:
        time.sleep(0.02)


def torture(cell: Path, run: Path, seed: int) -> int:
    """Start, kill, resume until the run ends; return how often it was killed."""
    told = run.with_suffix(".err")
    rng = random.Random(seed)
    n_killed = 0
    for attempt in range(N_KILLS + 1):
        ranks, mpi, victim, how = KINDS[attempt % len(KINDS)]
        with told.open("w") as errors:
            process = subprocess.Popen(
                command("sample", str(cell), *SAMPLE, "--out", str(run), ranks=ranks, mpi=mpi),
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env=environment(IONFO_FLUSH_SECONDS="0.2"),
                start_new_session=True,
            )
        if n_killed == N_KILLS:
            assert process.wait(timeout=300) == 0
            return n_killed
        wait_for_steps(run, process)
        time.sleep(rng.uniform(0.0, 0.6))
        assert process.poll() is None, f"it ended by itself: {told.read_text()}"
        members = family(process.pid)
        os.kill(members[victim], how)
        n_killed += 1
        try:
            process.wait(timeout=rng.uniform(0.2, 0.8))
        except subprocess.TimeoutExpired:
            end_all(members)
            process.wait()
        end_all(members)
        wait_for_end(members)
    raise AssertionError("it was never left to end")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes in /proc")
def test_killed_run_gives_the_same_bytes(tmp_path: Path) -> None:
    cell, whole = small_cell(tmp_path / "cell.json", AT_REST), tmp_path / "whole"
    done = ionfo("sample", str(cell), *SAMPLE, "--out", str(whole))
    assert done.returncode == 0, done.stderr
    killed = tmp_path / "killed"
    assert torture(cell, killed, seed=1) == N_KILLS
    out = []
    for run in (whole, killed):
        out.append(tmp_path / f"{run.name}.parquet")
        assert ionfo("collect", str(run), "--out", str(out[-1])).returncode == 0
    assert out[0].read_bytes() == out[1].read_bytes()
    assert not (killed / "failed.json").exists()  # no healthy model is condemned
