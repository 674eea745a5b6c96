"""From spike trains to populations of cells that could have fired them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ...emodels.point import PointModel, load_point_model
from ...errors import IonfoError, note
from ...features.spike_times import FEWEST, Descriptors, check_times, describe
from ...limits import MOST_ROWS, check_count, check_given, check_seed, shortened
from ...tables.population import Population
from .cautions import cautions, in_a_sentence
from .estimator import Density, Estimate, load_estimator
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
    inferred : list of Estimate
        Density of g_s and g_u, and regime, of each train.
    populations : list of DicPopulation
        Cells of each train, their targets drawn from its density.
    cautions : list of str
        What should be known of each train before its estimate is believed; empty without.
    left_out : tuple of str
        Silent trains, from which nothing can be inferred.
    """

    model: PointModel
    names: tuple[str, ...]
    trains: list[Array]
    descriptors: list[Descriptors]
    inferred: list[Estimate]
    populations: list[DicPopulation]
    cautions: list[str]
    left_out: tuple[str, ...] = ()

    @property
    def densities(self) -> list[Density]:
        """Of g_s and g_u of each train."""
        return [one.density for one in self.inferred]

    @property
    def estimates(self) -> pd.DataFrame:
        """Regime, descriptors, and mean and SD of g_s and g_u: a row a train.

        ``bursts`` is the part of alike training trains whose cells burst, also where the train
        misses spikes.
        """
        rows = [
            {
                "train": name,
                "regime": told.regime,
                **told.numbers(),
                "bursts": one.bursting,
                "g_s": one.density.mean[0],
                "g_s_sd": one.density.sd[0],
                "g_u": one.density.mean[1],
                "g_u_sd": one.density.sd[1],
                "yield": population.yields,
                "caution": caution,
            }
            for name, told, one, population, caution in zip(
                self.names,
                self.descriptors,
                self.inferred,
                self.populations,
                self.cautions,
                strict=True,
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
    made for each target.  Trains of fewer than three spikes are silent and left out, which is told.

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
        If a train is none, all are silent, or a setting is out of bounds.

    Examples
    --------
    >>> found = reconstruct([100.0 * i for i in range(30)], "stg", n=20)
    >>> found.descriptors[0].regime, found.populations[0].conductances.shape
    ('regular', (20, 8))
    """
    model = model if isinstance(model, PointModel) else load_point_model(model)
    check_given(n=n, seed=seed)
    check_count("--n", n, 1, MOST_ROWS)
    check_seed(seed)
    given = _as_trains(trains)
    told = tuple(map(str, range(1, len(given) + 1) if names is None else names))
    if len(told) != len(given):
        raise IonfoError(f"{len(given)} trains need as many names, got {len(told)}")
    checked = [
        check_times(one, f"times of train '{name}'") for name, one in zip(told, given, strict=True)
    ]
    places = [i for i, one in enumerate(checked) if len(one) >= FEWEST]
    silent = [i for i in range(len(checked)) if i not in set(places)]
    if not places:
        raise IonfoError(
            f"train '{told[0]}' has {len(checked[0])} spikes and is silent: no feedback can be "
            f"inferred from fewer than {FEWEST} spikes"
        )
    if silent:
        text = f"fewer than {FEWEST} spikes and are silent: they tell no feedback and are left out"
        note(in_a_sentence(text, silent, told))
    kept, kept_names = [checked[i] for i in places], tuple(told[i] for i in places)
    inferring = load_estimator(model, estimator)
    inferred, described = inferring.estimates(kept), [describe(one) for one in kept]
    found = cautions(inferring, kept, described, inferred)
    for text, of in found.items():
        note(in_a_sentence(text, of, kept_names))
    each = ["; ".join(t for t, of in found.items() if i in of) for i in range(len(kept))]
    populations = [
        _cells_of(model, name, one.density, n, (seed + i) % 2**32, leak_scaling)
        for i, name, one in zip(places, kept_names, inferred, strict=True)
    ]
    return Reconstruction(
        model, kept_names, kept, described, inferred, populations, each,
        tuple(told[i] for i in silent),
    )  # fmt: skip


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
    try:
        given: list[Any] = list(trains)
        is_one = bool(given) and np.ndim(given[0]) == 0
    except (TypeError, ValueError):  # no list, or a list of lists of several lengths
        raise IonfoError(f"spike trains are lists of times, got {shortened(trains)}") from None
    if not given:
        raise IonfoError("there is no spike train to reconstruct from")
    return [given] if is_one else given
