"""Populations of cells of given dynamic input conductances."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ...emodels.point import PointModel, load_point_model
from ...emodels.point.feedback import dynamic_input_conductances
from ...errors import IonfoError, note
from ...limits import MOST_ROWS, check_count, check_given, check_seed, shortened
from ...tables.population import Population
from .compensation import (
    at_threshold,
    check_compensated,
    check_target,
    choose_pairs,
    compensate_at,
    residuals_at,
)
from .start import BLOCK, start_blocks

Array = NDArray[np.float64]

_TRIED = 8  # blocks without a single cell, after which none is expected
_LEAST_YIELD = 0.002
_MOST_SPREAD = 1000.0  # of targets, in units of the leak


@dataclass(frozen=True)
class DicPopulation:
    """Cells that share their dynamic input conductances.

    Attributes
    ----------
    model : PointModel
        The cell.
    conductances : ndarray, shape (n, n_channels)
        mS/cm2.
    targets : ndarray, shape (n, 2)
        g_s and g_u of each cell, in units of its leak.
    residual : ndarray, shape (n,)
        Distance of each cell from its target.
    n_drawn : int
        Cells that were drawn to get these.
    settings : dict
        How it was made.
    """

    model: PointModel
    conductances: Array
    targets: Array
    residual: Array
    n_drawn: int
    settings: dict[str, Any]

    @property
    def yields(self) -> float:
        """Part of the drawn cells that met their target with conductances of 0 or more."""
        return len(self.conductances) / self.n_drawn

    def sentences(self) -> list[str]:
        """Tell in sentences what was made."""
        n, (g_s, g_u) = len(self.conductances), self.targets.mean(axis=0)
        pairs = " or ".join("-".join(pair) for pair in self.settings["compensated"])
        return [
            f"{n:,} cells of '{self.model.name}' with a mean g_s of {g_s:.4g} and g_u of "
            f"{g_u:.4g} at {self.settings['threshold_voltage']:g} mV",
            f"compensated: {pairs}; yield {self.yields:.1%} of {self.n_drawn:,} drawn cells; "
            f"largest residual {self.residual.max():.2g}",
            self._on_the_constraint(),
        ]

    def _on_the_constraint(self) -> str:
        spread = self.settings["target_sd"]
        scaled = "with" if self.settings["leak_scaling"] else "without"
        if not any(spread):
            return (
                f"all cells meet the target exactly, {scaled} leak scaling: O-information of all "
                "conductances is then not finite, and what an estimator gives depends on the "
                "number of cells; draw targets with --target-sd to measure it"
            )
        return f"targets have an SD of {spread[0]:g} and {spread[1]:g}, {scaled} leak scaling"

    def to_population(self, emodel_names: bool = False) -> Population:
        """Give the population as the table that the other commands take.

        Parameters
        ----------
        emodel_names : bool
            Whether conductances have the names of the e-model that NEURON runs, for `ionfo.score`.
        """
        names = self.model.emodel_names if emodel_names else self.model.conductance_names
        frame = pd.DataFrame(
            {f"parameters/{name}": self.conductances[:, i] for i, name in enumerate(names)}
        )
        voltage = self.settings["threshold_voltage"]
        found = dynamic_input_conductances(self.model, self.conductances, voltage)
        for i, name in enumerate(("g_f", "g_s", "g_u")):
            # what is met to rounding does not vary, and an analysis leaves it out
            frame[f"features/{name}"] = found[:, i].round(6)
        metadata = {
            "units": {name: "mS/cm2" for name in names} | {n: "1" for n in ("g_f", "g_s", "g_u")},
            "point_model": self.model.model_dump(mode="json", exclude_none=True),
            "dics": {**self.settings, "n_drawn": self.n_drawn, "yield": self.yields},
            "versions": {"ionfo": version("ionfo"), "numpy": np.__version__},
        }
        return Population(frame, metadata)

    def write(self, file: str | Path, emodel_names: bool = False) -> Path:
        """Write the population; give the file, which ends in .parquet or .csv."""
        return self.to_population(emodel_names).write(file)

    def _repr_html_(self) -> str:
        told = "".join(f"<li>{sentence}</li>" for sentence in self.sentences())
        return f"<ul>{told}</ul>{self.to_population().parameters.head().to_html()}"


def generate(
    model: PointModel | str,
    target: ArrayLike,
    n: int,
    *,
    seed: int = 0,
    target_sd: ArrayLike = 0.0,
    pair: Sequence[str] | None = None,
    leak_scaling: bool = True,
) -> DicPopulation:
    """Make cells of given dynamic input conductances.

    Cells are drawn that spike (`start_population`), and two of their conductances are changed so
    that g_s and g_u are the target (`compensate`); cells that cannot meet it are dropped and others
    drawn, until there are enough.

    Parameters
    ----------
    model : PointModel or str
        The cell, or what `load_point_model` takes.
    target : array_like, shape (2,)
        g_s and g_u at threshold, in units of the leak.
    n : int
        Cells.
    seed : int
        The same seed gives the same cells; fewer cells are the first of more.
    target_sd : array_like, shape () or (2,)
        SD of the targets of the cells (normal), and of those of the cells they are made from, which
        would leave constraints of their own.  0 puts all cells on the constraints exactly.
    pair : sequence of str, optional
        Channels to compensate; by default as the definition says for each target.
    leak_scaling : bool
        Whether conductances scale with the drawn leak, as those of cells of several sizes do.

    Returns
    -------
    DicPopulation
        The cells, with yield and residuals.

    Raises
    ------
    IonfoError
        If an argument is out of bounds, or too few cells meet the target.

    Examples
    --------
    >>> cells = generate("stg", (-5, 10), 100)
    >>> cells.conductances.shape, bool(cells.residual.max() < 1e-3)
    ((100, 8), True)
    """
    model = model if isinstance(model, PointModel) else load_point_model(model)
    goal = check_plane(model, target)
    check_given(n=n, seed=seed)
    check_count("--n", n, 1, MOST_ROWS)
    check_seed(seed)
    spread = check_spread(target_sd)
    if pair is not None:
        check_compensated(model, pair, 2)
    made = made_cells(
        model,
        n,
        lambda generator: goal + spread * generator.standard_normal((BLOCK, 2)),
        CellSettings(seed, tuple(pair) if pair is not None else None, leak_scaling, spread),
    )
    if made is None or len(made.conductances) < n:
        raise IonfoError(_too_few(model, goal, pair, 0.0 if made is None else made.yields))
    return replace(made, settings={"target": goal.tolist(), **made.settings})


@dataclass(frozen=True)
class CellSettings:
    """How cells are made; see `generate`.

    Attributes
    ----------
    seed : int
        Of all draws.
    pair : tuple of str or None
        Channels to compensate.
    leak_scaling : bool
        Whether conductances scale with the leak.
    spread : ndarray, shape (2,)
        SD of the targets.
    """

    seed: int
    pair: tuple[str, ...] | None
    leak_scaling: bool
    spread: Array


def made_cells(
    model: PointModel,
    n: int,
    draw: Callable[[np.random.Generator], Array],
    how: CellSettings,
    spreads_start: bool = True,
) -> DicPopulation | None:
    """Draw targets and cells until n cells meet their target.

    Parameters
    ----------
    model : PointModel
        The cell.
    n : int
        Cells.
    draw : callable
        Gives `BLOCK` targets from a generator, shape (BLOCK, 2).
    how : CellSettings
        Seed, pair, scaling and spread.
    spreads_start : bool
        Whether the targets of the start are spread as well.

    Returns
    -------
    DicPopulation or None
        Fewer than n cells where hardly any meets its target; None without any.
    """
    kept, goals = [], []
    n_kept = n_drawn = 0
    spread = how.spread if spreads_start else np.zeros(2)
    at = at_threshold(model)
    for number, drawn, generator in start_blocks(model, how.seed, how.leak_scaling, spread, at):
        wanted = draw(generator)
        cells = compensate_at(at, drawn, wanted, how.pair)
        is_met = np.isfinite(cells).all(axis=1)
        places = np.flatnonzero(is_met)[: n - n_kept]
        kept.append(cells[places])
        goals.append(wanted[places])
        n_kept += len(places)
        # the cells after the last one needed were not drawn, in effect
        n_drawn += BLOCK if n_kept < n else int(places[-1]) + 1
        if n_kept == n or (number + 1 >= _TRIED and n_kept < _LEAST_YIELD * n_drawn):
            break
    if n_kept == 0:
        return None
    conductances, targets = np.concatenate(kept), np.concatenate(goals)
    used = [how.pair] if how.pair is not None else _pairs_used(model, targets)
    settings = {
        "target_sd": how.spread.tolist(),
        "compensated": [list(one) for one in used],
        "leak_scaling": how.leak_scaling,
        "threshold_voltage": model.rules().threshold_voltage,
        "seed": how.seed,
    }
    residual = residuals_at(at, conductances, targets)
    return DicPopulation(model, conductances, targets, residual, n_drawn, settings)


def check_plane(model: PointModel, target: ArrayLike) -> Array:
    """Give a target that the model is made for, shape (2,)."""
    goal: Array = check_target(target, 1)[0]
    plane, few = model.rules().plane, model.rules().few_below_g_u
    lowest = (plane.g_s[0], -plane.g_u[1])
    highest = (plane.g_s[1], plane.g_u[1])
    for name, value, low, high in zip(("g_s", "g_u"), goal, lowest, highest, strict=True):
        if not low <= value <= high:
            raise IonfoError(
                f"{name} of a target of '{model.name}' must be from {low:g} to {high:g}, got "
                f"{value:g}"
            )
    if few is not None and goal[1] < few:
        note(f"few cells of '{model.name}' reach a g_u below {few:g}, got {goal[1]:g}")
    return goal


def check_spread(target_sd: ArrayLike) -> Array:
    """Give the SD of targets, shape (2,)."""
    try:
        spread = np.asarray(target_sd, dtype=np.float64)
    except (TypeError, ValueError):
        spread = np.empty(0)
    if spread.shape not in ((), (2,)) or not ((spread >= 0) & (spread <= _MOST_SPREAD)).all():
        raise IonfoError(
            f"the SD of the target is one number from 0 to {_MOST_SPREAD:g}, or two, got "
            f"{shortened(target_sd)}"
        )
    return np.broadcast_to(spread, (2,)).copy()


def _pairs_used(model: PointModel, targets: Array) -> list[tuple[str, str]]:
    pairs = model.rules().pairs
    return [pairs[i].channels for i in np.unique(choose_pairs(model, targets))]


def _too_few(model: PointModel, goal: Array, pair: Sequence[str] | None, yields: float) -> str:
    from .reachability import nearest_reachable

    told = f"{yields:.2%} of the drawn cells" if yields > 0 else "no drawn cell"
    pairs = _pairs_used(model, goal[np.newaxis]) if pair is None else [tuple(pair)]
    text = (
        f"{told} of '{model.name}' can have g_s {goal[0]:g} and g_u {goal[1]:g} with "
        f"{'-'.join(pairs[0])} compensated and no conductance below 0"
    )
    near = nearest_reachable(model, goal, pair)
    if near is None:
        return f"{text}; no target of the plane can be reached, so choose other channels"
    return f"{text}; the nearest target that most cells reach is {near[0]:g},{near[1]:g}"
