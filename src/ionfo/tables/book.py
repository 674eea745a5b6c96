"""Book-keeping columns of a population: how much rows count, and which chains they form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import IonfoError

BOOK = ("weight", "ensemble", "walker", "step")
"""Columns that say of a population how much rows count and which chains they form; in a plain table
they are variables like any other."""

_LARGEST_WEIGHT = 1e100


def is_population(frame: pd.DataFrame) -> bool:
    """Whether a table has ``parameters/`` columns, so that others can be its book-keeping."""
    return any(str(name).startswith("parameters/") for name in frame)


def book_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Give what may be read as weight, chain or cost: the table, or no column of a plain one."""
    return frame if is_population(frame) else frame[[]]


def weights_of(book: pd.DataFrame, file: Path) -> NDArray[np.float64]:
    """Weight of each row, one where the table says nothing.

    Raises
    ------
    IonfoError
        If weights are not positive and finite.
    """
    if "weight" not in book:
        return np.ones(len(book))
    weights = book["weight"]
    if not pd.api.types.is_numeric_dtype(weights) or not (weights > 0).all():
        raise IonfoError(f"'{file}': weights must be positive numbers")
    if not np.isfinite(weights).all():
        raise IonfoError(f"'{file}': weights must be finite")
    if not weights.between(1 / _LARGEST_WEIGHT, _LARGEST_WEIGHT).all():
        raise IonfoError(
            f"'{file}': weights must be from {1 / _LARGEST_WEIGHT:g} to {_LARGEST_WEIGHT:g}"
        )
    return np.asarray(weights, dtype=np.float64)


def chain_of(
    book: pd.DataFrame,
) -> tuple[NDArray[np.int64] | None, NDArray[np.int64] | None, NDArray[np.int64] | None]:
    """Tell walkers apart, when they moved, and their ensembles, when the rows say so."""
    columns = ["ensemble", "walker", "step"]
    if not set(columns) <= set(book) or book[columns].isna().any(axis=None):
        return None, None, None
    step = book["step"]
    if not pd.api.types.is_numeric_dtype(step) or not (step.abs() < 2**53).all():
        raise IonfoError("column 'step' of a population must hold whole numbers, as 'walker' has")
    walker = book.groupby(["ensemble", "walker"]).ngroup()
    ensemble = book.groupby("ensemble").ngroup()
    return (
        np.asarray(walker, dtype=np.int64),
        np.asarray(book["step"], dtype=np.int64),
        np.asarray(ensemble, dtype=np.int64),
    )
