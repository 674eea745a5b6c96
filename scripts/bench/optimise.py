"""Count the evaluations that bring every score of a cell below 2, and time the pools.

    python scripts/bench/optimise.py soma --out bench.json --evaluations 4000 --seeds 3

From the bounds alone, with the same evaluator, for each of four searches: staged IBEA (the default
stages of `ionfo optimise`; evaluations of all stages count), IBEA without stages, BluePyOpt's
single-objective CMA-ES on the summed scores, and random draws.  Said are the evaluations at which
the first model has every score below the limit (or none), and the lowest largest score.

Then the time: the same random models through the local processes of ionfo and through a pool of
`multiprocessing`, which BluePyOpt is given as its map function, both with the same evaluator,
paired, in alternating order: wall and CPU seconds, and evaluations per CPU second.

With --peer the same models also go through as many processes of emodel-generalisation, a BluePyOpt
evaluator of the same cell (`ionfo export`), in its own environment (make/peer_environment.py);
their time is that of the evaluations, without start-up.  The cell must be one that the other
package can hold, such as `cac`; --evaluations 0 leaves the searches out.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import platform
import random
import resource
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ionfo.emodels import EModel, export_emodel, load_emodel
from ionfo.features import MAX_SCORE
from ionfo.sampling import Evaluator, EvaluatorSpec, ModelRequest, evaluate, evaluator_spec
from ionfo.sampling.evaluation.pool import initialise, open_pool
from ionfo.sampling.optimise import Ibea, default_stages
from ionfo.sampling.optimise.stages import Plan, Stage, resolve, stage_bounds, start_values
from ionfo.terminal.output import mistakes_told

Array = NDArray[np.float64]


class Spent(Exception):
    """All evaluations are spent, or the limit is reached."""


class Counted:
    """Count evaluations, and note when every score is below the limit."""

    def __init__(self, evaluator: Evaluator, n_evaluations: int, limit: float) -> None:
        self.evaluator = evaluator
        self.n_evaluations = n_evaluations
        self.limit = limit
        self.n = 0
        self.first: int | None = None
        self.lowest = np.inf

    def __call__(self, theta: Array, plan: Plan | None = None) -> Array:
        """Give the capped scores of a model; whole evaluations may reach the limit."""
        if self.n >= self.n_evaluations or self.first is not None:
            raise Spent
        self.n += 1
        found = self.evaluator(theta, order=None if plan is None else plan.protocols)
        if not np.isnan(found.scores).any():
            self.lowest = min(self.lowest, float(found.scores.max()))
            if self.lowest < self.limit:
                self.first = self.n
        scores = found.scores if plan is None else found.scores[plan.objectives]
        return np.minimum(scores, MAX_SCORE)


def search_random(emodel: EModel, score: Counted, seed: int, offspring: int) -> None:
    """Draw uniformly."""
    low, high = emodel.bounds.T
    rng = np.random.default_rng(seed)
    while True:
        score(low + (high - low) * rng.random(len(low)))


def search_ibea(
    emodel: EModel, score: Counted, seed: int, offspring: int, stages: Sequence[Stage]
) -> None:
    """Do the stages one after the other; earlier ones take five generations."""
    best: Array | None = None
    was_free: set[int] = set()
    plans = resolve(stages, emodel, 20, 1)
    for number, plan in enumerate(plans):
        theta = start_values(emodel, plan, best)
        bounds = stage_bounds(emodel, plan, best, was_free)
        ibea = Ibea(bounds, len(plan.objectives), offspring, f"{seed}/{number}")
        is_last = plan is plans[-1]
        while is_last or ibea.generation < plan.generations:
            rows, data = [], []
            for values in ibea.ask():
                one = theta.copy()
                one[plan.free] = values
                rows.append(score(one, None if is_last else plan).tolist())
                data.append(one)
            ibea.tell(rows, data)
        best = ibea.hall[0].data
        was_free |= {int(i) for i in plan.free}


def search_cma(emodel: EModel, score: Counted, seed: int, offspring: int) -> None:
    """Run BluePyOpt's CMA-ES on the summed scores, started anew whenever it ends."""
    from bluepyopt.deapext.optimisationsCMA import DEAPOptimisationCMA

    evaluator = SimpleNamespace(
        objectives=[SimpleNamespace(name=name) for name in emodel.feature_names],
        params=[
            SimpleNamespace(lower_bound=float(low), upper_bound=float(high), name=name)
            for (low, high), name in zip(emodel.bounds, emodel.free_names, strict=True)
        ],
        param_names=list(emodel.free_names),
        init_simulator_and_evaluate_with_lists=lambda values: score(np.array(values)).tolist(),
    )
    kept = random.getstate(), np.random.get_state()  # noqa: NPY002  BluePyOpt seeds the global ones
    try:
        with warnings.catch_warnings():
            # its stagnation criterion takes means of what is still empty
            warnings.simplefilter("ignore", RuntimeWarning)
            for restart in range(1000):
                DEAPOptimisationCMA(
                    evaluator=evaluator,
                    seed=1000 * seed + restart,
                    offspring_size=offspring,
                    sigma=0.4,
                    selector_name="single_objective",
                ).run(max_ngen=1000)
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])  # noqa: NPY002


