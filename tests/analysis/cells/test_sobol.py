"""Sobol indices of functions whose indices are known."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis.cells.sobol import sobol_design, sobol_indices

pytest.importorskip("chaospy")


def test_polynomial_has_its_exact_indices() -> None:
    centre = np.array([2.0, -4.0, 0.5])
    design = sobol_design(centre, 0.1, order=2)
    # scaled to [-1, 1]: y = 3 a + b + 2 a b has variances 9/3, 1/3 and 4/9; c has no part
    a, b, _ = ((design.points - centre) / (0.05 * np.abs(centre))).T
    assert np.abs(a).max() <= 1 and np.abs(b).max() <= 1 and np.ptp(a) > 1.5
    y = np.column_stack([3 * a + b + 2 * a * b, np.ones(len(a))])
    found = sobol_indices(design, y)
    whole = 9 / 3 + 1 / 3 + 4 / 9
    assert found.first[:, 0] == pytest.approx([3 / whole, 1 / 3 / whole, 0], abs=1e-6)
    assert found.total[:, 0] == pytest.approx(
        [(3 + 4 / 9) / whole, (1 / 3 + 4 / 9) / whole, 0], abs=1e-6
    )
    assert found.error[0] < 1e-10
    assert np.isnan(found.first[:, 1]).all()  # a feature that does not vary


def test_missing_points_are_left_out_and_counted() -> None:
    design = sobol_design([1.0, 2.0], 0.2, order=2)
    y = design.points[:, :1].copy()
    y[3] = np.nan
    found = sobol_indices(design, y)
    assert found.n_used[0] == len(y) - 1
    assert found.first[:, 0] == pytest.approx([1, 0], abs=1e-8)
    y[:] = np.nan
    assert np.isnan(sobol_indices(design, y).first).all()


def test_rough_function_is_told_by_its_error() -> None:
    design = sobol_design([1.0, 2.0], 0.1, order=2)
    rough = np.random.default_rng(0).normal(size=(len(design.points), 1))
    assert sobol_indices(design, rough).error[0] > 0.1


@pytest.mark.parametrize(("centre", "width"), [([0.0, 1.0], 0.1), ([1.0], 0.0), ([np.nan], 0.1)])
def test_unfit_design(centre: list[float], width: float) -> None:
    with pytest.raises(ValueError, match="centre must be finite and not zero"):
        sobol_design(centre, width)
