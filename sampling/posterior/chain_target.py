"""The density that `ionfo sample` samples, as what draws of a posterior are corrected to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import IonfoError
from ...features.scores import CostName
from ...limits import check_number
from ...progress import progress
from ..evaluation.evaluator import Evaluation
from .prior import BLOCK
from .simulators import EModelSimulator, Simulator

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ChainTarget:
    """exp(-cost/T) inside the bounds, with the targets of the e-model's definition.

    Attributes
    ----------
    temperature : float
        T, in cost units.
    max_cost : float
        Nothing is above it; infinite by default.
    cost : {"max", "sum", "mean"}
        How scores are combined.
    """

    temperature: float = 0.5
    max_cost: float = float("inf")
    cost: CostName = "max"

    def check(self) -> None:
        """Refuse numbers out of bounds.

        Raises
        ------
        IonfoError
            Naming the option.
        """
        check_number("--temperature", self.temperature, 0, 1e6, is_above=True)
        if not self.max_cost > 0:
            raise IonfoError(f"--max-cost must be positive, got {self.max_cost:g}")
        if self.cost not in ("max", "sum", "mean"):
            raise IonfoError(f"the cost must be 'max', 'sum' or 'mean', got '{self.cost}'")

    def evaluations(
        self, simulator: Simulator, theta: Array, workers: int
    ) -> tuple[Array, Array, Array]:
        """Evaluate draws; those above the highest cost end where it is known.

        Returns
        -------
        features : ndarray, shape (n, n_features)
            In the order of the definition; NaN where one is not defined or was not reached.
        costs : ndarray, shape (n,)
            Infinite where it is above the highest one.
        log_density : ndarray, shape (n,)
            -cost/T, -inf above the highest cost.

        Raises
        ------
        IonfoError
            If the simulator is no e-model, or a number is out of bounds.
        """
        self.check()
        if not isinstance(simulator, EModelSimulator):
            raise IonfoError(
                "the target of a chain has the costs of an e-model, and this posterior is of a "
                "cell without one; correct it to the noise of its features"
            )
        found: list[Evaluation] = []
        blocks = range(0, len(theta), BLOCK)
        bound = float(np.nextafter(self.max_cost, np.inf))  # the highest cost itself is inside
        with (
            simulator.evaluated(workers, self.cost, bound) as run,
            progress("blocks", len(blocks)) as advance,
        ):
            for begin in blocks:
                found += run(theta[begin : begin + BLOCK])
                advance()
        costs = _costs(found, self.max_cost)
        features = np.array([one.features for one in found])
        return features, costs, -costs / self.temperature


def _costs(found: Sequence[Evaluation], most: float) -> Array:
    cost = np.array([one.cost for one in found])
    is_kept = np.array([one.rejected_by is None for one in found]) & (cost <= most)
    return np.where(is_kept, cost, np.inf)
