"""From the names of moves to the moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import emcee
import numpy as np

from ...errors import IonfoError, nearest
from .snooker import SnookerMove

MOVES: Mapping[str, Callable[[], Any]] = {
    "stretch": emcee.moves.StretchMove,
    "de": emcee.moves.DEMove,
    "snooker": SnookerMove,
}
"""Name -> maker.  stretch: Goodman & Weare (2010); de: ter Braak (2006), Nelson et al. (2014)."""


def parse_moves(text: str) -> dict[str, float]:
    """Read a mixture.

    Parameters
    ----------
    text : str
        Names with weights, ``de:0.8,snooker:0.2``; a name without one has weight 1.

    Returns
    -------
    dict of str to float
        Name -> probability; they sum to 1.

    Raises
    ------
    IonfoError
        If a name is unknown or stands twice, or a weight is not positive.

    Examples
    --------
    >>> parse_moves("de:3,snooker")
    {'de': 0.75, 'snooker': 0.25}
    """
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, _, weight = part.strip().partition(":")
        if name not in MOVES:
            known = ", ".join(MOVES)
            raise IonfoError(f"unknown move '{name}'{nearest(name, MOVES)}; known: {known}")
        if name in weights:
            raise IonfoError(f"--moves names '{name}' twice, got '{text}'")
        try:
            weights[name] = float(weight or 1)
        except ValueError:
            weights[name] = float("nan")
        if not (np.isfinite(weights[name]) and weights[name] > 0):
            raise IonfoError(f"the weight of move '{name}' must be positive, got '{weight}'")
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def make_moves(weights: Mapping[str, float]) -> list[tuple[Any, float]]:
    """Make the moves of a mixture with their probabilities."""
    return [(MOVES[name](), weight) for name, weight in weights.items()]
