"""Random multiplets against all of them."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis import o_information_spectrum, redundancy_synergy_spectrum, sampled_spectrum
from ionfo.analysis.measures.forms import measure_of
from ionfo.analysis.multiplets.sampled import chain_values, draw_orders, multiplet_values
from ionfo.analysis.multiplets.spectrum import index_of, measure_all


@pytest.fixture(scope="module")
def correlation() -> np.ndarray:
    rng = np.random.default_rng(5)
    return np.corrcoef(rng.standard_normal((14, 60)) + 0.7 * rng.standard_normal(60))


@pytest.mark.parametrize(
    "name", ["o_information", "s_information", "total_correlation", "dual_total_correlation"]
)
def test_growing_sets_are_the_table(correlation: np.ndarray, name: str) -> None:
    table = measure_all(correlation, name)  # type: ignore[arg-type]
    drawn = draw_orders(14, 5, 0)
    values = chain_values(measure_of(correlation, name), drawn)  # type: ignore[arg-type]
    for row, sequence in zip(values, drawn, strict=True):
        for k in range(2, 15):
            assert row[k - 1] == pytest.approx(table[index_of(sequence[:k])], abs=1e-11)


def test_a_large_sample_is_the_order(correlation: np.ndarray) -> None:
    every = o_information_spectrum(correlation)
    drawn = sampled_spectrum(correlation, n_samples=1000, seed=1)
    whole = drawn.measured == every.count
    assert whole.any() and not whole.all()
    np.testing.assert_allclose(drawn.mean[whole], every.mean[whole], atol=1e-12)
    np.testing.assert_allclose(drawn.minimum[whole], every.minimum[whole], atol=1e-12)
    deviation = np.abs(drawn.mean - every.mean)[~whole] / drawn.mean_error[~whole]
    assert deviation.max() < 4 and (drawn.mean_error[whole] == 0).all()
    assert (drawn.minimum >= every.minimum - 1e-12).all()
    assert drawn.argmin[0] == every.argmin[0]


def test_predictor_sets(correlation: np.ndarray) -> None:
    every = redundancy_synergy_spectrum(correlation, 3)
    drawn = sampled_spectrum(correlation, "redundancy_synergy_index", 3, n_samples=2000)
    np.testing.assert_allclose(drawn.mean, every.mean, atol=1e-9)
    assert [len(one) for one in drawn.argmax] == drawn.order.tolist()


def test_many_variables_and_long_products() -> None:
    n = 40
    equal = np.full((n, n), 0.999999) + 0.000001 * np.eye(n)
    measure = measure_of(equal, "o_information")
    value = multiplet_values(measure, np.arange(n)[None, :])[0]
    smaller = np.linalg.slogdet(equal[1:, 1:])[1]
    assert value == pytest.approx(0.5 * (38 * np.linalg.slogdet(equal)[1] - n * smaller), abs=1e-6)


def test_orders_that_are_none_are_refused(correlation: np.ndarray) -> None:
    assert sampled_spectrum(correlation, orders=[4, 3]).order.tolist() == [3, 4]
    with pytest.raises(ValueError, match="orders must be from 3 to 14, got 2, 15"):
        sampled_spectrum(correlation, orders=[15, 2])
