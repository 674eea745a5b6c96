"""The log density that the sampler walks on: log p = -cost/T inside the bounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..emodels import EModel
from .evaluator import Evaluation
from .pool import ModelRequest, Pool, SerialPool, evaluate
from .stop import StopFlag


@dataclass
class Target:
    """Evaluate whole sets of walkers in a pool.

    Attributes
    ----------
    emodel : EModel
        Gives bounds and features.
    pool : Pool
        Where evaluations run.
    temperature : float
        T of exp(-cost/T), in units of the cost.
    max_cost : float
        The density is zero above it.
    """

    emodel: EModel
    pool: Pool
    temperature: float = 0.5
    max_cost: float = np.inf
    n_evaluations: int = 0
    n_steps: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    n_whole: int = 0
    n_whole_steps: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    """Protocol -> evaluations that it ended."""
    rejected_steps: Counter[str] = field(default_factory=Counter)
    """Protocol -> integrator steps of those evaluations."""
    on_evaluation: Callable[[], None] = lambda: None
    stop: StopFlag = field(default_factory=StopFlag)

    @property
    def blob_dtype(self) -> np.dtype[np.void]:
        """What emcee carries along with each state."""
        n = len(self.emodel.features)
        return np.dtype(
            [("features", np.float64, (n,)), ("scores", np.float64, (n,)), ("cost", np.float64)]
        )

    def is_inside(self, thetas: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether each row lies inside the bounds; shape (n,)."""
        low, high = self.emodel.bounds.T
        inside: NDArray[np.bool_] = np.all((thetas >= low) & (thetas <= high), axis=1)
        return inside

    def log_prob(self, cost: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log density (not normalised) of states inside the bounds; shape as `cost`."""
        return np.where(cost <= self.max_cost, -cost / self.temperature, -np.inf)

    def bound(
        self,
        cost: NDArray[np.float64],
        log_u: NDArray[np.float64],
        log_factor: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Cost that proposals must stay below to be accepted; shape as `cost`.

        Parameters
        ----------
        cost : ndarray, shape (n,)
            Of the present states.
        log_u : ndarray, shape (n,)
            Logarithms of the uniform numbers of the acceptance test.
        log_factor : ndarray, shape (n,)
            Log Hastings factors of the proposals.
        """
        bound = cost - self.temperature * (log_u - log_factor)
        return np.minimum(bound, np.nextafter(self.max_cost, np.inf))

    def evaluate(
        self, thetas: NDArray[np.float64], bounds: NDArray[np.float64] | None = None
    ) -> list[Evaluation]:
        """Evaluate the rows of `thetas`, shape (n, n_parameters), all inside the bounds.

        `bounds`, shape (n,), are costs at which evaluations may end.
        """
        limits = np.full(len(thetas), np.inf) if bounds is None else bounds
        requests = [
            ModelRequest(tuple(map(float, theta)), float(limit))
            for theta, limit in zip(thetas, limits, strict=True)
        ]
        evaluations = []
        # a signal may not break into NEURON: in this process it waits for the evaluation's end
        with nullcontext() if isinstance(self.pool, SerialPool) else self.stop.waiting():
            for evaluation in self.pool.map(evaluate, requests):
                evaluations.append(evaluation)
                self.on_evaluation()
                self.stop.check()
        for evaluation in evaluations:
            self.n_evaluations += 1
            self.n_steps += evaluation.n_steps
            if evaluation.rejected_by is None:
                self.n_whole += 1
                self.n_whole_steps += evaluation.n_steps
            else:
                self.rejected[evaluation.rejected_by] += 1
                self.rejected_steps[evaluation.rejected_by] += evaluation.n_steps
            # one reason per model: the first feature that is missing
            self.reasons.update(list(evaluation.reasons.values())[:1])
        return evaluations

    def blobs(self, evaluations: list[Evaluation]) -> NDArray[np.void]:
        """Pack evaluations as emcee's blobs, shape (n,)."""
        return np.array([(e.features, e.scores, e.cost) for e in evaluations], self.blob_dtype)

    def __call__(self, thetas: NDArray[np.float64]) -> list[tuple[object, ...]]:
        """Give emcee (vectorised) log densities with features, scores and cost.

        Proposals outside the bounds are not evaluated.
        """
        inside = self.is_inside(thetas)
        found = iter(self.evaluate(thetas[inside]))
        nothing = np.full(len(self.emodel.features), np.nan)
        rows: list[tuple[object, ...]] = []
        for is_inside in inside:
            if is_inside:
                one = next(found)
                log_prob = float(self.log_prob(np.float64(one.cost)))  # type: ignore[arg-type]
                rows.append((log_prob, one.features, one.scores, one.cost))
            else:
                rows.append((-np.inf, nothing, nothing, np.inf))
        return rows
