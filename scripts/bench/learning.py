"""What learning is worth: independent models per evaluation, on an emulator of a real cell.

    python scripts/bench/learning.py cac --evaluated RUN --seeds 2 --out learning.csv

The truth is a network that was fitted to all known evaluations of the e-model (its bundled
population, and runs given with --evaluated), so that chains of many autocorrelation times cost
minutes instead of days.  It runs protocols one by one and ends where the cell would.  Samplers know
nothing of it but what they evaluate.  All begin at states of the bundled population:

published    the isotropic step of the published method, redrawn until inside the bounds
plain        moves de and snooker, which learn nothing
surrogate    a quadratic surrogate of the first evaluations only, all walks of 200 steps
rounds       rounds of learning, then the chain on what was learned; the default
importance   the same rounds, then weighted independent draws

Printed and written: evaluations of the rounds and after them, smallest effective size over the
parameters (the smaller of that by time and that by the distance of four ensembles) and the latter
with its 95 % interval, effective samples per 1,000 evaluations after the rounds, autocorrelation
time (proposals) and length of the chains in it, the heaviest weight, or Pareto k.  Effective
samples per CPU hour count what the cell would take for the same protocols, by the integrator steps
and CPU time of models of the population that are evaluated first, and what the sampler itself took
(walks, fits, tables): of the chain or draws alone, and with the learning before.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ionfo.emodels import EModel, bundled_populations, cheap_first, load_emodel
from ionfo.features.scores import MAX_SCORE
from ionfo.sampling import (
    Evaluation,
    Evaluator,
    ModelRequest,
    RunStore,
    SampleSettings,
    collect,
    evaluator_spec,
    run_sampler,
)
from ionfo.sampling.chains.learning.brought import read_evaluations
from ionfo.sampling.chains.learning.density import N_INNER
from ionfo.sampling.chains.learning.fitting import Surrogate, fit_surrogate, training_rows
from ionfo.sampling.chains.learning.network import Network, fit_network
from ionfo.sampling.chains.learning.training_data import Evaluated
from ionfo.sampling.chains.settings import DEFAULT_MOVES, MOVES_WITHOUT_LEARNING
from ionfo.sampling.evaluation.pool import Call
from ionfo.terminal.output import mistakes_told

SCHEMES: dict[str, dict[str, Any]] = {
    "published": {"moves": "isotropic-redraw"},
    "plain": {"moves": MOVES_WITHOUT_LEARNING},
    "surrogate": {"moves": DEFAULT_MOVES, "rounds": 0},
    "rounds": {"moves": DEFAULT_MOVES},
    "importance": {"sampler": "importance"},
}
MAX_COST = 5.0


@dataclass(frozen=True)
class Cell:
    """What the cell takes.

    Attributes
    ----------
    steps : dict of str to int
        Protocol -> integrator steps, mean over models.
    seconds : float
        CPU time of a step.
    """

    steps: dict[str, int]
    seconds: float


def measured_cell(emodel: EModel, theta: NDArray[np.float64]) -> Cell:
    """Evaluate models on the cell."""
    evaluator = Evaluator(evaluator_spec(emodel))
    evaluator(theta[0])  # the first is slower
    began = time.process_time()
    found = [evaluator(one) for one in theta]
    seconds = time.process_time() - began
    steps = {
        protocol.name: round(float(np.mean([one.protocol_steps[protocol.name] for one in found])))
        for protocol in emodel.protocols
    }
    return Cell(steps, seconds / sum(one.n_steps for one in found))


class Emulated:
    """Workers that answer with an emulator of the cell, and count what the cell would take."""

    is_here = True
    n_workers = capacity = 1

    def __init__(self, emodel: EModel, network: Network, cell: Cell) -> None:
        self.network = network
        self.cell = cell
        self.n_evaluations = self.n_steps = 0
        self.seconds = 0.0  # of the emulator itself
        self.order = cheap_first(emodel)
        self.of_protocol = np.array([target.protocol for target in emodel.targets])
        self.low, self.high = emodel.bounds.T
        self.mean = np.array([one.mean for one in emodel.features])
        self.sd = np.array([one.std for one in emodel.features])
        self._waiting: deque[tuple[int, ModelRequest | Call]] = deque()

    def submit(self, ticket: int, request: ModelRequest | Call) -> None:
        """Take a request."""
        self._waiting.append((ticket, request))

    def wait(self, timeout: float) -> tuple[int, Any, float]:
        """Answer the first of them."""
        ticket, request = self._waiting.popleft()
        if isinstance(request, Call):
            return ticket, request(), 0.0  # of the sampler's own time
        began = time.process_time()
        found = self._evaluated(request)
        self.seconds += time.process_time() - began
        self.n_evaluations += 1
        self.n_steps += found.n_steps
        return ticket, found, 0.0

    def told(self, theta: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give deviations and scores (models, features) of whole evaluations."""
        told, missing = self.network.deviations((theta - self.low) / (self.high - self.low))
        scores = np.abs(told)
        scores[missing > 0.5, -1] = MAX_SCORE  # one that is missing is enough
        return told, scores

    def _evaluated(self, request: ModelRequest) -> Evaluation:
        """Run the protocols one by one, until the cost is known to reach what it may."""
        told, all_scores = self.told(np.array([request.theta]))
        every = all_scores[0]
        scores = np.full(len(every), np.nan)
        taken: dict[str, int] = {}
        rejected_by = None
        for name in request.order or self.order:
            own = self.of_protocol == name
            scores[own] = every[own]
            taken[name] = self.cell.steps[name]
            if np.nanmax(scores) >= request.bound:
                rejected_by = name
                break
        features = np.where(np.isnan(scores), np.nan, self.mean + self.sd * told[0])
        features[scores == MAX_SCORE] = np.nan
        return Evaluation(
            features, scores, float(np.nanmax(scores)), n_steps=sum(taken.values()),
            protocol_steps=taken, rejected_by=rejected_by,
        )  # fmt: skip

    def begun(self) -> list[tuple[int, int]]:
        """Nobody is told."""
        return []


