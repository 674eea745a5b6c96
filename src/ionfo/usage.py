"""What a mistake on the command line is called: the option, the rule, what came, where to look."""

from __future__ import annotations

import errno
import re
from collections.abc import Sequence
from typing import Any

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
    option = re.match(r"Invalid value for '(--[a-z-]+)'", told)
    if option and ", got " not in told and option[1] in arguments:
        place = list(arguments).index(option[1]) + 1
        if place < len(arguments) and f"'{arguments[place]}'" not in told:
            told += f", got '{arguments[place]}'"
    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "")
    command = path.split()[-1] if len(path.split()) > 1 else ""
    return f"{told}; see: ionfo {command} --help" if command else str(told)
