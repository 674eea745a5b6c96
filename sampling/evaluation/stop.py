"""SIGTERM, SIGUSR1 and Ctrl-C: stop between two evaluations, never inside a write.

Batch systems send SIGTERM or SIGUSR1 before the time limit.  The driver stops dispatching,
writes where the chain stands and leaves; running evaluations are given up, and evaluated again
when the run is resumed.  Workers ignore these signals.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOPPED = 75
"""Exit code of a run that was told to stop, or that another process holds (EX_TEMPFAIL)."""

_SIGNALS = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)


class StopRun(Exception):
    """The run was told to stop.

    Attributes
    ----------
    number : int
        The signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class StopFlag:
    """What the signal handler and the chain share.

    The handler may raise only while the chain waits for evaluations: nothing is half done then.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._is_waiting = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Take note, and break off the wait."""
        self.number = number
        if self._is_waiting:
            self._is_waiting = False
            raise StopRun(number)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Mark a time in which the chain only waits."""
        self.check()
        self._is_waiting = True
        try:
            self.check()
            yield
        finally:
            self._is_waiting = False

    def check(self) -> None:
        """Raise `StopRun` if a signal has come."""
        if self.number is not None:
            self._is_waiting = False
            raise StopRun(self.number)


@contextmanager
def stoppable() -> Iterator[StopFlag]:
    """Handle the signals for as long as a run lasts; main thread only."""
    flag = StopFlag()
    before = {number: signal.signal(number, flag.handle) for number in _SIGNALS}
    try:
        yield flag
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_signals() -> None:
    """Leave stopping to the driver; call in workers."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
