"""Power and false alarms of the test for drift, and its verdict on the bundled populations.

    python scripts/study/stationarity.py                 # about three minutes
    python scripts/study/stationarity.py --repeats 10

prints two tables.  First, how often chains are said to drift: autoregressive walkers in four
ensembles with a known autocorrelation time, whose mean or SD moves linearly by a known amount over
the chain; without drift the share is that of false alarms, of which 5 % are allowed.  R-hat of the
same chains stands beside it.  Second, every bundled population: the verdict, the root mean square
of the t statistics of the means (about 1 without drift) and what moves most.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ionfo.analysis.uncertainty.stationarity import HeldStates, stationarity
from ionfo.emodels.definition import POPULATIONS
from ionfo.sampling.runs.diagnostics import diagnose
from ionfo.tables.matrix import read_analysis_table
from ionfo.tables.population_files import list_populations
from ionfo.terminal.output import mistakes_told

Array = NDArray[np.float64]

CASES = (
    (0.0, 0.0, "none"), (0.5, 0.0, "mean by 0.5 SD"), (1.0, 0.0, "mean by 1 SD"),
    (0.0, 0.5, "SD from 1 to 1.5"),
)  # fmt: skip
N_ENSEMBLES, N_WALKERS, N_PARAMETERS = 4, 44, 20


def chains_of(
    rng: np.random.Generator, n_steps: int, tau: float, mean: float, spread: float
) -> list[Array]:
    """Ensembles of autoregressive walkers; a quarter of the parameters drifts."""
    a = (tau - 1) / (tau + 1)
    ramp = np.linspace(0.0, 1.0, n_steps)[:, None]
    n_moving = N_PARAMETERS // 4
    found = []
    for _ in range(N_ENSEMBLES):
        chain = np.empty((n_steps, N_WALKERS, N_PARAMETERS))
        chain[0] = rng.standard_normal(chain.shape[1:])
        for i in range(1, n_steps):
            noise = rng.standard_normal(chain.shape[1:])
            chain[i] = a * chain[i - 1] + np.sqrt(1 - a * a) * noise
        chain[:, :, :n_moving] *= 1.0 + spread * ramp[:, :, None]
        chain[:, :, :n_moving] += mean * ramp[:, :, None]
        found.append(chain)
    return found


def power_table(repeats: int, seed: int) -> list[str]:
    """One row for each drift and length."""
    rng = np.random.default_rng(seed)
    lines = [
        "| drift of 5 of 20 parameters | steps | tau | said to drift | still settling | "
        "largest R-hat |",
        "|---|---|---|---|---|---|",
    ]
    for mean, spread, words in CASES:
        for n_steps, tau in ((30, 20.0), (60, 20.0), (200, 20.0)):
            verdicts, r_hats = [], []
            for _ in range(repeats):
                chains = chains_of(rng, n_steps, tau, mean, spread)
                verdicts.append(stationarity(HeldStates.of_chains(chains)).verdict)
                r_hats.append(float(np.nanmax(diagnose(chains).r_hat)))
            said = np.mean([one != "settled" for one in verdicts])
            still = np.mean([one == "still settling" for one in verdicts])
            lines.append(
                f"| {words} | {n_steps} | {tau:.0f} | {said:.0%} | {still:.0%} | "
                f"{np.median(r_hats):.3f} |"
            )
    return lines


def population_table(folder: Path) -> list[str]:
    """One row for each population."""
    lines = [
        "| population | proposals | verdict | t (rms) | moves most, in SD |",
        "|---|---|---|---|---|",
    ]
    for file in list_populations(folder):
        table = read_analysis_table(file, [])
        if table.step is None:
            continue  # independent draws
        assert table.step is not None and table.walker is not None and table.ensemble is not None
        begin = table.step.astype(np.float64)
        states = HeldStates(
            table.parameters, begin, begin + table.weights, table.walker, table.ensemble
        )
        found = stationarity(states)
        if found.whole is None:
            lines.append(f"| `{file.stem}` | | not tested | | |")
            continue
        first, last = states.span
        settled = "" if found.settled_from is None else f" (from proposal {found.settled_from:.0f})"
        moving = [
            f"{table.parameter_names[i]} {found.whole.mean[i]:+.2f}" for i in found.whole.moving
        ]
        most = ", ".join(moving[:3]) or "none alone"
        most += f" and {len(moving) - 3} more" if len(moving) > 3 else ""
        lines.append(
            f"| `{file.stem}` | {first:.0f} to {last:.0f} | {found.verdict}{settled} | "
            f"{found.whole.root_mean_square_t:.2f} | {most} |"
        )
    return lines


def main(arguments: list[str] | None = None) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--populations", type=Path, default=POPULATIONS)
    asked = parser.parse_args(arguments)
    print("\n".join([*power_table(asked.repeats, asked.seed), ""]))
    print("\n".join(population_table(asked.populations)))


if __name__ == "__main__":
    with mistakes_told():
        main()
