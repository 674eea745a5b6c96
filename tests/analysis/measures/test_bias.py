"""The exact bias: equations, limits, and samples of known Gaussians."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import digamma

from ionfo.analysis import correlation_matrix, measure_all, redundancy_synergy_index
from ionfo.analysis.measures.bias import mutual_information_bias, wishart_bias
from ionfo.analysis.multiplets.spectrum import index_of

NAMES = ("o_information", "s_information", "total_correlation", "dual_total_correlation")


def test_bias_of_two_variables_by_hand() -> None:
    nu = 30.0
    b1 = digamma(nu / 2) + np.log(2 / nu)
    b2 = b1 + digamma((nu - 1) / 2) + np.log(2 / nu)
    assert wishart_bias("total_correlation", 2, nu) == pytest.approx(b1 - b2 / 2)
    assert mutual_information_bias(nu) == pytest.approx(b1 - b2 / 2)
    # of a pair TC and DTC are both the mutual information
    assert wishart_bias("dual_total_correlation", 2, nu) == pytest.approx(b1 - b2 / 2)
    assert wishart_bias("o_information", 2, nu) == pytest.approx(0.0, abs=1e-15)


def test_measures_keep_their_relations() -> None:
    orders = np.arange(2, 20)
    o, s, tc, dtc = (wishart_bias(name, orders, 40.5) for name in NAMES)  # type: ignore[arg-type]
    np.testing.assert_allclose(o, tc - dtc, atol=1e-12)
    np.testing.assert_allclose(s, tc + dtc, atol=1e-12)
    assert (o[1:] < 0).all() and (np.diff(o) < 0).all()  # towards synergy, more at high orders


def test_bias_vanishes_with_many_rows_and_is_unknown_with_too_few() -> None:
    assert abs(wishart_bias("o_information", 10, 1e7)) < 1e-4
    assert np.isnan(wishart_bias("o_information", 12, 11.0))
    assert np.isfinite(wishart_bias("o_information", 11, 11.0))
    assert np.isnan(wishart_bias("redundancy_synergy_index", 11, 11.0))
    assert np.isnan(wishart_bias("o_information", 3, -1.0))


def test_published_example() -> None:
    assert wishart_bias("o_information", 30, 71) == pytest.approx(-0.69, abs=0.005)


@pytest.mark.parametrize("n_rows", [20, 60])
def test_plug_in_values_follow_the_curve(n_rows: int) -> None:
    rng = np.random.default_rng(n_rows)
    factors = rng.standard_normal((6, 8))
    truth = factors @ factors.T + 30 * np.eye(6)  # weak, so that the bias stands out
    chosen = [tuple(range(k)) for k in range(3, 7)]
    index = [index_of(one) for one in chosen]
    exact = measure_all(truth)[index]
    mixing = np.linalg.cholesky(truth)
    samples = [correlation_matrix(rng.standard_normal((n_rows, 6)) @ mixing.T) for _ in range(1500)]
    errors = np.array([measure_all(one)[index] for one in samples]) - exact
    bias = wishart_bias("o_information", np.arange(3, 7), n_rows - 1)
    standard_error = errors.std(axis=0, ddof=1) / np.sqrt(len(errors))
    assert (np.abs(errors.mean(axis=0) - bias) < 4 * standard_error).all()
    assert (np.abs(bias) > 4 * standard_error)[1:].any()  # without it the test would fail
    about = np.array([redundancy_synergy_index(one, 0) for one in samples])
    error = about - redundancy_synergy_index(truth, 0)
    rsi_bias = wishart_bias("redundancy_synergy_index", 5, n_rows - 1)
    assert abs(error.mean() - rsi_bias) < 4 * error.std(ddof=1) / np.sqrt(len(error))
