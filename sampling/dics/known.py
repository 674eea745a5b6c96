"""Spike trains of known feedback, to learn from: simulated in parts, which may be kept on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...emodels.point import PointModel
from ...emodels.point.simulation import FAST_DT, simulate_spikes
from ...errors import IonfoError, why_unread
from ...features.spike_times import FEWEST, describe
from ...progress import progress, shown_by, shows_nothing
from ...tables.archives import read_arrays, write_arrays
from .compensation import compensate
from .estimator import Density, model_hash
from .start import no_start, start_population

Array = NDArray[np.float64]

_LENGTHS = {"stg": (6000.0, 3000.0), "da": (12_000.0, 3000.0)}

MOST_NOISE = 2.5
"""Largest SD of the noise current of the noisy cells (uA/cm2)."""

PART = 512
"""Targets whose cells are simulated together; a part depends on the seed and its number alone."""

_LEVELS = 5  # of noise, because cells of one SD are simulated together
_FORMAT = 1
_RARE = 0.25  # part of the trains below which a regime is rare
_FEWEST_RARE = 10  # trains around which others are drawn
_AROUND = 0.04  # SD around them, in ranges of the plane


def lengths_of(model: PointModel) -> tuple[float, float]:
    """Give how long cells are simulated, and what of it is discarded (ms)."""
    return _LENGTHS.get(model.name, _LENGTHS["stg"])


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
    weights : ndarray, shape (n,)
        Density of the targets where they cover the plane evenly, over that from which they were
        drawn.
    """

    trains: list[Array]
    targets: Array
    is_noisy: NDArray[np.bool_]
    n_silent: int
    weights: Array

    def part(self, chosen: NDArray[np.bool_]) -> KnownTrains:
        """Give some of them."""
        places = np.flatnonzero(chosen)
        return replace(
            self,
            trains=[self.trains[i] for i in places],
            targets=self.targets[places],
            is_noisy=self.is_noisy[places],
            weights=self.weights[places],
        )


