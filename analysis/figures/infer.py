"""Figures of posteriors and their calibration; arrays in, matplotlib figures out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .style import BLUE, GREY, Figure, titled

Array = NDArray[np.float64]

_BINS = 20
_MOST_SHOWN = 40  # parameters
_COLUMNS = 5


def rank_histograms(ranks: Array, names: Sequence[str]) -> Figure:
    """Draw histograms of the ranks of true parameters among draws of their posteriors.

    Parameters
    ----------
    ranks : ndarray, shape (n_cells, n_parameters)
        From 0 to 1; uniform for a calibrated posterior.
    names : sequence of str
        Of the parameters; the first 40 are shown.
    """
    from scipy.stats import binom

    names = list(names)[:_MOST_SHOWN]
    n_rows = -(-len(names) // _COLUMNS)
    figure = Figure(figsize=(2.4 * _COLUMNS, 1.9 * n_rows + 0.6), layout="constrained")
    shows = (
        "Simulation-based calibration: ranks of true parameters among draws of their posteriors, "
        "and the 99 % band of uniform ranks."
    )
    titled(figure, f"{len(ranks):,} fresh draws", shows)
    low, high = binom.interval(0.99, len(ranks), 1 / _BINS)
    cells = figure.subplots(n_rows, _COLUMNS, squeeze=False, sharex=True, sharey=True)
    for i, axes in enumerate(cells.ravel()):
        if i >= len(names):
            axes.set_axis_off()
            continue
        axes.axhspan(low, high, color=GREY, alpha=0.25, lw=0)
        axes.hist(ranks[:, i], bins=_BINS, range=(0, 1), color=BLUE)
        axes.set_title(names[i], fontsize=8)
    for axes in cells[-1]:
        axes.set_xlabel("rank")
    return figure


def coverage_curve(levels: Array, coverage: Array) -> Figure:
    """Draw expected against stated coverage (TARP).

    Parameters
    ----------
    levels, coverage : ndarray, shape (n_levels,)
        Stated, and expected over fresh draws.
    """
    figure = Figure(figsize=(4.2, 4.2), layout="constrained")
    shows = "Expected coverage of the posterior's regions (TARP); below the diagonal they are small"
    titled(figure, "", f"{shows}.")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color=GREY, lw=1, label="calibrated")
    axes.plot(levels, coverage, color=BLUE, label="posterior")
    axes.set_xlabel("stated coverage")
    axes.set_ylabel("expected coverage")
    axes.legend(frameon=False, fontsize=8)
    return figure
