"""Cells and genes as a function takes them: a file, a table, or what was read already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, TypedDict, TypeVar

import pandas as pd

from ..errors import IonfoError, nearest
from ..tables.expression import Expression
from ..tables.expression_files import expression_of, read_expression
from ..tables.population import Population
from ..tables.text import csv_format

Source = str | Path | pd.DataFrame | Population | Expression
"""A file or a 10x folder, a table with a row per cell or model, or expression."""

Settings = TypeVar("Settings")


class ReadOptions(TypedDict, total=False):
    """How a table of expression is read; see `ionfo.tables.expression_files.read_expression`."""

    values: Literal["counts", "log"] | None
    cells: Path | None
    layer: str | None
    sum_duplicates: bool
    separator: str | None
    decimal: str | None


def take(
    source: Source, annotations: Sequence[str | None], options: Mapping[str, Any]
) -> Expression:
    """Read a source, unless it was read before.

    Parameters
    ----------
    source : path, DataFrame, Population or Expression
        Cells x genes, or models x parameters.
    annotations : sequence of str or None
        Columns of numbers that are no genes; None is left out.
    options : mapping
        Those of `ReadOptions` among others.

    Raises
    ------
    IonfoError
        If it cannot be read, or nothing declares its values.
    """
    if isinstance(source, Expression):
        return source
    how = {name: options[name] for name in ReadOptions.__annotations__ if name in options}
    values = how.pop("values", None)
    csv = csv_format(how.pop("separator", None), how.pop("decimal", None))
    known = [one for one in annotations if one is not None]
    if isinstance(source, (str, Path)):
        return read_expression(Path(source), values, annotations=known, csv=csv, **how)
    frame = source.frame if isinstance(source, Population) else source
    return expression_of(frame, values, annotations=known, **how)


def settings_of(kind: type[Settings], options: Mapping[str, Any], **more: Any) -> Settings:
    """Make settings of those options that are among their fields; lists become tuples.

    Raises
    ------
    IonfoError
        If an option is neither among them nor one of reading.
    """
    names = [one.name for one in fields(kind)]  # type: ignore[arg-type]
    for name in options:
        if name not in names and name not in ReadOptions.__annotations__:
            raise IonfoError(f"there is no option '{name}'{nearest(name, names)}")
    chosen = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in options.items()
        if name in names
    }
    return kind(**chosen, **more)
