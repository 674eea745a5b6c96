"""Which targets a model can reach, with which channels compensated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...emodels.point import PointModel, load_point_model
from ...limits import check_count, check_given, check_number, check_seed
from .compensation import check_compensated, compensate
from .start import start_blocks

Array = NDArray[np.float64]

REACHED = 0.5
"""Yield from which a target counts as reached."""


@dataclass(frozen=True)
class Reachability:
    """Yield of targets on a grid.

    Attributes
    ----------
    model : PointModel
        The cell.
    g_s, g_u : ndarray
        Coordinates of the grid, in units of the leak.
    yields : ndarray, shape (len(g_u), len(g_s))
        Part of the cells that meet the target with conductances of 0 or more.
    pair : tuple of str or None
        Channels compensated; None for those of the definition.
    """

    model: PointModel
    g_s: Array
    g_u: Array
    yields: Array
    pair: tuple[str, ...] | None

    def to_frame(self) -> pd.DataFrame:
        """Give a row a target: g_s, g_u and yield."""
        g_s, g_u = np.meshgrid(self.g_s, self.g_u)
        return pd.DataFrame({"g_s": g_s.ravel(), "g_u": g_u.ravel(), "yield": self.yields.ravel()})

    def sentences(self) -> list[str]:
        """Tell in sentences what can be reached."""
        whole, most = (self.yields == 1).mean(), (self.yields >= REACHED).mean()
        with_pair = "the channels of its definition" if self.pair is None else "-".join(self.pair)
        return [
            f"{self.yields.size:,} targets of '{self.model.name}' with {with_pair} compensated: "
            f"all cells reach {whole:.1%} of them, and at least half of the cells {most:.1%}"
        ]


def reachable(
    model: PointModel | str,
    pair: Sequence[str] | None = None,
    *,
    n: int = 200,
    step: float = 1.0,
    seed: int = 0,
) -> Reachability:
    """Map the yield of compensation over the (g_s, g_u) plane of a model.

    Parameters
    ----------
    model : PointModel or str
        The cell, or what `load_point_model` takes.
    pair : sequence of str, optional
        Channels to compensate; by default as the definition says for each target.
    n : int
        Cells a target, the same for all.
    step : float
        Of the grid, in units of the leak.
    seed : int
        Of the cells.

    Returns
    -------
    Reachability
        Yields on the grid.

    Raises
    ------
    IonfoError
        If an argument is out of bounds.
    """
    model = model if isinstance(model, PointModel) else load_point_model(model)
    check_given(n=n, step=step, seed=seed)
    check_count("--n", n, 1, 100_000)
    check_number("--step", step, 0.05, 20)
    check_seed(seed)
    if pair is not None:
        check_compensated(model, pair, 2)
    plane = model.rules().plane
    g_s, g_u = _axis(*plane.g_s, step), _axis(*plane.g_u, step)
    cells = np.empty((0, len(model.conductance_names)))
    for _, drawn, _ in start_blocks(model, seed, True):
        cells = np.concatenate([cells, drawn])
        if len(cells) >= n:
            break
    rows = np.tile(cells[:n], (len(g_s), 1))
    yields = np.empty((len(g_u), len(g_s)))
    for i, ultraslow in enumerate(g_u):  # a row of the grid at once
        wanted = np.column_stack([np.repeat(g_s, n), np.full(len(rows), ultraslow)])
        is_met = np.isfinite(compensate(model, rows, wanted, pair)).all(axis=1)
        yields[i] = is_met.reshape(len(g_s), n).mean(axis=1)
    return Reachability(model, g_s, g_u, yields, None if pair is None else tuple(pair))


def nearest_reachable(
    model: PointModel, goal: Array, pair: Sequence[str] | None
) -> tuple[float, float] | None:
    """Give the target nearest to a goal that at least half of the cells reach; None if none is."""
    found = reachable(model, pair, n=32).to_frame()
    found = found[found["yield"] >= REACHED]
    if found.empty:
        return None
    far = np.hypot(found["g_s"] - goal[0], found["g_u"] - goal[1])
    best = found.loc[far.idxmin()]
    return float(best["g_s"]), float(best["g_u"])


def _axis(low: float, high: float, step: float) -> Array:
    return np.arange(low, high + step / 2, step)
