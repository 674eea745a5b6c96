"""Measures of a Gaussian vector against stored values, closed forms and brute force."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.analysis import (
    correlation_matrix,
    dual_total_correlation,
    mutual_information,
    o_information,
    o_information_spectrum,
    redundancy_synergy_index,
    s_information,
    total_correlation,
)


def entropy(covariance: NDArray[np.float64]) -> float:
    """Differential entropy of a Gaussian, nats."""
    n = len(covariance)
    return 0.5 * (n * np.log(2 * np.pi * np.e) + np.linalg.slogdet(covariance)[1])


def brute_force_o_information(c: NDArray[np.float64]) -> float:
    n, h = len(c), entropy(c)
    without = [np.delete(np.delete(c, j, 0), j, 1) for j in range(n)]
    tc = sum(entropy(c[[j]][:, [j]]) for j in range(n)) - h
    dtc = h - sum(h - entropy(w) for w in without)
    return tc - dtc


def random_covariance(n: int, seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    factors = rng.standard_normal((n, 2 * n)) * 10 ** rng.uniform(-2, 2, (n, 1))
    return factors @ factors.T


def test_every_stored_value(shared: Path) -> None:
    content = json.loads((shared / "data/reference/small_matrices.json").read_text())
    n_checked = 0
    for case in content["cases"]:
        covariance = np.array(case["cov"])
        for rows in case["oinfo"].values():
            for row in rows:
                part = covariance[np.ix_(row["idx"], row["idx"])]
                assert o_information(part) == pytest.approx(row["oinfo"], abs=1e-10)
                assert total_correlation(part) == pytest.approx(row["tc"], abs=1e-10)
                n_checked += 1
        for rows in case["rsi"].values():
            for row in rows:
                index = [0, *row["idx"]]
                part = covariance[np.ix_(index, index)]
                assert redundancy_synergy_index(part, 0) == pytest.approx(row["rsi"], abs=1e-10)
                n_checked += 1
    assert n_checked > 50


@pytest.mark.parametrize("n", [3, 4, 7, 12])
@pytest.mark.parametrize("seed", [0, 1])
def test_o_information_is_its_definition(n: int, seed: int) -> None:
    covariance = random_covariance(n, seed)
    assert o_information(covariance) == pytest.approx(
        brute_force_o_information(covariance), abs=1e-9
    )


def test_o_information_is_difference_and_s_information_sum() -> None:
    covariance = random_covariance(6, 3)
    tc, dtc = total_correlation(covariance), dual_total_correlation(covariance)
    assert o_information(covariance) == pytest.approx(tc - dtc, abs=1e-12)
    assert s_information(covariance) == pytest.approx(tc + dtc, abs=1e-12)


def test_redundancy_synergy_index_is_its_definition() -> None:
    covariance = random_covariance(5, 4)
    target, others = 2, [0, 1, 3, 4]
    y = covariance[np.ix_([target], [target])]
    together = entropy(covariance[np.ix_(others, others)]) + entropy(y) - entropy(covariance)
    alone = sum(
        entropy(covariance[np.ix_([i], [i])])
        + entropy(y)
        - entropy(covariance[np.ix_([i, target], [i, target])])
        for i in others
    )
    assert redundancy_synergy_index(covariance, target) == pytest.approx(alone - together, abs=1e-9)


def test_units_cancel() -> None:
    covariance = random_covariance(5, 5)
    scale = np.array([1e-6, 1.0, 1e3, 7.0, 0.1])
    scaled = covariance * np.outer(scale, scale)
    assert o_information(scaled) == pytest.approx(o_information(covariance), abs=1e-9)


def test_sum_is_synergy_and_copies_are_redundancy() -> None:
    noise = 0.1
    sum_gate = np.array([[1.0, 0, 1], [0, 1, 1], [1, 1, 2 + noise]])
    copies = np.full((3, 3), 1.0) + 0.1 * np.eye(3)
    assert o_information(sum_gate) < -0.5
    assert redundancy_synergy_index(sum_gate, 2) < -0.5
    assert o_information(copies) > 0.5
    assert redundancy_synergy_index(copies, 0) > 0.4


def test_mutual_information_of_a_pair() -> None:
    information = mutual_information([[4.0, 1.2], [1.2, 1.0]])
    assert information[0, 1] == pytest.approx(-0.5 * np.log(1 - 0.36))
    assert np.isnan(information[0, 0])


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (np.ones((2, 3)), r"shape \(n, n\)"),
        (np.eye(1), "n >= 2"),
        (np.array([[1, 0.5, 0], [0.4, 1, 0], [0, 0, 1]]), "symmetric.*variable 0 and variable 1"),
        (np.array([[1, 0, 0], [0, np.nan, 0], [0, 0, 1]]), "finite.*variable 1"),
        (np.array([[1.0, 0, 0], [0, 0, 0], [0, 0, 1]]), "variance of variable 1"),
        (np.array([[1, 0.5, 1], [0.5, 1, 0.5], [1, 0.5, 1]]), "variable 2 follows from variable 0 "),
        (np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]]), "not positive definite.*variable 2"),
    ],
)  # fmt: skip
def test_bad_covariance_names_the_variables(bad: NDArray[np.float64], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        o_information(bad)
    if bad.shape[0] == bad.shape[1] == 3:
        with pytest.raises(ValueError, match=words):
            redundancy_synergy_index(bad, 0)


@pytest.mark.parametrize("r", [-0.999, -0.3, 0.0, 0.7, 0.99999])
def test_one_variable_and_a_pair_are_exact_limits(r: float) -> None:
    for measure in (total_correlation, dual_total_correlation, s_information):
        assert measure([[3.0]]) == 0.0
    pair = [[4.0, 2 * r], [2 * r, 1.0]]
    assert o_information(pair) == 0.0
    information = -0.5 * np.log1p(-(r**2))
    assert total_correlation(pair) == pytest.approx(information, rel=1e-9)
    assert dual_total_correlation(pair) == total_correlation(pair)
    assert s_information(pair) == 2 * total_correlation(pair)
    # and orders of spectra begin where there is something to say
    assert o_information_spectrum(np.eye(4)).order.tolist() == [3, 4]


@pytest.mark.parametrize("target", [-1, 3, 1.5, True])
def test_target_must_be_an_index(target: int) -> None:
    with pytest.raises(ValueError, match="index from 0 to 2"):
        redundancy_synergy_index(np.eye(3), target)


def test_weights_repeat_rows() -> None:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((50, 4))
    weights = rng.integers(1, 5, 50)
    repeated = correlation_matrix(np.repeat(values, weights, axis=0))
    np.testing.assert_allclose(correlation_matrix(values, weights), repeated, atol=1e-12)
    np.testing.assert_allclose(
        repeated, np.corrcoef(np.repeat(values, weights, axis=0).T), atol=1e-12
    )


@pytest.mark.parametrize(
    ("column", "words"), [(0.0, "'c' is constant"), (np.nan, "'c' holds NaN"), ("a", "'c' follows")]
)
def test_bad_column_is_named(column: float | str, words: str) -> None:
    values = np.random.default_rng(0).standard_normal((20, 3))
    values[:, 2] = values[:, 0] * 2 + 1 if column == "a" else column
    with pytest.raises(ValueError, match=words):
        correlation_matrix(values, names=["a", "b", "c"])
