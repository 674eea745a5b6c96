"""How far the greedy search stays from exact extremes; prints a table of docs/how_to/analysis.md.

    python scripts/bench/greedy.py [--variables 20] [--models nandi_exc3_72x40.parquet]

Each system is measured exactly, by the published greedy search (the 100 best multiplets of an
order are extended to the next) and by the wider search of this package.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from ionfo.analysis import (
    correlation_matrix,
    find_extremes,
    greedy_extremes,
    o_information_spectrum,
    unique_rows,
)
from ionfo.terminal.output import mistakes_told


def systems(n: int, seed: int) -> dict[str, np.ndarray]:
    """Make correlation matrices that are easy and hard for a greedy search."""
    rng = np.random.default_rng(seed)
    found = {}
    rows = rng.standard_normal((400, n))
    rows[:, ::3] += 0.7 * rng.standard_normal((400, 1))
    rows[:, 5] += rows[:, 1] + rows[:, 2]
    found["factor, sum of two, 400 rows"] = np.corrcoef(rows.T)
    found["independent, 72 rows"] = np.corrcoef(rng.standard_normal((72, n)).T)
    # synergy that shows only when all seven are together, beside a stronger pair of inputs
    hidden = np.eye(n)
    weights = np.zeros(n)
    weights[:6] = 1.0
    hidden[-1] = weights
    hidden[-1, -1] = 0.05
    hidden[-2, 7:9] = 0.6
    found["sum of six hidden behind a sum of two"] = correlation_of(hidden @ hidden.T)
    factors = rng.standard_normal((n, 3))
    found["three common factors"] = correlation_of(factors @ factors.T + np.eye(n))
    return found


def correlation_of(covariance: np.ndarray) -> np.ndarray:
    """Scale to unit variances."""
    scale = np.sqrt(np.diag(covariance))
    return np.asarray(covariance / np.outer(scale, scale))


def misses(found: np.ndarray, exact: np.ndarray, orders: np.ndarray) -> str:
    """Say at how many orders, and by how much, a search missed."""
    gap = np.abs(found - exact)
    missed = gap > 1e-9
    if not missed.any():
        return f"0 of {len(orders)} orders"
    worst = int(np.argmax(gap))
    return (
        f"{missed.sum()} of {len(orders)} orders, at most {gap[worst]:.4f} nats (order "
        f"{orders[worst]}, {100 * gap[worst] / max(abs(exact[worst]), 1e-12):.1f} %)"
    )


def main() -> None:
    """Print one row per system and side."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variables", type=int, default=20)
    parser.add_argument("--models", type=Path, help="72 cells x 40 models: adds two systems")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    every = systems(options.variables, options.seed)
    if options.models is not None:
        frame = pd.read_parquet(options.models)
        names = [name for name in frame.columns[2:] if not frame[name].isna().any()]
        values = frame[names[: options.variables]].to_numpy(np.float64)
        best = unique_rows(frame["cell_id"], frame["hof_index"])
        every[f"{len(values)} models"] = correlation_matrix(values)
        every[f"{len(best)} models, one a cell"] = correlation_matrix(values[best])
    print("| system | side | greedy search misses | wider search misses |\n|---|---|---|---|")
    for name, correlation in every.items():
        spectrum = o_information_spectrum(correlation, n_extremes=0, fraction=0)
        for side, exact in (("lowest", spectrum.minimum), ("highest", spectrum.maximum)):
            greedy = greedy_extremes(correlation, side=side)
            wide = find_extremes(correlation, side=side, seed=options.seed)
            print(
                f"| {name} | {side} | {misses(greedy.value, exact, spectrum.order)} | "
                f"{misses(wide.value, exact, spectrum.order)} |",
                flush=True,
            )


if __name__ == "__main__":
    with mistakes_told():
        main()
