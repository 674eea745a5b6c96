"""The MCMC table of emodel-generalisation: CSV with a header of two lines.

The first line names the group (parameters, normalized_parameters, features, scores, or a column of
its own such as cost), the second the parameter or feature.  A row is an accepted state; how long it
was held is not written, but follows from the acceptance rates as far as their rounding allows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...emodels import EModel
from ...errors import IonfoError, why_unread
from .held_steps import accept_rates, held_steps
from .imported import Imported

_GROUPS = ("parameters", "normalized_parameters", "features", "scores")
_OWN = ("cost", "accept_rate", "probability", "a", "ratio", "chain_id", "emodel")
_BOOK = ("ensemble", "walker", "step", "weight")


def is_mcmc_table(path: Path) -> bool:
    """Tell whether a CSV file has the header of two lines."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as handle:
            first = next(csv.reader(handle), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return False
    return first.count("parameters") > 1 or {"parameters", "normalized_parameters"} <= set(first)


def read_mcmc_table(path: Path) -> Imported:
    """Read a table as a population.

    Parameters
    ----------
    path : Path
        CSV.

    Returns
    -------
    Imported
        ``ensemble`` numbers the chains; ``step`` and ``weight`` are recomputed from the acceptance
        rates where possible and 0 and 1 otherwise; columns of no meaning to ionfo are kept under
        ``mcmc/``, to be written back.

    Raises
    ------
    IonfoError
        If the file is no such table.
    """
    columns, frame = _read(path)
    notes = [
        "the table holds accepted states only: averages over its rows are not averages over the "
        "chain unless weights are used"
    ]
    metadata: dict[str, Any] = {"columns": [list(one) for one in columns]}
    own: dict[str, Any] = {}
    if "mcmc/cost" in frame:
        own["cost"] = frame["mcmc/cost"].astype(np.float64)
        temperature = _temperature(frame)
        if temperature is not None:
            metadata["temperature"] = temperature
            own["log_prob"] = -own["cost"] / temperature
    taken = ["mcmc/cost"]
    if all(f"mcmc/{name}" in frame for name in _BOOK):
        own |= {name: frame[f"mcmc/{name}"].astype(np.int64) for name in _BOOK}
        taken += [f"mcmc/{name}" for name in _BOOK]
    else:
        own["ensemble"], own["walker"] = _chains(frame), np.int64(0)
        own["step"], own["weight"] = _steps(frame, own["ensemble"], notes)
    kept = frame.drop(columns=taken, errors="ignore")
    frame = pd.concat([kept, pd.DataFrame(own, index=frame.index)], axis=1)
    return Imported(frame, {"mcmc_table": metadata}, tuple(notes))


def _read(path: Path) -> tuple[list[tuple[str, str]], pd.DataFrame]:
    try:
        with open(path, newline="", encoding="utf-8-sig") as handle:
            rows = csv.reader(handle)
            first, second = next(rows, []), next(rows, [])
            _check_header(first, second, path)
            for row in rows:
                if len(row) != len(first):
                    raise IonfoError(
                        f"'{path}': line {rows.line_num} has {len(row)} values and the header "
                        f"{len(first)}"
                    )
        values = pd.read_csv(
            path, skiprows=2, header=None, names=range(len(first)), index_col=False,
            float_precision="round_trip", encoding="utf-8-sig",
        )  # fmt: skip
    except (OSError, ValueError, csv.Error) as error:
        raise IonfoError(f"file '{path}' cannot be read as CSV: {why_unread(error)}") from None
    if values.empty:
        raise IonfoError(f"'{path}' holds no models")
    columns = list(zip(first, second, strict=True))
    named: dict[str, pd.Series[Any]] = {}
    for i, (group, name) in enumerate(columns):
        key = f"{group}/{name}" if group in _GROUPS else f"mcmc/{group or 'index'}"
        if key in named:
            raise IonfoError(f"'{path}' has two columns '{group}, {name}'; remove one of them")
        column = values[i]
        if group in _GROUPS:
            if not pd.api.types.is_numeric_dtype(column):
                raise IonfoError(f"'{path}': '{group}, {name}' holds words instead of numbers")
            column = column.astype(np.float64)
        named[key] = column
    frame = pd.DataFrame(named)
    parameters = [one for one in map(str, frame) if one.startswith("parameters/")]
    if bad := [one for one in parameters if not np.isfinite(frame[one]).all()]:
        raise IonfoError(f"'{path}': parameter '{bad[0][11:]}' is missing in some rows")
    return columns, frame


def _check_header(first: list[str], second: list[str], path: Path) -> None:
    if len(first) != len(second) or "parameters" not in first:
        raise IonfoError(
            f"'{path}' is no MCMC table of emodel-generalisation: its first line must name groups "
            "such as parameters, and its second line their members"
        )


def _temperature(frame: pd.DataFrame) -> float | None:
    """T of probability = exp(-cost/T), where every row agrees on it."""
    if "mcmc/probability" not in frame:
        return None
    cost, probability = frame["mcmc/cost"], frame["mcmc/probability"]
    known = (probability > 1e-300) & (probability < 1) & (cost > 0)
    if not known.any():
        return None
    found = -cost[known] / np.log(probability[known])
    middle = float(np.median(found))
    # thirteen decimals of a probability are what the tables hold
    rounded = float(f"{middle:.6g}")
    return rounded if np.allclose(found, rounded, rtol=1e-3) else None


def _chains(frame: pd.DataFrame) -> pd.Series[Any]:
    keys = [name for name in ("mcmc/emodel", "mcmc/chain_id") if name in frame]
    if not keys:
        return pd.Series(np.zeros(len(frame), dtype=np.int64), index=frame.index)
    return frame.groupby(keys, sort=True, dropna=False).ngroup().astype(np.int64)


def _steps(
    frame: pd.DataFrame, chain: pd.Series[Any], notes: list[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Step and weight of every row, as far as the acceptance rates tell them."""
    step, weight = np.zeros(len(frame), np.int64), np.ones(len(frame), np.int64)
    n_exact, unknown = 0, []
    # with a common origin, it is chain -1 and the others lack their first row
    number = frame.get("mcmc/chain_id")
    has_origin = number is not None and bool((number == -1).any())
    for one, rows in chain.reset_index(drop=True).groupby(chain.to_numpy()).groups.items():
        place = np.asarray(rows)
        held = None
        if "mcmc/accept_rate" in frame:
            first = 1
            if has_origin and number is not None and (number.to_numpy()[place] != -1).all():
                first = 2
            held = held_steps(frame["mcmc/accept_rate"].to_numpy(np.float64)[place], first)
        if held is None:
            unknown.append(str(one))
            step[place] = np.arange(len(place))
            continue
        step[place], weight[place] = held.step, held.weight
        n_exact += int(held.is_exact.sum())
    if unknown:
        notes.append(
            f"no weights for {len(unknown)} of {chain.nunique()} chains: their acceptance rates "
            "are missing or rows were taken out; their rows count once"
        )
    notes.append(
        f"weights recomputed from acceptance rates: {n_exact} of {len(frame)} exactly, the others "
        "within the rounding of the rates (the last state of a chain counts once)"
    )
    return step, weight


def write_mcmc_table(
    path: Path, frame: pd.DataFrame, metadata: Mapping[str, Any], emodel: EModel | None
) -> None:
    """Write a population as such a table, atomically.

    Parameters
    ----------
    path : Path
        CSV.
    frame : DataFrame
        A population.
    metadata : mapping
        Its metadata; the columns of an imported table are written in their old order.
    emodel : EModel, optional
        Gives the bounds by which parameters are normalised.

    Raises
    ------
    IonfoError
        If the population has no parameters.
    """
    from ..files import write_text

    table = _with_own_columns(frame, metadata, emodel)
    origin = metadata.get("mcmc_table", {})
    columns = [tuple(one) for one in origin.get("columns", [])] or _columns(table)
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([group for group, _ in columns])
    writer.writerow([name for _, name in columns])
    cells = []
    for group, name in columns:
        key = f"{group}/{name}" if group in _GROUPS else (group or "index")
        cells.append(_text(table[key]) if key in table else [""] * len(table))
    writer.writerows(zip(*cells, strict=True))
    write_text(path, written.getvalue())


def _with_own_columns(
    frame: pd.DataFrame, metadata: Mapping[str, Any], emodel: EModel | None
) -> dict[str, pd.Series[Any]]:
    """All columns of the table under their names in it."""
    table = {str(name): frame[name] for name in frame if str(name).split("/")[0] in _GROUPS}
    if not any(name.startswith("parameters/") for name in table):
        raise IonfoError("a population without 'parameters/' columns is no MCMC table")
    kept = {name[5:]: frame[name] for name in map(str, frame) if name.startswith("mcmc/")}
    if emodel is not None:
        for one in emodel.free_parameters:
            key = f"normalized_parameters/{one.name}"
            if one.bounds is not None and key not in table and f"parameters/{one.name}" in table:
                low, high = one.bounds
                value = table[f"parameters/{one.name}"]
                table[key] = (value - 0.5 * (high + low)) / (0.5 * (high - low))
    if "cost" in frame:
        table["cost"] = frame["cost"]
    settings = metadata.get("settings", {})
    temperature = metadata.get("mcmc_table", {}).get("temperature") or (
        settings.get("temperature") if isinstance(settings, dict) else None
    )
    if "cost" in table and temperature:
        table["probability"] = np.exp(-table["cost"] / float(temperature))
    if {"ensemble", "walker", "step", "weight"} <= set(frame):
        order = frame.groupby(["ensemble", "walker"])["step"]
        table["accept_rate"] = order.transform(lambda one: accept_rates(one.to_numpy()))
        table["chain_id"] = frame.groupby(["ensemble", "walker"]).ngroup()
        for name in _BOOK:
            table[name] = frame[name]
    if emodel is not None:
        table["emodel"] = pd.Series([emodel.name] * len(frame), index=frame.index)
    return table | kept


def _columns(table: Mapping[str, Any]) -> list[tuple[str, str]]:
    columns = []
    for group in _GROUPS:
        columns += [(group, name.partition("/")[2]) for name in table
                    if name.startswith(f"{group}/")]  # fmt: skip
    return columns + [(name, "") for name in (*_OWN, *_BOOK) if name in table]


def _text(column: pd.Series[Any]) -> list[str]:
    """Write numbers in the shortest text that reads back as the same number."""
    if pd.api.types.is_float_dtype(column):
        return ["" if value != value else repr(value) for value in column.tolist()]
    return ["" if value is None else str(value) for value in column.tolist()]
