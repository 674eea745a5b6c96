"""From spike trains to a joint density of g_s and g_u: a forest and its calibration."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...emodels.point import PointModel
from ...errors import IonfoError, why_unread
from ...features.spike_times import Regime
from ...tables.archives import check_archive_path, read_arrays, write_arrays
from .forest import Forest, forest_of
from .statistics import NAMES, interval_statistics

Array = NDArray[np.float64]

FOLDER = Path(__file__).resolve().parent
FORMAT = 3

_DRAWS = 400  # from a density, to find its regions
_REACH = 5.0  # SDs of a kernel


@dataclass(frozen=True)
class Density:
    """Joint density of (g_s, g_u) of one train: Gaussian kernels on targets of training trains.

    It lies on the plane of the model: what a kernel has beyond an edge is folded back.

    Attributes
    ----------
    centres : ndarray, shape (n, 2)
        Targets of the training trains that share leaves with the train.
    weights : ndarray, shape (n,)
        Sum to 1.
    width : ndarray, shape (2, 2)
        Cholesky factor of the covariance of a kernel.
    edges : ndarray, shape (2, 2)
        Lowest and highest g_s; lowest and highest g_u.
    """

    centres: Array
    weights: Array
    width: Array
    edges: Array

    @property
    def mean(self) -> Array:
        """Mean of the kernels, shape (2,)."""
        found: Array = self.weights @ self.centres
        return found

    @property
    def sd(self) -> Array:
        """SD of g_s and g_u, shape (2,)."""
        away = self.centres - self.mean
        variance: Array = self.weights @ away**2 + (self.width**2).sum(axis=1)
        return np.sqrt(variance)

    def draw(self, n: int, generator: np.random.Generator) -> Array:
        """Draw n pairs of g_s and g_u, shape (n, 2)."""
        places = generator.choice(len(self.weights), n, p=self.weights)
        points = self.centres[places] + generator.standard_normal((n, 2)) @ self.width.T
        low, high = self.edges[:, 0], self.edges[:, 1]
        points = np.where(points < low, 2 * low - points, points)
        points = np.where(points > high, 2 * high - points, points)
        return np.clip(points, low, high)  # for a kernel wider than the plane

    def __call__(self, points: ArrayLike) -> Array:
        """Density at points, shape (n, 2) -> (n,)."""
        wanted = np.atleast_2d(np.asarray(points, dtype=np.float64))
        low, high = self.edges[:, 0], self.edges[:, 1]
        centres, weights, signs = self._folded
        away = (wanted[:, np.newaxis, :] - centres) * signs
        (a, _), (b, c) = self.width
        first = away[..., 0] / a
        second = (away[..., 1] - b * first) / c
        found = np.exp(-(first**2 + second**2) / 2) @ weights / (2 * np.pi * a * c)
        is_inside = ((wanted >= low) & (wanted <= high)).all(axis=1)
        return np.where(is_inside, found, 0.0)

    @cached_property
    def _folded(self) -> tuple[Array, Array, Array]:
        """Kernels, and the mirror images of those that reach over an edge, with their signs."""
        centres, weights, signs = self.centres, self.weights, np.ones_like(self.centres)
        reach = _REACH * np.sqrt((self.width**2).sum(axis=1))
        for axis in (0, 1):
            images, shares, turned = [centres], [weights], [signs]
            for edge in self.edges[axis]:
                near = np.abs(centres[:, axis] - edge) < reach[axis]
                image = centres[near].copy()
                image[:, axis] = 2 * edge - image[:, axis]
                images.append(image)
                shares.append(weights[near])
                turned.append(np.where(np.arange(2) == axis, -1, 1) * signs[near])
            centres, weights = np.concatenate(images), np.concatenate(shares)
            signs = np.concatenate(turned)
        return centres, weights, signs

    def level(self, points: ArrayLike, seed: int = 0) -> Array:
        """Tell the smallest region of highest density that holds each point, as its probability."""
        drawn = np.sort(self(self.draw(_DRAWS, np.random.default_rng(seed))))
        return 1 - np.searchsorted(drawn, self(points)) / _DRAWS


@dataclass(frozen=True)
class Estimate:
    """What is inferred from a train.

    Attributes
    ----------
    density : Density
        Of g_s and g_u.
    bursting, disturbed : float
        Weight of training trains like it whose cells burst, and which are disturbed.
    """

    density: Density
    bursting: float
    disturbed: float

    @property
    def regime(self) -> Regime:
        """Of the cell, also where the train misses spikes: ``bursting`` or ``regular``."""
        return "bursting" if self.bursting > 0.5 else "regular"

    @property
    def kind(self) -> int:
        """Of the train, as `kind_of` numbers them."""
        return int(kind_of(self.bursting > 0.5, self.disturbed > 0.5))

    def widened(self, factor: float) -> Estimate:
        """Give the estimate with wider kernels."""
        return replace(self, density=replace(self.density, width=factor * self.density.width))


@dataclass(frozen=True)
class TrainingTable:
    """What is known of training trains, a row each.

    Attributes
    ----------
    targets : ndarray, shape (n, 2)
        g_s and g_u of their cells.
    is_bursting : ndarray of bool, shape (n,)
        Whether their cells burst, which trains that miss spikes do not tell.
    is_disturbed : ndarray of bool, shape (n,)
        Whether they are of cells with a noise current, or jittered, thinned and cut.
    weights : ndarray, shape (n,)
        How much they count where targets cover the plane evenly.
    """

    targets: Array
    is_bursting: NDArray[np.bool_]
    is_disturbed: NDArray[np.bool_]
    weights: Array

    def part(self, places: NDArray[np.intp]) -> TrainingTable:
        """Give some of them, with targets and weights as a file has them."""
        targets, weights = (
            one[places].astype(np.float32).astype(np.float64)
            for one in (self.targets, self.weights)
        )
        return TrainingTable(targets, self.is_bursting[places], self.is_disturbed[places], weights)


KINDS = 4
"""Kinds of trains, whose regions are calibrated each: regular or bursting, disturbed or not."""


def kind_of(is_bursting: ArrayLike, is_disturbed: ArrayLike) -> NDArray[np.intp]:
    """Give the number of the kind of each train, from 0 to `KINDS` - 1."""
    found: NDArray[np.intp] = 2 * np.asarray(is_bursting, np.intp) + np.asarray(is_disturbed)
    return found


@dataclass(frozen=True)
class Estimator:
    """Infers g_s and g_u of a point model from spike trains.

    Attributes
    ----------
    model : str
        Name of the model.
    model_hash : str
        Of its definition: another definition needs another estimator.
    forest : Forest
        Which training trains are alike.
    known : TrainingTable
        Of the training trains.
    edges : ndarray, shape (2, 2)
        Of the plane.
    widenings : ndarray, shape (KINDS,)
        Of the kernels of each kind of train, so that regions hold what they say on trains that were
        not trained on.
    medians : ndarray, shape (2,)
        Shortest and longest median interval of the training trains (ms).
    window : float
        Time that the training trains were recorded for (ms).
    about : dict
        How it was trained.
    """

    model: str
    model_hash: str
    forest: Forest
    known: TrainingTable
    edges: Array
    widenings: Array
    medians: Array
    window: float
    about: dict[str, Any]

    def densities(self, trains: Sequence[ArrayLike]) -> list[Density]:
        """Give the density of each train, as `estimates` does."""
        return [one.density for one in self.estimates(trains)]

    def estimates(self, trains: Sequence[ArrayLike]) -> list[Estimate]:
        """Infer density and regime of each train, which must not be silent.

        Raises
        ------
        IonfoError
            If a train is silent or none.
        """
        return self.of_statistics(np.array([interval_statistics(train) for train in trains]))

    def is_extrapolated(self, median: ArrayLike) -> NDArray[np.bool_]:
        """Tell which median intervals (ms) the training trains did not have."""
        low, high = self.medians
        is_inside: NDArray[np.bool_] = (np.asarray(median) >= low) & (np.asarray(median) <= high)
        return ~is_inside

    def of_statistics(self, statistics: Array) -> list[Estimate]:
        """Infer density and regime from each row of statistics."""
        found = []
        for row in statistics:
            members, weights = self.forest.neighbours(row)
            weights = weights * self.known.weights[members]
            weights /= weights.sum()
            centres = self.known.targets[members]
            away = centres - weights @ centres
            n = 1 / (weights**2).sum()
            covariance = (away * weights[:, np.newaxis]).T @ away + np.diag([1e-4, 1e-4])
            # Scott's rule for two dimensions
            width = n ** (-1 / 6) * np.linalg.cholesky(covariance)
            estimate = Estimate(
                Density(centres, weights, width, self.edges),
                float(weights @ self.known.is_bursting[members]),
                float(weights @ self.known.is_disturbed[members]),
            )
            found.append(estimate.widened(self.widenings[estimate.kind]))
        return found

    def write(self, file: str | Path) -> Path:
        """Write the estimator; give the file, which ends in .npz."""
        path = Path(file)
        check_archive_path(path, "estimator")
        told = {
            "format": FORMAT,
            "model": self.model,
            "model_hash": self.model_hash,
            "statistics": list(NAMES),
            "window": self.window,
            "about": self.about,
        }
        arrays = {
            **self.forest.arrays(),
            "targets": self.known.targets.astype(np.float32),
            "is_bursting": self.known.is_bursting,
            "is_disturbed": self.known.is_disturbed,
            "weights": self.known.weights.astype(np.float32),
            "edges": self.edges,
            "widenings": self.widenings,
            "medians": self.medians,
            "told": np.frombuffer(json.dumps(told, sort_keys=True).encode(), dtype=np.uint8),
        }
        write_arrays(path, arrays)
        return path


def model_hash(model: PointModel) -> str:
    """Hash what an estimator of a model depends on (hexadecimal SHA-256)."""
    told = model.model_dump(mode="json", exclude={"description", "sources"})
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def load_estimator(model: PointModel, file: str | Path | None = None) -> Estimator:
    """Read the estimator of a model.

    Parameters
    ----------
    model : PointModel
        The cell.
    file : str or Path, optional
        As `ionfo dics train` wrote it; by default the one that ships with ionfo.

    Returns
    -------
    Estimator
        For that model.

    Raises
    ------
    IonfoError
        If there is none, or it is of another model.
    """
    if file is None:
        path = FOLDER / f"{model.name}.npz"
        if not path.is_file():
            raise IonfoError(
                f"no estimator of '{model.name}' ships with ionfo; train one: ionfo dics train "
                "MODEL.json --out estimator.npz"
            )
        found = _shipped(path)
    else:
        path = Path(file)
        found = _read(path)
    if found.model_hash != model_hash(model):
        raise IonfoError(
            f"estimator '{path}' was trained on model '{found.model}', which is not '{model.name}' "
            "as it is given; train one on it with ionfo dics train"
        )
    return found


@cache
def _shipped(path: Path) -> Estimator:
    return _read(path)


def _read(path: Path) -> Estimator:
    arrays = read_arrays(path, "estimator")
    try:
        told = json.loads(arrays["told"].tobytes())
        is_ours = told["format"] == FORMAT and told["statistics"] == list(NAMES)
    except (ValueError, KeyError, TypeError):
        raise IonfoError(
            f"estimator '{path}' cannot be read: `ionfo dics train` did not write it"
        ) from None
    if not is_ours:
        raise IonfoError(
            f"estimator '{path}' was trained on other statistics of trains than this version of "
            "ionfo takes; train it again with ionfo dics train"
        )
    try:
        return _of_arrays(arrays, told)
    except (ValueError, KeyError, TypeError) as error:
        raise IonfoError(f"estimator '{path}' is damaged: {why_unread(error)}") from None


def _of_arrays(arrays: dict[str, NDArray[Any]], told: dict[str, Any]) -> Estimator:
    """Make an estimator of what a file holds, if all of it fits together."""
    forest = forest_of(arrays, len(NAMES))
    n = forest.leaf.shape[1]
    targets = arrays["targets"].astype(np.float64)
    known = TrainingTable(
        targets,
        arrays["is_bursting"].astype(bool),
        arrays["is_disturbed"].astype(bool),
        arrays["weights"].astype(np.float64),
    )
    numbers = {"edges": (2, 2), "widenings": (KINDS,), "medians": (2,)}
    fits = targets.shape == (n, 2) and known.is_bursting.shape == (n,)
    fits = fits and known.is_disturbed.shape == known.weights.shape == (n,)
    if not fits or any(arrays[name].shape != shape for name, shape in numbers.items()):
        raise ValueError("its arrays do not fit together")
    if not all(
        np.isfinite(one).all()
        for one in (targets, known.weights, *(arrays[name] for name in numbers))
    ):
        raise ValueError("a number is missing")
    if not (known.weights > 0).all():
        raise ValueError("a weight is 0 or less")
    return Estimator(
        str(told["model"]), str(told["model_hash"]), forest, known, arrays["edges"],
        arrays["widenings"], arrays["medians"], float(told["window"]), dict(told["about"]),
    )  # fmt: skip
