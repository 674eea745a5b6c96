"""What O-information of a population of given feedback hangs on: spread of targets, leak scaling.

k linear constraints that n independent Gaussian conductances meet to a tolerance e give an
O-information of (n - 2k) ln e + const, which has no limit as e goes to 0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..analysis import o_information, wishart_bias
from ..emodels.point import PointModel
from ..errors import IonfoError
from ..sampling.dics import generate
from ..sampling.dics.compensation import at_threshold
from ..sampling.dics.generation import check_spread

Array = NDArray[np.float64]

SPREADS = (0.1, 0.2, 0.5, 1.0, 2.0)
"""SDs of g_s at which O-information is measured, besides that of the population."""

K = 2
"""Constraints: g_s and g_u."""

_FEWEST_CELLS, _MOST_CELLS = 50, 2000
_LOADS = 0.1  # part of the SD of g_s or g_u from which a channel loads on it
_ANCHOR = 0.5  # spread at which the line of theory passes through what was measured


@dataclass(frozen=True)
class Constraints:
    """How O-information changes with the spread of targets and the leak scaling.

    Attributes
    ----------
    spread : tuple of float
        SD of g_s and of g_u of the population.
    leak_scaling : bool
        Whether its conductances scale with the leak.
    channels : tuple of str
        That load on the constraints at threshold.
    table : DataFrame
        ``leak_scaling``, ``target_sd`` (of g_s), ``o_information_nats`` of all conductances,
        corrected for bias, and ``theory_nats``; cells are drawn anew for every row.  Empty where
        they cannot be drawn again.
    """

    spread: tuple[float, float]
    leak_scaling: bool
    channels: tuple[str, ...]
    table: pd.DataFrame

    def sentences(self) -> list[str]:
        """Say both, and what they do."""
        scaled = "with" if self.leak_scaling else "without"
        if self.is_exact:
            return [
                f"all cells meet their target exactly, {scaled} leak scaling: O-information of all "
                "conductances has no finite value, and the number here hangs on the number of "
                "cells; draw the targets with --target-sd"
            ]
        return [
            f"targets have an SD of {self.spread[0]:.3g} (g_s) and {self.spread[1]:.3g} (g_u), "
            f"{scaled} leak scaling: O-information and its sign hang on both"
        ]

    @property
    def is_exact(self) -> bool:
        """Whether cells meet their target without any spread."""
        return not any(self.spread)

    def summary(self) -> dict[str, Any]:
        """Give what summary.json holds of it."""
        return {
            "target_sd": list(self.spread),
            "leak_scaling": self.leak_scaling,
            "channels": list(self.channels),
            "is_exact": self.is_exact,
            "told": self.sentences(),
            "theory": self.theory() if self.channels else "",
        }

    def theory(self) -> str:
        """Say what theory expects."""
        n = len(self.channels)
        return (
            f"Theory: k = {K} constraints that n channels meet to a tolerance e give (n - 2k) ln e "
            f"+ const; here n = {n} ({', '.join(self.channels)}, with {_LOADS:.0%} or more of the "
            f"SD of g_s or g_u), a slope of {n - 2 * K:+d}; constraints of the cells that these "
            "were made from, of the same spread, add to k."
        )


def constraints_of(point: Mapping[str, Any] | None, n_rows: int) -> Constraints | None:
    """Measure how O-information of a population hangs on how it was made.

    Parameters
    ----------
    point : mapping or None
        ``dics`` and ``point_model``, as the metadata of a population say it.
    n_rows : int
        Cells of the population; as many are drawn, up to 2,000.

    Returns
    -------
    Constraints or None
        None of a population that was not made so, or does not say how.
    """
    if point is None:
        return None
    try:
        model = PointModel.model_validate_json(json.dumps(point["point_model"]))
        how = dict(point["dics"])
        every = how.get("reconstructed", [how])
        first = every[0]
        scaling, pairs, seed = first["leak_scaling"], first["compensated"], int(first["seed"])
        pair = tuple(map(str, pairs[0])) if len(pairs) == 1 else None
        spread = check_spread(np.mean([one["target_sd"] for one in every], axis=0))
        target = None if "reconstructed" in how else np.array(how["target"], dtype=np.float64)
    except (IonfoError, LookupError, ValueError, TypeError, OverflowError):
        return None
    n = min(n_rows, _MOST_CELLS)
    table = pd.DataFrame()
    channels: tuple[str, ...] = ()
    if target is not None and n >= _FEWEST_CELLS:
        with suppress(IonfoError):  # a target that few cells meet, or cells of another version
            table, channels = _measured(_Made(model, target, pair, n, seed), spread)
    return Constraints((float(spread[0]), float(spread[1])), bool(scaling), channels, table)


@dataclass(frozen=True)
class _Made:
    """How cells are drawn again."""

    model: PointModel
    target: Array
    pair: tuple[str, ...] | None
    n: int
    seed: int

    def cells(self, spread: Array, leak_scaling: bool) -> Array:
        """Conductances, shape (n, n_channels)."""
        return generate(
            self.model, self.target, self.n, seed=self.seed, target_sd=spread, pair=self.pair,
            leak_scaling=leak_scaling,
        ).conductances  # fmt: skip


def _measured(made: _Made, spread: Array) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Measure O-information at spreads, with and without leak scaling, and place the theory."""
    shape = spread / spread[0] if spread[0] > 0 else np.ones(2)
    sds = sorted({*SPREADS, *([round(float(spread[0]), 6)] if spread[0] > 0 else [])})
    channels = _loading(made.model, made.cells(_ANCHOR * shape, False))
    slope = len(channels) - 2 * K
    frames = []
    for scaling in (True, False):
        values = [_corrected(made.cells(sd * shape, scaling)) for sd in sds]
        anchor = values[sds.index(_ANCHOR)]
        theory = anchor + slope * np.log(np.array(sds) / _ANCHOR)
        frames.append(
            pd.DataFrame(
                {"leak_scaling": scaling, "target_sd": sds, "o_information_nats": values,
                 "theory_nats": theory}
            )
        )  # fmt: skip
    return pd.concat(frames, ignore_index=True), channels


def _corrected(cells: Array) -> float:
    """O-information of all conductances that vary by themselves, less its bias (nats)."""
    kept: list[int] = []
    for i in range(cells.shape[1]):
        own = cells[:, [*kept, i]]
        if np.ptp(cells[:, i]) > 0 and np.linalg.matrix_rank(np.corrcoef(own.T), tol=1e-8) > len(
            kept
        ):
            kept.append(i)
    found = float(o_information(np.corrcoef(cells[:, kept].T)))
    bias = wishart_bias("o_information", np.array([len(kept)]), len(cells) - 1)
    return found - float(bias[0])


def _loading(model: PointModel, cells: Array) -> tuple[str, ...]:
    """Channels that carry a good part of the SD of g_s or g_u at threshold."""
    at = at_threshold(model)
    columns = np.array([np.broadcast_to(c, (len(cells), 3)) for c in at.columns(at.calcium(cells))])
    parts = columns * (cells / cells[:, [model.leak]]).T[:, :, np.newaxis]
    sd = parts.std(axis=1)[:, 1:]
    loads = (sd >= _LOADS * sd.sum(axis=0)).any(axis=1)
    return tuple(name for name, one in zip(model.conductance_names, loads, strict=True) if one)
