"""Run the tests that hoi has of O-information and RSI on the measures of ionfo; compare values.

    python -m venv PEER
    PEER/bin/pip install hoi pytest numba lazy-loader
    PYTHONPATH=src PEER/bin/python scripts/peers/hoi_tests.py CLONE

CLONE is a clone of https://github.com/brainets/hoi, which is imported and not changed.  Of its
estimators (O-information, its gradient, TC, DTC, S-information, RSI) the method `fit` alone is
replaced; what makes multiplets, reads data and ranks results stays that of hoi.  Conventions of
hoi are kept on its side: bits, bias removed by default of all but RSI, and RSI positive where
synergy dominates.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tally import Tally

from ionfo.analysis import (
    dual_total_correlation,
    estimated_correlation,
    o_information,
    o_information_gradient,
    redundancy_synergy_index,
    s_information,
    total_correlation,
    wishart_bias,
)
from ionfo.terminal.output import mistakes_told

BIT = np.log(2)  # nats
TESTS = ("hoi/metrics/tests/test_metrics.py", "hoi/simulation/tests/test_simulate_hoi_gauss.py")

Array = NDArray[np.float64]
Measure = Callable[[Array, int], float]
"""From the correlation matrix of predictors and then targets, and the number of targets."""

NETWORK: dict[str, tuple[str, Callable[[Array], float]]] = {
    "Oinfo": ("o_information", o_information),
    "TC": ("total_correlation", total_correlation),
    "DTC": ("dual_total_correlation", dual_total_correlation),
    "Sinfo": ("s_information", s_information),
}


def gradient(correlation: Array, n_targets: int) -> float:
    """O-information with the targets less that without them, in nats."""
    if n_targets == 1:
        return float(o_information_gradient(correlation)[-1])
    n = len(correlation) - n_targets
    return o_information(correlation) - o_information(correlation[:n, :n])


def synergy(correlation: Array, n_targets: int) -> float:
    """I(X; Y) - sum_i I(X_i; Y), in nats."""
    n = len(correlation) - n_targets
    if n_targets == 1:
        return -redundancy_synergy_index(correlation, n)

    def information(predictors: list[int]) -> float:
        # of several targets: what their total correlation with the predictors adds to both
        targets = list(range(n, len(correlation)))
        parts = [predictors, targets, predictors + targets]
        x, y, both = (total_correlation(correlation[np.ix_(one, one)]) for one in parts)
        return both - x - y

    return information(list(range(n))) - sum(information([i]) for i in range(n))


def bias(name: str, n_predictors: int, n_targets: int, n_rows: int) -> float:
    """Give what hoi subtracts by default of the values of a Gaussian copula, in nats."""
    if name == "RSI":
        return 0.0

    def of(measure: str, order: int) -> float:
        return float(wishart_bias(measure, [order], n_rows - 1)[0])  # type: ignore[arg-type]

    if name == "GradientOinfo":
        whole = of("o_information", n_predictors + n_targets)
        return whole - of("o_information", n_predictors)
    return of(NETWORK[name][0], n_predictors + n_targets)


def measured(
    name: str, rows: Array, multiplets: list[list[int]], targets: list[int], copula: bool
) -> Array:
    """Values of a measure over multiplets of the columns of one table, in bits."""
    correlation = estimated_correlation(rows, estimator="copula" if copula else "gaussian")
    values = np.empty(len(multiplets))
    for i, multiplet in enumerate(multiplets):
        of = [*multiplet, *targets]
        part = correlation[np.ix_(of, of)]
        if name == "GradientOinfo":
            value = gradient(part, len(targets))
        elif name == "RSI":
            value = synergy(part, len(targets))
        else:
            value = NETWORK[name][1](part)
        if copula:
            value -= bias(name, len(multiplet), len(targets), len(rows))
        values[i] = value / BIT
    return values


def fit_of(name: str) -> Callable[..., Array]:
    """Make the method `fit` of an estimator of hoi."""

    def fit(
        self: Any,
        minsize: int = 2,
        maxsize: int | None = None,
        method: str = "gc",
        samples: Any = None,
    ) -> Array:
        # the gradient keeps a model with the targets, which are the last columns of its data
        model = self._model_tr if name == "GradientOinfo" else self
        minsize, maxsize = self._check_minmax(minsize, maxsize)
        self.get_combinations(minsize, maxsize=maxsize)
        n_targets, first = model._n_features_y, model._n_features_x
        multiplets = [[int(i) for i in one if 0 <= i < first] for one in self.multiplets]
        targets = list(range(first, first + n_targets))
        data = np.asarray(model._x, dtype=np.float64)
        if isinstance(samples, list | tuple | np.ndarray):
            data = data[..., samples]
        tables = [one.T for one in data]
        columns = [measured(name, one, multiplets, targets, method == "gc") for one in tables]
        return np.stack(columns, axis=1)

    return fit


def compare(metrics: Any) -> None:
    """Print the largest difference between hoi and ours over all multiplets of one table."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((400, 7))
    rows[:, :3] += rng.standard_normal((400, 1))
    rows[:, 5] += rows[:, 3] + rows[:, 4] + 0.5 * rows[:, 6]
    rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)  # hoi does not subtract the mean itself
    x, y = rows[:, :6], rows[:, 6:]
    print("largest difference from hoi in nats (hoi keeps values in single precision):")
    print(f"{'':16s}{'copula':>12s}{'gaussian':>12s}{'largest value':>16s}")
    for name in (*NETWORK, "GradientOinfo", "RSI"):
        estimator = getattr(metrics, name)
        worst = {}
        for method in ("gc", "gauss"):
            model = estimator(x, y=y, verbose="ERROR")
            theirs = np.asarray(model.fit(minsize=2, maxsize=6, method=method))[:, 0] * BIT
            multiplets = [[int(i) for i in one if 0 <= i < 6] for one in model.multiplets]
            ours = measured(name, rows, multiplets, [6], method == "gc") * BIT
            worst[method] = float(np.abs(theirs - ours).max())
        size = float(np.abs(theirs).max())
        print(f"{name:16s}{worst['gc']:12.1e}{worst['gauss']:12.1e}{size:16.3f}")


def main() -> int:
    """Compare values, then run the tests."""
    parser = argparse.ArgumentParser(description=__doc__.split(".")[0])
    parser.add_argument("clone", type=Path, help="a clone of hoi")
    clone = parser.parse_args().clone.resolve()
    os.environ |= {"JAX_ENABLE_X64": "1", "JAX_PLATFORMS": "cpu"}
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(clone))
    from hoi import metrics

    compare(metrics)
    names = (*NETWORK, "GradientOinfo", "RSI")
    replaced = [getattr(metrics, name) for name in names]

    def chosen(item: pytest.Item) -> bool:
        metric = getattr(item, "callspec").params.get("metric")  # noqa: B009
        return metric is None or metric in replaced

    tally = Tally(chosen)
    for name, estimator in zip(names, replaced, strict=True):
        estimator.fit = tally.counted(fit_of(name))
    return tally.run([clone / one for one in TESTS])


if __name__ == "__main__":
    with mistakes_told():
        sys.exit(main())
