"""Read parameter sets that a user brings: JSON, CSV or Parquet."""

from __future__ import annotations

import difflib
import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..emodels import EModel
from ..errors import IonfoError, nearest, why_unread
from ..limits import read_text, shortened, unique_keys
from .files import read_table

PREFIX = "parameters/"
_CHAIN = ["ensemble", "walker", "step"]


@dataclass(frozen=True)
class Models:
    """Parameter sets in file order.

    Attributes
    ----------
    theta : ndarray, shape (n_models, n_parameters)
        Free parameters in the definition's order and units.
    fixed : list of dict
        Fixed parameters that a row sets, for each model.
    chain : ndarray, shape (n_models, 3), or None
        Ensemble, walker and step of each model of a population; None of others.
    """

    theta: NDArray[np.float64]
    fixed: list[dict[str, float]]
    chain: NDArray[np.int64] | None = None


def read_models(path: Path, emodel: EModel) -> Models:
    """Read the parameter sets of a file.

    Parameters
    ----------
    path : Path
        JSON: a dict parameter -> value, a list of them, or one of these under ``params`` or
        ``parameters``.  CSV or Parquet: one column per parameter, with or without the prefix
        ``parameters/``.
    emodel : EModel
        Gives the names.

    Raises
    ------
    IonfoError
        If the file cannot be read, a free parameter is missing, a name is misspelt, or a
        value is not a number.
    """
    if path.suffix == ".json":
        return _models(_rows_of_json(path), emodel, str(path))
    return models_of_frame(read_table(path)[0], emodel, str(path))


def models_of_frame(frame: pd.DataFrame, emodel: EModel, origin: str) -> Models:
    """Take the parameter sets from a table; `origin` names it in errors."""
    rows = _rows_of_table(frame, emodel)
    if rows and not rows[0]:
        raise IonfoError(
            f"'{origin}' has no column named like a parameter of e-model '{emodel.name}'"
        )
    return replace(_models(rows, emodel, origin), chain=_chain(frame))


def _chain(frame: pd.DataFrame) -> NDArray[np.int64] | None:
    # in a plain table these are columns like any other
    is_population = any(str(column).startswith(PREFIX) for column in frame)
    is_there = (
        is_population
        and set(_CHAIN) <= set(frame)
        and all(pd.api.types.is_integer_dtype(frame[one]) for one in _CHAIN)
    )
    return frame[_CHAIN].to_numpy(np.int64) if is_there else None


def _models(rows: list[dict[str, Any]], emodel: EModel, origin: str) -> Models:
    if not rows:
        raise IonfoError(f"'{origin}' holds no models")
    known = [parameter.name for parameter in emodel.parameters]
    free = emodel.free_names
    theta = np.empty((len(rows), len(free)))
    fixed = []
    for i, row in enumerate(rows):
        where = f"'{origin}', model {i + 1}" if len(rows) > 1 else f"'{origin}'"
        for name in row:
            if name not in known:
                raise IonfoError(
                    f"{where}: e-model '{emodel.name}' has no parameter '{shortened(name, 80)}'"
                    f"{nearest(name, known)}"
                )
        missing = [name for name in free if name not in row]
        if missing:
            more = f" and {len(missing) - 1} more are" if len(missing) > 1 else " is"
            raise IonfoError(f"{where}: free parameter '{missing[0]}'{more} missing")
        numbers = {name: _number(value, name, where) for name, value in row.items()}
        theta[i] = [numbers[name] for name in free]
        fixed.append({name: value for name, value in numbers.items() if name not in free})
    return Models(theta, fixed)


def outside_bounds(models: Models, emodel: EModel) -> str | None:
    """Say in one line which models lie outside the bounds; None when none does."""
    low, high = emodel.bounds.T
    outside = (models.theta < low) | (models.theta > high)
    n_models = int(outside.any(axis=1).sum())
    if n_models == 0:
        return None
    names = [
        name
        for name, any_out in zip(emodel.free_names, outside.any(axis=0), strict=True)
        if any_out
    ]
    listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return (
        f"{n_models} of {len(models.theta)} models lie outside the bounds of {listed}; "
        "they are scored as they are"
    )


def _rows_of_json(path: Path) -> list[dict[str, Any]]:
    try:
        content = json.loads(read_text(path), object_pairs_hook=unique_keys)
    except FileNotFoundError:
        raise IonfoError(f"file '{path}' does not exist") from None
    except IsADirectoryError:
        raise IonfoError(f"'{path}' is a folder; give a .json, .csv or .parquet file") from None
    except (OSError, ValueError, RecursionError) as error:
        raise IonfoError(f"file '{path}' cannot be read as JSON: {why_unread(error)}") from None
    if isinstance(content, dict):
        for key in ("params", "parameters"):
            if isinstance(content.get(key), dict | list):
                content = content[key]
                break
    rows = content if isinstance(content, list) else [content]
    for i, row in enumerate(rows):
        if not isinstance(row, dict):
            raise IonfoError(
                f"'{path}' must hold a dict of parameter -> value or a list of them, got "
                f"{type(row).__name__} at model {i + 1}"
            )
    return rows


def _rows_of_table(frame: pd.DataFrame, emodel: EModel) -> list[dict[str, Any]]:
    columns = [str(column) for column in frame.columns]
    prefixed = [column for column in columns if column.startswith(PREFIX)]
    known = [parameter.name for parameter in emodel.parameters]
    if prefixed:
        names = {column: column.removeprefix(PREFIX) for column in prefixed}
    else:
        # a table may carry other columns: keep what is, or looks like, a parameter
        names = {
            column: column
            for column in columns
            if "/" not in column
            and (column in known or difflib.get_close_matches(column, known, n=1, cutoff=0.6))
        }
    if not names:
        return [{} for _ in range(len(frame))]
    kept = pd.DataFrame(
        {names[c]: _parsed(frame[c]) for c in frame.columns if str(c) in names}, index=frame.index
    )
    return [
        {
            str(name): value
            for name, value in row.items()
            if not _is_absent(value, str(name), emodel)
        }
        for row in kept.to_dict(orient="records")
    ]


def _parsed(column: pd.Series[Any]) -> pd.Series[Any]:
    """Turn a column of text into numbers where it can be, so that only the bad cell is bad."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    numbers = pd.to_numeric(column, errors="coerce")
    return numbers.astype(object).where(numbers.notna() | column.isna(), column)


def _is_absent(value: Any, name: str, emodel: EModel) -> bool:
    """Tell an empty cell of a fixed parameter: this row does not set it."""
    return name in emodel.fixed_values and isinstance(value, float) and math.isnan(value)


def _number(value: Any, name: str, where: str) -> float:
    if isinstance(value, bool | np.bool_) or not isinstance(
        value, int | float | np.integer | np.floating
    ):
        raise IonfoError(f"{where}: parameter '{name}' must be a number, got {shortened(value)!r}")
    try:
        is_finite = math.isfinite(value)
    except OverflowError:  # an integer beyond any float
        is_finite = False
    if not is_finite:
        raise IonfoError(f"{where}: parameter '{name}' must be finite, got {str(value)[:20]}")
    return float(value)
