"""What it takes from the bounds to the first valid models: evaluations and time of searches.

    ionfo sample l5pc --morphology l5pc_reduced --max-cost 5 --out RUN
    python scripts/bench/search.py RUN --below 5 --states 60

For every ensemble, which searches by itself: evaluations up to the one that brought the last of
that many different states below the cost, how many of them ran short protocols only or ended
early, their integrator steps, and busy seconds of workers (CPU time, where each has a core) by the
time that a step took in this run.  The last row tells how many of the first points, which fill the
bounds evenly, were below: what drawing at random takes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from ionfo.sampling import RunStore
from ionfo.tables.columns import columns


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="run folder of `ionfo sample` without --start")
    parser.add_argument("--below", type=float, default=5.0, help="cost of a valid model")
    parser.add_argument("--states", type=int, default=60, help="how many to wait for")
    args = parser.parse_args()
    store = RunStore(args.run)
    table = store.table("start")
    if table is None:
        raise SystemExit(f"run '{args.run}' holds no search")
    parameters, _, scores = columns(store.emodel)
    per_step = seconds_per_step(store)
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
                "worker s": round(steps * per_step),
            }
        )
        spread.append(own[is_whole].head(8)["cost"])
    print(pd.DataFrame(rows).to_string(index=False))
    total = sum(row["worker s"] for row in rows)
    print(f"together {sum(row['states'] for row in rows)} states, {total / 3600:.2f} worker hours, "
          f"{1e6 * per_step:.0f} us a step")  # fmt: skip
    first = np.concatenate(spread)
    print(f"of {len(first)} evenly spread points {np.sum(first <= args.below)} are below "
          f"{args.below:g}, the best {first.min():.1f}")  # fmt: skip


def seconds_per_step(store: RunStore) -> float:
    """Busy seconds of workers for an integrator step, over all sessions."""
    busy = last = 0.0
    n_done = n_last = 0
    for entry in store.read_log():
        if entry.get("event") == "start":
            busy, n_done, last, n_last = busy + last, n_done + n_last, 0.0, 0
        last, n_last = entry.get("busy_seconds", last), entry.get("evaluations", n_last)
    busy, n_done = busy + last, n_done + n_last
    tables = [t for kind in ("start", "draws") if (t := store.table(kind)) is not None]
    evaluated = pd.concat(tables)
    # sessions also replay nothing, so busy time belongs to what they evaluated themselves
    return busy / n_done / float(evaluated["integrator_steps"].mean())


if __name__ == "__main__":
    main()
