"""The errors a user can cause, and the sentence each one gets."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class IonfoError(Exception):
    """A user's mistake or a missing piece, told in one sentence with the next step."""


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