def known_trains(
    model: PointModel,
    n: int,
    seed: int,
    noisy: float = 0.5,
    folder: Path | None = None,
    evenly: bool = False,
) -> KnownTrains:
    """Simulate one cell for each of `n` targets that cover the plane.

    The first half of the targets covers it evenly.  Where one regime is rare among its cells, the
    other half is drawn around the targets of that regime, and all get weights.

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
    folder : Path, optional
        Where finished parts are kept, and taken from when they are of the same settings.
    evenly : bool
        Whether all targets cover the plane evenly.

    Returns
    -------
    KnownTrains
        Of the cells that are not silent.
    """
    from scipy.stats.qmc import Sobol

    edges = np.array([model.rules().plane.g_s, model.rules().plane.g_u])
    power = max(1, int(np.ceil(np.log2(n))))
    points = Sobol(2, rng=_generator(seed, 0)).random_base2(power)[:n]
    targets = edges[:, 0] + (edges[:, 1] - edges[:, 0]) * points
    settings = json.dumps([_FORMAT, model_hash(model), n, seed, noisy, evenly, *lengths_of(model)])
    key = hashlib.sha256(settings.encode()).hexdigest()
    parts: list[KnownTrains] = []
    half = PART * (n // (2 * PART))
    rare = None
    with progress("cells", n) as advance:
        for number, start in enumerate(range(0, n, PART)):
            if start == half > 0 and not evenly:
                rare = _rare(_joined(parts), edges)
                if rare is not None:
                    targets[start:] = rare.draw(n - start, _generator(seed, -1))
            file = None if folder is None else folder / f"part-{number:04}.npz"
            part = None if file is None else _read_part(file, key)
            if part is None:
                with shown_by(shows_nothing):
                    some = targets[start : start + PART]
                    part = _simulated(model, some, (seed, number + 1), noisy)
                if file is not None:
                    _write_part(file, key, part)
            parts.append(part)
            for _ in range(start, min(start + PART, n)):
                advance()
    found = _joined(parts)
    if rare is None:
        return found
    even = 1 / np.prod(edges[:, 1] - edges[:, 0])
    drawn = (half * even + (n - half) * rare(found.targets)) / n
    return replace(found, weights=even / drawn)


def _rare(known: KnownTrains, edges: Array) -> Density | None:
    """Give a density around the targets of the rarer regime, if it is rare."""
    clean = known.part(~known.is_noisy)  # noise makes trains irregular all over the plane
    bursting = np.array(
        [describe(train).regime == "bursting" for train in clean.trains], dtype=bool
    )
    chosen = bursting if 2 * bursting.sum() < len(bursting) else ~bursting
    n = int(chosen.sum())
    if not _FEWEST_RARE <= n < _RARE * len(bursting):
        return None
    width = np.diag(_AROUND * (edges[:, 1] - edges[:, 0]))
    return Density(clean.targets[chosen], np.full(n, 1 / n), width, edges)


def forget_parts(folder: Path) -> None:
    """Remove the parts that were kept in a folder, and the folder if nothing else is in it."""
    for file in folder.glob("part-????.npz"):
        file.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def _simulated(
    model: PointModel, targets: Array, seed: tuple[int, int], noisy: float
) -> KnownTrains:
    """Simulate the cells of a part."""
    generator = _generator(*seed)
    cells = compensate(model, _start(model, len(targets), generator), targets)
    is_met = np.isfinite(cells).all(axis=1)
    targets, cells = targets[is_met], cells[is_met]
    duration, discard = lengths_of(model)
    is_noisy = generator.random(len(cells)) < noisy
    level = np.where(is_noisy, generator.integers(1, _LEVELS + 1, len(cells)), 0)
    trains: list[Array] = [np.empty(0)] * len(cells)
    for one in range(_LEVELS + 1):
        places, of_noise = np.flatnonzero(level == one), int(generator.integers(2**32))
        if len(places) == 0:
            continue
        sd = MOST_NOISE * one / _LEVELS
        found = simulate_spikes(model, cells[places], duration, discard, sd, of_noise, dt=FAST_DT)
        for place, train in zip(places, found, strict=True):
            trains[place] = train
    kept = np.array([len(train) >= FEWEST for train in trains], dtype=bool)
    silent = int((~kept).sum())
    return KnownTrains(trains, targets, level > 0, silent, np.ones(len(kept))).part(kept)


def _start(model: PointModel, n: int, generator: np.random.Generator) -> Array:
    """Draw n cells to start from."""
    found = np.empty((0, len(model.conductance_names)))
    while len(found) < n:
        drawn = start_population(model, n, generator)
        drawn = drawn[np.isfinite(drawn).all(axis=1)]
        if len(drawn) == 0:
            raise no_start(model)
        found = np.concatenate([found, drawn])
    return found[:n]


def _joined(parts: Sequence[KnownTrains]) -> KnownTrains:
    return KnownTrains(
        [train for part in parts for train in part.trains],
        np.concatenate([part.targets for part in parts]),
        np.concatenate([part.is_noisy for part in parts]),
        sum(part.n_silent for part in parts),
        np.concatenate([part.weights for part in parts]),
    )


def _generator(seed: int, number: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, 1, number % 2**32))))


def _write_part(file: Path, key: str, part: KnownTrains) -> None:
    try:
        file.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise IonfoError(f"'{file.parent}' cannot be made: {why_unread(error)}") from None
    arrays = {
        "key": np.frombuffer(key.encode(), dtype=np.uint8),
        "times": np.concatenate([np.empty(0), *part.trains]),
        "counts": np.array([len(train) for train in part.trains], dtype=np.int64),
        "targets": part.targets,
        "is_noisy": part.is_noisy,
        "n_silent": np.array(part.n_silent),
    }
    write_arrays(file, arrays)


def _read_part(file: Path, key: str) -> KnownTrains | None:
    """Read a part; None where there is none of the same settings, whole."""
    if not file.is_file():
        return None
    try:
        stored = read_arrays(file, "spike trains")
        if stored["key"].tobytes() != key.encode():
            return None
        counts = stored["counts"]
        trains = np.split(stored["times"], np.cumsum(counts)[:-1]) if len(counts) else []
        return KnownTrains(
            list(trains), stored["targets"], stored["is_noisy"], int(stored["n_silent"]),
            np.ones(len(counts)),
        )  # fmt: skip
    except (IonfoError, KeyError):
        return None  # it is simulated again
