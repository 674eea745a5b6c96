"""Cells to start from: drawn, and compensated so that they spike."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...emodels.point import PointModel
from ...emodels.point.definition import LEAK
from ...emodels.point.feedback import Sensitivity
from ...errors import IonfoError
from .compensation import at_threshold, check_compensated, solve

Array = NDArray[np.float64]

BLOCK = 256
"""Cells that are drawn at once; those of a block depend on the seed and its number alone."""


def start_population(
    model: PointModel,
    n: int,
    generator: np.random.Generator,
    leak_scaling: bool = True,
    spread: ArrayLike = (0.0, 0.0),
    at: Sensitivity | None = None,
) -> Array:
    """Draw cells that spike, from which others are made.

    The leak has a Gamma law of the mean and variance of its range; other conductances are uniform,
    times the leak over its mean where they scale with it; three are compensated so that g_f, g_s
    and g_u are those of the definition.

    Parameters
    ----------
    model : PointModel
        The cell, whose definition holds the ranges.
    n : int
        Cells.
    generator : Generator
        Source of the draws.
    leak_scaling : bool
        Whether conductances scale with the leak.
    spread : array_like, shape (2,)
        SD of g_s and g_u; g_f gets the larger.
    at : Sensitivity, optional
        Of the model at its threshold voltage, where it is there already.

    Returns
    -------
    ndarray, shape (n, n_channels)
        mS/cm2; NaN for a cell that a conductance below 0 would need.
    """
    rules = model.rules()
    start = rules.start
    low, high = start.uniform[LEAK]
    shape, scale = 3 * (low + high) ** 2, (high - low) ** 2
    rows = np.zeros((n, len(model.conductance_names)))
    # of one value: no law at all
    leak = generator.gamma(shape / scale, scale / (6 * (low + high)), n) if high > low else low
    rows[:, model.leak] = leak
    factor = np.ones(n) if not leak_scaling else rows[:, model.leak] / ((low + high) / 2)
    for name, (least, most) in start.uniform.items():
        if name != LEAK:
            place = model.conductance_names.index(name)
            rows[:, place] = generator.uniform(least, most, n) * factor
    at = at or at_threshold(model)
    sd = np.asarray(spread, dtype=np.float64)
    wanted = np.array(start.target) + np.array([sd.max(), *sd]) * generator.standard_normal((n, 3))
    places = check_compensated(model, start.compensated, 3)
    return solve(at, rows, wanted, places, None)


def no_start(model: PointModel) -> IonfoError:
    """Say that cells to start from cannot be drawn."""
    return IonfoError(
        f"no cell of model '{model.name}' meets the target of its section 'start' with "
        "conductances of 0 or more; change its ranges"
    )


def start_blocks(
    model: PointModel,
    seed: int,
    leak_scaling: bool,
    spread: ArrayLike = (0.0, 0.0),
    at: Sensitivity | None = None,
) -> Iterator[tuple[int, Array, np.random.Generator]]:
    """Draw blocks of cells without end: number, cells and the generator for more draws."""
    number = 0
    while True:
        sequence = np.random.SeedSequence((seed, number))
        generator = np.random.Generator(np.random.Philox(sequence))
        cells = start_population(model, BLOCK, generator, leak_scaling, spread, at)
        bad = ~np.isfinite(cells).all(axis=1)
        if bad.all():
            raise no_start(model)
        if bad.any():  # repeated: rare, and dropped with those that do not meet the target
            cells[bad] = np.resize(cells[~bad], (int(bad.sum()), cells.shape[1]))
        yield number, cells, generator
        number += 1
