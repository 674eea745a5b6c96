"""What the columns of a table are: parameters, targets, and what is left out and why."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

_MOST_LISTED = 40  # names; a population has about 30

_FEW_VALUES = 20
"""Whole numbers of at most so many values may be labels of groups."""

_MANY_ROWS = 20
"""From so many rows on, measured whole numbers repeat: what never does is an identifier."""

_FEW_ROWS = 5

_IDENTIFIER = re.compile(
    r"(?:^|[_\W])(?:id|ids|idx|index|nr|no|num|number|row|seed|gid|uid)$|[a-z](?:ID|Id|Idx|Index|Nr)$",
)

_PLURALS = {
    "counts rows": "count rows",
    "numbers its rows": "number their rows",
    "holds no numbers": "hold no numbers",
    "has no value": "have no value",
    "does not vary": "do not vary",
    "is missing in some models or does not vary": "are missing in some models or do not vary",
}


def roles_told(
    parameters: Sequence[str], targets: Sequence[str], left_out: Mapping[str, str]
) -> str:
    """Say what every column of a table is taken for.

    Parameters
    ----------
    parameters, targets : sequence of str
        Their names.
    left_out : mapping
        Name of a column -> why, as the tail of a sentence.

    Examples
    --------
    >>> roles_told(["a", "b"], [], {"n": "counts rows", "x": "does not vary"})
    '2 parameters: a, b; no target; left out: n, which counts rows; x, which does not vary'
    """
    told = [
        _counted(parameters, "parameter"),
        _counted(targets, "target") if targets else "no target",
    ]
    by_reason: dict[str, list[str]] = {}
    for name, why in left_out.items():
        by_reason.setdefault(why, []).append(name)
    for i, (why, names) in enumerate(by_reason.items()):
        reason = why if len(names) == 1 else _PLURALS.get(why, why)
        told.append(f"{'' if i else 'left out: '}{_listed(names)}, which {reason}")
    return "; ".join(told)


def repeats_told(n_rows: int, n_distinct: int) -> str | None:
    """Say that rows come more than once in a table that is no chain."""
    if n_distinct >= n_rows:
        return None
    return (
        f"only {n_distinct} of {n_rows} rows are distinct: rows given more than once count as "
        "independent models here, and make errors and p-values too small; give every model once"
    )


def counts_rows(column: pd.Series[Any], is_mostly_whole: bool = False) -> str | None:
    """Tell whether a column numbers rows rather than measures anything.

    Parameters
    ----------
    column : Series
        Numbers.
    is_mostly_whole : bool
        Whether most columns of the table hold whole numbers, as of counts: then one in which no
        value repeats is nothing special.

    Returns
    -------
    str or None
        ``counts rows`` for 0 to n - 1 or 1 to n in any order, ``numbers its rows`` for other whole
        numbers that never repeat.

    Examples
    --------
    >>> counts_rows(pd.Series([1, 2, 3, 4, 5, 6]))
    'counts rows'
    >>> counts_rows(pd.Series([1.5, 2, 3, 4, 5, 6]))
    """
    n = len(column)
    if n < _FEW_ROWS or not _is_whole(column) or not column.is_unique or column.min() < 0:
        return None
    if column.max() - column.min() == n - 1 and column.min() in (0, 1):
        return "counts rows"
    if _IDENTIFIER.search(str(column.name)) or (n >= _MANY_ROWS and not is_mostly_whole):
        return "numbers its rows"
    return None


def row_counters(frame: pd.DataFrame, spared: Collection[str]) -> dict[str, str]:
    """Find the columns that number rows, and how each does; `spared` are not looked at."""
    is_mostly_whole = 2 * sum(_is_whole(frame[name]) for name in frame) > frame.shape[1]
    found = {
        str(name): counts_rows(frame[name], is_mostly_whole) for name in frame if name not in spared
    }
    return {name: why for name, why in found.items() if why is not None}


def labels_told(frame: pd.DataFrame, spared: Collection[str]) -> str | None:
    """Ask about variables that hold whole numbers, as labels of groups do.

    Examples
    --------
    >>> labels_told(pd.DataFrame({"x": [0, 1, 2] * 4, "y": np.arange(12) / 8}), ())
    "'x' holds whole numbers of 3 values: if it names groups, leave it out with --exclude x"
    """
    counts = {str(name): int(frame[name].nunique()) for name in frame if _is_whole(frame[name])}
    # in a table of counts only few values are something special
    most = _FEW_VALUES if 2 * len(counts) > frame.shape[1] else len(frame)
    found = {name: n for name, n in counts.items() if 1 < n <= most and name not in spared}
    if not found:
        return None
    if len(found) == 1:
        ((name, n),) = found.items()
        return (
            f"'{name}' holds whole numbers of {n} values: if it names groups, leave it out with "
            f"--exclude {name}"
        )
    shown = [f"'{name}' ({n} values)" for name, n in list(found.items())[:_MOST_LISTED]]
    more = len(found) - len(shown)
    return (
        f"{', '.join(shown)}{f' and {more} more' if more else ''} hold whole numbers: those that "
        "name groups are left out with --exclude"
    )


def _is_whole(column: pd.Series[Any]) -> bool:
    """Whether a column holds finite whole numbers and nothing else; true and false are none."""
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        return False
    if pd.api.types.is_integer_dtype(column):
        return not column.isna().any()
    values = column.to_numpy(np.float64)
    return bool(np.isfinite(values).all() and (values == np.rint(values)).all())


def _counted(names: Sequence[str], what: str) -> str:
    return f"{len(names)} {what}{'' if len(names) == 1 else 's'}: {_listed(names)}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_LISTED])
    more = len(names) - _MOST_LISTED
    return f"{shown} and {more} more" if more > 0 else shown
