"""Bounds of what comes from outside: counts, numbers, names and files, checked before use.

A number that nobody can mean would take all memory, or run for ever, long after it was read; here
it is refused while it is still a number.
"""

from __future__ import annotations

import csv
import errno
import os
import re
import stat
from collections.abc import Iterable
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from .errors import IonfoError

MOST_REPLICATES = 100_000
"""Shuffles, subsamples, permutations, draws and random sets of one kind."""

MOST_SEED = 2**32 - 1
"""Largest seed that every generator takes."""

MOST_STEPS = 10**9
"""Steps of a walker, generations and evaluations of a search: more than any run lives to see."""

MOST_ROWS = 10**9
"""Cells or models of a table."""

LONGEST_NAME = 200
"""Characters of a name of a column, parameter, protocol or feature."""

PREFIXES = (
    "parameters/", "features/", "scores/", "steps/", "cells/", "count/", "log/", "mcmc/",
    "normalized_parameters/",
)  # fmt: skip
"""Of columns; they do not count towards the length of a name."""

MOST_TEXT = 2**28
"""Bytes of a text file that is read at once."""

_LONGEST_RANGE = 1_000  # numbers of a range such as 3-6


def most_workers() -> int:
    """Give how many processes or threads are of use; more only wait and take memory."""
    return max(64, 4 * (os.cpu_count() or 1))


def check_given(**values: object) -> None:
    """Refuse None for what has to be a number.

    Examples
    --------
    >>> check_given(n=3, seed=None)
    Traceback (most recent call last):
    ionfo.errors.IonfoError: seed must be a number, got None
    """
    for name, value in values.items():
        if value is None:
            raise IonfoError(f"{name.replace('_', ' ')} must be a number, got None")


def check_count(name: str, value: int | None, least: int, most: int, or_zero: bool = False) -> None:
    """Refuse a count that nobody can mean.

    Parameters
    ----------
    name : str
        Option, such as ``--steps``.
    value : int or None
        What came; None for an option that was left out.
    least, most : int
        Bounds, which may be taken.
    or_zero : bool
        Whether 0 is right too: none of them.

    Raises
    ------
    IonfoError
        Naming the option, the bound and the value.

    Examples
    --------
    >>> check_count("--steps", 3, 1, 10)
    >>> check_count("--steps", 30, 1, 10)
    Traceback (most recent call last):
    ionfo.errors.IonfoError: --steps must be at most 10, got 30
    """
    if value is None:
        return
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise IonfoError(f"{name} must be a whole number, got {shortened(value)}")
    if or_zero and value == 0:
        return
    zero = "0 or " if or_zero else ""
    if value < least:
        raise IonfoError(f"{name} must be {zero}at least {least}, got {shortened(value)}")
    if value > most:
        raise IonfoError(f"{name} must be {zero}at most {most}, got {shortened(value)}")


def check_seed(value: int, name: str = "--seed") -> None:
    """Refuse a seed that a generator of random numbers does not take, or none."""
    if not isinstance(value, Integral):
        raise IonfoError(f"{name} must be a whole number, got {shortened(value)}")
    if value < 0:
        raise IonfoError(f"{name} must not be negative, got {shortened(value)}")
    check_count(name, value, 0, MOST_SEED)


def check_number(
    name: str, value: float | None, least: float, most: float, is_above: bool = False
) -> None:
    """Refuse a number out of its bounds, or none.

    Parameters
    ----------
    name : str
        Option, such as ``--temperature``.
    value : float or None
        What came; None for an option that was left out.
    least, most : float
        Bounds, which may be taken.
    is_above : bool
        Whether the value must be above `least` instead.

    Raises
    ------
    IonfoError
        Naming the option, the bounds and the value.

    Examples
    --------
    >>> check_number("--sd", float("nan"), 0, 10, is_above=True)
    Traceback (most recent call last):
    ionfo.errors.IonfoError: --sd must be above 0 and at most 10, got nan
    """
    if value is None:
        return
    if not isinstance(value, Real):
        raise IonfoError(f"{name} must be a number, got {shortened(value)}")
    is_right = (least < value if is_above else least <= value) and value <= most
    if not is_right:
        bounds = f"above {least:g} and at most {most:g}" if is_above else f"{least:g} to {most:g}"
        got = shortened(value) if isinstance(value, int) else f"{value:g}"
        raise IonfoError(
            f"{name} must be {'' if is_above else 'a number from '}{bounds}, got {got}"
        )


def split(texts: str | Iterable[str] | None, option: str) -> tuple[str, ...]:
    """Take the entries of an option that is repeated or separated by commas.

    Parameters
    ----------
    texts : str, iterable of str or None
        What came; None for an option that was left out.
    option : str
        Its name.

    Returns
    -------
    tuple of str
        Without the spaces around them, and without empty ones.  An entry in double quotes may hold
        commas.

    Raises
    ------
    IonfoError
        If the option is there and names nothing.

    Examples
    --------
    >>> split(["a, b", "c,"], "--groups")
    ('a', 'b', 'c')
    >>> split('"L5, thick", L6', "--groups")
    ('L5, thick', 'L6')
    """
    if texts is None:
        return ()
    given = [texts] if isinstance(texts, str) else list(texts)
    found = tuple(part for text in given for part in _parts(text, option) if part)
    if given and not found:
        raise IonfoError(
            f"{option} names nothing, got '{given[0]}'; name something or leave it out"
        )
    return found


