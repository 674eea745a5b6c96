"""What a command does on rank 0 of an MPI run, and what the other ranks do meanwhile."""

from __future__ import annotations

from collections.abc import Callable


def on_driver(work: Callable[[], None]) -> None:
    """Do `work` on rank 0 and serve it on the other ranks of an MPI run."""
    from .sampling import mpi

    if mpi.size() == 1:
        work()
    elif mpi.rank() > 0:
        mpi.serve()
    else:
        try:
            work()
        finally:
            mpi.dismiss()