def emulator(emodel: EModel, population: Path, runs: list[Path]) -> Network:
    """Fit the truth to all that is known."""
    rows = training_rows(emodel, read_evaluations([population, *runs], emodel))
    return fit_network(rows, np.arange(len(rows.unit)) % 5, seed=1, n_steps=6000)


@contextmanager
def emulating(workers: Emulated) -> Iterator[None]:
    """Let the sampler ask the emulator."""

    @contextmanager
    def opened(*_: object) -> Iterator[Emulated]:
        yield workers

    with patch("ionfo.sampling.chains.run.open_workers", opened):
        yield


@contextmanager
def learning_once() -> Iterator[None]:
    """Learn as before there were rounds, networks, lengths of walks, steps of few and a power."""
    where = "ionfo.sampling.chains.learning.learner"
    steps = "ionfo.sampling.chains.learning.walk"

    def quadratic(emodel: EModel, known: Evaluated, **_: object) -> Surrogate:
        return fit_surrogate(emodel, known, ("quadratic",))

    with (
        patch(f"{where}.fit_surrogate", quadratic),
        patch(f"{where}.length_of_walks", lambda *_: (N_INNER, float("nan"))),
        patch(f"{where}.POWER", 1.0),
        patch(f"{steps}._SHARE_WHOLE", 1.0),
        patch(f"{steps}._LOG_SCALES", (-1.0, 0.0)),
        patch("ionfo.sampling.chains.moves.surrogate._SHARE_SHORT", 0.0),
    ):
        yield


def measured(
    emodel: EModel, workers: Emulated, starts: NDArray[np.float64], scheme: str, seed: int,
    steps: dict[str, int], folder: Path,
) -> dict[str, object]:  # fmt: skip
    """Run one sampler and say what it was worth."""
    asked: dict[str, Any] = {"seed": seed, "max_cost": MAX_COST, **SCHEMES[scheme]}
    n_steps, taken = (1, steps[scheme]), []
    with emulating(workers), learning_once() if scheme == "surrogate" else nullcontext():
        for n in n_steps:  # the first step ends the learning
            began = time.process_time() - workers.seconds
            before = workers.n_evaluations, workers.n_steps
            run_sampler(emodel, folder, SampleSettings(steps=n, **asked), start_models=starts)
            own = time.process_time() - workers.seconds - began
            taken.append(
                (
                    workers.n_evaluations - before[0],
                    (workers.n_steps - before[1]) * workers.cell.seconds + own,
                    own,
                )
            )
    store = RunStore(folder)
    found = collect(store)
    (n_before, before_s, _), (n, seconds, own) = taken
    row: dict[str, object] = {"scheme": scheme, "seed": seed, "learning": n_before}
    if found.importance is not None:
        ess, between = found.importance.ess, found.importance.between
        row |= {"pareto_k": found.importance.pareto_k}
    else:
        kept = 1 - found.burn_in / found.n_steps
        n, seconds = round(n * kept), seconds * kept
        ess, between = found.quality.ess, found.quality.ess_between
        row |= {"tau": found.quality.tau, "spanned_tau": found.quality.n_tau}
    heaviest = float(found.population.frame["weight"].max())
    told = store.settings.get("learned", {})
    row |= {"evaluations": n, "ess": ess, "ess_between": between, "heaviest": heaviest}
    row |= {
        "per_1000": 1000 * ess / n,
        "per_cpu_hour": 3600 * ess / seconds,
        "with_learning": 3600 * ess / (seconds + before_s),
        "own_share": own / seconds,
    }
    return row | {one: told.get(one) for one in ("kind", "walk", "squared_jump")}


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare the samplers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("emodel")
    parser.add_argument("--evaluated", type=Path, action="append", default=[])
    parser.add_argument("--seeds", type=int, default=2, help="how many")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=400, help="of chains; draws are an eighth")
    parser.add_argument("--schemes", default=",".join(SCHEMES))
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args(arguments)
    emodel = load_emodel(asked.emodel)
    population = bundled_populations(asked.emodel)[0]
    frame = pd.read_parquet(population)
    frame = frame[frame["cost"] < MAX_COST]
    names = [f"parameters/{one}" for one in emodel.free_names]
    cell = measured_cell(emodel, frame.sample(8, random_state=0)[names].to_numpy())
    print(f"{sum(cell.steps.values())} steps a whole model, {1e3 * cell.seconds:.3f} ms each")
    workers = Emulated(emodel, emulator(emodel, population, asked.evaluated), cell)
    # models that the emulator takes for good ones too
    is_good = workers.told(frame[names].to_numpy())[1].max(axis=1) < MAX_COST
    good = frame[is_good].groupby("ensemble")
    starts = good.sample(min(60, int(good.size().min())), random_state=0).groupby("ensemble")
    theta = np.array([own[names].to_numpy() for _, own in starts])
    steps = {
        "published": 5 * asked.steps,
        "plain": asked.steps,
        "surrogate": asked.steps,
        "rounds": asked.steps,
        "importance": max(asked.steps // 8, 10),
    }
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for scheme in asked.schemes.split(","):
            for seed in range(asked.first_seed, asked.first_seed + asked.seeds):
                where = Path(folder) / f"{scheme}{seed}"
                rows.append(measured(emodel, workers, theta, scheme, seed, steps, where))
                pd.DataFrame(rows).to_csv(asked.out, index=False)
                print(rows[-1], flush=True)


if __name__ == "__main__":
    with mistakes_told():
        main()