def split_numbers(texts: str | Iterable[str] | None, option: str) -> tuple[float, ...]:
    """Take the numbers of an option, as `split` takes words.

    Raises
    ------
    IonfoError
        If one is no number, or the option names none.

    Examples
    --------
    >>> split_numbers("180, 260", "--percent")
    (180.0, 260.0)
    """
    found = []
    for part in split(texts, option):
        try:
            found.append(float(part))
        except ValueError:
            raise IonfoError(
                f"{option} must be numbers such as 180,260, got '{shortened(part)}'"
            ) from None
    return tuple(found)


def split_whole_numbers(
    texts: str | Iterable[str] | None, option: str, most: int
) -> tuple[int, ...]:
    """Take the whole numbers up to `most` of an option, ranges included, as they were typed.

    Raises
    ------
    IonfoError
        If one is something else or too large, or a range too long.

    Examples
    --------
    >>> split_whole_numbers(["7, 3-5"], "--model", 100)
    (7, 3, 4, 5)
    """
    given = [texts] if isinstance(texts, str) else list(texts or ())
    found: list[int] = []
    for text in given:
        unfit = IonfoError(
            f"{option} must be numbers and ranges such as 3-6,10, got '{shortened(text)}'"
        )
        for part in _parts(text, option) or [""]:  # an empty part would be a number left out
            first, dash, last = (one.strip() for one in part.partition("-"))
            last = last if dash else first
            if not re.fullmatch("[0-9]+", first) or not re.fullmatch("[0-9]+", last):
                raise unfit
            # before any of them is counted up: a range may be longer than all memory
            for number in (first, last):
                if len(number) > len(str(most)) + 9 or int(number) > most:
                    raise IonfoError(
                        f"{option} must be numbers up to {most}, got {shortened(number)}"
                    )
            if int(last) < int(first):
                raise unfit
            if int(last) - int(first) >= _LONGEST_RANGE:
                raise IonfoError(
                    f"{option} must have ranges of at most {_LONGEST_RANGE} numbers, got '{part}'"
                )
            found.extend(range(int(first), int(last) + 1))
    return tuple(found)


def _parts(text: str, option: str) -> list[str]:
    """Split at commas that no double quotes enclose."""
    try:
        rows = list(csv.reader([text], skipinitialspace=True))
    except csv.Error:
        raise IonfoError(
            f"{option} must be names separated by commas, got {shortened(text)!r}"
        ) from None
    return [part.strip() for row in rows for part in row]


def check_names(names: Iterable[str], what: str = "column") -> None:
    """Refuse names that no table or figure can show.

    Raises
    ------
    ValueError
        If one is too long or holds what is no character; the message is a clause.

    Examples
    --------
    >>> check_names(["x" * 5000])
    Traceback (most recent call last):
    ValueError: the name of column 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…' has 5000 characters, \
and 200 are the most
    """
    for name in names:
        if len(name) > LONGEST_NAME:
            raise ValueError(
                f"the name of {what} '{shortened(name)}' has {len(name)} characters, and "
                f"{LONGEST_NAME} are the most"
            )
        if any(ord(one) < 32 or 127 <= ord(one) < 160 for one in name):
            raise ValueError(
                f"the name of {what} {shortened(name)!r} holds a control character; rename it"
            )


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a dict of the pairs of a JSON object, for `json.loads`.

    Raises
    ------
    ValueError
        If a key stands twice.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"'{shortened(twice)}' stands twice in one object")
    return found


def shortened(value: object, most: int = 40) -> str:
    """Write a value in at most so many characters.

    Examples
    --------
    >>> shortened(10**60)
    '1e60'
    """
    if isinstance(value, int) and abs(value) >= 10**most:
        digits = int((abs(value).bit_length() - 1) * 0.30102999566398120)
        digits += abs(value) >= 10 ** (digits + 1)
        return f"{'-' if value < 0 else ''}{'' if abs(value) == 10**digits else 'about '}1e{digits}"
    text = str(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def printable(text: str) -> str:
    r"""Write control characters, which names and paths may hold, so that a terminal shows them.

    Lines that are indented stay lines: they quote a compiler.

    Examples
    --------
    >>> printable("file 'a\nb\x1b[31m'")
    "file 'a\\nb\\x1b[31m'"
    """
    return re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]|\n(?!    )", lambda one: repr(one[0])[1:-1], text)


def check_readable(path: Path) -> os.stat_result:
    """Make sure that reading a file neither waits for ever nor never ends.

    Returns
    -------
    os.stat_result
        Of the file.

    Raises
    ------
    OSError
        If it is not there, or is no file but a folder, a device or a pipe.
    """
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is a device or a pipe, no file", str(path))
    return found


def is_same(one: Path, other: Path) -> bool:
    """Whether two paths lead to one place, also where nothing is or links go in circles."""
    return os.path.realpath(one) == os.path.realpath(other)


def read_text(path: Path, encoding: str = "utf-8-sig", errors: str = "strict") -> str:
    """Read a text file whole, if it is one and has a size that a text can have.

    Raises
    ------
    OSError, UnicodeDecodeError
        If it cannot be read; see `ionfo.errors.why_unread`.
    """
    n_bytes = check_readable(path).st_size
    if n_bytes > MOST_TEXT:
        raise OSError(errno.EFBIG, f"it has {n_bytes} bytes, and {MOST_TEXT} are the most")
    return path.read_text(encoding=encoding, errors=errors)
