"""From spike trains to a joint density of g_s and g_u: a forest and its calibration."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...emodels.point import PointModel
from ...errors import IonfoError, note, why_unread
from .forest import Forest
from .statistics import NAMES, interval_statistics

Array = NDArray[np.float64]

FOLDER = Path(__file__).resolve().parent
FORMAT = 1

_MEDIAN = NAMES.index("quantile_0.5")
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
    targets : ndarray, shape (n_training, 2)
        Their g_s and g_u.
    edges : ndarray, shape (2, 2)
        Of the plane.
    widening : float
        Of the kernels, so that regions hold what they say on trains that were not trained on.
    medians : ndarray, shape (2,)
        Shortest and longest median interval of the training trains (ms).
    about : dict
        How it was trained.
    """

    model: str
    model_hash: str
    forest: Forest
    targets: Array
    edges: Array
    widening: float
    medians: Array
    about: dict[str, Any]

    def densities(self, trains: Sequence[ArrayLike]) -> list[Density]:
        """Give the density of each train, which must not be silent.

        Raises
        ------
        IonfoError
            If a train is silent or none.
        """
        return self.of_statistics(np.array([interval_statistics(train) for train in trains]))

    def of_statistics(self, statistics: Array) -> list[Density]:
        """Give the density of each row of statistics."""
        medians = np.expm1(statistics[:, _MEDIAN])
        outside = ~((medians >= self.medians[0]) & (medians <= self.medians[1]))
        if outside.any():
            note(
                f"{outside.sum()} of {len(medians)} trains have a median interval outside the "
                f"{self.medians[0]:.3g} to {self.medians[1]:.3g} ms of the training trains of "
                f"'{self.model}', so that their feedback is extrapolated"
            )
        found = []
        for row in statistics:
            members, weights = self.forest.neighbours(row)
            centres = self.targets[members]
            away = centres - weights @ centres
            n = 1 / (weights**2).sum()
            covariance = (away * weights[:, np.newaxis]).T @ away + np.diag([1e-4, 1e-4])
            scale = self.widening * n ** (-1 / 6)  # Scott's rule for two dimensions
            found.append(
                Density(centres, weights, scale * np.linalg.cholesky(covariance), self.edges)
            )
        return found

    def write(self, file: Path) -> None:
        """Write the estimator as .npz."""
        about = {
            "format": FORMAT,
            "model": self.model,
            "model_hash": self.model_hash,
            "statistics": list(NAMES),
            "widening": self.widening,
            "about": self.about,
        }
        text = np.frombuffer(json.dumps(about, sort_keys=True).encode(), dtype=np.uint8)
        arrays: dict[str, Any] = {
            **self.forest.arrays(),
            "targets": self.targets.astype(np.float32),
            "edges": self.edges,
            "medians": self.medians,
            "told": text,
        }
        beside = file.with_name(f".{file.name}.part.npz")
        try:
            np.savez_compressed(beside, **arrays)
            beside.replace(file)
        except OSError as error:
            raise IonfoError(f"'{file}' cannot be written: {error.strerror or error}") from None
        finally:
            beside.unlink(missing_ok=True)


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
    else:
        path = Path(file)
    found = _read(str(path))
    if found.model_hash != model_hash(model):
        raise IonfoError(
            f"estimator '{path}' was trained on model '{found.model}', which is not '{model.name}' "
            "as it is given; train one on it with ionfo dics train"
        )
    return found


@lru_cache(maxsize=8)
def _read(path: str) -> Estimator:
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored}
        told = json.loads(arrays.pop("told").tobytes())
        forest = Forest(
            **{n: arrays[n] for n in ("statistic", "threshold", "left", "right", "leaf")}
        )
        targets = arrays["targets"].astype(np.float64)
        edges, medians = arrays["edges"], arrays["medians"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IonfoError(f"estimator '{path}' cannot be read: {why_unread(error)}") from None
    if told.get("format") != FORMAT or told.get("statistics") != list(NAMES):
        raise IonfoError(
            f"estimator '{path}' was trained on other statistics of trains than this version of "
            "ionfo takes; train it again with ionfo dics train"
        )
    return Estimator(
        told["model"], told["model_hash"], forest, targets, edges,
        float(told["widening"]), medians, told["about"],
    )  # fmt: skip
