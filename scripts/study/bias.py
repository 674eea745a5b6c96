"""Bias and coverage on samples of a known Gaussian; prints the tables of docs/learn/measures.md.

    python scripts/study/bias.py            # about ten minutes on one core
    python scripts/study/bias.py --repeats 20 --replicates 20

1. Bias: the mean O-information over multiplets of 30 variables, raw and corrected, less its true
   value, at every order; in units of its standard error over the repeats.
2. Coverage: how often bands of nominal 95 % hold the true mean over the multiplets of 12
   variables: the confidence bands of this package, and the published percentile band.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ionfo.analysis import Design, Passes, Question, Sample, correlation_matrix, wishart_bias
from ionfo.analysis.multiplets.questions import STATISTICS
from ionfo.analysis.uncertainty.bands import replacement_bands, subsample_bands
from ionfo.terminal.output import mistakes_told

Array = NDArray[np.float64]
MEAN = STATISTICS.index("mean")


def known_covariance(n: int, seed: int) -> Array:
    """Two common factors, one variable that sums others, and noise of its own in each."""
    rng = np.random.default_rng(seed)
    loadings = rng.standard_normal((n, 2)) * [0.8, 0.5]
    covariance = loadings @ loadings.T + np.eye(n)
    sums = np.eye(n)
    sums[n - 1, : n // 4] = 1.0
    return np.asarray(sums @ covariance @ sums.T)


def bias_table(n: int, sizes: list[int], repeats: int, seed: int) -> pd.DataFrame:
    """Compare mean errors with the Wishart curve, every order."""
    question = Question("o_information", tuple(range(n)))
    design = Design(False, n_samples=300, seed=seed)
    truth = known_covariance(n, seed)
    exact = design.curve(question.measure(_correlation(truth)), question.orders)[:, MEAN]
    mixing = np.linalg.cholesky(truth)
    frames = []
    for n_rows in sizes:
        rng = np.random.default_rng([seed, n_rows])
        errors = []
        for _ in range(repeats):
            rows = rng.standard_normal((n_rows, n)) @ mixing.T
            measure = question.measure(correlation_matrix(rows))
            errors.append(design.curve(measure, question.orders)[:, MEAN] - exact)
        error = np.array(errors)
        bias = wishart_bias("o_information", question.orders, n_rows - 1.0)
        standard_error = error.std(axis=0, ddof=1) / np.sqrt(repeats)
        frames.append(
            pd.DataFrame(
                {
                    "rows": n_rows,
                    "order": question.orders,
                    "raw_bias_nats": error.mean(axis=0),
                    "wishart_nats": bias,
                    "corrected_bias_nats": error.mean(axis=0) - bias,
                    "standard_error_nats": standard_error,
                    "z": (error.mean(axis=0) - bias) / standard_error,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def coverage_table(
    n: int, sizes: list[int], repeats: int, replicates: int, seed: int
) -> pd.DataFrame:
    """Count how often bands hold the truth."""
    question = Question("o_information", tuple(range(n)))
    design = Design(True)
    truth = known_covariance(n, seed)
    exact = design.curve(question.measure(_correlation(truth)), question.orders)[:, MEAN]
    mixing = np.linalg.cholesky(truth)
    frames = []
    for n_rows in sizes:
        rng = np.random.default_rng([seed, n_rows, 1])
        held = {name: np.zeros(len(exact)) for name in ("published", "subsamples", "replacement")}
        for repeat in range(repeats):
            sample = Sample(rng.standard_normal((n_rows, n)) @ mixing.T, np.ones(n_rows))
            passes = Passes(
                sample, np.arange(n_rows), "gaussian", (question,), design, seed + repeat
            )
            corrected = passes.observed()[0]
            corrected = corrected - wishart_bias(question.name, question.orders, sample.nu)[:, None]
            curves = [passes.run("subsample", i)[0] for i in range(replicates)]
            fraction, nu = passes.fraction, passes.nu("subsample")
            bands = subsample_bands(question, corrected, curves, fraction, nu, len(passes.blocks))
            held["published"] += _inside(bands.spread_low, exact, bands.spread_high)
            held["subsamples"] += _inside(bands.confidence_low, exact, bands.confidence_high)
            curves = [passes.run("replacement", i)[0] for i in range(replicates)]
            bands = replacement_bands(
                question, corrected, curves, passes.nu("replacement"), len(passes.blocks)
            )
            held["replacement"] += _inside(bands.confidence_low, exact, bands.confidence_high)
        shares = {name: 100 * counts / repeats for name, counts in held.items()}
        frames.append(pd.DataFrame({"rows": n_rows, "order": question.orders, **shares}))
    return pd.concat(frames, ignore_index=True)


def _inside(low: Array, value: Array, high: Array) -> NDArray[np.bool_]:
    return np.asarray((low[:, MEAN] <= value) & (value <= high[:, MEAN]))


def _correlation(covariance: Array) -> Array:
    scale = np.sqrt(np.diag(covariance))
    return np.asarray(covariance / np.outer(scale, scale))


def main() -> None:
    """Print both tables, and write them whole with --out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[50, 72, 100, 1000])
    parser.add_argument("--repeats", type=int, default=400)
    parser.add_argument("--replicates", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="folder for the whole tables, CSV")
    options = parser.parse_args()
    bias = bias_table(30, options.sizes, options.repeats, options.seed)
    print("bias of the mean O-information of 30 variables, nats")
    print(bias[bias["order"].isin([3, 5, 10, 20, 30])].round(4).to_string(index=False))
    worst = bias.groupby("rows")["z"].agg(lambda z: float(z.abs().max()))
    print("largest |z| of the corrected bias over all orders:")
    print(worst.round(2).to_string())
    coverage = coverage_table(12, options.sizes, options.repeats, options.replicates, options.seed)
    print(f"\ncoverage of nominal 95 % bands, %, {options.repeats} samples of 12 variables")
    print(coverage[coverage["order"].isin([3, 6, 9, 12])].to_string(index=False))
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        bias.to_csv(options.out / "bias.csv", index=False)
        coverage.to_csv(options.out / "coverage.csv", index=False)


if __name__ == "__main__":
    with mistakes_told():
        main()
