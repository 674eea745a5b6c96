"""How fast and how good dynamic input conductances are: cost, estimator, round trips, in one run.

    python scripts/bench/dics.py --out dics.csv [--trains 10000] [--cells 256] [--only cost]

CPU seconds of this process.  The targets of the estimator's test are fresh, and so are its cells.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import ionfo
from ionfo.emodels.point import load_point_model, simulate_spikes
from ionfo.features.spike_times import UNITS, describe
from ionfo.sampling.dics import load_estimator
from ionfo.sampling.dics.known import known_trains, lengths_of
from ionfo.sampling.dics.statistics import interval_statistics
from ionfo.sampling.dics.training import disturbed
from ionfo.terminal.output import mistakes_told

ROUND_TRIPS = {"stg": [(4, 5), (-5, 10), (-10, 5), (-18, 14)], "da": [(0.5, 5), (-4, 5)]}
PARTS = ("cost", "estimates", "round trips")
Row = tuple[str, str, float]


def cpu(function: Callable[[], Any], repeats: int = 1) -> float:
    """CPU seconds of a call."""
    began = time.process_time()
    for _ in range(repeats):
        function()
    return (time.process_time() - began) / repeats


def cost(n: int) -> Iterator[Row]:
    """Cost of compensation, reconstruction and simulation, and of NEURON's fixed step."""
    for target in ((4, 5), (-10, 5)):
        ionfo.dics.generate("stg", target, n)
        seconds = cpu(lambda target=target: ionfo.dics.generate("stg", target, n), 20)
        yield f"generate {n} cells at {target}", "CPU ms", 1000 * seconds
    made = ionfo.dics.generate("stg", (-10, 5), 64)
    train = simulate_spikes(made.model, made.conductances[:1], 6000, 3000)[0]
    ionfo.dics.reconstruct(train, "stg", n)
    seconds = cpu(lambda: ionfo.dics.reconstruct(train, "stg", n), 20)
    yield f"reconstruct {n} cells from a train", "CPU ms", 1000 * seconds
    rates = {}
    for step in (0.01, 0.025, 0.05):
        simulate_spikes(made.model, made.conductances[:8], 10, dt=step)
        seconds = cpu(
            lambda step=step: simulate_spikes(made.model, made.conductances, 3000, dt=step)
        )
        rates[step] = 64 * 3 / seconds
        yield f"simulate, step {step} ms", "cell s per CPU s", rates[step]
    for step, rate in neuron_rates(made.conductances[:4]).items():
        yield f"NEURON, fixed step {step} ms", "cell s per CPU s", rate
        yield f"simulate over NEURON, step {step} ms", "times", rates[step] / rate


def neuron_rates(conductances: np.ndarray) -> dict[float, float]:
    """Cell seconds per CPU second of NEURON's fixed step, by the step."""
    from ionfo.emodels import Simulator, load_emodel

    emodel = load_emodel("stg")
    simulator = Simulator(emodel)
    cell = simulator.cell
    fixed = emodel.fixed_values
    found = {}
    for step in (0.025, 0.05):
        cell.h.CVode().active(0)
        cell.h.dt = step
        seconds = 0.0
        for row in conductances:
            cell.set_parameters({**fixed, **dict(zip(emodel.free_names, row, strict=True))})
            cell.h.finitialize(-70)
            seconds += cpu(lambda: cell.h.continuerun(3000))
        found[step] = len(conductances) * 3 / seconds
    simulator.close()
    return found


