"""Models that fire alike and are built differently, and the reverse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Kind = Literal["twins", "cliffs"]

NEAR = 0.05
"""Share of the models that count as near."""

_FEWEST_NEAR = 10


@dataclass(frozen=True)
class Neighbours:
    """Models beside one model.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
        The models, the most striking first.
    apart_in_features, apart_in_parameters : ndarray, shape (n,)
        Root mean square differences, in the units of what was given.
    """

    rows: NDArray[np.int64]
    apart_in_features: Array
    apart_in_parameters: Array


def neighbours(
    parameters: Array, features: Array, row: int, kind: Kind = "twins", n: int = 5
) -> Neighbours:
    """Find degenerate twins of a model, or cliffs beside it.

    Twins are near in features (among the nearest 5 %) and as far as can be in parameters; cliffs
    are near in parameters and as far as can be in features.

    Parameters
    ----------
    parameters : ndarray, shape (n_models, n_parameters)
        In comparable units, such as fractions of their bounds.
    features : ndarray, shape (n_models, n_features)
        In comparable units, such as SDs of the experiment; NaN where one is undefined.
    row : int
        The model.
    kind : {"twins", "cliffs"}
        Which.
    n : int
        How many.

    Returns
    -------
    Neighbours
        Without models equal to the one asked about (twins), or undefined in all its features.

    Raises
    ------
    ValueError
        If there is no such model or kind.

    Examples
    --------
    >>> built = np.array([[0.0], [0.1], [0.9], [1.0]])
    >>> fires = np.array([[0.0], [5.0], [0.1], [9.0]])
    >>> neighbours(built, fires, 0, n=1).rows.tolist()
    [2]
    """
    if not 0 <= row < len(parameters):
        raise ValueError(f"there are models 0 to {len(parameters) - 1}, got {row}")
    if kind not in ("twins", "cliffs"):
        raise ValueError(f"kind must be 'twins' or 'cliffs', got '{kind}'")
    built = _apart(parameters, row)
    fires = _apart(features, row)
    near, far = (fires, built) if kind == "twins" else (built, fires)
    candidates = np.flatnonzero(np.isfinite(near) & np.isfinite(far) & (built > 0))
    candidates = candidates[candidates != row]
    n_near = max(int(np.ceil(NEAR * len(parameters))), _FEWEST_NEAR, n)
    if len(parameters) < 4 * _FEWEST_NEAR:  # of a handful, half are near
        n_near = max(len(candidates) // 2, n)
    nearest = candidates[np.argsort(near[candidates], kind="stable")[:n_near]]
    chosen = nearest[np.argsort(-far[nearest], kind="stable")[:n]]
    return Neighbours(chosen.astype(np.int64), fires[chosen], built[chosen])


def _apart(values: Array, row: int) -> Array:
    """Root mean square difference from a row over what both have; NaN where that is nothing."""
    square = (values - values[row]) ** 2
    is_known = np.isfinite(square)
    n_known = is_known.sum(axis=1)
    total = np.where(is_known, square, 0.0).sum(axis=1)
    # of twins in half of the features nothing is known in the other
    enough = 2 * n_known >= is_known[row].sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(enough & (n_known > 0), np.sqrt(total / n_known), np.nan))
