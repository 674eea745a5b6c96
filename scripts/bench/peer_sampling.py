"""Independent valid models per core-hour: weighted draws of ionfo beside the peer's chain.

    python scripts/bench/peer_sampling.py cac --draws RUN [--proposals 300] [--out CSV]

Both are asked for the same thing: models of one e-model below a cost of 5, counted as independent
ones.

emodel-generalisation (0.2.14) has one Metropolis chain a process, with a Gaussian step of one
size in all directions and exp(-cost/0.5).  Its effective size per proposal is at most J/(4 - J),
where J is the mean squared jump of a parameter in units of its variance: for a reversible chain
the autocorrelation time is at least (1 + r)/(1 - r), r = 1 - J/2 the autocorrelation of one step.
J is measured from models of the bundled population (as if its burn-in were over), the smallest
parameter's by the mean over all, both to its advantage.  Its CPU seconds are those of the package
itself on the proposals, in its own process (make/peer_environment.py).

ionfo's effective size is that of a run of `ionfo sample --sampler importance` (the smaller of its
two), over the evaluations of draws; over those of its rounds of learning too; and over the models
of populations that it learned from besides.  Its CPU seconds are measured on draws of the run
anew, each ended where its weight is known to be zero, in turn with the peer's.

Printed: effective models per 1,000 evaluations, CPU seconds per evaluation, effective models per
core-hour, and what they are over the peer's with an interval: of a bootstrap over states and
evaluations, and of the effective size by the distance of ensembles.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from evaluation import Peer, timed
from numpy.typing import NDArray

from ionfo import read_population
from ionfo.emodels import EModel, bundled_populations, export_emodel, load_emodel
from ionfo.sampling import Evaluator, RunStore, collect, evaluator_spec
from ionfo.sampling.chains.moves import make_moves, parse_moves
from ionfo.terminal.output import mistakes_told

Array = NDArray[np.float64]

PUBLISHED = "isotropic-redraw"
TEMPERATURE = 0.5  # of the peer's workflow
N_BOOTSTRAP = 2000
PER_HOUR = "effective models per core-hour"


def states_of(emodel: EModel, n: int, max_cost: float, seed: int) -> tuple[Array, Array, Array]:
    """States of the bundled population, their costs, and the SDs of all parameters."""
    population = read_population(bundled_populations(emodel.name)[0])
    frame = population.frame[population.frame["cost"] < max_cost]
    weight = frame["weight"].to_numpy(np.float64)
    theta = frame[[f"parameters/{name}" for name in emodel.free_names]].to_numpy(np.float64)
    chosen = np.random.default_rng(seed).choice(len(frame), n, p=weight / weight.sum())
    sd = np.sqrt(np.cov(theta.T, aweights=weight).diagonal())
    return theta[chosen], frame["cost"].to_numpy(np.float64)[chosen], sd


def jumps(
    emodel: EModel, evaluator: Evaluator, n: int, max_cost: float, seed: int
) -> tuple[Array, Array]:
    """Mean squared jump of one proposal from each of n states, shape (n,), and the proposals."""
    theta, cost, sd = states_of(emodel, n, max_cost, seed)
    random = np.random.RandomState(seed)  # noqa: NPY002
    ((move, _),) = make_moves(parse_moves(PUBLISHED), emodel.bounds, 0)
    proposed, _ = move.get_proposal(theta, [theta], random)
    bounds = cost - TEMPERATURE * np.log(random.rand(n))
    squared = np.zeros(n)
    for i in range(n):
        found = evaluator(proposed[i], bounds[i])
        is_accepted = found.rejected_by is None and found.cost < bounds[i]
        squared[i] = is_accepted * np.mean(((proposed[i] - theta[i]) / sd) ** 2)
        if i % 20 == 19:
            print(f"proposal {i + 1} of {n}: {(squared[: i + 1] > 0).mean():.3f} accepted",
                  file=sys.stderr)  # fmt: skip
    return squared, proposed


def seconds_of_both(
    emodel: EModel, evaluator: Evaluator, proposed: Array, draws: Array, max_cost: float
) -> tuple[Array, Array]:
    """CPU seconds of the peer on proposals and of ours on draws, in turn."""
    theirs, ours = [], []
    bound = float(np.nextafter(max_cost, np.inf))
    with tempfile.TemporaryDirectory() as folder:
        cell = Path(folder) / "cell"
        export_emodel(emodel, cell)
        peer = Peer(cell, tables=False)
        for one, other in zip(proposed, draws, strict=True):
            answer = peer.evaluate(dict(zip(emodel.free_names, one.tolist(), strict=True)))
            theirs.append(float(answer["cpu_seconds"]))
            ours.append(timed(evaluator, other, bound)[1])
        assert peer.process.stdin is not None
        peer.process.stdin.close()
        peer.process.wait()
    return np.array(theirs), np.array(ours)


def _row(name: str, each: float, seconds: Array) -> dict[str, Any]:
    return {
        "tool": name, "effective models per 1000 evaluations": 1000 * each,
        "CPU s per evaluation": seconds.mean(), PER_HOUR: 3600 * each / seconds.mean(),
    }  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("emodel", choices=["cac", "bnac"])
    parser.add_argument("--draws", type=Path, required=True, help="run folder")
    parser.add_argument("--max-cost", type=float, default=4.9, help="of the draws")
    parser.add_argument("--proposals", type=int, default=300)
    parser.add_argument("--timed", type=int, default=30, help="evaluations of each that are timed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    emodel = load_emodel(options.emodel)
    evaluator = Evaluator(evaluator_spec(emodel))
    random = np.random.default_rng(options.seed)

    store = RunStore(options.draws)
    worth = collect(store, max_cost=options.max_cost).population.metadata["importance"]
    drawn = store.table("draws")
    assert drawn is not None
    theta = drawn[[f"parameters/{name}" for name in emodel.free_names]].to_numpy(np.float64)
    sizes = [worth["effective_sample_size"], *worth["ess_between_ensembles"]]
    rounds = store.table("start")
    n_rounds = 0 if rounds is None else len(rounds)

    squared, proposed = jumps(emodel, evaluator, options.proposals, 5.0, options.seed)
    at = random.choice(len(theta), options.timed, replace=False)
    theirs, ours = seconds_of_both(
        emodel, evaluator, proposed[: options.timed], theta[at], options.max_cost
    )
    size = min(sizes[0], sizes[1])
    brought = store.settings["settings"]["learn"]
    counts = {
        "draws": worth["n_draws"],
        "draws and rounds": worth["n_draws"] + n_rounds,
        "draws, rounds and what was brought": (
            worth["n_draws"] + n_rounds + (brought["n"] if brought else 0)
        ),
    }
    spread = np.log(sizes[3] / sizes[2]) / (2 * 1.96)  # of the logarithm of the size
    chosen = random.integers(len(squared), size=(N_BOOTSTRAP, len(squared)))
    timed_too = random.integers(options.timed, size=(2, N_BOOTSTRAP, options.timed))
    jump = squared[chosen].mean(axis=1)
    lucky = size * np.exp(spread * random.standard_normal(N_BOOTSTRAP))
    peer_hour = 3600 * jump / (4 - jump) / theirs[timed_too[0]].mean(axis=1)
    our_hour = 3600 * lucky / ours[timed_too[1]].mean(axis=1)
    each = squared.mean() / (4 - squared.mean())
    rows = [_row("emodel-generalisation", each, theirs)]
    for name, n in counts.items():
        row = _row(f"ionfo: {name}", size / n, ours)
        low, high = np.quantile(our_hour / n / np.maximum(peer_hour, 1e-12), [0.025, 0.975])
        rows.append(row | {"over the peer": row[PER_HOUR] / rows[0][PER_HOUR],
                           "from": low, "to": high})  # fmt: skip
    table = pd.DataFrame(rows)
    print(table.to_string(index=False, float_format=lambda x: f"{x:.3g}", na_rep=""))
    print(
        f"{(squared > 0).mean():.1%} of {len(squared)} proposals of the peer's chain are accepted; "
        f"mean squared jump {squared.mean():.2g} of the variance of a parameter"
    )
    if options.out is not None:
        table.to_csv(options.out, index=False)


if __name__ == "__main__":
    with mistakes_told():
        main()
