"""How far long computations have come: the library says it, and whoever runs it shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar

Advance = Callable[[], None]
Shower = Callable[[str, int], AbstractContextManager[Advance]]
"""Takes what is done and how many parts it has; gives what is called after each of them."""


def shows_nothing(what: str, total: int) -> AbstractContextManager[Advance]:
    """Show no progress, as of parts of a computation that shows its own."""
    return nullcontext(lambda: None)


_shower: ContextVar[Shower] = ContextVar("ionfo_progress", default=shows_nothing)


def progress(what: str, total: int) -> AbstractContextManager[Advance]:
    """Begin a computation of `total` parts; the result of ``with`` is called after each part."""
    return _shower.get()(what, total)


@contextmanager
def shown_by(shower: Shower) -> Iterator[None]:
    """Let `shower` show the progress of what runs inside."""
    token = _shower.set(shower)
    try:
        yield
    finally:
        _shower.reset(token)


def duration(seconds: float) -> str:
    """Write a time in units that are easy to read.

    Examples
    --------
    >>> duration(41), duration(480), duration(4 * 3600), duration(3 * 86400)
    ('41 s', '8 min', '4 h', '3 days')
    """
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
