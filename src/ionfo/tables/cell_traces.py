"""Voltages of recorded cells as one table: a row a sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import IonfoError
from .cells import refuse_doubled_columns
from .files import read_table
from .text import PLAIN_CSV, CsvFormat

Array = NDArray[np.float64]


def read_cell_traces(file: Path, how: CsvFormat = PLAIN_CSV) -> dict[str, tuple[Array, Array]]:
    """Read voltages of cells.

    Parameters
    ----------
    file : Path
        Parquet or CSV with the columns ``cell``, ``t`` (ms) and ``v`` (mV).
    how : CsvFormat
        Of a CSV file.

    Returns
    -------
    dict of str to tuple of ndarray
        Cell -> times (ms) and voltages (mV).

    Raises
    ------
    IonfoError
        If a column is missing, or holds no numbers.
    """
    frame = read_table(file, how=how)[0].rename(columns=str)
    refuse_doubled_columns(frame, str(file))
    for name in ("cell", "t", "v"):
        if name not in frame:
            raise IonfoError(
                f"'{file}' has no column '{name}'; recordings need cell, t (ms) and v (mV)"
            )
    try:
        values = frame[["t", "v"]].to_numpy(np.float64)
    except (TypeError, ValueError):
        raise IonfoError(f"'{file}': columns t and v must hold numbers") from None
    if not np.isfinite(values).all():
        raise IonfoError(f"'{file}': columns t and v must hold a number in every row")
    groups = frame.groupby(frame["cell"].astype(str), sort=False).indices
    return {str(cell): (values[rows, 0], values[rows, 1]) for cell, rows in groups.items()}
