"""From a file to the matrices that `ionfo analyse` works on, or a sentence saying why not."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..emodels import EModel, parse_emodel
from ..errors import IonfoError, nearest, note
from ..limits import shortened
from .book import BOOK, book_of, chain_of, is_population, weights_of
from .cells import columns_of_numbers, refuse_bad_cells, refuse_doubled_columns
from .files import read_table
from .h5ad import matrix_of, open_h5ad
from .missing import Dropped, complete_rows
from .population import temperature_of
from .roles import labels_told, row_counters
from .text import PLAIN_CSV, CsvFormat

EXCLUDED = "--exclude names"
"""Why a column is left out that was named."""

_LARGEST = 1e120  # its square, times the rows, is still a number

_UNNAMED = "Unnamed: "  # how pandas calls a column without a name


@dataclass(frozen=True)
class Reading:
    """How a table is read, and which of its columns and rows count.

    Attributes
    ----------
    csv : CsvFormat
        Separator and decimal sign of a CSV file.
    keep : tuple of str
        Columns of a plain table that are variables although they number its rows.
    drop_missing : bool
        Whether rows in which a parameter or a named target is missing are left out.
    """

    csv: CsvFormat = PLAIN_CSV
    keep: tuple[str, ...] = ()
    drop_missing: bool = False


AS_IT_IS = Reading()


@dataclass(frozen=True)
class Table:
    """A population, or any table, as matrices: what varies, and how much rows count.

    Attributes
    ----------
    parameters : ndarray, shape (n_rows, n_parameters)
        The variables that multiplets are made of.
    features : ndarray, shape (n_rows, n_features)
        What can be a target.
    weights : ndarray, shape (n_rows,)
        Positive.
    walker, step, ensemble : ndarray of int, shape (n_rows,), or None
        Of a chain: number of the walker, when it arrived, and the ensemble it belongs to.
    cost : ndarray, shape (n_rows,), or None
        Of a population.
    emodel : EModel or None
        Units, bounds and targets, when the file carries them.
    temperature : float or None
        T of the density exp(-cost/T) that the rows were sampled from, when the file says it.
    left_out : mapping
        Column that is neither variable nor target -> why, as the tail of a sentence.
    dropped : Dropped or None
        Rows that were left out because they miss something.
    worth : float
        Most independent rows that the table can be worth, where who made it says so.
    point : mapping or None
        How cells of given dynamic input conductances were made (``dics``, ``point_model``), when
        the file says it.
    """

    parameters: NDArray[np.float64]
    parameter_names: list[str]
    features: NDArray[np.float64]
    feature_names: list[str]
    weights: NDArray[np.float64]
    walker: NDArray[np.int64] | None
    step: NDArray[np.int64] | None
    ensemble: NDArray[np.int64] | None
    cost: NDArray[np.float64] | None
    emodel: EModel | None
    temperature: float | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    dropped: Dropped | None = None
    worth: float = math.inf
    point: Mapping[str, Any] | None = None


def read_analysis_table(
    file: Path, targets: Sequence[str], exclude: Sequence[str] = (), how: Reading = AS_IT_IS
) -> Table:
    """Read a population, or any table of numbers (.csv, .parquet, .h5ad).

    Columns named in `exclude`, by their names without prefix, are not looked at.

    In a population ``parameters/`` columns are the variables and ``features/`` columns can be
    targets.  In another table every column of numbers is a variable, but for the targets and for
    columns that number its rows.

    Raises
    ------
    IonfoError
        If the file cannot be read, a column is unfit, a target is not there, or fewer than
        three variables vary.
    """
    if how.csv != PLAIN_CSV and file.suffix in (".h5ad", ".parquet"):
        raise IonfoError(f"--separator and --decimal are for .csv files, and '{file}' is none")
    if file.suffix == ".h5ad":
        frame, metadata = _read_h5ad(file)
    else:
        frame, metadata = read_table(file, how=how.csv)
    return analysis_table(frame, metadata, file, targets, exclude, how)


def analysis_table(
    frame: pd.DataFrame,
    metadata: Mapping[str, Any],
    file: Path,
    targets: Sequence[str],
    exclude: Sequence[str] = (),
    how: Reading = AS_IT_IS,
) -> Table:
    """See a table that was read as `read_analysis_table` does; `file` is for words."""
    frame = frame.rename(columns=str).infer_objects()
    refuse_doubled_columns(frame, str(file))
    known = [
        column.removeprefix("parameters/").removeprefix("features/") for column in _names(frame)
    ]
    for option, names in (("exclude", exclude), ("keep", how.keep)):
        for name in names:
            if name not in known:
                raise IonfoError(
                    f"'{file}' has no column '{name}' to {option}{nearest(name, known)}"
                )
    frame = frame.loc[:, [name not in exclude for name in known]]
    left_out = dict.fromkeys(exclude, EXCLUDED)
    emodel = None
    if "emodel" in metadata:
        emodel = parse_emodel(json.dumps(metadata["emodel"]), str(file))
    is_models = is_population(frame)
    if is_models:
        parameters, features = (
            columns_of_numbers(frame, one, file, how.csv) for one in ("parameters/", "features/")
        )
    else:
        parameters, features, others = _plain(frame, targets, file, how)
        left_out |= others
        if told := variables_told(parameters):
            note(told)
        if told := labels_told(parameters, (*how.keep, *BOOK)):
            note(told)
    _check_targets(targets, features, parameters, file)
    dropped = None
    if how.drop_missing:
        frame, parameters, features, dropped = complete_rows(
            frame, parameters, features, targets, file
        )
    book = book_of(frame)
    if bad := [str(name) for name in parameters if parameters[name].isna().any()]:
        n_missing = int(parameters[bad[0]].isna().sum())
        what = "parameter" if is_models else "column"
        raise IonfoError(
            f"'{file}': {what} '{bad[0]}' is missing in some models ({n_missing} of {len(frame)} "
            f"rows; {len(bad)} such columns); leave these rows out with --drop-missing, or the "
            "columns with --exclude, or fill them"
        )
    for part in (parameters, features):
        _check_scale(part, file)
    if "cost" in book and not pd.api.types.is_numeric_dtype(book["cost"]):
        raise IonfoError(f"'{file}': column 'cost' must hold numbers")
    n_rows = len(frame)
    varying, complete = _varying(parameters, n_rows), _complete(features, targets, n_rows)
    left_out |= dict.fromkeys(_names(parameters.drop(columns=_names(varying))), "does not vary")
    left_out |= dict.fromkeys(
        _names(features.drop(columns=_names(complete))),
        "is missing in some models or does not vary",
    )
    parameters, features = varying, complete
    if parameters.shape[1] < 3:
        origin = "" if is_models else "no column starts with 'parameters/', and "
        if frame.shape[1] == 1 and set(_names(frame)[0]) & set(";\t|"):
            name = shortened(_names(frame)[0], 80)
            origin = f"its only column is '{name}' (separate columns by commas), and "
        raise IonfoError(
            f"'{file}': {origin}it has {parameters.shape[1]} parameters that vary over its "
            f"{len(frame)} models; at least 3 are needed"
        )
    walker, step, ensemble = chain_of(book)
    return Table(
        parameters.to_numpy(np.float64),
        _names(parameters),
        features.to_numpy(np.float64),
        _names(features),
        weights_of(book, file),
        walker,
        step,
        ensemble,
        book["cost"].to_numpy(np.float64) if "cost" in book else None,
        emodel,
        temperature_of(metadata),
        left_out,
        dropped,
        worth_of(metadata),
        metadata if "dics" in metadata else None,
    )


def worth_of(metadata: Mapping[str, Any]) -> float:
    """Read the effective size that `ionfo collect` found of weighted draws; inf of other tables."""
    try:
        worth = float(metadata["importance"]["effective_sample_size"])
    except (KeyError, TypeError, ValueError):
        return math.inf
    return worth if worth >= 1 else math.inf


def variables_told(frame: pd.DataFrame) -> str | None:
    """Say which variables of a plain table have a name that means something in a population.

    Examples
    --------
    >>> variables_told(pd.DataFrame({"a": [1.0], "weight": [2.0]})).partition(";")[0]
    "column 'weight' of a plain table is taken as a variable"
    """
    found = [name for name in BOOK if name in frame]
    if not found:
        return None
    named = ", ".join(f"'{name}'" for name in found)
    what = "weights" if found == ["weight"] else "book-keeping of models"
    return (
        f"column {named} of a plain table is taken as a variable; to use it as {what}, name "
        "parameters with parameters/"
        if len(found) == 1
        else f"columns {named} of a plain table are taken as variables; to use them as {what}, "
        "name parameters with parameters/"
    )


def _names(frame: pd.DataFrame) -> list[str]:
    return [str(column) for column in frame]


def _plain(
    frame: pd.DataFrame, targets: Sequence[str], file: Path, how: Reading
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]:
    """Tell variables and targets of a plain table, and what is left out and why."""
    if unnamed := [column for column in _names(frame) if not column or column.startswith(_UNNAMED)]:
        note("left out a column without a name, likely the numbers of the rows")
        frame = frame.drop(columns=unnamed)
    refuse_bad_cells(frame, file, how.csv)
    words = [
        column
        for column in _names(frame)
        if not pd.api.types.is_numeric_dtype(frame[column])
        or pd.api.types.is_complex_dtype(frame[column])
    ]
    empty = [column for column in _names(frame) if frame[column].isna().all() and len(frame)]
    if bad := [target for target in targets if target in words and target not in empty]:
        raise IonfoError(f"'{file}': target '{bad[0]}' must hold numbers")
    words = [column for column in words if column not in empty]
    if words:
        note(f"left out columns that hold no numbers: {', '.join(words)}")
    if empty:
        note(f"left out columns without any value: {', '.join(empty)}")
    numbers = frame.drop(columns=[*words, *empty])
    counters = row_counters(numbers, {*targets, *how.keep, *BOOK})
    for name, why in counters.items():
        note(
            f"left out column '{name}', which {why}; to take it as a variable, give --keep '{name}'"
        )
    numbers = numbers.drop(columns=list(counters))
    chosen = [target for target in targets if target in numbers]
    left_out = {
        **dict.fromkeys(words, "holds no numbers"),
        **dict.fromkeys(empty, "has no value"),
        **counters,
    }
    return numbers.drop(columns=chosen), numbers[chosen], left_out


def _check_targets(
    targets: Sequence[str], features: pd.DataFrame, parameters: pd.DataFrame, file: Path
) -> None:
    known = [*features, *parameters]
    for target in targets:
        if target not in features:
            raise IonfoError(f"'{file}' has no feature '{target}'{nearest(target, known)}")


def _check_scale(columns: pd.DataFrame, file: Path) -> None:
    """Refuse numbers whose squares are none."""
    for name in columns:
        values = columns[name].to_numpy(np.float64)
        values = values[np.isfinite(values)]  # others are refused for what they are
        if len(values) and (
            np.abs(values).max() > _LARGEST or 0 < values.max() - values.min() < 1 / _LARGEST
        ):
            raise IonfoError(
                f"'{file}': column '{name}' holds numbers above {_LARGEST:g}, or differences below "
                f"{1 / _LARGEST:g}; put it into another unit"
            )


def _varying(parameters: pd.DataFrame, n_rows: int) -> pd.DataFrame:
    fixed = [str(name) for name in parameters if parameters[name].nunique() == 1]
    if fixed and len(fixed) < parameters.shape[1] and n_rows > 1:
        note(f"left out parameters that do not vary: {', '.join(fixed)}")
    return parameters.drop(columns=fixed)


def _complete(features: pd.DataFrame, targets: Sequence[str], n_rows: int) -> pd.DataFrame:
    unfit = [
        str(name)
        for name in features
        if features[name].isna().any() or features[name].nunique() == 1
    ]
    for target in targets:
        n_missing = int(features[target].isna().sum())
        if n_missing:
            raise IonfoError(
                f"feature '{target}' is missing in some models ({n_missing} of {n_rows}); leave "
                "these rows out with --drop-missing, or name another target"
            )
        if target in unfit:
            raise IonfoError(f"feature '{target}' does not vary; name another target")
    if unfit and n_rows > 1:
        hint = ""
        if any(features[name].notna().any() and features[name].isna().any() for name in unfit):
            hint = "; models that miss a target are left out with --targets NAME --drop-missing"
        note(f"left out features that are missing or do not vary: {', '.join(unfit)}{hint}")
    return features.drop(columns=unfit)


def _read_h5ad(file: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    content = open_h5ad(file)
    names = [str(name) for name in content.var_names]
    return pd.DataFrame(matrix_of(content, file), columns=names), {}
