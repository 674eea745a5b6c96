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

pytestmark = [pytest.mark.mpi, pytest.mark.neuron, pytest.mark.slow]

SAMPLE = ["sample", "soma", "--steps", "6", "--ensembles", "2", "--walkers", "22",
          "--start-evaluations", "66"]  # fmt: skip
N_KILLS = 8


STARTS = ((1, "openmpi"), (2, "mpich"), (3, "openmpi"), (0, ""), (3, "mpich"), (2, "openmpi"))


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


def n_begun(run: Path) -> int:
    """How often the run has begun to work."""
    log = run / "log.jsonl"
    return log.read_text().count('"start"') if log.exists() else 0


def wait_for_work(run: Path, process: subprocess.Popen[bytes]) -> None:
    before = n_begun(run)
    while process.poll() is None and n_begun(run) == before:
        time.sleep(0.02)


def torture(run: Path, seed: int) -> int:
    """Start, kill, resume until the run ends; return how often it was killed."""
    told = run.with_suffix(".err")
    rng = random.Random(seed)
    n_killed = 0
    for attempt in range(60):
        ranks, mpi = STARTS[attempt % len(STARTS)]
        with told.open("w") as errors:
            process = subprocess.Popen(
                command(*SAMPLE, "--out", str(run), ranks=ranks, mpi=mpi),
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env=environment(IONFO_FLUSH_SECONDS="0.2"),
                start_new_session=True,
            )
        if n_killed == N_KILLS:
            assert process.wait(timeout=300) == 0
            return n_killed
        wait_for_work(run, process)
        time.sleep(rng.uniform(0.0, 1.2))
        assert process.poll() is None, f"it ended by itself: {told.read_text()}"
        members = family(process.pid)
        victim = rng.choice(members)
        os.kill(victim, rng.choice([signal.SIGKILL, signal.SIGTERM]))
        n_killed += 1
        try:
            process.wait(timeout=rng.uniform(1, 4))
        except subprocess.TimeoutExpired:
            end_all(members)
            process.wait()
        end_all(members)
        wait_for_end(members)
    raise AssertionError("the run did not end in 60 attempts")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes in /proc")
def test_killed_run_gives_the_same_bytes(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    done = ionfo(*SAMPLE, "--out", str(whole))
    assert done.returncode == 0, done.stderr
    killed = tmp_path / "killed"
    assert torture(killed, seed=1) == N_KILLS
    out = []
    for run in (whole, killed):
        out.append(tmp_path / f"{run.name}.parquet")
        assert ionfo("collect", str(run), "--out", str(out[-1])).returncode == 0
    assert out[0].read_bytes() == out[1].read_bytes()
    assert not (killed / "failed.json").exists()  # no healthy model is condemned
