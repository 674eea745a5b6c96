"""Where a run stands and how far to believe it, at any time and from anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...tables.columns import columns
from ..evaluation.counts import Counts
from ..evaluation.flight import Condemned, Suspect, read_condemned, read_suspects
from ..runs.quality import Quality, quality_of
from .collect import starting_points
from .states import held
from .store import RunStore

_BURN_IN = 0.25
"""Fraction of the steps that is left out of the diagnostics."""


@dataclass(frozen=True)
class RunStatus:
    """What is known of a run.

    Attributes
    ----------
    n_asked, n_walkers : int
        Steps asked for, and walkers of an ensemble.
    steps : list of int
        Steps of each ensemble; empty before the chains begin.
    n_start : int
        Evaluations of the searches for starting points.
    burn_in : int
        Steps left out of all that follows.
    acceptance : list of float
        Of each ensemble: fraction of its steps, of one or more proposals, at which a walker moved.
    quality : Quality or None
        Of what is left, in proposals as everywhere; None before there are steps enough.
    costs : ndarray, shape (n_states,)
        Costs of held states, and
    weights : ndarray, shape (n_states,)
        for how many proposals each was held.
    counts : Counts
        Of the evaluations of the chains.
    seconds_per_step : float
        Wall time of a step of all ensembles in the last session; NaN when not known.
    n_workers : int
        Of the last session.
    idle : float
        Fraction of its worker time that was idle; NaN when not known.
    in_flight : list of Suspect
        Being evaluated now, or when the run died.
    condemned : list of Condemned
        Parameter sets that are set aside.
    n_lost : int
        States in segments that cannot be read.
    n_draws : int or None
        Independent draws evaluated so far, of an importance sampler; `n_asked` is of each walk.
    n_ensembles : int
        Asked for.
    """

    n_asked: int
    n_walkers: int
    steps: list[int]
    n_start: int
    burn_in: int
    acceptance: list[float]
    quality: Quality | None
    costs: NDArray[np.float64]
    weights: NDArray[np.float64]
    counts: Counts
    seconds_per_step: float
    n_workers: int
    idle: float
    in_flight: list[Suspect]
    condemned: list[Condemned]
    n_lost: int
    n_draws: int | None = None
    n_ensembles: int = 0

    def share_below(self, cost: float) -> float:
        """Fraction of held states at or below a cost."""
        return float(np.average(self.costs <= cost, weights=self.weights))

    def hours_to(self, ess: float) -> float:
        """Hours on the workers of the last session until the smallest ESS is reached."""
        now = float("nan") if self.quality is None else self.quality.ess
        if not now > 0:
            return float("nan")
        n_kept = min(self.steps) - self.burn_in
        missing = max(0.0, ess / now - 1.0) * n_kept / (1 - _BURN_IN)
        return missing * self.seconds_per_step / 3600


def run_status(store: RunStore) -> RunStatus:
    """Read a run folder, also while it is being written.

    Raises
    ------
    IonfoError
        If it is no run folder, or damaged.
    """
    settings, state = store.settings, store.state
    steps = [int(one["steps"]) for one in state["ensembles"]]
    n_steps = min(steps, default=0)
    burn_in = int(_BURN_IN * n_steps)
    counts = Counts()
    for one in state["ensembles"]:
        counts += Counts.from_json(one["counts"])
    quality, costs, weights, n_lost = None, np.empty(0), np.empty(0), 0
    if n_steps > 0:
        states, gaps = store.states()
        states = states[states["step"] < n_steps].reset_index(drop=True)
        weight = held(states, n_steps, gaps, burn_in, store.n_tries)
        since = (states["step"] * store.n_tries + states["try"]).clip(lower=burn_in * store.n_tries)
        rows = states.assign(weight=weight, step=since)[weight > 0]
        costs, weights = rows["cost"].to_numpy(), rows["weight"].to_numpy(np.float64)
        if n_steps - burn_in >= 4:
            quality = quality_of(rows, starting_points(states, columns(store.emodel)[0]))
        n_lost = store.n_lost if gaps else 0
    seconds_per_step, n_workers, idle = _speed(store.read_log(), max(1, len(steps)))
    return RunStatus(
        int(settings["settings"]["steps"]),
        int(settings["settings"]["walkers"]),
        steps,
        sum(int(entry["rows"]) for entry in state["start"]),
        burn_in,
        [float(np.mean(one["accepted"])) / max(1, int(one["steps"])) for one in state["ensembles"]],
        quality,
        costs,
        weights,
        counts,
        seconds_per_step,
        n_workers,
        idle,
        read_suspects(store.folder),
        read_condemned(store.folder),
        n_lost,
        store.n_draws if settings["settings"].get("sampler") == "importance" else None,
        int(settings["settings"].get("ensembles", len(steps))),
    )


def _speed(log: list[dict[str, Any]], n_ensembles: int) -> tuple[float, int, float]:
    """Seconds per step, workers and idle fraction of the last session of a log."""
    begins = [i for i, one in enumerate(log) if one.get("event") == "start"]
    session = log[begins[-1] :] if begins else []
    told = [one for one in session if {"seconds", "busy_seconds", "steps"} <= one.keys()]
    n_workers = int(session[0].get("workers", 1)) if session else 0
    if not told:
        return float("nan"), n_workers, float("nan")
    last = told[-1]
    walking = [one for one in told if one["steps"] > 0]
    n_steps = (last["steps"] - walking[0]["steps"]) / n_ensembles if walking else 0
    seconds = last["seconds"] - walking[0]["seconds"] if walking else 0.0
    per_step = seconds / n_steps if n_steps > 0 else float("nan")
    idle = 1 - last["busy_seconds"] / max(1e-9, last["seconds"] * n_workers)
    return per_step, n_workers, max(0.0, idle)
