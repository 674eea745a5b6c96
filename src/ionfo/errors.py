"""The errors a user can cause, and the sentence each one gets; and what is worth a sentence."""

from __future__ import annotations

import difflib
import json
import logging
from collections.abc import Iterable


class IonfoError(Exception):
    """A user's mistake or a missing piece, told in one sentence with the next step.

    Attributes
    ----------
    exit_code : int
        Of the command line.
    """

    exit_code = 2


def note(text: str) -> None:
    """Tell the user what is worth knowing and is no error.

    It goes through the logger "ionfo" as a warning, which the command line shows on standard error.

    Parameters
    ----------
    text : str
        One sentence, without a full stop.
    """
    logging.getLogger("ionfo").warning(text)


def tell(text: str) -> None:
    """Tell what was done or found, in a line, for whoever listens.

    It goes through the logger "ionfo" as information, which the command line shows on standard
    output.
    """
    logging.getLogger("ionfo").info(text)


def nearest(name: str, known: Iterable[str]) -> str:
    """Suggest the closest known name, as the tail of an error sentence.

    Parameters
    ----------
    name : str
        What the user wrote.
    known : iterable of str
        The names that exist.

    Returns
    -------
    str
        ``"; did you mean 'x'?"``, or an empty string when nothing is close.

    Examples
    --------
    >>> nearest("g_paz.all", ["g_pas.all", "e_pas.all"])
    "; did you mean 'g_pas.all'?"
    """
    match = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean '{match[0]}'?" if match else ""


def why_unread(error: BaseException) -> str:
    """Tell why a file could not be read, without the codes of the machine.

    Parameters
    ----------
    error : exception
        What opening, decoding or parsing it raised.

    Returns
    -------
    str
        The tail of a sentence: "it ...".

    Examples
    --------
    >>> why_unread(FileNotFoundError(2, "No such file or directory", "x.json"))
    'it does not exist'
    >>> why_unread(UnicodeDecodeError("utf-8", bytes([99, 233]), 1, 2, "no text"))
    'it is no text in UTF-8 (byte 2 is not); save it as UTF-8'
    """
    if isinstance(error, FileNotFoundError):
        return "it does not exist"
    if isinstance(error, NotADirectoryError):
        return "a file stands where its path has a folder"
    if isinstance(error, IsADirectoryError):
        return "it is a folder"
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    if isinstance(error, UnicodeDecodeError):
        return f"it is no text in UTF-8 (byte {error.start + 1} is not); save it as UTF-8"
    if isinstance(error, json.JSONDecodeError):
        if not error.doc.strip():
            return "it is empty"
        return f"it is no JSON at line {error.lineno}, column {error.colno} ({error.msg})"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return (str(error) or type(error).__name__).splitlines()[0]
