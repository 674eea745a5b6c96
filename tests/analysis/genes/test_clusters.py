"""Clusters find what is there, by one rule."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis.genes.clusters import (
    adjusted_rand_index,
    differential_genes,
    embedding,
    find_clusters,
    neighbour_graph,
)


def types(n: int = 240, n_types: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % n_types
    values = rng.normal(1.0, 0.5, (n, 30))
    for k in range(n_types):
        values[labels == k, 3 * k : 3 * k + 3] += 4.0
    return values, labels


def test_adjusted_rand_index_is_that_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    for _ in range(20):
        a, b = rng.integers(0, 4, 50), rng.integers(0, 6, 50)
        assert adjusted_rand_index(a, b) == pytest.approx(
            metrics.adjusted_rand_score(a, b), abs=1e-12
        )
    assert adjusted_rand_index([0, 0, 0], [1, 1, 1]) == 1.0


def test_separate_types_are_found_and_noise_is_not() -> None:
    pytest.importorskip("scanpy")
    values, labels = types()
    found = find_clusters(neighbour_graph(values[:, :12]), 4)
    assert found.n_clusters == 4 and adjusted_rand_index(found.labels, labels) == 1.0
    noise = find_clusters(neighbour_graph(values[:, 12:]), 4)
    assert abs(adjusted_rand_index(noise.labels, labels)) < 0.1
    again = find_clusters(neighbour_graph(values[:, 12:]), 4)
    np.testing.assert_array_equal(noise.labels, again.labels)


def test_genes_that_do_not_vary_count_for_nothing() -> None:
    pytest.importorskip("scanpy")
    values, _ = types()
    padded = np.hstack([values[:, :12], np.full((240, 2), 3.0)])
    np.testing.assert_array_equal(
        find_clusters(neighbour_graph(padded), 4).labels,
        find_clusters(neighbour_graph(values[:, :12]), 4).labels,
    )
    with pytest.raises(ValueError, match="hold a gene that varies"):
        neighbour_graph(np.ones((10, 3)))


def test_differential_genes_are_those_of_the_types() -> None:
    pytest.importorskip("scanpy")
    values, labels = types()
    assert differential_genes(values, labels).tolist() == list(range(12))


def test_a_map_has_two_numbers_per_cell() -> None:
    pytest.importorskip("umap")
    values, _ = types(60)
    points = embedding(neighbour_graph(values), 1)
    assert points.shape == (60, 2) and np.isfinite(points).all()
