"""What ensembles that lie apart do to verdicts: false alarms, degrees of freedom, coverage.

    python scripts/study/offset_ensembles.py             # about five minutes
    python scripts/study/offset_ensembles.py --repeats 20

Independent variables, in four ensembles of autoregressive walkers whose means lie apart by chance,
with SDs of 0, 0.1 and 0.3 of a variable's.  Nothing depends on anything, so that every pair found
and every O-information beyond its shuffles is false.  The table tells, for walkers taken as
independent (as before) and for ensembles known (now):

- the share of samples whose minimum or maximum lies beyond its shuffles at some order (two tests of
  5 %, so that 10 % are due),
- the share of pairs that are significant before adjustment (5 % are due),
- the degrees of freedom, beside the truth from the scatter of correlations over the repeats,
- how often the 95 % band of the mean over multiplets holds zero.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ionfo.analysis import Design, Passes, Question, Sample, pairwise_information, wishart_bias
from ionfo.analysis.multiplets.questions import STATISTICS
from ionfo.analysis.multiplets.spectrum import usable_cores
from ionfo.analysis.uncertainty.bands import null_of, subsample_bands
from ionfo.terminal.output import mistakes_told

Array = NDArray[np.float64]

N_ENSEMBLES, N_WALKERS, N_STEPS, N_VARIABLES, TAU = 4, 44, 40, 8, 9.0
N_SHUFFLES, N_REPLICATES = 60, 30
MIN, MEAN, MAX = (STATISTICS.index(one) for one in ("min", "mean", "max"))


def offset_sample(rng: np.random.Generator, offset: float) -> Sample:
    """Independent variables in ensembles whose means lie apart."""
    a = (TAU - 1) / (TAU + 1)
    n = N_ENSEMBLES * N_WALKERS
    chain = np.empty((N_STEPS, n, N_VARIABLES))
    chain[0] = rng.standard_normal(chain.shape[1:])
    for i in range(1, N_STEPS):
        chain[i] = a * chain[i - 1] + np.sqrt(1 - a * a) * rng.standard_normal(chain.shape[1:])
    home = np.repeat(np.arange(N_ENSEMBLES), N_WALKERS)
    chain += offset * rng.standard_normal((N_ENSEMBLES, N_VARIABLES))[home]
    return Sample(
        chain.reshape(-1, N_VARIABLES),
        np.ones(N_STEPS * n),
        np.tile(np.arange(n), N_STEPS),
        np.repeat(np.arange(N_STEPS), n),
        np.tile(home, N_STEPS),
    )


def one_repeat(offset: float, seed: int) -> dict[str, list[float]]:
    """Judge one sample both ways: beyond shuffles, pairs, degrees of freedom, coverage."""
    rng = np.random.default_rng([seed, round(100 * offset)])
    known = offset_sample(rng, offset)
    question = Question("o_information", tuple(range(N_VARIABLES)))
    design = Design(True)
    upper = np.triu_indices(N_VARIABLES, 1)
    found = {"r2": [float(np.mean(np.corrcoef(known.values.T)[upper] ** 2))]}
    for name, sample in (("walkers", replace(known, ensemble=None)), ("ensembles", known)):
        rows = sample.thinned(np.random.default_rng([seed, 17]))
        passes = Passes(sample, rows, "gaussian", (question,), design, seed)
        shuffled = [passes.run("shuffle", i)[0] for i in range(N_SHUFFLES)]
        null = null_of(question, passes.observed()[0], shuffled, len(rows))
        beyond = (null.p_adjusted[:, [MIN, MAX]] <= 0.05).any()
        pairs = pairwise_information(sample.values[rows], estimator="gaussian")
        whole = design.curve(
            question.measure(passes.correlation(question, sample)), question.orders
        )
        corrected = whole - wishart_bias(question.name, question.orders, sample.nu)[:, None]
        replicates = [passes.run("subsample", i)[0] for i in range(N_REPLICATES)]
        bands = subsample_bands(
            question, corrected, replicates, passes.fraction, passes.nu("subsample"),
            len(passes.blocks),
        )  # fmt: skip
        low, high = bands.confidence_low[:, MEAN], bands.confidence_high[:, MEAN]
        found[name] = [
            float(beyond),
            float(np.mean(pairs.p[upper] <= 0.05)),
            sample.nu,
            float(np.mean((low <= 0) & (high >= 0))),
        ]
    return found


def table(repeats: int, seed: int) -> list[str]:
    """One row for each offset and way of judging."""
    lines = [
        "| offset, SD | judged by | beyond its shuffles | pairs, p <= 0.05 | nu | nu, truth | "
        "band of the mean holds 0 |",
        "|---|---|---|---|---|---|---|",
    ]
    with ProcessPoolExecutor(usable_cores()) as pool:
        for offset in (0.0, 0.1, 0.3):
            seeds = range(seed, seed + repeats)
            found = list(pool.map(partial(one_repeat, offset), seeds))
            truth = 1 / np.mean([one["r2"][0] for one in found])
            for name in ("walkers", "ensembles"):
                beyond, pairs, _, held = np.mean([one[name] for one in found], axis=0)
                nu = 1 / np.mean([1 / one[name][2] for one in found])
                lines.append(
                    f"| {offset} | {name} | {beyond:.0%} | {pairs:.1%} | {nu:.0f} | {truth:.0f} | "
                    f"{held:.0%} |"
                )
    return lines


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    print("\n".join(table(asked.repeats, asked.seed)))


if __name__ == "__main__":
    with mistakes_told():
        main()
