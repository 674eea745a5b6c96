"""The command line: the program of all commands, exit codes, and what is said of mistakes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from .commands import COMMANDS, TOLD
from .errors import IonfoError
from .limits import printable
from .progress import shown_by
from .terminal.help import Command, Group
from .terminal.output import notes_said, reader_gone, shown, with_output_options
from .terminal.ranks import dismiss_workers, has_work_for_ranks, one_thread_each
from .terminal.usage import OF_THE_MACHINE, usage_told


class _Program(Group):
    """All commands, those of commands among them, in one order."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)


def _program(kind: type[Group], told: str, is_whole: bool) -> typer.Typer:
    return typer.Typer(
        cls=kind,
        help=told,
        add_completion=is_whole,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


def _add(program: typer.Typer, name: str, command: Callable[..., None]) -> None:
    program.command(name, cls=Command)(with_output_options(command))


app = _program(
    _Program,
    "Sample neuron models by MCMC and measure how their conductances act together.",
    is_whole=True,
)
for _name, _one in COMMANDS.items():
    if isinstance(_one, dict):
        _group = _program(Group, TOLD[_name], is_whole=False)
        app.add_typer(_group, name=_name)
        for _inner, _command in _one.items():
            _add(_group, _inner, _command)
    else:
        _add(app, _name, _one)


def _tell_version(is_asked: bool) -> None:
    if is_asked:
        from . import __version__

        print(f"ionfo {__version__}")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Show the version and leave."
        ),
    ] = False,
) -> None:
    """Take the options of the program itself."""


READER_GONE = 141
"""Exit code when nobody reads the output any more, as of a tool that SIGPIPE ended."""


def main() -> None:
    """Run the command line; a user's mistake gets one sentence and exit code 2."""
    try:
        code = _run()
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # the parser makes the one into the other
        if not reader_gone():
            raise
        # whoever read us, such as head, has enough; nothing is left to tell anybody
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.dup2(nowhere, sys.stderr.fileno())
        code = READER_GONE
    sys.exit(code)


def _run() -> int:
    """Run the command line, and give its exit code."""
    one_thread_each()
    from .sampling.evaluation import mpi
    from .sampling.evaluation.stop import STOPPED, StopRun
    from .terminal.console import bar

    is_stopped = False
    usage_error: type[Exception] = typer.BadParameter.__bases__[0]
    code, told = 0, None
    try:
        with notes_said(), shown_by(bar), shown(sys.argv[1:]) as done:
            try:
                if has_work_for_ranks(sys.argv[1:]):
                    mpi.size()  # a launcher that does not fit is said before anything is done
                code = int(app(standalone_mode=False) or 0)
            except usage_error as error:
                code, told = 2, usage_told(error, sys.argv[1:])
            except IonfoError as error:
                code, told = error.exit_code, str(error)
            except StopRun as why:
                is_stopped = True
                code = 130 if why.number == signal.SIGINT else STOPPED
            except KeyboardInterrupt:
                code, told = 130, "interrupted"
            except OSError as error:
                if error.errno not in OF_THE_MACHINE:
                    raise
                what = "a file" if error.filename is None else f"'{error.filename}'"
                code, told = 2, f"{what} cannot be written or read: {error.strerror}"
            done(code, told)
        if told is not None:
            print(
                told if told.startswith("Usage:") else f"ionfo: {printable(told)}", file=sys.stderr
            )
    finally:
        if not is_stopped:
            dismiss_workers(sys.argv[1:])
    if is_stopped and mpi.size() > 1:
        mpi.abort(code)
    return code
