"""Gaussian processes are those of the textbook, and learn from few and partial evaluations."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

from ionfo.sampling.chains.learning import gaussian_process
from ionfo.sampling.chains.learning.gaussian_process import fit_gaussian_process, log_likelihood
from ionfo.sampling.chains.learning.network import TrainingRows

Array = NDArray[np.float64]


def smooth(n: int, seed: int) -> tuple[Array, Array]:
    """Parameters, and two features, each of two of them."""
    unit = np.random.default_rng(seed).random((n, 6))
    first = 3 * np.sin(4 * unit[:, 0]) * unit[:, 1]
    return unit, np.column_stack([first, 2 * unit[:, 2] + np.cos(5 * unit[:, 5])])


def rows_of(unit: Array, deviation: Array, known: Any = None, missing: Any = None) -> TrainingRows:
    known = np.ones(deviation.shape, dtype=bool) if known is None else known
    shown = np.where(known, deviation, 1e6)  # nobody may look there
    missing = np.zeros(len(unit)) if missing is None else missing
    return TrainingRows(unit, shown, known, missing[:, None], np.ones(len(unit)))


def test_the_likelihood_is_that_of_scikit_learn_and_its_slope_that_of_differences() -> None:
    rng = np.random.default_rng(0)
    unit, deviation = smooth(30, 0)
    values = deviation[:, 0] - deviation[:, 0].mean()
    x = np.append(0.4 * rng.standard_normal(6), np.log(0.05))
    value, slope = log_likelihood(x[:-1], x[-1], unit, values, np.ones(30))
    # the scale that is best in closed form
    near = RBF(np.exp(x[:-1]))(unit) + 0.05 * np.eye(30)
    variance = values @ np.linalg.solve(near, values) / 30
    kernel = ConstantKernel(variance) * RBF(np.exp(x[:-1])) + WhiteKernel(0.05 * variance)
    peer = GaussianProcessRegressor(kernel, optimizer=None).fit(unit, values)
    same = 0.5 * 30 * (1 + np.log(2 * np.pi))
    assert value - same == pytest.approx(peer.log_marginal_likelihood_value_, rel=1e-9)
    worth = rng.uniform(0.2, 1.0, 30)
    value, slope = log_likelihood(x[:-1], x[-1], unit, values, worth)
    for i in range(7):
        up, down = x.copy(), x.copy()
        up[i] += 1e-5
        down[i] -= 1e-5
        above = log_likelihood(up[:-1], up[-1], unit, values, worth)[0]
        below = log_likelihood(down[:-1], down[-1], unit, values, worth)[0]
        assert slope[i] == pytest.approx((above - below) / 2e-5, rel=1e-4, abs=1e-6)


def test_the_bytes_do_not_depend_on_threads_whatever_is_imported_first() -> None:
    script = (
        "from ionfo.sampling.chains.learning.threads import one_thread\n"
        "from tests.sampling.chains.learning.test_gaussian_process import rows_of, smooth\n"
        "from ionfo.sampling.chains.learning.gaussian_process import fit_gaussian_process\n"
        "import numpy as np\n"
        "from threadpoolctl import threadpool_info\n"
        "with one_thread():\n"
        "    blas = [one for one in threadpool_info() if one['user_api'] == 'blas']\n"
        "    assert len(blas) > 0 and all(one['num_threads'] == 1 for one in blas), blas\n"
        "found, wrong = fit_gaussian_process(rows_of(*smooth(400, 0)), np.arange(400) % 5)\n"
        "print(found.weights.tobytes().hex()[-4000:], wrong.sum().hex())\n"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads},
            cwd=Path(__file__).parents[4],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    ]
    assert told[0] == told[1]


def test_it_finds_which_parameters_matter_and_tells_what_it_has_not_seen() -> None:
    unit, deviation = smooth(120, 1)
    found, wrong = fit_gaussian_process(rows_of(unit, deviation), np.arange(120) % 5)
    assert set(np.argsort(found.lengths[0])[:2]) == {0, 1}
    assert set(np.argsort(found.lengths[1])[:2]) == {2, 5}
    fresh, truth = smooth(200, 2)
    apart = found.deviations(fresh)[0] - truth
    assert np.abs(apart).max() < 0.5 and np.sqrt(np.mean(apart**2)) < 0.05
    assert np.sqrt(np.mean(wrong**2)) == pytest.approx(np.sqrt(np.mean(apart**2)), rel=1.0)
    again, _ = fit_gaussian_process(rows_of(unit, deviation), np.arange(120) % 5)
    assert np.array_equal(found.weights, again.weights)


def test_errors_are_those_of_a_fit_without_the_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    # the same lengths, whatever is left out
    monkeypatch.setattr(gaussian_process._Output, "search", lambda *_: (np.full(6, 0.8), 0.05))
    unit, deviation = smooth(40, 3)
    deviation -= deviation.mean(axis=0)  # and the same centre
    folds = np.arange(40) % 4
    _, wrong = fit_gaussian_process(rows_of(unit, deviation), folds)
    out = folds == 2
    one = gaussian_process._Output(rows_of(unit, deviation), deviation[:, 0], ~out)
    one.values, one.centre = deviation[~out, 0], 0.0
    length, ratio = one.search(np.ones(6))
    weights, _ = one.solve(length, ratio, folds[~out])
    told = gaussian_process._covariance(unit[out] / length, unit[~out] / length) @ weights
    np.testing.assert_allclose(wrong[out, 0], told - deviation[out, 0], atol=1e-9)


def test_partial_rows_teach_what_they_know_and_few_or_equal_values_are_no_harm() -> None:
    unit, deviation = smooth(100, 4)
    known = np.ones((100, 2), dtype=bool)
    known[5:, 1] = False  # five rows know the second feature
    missing = np.where(unit[:, 3] > 0.5, 1.0, 0.0)
    missing[::7] = np.nan  # not known
    found, wrong = fit_gaussian_process(
        rows_of(unit, deviation, known, missing), np.arange(100) % 5
    )
    fresh, truth = smooth(200, 5)
    told, gone = found.deviations(fresh)
    assert np.abs(told[:, 0] - truth[:, 0]).mean() < 0.05
    assert np.allclose(told[:, 1], deviation[:5, 1].mean())
    assert gone[fresh[:, 3] > 0.6].mean() > 0.8 > 0.2 > gone[fresh[:, 3] < 0.4].mean()
    assert np.isnan(wrong[5:, 1]).all() and np.isfinite(wrong[:, 0]).all()
    flat, _ = fit_gaussian_process(rows_of(unit, np.ones((100, 2))), np.arange(100) % 5)
    assert np.array_equal(flat.deviations(fresh)[0], np.ones((200, 2)))
