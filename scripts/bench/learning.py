"""What learning is worth: independent models per evaluation, on an emulator of a real cell.

    python scripts/bench/learning.py cac --evaluated RUN --seeds 2 --out learning.csv

The truth is a network that was fitted to all known evaluations of the e-model (its bundled
population, and runs given with --evaluated), so that chains of many autocorrelation times cost
minutes instead of days.  Samplers know nothing of it but what they evaluate.  All begin at
states of the bundled population:

default      moves de and snooker
surrogate    a quadratic surrogate or network of the first evaluations only, no rounds
rounds       rounds of learning, then the chain on what was learned
importance   the same rounds, then weighted independent draws

Printed and written: evaluations of the rounds and after them, smallest effective size over the
parameters (the smaller of that by time and that by the distance of four ensembles), effective
samples per 1,000 evaluations after the rounds, autocorrelation time and length of the chains in it,
or Pareto k.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ionfo.emodels import EModel, bundled_populations, load_emodel
from ionfo.sampling import Evaluation, ModelRequest, RunStore, SampleSettings, collect, run_sampler
from ionfo.sampling.chains.learning.brought import read_evaluations
from ionfo.sampling.chains.learning.fitting import training_rows
from ionfo.sampling.chains.learning.network import Network, fit_network

SCHEMES = {
    "default": {},
    "surrogate": {"moves": "surrogate:0.8,de:0.2", "rounds": 0},
    "rounds": {"moves": "surrogate:0.8,de:0.2"},
    "importance": {"sampler": "importance"},
}
MAX_COST = 5.0


class Emulated:
    """Workers that answer with an emulator of the cell."""

    is_here = True
    n_workers = capacity = 1

    def __init__(self, emodel: EModel, network: Network) -> None:
        self.network = network
        self.low, self.high = emodel.bounds.T
        self.mean = np.array([one.mean for one in emodel.features])
        self.sd = np.array([one.std for one in emodel.features])
        self._waiting: deque[tuple[int, ModelRequest]] = deque()

    def submit(self, ticket: int, request: ModelRequest) -> None:
        """Take a request."""
        self._waiting.append((ticket, request))

    def wait(self, timeout: float) -> tuple[int, Evaluation, float]:
        """Answer the first of them."""
        ticket, request = self._waiting.popleft()
        unit = (np.array(request.theta) - self.low) / (self.high - self.low)
        found, missing = self.network.deviations(unit[None])
        features = self.mean + self.sd * found[0]
        scores = np.abs(found[0])
        if missing[0] > 0.5:
            features, scores = np.full_like(features, np.nan), np.full_like(scores, 250.0)
        cost = float(scores.max())
        if cost >= request.bound:  # as one that ends early: what it is known to reach
            return ticket, Evaluation(
                features, scores, cost, n_steps=1, rejected_by="Step_140"
            ), 0.0  # fmt: skip
        return ticket, Evaluation(features, scores, cost, n_steps=1), 0.0

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


def measured(
    emodel: EModel, workers: Emulated, starts: NDArray[np.float64], scheme: str, seed: int,
    steps: dict[str, int], folder: Path,
) -> dict[str, object]:  # fmt: skip
    """Run one sampler and say what it was worth."""
    settings = SampleSettings(
        steps=steps[scheme],
        seed=seed,
        max_cost=MAX_COST,
        **SCHEMES[scheme],  # type: ignore[arg-type]
    )
    with emulating(workers):
        counts = run_sampler(emodel, folder, settings, start_models=starts)
    store = RunStore(folder)
    searched = store.table("start")
    n_before = 0 if searched is None else int((searched["ensemble"] >= 0).sum())
    found = collect(store)
    row: dict[str, object] = {"scheme": scheme, "seed": seed, "learning": n_before}
    if found.importance is not None:
        n, ess = found.importance.n_draws, found.importance.ess
        row |= {"pareto_k": found.importance.pareto_k}
    else:
        kept = 1 - found.burn_in / found.n_steps
        n, ess = round(counts.n_evaluations * kept), found.quality.ess
        row |= {"tau": found.quality.tau, "spanned_tau": found.quality.n_tau}
    told = store.settings.get("learned", {})
    row |= {"evaluations": n, "ess": ess, "per_1000": 1000 * ess / n}
    return row | {one: told.get(one) for one in ("kind", "walk", "squared_jump")}


def main() -> None:
    """Compare the samplers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("emodel")
    parser.add_argument("--evaluated", type=Path, action="append", default=[])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=400, help="of the default; others make less")
    parser.add_argument("--schemes", default=",".join(SCHEMES))
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    emodel = load_emodel(asked.emodel)
    population = bundled_populations(asked.emodel)[0]
    workers = Emulated(emodel, emulator(emodel, population, asked.evaluated))
    frame = pd.read_parquet(population)
    frame = frame[frame["cost"] < MAX_COST]
    starts = [
        own.sample(60, random_state=0)[[f"parameters/{one}" for one in emodel.free_names]]
        for _, own in frame.groupby("ensemble")
    ]
    theta = np.array([one.to_numpy() for one in starts])
    # a walk on what was learned goes far in one step
    steps = {"default": asked.steps, "surrogate": asked.steps // 4, "rounds": asked.steps // 4,
             "importance": max(asked.steps // 8, 10)}  # fmt: skip
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for scheme in asked.schemes.split(","):
            for seed in range(asked.seeds):
                where = Path(folder) / f"{scheme}{seed}"
                rows.append(measured(emodel, workers, theta, scheme, seed, steps, where))
                pd.DataFrame(rows).to_csv(asked.out, index=False)
                print(rows[-1], flush=True)


if __name__ == "__main__":
    main()
