"""Who evaluates: one thing at a time here, or many in processes and ranks.

The scheduler hands out requests under ticket numbers and waits for whichever is done first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from ..errors import IonfoError
from . import mpi
from .evaluator import Evaluation, EvaluatorSpec
from .pool import ModelRequest, SerialPool, evaluate_timed, open_pool


class WorkerDied(IonfoError):
    """A worker process ended while it evaluated."""


class Workers(Protocol):
    """Whoever evaluates requests for the scheduler.

    Attributes
    ----------
    n_workers : int
        How many evaluate at a time.
    capacity : int
        Requests that may be submitted and not yet done; a few wait so that none idles.
    is_here : bool
        Whether they are this process, which a signal must not break into.
    """

    n_workers: int
    capacity: int
    is_here: bool

    def submit(self, ticket: int, request: ModelRequest) -> None:
        """Take a request."""

    def wait(self, timeout: float) -> tuple[int, Evaluation, float] | None:
        """Give ticket, evaluation and its seconds of one that is done; None after `timeout` s."""

    def begun(self) -> Iterable[tuple[int, int]]:
        """Give (ticket, rank) of requests that ranks have begun since the last call."""


class SerialWorkers:
    """Evaluate in this process, one after the other."""

    n_workers = 1
    capacity = 1
    is_here = True

    def __init__(self) -> None:
        self._queue: deque[tuple[int, ModelRequest]] = deque()

    def submit(self, ticket: int, request: ModelRequest) -> None:
        """Take a request."""
        self._queue.append((ticket, request))

    def wait(self, timeout: float) -> tuple[int, Evaluation, float] | None:
        """Evaluate the oldest request."""
        ticket, request = self._queue.popleft()
        return (ticket, *evaluate_timed(request))

    def begun(self) -> Iterator[tuple[int, int]]:
        """Give nothing: the driver itself is the worker."""
        return iter(())


class FutureWorkers:
    """Evaluate in the processes of an executor.

    Parameters
    ----------
    executor : concurrent.futures.Executor
        Local processes, or MPI ranks.
    n_workers : int
        How many they are.
    """

    is_here = False

    def __init__(self, executor: Any, n_workers: int) -> None:
        self.executor = executor
        self.n_workers = n_workers
        self.capacity = 2 * n_workers  # one waits beside each that runs
        self._done: SimpleQueue[tuple[int, Future[tuple[Evaluation, float]]]] = SimpleQueue()

    def submit(self, ticket: int, request: ModelRequest) -> None:
        """Take a request."""
        try:
            future = self.executor.submit(evaluate_timed, request, ticket)
        except BrokenExecutor:
            raise _died() from None
        future.add_done_callback(lambda one: self._done.put((ticket, one)))

    def wait(self, timeout: float) -> tuple[int, Evaluation, float] | None:
        """Give the one that was done first."""
        try:
            ticket, future = self._done.get(timeout=timeout)
        except Empty:
            return None
        try:
            return (ticket, *future.result())
        except BrokenExecutor:
            raise _died() from None

    def begun(self) -> Iterator[tuple[int, int]]:
        """Give what MPI ranks have told."""
        return mpi.heard_begin()


def _died() -> WorkerDied:
    return WorkerDied(
        "a worker process died; the run is stored up to the last step, and the same command "
        "resumes it and says what was in flight"
    )


@contextmanager
def open_workers(spec: EvaluatorSpec, processes: int = 1) -> Iterator[Workers]:
    """Open the workers that fit how this program was started; see `open_pool`."""
    with open_pool(spec, processes) as pool:
        if isinstance(pool, SerialPool):
            yield SerialWorkers()
        else:
            yield FutureWorkers(pool, mpi.size() - 1 if mpi.size() > 1 else processes)
