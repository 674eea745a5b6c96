"""From spike trains to populations of cells that could have fired them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ...emodels.point import PointModel, load_point_model
from ...errors import IonfoError
from ...features.spike_times import FEWEST, Descriptors, check_times, describe
from ...limits import MOST_ROWS, check_count, check_seed
from ...tables.population import Population
from .estimator import Density, load_estimator
from .generation import CellSettings, DicPopulation, made_cells
from .start import BLOCK

Array = NDArray[np.float64]

_TOLD = 10  # trains that get a sentence


@dataclass(frozen=True)
class Reconstruction:
    """Populations of cells that could have fired spike trains.

    Attributes
    ----------
    model : PointModel
        The cell.
    names : tuple of str
        Of the trains.
    trains : list of ndarray
        Spike times (ms).
    descriptors : list of Descriptors
        Of the trains.
    densities : list of Density
        Of g_s and g_u of each train.
    populations : list of DicPopulation
        Cells of each train, their targets drawn from its density.
    """

    model: PointModel
    names: tuple[str, ...]
    trains: list[Array]
    descriptors: list[Descriptors]
    densities: list[Density]
    populations: list[DicPopulation]

    @property
    def estimates(self) -> pd.DataFrame:
        """Regime, descriptors, and mean and SD of g_s and g_u: a row a train."""
        rows = [
            {
                "train": name,
                "regime": told.regime,
                **told.numbers(),
                "g_s": density.mean[0],
                "g_s_sd": density.sd[0],
                "g_u": density.mean[1],
                "g_u_sd": density.sd[1],
                "yield": population.yields,
            }
            for name, told, density, population in zip(
                self.names, self.descriptors, self.densities, self.populations, strict=True
            )
        ]
        return pd.DataFrame(rows)

    def sentences(self) -> list[str]:
        """Tell in sentences what was inferred and made."""
        lines = [
            f"train '{row.train}': {row.regime}, {row.n_spikes:.0f} spikes; g_s {row.g_s:.3g} +- "
            f"{row.g_s_sd:.2g}, g_u {row.g_u:.3g} +- {row.g_u_sd:.2g}"
            for row in self.estimates.head(_TOLD).itertuples()
        ]
        if len(self.names) > _TOLD:
            lines.append(f"and {len(self.names) - _TOLD:,} more trains")
        sizes = {len(one.conductances) for one in self.populations}
        residual = max(one.residual.max() for one in self.populations)
        least = min(one.yields for one in self.populations)
        return [
            *lines,
            f"{min(sizes):,} cells of '{self.model.name}' a train; lowest yield {least:.1%}, "
            f"largest residual {residual:.2g}",
        ]

    def to_population(self) -> Population:
        """Give all cells as one table; ``cells/train`` says of which train they are."""
        parts = [one.to_population() for one in self.populations]
        frames = [
            part.frame.assign(**{"cells/train": name})
            for name, part in zip(self.names, parts, strict=True)
        ]
        metadata = dict(parts[0].metadata)
        metadata["dics"] = {
            "reconstructed": [
                {"train": name, **part.metadata["dics"]}
                for name, part in zip(self.names, parts, strict=True)
            ]
        }
        return Population(pd.concat(frames, ignore_index=True), metadata)

    def write(self, file: str | Path) -> Path:
        """Write all cells; give the file, which ends in .parquet or .csv."""
        return self.to_population().write(file)

    def _repr_html_(self) -> str:
        return self.estimates.to_html(index=False)


def reconstruct(
    trains: Sequence[ArrayLike] | Sequence[float] | Array,
    model: PointModel | str,
    n: int = 256,
    *,
    seed: int = 0,
    names: Sequence[str] | None = None,
    estimator: str | Path | None = None,
    leak_scaling: bool = True,
) -> Reconstruction:
    """Make populations of cells that could have fired spike trains.

    The density of (g_s, g_u) of each train is estimated, targets are drawn from it, and a cell is
    made for each target.

    Parameters
    ----------
    trains : sequence of array_like, or array_like
        Spike times of each train, or of one (ms).
    model : PointModel or str
        The cell, or what `load_point_model` takes.
    n : int
        Cells of each train.
    seed : int
        The same seed gives the same cells; those of a train depend on its place.
    names : sequence of str, optional
        Of the trains; by default 1, 2 and so on.
    estimator : str or Path, optional
        As ``ionfo dics train`` wrote it; by default the one that ships with ionfo.
    leak_scaling : bool
        Whether conductances scale with the leak.

    Returns
    -------
    Reconstruction
        Densities and cells of each train.

    Raises
    ------
    IonfoError
        If a train is none or silent, or a setting is out of bounds.

    Examples
    --------
    >>> found = reconstruct([100.0 * i for i in range(30)], "stg", n=20)
    >>> found.descriptors[0].regime, found.populations[0].conductances.shape
    ('regular', (20, 8))
    """
    model = model if isinstance(model, PointModel) else load_point_model(model)
    check_count("--n", n, 1, MOST_ROWS)
    check_seed(seed)
    given = _as_trains(trains)
    told = tuple(names) if names is not None else tuple(str(i + 1) for i in range(len(given)))
    if len(told) != len(given):
        raise IonfoError(f"{len(given)} trains need as many names, got {len(told)}")
    checked = [
        check_times(one, f"times of train '{name}'") for name, one in zip(told, given, strict=True)
    ]
    for name, one in zip(told, checked, strict=True):
        if len(one) < FEWEST:
            raise IonfoError(
                f"train '{name}' has {len(one)} spikes and is silent: no feedback can be inferred "
                f"from fewer than {FEWEST}; leave it out"
            )
    densities = load_estimator(model, estimator).densities(checked)
    populations = [
        _cells_of(model, name, density, n, (seed + i) % 2**32, leak_scaling)
        for i, (name, density) in enumerate(zip(told, densities, strict=True))
    ]
    described = [describe(one) for one in checked]
    return Reconstruction(model, told, checked, described, densities, populations)


def _cells_of(
    model: PointModel, name: str, density: Density, n: int, seed: int, leak_scaling: bool
) -> DicPopulation:
    how = CellSettings(seed, None, leak_scaling, density.sd)
    made = made_cells(model, n, lambda generator: density.draw(BLOCK, generator), how, False)
    if made is None or len(made.conductances) < n:
        raise IonfoError(
            f"hardly any cell of '{model.name}' can have the feedback that train '{name}' tells "
            f"(g_s {density.mean[0]:.3g}, g_u {density.mean[1]:.3g}); choose another model"
        )
    return made


def _as_trains(trains: Sequence[ArrayLike] | Sequence[float] | Array) -> list[ArrayLike]:
    """Give a list of trains, also for a single one."""
    if len(trains) == 0:
        raise IonfoError("there is no spike train to reconstruct from")
    first = trains[0]
    return [trains] if np.ndim(first) == 0 else list(trains)  # type: ignore[list-item]
