"""Cells of `stg` by compensation beside cells by MCMC that burst alike: what each says.

    python scripts/study/dics_beside_mcmc.py --out dics_beside_mcmc.png   # about two minutes

Cells of one (g_s, g_u), whose targets have an SD, are simulated; means and SDs of their descriptors
are the targets of an MCMC over the conductances, with the same simulator.  Prints a table of both
populations and draws them: conductances, feedback at threshold, O-information by order.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import emcee
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

import ionfo
from ionfo.analysis import o_information, wishart_bias
from ionfo.analysis.figures.colours import BLUE, ORANGE
from ionfo.analysis.figures.style import Figure
from ionfo.emodels.point import dynamic_input_conductances, load_point_model, simulate_spikes
from ionfo.features.spike_times import describe
from ionfo.terminal.output import mistakes_told

Array = NDArray[np.float64]

STG = load_point_model("stg")
TARGET, TARGET_SD = (-10.0, 5.0), 0.5
DURATION, DISCARD, STEP = 3500.0, 1000.0, 0.05  # ms
HIGHEST = np.array([12_000, 350, 12, 100, 300, 800, 1.0, 0.02])  # mS/cm2, in the order of stg
LOWEST = np.array([0, 0, 0, 0, 0, 0, 0, 0.005])
DESCRIPTORS = (
    "spikes_per_burst",
    "burst_duration",
    "intra_burst_frequency",
    "inter_burst_frequency",
)
TEMPERATURE = 1.0


def descriptors_of(cells: Array) -> Array:
    """Descriptors of the trains of cells; NaN where there is none, shape (n, n_descriptors)."""
    trains = simulate_spikes(STG, cells, DURATION, DISCARD, dt=STEP)
    told = [describe(train).numbers() for train in trains]
    return np.array([[one[name] for name in DESCRIPTORS] for one in told])


def sample(start: Array, mean: Array, sd: Array, steps: int, seed: int) -> tuple[Array, float]:
    """Sample conductances whose descriptors are as given: the second half, and acceptance."""

    def log_prob(rows: Array) -> Array:
        found = np.full(len(rows), -np.inf)
        inside = ((rows >= LOWEST) & (rows <= HIGHEST)).all(axis=1)
        if inside.any():
            away = np.abs(descriptors_of(rows[inside]) - mean) / sd
            cost = np.where(np.isfinite(away), away, 250).max(axis=1)
            found[inside] = -cost / TEMPERATURE
        return found

    moves = [(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.2)]
    chain = emcee.EnsembleSampler(*start.shape, log_prob, moves=moves, vectorize=True)
    chain.random_state = np.random.RandomState(seed).get_state()
    chain.run_mcmc(start, steps)
    return chain.get_chain(
        discard=steps // 2, thin=min(5, steps // 2), flat=True
    ), chain.acceptance_fraction.mean()


def o_by_order(cells: Array, size: float) -> Iterator[tuple[int, float, float, float]]:
    """Lowest, mean and highest O-information of each order, less the bias at an effective size."""
    correlation = np.corrcoef(cells.T)
    for order in range(3, cells.shape[1] + 1):
        some = [np.ix_(one, one) for one in combinations(range(cells.shape[1]), order)]
        found = np.array([float(o_information(correlation[one])) for one in some])
        bias = wishart_bias("o_information", np.array([order]), size - 1)[0]
        yield (
            order,
            *(float(x) for x in (found.min() - bias, found.mean() - bias, found.max() - bias)),
        )


def draw(populations: dict[str, tuple[Array, float]], out: Path) -> None:
    """Draw conductances, feedback and O-information of both."""
    figure = Figure(figsize=(10.5, 3.4), layout="constrained")
    axes: list[Axes] = list(figure.subplots(1, 3))
    for (name, (cells, size)), colour in zip(populations.items(), (BLUE, ORANGE), strict=True):
        some = cells[:: max(1, len(cells) // 400)]
        axes[0].plot(some[:, 3], some[:, 5], ".", ms=3, color=colour, alpha=0.6, label=name)
        feedback = dynamic_input_conductances(STG, some, STG.rules().threshold_voltage)
        axes[1].plot(feedback[:, 1], feedback[:, 2], ".", ms=3, color=colour, alpha=0.6)
        curve = np.array(list(o_by_order(cells, size)))
        axes[2].plot(curve[:, 0], curve[:, 2], "o-", ms=4, color=colour)
        axes[2].fill_between(curve[:, 0], curve[:, 1], curve[:, 3], color=colour, alpha=0.2, lw=0)
    axes[0].set(xlabel="CaS (mS/cm²)", ylabel="A (mS/cm²)")
    axes[1].set(xlabel="g_s at -51 mV", ylabel="g_u at -51 mV")
    axes[2].set(xlabel="order", ylabel="O-information (nats)")
    axes[2].axhline(0, color="black", lw=0.5)
    axes[0].legend(fontsize=8, frameon=False)
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
    figure.savefig(out, dpi=130)


def main() -> None:
    """Make both populations, print a table and draw them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help=".png")
    parser.add_argument("--walkers", type=int, default=64)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    made = ionfo.dics.generate(
        STG, TARGET, max(400, options.walkers), target_sd=TARGET_SD, seed=options.seed
    )
    cells = made.conductances
    described = descriptors_of(cells)
    mean, sd = np.nanmean(described, axis=0), np.nanstd(described, axis=0)
    start = np.clip(cells[: options.walkers], LOWEST, HIGHEST)
    chain, accepted = sample(start, mean, sd, options.steps, options.seed)
    populations = {
        "compensation": (cells, float(len(cells))),
        "MCMC": (chain, float(options.walkers)),  # rows of a walker hang together
    }
    rows = []
    for name, (some, size) in populations.items():
        feedback = dynamic_input_conductances(STG, some, STG.rules().threshold_voltage)
        row = {"population": name, "cells": len(some)}
        cv = some.std(axis=0) / some.mean(axis=0)
        row |= {f"{c} CV": v for c, v in zip(STG.conductance_names, cv, strict=True)}
        row |= {"g_s SD": feedback[:, 1].std(), "g_u SD": feedback[:, 2].std()}
        row["O-information of all (nats)"] = list(o_by_order(some, size))[-1][2]
        rows.append(row)
    print(pd.DataFrame(rows).set_index("population").T.to_string(float_format="%.3g"))
    print(f"acceptance of the MCMC {accepted:.2f}")
    draw(populations, options.out)


if __name__ == "__main__":
    with mistakes_told():
        main()
