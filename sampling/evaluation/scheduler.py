"""Several ensembles share the workers: while one waits for its last walker, others fill them.

Each ensemble is a task in a greenlet of its own.  A task that maps over requests hands them to the
scheduler and sleeps; it goes on when the last of them is done.  No task sees another one, or
in which order requests were worked on, so no chain depends on the number of workers.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from greenlet import greenlet

from .evaluator import Evaluation
from .flight import FlightRecord
from .pool import Call, ModelRequest, Request, Result, evaluate
from .stop import StopFlag
from .workers import Workers

_POLL = 0.05  # s between looks at who has begun what


class SharedPool:
    """The pool that a task sees; it may only be used inside a task.

    Nothing to evaluate is asked for too: tasks that work long on what they know are stopped there.
    """

    def map(
        self, function: Callable[[Request], Result], requests: Iterable[Request], /
    ) -> list[Result]:
        """Apply `function` to each request, in workers, and return results in order.

        Between tasks, where there is nobody to wait, all but `evaluate` is worked out here.
        """
        batch = list(requests)
        asked: list[Any] = batch if function is evaluate else [Call(function, i) for i in batch]
        hub = greenlet.getcurrent().parent
        if hub is None:
            if function is evaluate:
                raise RuntimeError("a SharedPool evaluates only inside a task of its scheduler")
            return list(map(function, batch))
        results: dict[int, Any] = {}
        hub.switch(_Batch(dict(enumerate(asked)), results.__setitem__))
        return [results[i] for i in range(len(batch))]

    def stream(
        self,
        requests: Mapping[int, ModelRequest | Call],
        follow: Callable[[int, Any], Mapping[int, ModelRequest | Call] | None],
        /,
    ) -> None:
        """Work out requests, and what `follow` makes of each result, until it makes nothing."""
        hub = greenlet.getcurrent().parent
        if hub is None:
            raise RuntimeError("a SharedPool streams only inside a task of its scheduler")
        hub.switch(_Batch(dict(requests), follow))


@dataclass
class _Batch:
    """What a task waits for: requests by number, and what to ask next after each result."""

    requests: dict[int, ModelRequest | Call]
    follow: Callable[[int, Any], Mapping[int, ModelRequest | Call] | None]


@dataclass
class _Task:
    """A task, what it waits for, and how many batches it has had, new ones within one too."""

    fibre: greenlet
    batch: _Batch | None = None
    queue: deque[int] = field(default_factory=deque)
    n_left: int = 0
    n_batches: int = 0


class Scheduler:
    """Run tasks to their end on shared workers.

    Parameters
    ----------
    workers : Workers
        Who evaluates.
    stop : StopFlag, optional
        Set by a signal: tasks are then ended where they wait.
    flight : FlightRecord, optional
        Keeps what is in flight, and knows what must not be evaluated again.
    clock : callable
        Gives the time (s).
    """

    def __init__(
        self,
        workers: Workers,
        stop: StopFlag | None = None,
        flight: FlightRecord | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.workers = workers
        self.stop = stop or StopFlag()
        self.flight = flight or FlightRecord(None)
        self.clock = clock
        self.on_result: Callable[[], None] = lambda: None
        self.on_evaluation: Callable[[Evaluation, float], None] = lambda evaluation, seconds: None
        """Given each evaluation and the time that a worker spent on it (s)."""
        self.busy_seconds = 0.0
        """Worker time spent on evaluations and calls."""
        self.waited_seconds = 0.0
        """Wall time during which there was work to share, times one worker."""
        self._submitted: dict[int, tuple[_Task, int]] = {}
        self._next_ticket = 0

    def run(self, tasks: Sequence[Callable[[], None]]) -> None:
        """Run tasks until all are done.

        Raises
        ------
        StopRun
            If a signal asked for it; every task has then been ended by the same exception.
        """
        running = [_Task(greenlet(task)) for task in tasks]
        began = self.clock()
        try:
            for task in running:
                self._go_on(task)
            while any(task.batch is not None for task in running):
                self._fill(running)
                self._take_one()
        except BaseException as error:
            # a task writes what it has when it is ended
            for task in running:
                if task.fibre and not task.fibre.dead:
                    try:
                        task.fibre.throw(error)
                    except BaseException as same:
                        if same is not error:
                            raise
            raise
        finally:
            self.waited_seconds += self.clock() - began
            self._submitted = {}

    def _go_on(self, task: _Task) -> None:
        """Let a task work until it hands over its next batch or ends."""
        task.batch = None
        given = task.fibre.switch()
        while not task.fibre.dead and not given.requests:
            self.stop.check()
            given = task.fibre.switch()
        if not task.fibre.dead:
            task.batch = given
            task.queue = deque(given.requests)
            task.n_left = len(given.requests)

    def _fill(self, running: Sequence[_Task]) -> None:
        """Submit what fits; the task that lags behind comes first."""
        while len(self._submitted) < self.workers.capacity:
            waiting = [task for task in running if task.queue]
            if not waiting:
                return
            task = min(waiting, key=lambda one: one.n_batches)
            assert task.batch is not None
            i = task.queue.popleft()
            request = task.batch.requests[i]
            ticket = self._next_ticket
            if isinstance(request, ModelRequest):
                known = self.flight.known(request)
                if known is not None:
                    self._give(task, i, known)
                    continue
                self.flight.begin(ticket, request)
            self._next_ticket += 1
            self._submitted[ticket] = (task, i)
            self.workers.submit(ticket, request)

    def _take_one(self) -> None:
        """Wait for one result and give it to its task."""
        if not self._submitted:
            self.stop.check()
            return
        with nullcontext() if self.workers.is_here else self.stop.waiting():
            done = self.workers.wait(_POLL)
        self.stop.check()
        for begun, rank in self.workers.begun():
            self.flight.tell_rank(begun, rank)
        if done is None:
            self.flight.write()
            return
        ticket, found, seconds = done
        self.busy_seconds += seconds
        task, i = self._submitted.pop(ticket)
        assert task.batch is not None
        if isinstance(task.batch.requests[i], ModelRequest):
            self.flight.end(ticket)
            self.on_result()
            self.on_evaluation(found, seconds)
        self._give(task, i, found)

    def _give(self, task: _Task, i: int, found: Any) -> None:
        assert task.batch is not None
        del task.batch.requests[i]
        follows = task.batch.follow(i, found) or {}
        task.batch.requests.update(follows)
        task.n_left += len(follows) - 1
        if i in follows:
            # who has begun goes on first: the last of a batch is what the others wait for
            task.queue.appendleft(i)
        new = [number for number in follows if number != i]
        task.queue.extend(new)
        task.n_batches += bool(new)
        if task.n_left == 0:
            task.n_batches += 1
            self._go_on(task)
