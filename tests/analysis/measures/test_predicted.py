"""The share of variance that variables predict, against least squares and mutual information."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis import mutual_information, predicted_share


def rows(n: int, k: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    table = rng.standard_normal((n, k + 1)) @ rng.standard_normal((k + 1, k + 1))
    return table + 3.0


def test_it_is_r_squared_of_least_squares() -> None:
    table = rows(80, 5, 0)
    used = [0, 2, 4]
    design = np.column_stack([np.ones(80), table[:, used]])
    residual = table[:, 5] - design @ np.linalg.lstsq(design, table[:, 5], rcond=None)[0]
    r2 = 1 - residual.var() / table[:, 5].var()
    covariance = np.cov(table.T)
    assert predicted_share(covariance, 5, used) == pytest.approx(r2, abs=1e-12)
    adjusted = 1 - (1 - r2) * 79 / (79 - 3)
    assert predicted_share(covariance, 5, used, nu=79) == pytest.approx(adjusted, abs=1e-12)
    units = np.diag([1e-5, 2.0, 3e4, 1.0, 7.0, 0.1])
    assert predicted_share(units @ covariance @ units, 5, used) == pytest.approx(r2, abs=1e-12)


def test_one_predictor_gives_its_mutual_information() -> None:
    covariance = np.cov(rows(200, 3, 1).T)
    nats = mutual_information(covariance)[1, 3]
    assert predicted_share(covariance, 3, [1]) == pytest.approx(-np.expm1(-2 * nats), abs=1e-12)


def test_the_correction_takes_off_what_chance_predicts() -> None:
    shares = np.array([
        [predicted_share(np.corrcoef(rng.standard_normal((40, 11)).T), 10, range(10), nu)
         for nu in (None, 39)]
        for rng in map(np.random.default_rng, range(200))
    ])  # fmt: skip
    raw, corrected = shares.mean(axis=0)
    assert raw == pytest.approx(10 / 39, abs=0.02)
    assert corrected < 0.07  # it ends at zero, so that its mean stays above


def test_nothing_predicts_nothing_and_too_few_rows_are_refused() -> None:
    assert predicted_share(np.eye(3), 0, []) == 0.0
    with pytest.raises(ValueError, match="nu must exceed the 2 predictors, got 2"):
        predicted_share(np.eye(3), 0, [1, 2], nu=2)
