"""mpirun: who am I, are we what the launcher says, and the workers' side of the pool.

Only a program that a launcher started touches MPI, and only through mpi4py; NEURON's own
MPI is never initialised (`ionfo.__init__`).  Rank 0 drives; the other ranks wait, asleep between
looks, until the driver opens an executor, as often as it likes, or sends them home.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

from ...errors import IonfoError
from .stop import StopRun, ignore_signals

# what launchers tell the processes they start: number of ranks, own rank; the innermost first
_LAUNCHERS = (
    ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
    ("PMI_SIZE", "PMI_RANK"),
    ("PMIX_SIZE", "PMIX_RANK"),
    ("MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"),
    ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID"),
)
LAUNCHER_PREFIXES = ("OMPI_", "PMI_", "PMIX_", "MV2_", "HYDI_", "HYDRA_", "MPI_LOCAL", "SLURM_")
"""How the variables begin by which a launcher makes a process a rank."""
_OPEN_MPI, _MPICH = "Open MPI", "MPICH"
_TAG = 101
_TAG_BEGIN = 102
_POLL = 0.02  # s
_LAST_WORDS = 0.2  # s; a launcher may drop what it has not passed on before an abort


def announced() -> tuple[int, int]:
    """Read the number of ranks and the own rank that a launcher announced.

    Returns
    -------
    tuple of int
        (1, 0) when no launcher started this program; otherwise the largest announcement, for a
        launcher may itself have been started by a batch system, a process on each node.
    """
    best = (1, 0)
    for size_name, rank_name in _LAUNCHERS:
        try:
            found = int(os.environ[size_name]), int(os.environ.get(rank_name, "0"))
        except (KeyError, ValueError):
            continue
        if found[0] > best[0]:
            best = found
    return best


def is_launched() -> bool:
    """Whether a launcher started this program."""
    return any(size_name in os.environ for size_name, _ in _LAUNCHERS)


def size() -> int:
    """Count the ranks that MPI sees; 1 without a launcher.

    Raises
    ------
    IonfoError
        If launcher and mpi4py belong to different MPI libraries, or mpi4py is missing.
    """
    if not is_launched():
        return 1
    n_announced = announced()[0]
    if n_announced == 1:
        return 1
    n_seen = int(_world().Get_size())
    if n_announced > n_seen:
        raise IonfoError(
            f"the launcher started {n_announced} ranks but MPI sees {n_seen}: launcher and mpi4py "
            f"belong to different MPI libraries (mpi4py loads {_library()}); {HOW_TO_MEND}"
        )
    return n_seen


def rank() -> int:
    """Rank of this process; 0 without a launcher."""
    return int(_world().Get_rank()) if size() > 1 else 0


HOW_TO_MEND = (
    "use the launcher of that library, or let mpi4py load the launcher's: its wheel takes "
    "MPI4PY_MPIABI=openmpi or MPI4PY_MPIABI=mpich, and a build from source is replaced by: "
    "pip install --force-reinstall --no-deps --no-cache-dir mpi4py"
)


def launcher_family(environment: Mapping[str, str]) -> str | None:
    """Tell which MPI library a launcher's variables belong to.

    Parameters
    ----------
    environment : mapping
        Variables of a process, such as `os.environ`.

    Returns
    -------
    str or None
        "Open MPI" or "MPICH" (and what shares its interface); None where that cannot be told: no
        launcher, or one that serves both, such as srun.
    """
    if "OMPI_COMM_WORLD_SIZE" in environment:
        return _OPEN_MPI
    if "PMI_SIZE" in environment and not {"PMI_FD", "PMI_PORT"}.isdisjoint(environment):
        # SLURM's srun speaks the same language, also to an Open MPI that was built for it
        return None if "HYDI_CONTROL_FD" not in environment and _by_srun(environment) else _MPICH
    return None


def _by_srun(environment: Mapping[str, str]) -> bool:
    return "SLURM_STEP_NUM_TASKS" in environment


def choose_library(environment: Mapping[str, str]) -> str | None:
    """Choose the library that mpi4py's wheel should load for a launcher.

    The wheel looks for MPICH first, and a process that Open MPI started must not load that.

    Parameters
    ----------
    environment : mapping
        Variables of the process.

    Returns
    -------
    str or None
        Value for MPI4PY_MPIABI; None where mpi4py's own choice, or the user's, holds.
    """
    if "MPI4PY_MPIABI" in environment or "MPI4PY_LIBMPI" in environment:
        return None
    by_pmix = "PMIX_NAMESPACE" in environment and "PMI_SIZE" not in environment
    if launcher_family(environment) == _OPEN_MPI or by_pmix:
        return "openmpi"
    return None


@cache
def _world() -> Any:
    """Load and initialise MPI, if the library is the launcher's; give the world of all ranks."""
    chosen = choose_library(os.environ)
    if chosen is not None:
        os.environ["MPI4PY_MPIABI"] = chosen
    try:
        import mpi4py

        mpi4py.rc.initialize = False
        mpi4py.rc.finalize = True
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        raise IonfoError(
            "this program was started by mpirun, but mpi4py cannot be used "
            f"({str(error).splitlines()[0]}); install it with: pip install mpi4py mpich, or load "
            "the MPI of your cluster"
        ) from None
    launcher, library = launcher_family(os.environ), _library()
    if launcher is not None and launcher != library_family(library):
        raise IonfoError(
            f"the launcher belongs to {launcher}, and mpi4py loads another MPI library, {library}; "
            + HOW_TO_MEND
        )
    if not MPI.Is_initialized():
        MPI.Init_thread(MPI.THREAD_MULTIPLE)
    return MPI.COMM_WORLD


