"""Where evaluations run: in this process, in local processes, or on MPI ranks.

Each pool has one method, `map(function, requests)`, that returns results in order, and
each process behind it builds its cell once; a request carries only numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from ..errors import IonfoError
from . import mpi
from .evaluator import Evaluation, Evaluator, EvaluatorSpec
from .stop import ignore_signals

Request = TypeVar("Request")
Result = TypeVar("Result")


class Pool(Protocol):
    """Anything that can map a function over requests, in order."""

    def map(
        self, function: Callable[[Request], Result], requests: Iterable[Request], /
    ) -> Iterable[Result]:
        """Apply `function` to each request and return the results in order."""


@dataclass(frozen=True)
class ModelRequest:
    """One parameter set to evaluate, whole or until its cost is known to reach `bound`."""

    theta: tuple[float, ...]
    bound: float = float("inf")
    fixed: Mapping[str, float] = field(default_factory=dict)


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
    if spec.ignore_signals:
        ignore_signals()
    try:
        _evaluator = Evaluator(spec)
    except IonfoError as error:
        _evaluator = error


def evaluate(request: ModelRequest) -> Evaluation:
    """Evaluate one request with this process's evaluator."""
    if isinstance(_evaluator, IonfoError):
        raise _evaluator
    if _evaluator is None:
        raise RuntimeError("initialise() must run in this process before evaluate()")
    return _evaluator(request.theta, request.bound, request.fixed)


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
