"""Sparse reduced-rank regression finds what was put in, and agrees with a public implementation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionfo.analysis.genes import sparse_reduced_rank_regression
from ionfo.errors import IonfoError

pytest.importorskip("sklearn")


def made(seed: int = 0) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((300, 12))
    x -= x.mean(axis=0)
    y = x[:, [2, 5, 7]] @ rng.standard_normal((3, 2)) @ rng.standard_normal((2, 6))
    y = y + 0.3 * rng.standard_normal((300, 6))
    return x, y - y.mean(axis=0)


def test_a_large_population_gives_back_genes_and_coefficients() -> None:
    x, y = made()
    found = sparse_reduced_rank_regression(x, y, 2, 0.2)
    assert found.genes.tolist() == [2, 5, 7] and found.is_converged
    np.testing.assert_allclose(found.coefficients, found.weights @ found.loadings.T)
    np.testing.assert_allclose(found.loadings.T @ found.loadings, np.eye(2), atol=1e-12)
    assert (found.loadings[np.abs(found.loadings).argmax(axis=0), [0, 1]] > 0).all()
    assert found.r2 == pytest.approx(1 - found.loss) and found.r2 > 0.7
    shrunk = sparse_reduced_rank_regression(x, y, 2, 0.2, relaxed=False)
    np.testing.assert_array_equal(shrunk.coefficients, found.sparse_coefficients)


def test_sparse_fit_is_at_a_minimum_of_its_objective() -> None:
    x, y = made(1)
    found = sparse_reduced_rank_regression(x, y, 2, 0.2, relaxed=False)

    def objective(weights: Any) -> float:
        rest = y - x @ weights @ found.loadings.T
        return float(np.sum(rest**2) / (2 * len(x)) + 0.2 * np.linalg.norm(weights, axis=1).sum())

    least = objective(found.weights)
    rng = np.random.default_rng(2)
    for _ in range(20):
        step = np.zeros_like(found.weights)
        step[rng.integers(12)] = rng.normal(0.0, 0.05, 2)
        assert objective(found.weights + step) > least


def test_relaxed_fit_of_full_rank_is_ridge_of_the_selected_genes() -> None:
    x, y = made(2)
    found = sparse_reduced_rank_regression(x[:, :6], y[:, :3], 3, 0.1)
    few = x[:, found.genes]
    ridge = np.linalg.inv(few.T @ few + 30.0 * np.eye(few.shape[1])) @ few.T @ y[:, :3]
    np.testing.assert_allclose(found.coefficients[found.genes], ridge, atol=1e-12)


def test_fewer_genes_than_components_have_no_relaxed_fit() -> None:
    x, y = made()
    y[:, 3:] = 0.0
    found = sparse_reduced_rank_regression(x, y, 2, 100.0)
    assert len(found.genes) == 0 and np.isnan(found.coefficients).all() and np.isnan(found.r2)
    assert not found.sparse_coefficients.any()
    assert sparse_reduced_rank_regression(x, y, 2, 100.0, relaxed=False).r2 == 0.0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"x": [1.0, 2.0]}, "x must have shape"),
        ({"x": "abc"}, "x must be a table of numbers"),
        ({"y": np.zeros((300, 6))}, "y must vary"),
        ({"y": np.full((300, 6), np.nan)}, "y must be finite, row 0 of column 0 has nan"),
        ({"y": np.ones((4, 6))}, "got 300 and 4 rows"),
        ({"rank": 7}, "smaller of 6 outputs and 12 genes, got 7"),
        ({"rank": 1.5}, "rank must be a whole number"),
        ({"penalty": 0.0}, "penalty must be a finite number above 0, got 0"),
        ({"penalty": float("nan")}, "above 0, got nan"),
        ({"penalty": None}, "above 0, got None"),
    ],
)
def test_bad_input_gets_one_sentence(change: dict[str, Any], told: str) -> None:
    x, y = made()
    with pytest.raises(IonfoError, match=told):
        sparse_reduced_rank_regression(**{"x": x, "y": y, "rank": 2, "penalty": 0.1, **change})


def test_shared_cells_give_the_stored_coefficients(shared: Path) -> None:
    """By a public implementation; srrr.json says which, with its versions."""
    stored = json.loads((shared / "data/reference/npe/srrr.json").read_text())
    cells = pd.read_parquet(shared / "data/reference/npe/npe_m1_cells.parquet")
    columns = [f"count/{one}" for one in stored["gene_list"]]
    table = pd.read_parquet(
        shared / "data/expression/m1_patchseq_counts.parquet", columns=["cell_id", *columns]
    )
    counts = table.set_index("cell_id").loc[cells["cell_id"]].to_numpy(np.float64)
    sizes = counts.sum(axis=1, keepdims=True)
    x = np.log2(counts / sizes * np.median(sizes) + 1.0)
    y = cells[[one for one in cells if str(one).startswith("map/")]].to_numpy(np.float64)
    x, y = ((one - one.mean(axis=0)) / one.std(axis=0) for one in (x, y))
    found = sparse_reduced_rank_regression(x, y, 2, 0.15, relaxed=False)
    fit = stored["fit_rank2_lam0.15"]
    assert [stored["gene_list"][i] for i in found.genes] == fit["genes"]
    np.testing.assert_allclose(found.coefficients[found.genes], fit["WVt"], atol=1e-4)
    assert found.loss == pytest.approx(fit["loss"], abs=1e-5)
