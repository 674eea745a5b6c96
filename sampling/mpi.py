"""mpirun: who am I, are we what the launcher says, and the workers' side of the pool.

Only a program that a launcher started touches MPI, and only through mpi4py; NEURON's own
MPI is never initialised.  Rank 0 drives; the other ranks wait, asleep between looks, until
the driver opens an executor, as often as it likes, or sends them home.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import IonfoError
from .stop import STOPPED, StopRun, ignore_signals

# what launchers tell the processes they start: number of ranks, own rank
_LAUNCHERS = (
    ("PMI_SIZE", "PMI_RANK"),
    ("PMIX_SIZE", "PMIX_RANK"),
    ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
    ("MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"),
    ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID"),
)
_TAG = 101
_TAG_BEGIN = 102
_POLL = 0.02  # s


def announced() -> tuple[int, int]:
    """Read the number of ranks and the own rank that a launcher announced.

    Returns
    -------
    tuple of int
        (1, 0) when no launcher started this program; otherwise the largest announcement.
    """
    best = (0, 0)
    for size_name, rank_name in _LAUNCHERS:
        try:
            best = max(best, (int(os.environ[size_name]), int(os.environ.get(rank_name, "0"))))
        except (KeyError, ValueError):
            continue
    return best if best[0] > 0 else (1, 0)


def is_launched() -> bool:
    """Whether a launcher started this program."""
    return any(size_name in os.environ for size_name, _ in _LAUNCHERS)


def size() -> int:
    """Count the ranks that MPI sees; 1 without a launcher.

    Raises
    ------
    IonfoError
        If a launcher announced more ranks than MPI sees, or mpi4py is missing.
    """
    if not is_launched():
        return 1
    n_announced = announced()[0]
    if n_announced == 1:
        return 1
    n_seen = int(_world().Get_size())
    if n_announced > n_seen:
        raise IonfoError(
            f"the launcher started {n_announced} ranks but MPI sees {n_seen}: mpirun and mpi4py "
            "belong to different MPI libraries; use the mpirun of the library that mpi4py was "
            "built with, or reinstall mpi4py with: pip install --no-binary mpi4py mpi4py"
        )
    return n_seen


def rank() -> int:
    """Rank of this process; 0 without a launcher."""
    return int(_world().Get_rank()) if size() > 1 else 0


def _world() -> Any:
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        raise IonfoError(
            "this program was started by mpirun, but mpi4py cannot be used "
            f"({str(error).splitlines()[0]}); install it with: pip install mpi4py mpich"
        ) from None
    return MPI.COMM_WORLD


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


def tell_begin(ticket: int) -> None:
    """Tell the driver that this rank begins to work on a ticket; nothing to do without MPI."""
    if size() > 1 and rank() > 0:
        _world().send(ticket, dest=0, tag=_TAG_BEGIN)


def heard_begin() -> Iterator[tuple[int, int]]:
    """Give (ticket, rank) of each work begun since the last call; on rank 0."""
    if size() == 1:
        return
    from mpi4py import MPI

    world, status = _world(), MPI.Status()
    while world.iprobe(tag=_TAG_BEGIN, status=status):
        source = status.Get_source()
        yield world.recv(source=source, tag=_TAG_BEGIN), source


def dismiss() -> None:
    """Send the waiting workers home; call on rank 0, last."""
    _call(False)


@contextmanager
def executor(initialise: Callable[[Any], None], spec: Any) -> Iterator[Any]:
    """Open an executor on the waiting workers; call on rank 0, not inside another one."""
    from mpi4py.futures import MPICommExecutor

    world = _world()
    _call(True)
    workers: Any
    with MPICommExecutor(world, root=0, initializer=initialise, initargs=(spec,)) as workers:
        assert workers is not None  # it is None only on the workers' side
        try:
            yield workers
        except StopRun:
            # all is stored; do not wait for what still runs
            sys.stdout.flush()
            sys.stderr.flush()
            world.Abort(STOPPED)
        except BaseException:
            # do not wait for what is queued, only for what runs
            workers.shutdown(wait=False, cancel_futures=True)
            raise
