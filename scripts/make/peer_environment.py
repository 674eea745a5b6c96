"""Build an environment with emodel-generalisation beside ours, and print the path of its python.

The environment is kept in the user's cache folder, one per set of requirements, and holds the
versions of NEURON, BluePyOpt, eFEL and numpy that this environment has, so that a comparison is
one of the tools and not of the libraries below them.

    python scripts/make/peer_environment.py          # builds it when it is not there (minutes)
    python scripts/make/peer_environment.py --find   # exit code 1 when it is not there
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import platform
import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path

from ionfo.mechanisms.build import cache_root
from ionfo.terminal.output import mistakes_told

PEER = "emodel-generalisation==0.2.14"
SHARED = ("neuron", "bluepyopt", "efel", "numpy")


def requirements() -> tuple[str, ...]:
    """List what pip installs; all else follows from the requirements of the peer."""
    return (PEER, *(f"{name}=={version(name)}" for name in SHARED))


def environment_folder() -> Path:
    """Where the environment is kept, whether it is there or not."""
    described = "\0".join([*requirements(), platform.python_version(), platform.machine()])
    return cache_root() / "peers" / hashlib.sha256(described.encode()).hexdigest()[:16]


def find_peer_python() -> Path | None:
    """Return the python of a complete environment, or None."""
    folder = environment_folder()
    return folder / "bin" / "python" if (folder / "complete").exists() else None


def make_peer_python() -> Path:
    """Return the python of the environment; build it first when it is not there."""
    folder = environment_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # a second caller waits for the first
        if find_peer_python() is None:
            # a virtual environment cannot be renamed: it is built in place and marked when whole
            venv.create(folder, clear=True, with_pip=True)
            python = folder / "bin" / "python"
            _run(python, "-m", "pip", "install", "--quiet", *requirements())
            _run(python, "-c", "import emodel_generalisation.model.evaluation")
            (folder / "complete").touch()
    return folder / "bin" / "python"


def _run(*command: str | Path) -> None:
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, stdout=sys.stderr, env=clean)
    if done.returncode != 0:
        sys.exit(f"the environment of {PEER} could not be made; see above what failed")


def main() -> int:
    """Print the path."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--find", action="store_true", help="do not build")
    python = find_peer_python() if parser.parse_args().find else make_peer_python()
    if python is None:
        return 1
    print(python)
    return 0


if __name__ == "__main__":
    with mistakes_told():
        sys.exit(main())
