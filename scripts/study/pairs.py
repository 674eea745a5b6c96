"""Mutual information of pairs by every estimator, beside the truth.

    python scripts/study/pairs.py                        # about five minutes
    python scripts/study/pairs.py --repeats 20

prints corrected values (nats), the mean over repeats with its standard error: Gaussian pairs of
known information, and a parabola y = x^2 + noise whose information is computed by quadrature.  The
histogram is the published one (equal-width bins, the mean of shuffles subtracted); neighbours are
those of ranks.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from ionfo.analysis import pairwise_information
from ionfo.terminal.output import mistakes_told

Array = NDArray[np.float64]

SIZES = (300, 429, 1000, 5000)
TRUTHS = (0.1, 0.2, 0.5)
NOISE = 1.0


def gaussian_pair(rng: np.random.Generator, n: int, information: float) -> Array:
    """Rows of two Gaussian variables of so much information."""
    r = np.sqrt(1 - np.exp(-2 * information))
    rows = rng.standard_normal((n, 2))
    rows[:, 1] = r * rows[:, 0] + np.sqrt(1 - r * r) * rows[:, 1]
    return rows


def parabola(rng: np.random.Generator, n: int) -> Array:
    """Rows of x and x^2 + noise."""
    x = rng.standard_normal(n)
    return np.column_stack([x, x**2 + NOISE * rng.standard_normal(n)])


def information_of_parabola() -> float:
    """Entropy of y less that of the noise, by quadrature."""
    x = np.linspace(-9, 9, 20_001)
    weight = np.exp(-x * x / 2) / np.sqrt(2 * np.pi) * (x[1] - x[0])
    y = np.linspace(-8 * NOISE, 60, 8_001)
    density = np.array([
        weight @ np.exp(-((one - x * x) ** 2) / (2 * NOISE**2)) for one in y
    ]) / (NOISE * np.sqrt(2 * np.pi))  # fmt: skip
    entropy = -np.sum(density * np.log(np.maximum(density, 1e-300))) * (y[1] - y[0])
    return float(entropy - 0.5 * np.log(2 * np.pi * np.e * NOISE**2))


def table(repeats: int, seed: int) -> list[str]:
    """One row for each size and truth."""
    lines = [
        "| pair | rows | truth | neighbours | histogram | correlation |",
        "|---|---|---|---|---|---|",
    ]
    of_parabola = information_of_parabola()
    cases = [(f"Gaussian {one}", one) for one in TRUTHS] + [("parabola", of_parabola)]
    for name, truth in cases:
        for n in SIZES:
            rng = np.random.default_rng([seed, n])
            values: dict[str, list[float]] = {"knn": [], "histogram": [], "gaussian": []}
            for i in range(max(24, repeats * 300 // n)):
                rows = parabola(rng, n) if name == "parabola" else gaussian_pair(rng, n, truth)
                for estimator, listed in values.items():
                    found = pairwise_information(
                        rows, estimator=estimator, n_permutations=200, seed=i // 50
                    )  # type: ignore[arg-type]
                    listed.append(float(found.corrected[0, 1]))
            cells = [
                f"{np.mean(one):.4f} ± {np.std(one) / np.sqrt(len(one)):.4f}"
                for one in values.values()
            ]
            lines.append(f"| {name} | {n} | {truth:.4f} | {' | '.join(cells)} |")
    return lines


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=400, help="at 300 rows; fewer of more rows")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    print("\n".join(table(asked.repeats, asked.seed)))


if __name__ == "__main__":
    with mistakes_told():
        main()
