"""Random gene sets are of the promised kind; overlaps have known chances."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis.genes.gene_sets import draw_genes, draw_matched_genes, expression_bins, overlap


def test_draws_depend_on_their_seed_alone_and_cover_the_pool() -> None:
    pool = np.array([2, 3, 5, 7, 11, 13])
    sets = [draw_genes(pool, 3, (0, 1, i)) for i in range(200)]
    assert all(len(set(one)) == 3 and set(one) <= set(pool) for one in sets)
    counts = [sum(gene in one for one in sets) for gene in pool]
    # each gene is in half of the sets: 100 with an SD of 7
    assert min(counts) > 70 and max(counts) < 130
    np.testing.assert_array_equal(draw_genes(pool, 3, (0, 1, 7)), sets[7])
    with pytest.raises(ValueError, match="from 1 to the 6 genes of the pool, got 7"):
        draw_genes(pool, 7, (0,))


def test_matched_draws_have_the_means_of_the_set() -> None:
    mean = np.random.default_rng(0).gamma(1.0, 2.0, 400)
    bins = expression_bins(mean)
    assert np.bincount(bins).tolist() == [20] * 20
    chosen = np.argsort(mean)[-40:]
    matched = [draw_matched_genes(chosen, bins, (3, i)) for i in range(50)]
    for one in matched:
        np.testing.assert_array_equal(np.bincount(bins[one]), np.bincount(bins[chosen]))
        assert len(set(one)) == 40
    free = [draw_genes(np.arange(400), 40, (4, i)) for i in range(50)]
    target = mean[chosen].mean()
    assert abs(np.mean([mean[one].mean() for one in matched]) / target - 1) < 0.05
    assert np.mean([mean[one].mean() for one in free]) < 0.6 * target


def test_overlap_is_hypergeometric() -> None:
    found = overlap(np.arange(5), np.arange(3, 13), 20)
    assert (found.shared, found.expected) == (2, 2.5)
    # 1 - P(0) - P(1) of drawing 5 of 20 with 10 marked
    assert found.p == pytest.approx(1 - (252 + 10 * 210) / 15504, abs=1e-12)
