"""A signal stops ranks that are busy: all is stored, the lock is gone, the same command goes on."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from .launchers import command, environment

pytestmark = [pytest.mark.mpi, pytest.mark.neuron, pytest.mark.slow]

SAMPLE = ["sample", "soma", "--steps", "400", "--ensembles", "2", "--start-evaluations", "0"]


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGTERM])
def test_stop_leaves_no_lock(tmp_path: Path, launcher: str, number: signal.Signals) -> None:
    run = tmp_path / "run"
    with subprocess.Popen(
        command(*SAMPLE, "--out", str(run), ranks=3, mpi=launcher), env=environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as started:  # fmt: skip
        deadline = time.monotonic() + 120
        while not (run / "in-flight.json").exists():
            assert started.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        assert (run / "lock").exists()
        time.sleep(1.0)
        started.send_signal(number)
        told = started.communicate(timeout=60)[1]
    # what a launcher makes of MPI_Abort, its code and the last words, is its own affair
    assert started.returncode != 0 and "Traceback" not in told, told
    last = json.loads((run / "log.jsonl").read_text().splitlines()[-1])
    assert (last["event"], last["signal"]) == ("stopped", number.name), (last, told)
    assert not (run / "lock").exists()
    # SIGTERM is also what a launcher sends when a worker has died: what was in flight is suspect
    assert (run / "in-flight.json").exists() == (number == signal.SIGTERM)
