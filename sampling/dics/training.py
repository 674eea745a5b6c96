"""Spike trains of known feedback, to learn from: clean, noisy, jittered, thinned and cut ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...emodels.point import PointModel
from ...emodels.point.simulation import FAST_DT, simulate_spikes
from ...errors import IonfoError
from ...features.spike_times import FEWEST
from ...limits import check_count, check_seed
from .compensation import compensate
from .estimator import Estimator, model_hash
from .forest import fit_forest
from .start import start_population
from .statistics import interval_statistics

Array = NDArray[np.float64]

LENGTHS = {"stg": (6000.0, 3000.0), "da": (12_000.0, 3000.0)}
"""Of simulations and of what is discarded (ms); of other models as of ``stg``."""

MOST_NOISE = 2.5
"""Largest SD of the noise current of the noisy half (uA/cm2)."""

JITTER = 2.0  # SD, ms
THINNED = 0.05  # part of the spikes that is dropped
_KEPT = 5  # spikes that thinning leaves
_CUT_FROM = 10  # spikes from which trains are cut
_FEWEST_TRAINS = 48
_CALIBRATED = 600  # trains that the widening is found on


@dataclass(frozen=True)
class KnownTrains:
    """Spike trains with the targets of their cells.

    Attributes
    ----------
    trains : list of ndarray
        Spike times (ms); silent cells are left out.
    targets : ndarray, shape (n, 2)
        g_s and g_u.
    is_noisy : ndarray of bool, shape (n,)
        Whether the cell got a noise current.
    n_silent : int
        Cells that were left out.
    """

    trains: list[Array]
    targets: Array
    is_noisy: NDArray[np.bool_]
    n_silent: int

    def part(self, chosen: NDArray[np.bool_]) -> KnownTrains:
        """Give some of them."""
        places = np.flatnonzero(chosen)
        trains = [self.trains[i] for i in places]
        return KnownTrains(trains, self.targets[chosen], self.is_noisy[chosen], self.n_silent)


def known_trains(model: PointModel, n: int, seed: int, noisy: float = 0.5) -> KnownTrains:
    """Simulate one cell for each of `n` targets that cover the plane evenly.

    Parameters
    ----------
    model : PointModel
        The cell.
    n : int
        Targets.
    seed : int
        Of targets, cells and noise.
    noisy : float
        Part of the cells that get a noise current, of an SD up to `MOST_NOISE`.

    Returns
    -------
    KnownTrains
        Of the cells that are not silent.
    """
    from scipy.stats.qmc import Sobol

    plane = model.rules().plane
    low, high = np.array([plane.g_s, plane.g_u]).T
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, 1))))
    power = max(1, int(np.ceil(np.log2(n))))
    targets = low + (high - low) * Sobol(2, rng=generator).random_base2(power)[:n]
    cells = compensate(model, _start(model, n, generator), targets)
    is_met = np.isfinite(cells).all(axis=1)
    targets, cells = targets[is_met], cells[is_met]
    duration, discard = LENGTHS.get(model.name, LENGTHS["stg"])
    levels = 5  # of noise, because cells of one SD are simulated together
    is_noisy = generator.random(len(cells)) < noisy
    level = np.where(is_noisy, generator.integers(1, levels + 1, len(cells)), 0)
    trains: list[Array] = [np.empty(0)] * len(cells)
    for one in range(levels + 1):
        places = np.flatnonzero(level == one)
        if len(places) == 0:
            continue
        sd = MOST_NOISE * one / levels
        found = simulate_spikes(
            model, cells[places], duration, discard, sd, (seed + 7919 * one) % 2**32, dt=FAST_DT
        )
        for place, train in zip(places, found, strict=True):
            trains[place] = train
    kept = [i for i, train in enumerate(trains) if len(train) >= FEWEST]
    return KnownTrains(
        [trains[i] for i in kept], targets[kept], level[kept] > 0, len(cells) - len(kept)
    )


def disturbed(train: Array, generator: np.random.Generator) -> Array:
    """Jitter, thin and cut a train, as recordings are."""
    moved: Array = np.sort(np.abs(train + JITTER * generator.standard_normal(len(train))))
    moved = moved[np.append(True, np.diff(moved) > 0)]
    is_kept = generator.random(len(moved)) >= THINNED
    if is_kept.sum() >= _KEPT:
        moved = moved[is_kept]
    if len(moved) > _CUT_FROM:
        n = int(generator.integers(len(moved) // 2, len(moved) + 1))
        first = int(generator.integers(0, len(moved) - n + 1))
        moved = moved[first : first + n]
    return moved


def training_table(known: KnownTrains, seed: int) -> tuple[Array, Array]:
    """Give statistics and targets of every train, as it is and disturbed.

    Returns
    -------
    statistics : ndarray, shape (n, n_statistics)
        Those of the trains, then those of the disturbed ones.
    targets : ndarray, shape (n, 2)
        g_s and g_u.
    """
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, 2))))
    rows, targets = [], []
    for train, target in zip(known.trains, known.targets, strict=True):
        rows.append(interval_statistics(train))
        targets.append(target)
    for train, target in zip(known.trains, known.targets, strict=True):
        other = disturbed(train, generator)
        if len(other) >= FEWEST and np.median(np.diff(other)) > 0.5:
            rows.append(interval_statistics(other))
            targets.append(target)
    return np.array(rows), np.array(targets)


def _start(model: PointModel, n: int, generator: np.random.Generator) -> Array:
    """Draw n cells to start from."""
    found = np.empty((0, len(model.conductance_names)))
    while len(found) < n:
        drawn = start_population(model, n, generator)
        found = np.concatenate([found, drawn[np.isfinite(drawn).all(axis=1)]])
    return found[:n]


@dataclass(frozen=True)
class ForestSettings:
    """Of the forest of an estimator.

    Attributes
    ----------
    n_trees, least_leaf : int
        Trees, and training trains in a leaf at least.
    """

    n_trees: int = 32
    least_leaf: int = 5


def train(
    model: PointModel, *, n: int = 16_384, seed: int = 0, settings: ForestSettings | None = None
) -> Estimator:
    """Train an estimator of a model.

    Parameters
    ----------
    model : PointModel
        The cell.
    n : int
        Cells to simulate, an eighth of them to calibrate the regions on.
    seed : int
        Of everything.
    settings : ForestSettings, optional
        Of the forest.

    Returns
    -------
    Estimator
        Calibrated.

    Raises
    ------
    IonfoError
        If too few cells spike.
    """
    check_count("--n", n, 64, 1_000_000)
    check_seed(seed)
    return fit(model, known_trains(model, n, seed), seed, settings or ForestSettings())


def fit(model: PointModel, known: KnownTrains, seed: int, settings: ForestSettings) -> Estimator:
    """Fit an estimator to known trains, and calibrate it on an eighth of them."""
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, 3))))
    n = len(known.trains)
    if n < _FEWEST_TRAINS:
        raise IonfoError(
            f"only {n} of {n + known.n_silent} cells of '{model.name}' spike, and at least "
            f"{_FEWEST_TRAINS} are needed to train; raise --n or change the plane of the model"
        )
    is_held = generator.permutation(n) < n // 8
    rows, targets = training_table(known.part(~is_held), seed)
    plane = model.rules().plane
    edges = np.array([plane.g_s, plane.g_u])
    forest = fit_forest(
        rows,
        targets / (edges[:, 1] - edges[:, 0]),
        n_trees=settings.n_trees,
        least_leaf=settings.least_leaf,
        seed=seed,
    )
    medians = np.array([np.median(np.diff(one)) for one in known.trains])
    about = {"n": n + known.n_silent, "seed": seed, "silent": known.n_silent}
    fitted = Estimator(
        model.name,
        model_hash(model),
        forest,
        targets.astype(np.float32).astype(np.float64),
        edges,
        1.0,
        np.array([medians.min(), medians.max()]),
        about | {"n_trees": settings.n_trees, "least_leaf": settings.least_leaf},
    )
    held = training_table(known.part(is_held), seed + 1)
    return calibrated(fitted, *held)


def calibrated(fitted: Estimator, statistics: Array, targets: Array) -> Estimator:
    """Widen the kernels so that regions of 90 % hold 90 % of the targets of other trains."""
    few = slice(None, None, max(1, len(statistics) // _CALIBRATED))
    low, high = 0.2, 5.0
    for _ in range(8):
        middle = (low * high) ** 0.5
        one = replace(fitted, widening=middle)
        if coverage(one, statistics[few], targets[few]) < 0.9:
            low = middle
        else:
            high = middle
    return replace(fitted, widening=round((low * high) ** 0.5, 4))


def coverage(
    estimator: Estimator, statistics: Array, targets: Array, probability: float = 0.9
) -> float:
    """Tell which part of targets lies in their region of a stated probability."""
    densities = estimator.of_statistics(statistics)
    levels = [one.level(target)[0] for one, target in zip(densities, targets, strict=True)]
    return float(np.mean(np.array(levels) <= probability))
