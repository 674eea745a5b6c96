"""Moments of weighted samples with their errors, where they are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def test_weighted_moments_are_within_their_errors(load: Callable[[str], Any]) -> None:
    study = load("study/posterior_and_chain.py")
    random = np.random.default_rng(1)
    theta = random.normal(size=(4000, 3))
    theta[:, 2] += theta[:, :2].sum(axis=1)
    shifted = theta - 0.3
    weight = np.exp(0.3 * shifted[:, 0])  # moves the mean of the first to 0 again
    size = weight.sum() ** 2 / (weight**2).sum()
    mean, sd, omega, *errors = study.with_errors(study.Sample(shifted, weight, size), 0)
    assert abs(mean[0]) < 4 * errors[0][0] < 0.3
    np.testing.assert_allclose(sd, [1, 1, np.sqrt(3)], atol=4 * errors[1].max())
    # of three variables: H(all) + sum of H(each) - H(the other two)
    correlation = np.array([[1, 0, 3**-0.5], [0, 1, 3**-0.5], [3**-0.5, 3**-0.5, 1]])
    minors = [np.linalg.det(np.delete(np.delete(correlation, i, 0), i, 1)) for i in range(3)]
    wanted = 0.5 * (np.log(np.linalg.det(correlation)) - np.log(np.prod(minors)))
    assert abs(omega - wanted) < 4 * errors[2] < 0.1
