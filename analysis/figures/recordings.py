"""Recorded sweeps with their spikes, and every value of a feature by cell."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .colours import BLUE, GREEN, GREY, ORANGE, PINK
from .style import Figure

Sweep = tuple[str, str, NDArray[np.float64], NDArray[np.float64], float, float]
"""Cell, name, times (ms), voltages (mV), begin and end of the step (ms)."""

_COLOURS = (BLUE, ORANGE, GREEN, PINK, GREY)
_COLUMNS = 4
_POINTS = 4000  # of a drawn sweep


def _colour(cell: str, cells: Sequence[str]) -> str:
    return _COLOURS[list(cells).index(cell) % len(_COLOURS)]


def peaks(v: NDArray[np.float64], threshold: float) -> NDArray[np.int64]:
    """Find the peak of each stretch above a threshold.

    Examples
    --------
    >>> peaks(np.array([-70.0, 10, 30, -70, -10, -70]), -20.0)
    array([2, 4])
    """
    above = np.concatenate([[False], v > threshold, [False]])
    starts, ends = np.flatnonzero(np.diff(above.astype(int))).reshape(-1, 2).T
    return np.array([i + int(np.argmax(v[i:j])) for i, j in zip(starts, ends, strict=True)], int)


def sweeps_figure(sweeps: Sequence[Sweep], cells: Sequence[str], threshold: float) -> Figure:
    """Draw sweeps, one axes each, with their step shaded and their spikes marked.

    Parameters
    ----------
    sweeps : sequence of Sweep
        In any number.
    cells : sequence of str
        All cells, by which colours are given.
    threshold : float
        Of spikes (mV).
    """
    n_rows = math.ceil(len(sweeps) / _COLUMNS)
    figure = Figure(figsize=(3.0 * _COLUMNS, 1.7 * n_rows + 0.3), layout="constrained")
    grid = figure.subplots(n_rows, _COLUMNS, sharey=True, squeeze=False).ravel()
    for axes in grid[len(sweeps) :]:
        axes.set_visible(False)
    for axes, (cell, label, t, v, ton, toff) in zip(grid, sweeps, strict=False):
        axes.axvspan(ton, toff, color=GREY, alpha=0.12, lw=0)
        at = peaks(v, threshold)
        step = max(1, len(t) // _POINTS)
        # every peak is drawn, also where samples between are left out
        kept = np.union1d(np.arange(0, len(t), step), at)
        axes.plot(t[kept], v[kept], color=_colour(cell, cells), lw=0.6)
        axes.plot(t[at], v[at], "v", color="black", ms=2.5)
        axes.set_title(f"{cell}\n{label}", fontsize=6)
        axes.tick_params(labelsize=6)
    for axes in grid[::_COLUMNS]:
        axes.set_ylabel("v (mV)", fontsize=7)
    return figure


def values_figure(values: pd.DataFrame, features: pd.DataFrame, cells: Sequence[str]) -> Figure:
    """Draw every value of every feature, a colour a cell, with mean and SD of the target.

    Parameters
    ----------
    values : DataFrame
        ``feature``, ``cell``, ``unit``, ``value``.
    features : DataFrame
        ``feature``, ``mean``, ``std``.
    cells : sequence of str
        All cells, by which colours are given.
    """
    names = list(dict.fromkeys(values["feature"]))
    n_rows = math.ceil(len(names) / _COLUMNS)
    figure = Figure(figsize=(3.0 * _COLUMNS, 1.5 * n_rows + 0.3), layout="constrained")
    grid = figure.subplots(n_rows, _COLUMNS, squeeze=False).ravel()
    for axes in grid[len(names) :]:
        axes.set_visible(False)
    known = features.set_index("feature")
    for axes, name in zip(grid, names, strict=False):
        part = values[values["feature"] == name]
        if name in known.index:
            mean, sd = float(known["mean"][name]), float(known["std"][name])
            axes.axvspan(mean - sd, mean + sd, color=GREY, alpha=0.2, lw=0)
            axes.axvline(mean, color="black", lw=0.8)
        for cell, own in part.groupby("cell"):
            y = np.full(len(own), list(cells).index(str(cell)))
            axes.plot(own["value"], y, "o", ms=3, color=_colour(str(cell), cells))
        axes.set_yticks(range(len(cells)), list(cells), fontsize=6)
        axes.set_ylim(-0.6, len(cells) - 0.4)
        axes.set_title(name.rpartition(".")[2], fontsize=7)
        axes.set_xlabel(str(part["unit"].iloc[0]), fontsize=6)
        axes.tick_params(labelsize=6)
    return figure
