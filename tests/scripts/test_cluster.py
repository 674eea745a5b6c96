"""The batch templates requeue on exit code 75 and only then."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

STUBS = {
    "mpirun": 'echo "mpirun $@" >> "$LOG"; trap \'exit 75\' USR1; [ -n "$CODE" ] && exit "$CODE"; '
    "for _ in $(seq 100); do sleep 0.1; done",
    "scontrol": 'echo "scontrol $@" >> "$LOG"',
    "qsub": 'echo "qsub $@" >> "$LOG"',
}


def start(root: Path, folder: Path, script: str, code: str, **more: str) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    for name, body in STUBS.items():
        (folder / name).write_text(f"#!/bin/bash\n{body}\n")
        (folder / name).chmod(0o755)
    (folder / "log").write_text("")
    environment = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "LOG": str(folder / "log"),
        "CODE": code,
        "SLURM_NTASKS": "4",
        "SLURM_JOB_ID": "17",
        "ARGUMENTS": "soma --out run",
        **more,
    }
    arguments = ["soma", "--out", "run"] if script == "slurm.sh" else []
    return subprocess.Popen(
        ["bash", root / "scripts" / "cluster" / script, *arguments], env=environment, cwd=folder
    )


@pytest.mark.parametrize(("script", "again"), [("slurm.sh", "scontrol requeue 17"),
                                               ("pbs.sh", "qsub -v ARGUMENTS=soma --out run")])  # fmt: skip
@pytest.mark.parametrize("code", ["0", "2", "75"])
def test_job_goes_back_into_the_queue_when_steps_are_left(
    root: Path, tmp_path: Path, script: str, again: str, code: str
) -> None:
    job = start(root, tmp_path / "bin", script, code)
    assert job.wait(timeout=30) == int(code)
    log = (tmp_path / "bin/log").read_text()
    assert "ionfo sample soma --out run" in log
    assert (again in log) == (code == "75")


def test_signal_of_the_batch_system_reaches_the_run(root: Path, tmp_path: Path) -> None:
    job = start(root, tmp_path / "bin", "slurm.sh", "")
    time.sleep(1.0)
    job.send_signal(signal.SIGUSR1)
    assert job.wait(timeout=30) == 75
    assert "scontrol requeue 17" in (tmp_path / "bin/log").read_text()


def test_clock_of_the_job_stops_the_run(root: Path, tmp_path: Path) -> None:
    job = start(root, tmp_path / "bin", "pbs.sh", "", SECONDS_TO_RUN="1")
    assert job.wait(timeout=30) == 75
    assert "qsub" in (tmp_path / "bin/log").read_text()
