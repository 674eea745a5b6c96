"""The one-compartment e-model is hard enough to be worth sampling."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.emodels import load_emodel
from ionfo.sampling import Evaluator, evaluator_spec

pytestmark = [pytest.mark.neuron, pytest.mark.slow]


def test_random_models_are_rarely_valid_and_most_parameters_matter() -> None:
    emodel = load_emodel("soma")
    assert emodel.reference is not None
    evaluator = Evaluator(evaluator_spec(emodel))
    low, high = emodel.bounds.T
    reference = np.array([emodel.reference[name] for name in emodel.free_names])
    assert evaluator(reference).cost < 1.0

    rng = np.random.default_rng(0)
    costs = [evaluator(low + (high - low) * rng.random(len(low))).cost for _ in range(150)]
    assert np.mean(np.array(costs) < 5.0) < 0.05

    n_matter = 0
    for i in range(len(low)):
        along = []
        for x in (0.0, 0.25, 0.5, 1.0):
            theta = reference.copy()
            theta[i] = low[i] + x * (high[i] - low[i])
            along.append(evaluator(theta).cost)
        n_matter += max(along) - min(along) > 1.0
    assert n_matter >= len(low) / 2
