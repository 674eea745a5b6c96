"""Populations of cells of given dynamic input conductances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ...emodels.point import PointModel, load_point_model
from ...emodels.point.definition import LEAK
from ...emodels.point.feedback import dynamic_input_conductances, sensitivity
from ...errors import IonfoError, note
from ...limits import MOST_ROWS, check_count, check_seed, shortened
from ...tables.population import Population
from .compensation import (
    check_compensated,
    check_target,
    choose_pairs,
    compensate,
    residuals,
    solve,
)

Array = NDArray[np.float64]

BLOCK = 256
"""Cells that are drawn at once; those of a block depend on the seed and its number alone."""

_TRIED = 8  # blocks without a single cell, after which none is expected
_LEAST_YIELD = 0.002


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
            frame[f"features/{name}"] = found[:, i]
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
    rules = model.rules()
    goal = check_plane(model, target)
    check_count("--n", n, 1, MOST_ROWS)
    check_seed(seed)
    spread = check_spread(target_sd)
    if pair is not None:
        check_compensated(model, pair, 2)
    kept, goals = [], []
    n_kept = n_drawn = 0
    for number, drawn, generator in start_blocks(model, seed, leak_scaling, spread):
        wanted = goal + spread * generator.standard_normal((BLOCK, 2))
        cells = compensate(model, drawn, wanted, pair)
        is_met = np.isfinite(cells).all(axis=1)
        places = np.flatnonzero(is_met)[: n - n_kept]
        kept.append(cells[places])
        goals.append(wanted[places])
        n_kept += len(places)
        # the cells after the last one needed were not drawn, in effect
        n_drawn += BLOCK if n_kept < n else int(places[-1]) + 1
        if n_kept == n:
            break
        if number + 1 >= _TRIED and n_kept < _LEAST_YIELD * n_drawn:
            raise IonfoError(_too_few(model, goal, pair, n_kept / n_drawn))
    conductances, targets = np.concatenate(kept), np.concatenate(goals)
    used = [tuple(pair)] if pair is not None else _pairs_used(model, targets)
    settings = {
        "target": goal.tolist(),
        "target_sd": spread.tolist(),
        "compensated": [list(one) for one in used],
        "leak_scaling": leak_scaling,
        "threshold_voltage": rules.threshold_voltage,
        "seed": seed,
    }
    residual = residuals(model, conductances, targets)
    return DicPopulation(model, conductances, targets, residual, n_drawn, settings)


def start_population(
    model: PointModel,
    n: int,
    generator: np.random.Generator,
    leak_scaling: bool = True,
    spread: ArrayLike = (0.0, 0.0),
) -> Array:
    """Draw cells that spike, from which others are made.

    The leak has a Gamma law of the mean and variance of its range; other conductances are uniform,
    times the leak over its mean where they scale with it; three are compensated so that g_f, g_s
    and g_u are those of the definition.

    Parameters
    ----------
    model : PointModel
        The cell, whose definition holds the ranges.
    n : int
        Cells.
    generator : Generator
        Source of the draws.
    leak_scaling : bool
        Whether conductances scale with the leak.
    spread : array_like, shape (2,)
        SD of g_s and g_u; g_f gets the larger.

    Returns
    -------
    ndarray, shape (n, n_channels)
        mS/cm2; NaN for a cell that a conductance below 0 would need.
    """
    rules = model.rules()
    start = rules.start
    low, high = start.uniform[LEAK]
    shape, scale = 3 * (low + high) ** 2, (high - low) ** 2
    rows = np.zeros((n, len(model.conductance_names)))
    # of one value: no law at all
    leak = generator.gamma(shape / scale, scale / (6 * (low + high)), n) if high > low else low
    rows[:, model.leak] = leak
    factor = np.ones(n) if not leak_scaling else rows[:, model.leak] / ((low + high) / 2)
    for name, (least, most) in start.uniform.items():
        if name != LEAK:
            place = model.conductance_names.index(name)
            rows[:, place] = generator.uniform(least, most, n) * factor
    at = sensitivity(model, rules.threshold_voltage)
    sd = np.asarray(spread, dtype=np.float64)
    wanted = np.array(start.target) + np.array([sd.max(), *sd]) * generator.standard_normal((n, 3))
    places = check_compensated(model, start.compensated, 3)
    return solve(at, rows, wanted, places, None)


def start_blocks(
    model: PointModel, seed: int, leak_scaling: bool, spread: ArrayLike = (0.0, 0.0)
) -> Iterator[tuple[int, Array, np.random.Generator]]:
    """Draw blocks of cells without end: number, cells and the generator for more draws."""
    number = 0
    while True:
        sequence = np.random.SeedSequence((seed, number))
        generator = np.random.Generator(np.random.Philox(sequence))
        cells = start_population(model, BLOCK, generator, leak_scaling, spread)
        bad = ~np.isfinite(cells).all(axis=1)
        if bad.all():
            raise IonfoError(
                f"no cell of model '{model.name}' meets the target of its section 'start' with "
                "conductances of 0 or more; change its ranges"
            )
        if bad.any():  # repeated: rare, and dropped with those that do not meet the target
            cells[bad] = np.resize(cells[~bad], (int(bad.sum()), cells.shape[1]))
        yield number, cells, generator
        number += 1


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
    if spread.shape not in ((), (2,)) or not (np.isfinite(spread) & (spread >= 0)).all():
        raise IonfoError(
            f"the SD of the target is one number of 0 or more, or two, got {shortened(target_sd)}"
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
