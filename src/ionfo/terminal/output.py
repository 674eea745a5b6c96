"""What a command shows: words, nothing (``--quiet``) or one JSON object (``--json``)."""

from __future__ import annotations

import contextlib
import inspect
import json
import logging
import os
import select
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import IonfoError
from ..limits import printable

# what the command of this process hands to machines; None when nobody asked for it
_result: ContextVar[dict[str, Any] | None] = ContextVar("ionfo_result", default=None)


def add_result(content: Mapping[str, Any]) -> None:
    """Add to the JSON object that ``--json`` prints; does nothing without it."""
    result = _result.get()
    if result is not None:
        result.update(content)


def reader_gone() -> bool:
    """Whether what reads standard output or error has ended."""
    poll = select.poll()
    for one in (1, 2):
        poll.register(one, 0)  # errors are told unasked
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def with_output_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options ``--quiet`` and ``--json``, which `shown` reads."""
    signature = inspect.signature(function, eval_str=True)
    options = {
        "quiet": Annotated[bool, typer.Option("--quiet", help="Print nothing but warnings.")],
        "as_json": Annotated[
            bool, typer.Option("--json", help="Print one JSON object instead of words.")
        ],
    }
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind)
        for name, kind in options.items()
    ]

    @wraps(function)
    def command(*arguments: Any, quiet: bool, as_json: bool, **named: Any) -> None:
        function(*arguments, **named)
        if "out" in named:
            add_result({"out": named["out"]})

    parameters = [*signature.parameters.values(), *added]
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command


class _Said(logging.Handler):
    """Say notes on standard error and what was found on standard output, a line each."""

    def emit(self, record: logging.LogRecord) -> None:
        text = printable(record.getMessage())
        if record.levelno >= logging.WARNING:
            print(f"ionfo: {text}", file=sys.stderr)
        else:
            print(text, flush=True)


@contextlib.contextmanager
def mistakes_told() -> Iterator[None]:
    """End a script that meets a user's mistake with its sentence and its exit code."""
    try:
        yield
    except IonfoError as error:
        print(f"{Path(sys.argv[0]).stem}: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None


@contextlib.contextmanager
def notes_said() -> Iterator[None]:
    """Say what the library notes and tells (`ionfo.errors`) for as long as a command runs."""
    logger, handler = logging.getLogger("ionfo"), _Said()
    if any(isinstance(one, _Said) for one in logger.handlers):
        yield  # a command inside another program of ours: once is enough
        return
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


@contextlib.contextmanager
def shown(arguments: Sequence[str]) -> Iterator[Callable[[int, str | None], None]]:
    """Show the output of a command as its arguments ask for it.

    Parameters
    ----------
    arguments : sequence of str
        Of the command line, without the program.

    Yields
    ------
    callable
        To be called with exit code and error when the command is done.
    """
    own = list(arguments)[: list(arguments).index("--")] if "--" in arguments else arguments
    as_json = "--json" in own
    if not as_json and "--quiet" not in own:
        yield lambda code, error: None
        return
    sys.stdout.flush()
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # libraries below Python print as well
    os.close(nowhere)
    token = _result.set({})

    def done(code: int, error: str | None) -> None:
        sys.stdout.flush()
        os.dup2(kept, 1)
        if as_json:
            command = next((one for one in own if not one.startswith("-")), None)
            content: dict[str, Any] = {"command": command, "exit_code": code, "error": error}
            content["result"] = _result.get() or {}
            print(json.dumps(content, indent=1, default=str), flush=True)

    try:
        yield done
    finally:
        _result.reset(token)
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
