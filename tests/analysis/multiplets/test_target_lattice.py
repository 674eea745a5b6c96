"""What multiplets leave of a target's variance: least squares, blocks, threads, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.analysis.multiplets import target_lattice as engine
from ionfo.analysis.multiplets.lattice import new_table
from ionfo.analysis.multiplets.spectrum import members
from ionfo.analysis.multiplets.target_lattice import log_residuals


def predictors_and_target(n: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((4 * n, n)) @ rng.standard_normal((n, n))
    target = values @ rng.standard_normal(n) + 3.0 * rng.standard_normal(4 * n)
    values = np.column_stack([values, target])
    values -= values.mean(axis=0)
    return values / values.std(axis=0), np.corrcoef(values.T)


@pytest.mark.parametrize("n", [1, 2, 3, 11])
def test_every_subset_leaves_what_least_squares_leave(n: int) -> None:
    values, correlation = predictors_and_target(n, n)
    table = new_table(n)
    link = np.ascontiguousarray(correlation[:n, n])
    log_residuals(np.ascontiguousarray(correlation[:n, :n]), link, table, 0.5)
    target = values[:, n]
    for subset in range(1 << n):
        chosen = values[:, list(members(subset))]
        found = np.linalg.lstsq(chosen, target, rcond=None)[0]
        left = np.mean((target - chosen @ found) ** 2)
        alone = sum(np.log(1 - link[i] ** 2) for i in members(subset))
        assert table[subset] == pytest.approx(0.5 * (np.log(left) - alone), abs=1e-11)


def test_blocks_and_threads_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    n = 18
    correlation = predictors_and_target(n, 0)[1]
    matrix, link = np.ascontiguousarray(correlation[:n, :n]), correlation[:n, n].copy()
    tables = [new_table(n) for _ in range(3)]
    for table, threads in zip(tables, (1, 3), strict=False):
        log_residuals(matrix, link, table, threads=threads)
    monkeypatch.setattr(engine, "block_bits", lambda n: n)
    log_residuals(matrix, link, tables[2])
    assert all(np.array_equal(table, tables[0]) for table in tables)


@pytest.mark.parametrize("n_sources", [1, 2, 3])
def test_a_target_that_follows_from_the_predictors_is_refused(n_sources: int) -> None:
    matrix, link = np.eye(5), np.zeros(5)
    link[-n_sources:] = np.sqrt(1.0 / n_sources) * (1 + 1e-15)
    with pytest.raises(ValueError, match="a pivot is not positive"), np.errstate(all="ignore"):
        log_residuals(matrix, link, new_table(5))
