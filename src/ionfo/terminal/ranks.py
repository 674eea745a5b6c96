"""What a command does on rank 0 of an MPI run, and what the other ranks do meanwhile."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from ..errors import IonfoError
from ..sampling.evaluation import mpi

WITH_RANKS = frozenset({"score", "sample", "optimise", "validate", "analyse", "report"})
"""Commands that know what to do with more than one rank; of others, rank 0 does all."""


def one_thread_each() -> None:
    """Let linear algebra take one thread a process: the ranks are the parallelism."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def is_worker() -> bool:
    """Whether a launcher started this process as another rank than the driver."""
    return mpi.announced()[1] > 0


def work_as_rank(arguments: Sequence[str]) -> int:
    """Serve the driver of an MPI run until it sends this rank home.

    A worker imports nothing of the command line: hundreds of ranks start at once, from one file
    system.  Whatever is wrong with the command, the driver says it, once.

    Parameters
    ----------
    arguments : sequence of str
        Of the command line, without the program.

    Returns
    -------
    int
        Exit code.
    """
    if not has_work_for_ranks(arguments):
        return 0
    one_thread_each()
    told = sys.stderr
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115  until the process ends
    try:
        if mpi.size() > 1:
            mpi.serve()
    except IonfoError:
        return 2
    except Exception:
        sys.stderr = told  # a fault of ours is shown by whoever has it
        raise
    return 0


def has_work_for_ranks(arguments: Sequence[str]) -> bool:
    """Whether a command line makes the driver wait for workers or send them home."""
    command = next((one for one in arguments if not one.startswith("-")), None)
    return command in WITH_RANKS and {"--help", "-h"}.isdisjoint(arguments)


def dismiss_workers(arguments: Sequence[str]) -> None:
    """Send the workers of an MPI run home when the command is done, however it ended."""
    with suppress(IonfoError):  # ranks that do not see each other have nobody to send home
        if has_work_for_ranks(arguments) and mpi.size() > 1:
            mpi.dismiss()
