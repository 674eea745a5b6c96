"""What the terminal shows in general: a console, and how far work has come."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from ..progress import duration
from ..sampling.evaluation import mpi

if TYPE_CHECKING:
    from ..sampling import Progress as RunProgress

_UNITS = {"start": " evaluations", "learn": " evaluations", "sample": " steps of all ensembles"}
"""What the parts of a phase of sampling are."""
_FEWEST_PARTS = 3
"""Before so many parts are done, the time left is not told."""
_LINE_SECONDS = 15.0  # between progress lines when the output is no terminal
_BATCH_LINE_SECONDS = 60.0  # and when it is the log of a job, which nobody watches
_BATCH_SYSTEMS = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "PE_HOSTFILE")


class _Console(Console):
    """A console that leaves it to the command line to end when nobody reads any more."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def is_batch() -> bool:
    """Whether a batch system or an MPI launcher started this program.

    Launchers may give rank 0 a terminal of its own (Open MPI does) whose output ends in a log.
    """
    return mpi.is_launched() or any(name in os.environ for name in _BATCH_SYSTEMS)


def is_watched() -> bool:
    """Whether somebody looks at standard output while it is written."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and not is_batch()


def line_seconds() -> float:
    """Give the least time between two lines of progress where there is no bar (s)."""
    return _BATCH_LINE_SECONDS if is_batch() else _LINE_SECONDS


def console() -> Console:
    """Make a console that never cuts names, also in files and pipes."""
    if is_watched():
        return _Console(highlight=False)
    return _Console(highlight=False, width=140, force_terminal=False)


def _left(since_first: float, done: int, total: int) -> str:
    """Say how long the rest takes, once there is some evidence; the first part has the start-up."""
    if done >= total:
        return ""
    if done < _FEWEST_PARTS:
        return ", too early to say how long"
    return f", about {duration(since_first / (done - 1) * (total - done))} left"


@contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Show progress with the time left: a bar on a terminal, a line now and then in a log."""
    if is_watched():
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:g}/{task.total:g}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns) as progress:
            task = progress.add_task(what, total=total)
            yield lambda: progress.advance(task)
        return
    began = first = time.monotonic()
    # a first line where it takes more than a second
    last, done = began - line_seconds() + min(1.0, line_seconds()), 0

    def advance() -> None:
        nonlocal done, last, first
        done += 1
        now = time.monotonic()
        if done == 1:
            first = now
        if now - last > line_seconds():
            last = now
            print(f"{what} {done}/{total}{_left(now - first, done, total)}", flush=True)

    yield advance


class SampleProgress:
    """Progress of a run: a bar on a terminal, a line now and then in a log."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._last = 0.0

    def __enter__(self) -> SampleProgress:
        if is_watched():
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.completed:g}/{task.total:g}"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[told]}"),
            )
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, progress: RunProgress) -> None:
        """Show where the run stands."""
        rate = progress.n_evaluations / max(time.monotonic() - progress.began, 1e-9)
        told = f"{progress.n_evaluations} evaluations, {rate:.2f}/s"
        if progress.phase == "sample":
            told = (
                f"acceptance {progress.acceptance:.2f}  cost best {progress.best_cost:.2f} "
                f"median {progress.median_cost:.2f}  {told}"
            )
        elif np.isfinite(progress.best_cost):
            told = (
                f"sum of scores best {progress.best_cost:.2f} median {progress.median_cost:.2f}  "
                f"{told}"
            )
        if self._bar is not None:
            if progress.phase not in self._tasks:
                self._tasks[progress.phase] = self._bar.add_task(
                    f"{progress.phase}{_UNITS.get(progress.phase, '')}",
                    total=progress.total,
                    told=told,
                )
            self._bar.update(
                self._tasks[progress.phase],
                completed=progress.done,
                told=told,
            )
            return
        now = time.monotonic()
        if now - self._last > line_seconds():
            self._last = now
            unit = _UNITS.get(progress.phase, "")
            print(f"{progress.phase} {progress.done}/{progress.total}{unit}  {told}", flush=True)
