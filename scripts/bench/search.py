r"""What it takes from the bounds to the first valid models: evaluations and time of searches.

    ionfo sample l5pc --morphology l5pc_reduced --max-cost 5 --temperature 1 --rounds 5 --steps 60 \
        --seed 61 --moves surrogate:0.8,de:0.2 --out RUN
    python scripts/bench/search.py RUN --morphology l5pc_reduced --below 5 --states 60

For every ensemble, which searches by itself: evaluations up to the one that brought the last of
that many different states below the cost, how many of them ran short protocols only or ended
early, their integrator steps, and CPU seconds by what a step takes now, in models of the run that
are evaluated anew.  The last row tells how many of the first points, which fill the
bounds evenly, were below: what drawing at random takes.  With --beside POPULATION it tells whether
searches have come to its region.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ionfo import read_population
from ionfo.emodels.cell import resolve_morphology
from ionfo.features import combine_cost
from ionfo.sampling import Evaluator, RunStore, evaluator_spec
from ionfo.tables.columns import columns
from ionfo.terminal.output import mistakes_told


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="run folder of `ionfo sample` without --start")
    parser.add_argument("--below", type=float, default=5.0, help="cost of a valid model")
    parser.add_argument("--states", type=int, default=60, help="how many to wait for")
    parser.add_argument("--morphology", type=Path, help="of the run, if not the default one")
    parser.add_argument("--beside", type=Path, help="population whose region to compare")
    parser.add_argument("--timed", type=int, default=8, help="models to evaluate anew")
    args = parser.parse_args()
    store = RunStore(args.run)
    table = store.table("start")
    if table is None:
        raise SystemExit(f"run '{args.run}' holds no search")
    parameters, _, scores = columns(store.emodel)
    is_whole = table[scores].notna().all(axis=1)
    combined = store.settings["settings"]["cost"]  # a search may have gone by another cost
    table.loc[is_whole, "cost"] = [
        combine_cost(one, combined) for one in table.loc[is_whole, scores].to_numpy()
    ]
    whole = table[is_whole]
    timed = whole.sample(min(args.timed, len(whole)), random_state=0)
    path = resolve_morphology(store.emodel, args.morphology)
    per_step = seconds_per_step(store, timed[parameters].to_numpy(np.float64), path)
    rows, spread = [], []
    searches = table[table["ensemble"] >= 0].sort_values(["ensemble", "evaluation"])
    for ensemble, own in searches.groupby("ensemble"):
        is_whole = own[scores].notna().all(axis=1)
        good = own[is_whole & (own["cost"] <= args.below)].drop_duplicates(subset=parameters)
        found = len(good)
        last = (
            good["evaluation"].iloc[min(found, args.states) - 1]
            if found
            else own["evaluation"].max()
        )
        until = own["evaluation"] <= last
        steps = int(own.loc[until, "integrator_steps"].sum())
        rows.append(
            {
                "ensemble": ensemble,
                "states": min(found, args.states),
                "evaluations": int(until.sum()),
                "of them in part": int((until & ~is_whole).sum()),
                "steps": steps,
                "CPU s": steps * per_step,
            }
        )
        spread.append(own[is_whole].head(8)["cost"])
    print(pd.DataFrame(rows).to_string(index=False, float_format="%.0f"))
    total = sum(row["CPU s"] for row in rows)
    print(f"together {sum(row['states'] for row in rows)} states, {total / 3600:.2f} CPU hours, "
          f"{1e6 * per_step:.0f} us a step")  # fmt: skip
    first = np.concatenate(spread)
    print(f"of {len(first)} evenly spread points {np.sum(first <= args.below)} are below "
          f"{args.below:g}, the best {first.min():.1f}")  # fmt: skip
    if args.beside is not None:
        good = whole[(whole["cost"] <= args.below) & (whole["ensemble"] >= 0)]
        good = good.drop_duplicates(subset=parameters)
        compare(good, read_population(args.beside).frame, parameters)


def compare(found: pd.DataFrame, known: pd.DataFrame, parameters: list[str]) -> None:
    """Print whether searches have come to one region, and to that of a population."""
    within = np.sqrt(found.groupby("ensemble")[parameters].var().mean())
    apart = found.groupby("ensemble")[parameters].mean().std() / within
    weight = known["weight"] / known["weight"].sum()
    mean = known[parameters].mul(weight, axis=0).sum()
    sd = np.sqrt((known[parameters] - mean).pow(2).mul(weight, axis=0).sum())
    off, spread = (found[parameters].mean() - mean) / within, within / sd
    print(f"means of the searches differ by {apart.max():.2f} SD at most (SD over searches); from "
          f"the population by {off.abs().max():.2f} SD at most; they spread {spread.median():.2f} "
          "times as wide as it does")  # fmt: skip


def seconds_per_step(store: RunStore, theta: NDArray[np.float64], path: Path) -> float:
    """CPU seconds of an integrator step: models of the run are evaluated anew, alone."""
    evaluate = Evaluator(evaluator_spec(store.emodel, path))
    evaluate(theta[0])
    begun = time.process_time()
    n_steps = sum(evaluate(one).n_steps for one in theta)
    return (time.process_time() - begun) / n_steps


if __name__ == "__main__":
    with mistakes_told():
        main()
