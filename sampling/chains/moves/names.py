"""From the names of moves to the moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import emcee
import numpy as np
from numpy.typing import NDArray

from ....errors import IonfoError, nearest
from ....limits import split
from ...evaluation.pool import Pool
from ..learning.density import SurrogateDensity
from .gaussian import GaussianMove
from .isotropic import IsotropicMove
from .snooker import SnookerMove
from .surrogate import SurrogateMove

Maker = Callable[[NDArray[np.float64], int, SurrogateDensity | None, Pool | None], Any]
MOVES: dict[str, Maker] = {
    "stretch": lambda bounds, n_adapt, density, pool: emcee.moves.StretchMove(),
    "de": lambda bounds, n_adapt, density, pool: emcee.moves.DEMove(),
    "snooker": lambda bounds, n_adapt, density, pool: SnookerMove(),
    "gaussian": lambda bounds, n_adapt, density, pool: GaussianMove(bounds, n_adapt),
    "isotropic": lambda bounds, n_adapt, density, pool: IsotropicMove(bounds),
    "isotropic-redraw": lambda bounds, n_adapt, density, pool: IsotropicMove(bounds, redraw=True),
    "surrogate": lambda bounds, n_adapt, density, pool: SurrogateMove(_needed(density), pool),
}
"""Name -> maker from bounds, steps of adaptation, the surrogate's density and who walks on it.

stretch: Goodman & Weare (2010); de: ter Braak (2006), Nelson et al. (2014).
"""

ALONE = "isotropic-redraw"
"""Does not preserve the target, so no mixture may contain it."""


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
        If a name is unknown or stands twice, a weight is not positive, or the published rule,
        which does not preserve the target, is mixed with other moves.

    Examples
    --------
    >>> parse_moves("de:3,snooker")
    {'de': 0.75, 'snooker': 0.25}
    """
    weights: dict[str, float] = {}
    for part in split(text, "--moves"):
        name, _, weight = (one.strip() for one in part.partition(":"))
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
    if ALONE in weights and len(weights) > 1:
        raise IonfoError(
            f"move '{ALONE}' does not preserve the target and cannot be mixed, got '{text}'"
        )
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def make_moves(
    weights: Mapping[str, float],
    bounds: NDArray[np.float64],
    n_adapt: int,
    density: SurrogateDensity | None = None,
    pool: Pool | None = None,
) -> list[tuple[Any, float]]:
    """Make the moves of a mixture with their probabilities.

    Parameters
    ----------
    weights : mapping of str to float
        From `parse_moves`.
    bounds : ndarray, shape (n_parameters, 2)
        Of the parameters.
    n_adapt : int
        Steps in which an adaptive move learns.
    density : SurrogateDensity, optional
        What move ``surrogate`` walks on.
    pool : Pool, optional
        Who makes its walks; by default this process.

    Raises
    ------
    ValueError
        If move ``surrogate`` has none.
    """
    return [
        (MOVES[name](bounds, n_adapt, density, pool), weight) for name, weight in weights.items()
    ]


def _needed(density: SurrogateDensity | None) -> SurrogateDensity:
    if density is None:
        raise ValueError("move 'surrogate' needs a density to walk on")
    return density
