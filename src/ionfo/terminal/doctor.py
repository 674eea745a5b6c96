"""``ionfo doctor``: what this machine has, what is missing, and how to mend it; a line each."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from ..analysis.memory import available_memory
from ..analysis.multiplets.spectrum import usable_cores
from ..errors import IonfoError
from ..mechanisms.build import BUNDLED, cache_root, find_library, library_folder
from ..sampling.evaluation import mpi

_RANK_BYTES = 2**29
"""A rank of l5pc on C060114A5 takes 0.23 GiB; twice that, for larger cells."""
_OLDEST = (3, 10)
_PATIENCE = 60.0  # s


@dataclass(frozen=True)
class Finding:
    """What was found of one thing.

    Attributes
    ----------
    name : str
        Of the thing.
    state : {"ok", "note", "broken"}
        A note concerns some uses only; what is broken must be mended first.
    told : str
        What was found.
    fix : str
        What to do; empty when nothing needs to be done.
    """

    name: str
    state: Literal["ok", "note", "broken"]
    told: str
    fix: str = ""

    @property
    def line(self) -> str:
        """The finding in one line."""
        fix = f"; {self.fix}" if self.fix else ""
        return f"{self.state:<7} {self.name:<16} {self.told}{fix}"


def examine() -> list[Finding]:
    """Look at everything that ionfo needs of a machine.

    Returns
    -------
    list of Finding
        In the order in which things are needed.
    """
    return [check() for check in _CHECKS]


def python() -> Finding:
    """Check the interpreter."""
    told = f"{sys.version.split()[0]}, {sys.executable}"
    if sys.version_info < _OLDEST:
        wanted = ".".join(map(str, _OLDEST))
        return Finding("python", "broken", told, f"install python >= {wanted}")
    return Finding("python", "ok", told)


def neuron() -> Finding:
    """Check that NEURON can be imported, in a process of its own."""
    code = "from neuron import h, __version__; h.Section(); print(__version__)"
    done = _run([sys.executable, "-c", code], env={"NEURON_MODULE_OPTIONS": "-nogui"})
    if done.failed:
        return Finding("NEURON", "broken", done.last or "does not start", "pip install neuron")
    packages = ", ".join(f"{one} {_version(one)}" for one in ("bluepyopt", "efel", "emcee"))
    return Finding("NEURON", "ok", f"{done.last}; {packages}")


def compiler() -> Finding:
    """Check what compiles the ion channels."""
    wanted = {"g++": "g++", "make": "make"}
    missing = [tool for tool in wanted if shutil.which(tool) is None]
    if "g++" in missing and os.environ.get("CXX"):
        missing.remove("g++")
    if missing:
        built = find_library(library_folder()) is not None
        state: Literal["note", "broken"] = "note" if built else "broken"
        told = f"no {' and no '.join(missing)}"
        told += ", needed to compile channels other than the bundled ones" if built else ""
        return Finding("compiler", state, told, f"apt-get install {' '.join(missing)}")
    command = Path(sysconfig.get_path("scripts")) / "nrnivmodl"
    if not command.exists() and shutil.which("nrnivmodl") is None:
        return Finding("compiler", "broken", "no nrnivmodl", "pip install neuron")
    told = re.sub(r" \([^)]*\)", "", _run([os.environ.get("CXX", "g++"), "--version"]).first)
    return Finding("compiler", "ok", f"{told}; make; nrnivmodl")


def mpi_library() -> Finding:
    """Check the MPI library of mpi4py, in a process of its own."""
    code = (
        "import mpi4py\nmpi4py.rc.initialize = False\nfrom mpi4py import MPI\n"
        "print(MPI.Get_library_version().splitlines()[0].replace('\\t', ' ').strip(' \\0'))"
    )
    done = _run([sys.executable, "-c", code])
    if done.failed:
        return Finding(
            "MPI library",
            "note",
            f"mpi4py finds none ({done.last or 'no answer'}); ionfo runs on one machine",
            "pip install mpich, or load the module of your cluster",
        )
    told = " ".join(done.last.replace(" Version:", "").split())
    return Finding("MPI library", "ok", f"{told}; mpi4py {_version('mpi4py')}")


def launcher() -> Finding:
    """Check that mpirun starts two ranks that see each other and of which one imports NEURON.

    It is done as `ionfo sample` does it, with the user's own settings.
    """
    name = "mpirun -n 2"
    if mpi.is_launched():
        return Finding(name, "note", "not tried: this is a rank of mpirun itself")
    command = launcher_path()
    if command is None:
        return Finding(
            name,
            "note",
            "no mpirun; ionfo runs on one machine with --processes",
            "pip install 'ionfo[mpi]', or load the module of your cluster",
        )
    code = "from ionfo.terminal.doctor import try_as_rank; try_as_rank()"
    done = _run([command, "-n", "2", sys.executable, "-c", code])
    answers = re.findall(r"<(\d+)>", done.output)
    if answers == ["2", "2"]:
        return Finding(name, "ok", f"{command} starts two ranks, and NEURON on one of them")
    if told := re.search(r"<error: ([^>]*)>", done.output):
        sentence, _, fix = told[1].partition("; ")
        return Finding(name, "broken", sentence, fix)
    if answers:
        return Finding(
            name,
            "broken",
            f"{command} starts ranks that do not see each other: it belongs to another MPI "
            "library than mpi4py",
            mpi.HOW_TO_MEND,
        )
    if "as root" in done.errors:
        return Finding(
            name,
            "note",
            f"{command} refuses to start ranks for root",
            "work as a plain user, or set OMPI_ALLOW_RUN_AS_ROOT=1 and "
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1",
        )
    if "not enough slots" in done.errors:
        return Finding(
            name,
            "note",
            f"{command} finds fewer than two cores that it may use",
            "give the job more tasks, or mpirun the option --oversubscribe",
        )
    return Finding(
        name,
        "broken",
        f"{command} fails ({done.last or 'no answer'})",
        "try it on: mpirun -n 2 hostname",
    )


def try_as_rank() -> None:
    """Work as one of two ranks: rank 1 alone imports NEURON, and each writes how many it sees."""
    try:
        n_ranks = mpi.size()
        if n_ranks > 1 and mpi.rank() > 0:
            mpi.serve()
        elif n_ranks > 1:
            with mpi.executor(_nothing, None) as workers:
                workers.submit(_import_neuron).result()
            mpi.dismiss()
        # one write a rank, for lines of ranks may be mixed
        os.write(1, f"<{n_ranks}>".encode())
    except IonfoError as error:
        os.write(1, f"<error: {error}>".encode())


def _nothing(_: None) -> None:
    """Initialise nothing."""


def _import_neuron() -> None:
    os.environ.setdefault("NEURON_MODULE_OPTIONS", "-nogui")
    from neuron import h

    h.Section()


def launcher_path() -> str | None:
    """Find mpirun on PATH, or beside this interpreter."""
    beside = Path(sys.executable).with_name("mpirun")
    return shutil.which("mpirun") or (str(beside) if beside.exists() else None)


def mechanism_cache() -> Finding:
    """Check that compiled channels can be kept, and that those which are kept load."""
    root = cache_root() / "mechanisms"
    mend = "set IONFO_CACHE to a folder you may write to"
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root):
            pass
    except OSError as error:
        told = f"'{root}' cannot be written ({error.strerror})"
        return Finding("mechanism cache", "broken", told, mend)
    folder = library_folder(BUNDLED)
    library = find_library(folder)
    if library is None:
        if folder.exists():
            told = f"'{folder}' holds no library"
            return Finding("mechanism cache", "broken", told, f"remove it: rm -r {folder}")
        told = f"'{root}', the bundled channels are compiled at first use"
        return Finding("mechanism cache", "ok", told)
    code = (
        "import os, sys\nos.chdir(os.path.dirname(sys.argv[1]))\nfrom neuron import h\n"
        "sys.exit(0 if h.nrn_load_dll(sys.argv[1]) else 'NEURON cannot load it')"
    )
    # loaded beside a folder without compiled channels, which NEURON would load by itself
    with tempfile.TemporaryDirectory() as empty:
        code = code.replace("os.path.dirname(sys.argv[1])", repr(empty))
        done = _run([sys.executable, "-c", code, str(library)],
                    env={"NEURON_MODULE_OPTIONS": "-nogui"})  # fmt: skip
    if done.failed:
        told = f"NEURON cannot load '{library}'"
        return Finding("mechanism cache", "broken", told, f"remove it: rm -r {folder}")
    return Finding("mechanism cache", "ok", f"'{root}', the bundled channels load")


def threads() -> Finding:
    """Check how many threads a rank takes."""
    cores = usable_cores()
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    many = [f"{name}={os.environ[name]}" for name in names if os.environ.get(name, "1") != "1"]
    told = f"{cores} cores may be used"
    if many:
        told += f", and each rank takes more than one thread ({', '.join(many)})"
        return Finding("threads per rank", "note", told, f"unset {many[0].partition('=')[0]}")
    return Finding("threads per rank", "ok", f"{told}, one thread a rank")


def memory() -> Finding:
    """Check that there is memory for a rank on every core."""
    available = available_memory()
    if available is None:
        return Finding("memory", "note", "this system does not tell how much is free")
    n_ranks, cores = available // _RANK_BYTES, usable_cores()
    told = f"{available / 2**30:.1f} GiB free, enough for {n_ranks} ranks"
    if n_ranks < cores:
        return Finding("memory", "note", told, f"start at most {max(n_ranks, 1)} ranks")
    return Finding("memory", "ok", told)


_CHECKS: tuple[Callable[[], Finding], ...] = (
    python,
    neuron,
    compiler,
    mpi_library,
    launcher,
    mechanism_cache,
    threads,
    memory,
)


@dataclass(frozen=True)
class _Done:
    failed: bool
    output: str
    errors: str

    @property
    def first(self) -> str:
        return next((line.strip() for line in self.output.splitlines() if line.strip()), "")

    @property
    def last(self) -> str:
        """Last line of the output, of the errors when it failed."""
        lines = [one.strip() for one in (self.errors if self.failed else self.output).splitlines()]
        return next((line for line in reversed(lines) if line), "")


def _run(command: Sequence[str], env: dict[str, str] | None = None) -> _Done:
    """Run a command for a minute at most; all that it has started ends with it."""
    try:
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            env={**os.environ, **(env or {})},
            start_new_session=True,
        ) as started:
            try:
                output, errors = started.communicate(timeout=_PATIENCE)
            except subprocess.TimeoutExpired:
                os.killpg(started.pid, signal.SIGKILL)
                return _Done(True, "", "no answer within a minute")
    except OSError as error:
        return _Done(True, "", error.strerror or str(error))
    return _Done(started.returncode != 0, output, errors)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "is missing"


def as_result(findings: Sequence[Finding]) -> dict[str, Any]:
    """Give the findings as the JSON object that `--json` prints."""
    return {
        "healthy": all(one.state != "broken" for one in findings),
        "checks": [asdict(one) for one in findings],
    }
