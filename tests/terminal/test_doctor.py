"""What is missing is said in one line each, with the fix."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from ionfo.mechanisms.build import BUNDLED, build_mechanisms, library_folder
from ionfo.terminal import doctor

from ..mpi.launchers import FAMILIES, environment, launcher_of


def run(
    environment: Mapping[str, str], *options: str, code: int | None = None
) -> dict[str, list[str]]:
    """Run the doctor in an environment, and give its words by thing."""
    command = [sys.executable, "-m", "ionfo", "doctor", *options]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, env={**os.environ, **environment}
    )
    assert done.stderr == "" and (code is None or done.returncode == code), done.stderr
    lines = done.stdout.splitlines()
    found = {line[8:25].strip(): [line[:8].strip(), line[25:]] for line in lines}
    assert len(found) == len(lines) == 8  # one line each
    return found


@pytest.fixture
def bare_path(tmp_path: Path) -> str:
    """A PATH with nothing but a shell."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sh").symlink_to("/bin/sh")
    return str(folder)


def test_this_machine_is_healthy() -> None:
    found = run({})
    assert found["python"][0] == found["NEURON"][0] == found["mechanism cache"][0] == "ok"
    assert found["mpirun -n 2"][0] in ("ok", "note")


def test_without_compiler_mpi_and_cache(tmp_path: Path, bare_path: str) -> None:
    # an mpi4py that finds no library, and an interpreter without mpirun beside it
    stub = tmp_path / "stub" / "mpi4py"
    stub.mkdir(parents=True)
    (stub / "__init__.py").write_text("class rc: pass\n")
    (stub / "MPI.py").write_text("raise RuntimeError('cannot load MPI library')\n")
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    environment = {"PATH": bare_path, "PYTHONPATH": str(stub.parent), "CXX": "",
                   "IONFO_CACHE": str(blocked)}  # fmt: skip
    found = run(environment, code=3)
    assert found["compiler"] == ["broken", "no g++ and no make; apt-get install g++ make"]
    assert found["MPI library"][0] == "note"
    assert "cannot load MPI library" in found["MPI library"][1]
    assert "pip install mpich" in found["MPI library"][1]
    state, told = found["mechanism cache"]
    assert state == "broken" and "cannot be written" in told and "set IONFO_CACHE" in told
    if not Path(sys.executable).with_name("mpirun").exists():
        assert found["mpirun -n 2"][0] == "note" and "ionfo[mpi]" in found["mpirun -n 2"][1]


def test_compiled_channels_make_the_compiler_dispensable(bare_path: str) -> None:
    build_mechanisms(BUNDLED)
    state, told = run({"PATH": bare_path, "CXX": ""})["compiler"]
    assert state == "note" and "needed to compile channels other than the bundled ones" in told


@pytest.mark.parametrize("damage", ["cut", "empty"])
def test_broken_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    library = build_mechanisms(BUNDLED)
    monkeypatch.setenv("IONFO_CACHE", str(tmp_path))
    copy = library_folder(BUNDLED) / library.parent.name / library.name
    copy.parent.mkdir(parents=True)
    if damage == "cut":
        copy.write_bytes(library.read_bytes()[:5000])
    found = doctor.mechanism_cache()
    assert found.state == "broken" and found.fix == f"remove it: rm -r {library_folder(BUNDLED)}"
    shutil.rmtree(library_folder(BUNDLED))
    assert "compiled at first use" in doctor.mechanism_cache().told


def script(path: Path, text: str) -> str:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("text", "state", "words"),
    [
        ("printf '<2><2>'", "ok", "starts two ranks"),
        ("printf '<1>\\n<1>'", "broken", "belongs to another MPI library than mpi4py"),
        (
            "printf '<error: the launcher belongs to X; use Y>'; exit 1",
            "broken",
            "the launcher belongs to X",
        ),
        ("echo no luck >&2; exit 1", "broken", "fails (no luck)"),
        (
            "echo 'an attempt to run as root.' >&2; exit 1",
            "note",
            "refuses to start ranks for root",
        ),
        ("echo 'There are not enough slots' >&2; exit 1", "note", "fewer than two cores"),
    ],
)
def test_launchers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, state: str, words: str
) -> None:
    command = script(tmp_path / "mpirun", text)
    monkeypatch.setattr(doctor, "launcher_path", lambda: command)
    found = doctor.launcher()
    assert found.state == state and words in found.told
    assert (found.fix == "") == (state == "ok")


def test_hang_of_the_ranks_is_found_and_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = script(tmp_path / "mpirun", f"sleep 77 & echo $! > {tmp_path}/pid; wait")
    monkeypatch.setattr(doctor, "launcher_path", lambda: command)
    monkeypatch.setattr(doctor, "_PATIENCE", 1.0)
    found = doctor.launcher()
    assert found.state == "broken" and "no answer within a minute" in found.told
    sleeper = Path("/proc") / (tmp_path / "pid").read_text().strip() / "stat"
    deadline = time.monotonic() + 10
    while sleeper.exists() and ") Z" not in sleeper.read_text():
        assert time.monotonic() < deadline, "what the launcher had started goes on"
        time.sleep(0.05)


@pytest.mark.mpi
@pytest.mark.parametrize("family", FAMILIES)
def test_every_mpi_of_this_machine(monkeypatch: pytest.MonkeyPatch, family: str) -> None:
    command = launcher_of(family)
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(doctor, "launcher_path", lambda: command)
    found = doctor.launcher()
    assert (found.state, found.fix) == ("ok", ""), found.line
    other = {"openmpi": "mpich", "mpich": "openmpi"}[family]
    monkeypatch.setenv("MPI4PY_MPIABI", other)
    if other == "mpich":  # the packaged one is found by its path only
        monkeypatch.delenv("MPI4PY_MPIABI")
        monkeypatch.setenv("MPI4PY_LIBMPI", str(Path(sys.prefix) / "lib" / "libmpi.so.12"))
    found = doctor.launcher()
    assert found.state == "broken" and "mpi4py loads another MPI library" in found.told, found.line


def test_no_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "launcher_path", lambda: None)
    assert doctor.launcher().state == "note" and "ionfo[mpi]" in doctor.launcher().fix


def test_threads_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    assert doctor.threads().fix == "unset OMP_NUM_THREADS"
    monkeypatch.setattr(doctor, "available_memory", lambda: 2**28)
    assert doctor.memory().state == "note" and doctor.memory().fix == "start at most 1 ranks"


def test_machines_read_it_too() -> None:
    command = [sys.executable, "-m", "ionfo", "doctor", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    told = json.loads(done.stdout)
    assert told["exit_code"] == done.returncode
    assert told["result"]["healthy"] == (done.returncode == 0)
    assert [one["name"] for one in told["result"]["checks"]][:2] == ["python", "NEURON"]