def convergence(emodel: EModel, evaluator: Evaluator, options: argparse.Namespace) -> list[Any]:
    """Run every search with every seed."""
    unstaged = (Stage(name="all"),)
    searches: dict[str, Callable[[Counted, int], None]] = {
        "IBEA, default stages": lambda score, seed: search_ibea(
            emodel, score, seed, options.offspring, default_stages(emodel)
        ),
        "IBEA, one stage": lambda score, seed: search_ibea(
            emodel, score, seed, options.offspring, unstaged
        ),
        "CMA-ES": lambda score, seed: search_cma(emodel, score, seed, options.offspring),
        "random": lambda score, seed: search_random(emodel, score, seed, options.offspring),
    }
    rows = []
    for name, search in searches.items():
        for seed in range(options.seeds):
            score = Counted(evaluator, options.evaluations, options.limit)
            began = time.process_time()
            try:
                search(score, seed)
            except Spent:
                pass
            row = {
                "search": name,
                "seed": seed,
                "evaluations": score.n,
                "evaluations_to_limit": score.first,
                "lowest_largest_score": score.lowest,
                "cpu_seconds": round(time.process_time() - began, 2),
            }
            rows.append(row)
            print(json.dumps(row), flush=True)
    return rows


def _work(theta: tuple[float, ...]) -> list[float]:
    return evaluate(ModelRequest(theta)).scores.tolist()


def cpu() -> float:
    """CPU seconds of this process and of all that have ended below it."""
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in parts)


def models_to_time(emodel: EModel, options: argparse.Namespace) -> list[tuple[float, ...]]:
    """Draw them uniformly."""
    low, high = emodel.bounds.T
    draws = np.random.default_rng(options.seed).random((options.timed, len(low)))
    return [tuple(map(float, one)) for one in low + (high - low) * draws]


def peer_speed(emodel: EModel, options: argparse.Namespace) -> dict[str, Any]:
    """Time a BluePyOpt evaluator of the same cell on the same models."""
    from evaluation import Peer

    models = models_to_time(emodel, options)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / emodel.name
        export_emodel(emodel, folder)
        free: SimpleQueue[Peer] = SimpleQueue()
        for _ in range(options.processes):
            free.put(Peer(folder, tables=True))

        def score(theta: tuple[float, ...]) -> float:
            peer = free.get()
            try:
                asked = dict(zip(emodel.free_names, theta, strict=True))
                return float(peer.evaluate(asked)["cpu_seconds"])
            finally:
                free.put(peer)

        began = time.perf_counter()
        with ThreadPoolExecutor(options.processes) as pool:
            used = sum(pool.map(score, models))
        wall = time.perf_counter() - began
        while not free.empty():
            peer = free.get()
            peer.process.stdin.close()
            peer.process.wait()
    return told("BluePyOpt's evaluator (emodel-generalisation)", 0, options, wall, used)


def told(
    pool: str, repeat: int, options: argparse.Namespace, wall: float, used: float
) -> dict[str, Any]:
    """Print and give one row."""
    row = {
        "pool": pool,
        "repeat": repeat,
        "processes": options.processes,
        "models": options.timed,
        "wall_seconds": round(wall, 2),
        "cpu_seconds": round(used, 2),
        "evaluations_per_cpu_second": round(options.timed / used, 3),
    }
    print(json.dumps(row), flush=True)
    return row


def speed(emodel: EModel, spec: EvaluatorSpec, options: argparse.Namespace) -> list[Any]:
    """Time both pools on the same models, start-up included, in alternating order."""
    thetas = models_to_time(emodel, options)

    def ours() -> list[list[float]]:
        with open_pool(spec, options.processes) as pool:
            return [one.scores.tolist() for one in pool.map(evaluate, map(ModelRequest, thetas))]

    def theirs() -> list[list[float]]:
        context = multiprocessing.get_context("spawn")
        with context.Pool(options.processes, initialise, (spec,)) as pool:
            found = pool.map(_work, thetas, chunksize=1)
            pool.close()
            pool.join()
        return found

    rows, results = [], []
    for repeat in range(options.repeats):
        pair = [("ionfo", ours), ("multiprocessing", theirs)]
        for name, run in pair if repeat % 2 == 0 else pair[::-1]:
            wall, used = time.perf_counter(), cpu()
            results.append(run())
            wall, used = time.perf_counter() - wall, cpu() - used
            rows.append(told(name, repeat, options, wall, used))
    assert all(one == results[0] for one in results)  # the same scores, or it is no comparison
    return rows


def main() -> None:
    """Run both parts and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("emodel", nargs="?", default="soma")
    parser.add_argument("--out", type=Path, default=Path("bench_optimise.json"))
    parser.add_argument("--evaluations", type=int, default=4000)
    parser.add_argument("--offspring", type=int, default=32)
    parser.add_argument("--limit", type=float, default=2.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--timed", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peer", action="store_true", help="time emodel-generalisation too")
    options = parser.parse_args()
    emodel = load_emodel(options.emodel)
    spec = evaluator_spec(emodel)
    found: dict[str, Any] = {
        "emodel": options.emodel,
        "limit": options.limit,
        "offspring": options.offspring,
        "machine": platform.processor() or platform.machine(),
        "date": time.strftime("%Y-%m-%d"),
    }
    found["speed"] = speed(emodel, spec, options) if options.repeats else []
    found["peer"] = peer_speed(emodel, options) if options.peer else None
    found["convergence"] = (
        convergence(emodel, Evaluator(spec), options) if options.evaluations else []
    )
    options.out.write_text(json.dumps(found, indent=1) + "\n")
    print(options.out)


if __name__ == "__main__":
    with mistakes_told():
        main()
