"""Compare the cost of an L5 pyramidal cell evaluation with that of emodel-generalisation.

Both tools evaluate the very same cell (`ionfo export`) in turn, set by set, in one process each,
without process isolation.  CPU seconds are user and system time; the ratio is taken pair by
pair.  The other tool is measured with the exact rates of the published mechanisms unless
--peer-tables; its environment is built by make/peer_environment.py when it is not there.

    python scripts/bench/evaluation.py MORPHOLOGY.asc [--sets 10] [--proposals 100] [--json OUT]
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ionfo.analysis.cells.neighbours import neighbours
from ionfo.emodels import export_emodel, load_emodel
from ionfo.sampling import Evaluation, Evaluator, evaluator_spec
from ionfo.terminal.output import mistakes_told

SCRIPTS = Path(__file__).resolve().parents[1]


class Peer:
    """A living worker of the other tool."""

    def __init__(self, folder: Path, tables: bool) -> None:
        make = [sys.executable, SCRIPTS / "make" / "peer_environment.py"]
        python = subprocess.run(make, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        command = [python, SCRIPTS / "peers" / "emodel_generalisation.py", folder]
        if not tables:
            command.append("--exact-rates")
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True,
        )  # fmt: skip
        self.read()

    def read(self) -> dict[str, Any]:
        """Read one answer."""
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def evaluate(self, parameters: dict[str, float]) -> dict[str, Any]:
        """Evaluate one parameter set."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(parameters) + "\n")
        self.process.stdin.flush()
        return self.read()


def timed(
    evaluator: Evaluator, theta: NDArray[np.float64], bound: float
) -> tuple[Evaluation, float]:
    """Evaluate and measure CPU seconds."""
    began = time.process_time()
    evaluation = evaluator(theta, bound)
    return evaluation, time.process_time() - began


def full_evaluations(
    evaluator: Evaluator, folder: Path, n_sets: int, seed: int, tables: bool
) -> tuple[list[str], dict[str, Any], float]:
    """Evaluate the same sets with both tools in turn."""
    emodel = evaluator.emodel
    assert emodel.reference is not None
    reference = [emodel.reference[name] for name in emodel.free_names]
    peer = Peer(folder, tables)
    rows, ratios, away, theirs = [], [], [], []
    for i, theta in enumerate(neighbours(reference, emodel.bounds, n_sets, seed)):
        other = peer.evaluate(dict(zip(emodel.free_names, theta.tolist(), strict=True)))
        ours, seconds = timed(evaluator, theta, np.inf)
        difference = np.abs(ours.scores - [other["scores"][name] for name in emodel.feature_names])
        away.append(difference)
        ratios.append(other["cpu_seconds"] / seconds)
        theirs.append(other["cpu_seconds"])
        worst = int(difference.argmax())
        rows.append(
            f"{i:3d} {other['cpu_seconds']:8.2f} {seconds:7.2f} {ratios[-1]:6.2f}  "
            f"{other['n_steps'] or 0:7d} {ours.n_steps:6d}  {ours.cost:7.3f}  "
            f"{(difference < 0.1).sum():2d}/{len(difference)}  {difference.max():.4f} "
            f"{emodel.feature_names[worst]}"
        )
        print(rows[-1], flush=True)
    low, middle, high = np.percentile(ratios, [25, 50, 75])
    within = float((np.array(away) < 0.1).mean())
    print(
        f"ratio: median {middle:.2f} (quartiles {low:.2f} to {high:.2f}, {min(ratios):.2f} to "
        f"{max(ratios):.2f}); {within:.1%} of scores within 0.1"
    )
    result = {"ratio_median": middle, "ratios": ratios, "scores_within_0.1": within}
    return rows, result, float(np.median(theirs))


def proposals(
    evaluator: Evaluator, states: NDArray[np.float64], n: int, seed: int, temperature: float
) -> dict[str, Any]:
    """Evaluate stretch-move proposals from a set of states at their bounds.

    The bound of a proposal is ``cost - T (ln u - (d - 1) ln z)`` with the cost of its state.
    """
    emodel = evaluator.emodel
    low, high = emodel.bounds.T
    rng = np.random.default_rng(seed)
    costs = [evaluator(state).cost for state in states]
    print(f"states: {len(states)}, cost {min(costs):.2f} to {max(costs):.2f}")
    seconds, steps, by, n_outside, n_done = [], [], {}, 0, 0
    while n_done < n:
        i, j = rng.choice(len(states), 2, replace=False)
        z = (rng.random() + 1.0) ** 2 / 2.0  # emcee's g(z) with a = 2
        u = rng.random()
        proposal = states[j] + z * (states[i] - states[j])
        if np.any((proposal < low) | (proposal > high)):
            n_outside += 1
            continue
        bound = costs[i] - temperature * (np.log(u) - (len(low) - 1) * np.log(z))
        evaluation, taken = timed(evaluator, proposal, bound)
        seconds.append(taken)
        steps.append(evaluation.n_steps)
        name = evaluation.rejected_by or "accepted"
        by[name] = by.get(name, 0) + 1
        n_done += 1
    print(f"{n} proposals inside the bounds ({n_outside} outside cost nothing): mean "
          f"{np.mean(seconds):.2f} CPU s, median {np.median(seconds):.2f}, {np.mean(steps):.0f} "
          f"steps; {by}")  # fmt: skip
    return {"cpu_seconds_mean": float(np.mean(seconds)), "steps_mean": float(np.mean(steps)),
            "ended_by": by, "n_outside": n_outside}  # fmt: skip


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("morphology", type=Path)
    parser.add_argument("--sets", type=int, default=10)
    parser.add_argument("--proposals", type=int, default=100)
    parser.add_argument("--states", type=Path, help="population of valid states (.parquet)")
    parser.add_argument("--temperature", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peer-tables", action="store_true", help="our tables for both tools")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()

    emodel = load_emodel("l5pc")
    evaluator = Evaluator(evaluator_spec(emodel, arguments.morphology))
    print(f"# {date.today()} {platform.machine()} {platform.python_version()}")
    print("set  peer s  ours s  ratio  peer steps  ours   cost  within 0.1  largest difference")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "l5pc"
        export_emodel(emodel, folder, arguments.morphology)
        _, result, stock = full_evaluations(
            evaluator, folder, arguments.sets, arguments.seed, arguments.peer_tables
        )
    if arguments.states is not None and arguments.proposals:
        from ionfo.sampling import read_models

        states = read_models(arguments.states, emodel).theta
        rejected = proposals(
            evaluator, states, arguments.proposals, arguments.seed, arguments.temperature
        )
        rejected["ratio"] = stock / rejected["cpu_seconds_mean"]
        print(f"a proposal costs 1/{rejected['ratio']:.1f} of a stock evaluation (median)")
        result["proposals"] = rejected
    soma = load_emodel("soma")
    small = Evaluator(evaluator_spec(soma))
    assert soma.reference is not None
    reference = [soma.reference[name] for name in soma.free_names]
    thetas = neighbours(reference, soma.bounds, 20, arguments.seed)
    taken = [timed(small, theta, np.inf) for theta in [*thetas, *thetas, *thetas]][20:]
    result["soma_cpu_ms"] = 1e3 * float(np.median([seconds for _, seconds in taken]))
    steps = np.mean([evaluation.n_steps for evaluation, _ in taken])
    print(f"soma: median {result['soma_cpu_ms']:.1f} CPU ms, {steps:.0f} steps")
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    with mistakes_told():
        main()
