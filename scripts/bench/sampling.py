"""Compare proposals: which give the most independent models for the work they take.

    python scripts/bench/sampling.py linear --seeds 5 --out linear.csv
    python scripts/bench/sampling.py soma --seeds 1 --steps 400 --out soma.csv
    python scripts/bench/sampling.py l5pc --states states.parquet --proposals 60 --out l5pc.csv
    python scripts/bench/sampling.py l5pc --states states.parquet --learn RUN --temperature 1
    python scripts/bench/sampling.py workers --run RUN --out workers.csv

For what learning is worth on cac or bnac there is learning.py.

linear   effective sample size (ESS, smallest over the parameters) per evaluation on a target
         with the conditioning of the 30 parameters of l5pc: its features linearised around the
         reference (make/linear_target.py), cost the largest score.
soma     ESS per evaluation, integrator step and CPU hour on the real cell, each scheme from the
         same starting points; the default with early rejection and without.
l5pc     a comparison of single steps, not of ESS: from one set of states every scheme makes the
         same number of proposals with the same u; acceptance, evaluation cost, and squared jump
         distance per CPU second, scaled by the covariance of the set, with bootstrap intervals
         over states; with --learn also for walks on surrogates of those evaluations.
workers  busy worker time over workers x wall time, from evaluation times drawn from a run with
         --keep-rejected, through the real scheduler on a fake clock.
"""

from __future__ import annotations

import argparse
import heapq
import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from emcee.model import Model
from emcee.state import State
from numpy.typing import NDArray

from ionfo.emodels import EModel, load_emodel
from ionfo.sampling import (
    Evaluation,
    ModelRequest,
    RunStore,
    Target,
    evaluator_spec,
    open_pool,
    read_evaluations,
    read_models,
)
from ionfo.sampling.chains.learning.density import POWER
from ionfo.sampling.chains.learning.fitting import Kind, fit_surrogate, too_far
from ionfo.sampling.chains.learning.learner import density_of
from ionfo.sampling.chains.moves import EarlyRejection, make_moves, parse_moves
from ionfo.sampling.chains.moves.surrogate import SurrogateMove
from ionfo.sampling.chains.proposals_per_step import choose_tries
from ionfo.sampling.chains.search import from_bounds
from ionfo.sampling.chains.settings import MOVES_WITHOUT_LEARNING
from ionfo.sampling.chains.target import pack_blobs
from ionfo.sampling.evaluation.scheduler import Scheduler, SharedPool
from ionfo.sampling.runs.diagnostics import diagnose
from ionfo.tables.files import read_table
from ionfo.terminal.output import mistakes_told

SCHEMES = (
    "isotropic-redraw", "isotropic", "stretch", "snooker", "gaussian", "de", MOVES_WITHOUT_LEARNING,
)  # fmt: skip
PUBLISHED = "isotropic-redraw"
N_ADAPT = 500


class Walk:
    """A mixture of moves on one ensemble, without a store."""

    def __init__(self, target: Target, moves: str, theta: NDArray[np.float64], seed: int,
                 is_early: bool = True) -> None:  # fmt: skip
        self.target = target
        self.random = np.random.RandomState(seed)  # noqa: NPY002
        self.state = _state(target, theta)
        self._mixture = make_moves(parse_moves(moves), target.emodel.bounds, N_ADAPT)
        self._weights = [weight for _, weight in self._mixture]
        self._is_early = is_early
        self._set_tries(1)

    def _set_tries(self, n_tries: int) -> None:
        self.n_tries = n_tries
        self._moves = [
            EarlyRejection(move, self.target, self._is_early, n_tries) for move, _ in self._mixture
        ]

    def choose_tries(self) -> None:
        """Set the proposals per step as a run does."""
        coords = [self.state.coords]
        self._set_tries(choose_tries(self._mixture, coords, self.target.is_inside, self.random))

    def steps(self, n: int) -> tuple[NDArray[np.float64], float]:
        """Walk, and give the chain and the acceptance."""
        model = Model(None, None, None, self.random)
        chain = np.empty((n, *self.state.coords.shape))
        accepted = 0.0
        for i in range(n):
            move = self._moves[self.random.choice(len(self._moves), p=self._weights)]
            self.state, moved = move.propose(model, self.state)
            chain[i] = self.state.coords
            accepted += moved.mean() / n
        return chain, accepted


def _state(target: Target, theta: NDArray[np.float64]) -> State:
    blobs = pack_blobs(target.emodel, target.evaluate(theta))
    return State(theta.copy(), log_prob=target.log_prob(blobs["cost"]), blobs=blobs)


