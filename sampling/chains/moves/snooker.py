"""Differential evolution along the line through a walker and another one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from emcee.moves.red_blue import RedBlueMove
from numpy.typing import NDArray


class SnookerMove(RedBlueMove):  # type: ignore[misc]  # emcee has no types
    """Snooker update of ter Braak & Vrugt (2008, Stat. Comput. 18:435), eqs. 3 and 4.

    With e the unit vector from z to x the proposal is x + gamma e e.(z1 - z2), and the log of its
    Hastings factor (d - 1) ln(|q - z|/|x - z|).  The three other states come from the half of the
    ensemble that stays.

    Parameters
    ----------
    gamma : float
        Scale of the difference.
    """

    def __init__(self, gamma: float = 1.7) -> None:
        super().__init__()
        self.gamma = gamma

    def get_proposal(
        self,
        s: NDArray[np.float64],
        c: Sequence[NDArray[np.float64]],
        random: np.random.RandomState,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Propose for walkers `s`, shape (n, d), from the complement `c`."""
        others = np.concatenate(c)
        if len(others) < 3:
            raise ValueError(f"a snooker update needs three other walkers, got {len(others)}")
        n, n_parameters = s.shape
        chosen = np.array([random.choice(len(others), 3, replace=False) for _ in range(n)])
        z, z1, z2 = others[chosen[:, 0]], others[chosen[:, 1]], others[chosen[:, 2]]
        away = s - z
        distance = np.linalg.norm(away, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            unit = away / distance[:, None]
            along = np.sum(unit * (z1 - z2), axis=1)
            q = s + self.gamma * along[:, None] * unit
            factor = (n_parameters - 1) * np.log(np.linalg.norm(q - z, axis=1) / distance)
        # a walker on top of z has no line: it stays where it is, which is never accepted
        lost = ~np.isfinite(factor)
        q[lost], factor[lost] = s[lost], -np.inf
        return q, factor
