"""The batch templates go back into the queue while a run makes progress, and end otherwise."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

STUBS = {
    # a session: stores what GAIN says, leaves what LEFT says, ends as CODE says or on SIGUSR1
    "mpirun": """echo "mpirun $@" >> "$LOG"
store() { read -r stored _ < "$WORK"; echo "$((stored + $GAIN)) $LEFT" > "$WORK"; exit "$1"; }
trap 'store 75' USR1
[ -n "$CODE" ] && store "$CODE"
for _ in $(seq 100); do sleep 0.1; done""",
    "ionfo": """echo "ionfo $@" >> "$LOG"
read -r stored left < "$WORK"
echo "$stored $left"
[ "$stored" != damaged ] || exit 2""",
    "scontrol": """echo "scontrol $@" >> "$LOG"
[ "$1" != show ] || echo "JobId=17 JobState=${STATE:-RUNNING} Reason=${REASON:-None} Restarts=0" """,
    "qsub": 'echo "qsub $@" >> "$LOG"',
}
AGAIN = {"slurm.sh": "scontrol requeue 17", "pbs.sh": "qsub -v SUCCESSOR=1,"}
TEMPLATES = pytest.mark.parametrize("script", list(AGAIN))


class Job:
    """A folder with stand-ins for all that a template calls."""

    def __init__(self, root: Path, folder: Path, script: str) -> None:
        self.root, self.folder, self.script = root, folder, script
        (folder / "bin").mkdir()
        for name, body in STUBS.items():
            (folder / "bin" / name).write_text(f"#!/bin/bash\n{body}\n")
            (folder / "bin" / name).chmod(0o755)
        (folder / "work").write_text("0 1\n")

    def start(
        self, code: int | str = "", gain: int = 0, left: int = 10, first: bool = True, **more: str
    ) -> subprocess.Popen[str]:
        arguments = more.pop("arguments", "soma --out run")
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM_", "PBS_"))}
        environment = {
            **clean,
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "LOG": str(self.folder / "log"),
            "WORK": str(self.folder / "work"),
            "CODE": str(code),
            "GAIN": str(gain),
            "LEFT": str(left),
            "SLURM_NTASKS": "4",
            "SLURM_JOB_ID": "17",
            "ARGUMENTS": arguments,
            "SECONDS_TO_RUN": "20",
            **({} if first else {"SLURM_RESTART_COUNT": "1", "SUCCESSOR": "1"}),
            **more,
        }
        (self.folder / "log").write_text("")
        given = arguments.split() if self.script == "slurm.sh" else []
        return subprocess.Popen(
            ["bash", self.root / "scripts" / "cluster" / self.script, *given],
            env=environment, cwd=self.folder, text=True, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *arguments: int | str, **named: object) -> tuple[int, str]:
        """Give the exit code and what was said."""
        job = self.start(*arguments, **named)  # type: ignore[arg-type]
        said = job.communicate(timeout=30)[1]
        return job.returncode, said

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def is_back(self) -> bool:
        """Whether the last session put itself back into the queue."""
        return AGAIN[self.script] in self.log

    @property
    def record(self) -> str | None:
        path = self.folder / "run.sessions"
        return path.read_text().strip() if path.exists() else None


@TEMPLATES
@pytest.mark.parametrize("code", [75, 137, 139, 143, 205, 1, 0])
def test_job_goes_back_while_steps_are_left_and_something_was_stored(
    root: Path, tmp_path: Path, script: str, code: int
) -> None:
    job = Job(root, tmp_path, script)
    assert job.run(code, gain=5)[0] == code
    assert job.is_back and job.record == "0 5"
    assert "mpirun -n 4 ionfo sample soma --out run" in job.log or script == "pbs.sh"


@TEMPLATES
def test_job_gives_up_after_three_sessions_that_stored_nothing(
    root: Path, tmp_path: Path, script: str
) -> None:
    job = Job(root, tmp_path, script)
    assert job.run(139) == (139, "ionfo job: exit code 139, 10 steps are left; the job goes back "
                            "into the queue\n")  # fmt: skip
    assert job.run(139, first=False)[0] == 139 and job.is_back and job.record == "2 0"
    assert job.run(139, gain=1, first=False)[0] == 139 and job.record == "0 1"
    assert job.run(137, first=False)[0] == job.run(137, first=False)[0] == 137
    code, said = job.run(137, first=False)
    assert code == 1 and not job.is_back and job.record is None
    assert "3 sessions in a row stored nothing, the last ended with exit code 137" in said


@TEMPLATES
def test_new_submission_counts_anew(root: Path, tmp_path: Path, script: str) -> None:
    job = Job(root, tmp_path, script)
    (tmp_path / "run.sessions").write_text("2 0\n")
    assert job.run(137)[0] == 137
    assert job.is_back and job.record == "1 0"


@TEMPLATES
def test_sessions_that_vanish_are_counted(root: Path, tmp_path: Path, script: str) -> None:
    job = Job(root, tmp_path, script)
    for n in (1, 2, 3):
        session = job.start(first=n == 1)
        while "mpirun" not in job.log:
            time.sleep(0.02)
        assert job.record == f"{n} 0"
        session.kill()  # as when its node goes down; the batch system starts the job again
        assert session.stderr is not None
        session.wait(), session.stderr.close()
    code, said = job.run(first=False)
    assert code == 1 and "mpirun" not in job.log
    assert "3 sessions in a row ended before they stored anything" in said


@TEMPLATES
def test_mistakes_and_finished_runs_end_the_job(root: Path, tmp_path: Path, script: str) -> None:
    job = Job(root, tmp_path, script)
    assert job.run(2, gain=5)[0] == 2 and not job.is_back
    for code in (0, 139):  # a launcher may fall at the very end
        assert job.run(code, gain=5, left=0)[0] == 0
        assert not job.is_back and job.record is None
    assert job.run(0, left=0)[0] == 0 and not job.is_back
    assert job.run(1, left=0)[0] == 1 and job.is_back  # nothing was done: more was asked for
    assert job.run(0, arguments="soma --steps 5") == (
        2,
        "ionfo job: name the run folder: --out RUN\n",
    )
    (tmp_path / "work").write_text("damaged\n")
    assert job.run(0)[0] == 2 and "mpirun" not in job.log


@TEMPLATES
def test_arguments_are_read(root: Path, tmp_path: Path, script: str) -> None:
    job = Job(root, tmp_path, script)
    job.run(
        75, gain=5, arguments="optimise soma --out=deep/er --seeds 2", LAUNCHER="mpirun --mpi=x"
    )
    assert "mpirun --mpi=x -n" in job.log and "ionfo optimise soma --out=deep/er" in job.log
    assert "ionfo status deep/er --batch" in job.log
    assert (tmp_path / "deep/er.sessions").read_text() == "0 5\n"


def test_task_of_an_array_returns_alone(root: Path, tmp_path: Path) -> None:
    job = Job(root, tmp_path, "slurm.sh")
    task = {"SLURM_ARRAY_JOB_ID": "17", "SLURM_ARRAY_TASK_ID": "3"}
    job.run(75, gain=5, arguments="soma --out run-%a --seed %a", **task)
    assert "ionfo sample soma --out run-3 --seed 3" in job.log
    assert "scontrol requeue 17_3\n" in job.log


@TEMPLATES
def test_signal_before_the_limit_stops_the_run(root: Path, tmp_path: Path, script: str) -> None:
    job = Job(root, tmp_path, script)
    if script == "pbs.sh":
        assert job.run(gain=5, SECONDS_TO_RUN="1")[0] == 75
    else:
        session = job.start(gain=5)
        while "mpirun" not in job.log:
            time.sleep(0.02)
        time.sleep(0.3)
        session.send_signal(signal.SIGUSR1)
        session.communicate(timeout=30)
        assert session.returncode == 75
    assert job.is_back and job.record == "0 5"


@TEMPLATES
@pytest.mark.parametrize(("reason", "is_back"), [("None", False), ("TimeLimit", True)])
def test_job_that_the_batch_system_ends_does_not_return_by_itself(
    root: Path, tmp_path: Path, script: str, reason: str, is_back: bool
) -> None:
    # scancel, a preemption and scontrol requeue look the same: SLURM knows whether it comes back
    job = Job(root, tmp_path, script)
    (tmp_path / "run.sessions").write_text("1 0\n")
    session = job.start(gain=5, first=False, STATE="COMPLETING", REASON=reason)
    while "mpirun" not in job.log:
        time.sleep(0.02)
    time.sleep(0.3)
    session.send_signal(signal.SIGTERM)
    session.communicate(timeout=30)
    assert session.returncode == 75
    assert job.is_back == (is_back and script == "slurm.sh")
    assert job.record == ("0 5" if job.is_back else "1 0")


def test_templates_decide_alike(root: Path) -> None:
    shared = []
    for script in AGAIN:
        text = (root / "scripts" / "cluster" / script).read_text()
        shared.append(text[text.index("# ---- from here") : text.index("# ---- up to here")])
    assert shared[0] == shared[1]


def test_trial_says_what_must_be_installed(root: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, root / "scripts" / "cluster" / "try_slurm", tmp_path / "new"],
        env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert done.returncode == 1 and not (tmp_path / "new").exists()
    assert "mpirun.openmpi" in done.stderr and "; run: apt-get install -y" in done.stderr
