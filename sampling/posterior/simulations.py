"""Simulations of draws from the prior: a folder of blocks that the same command continues."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import IonfoError, note, why_unread
from ...limits import MOST_ROWS, check_count, check_seed, most_workers
from ...progress import progress
from ...tables.files import make_folder, read_sealed, read_table, write_sealed, write_table
from ..runs.lock import writing
from .prior import BLOCK, BoxPrior, read_prior
from .simulators import Simulator, read_simulator

Array = NDArray[np.float64]

FORMAT = 1
_ABOUT = "simulations.json"


@dataclass(frozen=True)
class Simulations:
    """Parameters drawn from a prior, with the features of their simulations.

    Attributes
    ----------
    theta : ndarray, shape (n, n_parameters)
        Parameters.
    features : ndarray, shape (n, n_features)
        NaN where one is not defined.
    about : dict
        What was simulated: prior, names and units of features, simulator, seed.
    """

    theta: Array
    features: Array
    about: dict[str, Any]

    @cached_property
    def prior(self) -> BoxPrior:
        """Where parameters were drawn from."""
        return read_prior(self.about["prior"])

    @property
    def feature_units(self) -> dict[str, str]:
        """Names of the features with their units."""
        units: dict[str, str] = self.about["features"]
        return units

    @property
    def is_valid(self) -> NDArray[np.bool_]:
        """Which draws have all features, shape (n,)."""
        return np.asarray(np.isfinite(self.features).all(axis=1), dtype=np.bool_)

    def simulator(self) -> Simulator:
        """Give what simulated them."""
        return read_simulator(self.about["about"], _ABOUT)

    def sentences(self) -> list[str]:
        """Tell how many there are, and how many have all features."""
        n, n_valid = len(self.theta), int(self.is_valid.sum())
        told = [
            f"{n:,} draws from the prior, {n_valid:,} of them ({n_valid / max(n, 1):.1%}) with all "
            f"{len(self.feature_units)} features"
        ]
        missing = np.isnan(self.features).sum(axis=0) / max(n, 1)
        if missing.max() > 0:
            name = list(self.feature_units)[int(missing.argmax())]
            told.append(f"'{name}' is missing most often, in {missing.max():.1%} of the draws")
        return told


def simulate(
    simulator: Simulator, n: int, out: str | Path, *, seed: int = 0, workers: int = 1
) -> Simulations:
    """Draw parameters from the prior and simulate them; the same call continues.

    Parameters
    ----------
    simulator : Simulator
        What is simulated.
    n : int
        Draws in all; a draw depends on the seed and its number alone.
    out : str or Path
        Folder of the draws.
    seed : int
        Of parameters and noise.
    workers : int
        Threads or processes; they change no number.

    Returns
    -------
    Simulations
        All draws of the folder up to `n`.

    Raises
    ------
    IonfoError
        If the folder holds other simulations, or a number is out of bounds.
    """
    check_count("--n", n, 1, MOST_ROWS)
    check_seed(seed)
    check_count("--workers", workers, 1, most_workers())
    folder = Path(out)
    about = {
        "kind": "simulations",
        "format": FORMAT,
        "prior": simulator.prior.told(),
        "features": simulator.features,
        "about": simulator.about,
        "seed": seed,
    }
    make_folder(folder)
    _claim(folder, about)
    with writing(folder):
        missing = [b for b in range(-(-n // BLOCK)) if _length(folder, b) < _wanted(n, b)]
        if missing:
            with simulator.opened(workers) as run, progress("blocks", len(missing)) as advance:
                for number in missing:
                    theta = simulator.prior.block(seed, number)[: _wanted(n, number)]
                    _write(folder, number, simulator, theta, run(theta, seed, number * BLOCK))
                    advance()
    return read_simulations(folder, n)


def read_simulations(folder: str | Path, n: int | None = None) -> Simulations:
    """Read the first `n` draws of a folder, or all.

    Raises
    ------
    IonfoError
        If it holds none or is damaged.
    """
    path = Path(folder)
    about = _about(path)
    if about is None:
        raise IonfoError(f"'{path}' holds no simulations; make them with ionfo infer simulate")
    prior, features = read_prior(about["prior"]), list(about["features"])
    columns = [*(f"parameters/{one}" for one in prior.names), *(f"features/{f}" for f in features)]
    blocks = []
    for number in range(MOST_ROWS // BLOCK):
        file = _block(path, number)
        if not file.exists() or (n is not None and number * BLOCK >= n):
            break
        frame, _ = read_table(file)
        if list(map(str, frame)) != columns:
            raise IonfoError(f"'{file}' has other columns than its folder; simulate again")
        blocks.append(frame.to_numpy(np.float64))
        if len(frame) < BLOCK:
            break
    if n is None and len(list(path.glob("draws_*.parquet"))) > len(blocks):
        note(
            f"the draws in '{path}' after number {sum(map(len, blocks)):,} are not taken, as those "
            "before them are missing; the same ionfo infer simulate makes them"
        )
    rows = np.concatenate(blocks)[:n] if blocks else np.empty((0, len(columns)))
    k = len(prior.names)
    return Simulations(np.ascontiguousarray(rows[:, :k]), np.ascontiguousarray(rows[:, k:]), about)


def _claim(folder: Path, about: dict[str, Any]) -> None:
    """Take a folder for simulations, or continue those that it holds."""
    held = _about(folder)
    if held is None:
        if any(not one.name.startswith(("lock", ".lock.")) for one in folder.iterdir()):
            raise IonfoError(f"'{folder}' is not empty; choose another folder with --out")
        write_sealed(folder / _ABOUT, about, indent=1)
        return
    for key, value in about.items():
        if held.get(key) != value:
            word = {"about": "the cell or its settings", "seed": "--seed"}.get(key, key)
            raise IonfoError(
                f"'{folder}' holds simulations of other settings, {word} among them; choose "
                "another folder with --out, or ask as before"
            )


def _about(folder: Path) -> dict[str, Any] | None:
    path = folder / _ABOUT
    if not path.is_file():
        return None
    try:
        content = read_sealed(path)
    except (OSError, ValueError, RecursionError) as error:
        raise IonfoError(f"'{path}' cannot be read: {why_unread(error)}") from None
    needed = {"prior", "features", "about", "seed"}
    if not isinstance(content, dict) or content.get("format") != FORMAT or needed - set(content):
        raise IonfoError(f"'{path}' is damaged or of another version of ionfo; simulate again")
    return content


def _block(folder: Path, number: int) -> Path:
    return folder / f"draws_{number:06d}.parquet"


def _wanted(n: int, number: int) -> int:
    return min(BLOCK, n - number * BLOCK)


def _length(folder: Path, number: int) -> int:
    """Draws of a block that need not be simulated again."""
    file = _block(folder, number)
    if not file.exists():
        return 0
    try:
        return len(read_table(file)[0])
    except IonfoError as error:
        note(f"{error}; its draws are simulated again")
        return 0


def _write(folder: Path, number: int, simulator: Simulator, theta: Array, features: Array) -> None:
    frame = pd.DataFrame(
        np.concatenate([theta, features], axis=1),
        columns=[
            *(f"parameters/{name}" for name in simulator.prior.names),
            *(f"features/{name}" for name in simulator.features),
        ],
    )
    write_table(_block(folder, number), frame)