class LinearPool:
    """Evaluates the linear model of make/linear_target.py."""

    def __init__(self, emodel: EModel, file: Path) -> None:
        content = json.loads(file.read_text())
        self.jacobian = np.array(content["jacobian"])
        self.centre, self.scores = np.array(content["centre"]), np.array(content["scores"])
        self.low, high = emodel.bounds.T
        self.half = (high - self.low) / 2
        self._nothing = np.full(len(emodel.features), np.nan)

    def map(self, function: Any, requests: Iterable[ModelRequest], /) -> list[Evaluation]:
        """Evaluate all requests at once."""
        theta = np.array([one.theta for one in requests])
        x = (theta - self.low) / self.half - 1 - self.centre
        costs = np.abs(self.scores + x @ self.jacobian.T).max(axis=1)
        return [Evaluation(self._nothing, self._nothing, float(cost), n_steps=1) for cost in costs]


def bench_linear(settings: argparse.Namespace) -> list[dict[str, Any]]:
    """Smallest ESS per 1,000 evaluations, chains of at least 50 tau where they can be had."""
    emodel = load_emodel("l5pc")
    rows = []
    for seed in range(settings.seeds):
        for moves in settings.moves:
            pool = LinearPool(emodel, Path(__file__).with_name("l5pc_linear.json"))
            target = Target(emodel, pool, 0.5)
            rng = np.random.default_rng(seed)
            start = pool.low + pool.half * (1 + np.clip(
                pool.centre + 0.02 * rng.standard_normal((62, 30)), -1, 1))  # fmt: skip
            walk = Walk(target, moves, start, seed)
            walk.steps(min(2000, 10 * settings.steps))
            walk.choose_tries()
            walk.steps(settings.steps // 2)
            target.counts.evaluations.clear()
            rows.append(_row("linear", seed, moves, walk, *walk.steps(settings.steps), target))
    return rows


def bench_soma(settings: argparse.Namespace) -> list[dict[str, Any]]:
    """ESS on the real cell of one compartment."""
    emodel = load_emodel("soma")
    rows = []
    with open_pool(evaluator_spec(emodel), 1) as pool:
        for seed in range(settings.seeds):
            rng = np.random.default_rng(seed)
            begun = from_bounds(Target(emodel, pool, settings.temperature), 24, 960, rng)
            compared = [*((one, True) for one in settings.moves), (MOVES_WITHOUT_LEARNING, False)]
            for moves, is_early in [(PUBLISHED, False), *compared]:
                target = Target(emodel, pool, settings.temperature)
                walk = Walk(target, moves, begun.theta, seed, is_early)
                if moves != PUBLISHED:
                    walk.choose_tries()
                walk.steps(settings.steps // 4)
                target.counts.evaluations.clear()
                began = time.process_time()
                # a step of a single proposal is less: make as many proposals
                n_steps = settings.steps * (4 if moves == PUBLISHED else 1)
                chain, accepted = walk.steps(n_steps)
                cpu = time.process_time() - began
                name = moves + ("" if is_early else ", whole evaluations")
                rows.append(_row("soma", seed, name, walk, chain, accepted, target, cpu))
    return rows


def _row(
    target_name: str, seed: int, moves: str, walk: Walk, chain: NDArray[np.float64],
    accepted: float, target: Target, cpu: float = float("nan"),
) -> dict[str, Any]:  # fmt: skip
    found = diagnose([chain])
    ess = float(np.min(found.effective_sample_size))
    n = target.counts.n_evaluations
    row = {
        "target": target_name, "moves": moves, "seed": seed, "tries": walk.n_tries,
        "steps": len(chain), "acceptance": accepted, "evaluations": n,
        "tau": float(np.max(found.tau)), "chain / tau": len(chain) / float(np.max(found.tau)),
        "ESS": ess, "ESS per 1000 evaluations": 1000 * ess / n,
        "ESS per 1e6 integrator steps": 1e6 * ess / max(1, target.counts.n_steps),
        "ESS per CPU hour": 3600 * ess / cpu,
    }  # fmt: skip
    print(pd.Series(row).to_frame().T.to_string(index=False, header=seed == 0), flush=True)
    return row


def bench_l5pc(settings: argparse.Namespace) -> list[dict[str, Any]]:
    """Single steps from one set of states."""
    emodel = load_emodel("l5pc")
    states = read_models(settings.states, emodel).theta
    rows = []
    spec = evaluator_spec(emodel, settings.morphology)
    with open_pool(spec, settings.processes) as pool:
        target = Target(emodel, pool, settings.temperature)
        table = read_table(settings.states)[0]
        # a scored table says its costs; the bounds of all proposals follow from them
        costs = (
            table["cost"].to_numpy(np.float64)
            if "cost" in table
            else _state(target, states).blobs["cost"]
        )
        states, costs = states[costs < settings.max_cost], costs[costs < settings.max_cost]
        print(f"{len(states)} states below cost {settings.max_cost:g}")
        scale = np.cov(states.T)
        scale += 1e-6 * np.diag(np.diag(scale))  # fewer states than parameters leave it singular
        whitened = np.linalg.inv(np.linalg.cholesky(scale))
        mixtures = {one: make_moves(parse_moves(one), emodel.bounds, 0) for one in settings.moves}
        if settings.learn:
            target.max_cost = settings.max_cost
            mixtures |= _learned(emodel, settings)
        whole = [(PUBLISHED, False)] if PUBLISHED in mixtures else []
        for moves, is_early in [*whole, *((one, True) for one in mixtures)]:
            name = moves + ("" if is_early else ", whole evaluations")
            found = _one_step(target, mixtures[moves], is_early, states, costs, whitened, settings)
            rows.append({"moves": name, **found})
            print(pd.Series(rows[-1]).to_frame().T.to_string(index=False), flush=True)
    return rows


def _learned(emodel: EModel, settings: argparse.Namespace) -> dict[str, list[tuple[Any, float]]]:
    """Make walks on what is learned from evaluations, of several kinds and lengths."""
    known = read_evaluations(settings.learn, emodel)
    asked = {"temperature": settings.temperature, "max_cost": settings.max_cost, "cost": "max"}
    kinds: dict[Kind, list[int]] = {"quadratic": [200], "network": settings.walks}
    found = {}
    for kind, lengths in kinds.items():
        one = fit_surrogate(emodel, known, (kind,), missing_from=too_far(settings.max_cost, "max"))
        for n in lengths:
            density = density_of(emodel, asked, one, {"walk": n, "power": POWER})
            found[f"surrogate, {kind}, {n}"] = [(SurrogateMove(density), 1.0)]
    return found


def _one_step(
    target: Target, mixture: list[tuple[Any, float]], is_early: bool, states: NDArray[np.float64],
    costs: NDArray[np.float64], whitened: NDArray[np.float64], settings: argparse.Namespace,
) -> dict[str, Any]:  # fmt: skip
    """Propose from every state in turn, the others as the rest of the ensemble."""
    random = np.random.RandomState(0)  # noqa: NPY002
    u = np.random.RandomState(1).rand(settings.proposals)  # noqa: NPY002  the same for all
    for move, _ in mixture:
        if hasattr(move, "covariance"):
            move.covariance = np.cov(states.T) + 1e-9 * np.diag(
                np.ptp(target.emodel.bounds, 1) ** 2
            )
    jumps, seconds = np.zeros(settings.proposals), np.zeros(settings.proposals)
    moved = np.zeros(settings.proposals, bool)
    for i in range(settings.proposals):
        at = i % len(states)
        move = mixture[random.choice(len(mixture), p=[w for _, w in mixture])][0]
        move.setup(states)
        others = np.delete(states, at, axis=0)
        q, factor = move.get_proposal(states[[at]], [others], random)
        bound = target.bound(costs[[at]], np.log(u[[i]]), factor)
        if not target.is_inside(q)[0] or bound[0] <= 0:
            continue
        began = time.process_time()
        (found,) = target.evaluate(q, bound if is_early else None)
        seconds[i] = time.process_time() - began
        moved[i] = found.cost < bound[0]
        jumps[i] = moved[i] * float(np.sum((whitened @ (q[0] - states[at])) ** 2))
    rng = np.random.default_rng(0)
    of_state = np.arange(settings.proposals) % len(states)
    ratios = []
    for _ in range(1000):
        chosen = rng.integers(len(states), size=len(states))
        rows = np.concatenate([np.flatnonzero(of_state == one) for one in chosen])
        ratios.append(jumps[rows].sum() / max(seconds[rows].sum(), 1e-9))
    low, high = np.quantile(ratios, [0.025, 0.975])
    return {
        "proposals": settings.proposals,
        "evaluated": int((seconds > 0).sum()),
        "acceptance": moved.mean(),
        "CPU s per evaluation": seconds.sum() / max(1, (seconds > 0).sum()),
        "jump per CPU s": jumps.sum() / max(seconds.sum(), 1e-9),
        "from": low,
        "to": high,
    }


class FakeWorkers:
    """Workers on a fake clock that take times drawn from those of a run."""

    is_here = True

    def __init__(self, n_workers: int, seconds: NDArray[np.float64], seed: int) -> None:
        self.n_workers, self.capacity = n_workers, 2 * n_workers
        self.now = 0.0
        self._seconds, self._rng = seconds, np.random.default_rng(seed)
        self._waiting: deque[int] = deque()
        self._running: list[tuple[float, int, float]] = []

    def submit(self, ticket: int, request: ModelRequest) -> None:
        """Take a request."""
        self._waiting.append(ticket)

    def wait(self, timeout: float) -> tuple[int, Evaluation, float]:
        """Let the clock run to the next result."""
        while self._waiting and len(self._running) < self.n_workers:
            seconds = float(self._rng.choice(self._seconds))
            heapq.heappush(self._running, (self.now + seconds, self._waiting.popleft(), seconds))
        self.now, ticket, seconds = heapq.heappop(self._running)
        nothing = np.empty(0)
        return ticket, Evaluation(nothing, nothing, 0.0), seconds

    def begun(self) -> Iterator[tuple[int, int]]:
        """Give nothing."""
        return iter(())


def bench_workers(settings: argparse.Namespace) -> list[dict[str, Any]]:
    """Busy worker time over workers x wall time."""
    store = RunStore(settings.run)
    states, _ = store.states()
    rejected = store.table("rejected")
    assert rejected is not None, "the run must be made with --keep-rejected"
    taken = states[states["step"] >= 0]["integrator_steps"]
    seconds = np.concatenate([taken, rejected["integrator_steps"]]).astype(float)
    n_asked = (
        store.n_steps * len(store.state["ensembles"]) * int(store.settings["settings"]["walkers"])
    )
    per_walker = settings.evaluations or len(seconds) / n_asked  # evaluations of a walker in a step
    print(
        f"{len(seconds)} evaluations of {store.n_steps} steps, {per_walker:.2f} a walker and "
        f"step; the longest takes {seconds.max() / seconds.mean():.1f} x the mean"
    )
    rows = []
    for n_workers in (2, 15, 31, 127, 511):
        for per_worker in (2, 4, 8, 16):
            for n_ensembles in (1, 4, 8):
                n_walkers = max(2, round(per_worker * n_workers / n_ensembles / 2) * 2)
                workers = FakeWorkers(n_workers, seconds, 0)
                scheduler = Scheduler(workers, clock=lambda workers=workers: workers.now)  # type: ignore[misc]
                scheduler.run(
                    [_idle_chain(n_walkers, per_walker, 30, seed) for seed in range(n_ensembles)]
                )
                share = scheduler.busy_seconds / (n_workers * scheduler.waited_seconds)
                rows.append({
                    "workers": n_workers, "walkers per worker": per_worker,
                    "ensembles": n_ensembles, "walkers": n_walkers * n_ensembles,
                    "efficiency": share,
                })  # fmt: skip
    table = pd.DataFrame(rows)
    shown = table.pivot_table(
        index=["workers", "walkers per worker"], columns="ensembles", values="efficiency"
    )
    print(shown.round(3).to_string())
    return rows


def _idle_chain(n_walkers: int, per_walker: float, n_steps: int, seed: int) -> Callable[[], None]:
    """Make a task that asks for evaluations as a chain does: half of the walkers at a time."""

    def task() -> None:
        rng = np.random.default_rng(seed)
        request = ModelRequest((0.0,))
        for _ in range(2 * n_steps):
            left = rng.poisson(per_walker, size=n_walkers // 2)

            def follow(i: int, found: Evaluation, left: NDArray[Any] = left) -> Any:
                left[i] -= 1
                return {i: request} if left[i] > 0 else {}

            SharedPool().stream({int(i): request for i in np.flatnonzero(left)}, follow)

    return task


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one of the comparisons."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["linear", "soma", "l5pc", "workers"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--moves", nargs="+", default=list(SCHEMES), help="default: all schemes")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--temperature", type=float, default=0.5)
    parser.add_argument("--states", type=Path)
    parser.add_argument("--learn", type=Path, nargs="+", help="runs and populations")
    parser.add_argument("--walks", type=int, nargs="+", default=[200, 800])
    parser.add_argument("--max-cost", type=float, default=6.0)
    parser.add_argument("--morphology", type=Path)
    parser.add_argument("--proposals", type=int, default=400)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--evaluations", type=float, help="of a walker and step; default the run's")
    parser.add_argument("--run", type=Path)
    parser.add_argument("--out", type=Path)
    settings = parser.parse_args(arguments)
    bench = {"linear": bench_linear, "soma": bench_soma, "l5pc": bench_l5pc,
             "workers": bench_workers}[settings.what]  # fmt: skip
    table = pd.DataFrame(bench(settings))
    if settings.out is not None:
        table.to_csv(settings.out, index=False)
    if "moves" in table and "seed" in table:
        medians = table.groupby("moves", sort=False).median(numeric_only=True)
        print("\nmedians over seeds")
        print(medians.drop(columns="seed").to_string(float_format=lambda x: f"{x:.3g}"))


if __name__ == "__main__":
    with mistakes_told():
        main()
