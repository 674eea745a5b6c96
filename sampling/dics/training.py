"""Training: spike trains of known feedback, as they are and disturbed, a forest, its regions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...emodels.point import PointModel, load_point_model
from ...errors import IonfoError
from ...features.spike_times import FEWEST, SHORTEST_MEDIAN, describe
from ...limits import check_count, check_given, check_seed
from .estimator import KINDS, Estimate, Estimator, TrainingTable, model_hash
from .forest import fit_forest
from .known import KnownTrains, known_trains, lengths_of
from .statistics import interval_statistics

Array = NDArray[np.float64]

JITTER = 2.0
"""SD of disturbed spike times (ms)."""

THINNED = 0.05
"""Part of the spikes that disturbed trains miss, as published."""

MOST_THINNED = 0.3
"""Largest part of the spikes that training trains miss."""

_REGIME_WEIGHT = 0.5  # of the regime among g_s and g_u, which have a range of 1
_KEPT = 5  # spikes that thinning leaves
_CUT_FROM = 10  # spikes from which trains are cut
_FEWEST_TRAINS = 48
_CALIBRATED = 1500  # trains of a kind that its widening is found on
_FEWEST_CALIBRATED = 50


def disturbed(train: Array, generator: np.random.Generator, thinned: float = THINNED) -> Array:
    """Jitter, thin and cut a train, as recordings are."""
    moved: Array = np.sort(np.abs(train + JITTER * generator.standard_normal(len(train))))
    moved = moved[np.append(True, np.diff(moved) > 0)]
    is_kept = generator.random(len(moved)) >= thinned
    if is_kept.sum() >= _KEPT:
        moved = moved[is_kept]
    if len(moved) > _CUT_FROM:
        n = int(generator.integers(len(moved) // 2, len(moved) + 1))
        first = int(generator.integers(0, len(moved) - n + 1))
        moved = moved[first : first + n]
    return moved


def training_table(known: KnownTrains, seed: int) -> tuple[Array, TrainingTable]:
    """Give statistics of every train as it is, as published ones are disturbed, and more thinned.

    Returns
    -------
    statistics : ndarray, shape (n, n_statistics)
        Of the trains.
    table : TrainingTable
        Of the trains.
    """
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, 2))))
    rows, places, is_disturbed = [], [], []
    for place, train in enumerate(known.trains):
        thinned = MOST_THINNED * generator.random()
        others = [disturbed(train, generator), disturbed(train, generator, thinned)]
        for other in [train, *others]:
            if len(other) >= FEWEST and np.median(np.diff(other)) > SHORTEST_MEDIAN:
                rows.append(interval_statistics(other))
                places.append(place)
                is_disturbed.append(other is not train or bool(known.is_noisy[place]))
    is_bursting = np.array([describe(train).regime == "bursting" for train in known.trains])
    table = TrainingTable(
        known.targets[places], is_bursting[places], np.array(is_disturbed), known.weights[places]
    )
    return np.array(rows), table


@dataclass(frozen=True)
class ForestSettings:
    """Of the forest of an estimator.

    Attributes
    ----------
    n_trees, least_leaf : int
        Trees, and training trains in a leaf at least.
    """

    n_trees: int = 24
    least_leaf: int = 3


def train(
    model: PointModel | str,
    *,
    n: int = 16_384,
    seed: int = 0,
    settings: ForestSettings | None = None,
    folder: str | Path | None = None,
) -> Estimator:
    """Train an estimator of a model.

    Parameters
    ----------
    model : PointModel or str
        The cell, or what `load_point_model` takes.
    n : int
        Cells to simulate, an eighth of them to calibrate the regions on.
    seed : int
        Of everything.
    settings : ForestSettings, optional
        Of the forest.
    folder : str or Path, optional
        Where simulated parts are kept, so that training goes on where it stopped.

    Returns
    -------
    Estimator
        Calibrated.

    Raises
    ------
    IonfoError
        If too few cells spike.
    """
    model = model if isinstance(model, PointModel) else load_point_model(model)
    check_given(n=n, seed=seed)
    check_count("--n", n, 64, 1_000_000)
    check_seed(seed)
    known = known_trains(model, n, seed, folder=None if folder is None else Path(folder))
    return fit(model, known, seed, settings or ForestSettings())


def fit(model: PointModel, known: KnownTrains, seed: int, settings: ForestSettings) -> Estimator:
    """Fit an estimator to known trains.

    Regions are calibrated on an eighth of the trains with what the others tell; then all are
    learned from.
    """
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, 3))))
    n = len(known.trains)
    if n < _FEWEST_TRAINS:
        raise IonfoError(
            f"only {n} of {n + known.n_silent} cells of '{model.name}' spike, and at least "
            f"{_FEWEST_TRAINS} are needed to train; raise --n or change the plane of the model"
        )
    is_held = generator.permutation(n) < n // 8
    rows, table = training_table(known.part(~is_held), seed)
    held_rows, held = training_table(known.part(is_held), seed + 1)
    part = calibrated(_fitted(model, known, (rows, table), seed, settings), held_rows, held)
    rows, table = training_table(known, seed)
    return replace(_fitted(model, known, (rows, table), seed, settings), widenings=part.widenings)


def _fitted(
    model: PointModel,
    known: KnownTrains,
    learned: tuple[Array, TrainingTable],
    seed: int,
    settings: ForestSettings,
) -> Estimator:
    """Fit an estimator, whose kernels are not widened, to rows of statistics and what they are."""
    rows, table = learned
    plane = model.rules().plane
    edges = np.array([plane.g_s, plane.g_u])
    scaled = table.targets / (edges[:, 1] - edges[:, 0])
    forest, order = fit_forest(
        rows,
        np.column_stack([scaled, _REGIME_WEIGHT * table.is_bursting]),
        n_trees=settings.n_trees,
        least_leaf=settings.least_leaf,
        seed=seed,
    ).sorted()
    medians = np.array([np.median(np.diff(one)) for one in known.trains])
    duration, discard = lengths_of(model)
    return Estimator(
        model.name,
        model_hash(model),
        forest,
        table.part(order),
        edges,
        np.ones(KINDS),
        np.array([medians.min(), medians.max()]),
        duration - discard,
        {
            "n": len(known.trains) + known.n_silent,
            "seed": seed,
            "silent": known.n_silent,
            "n_trees": settings.n_trees,
            "least_leaf": settings.least_leaf,
        },
    )


def calibrated(fitted: Estimator, statistics: Array, held: TrainingTable) -> Estimator:
    """Widen the kernels so that regions of 90 % hold 90 % of the targets of other trains.

    Each kind of train is widened by itself; one that is too rare, as all together.
    """
    estimates = fitted.of_statistics(statistics)
    kinds = np.array([one.kind for one in estimates])
    everyone = _widening(estimates, held, np.arange(len(kinds)))
    widenings = np.full(KINDS, everyone)
    for kind in range(KINDS):
        places = np.flatnonzero(kinds == kind)
        if len(places) >= _FEWEST_CALIBRATED:
            widenings[kind] = _widening(estimates, held, places)
    return replace(fitted, widenings=widenings)


def _widening(
    estimates: Sequence[Estimate], held: TrainingTable, places: NDArray[np.intp]
) -> float:
    """Find the widening with which regions of 90 % hold 90 % of the targets of some trains."""
    few = places[:: max(1, len(places) // _CALIBRATED)]
    low, high = 0.3, 3.0
    for _ in range(6):
        middle = (low * high) ** 0.5
        levels = [estimates[i].widened(middle).density.level(held.targets[i])[0] for i in few]
        if np.average(np.array(levels) <= 0.9, weights=held.weights[few]) < 0.9:
            low = middle
        else:
            high = middle
    return float(round((low * high) ** 0.5, 4))
