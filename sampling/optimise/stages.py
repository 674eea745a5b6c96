"""Stages of an optimisation: which parameters are free, and which features count."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ...emodels import EModel, with_needed
from ...errors import IonfoError, nearest, why_unread
from ...limits import LONGEST_NAME, read_text, shortened

MOST_GENERATIONS = 1_000_000
MOST_SEEDS = 1_000
"""Of a stage; every one of them is kept in a file."""

PASSIVE = ("cm", "Ra", "g_pas", "e_pas")
"""Variables of the first default stage."""

_BELOW_THRESHOLD = ("holding_search", "rin", "rmp")
_FEWER = 4  # generations of the last default stage to those of an earlier one, as published


class Stage(BaseModel):
    """One stage; names may hold ``*`` and ``?``.

    A parameter that is not free keeps the best value of the stage before; one that never was free
    is at its lower bound, or at what `fixed` says.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(pattern=r"^[A-Za-z0-9_+-]+$", max_length=LONGEST_NAME)
    free: tuple[str, ...] = ("*",)
    protocols: tuple[str, ...] = ("*",)
    features: tuple[str, ...] = ("*",)
    fixed: dict[str, float] = {}
    generations: int | None = Field(None, ge=1, le=MOST_GENERATIONS)
    seeds: int | None = Field(None, ge=1, le=MOST_SEEDS)
    relax: float = Field(
        0.5, ge=0, le=1e6, description="width of the bounds around the previous best, of its value"
    )


@dataclass(frozen=True)
class Plan:
    """A stage on an e-model, with all patterns resolved.

    Attributes
    ----------
    name : str
        Of the stage.
    free : ndarray of int
        Places of its free parameters in `theta`.
    objectives : ndarray of int
        Places of its features in the definition.
    protocols : tuple of str
        What must run for them, in this order.
    fixed : dict of str to float
        Values of free parameters of the definition that this stage holds.
    generations, n_seeds : int
        How long, and how often with other random numbers.
    relax : float
        Half-width of the bounds around the previous best, as a share of its value.
    """

    name: str
    free: NDArray[np.int64]
    objectives: NDArray[np.int64]
    protocols: tuple[str, ...]
    fixed: Mapping[str, float]
    generations: int
    n_seeds: int
    relax: float


def read_stages(path: Path) -> tuple[Stage, ...]:
    """Read stages from a JSON file: a list of objects, see `Stage`.

    Raises
    ------
    IonfoError
        If the file cannot be read or breaks a rule.
    """
    try:
        text = read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise IonfoError(f"stages file '{path}' cannot be read: {why_unread(error)}") from None
    return parse_stages(text, str(path))


def parse_stages(text: str, origin: str) -> tuple[Stage, ...]:
    """Validate the JSON text of stages; `origin` names it in errors."""
    try:
        stages = TypeAdapter(tuple[Stage, ...]).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise IonfoError(
            f"stages '{origin}' are not valid{f' at {where}' if where else ''}: "
            f"{shortened(first['msg'], 500)}"
        ) from None
    if not stages:
        raise IonfoError(f"stages '{origin}' must hold at least one stage")
    names = [stage.name for stage in stages]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise IonfoError(f"stages '{origin}' hold stage '{twice}' twice; give each its own name")
    return stages


def default_stages(emodel: EModel) -> tuple[Stage, ...]:
    """Passive properties, then Ih, then everything; a stage that would free nothing is left out.

    The first two are fitted to features of protocols below the threshold.

    Examples
    --------
    >>> from ionfo.emodels import load_emodel
    >>> [stage.name for stage in default_stages(load_emodel("soma"))]
    ['passive', 'passive+Ih', 'all']
    """
    quiet = [one.name for one in emodel.protocols if one.kind in _BELOW_THRESHOLD]
    scored = {target.protocol for target in emodel.targets}
    passive = tuple(p.name for p in emodel.free_parameters if p.variable in PASSIVE)
    ih = tuple(p.name for p in emodel.free_parameters if "Ih" in p.variable.split("_"))
    stages = []
    if scored & set(quiet):
        kept = tuple(name for name in quiet if name in scored)
        if passive:
            stages.append(Stage(name="passive", free=passive, protocols=kept, seeds=1))
        if ih:
            stages.append(Stage(name="passive+Ih", free=(*passive, *ih), protocols=kept, seeds=1))
    return (*stages, Stage(name="all"))


