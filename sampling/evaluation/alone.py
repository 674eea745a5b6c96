"""Evaluate a parameter set in a process of its own, so that nothing else dies of it.

What was in flight when a session ended may have killed its worker, or may just have been there when
somebody killed the run.  Only the first kind kills a process that evaluates nothing else, again and
again, while everything around it lives.
"""

from __future__ import annotations

import signal
from contextlib import suppress
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path

from ...errors import IonfoError
from .evaluator import Evaluation, EvaluatorSpec, failed_evaluation
from .pool import ModelRequest, evaluate, initialise, main_left_out, process_evaluator

DEATHS = 3
"""Processes of its own that a parameter set must kill before it is set aside."""


def evaluate_alone(request: ModelRequest) -> Evaluation:
    """Evaluate a request in a child process; call where `initialise` has run.

    Parameters
    ----------
    request : ModelRequest
        What may kill a process.

    Returns
    -------
    Evaluation
        As `evaluate` gives it; a failed one whose `died` tells how the children ended when
        `DEATHS` of them did so in a row.

    Raises
    ------
    IonfoError
        If the child cannot build its cell.
    """
    evaluator = process_evaluator()
    how = ""
    for _ in range(DEATHS):
        found = _in_child(evaluator.spec, request)
        if isinstance(found, IonfoError):
            raise found
        if isinstance(found, Evaluation):
            return found
        how = found
    reason = f"{DEATHS} processes that evaluated nothing else ended by {how}"
    failed = failed_evaluation(evaluator.emodel, request.cost or evaluator.cost, reason)
    return replace(failed, died=how)


def _in_child(spec: EvaluatorSpec, request: ModelRequest) -> Evaluation | IonfoError | str:
    """Give what the child answers, or how it ended."""
    context = get_context("spawn")  # a forked child would share the parent's NEURON
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_answer, args=(sender, spec, request))
    with main_left_out():
        child.start()
    sender.close()
    try:
        wait([receiver, child.sentinel])
        with suppress(EOFError, OSError):
            if receiver.poll():
                found: Evaluation | IonfoError = receiver.recv()
                return found
        child.join()
        return _how(child.exitcode)
    finally:
        child.kill()
        child.join()
        receiver.close()


def _answer(sender: Connection, spec: EvaluatorSpec, request: ModelRequest) -> None:
    """Do the child's work."""
    with suppress(OSError):  # where memory runs out, this process is the one to go
        Path("/proc/self/oom_score_adj").write_text("1000")
    initialise(replace(spec, ignore_signals=True))
    try:
        sender.send(evaluate(request))
    except IonfoError as error:
        sender.send(error)


def _how(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        with suppress(ValueError):
            return signal.Signals(-exitcode).name
    return f"exit code {exitcode}"
