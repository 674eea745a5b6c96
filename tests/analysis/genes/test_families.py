"""What genes tell beyond a label, and beyond chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ionfo.analysis.genes.cross_validation import (
    RegressionChoice,
    cross_validate,
    fold_r2,
    make_folds,
)
from ionfo.analysis.genes.families import (
    family_means,
    overall_means,
    paired_gain,
    permutation_test,
    shuffled_rows,
    squared_errors,
)

pytest.importorskip("sklearn")
CHOICE = RegressionChoice(2, 0.1)


def test_genes_that_tell_more_than_the_family_gain(cells: Any) -> None:
    genes, outputs, families = cells
    folds = make_folds(120, 5)
    label = family_means(outputs, families, folds)
    both = cross_validate(genes, outputs, folds, CHOICE, families).predicted
    errors = [squared_errors(outputs, one) for one in (overall_means(outputs, folds), label, both)]
    assert errors[0].sum() > errors[1].sum() > errors[2].sum()
    gain = paired_gain(errors[1], errors[2], errors[0])
    assert 0 < gain.low < gain.value < gain.high and gain.n_cells == 120
    assert gain.value == pytest.approx((errors[1].sum() - errors[2].sum()) / errors[0].sum())
    assert abs(fold_r2(outputs, overall_means(outputs, folds), folds)[0]).max() < 1e-12


def test_a_family_that_only_one_fold_holds_is_at_the_mean_of_all() -> None:
    outputs = np.array([[1.0], [2.0], [np.nan], [6.0]])
    folds = [np.array([3]), np.array([0, 1, 2])]
    found = family_means(outputs, np.array(["a", "a", "a", "b"]), folds)
    np.testing.assert_array_equal(found.ravel(), [6.0, 6.0, 6.0, 1.5])


def test_shuffled_cells_tell_nothing(cells: Any) -> None:
    genes, outputs, families = cells
    folds = make_folds(120, 3)
    found = permutation_test(genes, outputs, folds, CHOICE, 19)
    assert found.p == 0.05 and found.r2 > 0.3 > found.shuffled.max()
    within = permutation_test(genes, outputs, folds, CHOICE, 4, families)
    assert within.r2 > within.shuffled.max()
    order = shuffled_rows(120, families, np.random.default_rng(0))
    assert (families[order] == families).all() and (order != np.arange(120)).any()


def test_gain_of_nothing_has_an_interval_about_zero() -> None:
    rng = np.random.default_rng(1)
    gain = paired_gain(rng.uniform(size=200), rng.uniform(size=200), 1.0)
    assert gain.low < 0 < gain.high
    nothing = paired_gain(np.full(3, np.nan), np.ones(3), 1.0)
    assert nothing.n_cells == 0 and np.isnan(nothing.value)
