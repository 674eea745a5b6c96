"""Who evaluates: one thing at a time here, or many in processes and ranks.

The scheduler hands out requests under ticket numbers and waits for whichever is done first.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from ...errors import IonfoError
from . import mpi
from .evaluator import EvaluatorSpec
from .pool import Call, ModelRequest, SerialPool, Timed, evaluate_timed, open_pool

MESSAGE_SECONDS = 2e-4
"""What a message to a worker and its answer take of the driver's time (s), by
scripts/bench/messages.py."""
LARGEST_BATCH = 16
_LARGEST_SHARE = 0.65  # of the driver's time that messages may take


class WorkerDied(IonfoError):
    """A worker process ended while it evaluated."""


class Workers(Protocol):
    """Whoever evaluates requests for the scheduler.

    Attributes
    ----------
    n_workers : int
        How many evaluate at a time.
    is_here : bool
        Whether they are this process, which a signal must not break into.
    """

    n_workers: int
    is_here: bool

    @property
    def capacity(self) -> int:
        """How many requests may be submitted and not yet done."""

    def submit(self, ticket: int, request: ModelRequest | Call) -> None:
        """Take a request."""

    def wait(self, timeout: float) -> Timed | None:
        """Give ticket, result and its seconds of one that is done; None after `timeout` s."""

    def begun(self) -> Iterable[tuple[int, int]]:
        """Give (ticket, rank) of requests that ranks have begun since the last call."""


class SerialWorkers:
    """Evaluate in this process, one after the other."""

    n_workers = 1
    capacity = 1
    is_here = True

    def __init__(self) -> None:
        self._queue: deque[tuple[int, ModelRequest | Call]] = deque()

    def submit(self, ticket: int, request: ModelRequest | Call) -> None:
        """Take a request."""
        self._queue.append((ticket, request))

    def wait(self, timeout: float) -> Timed | None:
        """Evaluate the oldest request."""
        return evaluate_timed([self._queue.popleft()])[0]

    def begun(self) -> Iterator[tuple[int, int]]:
        """Give nothing: the driver itself is the worker."""
        return iter(())


def batch_size(n_workers: int, seconds: float) -> int:
    """Choose how many requests go in a message, so that messages do not take the driver's time.

    Parameters
    ----------
    n_workers : int
        How many ask for work.
    seconds : float
        Mean time of an evaluation (s).

    Returns
    -------
    int
        1 where evaluations are long, at most `LARGEST_BATCH`.  No result depends on it.

    Examples
    --------
    >>> batch_size(127, 1.0), batch_size(511, 0.05)
    (1, 4)
    """
    share = n_workers * MESSAGE_SECONDS / max(seconds, 1e-9)  # of the driver's time, at one each
    return min(max(1, math.ceil(share / _LARGEST_SHARE)), LARGEST_BATCH)


def next_batches(n_waiting: int, n_out: int, n_workers: int, size: int) -> list[int]:
    """Divide waiting requests into the batches to send now.

    Full ones are always sent; smaller ones only to workers that have nothing to do.

    Parameters
    ----------
    n_waiting, n_out : int
        Requests that wait, and batches that are out.
    n_workers, size : int
        Workers, and requests of a full batch.

    Returns
    -------
    list of int
        Sizes of the batches; what is not in them goes on waiting.

    Examples
    --------
    >>> next_batches(9, 5, 5, 4), next_batches(9, 2, 5, 4), next_batches(2, 0, 5, 4)
    ([4, 4], [3, 3, 3], [1, 1])
    """
    n_idle = max(0, n_workers - n_out)
    if n_waiting < n_idle * size:
        n_batches = min(n_idle, n_waiting)
        return [n_waiting // n_batches + (i < n_waiting % n_batches) for i in range(n_batches)]
    return [size] * (n_waiting // size)


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
        self._waiting: deque[tuple[int, ModelRequest | Call]] = deque()
        self._n_out = 0
        self._seconds: float | None = None
        self._done: SimpleQueue[Future[list[Timed]]] = SimpleQueue()
        self._ready: deque[Timed] = deque()

    @property
    def _size(self) -> int:
        return 1 if self._seconds is None else batch_size(self.n_workers, self._seconds)

    @property
    def capacity(self) -> int:
        """Requests that may be submitted and not yet done: a batch waits beside each that runs."""
        return 2 * self.n_workers * self._size

    def submit(self, ticket: int, request: ModelRequest | Call) -> None:
        """Take a request; it is sent with others once somebody waits."""
        self._waiting.append((ticket, request))

    def wait(self, timeout: float) -> Timed | None:
        """Give the one that was done first."""
        self._send()
        if not self._ready:
            try:
                found = self._done.get(timeout=timeout).result()
            except Empty:
                return None
            except BrokenExecutor:
                raise _died() from None
            self._n_out -= 1
            self._ready.extend(found)
            mean = sum(seconds for _, _, seconds in found) / len(found)
            self._seconds = mean if self._seconds is None else 0.95 * self._seconds + 0.05 * mean
        return self._ready.popleft()

    def _send(self) -> None:
        for n in next_batches(len(self._waiting), self._n_out, self.n_workers, self._size):
            batch = [self._waiting.popleft() for _ in range(n)]
            try:
                future = self.executor.submit(evaluate_timed, batch)
            except BrokenExecutor:
                raise _died() from None
            self._n_out += 1
            future.add_done_callback(self._done.put)

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
