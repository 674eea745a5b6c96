r"""Do a corrected posterior and a chain agree?  Means, SDs and O-information of both.

    ionfo infer simulate soma --n 13000 --seed 1 --out simulations
    ionfo infer train simulations --noise 6 --noise-of targets --epochs 30 --seed 1 \
        --out posterior.npz
    ionfo infer posterior targets --estimator posterior.npz --n 2500 --seed 6 --correct weights \
        --to chain --temperature 2 --max-cost 10 --out corrected.parquet
    ionfo sample soma --temperature 2 --max-cost 10 --start reference --start-spread 0.05 \
        --moves surrogate:0.8,de:0.2 --rounds 3 --steps 100 --seed 2 --out chain
    python scripts/study/posterior_and_chain.py corrected.parquet chain

A table of the parameters: means and SDs of both, and their differences in standard errors, which
stand on the effective size of each; then the O-information of all parameters, less its bias.
Errors of SDs and O-information are those of as many rows, drawn by their weights, as are effective.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ionfo import read_population
from ionfo.analysis import o_information, wishart_bias
from ionfo.sampling import RunStore, collect
from ionfo.tables.matrix import worth_of
from ionfo.tables.population import Population
from ionfo.terminal.output import mistakes_told

Array = NDArray[np.float64]

N_RESAMPLES = 500


@dataclass(frozen=True)
class Sample:
    """Rows of parameters with their weights and effective number."""

    theta: Array
    weight: Array
    size: float

    def drawn(self, random: np.random.Generator) -> Array:
        """As many rows as are effective, drawn by their weights."""
        rows = random.choice(
            len(self.theta), int(self.size), p=self.weight / self.weight.sum(), replace=True
        )
        found: Array = self.theta[rows]
        return found


def moments(theta: Array, weight: Array) -> tuple[Array, Array, float]:
    """Means, SDs and O-information (nats) of weighted rows."""
    mean = np.average(theta, axis=0, weights=weight)
    covariance = np.cov(theta.T, aweights=weight)
    sd = np.sqrt(np.diag(covariance))
    return mean, sd, float(o_information(covariance / np.outer(sd, sd)))


def with_errors(sample: Sample, seed: int) -> tuple[Array, Array, float, Array, Array, float]:
    """Moments of a sample, less the bias of O-information, and their standard errors."""
    random = np.random.default_rng(seed)
    mean, sd, omega = moments(sample.theta, sample.weight)
    again = []
    for _ in range(N_RESAMPLES):
        rows = sample.drawn(random)
        again.append(moments(rows, np.ones(len(rows))))
    n = sample.theta.shape[1]
    omega -= float(wishart_bias("o_information", np.array([n]), sample.size - 1)[0])
    errors = [np.std([one[i] for one in again], axis=0) for i in range(3)]
    return mean, sd, omega, errors[0], errors[1], float(errors[2])


def of_population(population: Population, names: Sequence[str], size: float) -> Sample:
    """Take the parameters of a population."""
    frame = population.frame
    theta = frame[[f"parameters/{name}" for name in names]].to_numpy(np.float64)
    return Sample(theta, frame["weight"].to_numpy(np.float64), size)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corrected", type=Path)
    parser.add_argument("chain", type=Path, help="run folder")
    options = parser.parse_args(arguments)
    corrected = read_population(options.corrected)
    names = list(corrected.parameters)
    collected = collect(RunStore(options.chain))
    quality = collected.quality
    size = float(quality.parameters["ess"].min())
    if quality.ess_between is not None:
        size = min(size, quality.ess_between[0])
    one = of_population(corrected, names, worth_of(corrected.metadata))
    other = of_population(collected.population, names, size)
    print(
        f"effective sizes: corrected {one.size:.0f} (Pareto k "
        f"{corrected.metadata['importance']['pareto_k']:.2f}), chain {other.size:.0f} (largest "
        f"R-hat {quality.parameters['r_hat'].max():.3f})"
    )
    first, second = with_errors(one, 1), with_errors(other, 2)
    table = pd.DataFrame(
        {
            "parameter": names, "mean": first[0], "of the chain": second[0],
            "in errors": (first[0] - second[0]) / np.hypot(first[3], second[3]),
            "SD": first[1], "its, of the chain": second[1],
            "SD in errors": (first[1] - second[1]) / np.hypot(first[4], second[4]),
        }
    )  # fmt: skip
    print(table.to_string(index=False, float_format=lambda x: f"{x:.3g}"))
    away = (first[2] - second[2]) / np.hypot(first[5], second[5])
    print(
        f"O-information of all: {first[2]:.3f} +- {first[5]:.3f} corrected, {second[2]:.3f} +- "
        f"{second[5]:.3f} of the chain: {away:+.1f} errors"
    )


if __name__ == "__main__":
    with mistakes_told():
        main()
