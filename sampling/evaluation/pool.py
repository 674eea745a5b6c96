"""Where evaluations run: in this process, in local processes, or on MPI ranks.

Each pool has one method, `map(function, requests)`, that returns results in order, and
each process behind it builds its cell once; a request carries only numbers.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar, runtime_checkable

from ...errors import IonfoError
from ...features.scores import CostName
from . import mpi
from .evaluator import Evaluation, Evaluator, EvaluatorSpec, failed_evaluation
from .light_imports import import_lightly
from .stop import ignore_signals

Request = TypeVar("Request")
Result = TypeVar("Result")


class Pool(Protocol):
    """Anything that can map a function over requests, in order."""

    def map(
        self, function: Callable[[Request], Result], requests: Iterable[Request], /
    ) -> Iterable[Result]:
        """Apply `function` to each request and return the results in order."""


@runtime_checkable
class StreamingPool(Protocol):
    """A pool that can go on with one request before others are done."""

    def stream(
        self,
        requests: Mapping[int, ModelRequest | Call],
        follow: Callable[[int, Any], Mapping[int, ModelRequest | Call] | None],
        /,
    ) -> None:
        """Work out requests, and what `follow` makes of each result, until it makes nothing."""


@dataclass(frozen=True)
class ModelRequest:
    """One parameter set to evaluate, whole or until its cost is known to reach `bound`.

    `cost` and `order` are those of the evaluator when they are None; an order may name some
    protocols only.  `max_steps` are the integrator steps that it may take.  What may kill its
    process is evaluated `alone`.
    """

    theta: tuple[float, ...]
    bound: float = float("inf")
    fixed: Mapping[str, float] = field(default_factory=dict)
    cost: CostName | None = None
    order: tuple[str, ...] | None = None
    max_steps: int | None = None
    alone: bool = False


@dataclass(frozen=True)
class Call:
    """Something else that a worker works out: a function of a module, and what it is given.

    It may not depend on a cell, and an error in it ends the run.
    """

    function: Callable[[Any], Any]
    given: Any

    def __call__(self) -> Any:
        """Work it out."""
        return self.function(self.given)


class SerialPool:
    """Evaluate in this process."""

    def map(
        self, function: Callable[[Request], Result], requests: Iterable[Request], /
    ) -> Iterator[Result]:
        """Apply `function` to each request as its result is asked for."""
        return map(function, requests)


# The evaluator of this process, or the reason why it could not be built.  A pool's
# initializer has no other way to hand it to `evaluate`; nothing else writes it.
_evaluator: Evaluator | IonfoError | None = None


def initialise(spec: EvaluatorSpec) -> None:
    """Build this process's evaluator; an error is kept for the first request to raise."""
    global _evaluator
    if spec.ignore_signals:  # this process is a worker's
        ignore_signals()
        import_lightly()
    try:
        _evaluator = Evaluator(spec)
    except IonfoError as error:
        _evaluator = error


def process_evaluator() -> Evaluator:
    """Give this process's evaluator; for functions that a pool maps.

    Raises
    ------
    IonfoError
        If it could not be built.
    """
    if isinstance(_evaluator, IonfoError):
        raise _evaluator
    if _evaluator is None:
        raise RuntimeError("initialise() must run in this process first")
    return _evaluator


def evaluate(request: ModelRequest) -> Evaluation:
    """Evaluate one request with this process's evaluator.

    An error while it is simulated or measured makes a failed evaluation: one model in a million
    must not end a run of days.
    """
    if isinstance(_evaluator, IonfoError):
        raise _evaluator
    if _evaluator is None:
        raise RuntimeError("initialise() must run in this process before evaluate()")
    if request.alone:
        from .alone import evaluate_alone

        return evaluate_alone(replace(request, alone=False))
    try:
        return _evaluator(
            request.theta,
            request.bound,
            request.fixed,
            request.cost,
            request.order,
            request.max_steps,
        )
    except Exception as error:
        reason = f"the evaluation raised {type(error).__name__}: {str(error)[:200]}"
        return failed_evaluation(_evaluator.emodel, request.cost or _evaluator.cost, reason)


def stream(
    pool: Pool,
    requests: Mapping[int, ModelRequest | Call],
    follow: Callable[[int, Any], Mapping[int, ModelRequest | Call] | None],
) -> None:
    """Work out requests, and what `follow` makes of each result, until it makes nothing.

    Parameters
    ----------
    pool : Pool
        One that cannot go on with a request before others are done takes them in turns.
    requests : mapping of int to ModelRequest or Call
        The first, by number.
    follow : callable
        Given number and result, makes the next requests, by number: what goes on under the same
        number goes first, what is new waits its turn.
    """
    if isinstance(pool, StreamingPool):
        pool.stream(requests, follow)
        return
    going = dict(requests)
    while going:
        models = {i: one for i, one in going.items() if isinstance(one, ModelRequest)}
        found = dict(zip(models, pool.map(evaluate, models.values()), strict=True))
        turn, going = going, {}
        for i, one in turn.items():
            going.update(follow(i, one() if isinstance(one, Call) else found[i]) or {})


Timed = tuple[int, Any, float]
"""Ticket of a request, its evaluation or what a call gave, and the wall time that it took (s)."""


def evaluate_timed(batch: Sequence[tuple[int, ModelRequest | Call]]) -> list[Timed]:
    """Evaluate requests under their tickets; under MPI the driver is told who began."""
    mpi.tell_begin([ticket for ticket, _ in batch])
    found = []
    for ticket, request in batch:
        began = time.perf_counter()
        one = request() if isinstance(request, Call) else evaluate(request)
        found.append((ticket, one, time.perf_counter() - began))
    return found


@contextmanager
def main_left_out() -> Iterator[None]:
    """Start processes that do not run the main program again; they need none of it.

    A script without ``if __name__ == "__main__"`` would start itself anew in each of them.
    """
    main = sys.modules["__main__"]
    kept: dict[str, Any] = {
        name: vars(main).pop(name) for name in ("__file__", "__spec__") if name in vars(main)
    }
    main.__spec__ = None
    try:
        yield
    finally:
        vars(main).update(kept)


@contextmanager
def open_pool(spec: EvaluatorSpec, processes: int = 1) -> Iterator[Pool]:
    """Open the pool that fits how this program was started.

    Parameters
    ----------
    spec : EvaluatorSpec
        What each process evaluates.
    processes : int
        Local processes when the program was not started by mpirun; 1 evaluates here.

    Yields
    ------
    Pool
        MPI workers under ``mpirun -n K`` with K > 1, else local processes or this one.
    """
    if mpi.size() > 1:
        with mpi.executor(initialise, spec) as executor:
            yield executor
    elif processes > 1:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import active_children, get_context

        # spawn: a forked child would share the parent's NEURON
        local = ProcessPoolExecutor(processes, get_context("spawn"), initialise, (spec,))
        with main_left_out():
            for _ in range(processes):  # each starts a process
                local.submit(os.getpid)
        try:
            yield local
        except BaseException:
            local.shutdown(wait=False, cancel_futures=True)
            for child in active_children():
                child.kill()  # what it evaluates is lost, and evaluated again
            raise
        local.shutdown()
    else:
        initialise(replace(spec, ignore_signals=False))
        if isinstance(_evaluator, IonfoError):
            raise _evaluator
        yield SerialPool()
