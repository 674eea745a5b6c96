"""What a mistake on the command line is called: the option, the rule, what came, where to look."""

from __future__ import annotations

import errno
import re
from collections.abc import Sequence
from typing import Any

from ..limits import shortened

OF_THE_MACHINE = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ENOENT, errno.EISDIR}
    | {errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.ELOOP}
)
"""Errors of files that are nobody's fault but of permissions, space and paths."""


def usage_told(error: Any, arguments: Sequence[str]) -> str:
    """Tell a mistake in options and arguments in one sentence.

    Parameters
    ----------
    error : typer's usage error
        With its message, and its context where it has one.
    arguments : sequence of str
        Of the command line.

    Returns
    -------
    str
        The help itself where nothing was asked for.
    """
    told = error.format_message() if hasattr(error, "format_message") else str(error)
    if told.lstrip().startswith("Usage:"):
        return str(told.strip())
    told = told.strip().rstrip(".")
    told = told.replace("Value error, ", "").replace("Input should be a valid", "must be a valid")
    told = told.replace("Input should be", "must be")
    told = re.sub(r", unable to parse .*", "", told)
    typed = _typed(error, told, arguments)
    told = re.sub(r", got a number.*", "", told)
    if typed is not None and ", got " not in told and f"'{typed}'" not in told:
        told += f", got '{shortened(typed)}'"
    context = getattr(error, "ctx", None)
    names: list[str] = []
    while context is not None and context.parent is not None:  # the outermost is the program
        names.insert(0, str(context.info_name))
        context = context.parent
    command = " ".join(names)
    return f"{told}; see: ionfo {command} --help" if command else str(told)


def _typed(error: Any, told: str, arguments: Sequence[str]) -> str | None:
    """Give the value that a usage error is about, as it was typed; None where it is about none."""
    option = re.match(r"Invalid value for '(--[a-z-]+)'", told)
    if option is None:
        return None
    own = arguments[: list(arguments).index("--")] if "--" in arguments else arguments
    typed = [text for before, text in zip(own, own[1:], strict=False) if before == option[1]]
    typed += [one.partition("=")[2] for one in own if one.startswith(f"{option[1]}=")]
    # of an option that was repeated, the value that did not fit is known to the error's cause
    causes = error.__cause__.errors() if hasattr(error.__cause__, "errors") else []
    unfit = [str(one.get("input")) for one in causes]
    return next((one for one in typed if one in unfit), typed[-1] if typed else None)
