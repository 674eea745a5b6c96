"""A target whose distribution is known, behind the real chain, store and collection."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.emodels import EModel, load_emodel, parse_emodel
from ionfo.sampling import Evaluation, ModelRequest

MEAN = np.array([1.0, -2.0, 0.5])
COVARIANCE = np.array([[1.0, 0.6, 0.0], [0.6, 2.0, -0.3], [0.0, -0.3, 0.5]])


class AnalyticPool:
    """A pool that answers with the cost of a formula instead of a simulation."""

    def __init__(self, emodel: EModel, cost: Callable[[NDArray[np.float64]], float]) -> None:
        self.n_features = len(emodel.features)
        self.cost = cost

    def map(self, function: Any, requests: Iterable[ModelRequest], /) -> Iterator[Evaluation]:
        for request in requests:
            cost = self.cost(np.array(request.theta))
            if cost >= request.bound:  # as an evaluation that ends early: no more is known
                nothing = np.full(self.n_features, np.nan)
                yield Evaluation(
                    nothing, nothing, request.bound, n_steps=1, rejected_by="RinProtocol"
                )
                continue
            features = np.full(self.n_features, cost)
            yield Evaluation(features, features, cost)


@pytest.fixture
def emodel() -> EModel:
    """Three wide free parameters; everything else as in `soma`."""
    content = json.loads(load_emodel("soma").to_json())
    content["parameters"] = [p for p in content["parameters"] if p["bounds"] is None] + [
        {"name": f"g{i}.somatic", "unit": "1", "bounds": [-30.0, 30.0]} for i in range(3)
    ]
    content["reference"] = None
    return parse_emodel(json.dumps(content), "test")


def gaussian_cost(theta: NDArray[np.float64]) -> float:
    """Minus the log density of a normal distribution."""
    away = theta - MEAN
    return float(0.5 * away @ np.linalg.solve(COVARIANCE, away))