def resolve(
    stages: Sequence[Stage], emodel: EModel, generations: int, n_seeds: int
) -> tuple[Plan, ...]:
    """Resolve the patterns of stages on an e-model.

    Parameters
    ----------
    stages : sequence of Stage
        In order.
    emodel : EModel
        Gives the names.
    generations : int
        Of the last stage, unless it says so itself; earlier ones take a quarter.
    n_seeds : int
        Of stages that do not say.

    Raises
    ------
    IonfoError
        If a stage frees nothing, has no feature, or names something unknown.
    """
    plans = []
    for stage in stages:
        where = f"stage '{stage.name}'"
        free = _chosen(stage.free, emodel.free_names, f"{where} frees", "free parameter", emodel)
        if not free:
            raise IonfoError(
                f"{where} frees nothing; name parameters of '{emodel.name}' under \"free\", such "
                f"as '{emodel.free_names[0]}'"
            )
        protocols = _chosen(
            stage.protocols, [p.name for p in emodel.protocols], f"{where} runs", "protocol", emodel
        )
        features = _chosen(
            stage.features, emodel.feature_names, f"{where} scores", "feature", emodel
        )
        kept = [t for t in emodel.targets if t.name in features and t.protocol in protocols]
        if not kept:
            raise IonfoError(
                f"{where} scores nothing: no feature of '{emodel.name}' is among both its features "
                "and its protocols"
            )
        for name in stage.fixed:
            if name not in emodel.free_names:
                raise IonfoError(
                    f"{where} fixes '{name}', which is no free parameter of '{emodel.name}'"
                    f"{nearest(name, emodel.free_names)}"
                )
            if name in free:
                raise IonfoError(f"{where} both frees and fixes '{name}'; do one of them")
        few = max(1, generations // _FEWER)
        plans.append(
            Plan(
                stage.name,
                np.array([emodel.free_names.index(name) for name in free]),
                np.array([emodel.feature_names.index(one.name) for one in kept]),
                with_needed(emodel, {one.protocol for one in kept}),
                stage.fixed,
                stage.generations or (generations if stage is stages[-1] else few),
                stage.seeds or n_seeds,
                stage.relax,
            )
        )
    return tuple(plans)


def start_values(emodel: EModel, plan: Plan, best: NDArray[np.float64] | None) -> Theta:
    """Give `theta` before a stage: the best before, lower bounds without, and what it fixes."""
    theta = emodel.bounds[:, 0].copy() if best is None else best.copy()
    for name, value in plan.fixed.items():
        theta[emodel.free_names.index(name)] = value
    return theta


def stage_bounds(
    emodel: EModel, plan: Plan, best: NDArray[np.float64] | None, was_free: set[int]
) -> NDArray[np.float64]:
    """Bounds of the free parameters of a stage, shape (n_free, 2).

    A parameter that an earlier stage has fitted stays within `relax` times its value around it, and
    within the definition's bounds; where nothing is left of that, the definition's bounds hold.
    """
    bounds = emodel.bounds[plan.free].copy()
    for row, i in enumerate(plan.free):
        if best is None or int(i) not in was_free:
            continue
        reach = plan.relax * abs(best[i])
        low, high = max(bounds[row, 0], best[i] - reach), min(bounds[row, 1], best[i] + reach)
        if low < high:
            bounds[row] = low, high
    return bounds


Theta = NDArray[np.float64]


def _chosen(
    patterns: Sequence[str], known: Sequence[str], doing: str, what: str, emodel: EModel
) -> list[str]:
    """Names that any pattern fits, in their own order."""
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in known):
            raise IonfoError(
                f"{doing} '{pattern}', and '{emodel.name}' has no such {what}"
                f"{nearest(pattern, known)}"
            )
    return [name for name in known if any(fnmatchcase(name, one) for one in patterns)]


def stages_json(stages: Sequence[Stage]) -> list[dict[str, object]]:
    """Describe stages for run.json."""
    return [json.loads(stage.model_dump_json()) for stage in stages]
