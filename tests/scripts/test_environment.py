"""The set-up of demo and test asks for what the machine lacks, with stand-ins for its programs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PYTHON = """#!/bin/bash
if [ "$1 $2" = "-m venv" ]; then
    mkdir -p "$3/bin" && cp "$STUBS/pip-python" "$3/bin/python"
else
    exec "$REAL_PYTHON" "$@"
fi
"""
PIP = """#!/bin/bash
printf '%s\\n' "${@: -1}" >> "$LOG"
case "${@: -1}" in
    ".[]" | *,] | *[,*) echo "ERROR: '${@: -1}' is not a valid editable requirement." >&2; exit 1 ;;
    *mpi*) printf '#!/bin/sh\\n' > .venv/bin/mpirun && chmod +x .venv/bin/mpirun ;;
esac
"""


def executable(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


class Machine:
    """A checkout, and a machine of stand-ins."""

    def __init__(self, root: Path, folder: Path, has_mpi: bool) -> None:
        self.checkout, stubs = folder / "a checkout", folder / "stubs"
        (self.checkout / "scripts").mkdir(parents=True)
        stubs.mkdir()
        shutil.copy(root / "scripts" / "environment.sh", self.checkout / "scripts")
        shutil.copy(root / "pyproject.toml", self.checkout)
        for name in ("bash", "sh", "mkdir", "cp", "cat", "cksum", "rm", "dirname", "chmod", "env"):
            (stubs / name).symlink_to(shutil.which(name) or "/bin/false")
        executable(stubs / "python3", PYTHON)
        executable(stubs / "pip-python", PIP)
        for name in ("g++", "make", *(["mpirun"] if has_mpi else [])):
            executable(stubs / name, "#!/bin/sh\n")
        self.stubs, self.log = stubs, folder / "log"
        self.environment = {"PATH": str(stubs), "STUBS": str(stubs), "LOG": str(self.log),
                            "REAL_PYTHON": sys.executable, "HOME": str(folder)}  # fmt: skip

    def set_up(self, extras: str) -> subprocess.CompletedProcess[str]:
        code = 'source scripts/environment.sh "$1"; command -v mpirun; env'
        return subprocess.run(
            ["bash", "-c", code, "set-up", extras], cwd=self.checkout, env=self.environment,
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    def asked(self) -> list[str]:
        return self.log.read_text().split("\n")[:-1] if self.log.exists() else []


@pytest.mark.parametrize(
    ("has_mpi", "extras", "wanted"),
    [(True, "", "."), (True, "dev,genes", ".[dev,genes]"),
     (False, "", ".[mpi]"), (False, "dev,genes", ".[dev,genes,mpi]")],
)  # fmt: skip
def test_what_is_installed(
    root: Path, tmp_path: Path, has_mpi: bool, extras: str, wanted: str
) -> None:
    machine = Machine(root, tmp_path, has_mpi)
    done = machine.set_up(extras)
    assert done.returncode == 0, done.stdout + done.stderr
    assert machine.asked() == [wanted]
    where = machine.stubs if has_mpi else machine.checkout / ".venv/bin"
    assert str(where / "mpirun") in done.stdout.splitlines()
    assert "OMPI_ALLOW_RUN_AS_ROOT=1" in done.stdout.splitlines()
    again = machine.set_up(extras)  # there is nothing left to do
    assert again.returncode == 0 and machine.asked() == [wanted]
    assert "setting up" in done.stdout and "setting up" not in again.stdout


def test_both_mpis(root: Path, tmp_path: Path) -> None:
    machine = Machine(root, tmp_path, has_mpi=False)
    assert machine.set_up("").returncode == 0
    executable(machine.stubs / "mpirun", "#!/bin/sh\n")  # the machine gets one of its own
    done = machine.set_up("dev")
    assert done.returncode == 0, done.stderr
    assert machine.asked() == [".[mpi]", ".[dev,mpi]"]


def test_active_environment_of_another_project_lends_nothing(root: Path, tmp_path: Path) -> None:
    machine = Machine(root, tmp_path, has_mpi=False)
    other = tmp_path / "other"
    (other / "bin").mkdir(parents=True)
    for name in ("mpirun", "python3"):
        executable(other / "bin" / name, "#!/bin/sh\nexit 1\n")
    path = machine.environment["PATH"]
    machine.environment |= {"VIRTUAL_ENV": str(other), "PATH": f"{other}/bin:{path}"}
    for _ in range(2):
        done = machine.set_up("")
        assert done.returncode == 0, done.stderr
        told = done.stdout.splitlines()
        assert str(machine.checkout / ".venv/bin/mpirun") in told
        assert f"VIRTUAL_ENV={machine.checkout / '.venv'}" in told
        assert not any(str(other) in line for line in told if line.startswith("PATH="))
    assert machine.asked() == [".[mpi]"]


def test_moved_checkout_is_set_up_anew(root: Path, tmp_path: Path) -> None:
    machine = Machine(root, tmp_path, has_mpi=True)
    machine.set_up("")
    moved = tmp_path / "moved"
    machine.checkout = machine.checkout.rename(moved)
    (moved / ".venv/old").touch()
    assert machine.set_up("").returncode == 0
    assert machine.asked() == [".", "."] and not (moved / ".venv/old").exists()


@pytest.mark.parametrize("missing", ["g++", "make", "python3"])
def test_what_the_machine_lacks_is_said(root: Path, tmp_path: Path, missing: str) -> None:
    machine = Machine(root, tmp_path, has_mpi=True)
    (machine.stubs / missing).unlink()
    done = machine.set_up("")
    assert done.returncode == 1 and machine.asked() == []
    assert f"ionfo needs {missing}" in done.stderr and "apt-get install" in done.stderr
