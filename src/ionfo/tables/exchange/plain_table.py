"""Plain tables: CSV, Parquet and h5ad, one row a model or a cell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...emodels import EModel
from ...errors import IonfoError, nearest
from ..book import BOOK
from ..files import read_table
from ..h5ad import matrix_of, open_h5ad
from ..matrix import variables_told
from .imported import Imported

GROUPS = ("parameters/", "features/", "scores/")
SCORED = ("cost", "log_prob", "failures")
"""Columns of scored models that are neither parameters nor features."""


def read_plain_table(path: Path, emodel: EModel | None, features: Sequence[str] = ()) -> Imported:
    """Read a table as a population.

    Parameters
    ----------
    path : Path
        .csv, .parquet or .h5ad (cells x genes).
    emodel : EModel, optional
        Tells parameters and features by their names; other columns are kept as they are.
    features : sequence of str
        Columns that are features, when there is no e-model; all other numbers are parameters.

    Returns
    -------
    Imported
        A population; a table that has ``parameters/`` columns stays as it is.

    Raises
    ------
    IonfoError
        If the file cannot be read, or a named column is not there.
    """
    metadata: dict[str, Any] = {}
    if path.suffix == ".h5ad":
        frame = _read_h5ad(path)
    else:
        frame, metadata = read_table(path)
    frame = frame.rename(columns=str)
    known = [str(name) for name in frame.columns]
    for name in features:
        if name not in known and f"features/{name}" not in known:
            raise IonfoError(f"'{path}' has no column '{name}'{nearest(name, known)}")
    if any(name.startswith("parameters/") for name in known):
        return Imported(frame, metadata)
    names = {name: _renamed(name, frame[name], emodel, features) for name in frame.columns}
    if not any(one.startswith("parameters/") for one in names.values()):
        raise IonfoError(f"'{path}' has no column of numbers that could be a parameter")
    told = variables_told(frame)
    if emodel is not None and (found := [name for name in BOOK if name in frame]):
        # under their own names they would be read as what they are in a population
        names |= {name: f"cells/{name}" for name in found if names[name] == name}
        told = f"kept {', '.join(map(repr, found))} of a plain table under cells/"
    notes = [] if told is None else [told]
    if emodel is None:
        kept = sum(one.startswith("parameters/") for one in names.values())
        notes.append(f"without --emodel, all {kept} columns of numbers are parameters")
    return Imported(frame.rename(columns=names), metadata, tuple(notes))


def _renamed(
    name: str, column: pd.Series[Any], emodel: EModel | None, features: Sequence[str]
) -> str:
    if name.startswith(GROUPS) or name.startswith("cells/") or name in SCORED:
        return name
    if emodel is not None:
        if name in [one.name for one in emodel.parameters]:
            return f"parameters/{name}"
        return f"features/{name}" if name in emodel.feature_names else name
    if name in features:
        return f"features/{name}"
    is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return f"parameters/{name}" if is_number else name


def _read_h5ad(path: Path) -> pd.DataFrame:
    """Read a table of cells: genes as columns of numbers, annotations under ``cells/``."""
    content = open_h5ad(path)
    dense = np.asarray(matrix_of(content, path))
    genes = [str(name) for name in content.var_names]
    table = {"cells/name": [str(name) for name in content.obs_names]}
    for name in content.obs.columns:
        column = content.obs[name]
        is_number = pd.api.types.is_numeric_dtype(column)
        table[f"cells/{name}"] = column.to_numpy() if is_number else column.astype(str).to_numpy()
    frame = pd.DataFrame(table)
    return pd.concat([frame, pd.DataFrame(dense.astype(np.float64), columns=genes)], axis=1)
