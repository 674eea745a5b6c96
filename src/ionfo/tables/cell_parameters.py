"""Parameters of cells as a table: a row a cell, or several rows a cell that are draws of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import IonfoError, nearest
from .cells import columns_of_numbers, refuse_doubled_columns
from .files import read_table
from .population import Population
from .text import PLAIN_CSV, CsvFormat

Array = NDArray[np.float64]

_NAMED = ("cell", "cell_id", "cells/cell")
"""Columns that name cells, the last in populations of posteriors."""


@dataclass(frozen=True)
class CellParameters:
    """Parameters of cells, and what was measured of them.

    Attributes
    ----------
    cells : tuple of str
        Names, each once.
    names : tuple of str
        Of the parameters.
    means : ndarray, shape (n_cells, n_parameters)
        Of the draws of each cell, by weight.
    draws : tuple of ndarray, shape (n_draws, n_parameters)
        Of each cell; one row where nothing is known of the uncertainty.
    weights : tuple of ndarray, shape (n_draws,)
        Of the draws of each cell, with sum 1.
    about : DataFrame
        The first row of each cell.
    origin : str
        Where it was read from.
    """

    cells: tuple[str, ...]
    names: tuple[str, ...]
    means: Array
    draws: tuple[Array, ...]
    weights: tuple[Array, ...]
    about: pd.DataFrame
    origin: str

    @property
    def has_draws(self) -> bool:
        """Whether every cell has several rows."""
        return all(len(one) > 1 for one in self.draws)

    def draw(self, rng: np.random.Generator) -> Array:
        """Draw a row of each cell by its weight, shape (n_cells, n_parameters)."""
        picked = [
            rows[rng.choice(len(rows), p=weights)]
            for rows, weights in zip(self.draws, self.weights, strict=True)
        ]
        return np.array(picked)

    def rows(self, kept: Sequence[int]) -> CellParameters:
        """Choose cells."""
        return replace(
            self,
            cells=tuple(self.cells[i] for i in kept),
            means=self.means[list(kept)],
            draws=tuple(self.draws[i] for i in kept),
            weights=tuple(self.weights[i] for i in kept),
            about=self.about.iloc[list(kept)].reset_index(drop=True),
        )

    def in_order(self, names: Sequence[str]) -> CellParameters:
        """Choose parameters, in an order."""
        order = [self.names.index(name) for name in names]
        return replace(
            self,
            names=tuple(names),
            means=self.means[:, order],
            draws=tuple(one[:, order] for one in self.draws),
        )

    def columns(self, prefix: str) -> pd.DataFrame:
        """Give the columns that start with a prefix, without it."""
        names = [one for one in map(str, self.about) if one.startswith(prefix)]
        return self.about[names].rename(columns=lambda one: one.removeprefix(prefix))


def read_cell_parameters(
    source: str | Path | pd.DataFrame | Population,
    prefix: str = "parameters/",
    cell: str | None = None,
    how: CsvFormat = PLAIN_CSV,
) -> CellParameters:
    """Read parameters of cells.

    Parameters
    ----------
    source : path, DataFrame or Population
        A row a cell, or several that are draws of its posterior, with ``weight`` if they have one.
    prefix : str
        Of the columns with parameters.
    cell : str, optional
        Column with the names of the cells; by default ``cell``, ``cell_id`` or ``cells/cell``, else
        the first.
    how : CsvFormat
        Of a CSV file.

    Raises
    ------
    IonfoError
        If there is no such column, no row, or a parameter is missing or no number.

    Examples
    --------
    >>> table = pd.DataFrame({"cell": ["a", "a", "b"], "parameters/C": [1.0, 3.0, 5.0]})
    >>> read_cell_parameters(table).means.ravel()
    array([2., 5.])
    """
    frame, origin = _frame(source, how)
    names = [one for one in map(str, frame) if one.startswith(prefix)]
    if not names:
        raise IonfoError(
            f"'{origin}' has no column that starts with '{prefix}'; name the beginning of those "
            "with parameters with --columns"
        )
    key = _key(frame, cell, origin)
    frame = frame.assign(**{key: frame[key].astype(str)})
    values = columns_of_numbers(frame, prefix, Path(origin), how).to_numpy(np.float64)
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0].tolist()
        raise IonfoError(
            f"'{origin}': parameters must be finite, '{names[column]}' of cell "
            f"{frame[key].iloc[row]} is {values[row, column]:g} ({len(bad)} such values); leave "
            "out these rows"
        )
    weights = _weights(frame, origin)
    groups = {
        str(one): np.asarray(rows) for one, rows in frame.groupby(key, sort=False).indices.items()
    }
    cells = tuple(dict.fromkeys(frame[key]))
    shares = [_shares(weights[groups[one]], one, origin) for one in cells]
    draws = [values[groups[one]] for one in cells]
    means = [share @ rows for share, rows in zip(shares, draws, strict=True)]
    return CellParameters(
        cells,
        tuple(one.removeprefix(prefix) for one in names),
        np.array(means).reshape(len(cells), len(names)),
        tuple(draws),
        tuple(shares),
        frame.iloc[[int(groups[one][0]) for one in cells]].reset_index(drop=True),
        origin,
    )


def with_columns_of(
    parameters: CellParameters,
    source: str | Path | pd.DataFrame,
    cell: str | None = None,
    how: CsvFormat = PLAIN_CSV,
) -> CellParameters:
    """Take what is known of the cells from another table, a row a cell, such as measured features.

    Parameters
    ----------
    parameters : CellParameters
        Of cells.
    source : path or DataFrame
        The other table; cells that it does not hold have NaN.
    cell, how
        As `read_cell_parameters` takes them.

    Returns
    -------
    CellParameters
        With the columns of the other table.

    Raises
    ------
    IonfoError
        If the table is empty, none of the cells is in it, or one comes twice.
    """
    frame, origin = _frame(source, how, "observed")
    key = _key(frame, cell if cell in frame else None, origin)
    names = frame[key].astype(str)
    if names.duplicated().any():
        raise IonfoError(
            f"'{origin}': cell '{names[names.duplicated()].iloc[0]}' comes twice in column '{key}'"
        )
    if not names.isin(parameters.cells).any():
        raise IonfoError(
            f"'{origin}': none of its cells (column '{key}', such as '{names.iloc[0]}') has "
            f"parameters in '{parameters.origin}'"
        )
    about = frame.set_index(names).reindex(list(parameters.cells)).reset_index(drop=True)
    return replace(parameters, about=about)


def _frame(
    source: str | Path | pd.DataFrame | Population, how: CsvFormat, name: str = "parameters"
) -> tuple[pd.DataFrame, str]:
    """Give a table with names of text, each once, and some rows; and what messages call it."""
    origin = str(source) if isinstance(source, (str, Path)) else name
    if isinstance(source, (str, Path)):
        frame = read_table(Path(source), how=how)[0]
    else:
        frame = source.frame if isinstance(source, Population) else source
    frame = frame.rename(columns=str)
    refuse_doubled_columns(frame, origin)
    if frame.empty:
        raise IonfoError(f"'{origin}' has no rows, and every cell needs one")
    return frame, origin


def _key(frame: pd.DataFrame, cell: str | None, origin: str) -> str:
    if cell is not None and cell not in frame:
        raise IonfoError(
            f"'{origin}' has no column '{cell}' with the names of the cells"
            f"{nearest(cell, map(str, frame))}"
        )
    known = [one for one in (cell, *_NAMED, str(frame.columns[0])) if one in frame]
    key = str(known[0])
    if cell is None and "/" in key and key not in _NAMED:
        raise IonfoError(
            f"'{origin}' has no column 'cell' or 'cell_id', and its first, '{key}', names no cells;"
            " name the column with --cell"
        )
    if frame[key].isna().any():
        raise IonfoError(f"'{origin}': column '{key}' must name the cell of every row")
    return key


def _weights(frame: pd.DataFrame, origin: str) -> Array:
    if "weight" not in frame:
        return np.ones(len(frame))
    weights = frame["weight"]
    if not pd.api.types.is_numeric_dtype(weights) or not weights.between(0, np.inf, "left").all():
        raise IonfoError(f"'{origin}': column 'weight' must hold numbers from 0 on")
    return weights.to_numpy(np.float64)


def _shares(weights: Array, cell: str, origin: str) -> Array:
    total = weights.sum()
    if total <= 0:
        raise IonfoError(f"'{origin}': the weights of cell {cell} are all 0")
    return np.asarray(weights / total)