def library_family(told: str) -> str:
    """Tell which family an MPI library belongs to by what it says of itself."""
    return _OPEN_MPI if told.startswith(_OPEN_MPI) else _MPICH


def _library() -> str:
    from mpi4py import MPI

    first = MPI.Get_library_version().splitlines()[0].partition(",")[0]
    return " ".join(first.replace("Version:", "").strip(" \0").split())


def _call(to_work: bool) -> None:
    world = _world()
    for worker in range(1, world.Get_size()):
        world.send(to_work, dest=worker, tag=_TAG)


def serve() -> None:
    """Work for the driver until it sends this rank home; call on every rank but 0."""
    from mpi4py.futures import MPICommExecutor

    ignore_signals()
    world = _world()
    while True:
        while not world.iprobe(source=0, tag=_TAG):
            time.sleep(_POLL)  # a blocking receive would spin on a whole core
        if not world.recv(source=0, tag=_TAG):
            return
        with MPICommExecutor(world, root=0):
            pass


def tell_begin(tickets: Sequence[int]) -> None:
    """Tell the driver that this rank begins to work on tickets; nothing to do without MPI."""
    if size() > 1 and rank() > 0:
        _world().send(list(tickets), dest=0, tag=_TAG_BEGIN)


def heard_begin() -> Iterator[tuple[int, int]]:
    """Give (ticket, rank) of each work begun since the last call; on rank 0."""
    if size() == 1:
        return
    from mpi4py import MPI

    world, status = _world(), MPI.Status()
    while world.iprobe(tag=_TAG_BEGIN, status=status):
        source = status.Get_source()
        for ticket in world.recv(source=source, tag=_TAG_BEGIN):
            yield ticket, source


def dismiss() -> None:
    """Send the waiting workers home; call on rank 0, last."""
    _call(False)


def abort(code: int) -> None:
    """End all ranks at once, whatever they evaluate; call on rank 0 when all is stored and told.

    MPI_Abort is how a rank ends others that are busy; the launcher reports it in its own words.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    time.sleep(_LAST_WORDS)
    _world().Abort(code)


@contextmanager
def executor(initialise: Callable[[Any], None], spec: Any) -> Iterator[Any]:
    """Open an executor on the waiting workers; call on rank 0, not inside another one."""
    from mpi4py.futures import MPICommExecutor

    world = _world()
    _call(True)
    with ExitStack() as context:
        context.callback(_hear_all)
        workers: Any = context.enter_context(
            MPICommExecutor(world, root=0, initializer=initialise, initargs=(spec,))
        )
        assert workers is not None  # it is None only on the workers' side
        try:
            yield workers
        except StopRun:
            # all is stored, and nobody waits for what still runs: see `abort`
            context.pop_all()
            raise
        except BaseException:
            # do not wait for what is queued, only for what runs
            workers.shutdown(wait=False, cancel_futures=True)
            raise


def _hear_all() -> None:
    """Read what workers have told last: MPICH ends a rank that leaves with messages unread."""
    for _ in heard_begin():
        pass