def estimates(name: str, n: int, seed: int, noisy: float) -> Iterator[Row]:
    """Errors, regimes and coverage of the shipped estimator on fresh trains of fresh targets."""
    model = load_point_model(name)
    estimator = load_estimator(model)
    known = known_trains(model, n, seed, noisy, evenly=True)
    told = "noisy" if noisy else "clean"
    generator = np.random.default_rng(seed)
    kinds = {
        told: known.trains,
        f"{told}, disturbed": [disturbed(t, generator) for t in known.trains],
        f"{told}, 20 % of spikes missing": [disturbed(t, generator, 0.2) for t in known.trains],
    }
    regimes = np.array([describe(train).regime for train in known.trains])
    for kind, trains in kinds.items():
        long = np.array([len(train) >= 3 for train in trains])
        rows = np.array([interval_statistics(t) for t, ok in zip(trains, long, strict=True) if ok])
        found, targets = estimator.of_statistics(rows), known.targets[long]
        errors = np.abs(np.array([one.density.mean for one in found]) - targets)
        levels = np.array([one.density.level(t)[0] for one, t in zip(found, targets, strict=True)])
        bursting = regimes[long] == "bursting"
        right = np.array([one.regime for one in found]) == regimes[long]
        head = f"{name} {kind}:"
        yield f"{head} trains", "1", len(rows)
        yield f"{head} regime right", "%", 100 * right.mean()
        for of, chosen in (("bursting", bursting), ("all", np.ones_like(bursting))):
            yield f"{head} error of g_s, {of}", "1", errors[chosen, 0].mean()
            yield f"{head} error of g_u, {of}", "1", errors[chosen, 1].mean()
        for probability in (0.5, 0.9):
            held = 100 * (levels <= probability).mean()
            yield f"{head} regions of {probability:.0%} hold", "%", held


def published(file: Path) -> Iterator[Row]:
    """Predictions of the published network for five trains, beside ours."""
    rows = json.loads(file.read_text())["rows"]
    found = load_estimator(load_point_model("stg")).estimates([one["spikes"] for one in rows])
    for one, ours in zip(rows, found, strict=True):
        head = f"example train {one['id']}:"
        theirs = "regular" if one["logits"][0] > one["logits"][1] else "bursting"
        yield f"{head} same regime as the network", "1", float(ours.regime == theirs)
        for i, of in enumerate(("g_s", "g_u")):
            yield f"{head} {of}, network", "1", one[of]
            yield f"{head} {of}, ours", "1", ours.density.mean[i]
            yield f"{head} {of}, our SD", "1", ours.density.sd[i]


def round_trip(name: str, target: tuple[float, float], n: int) -> Iterator[Row]:
    """Medians of descriptors of cells, and of the cells reconstructed from their trains."""
    made = ionfo.dics.generate(name, target, n, seed=4)
    end, discard = lengths_of(made.model)
    trains = simulate_spikes(made.model, made.conductances, end, discard, dt=0.025)
    trains = [train for train in trains if len(train) >= 3]
    again = ionfo.dics.reconstruct(trains, name, 1, seed=9)
    rows = np.concatenate([one.conductances for one in again.populations])
    out = simulate_spikes(made.model, rows, end, discard, dt=0.025)
    before, after = (pd.DataFrame([describe(t).numbers() for t in some]) for some in (trains, out))
    for column in (c for c in UNITS if before[c].notna().any() and after[c].notna().any()):
        one, other = before[column].median(), after[column].median()
        if column != "cv":
            yield (
                f"round trip {name} {target}: median {column}",
                "change %",
                100 * (other / one - 1),
            )


def main() -> None:
    """Measure, and write a row a figure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help=".csv")
    parser.add_argument("--trains", type=int, default=10_000, help="fresh trains of each kind")
    parser.add_argument("--cells", type=int, default=256)
    parser.add_argument("--seed", type=int, default=2024)
    parser.add_argument("--model", choices=sorted(ROUND_TRIPS), help="default both")
    parser.add_argument("--only", choices=PARTS, help="default all")
    parser.add_argument("--network", type=Path, help="dic_network.json: published predictions")
    options = parser.parse_args()
    wanted = PARTS if options.only is None else (options.only,)
    rows: list[Row] = []
    if "cost" in wanted:
        rows += list(cost(options.cells))
    for name in ROUND_TRIPS if options.model is None else (options.model,):
        if "estimates" in wanted:
            for noisy in (0.0, 1.0):
                rows += estimates(name, options.trains, options.seed, noisy)
        if "round trips" in wanted:
            for target in ROUND_TRIPS[name]:
                rows += round_trip(name, target, options.cells)
    if options.network is not None:
        rows += published(options.network)
    frame = pd.DataFrame(rows, columns=["what", "unit", "value"])
    frame.to_csv(options.out, index=False, float_format="%.4g")
    print(frame.to_string(index=False, float_format="%.4g"))


if __name__ == "__main__":
    with mistakes_told():
        main()
