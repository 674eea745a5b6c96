"""The log density that the sampler walks on: log p = -cost/T inside the bounds."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...emodels import EModel
from ...features.scores import CostName
from ..evaluation.counts import Counts
from ..evaluation.evaluator import Evaluation
from ..evaluation.pool import Call, ModelRequest, Pool, evaluate, stream

Proposal = tuple[NDArray[np.float64], float]
"""Parameters, and the cost that they must stay below."""


def blob_dtype(emodel: EModel) -> np.dtype[np.void]:
    """Fields that emcee carries along with each state."""
    n = len(emodel.features)
    return np.dtype(
        [
            ("features", np.float64, (n,)),
            ("scores", np.float64, (n,)),
            ("cost", np.float64),
            ("steps", np.int64),
        ]
    )


def pack_blobs(emodel: EModel, evaluations: Sequence[Evaluation]) -> NDArray[np.void]:
    """Pack evaluations as emcee's blobs, shape (n,)."""
    rows = [(e.features, e.scores, e.cost, e.n_steps) for e in evaluations]
    return np.array(rows, blob_dtype(emodel))


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
    cost : {"max", "sum", "mean"} or None
        How scores are combined; None for the evaluators' way.
    order : tuple of str or None
        Protocols in the order to run them in; no density depends on it.
    counts : Counts
        What the evaluations took.
    """

    emodel: EModel
    pool: Pool
    temperature: float = 0.5
    max_cost: float = np.inf
    cost: CostName | None = None
    order: tuple[str, ...] | None = None
    counts: Counts = field(default_factory=Counts)
    on_batch: Callable[[NDArray[np.float64], list[Evaluation]], None] = lambda thetas, found: None
    """Given every batch of evaluations."""

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

    def request(self, proposal: Proposal) -> ModelRequest:
        """Give the request that evaluates a proposal until its cost is known to reach its bound."""
        theta, bound = proposal
        return ModelRequest(
            tuple(map(float, theta)), float(bound), cost=self.cost, order=self.order
        )

    def evaluate(
        self, thetas: NDArray[np.float64], bounds: NDArray[np.float64] | None = None
    ) -> list[Evaluation]:
        """Evaluate the rows of `thetas`, shape (n, n_parameters), all inside the bounds.

        `bounds`, shape (n,), are costs at which evaluations may end.
        """
        limits = np.full(len(thetas), np.inf) if bounds is None else bounds
        requests = [self.request(one) for one in zip(thetas, limits, strict=True)]
        evaluations = list(self.pool.map(evaluate, requests))
        for one in evaluations:
            self.counts.add(one)
        self.on_batch(thetas, evaluations)
        return evaluations

    def walk(
        self, walks: Sequence[Generator[Proposal, Evaluation, None]], is_early: bool = True
    ) -> None:
        """Let walkers go on at their own pace, each with one proposal in the pool at a time.

        Parameters
        ----------
        walks : sequence of generators
            Yield parameters inside the bounds with the cost that they must stay below; are sent
            the evaluation.
        is_early : bool
            Whether evaluations may end at that cost.
        """
        seen: list[list[tuple[NDArray[np.float64], Evaluation]]] = [[] for _ in walks]
        asked: dict[int, NDArray[np.float64]] = {}

        def request(i: int, proposal: Proposal) -> ModelRequest:
            theta, bound = proposal
            asked[i] = theta
            return self.request((theta, bound if is_early else np.inf))

        def follow(i: int, found: Evaluation) -> dict[int, ModelRequest | Call]:
            self.counts.add(found)
            seen[i].append((asked[i], found))
            try:
                return {i: request(i, walks[i].send(found))}
            except StopIteration:
                return {}

        first = {}
        for i, one in enumerate(walks):
            try:
                first[i] = request(i, next(one))
            except StopIteration:
                continue
        stream(self.pool, first, follow)
        in_order = [one for each in seen for one in each]
        if in_order:
            self.on_batch(np.array([theta for theta, _ in in_order]), [e for _, e in in_order])

    def __call__(self, thetas: NDArray[np.float64]) -> list[tuple[object, ...]]:
        """Give emcee (vectorised) log densities with features, scores, cost and steps.

        Proposals outside the bounds are not evaluated.
        """
        inside = self.is_inside(thetas)
        found = iter(self.evaluate(thetas[inside]))
        nothing = np.full(len(self.emodel.features), np.nan)
        rows: list[tuple[object, ...]] = []
        for is_inside in inside:
            if is_inside:
                one = next(found)
                log_prob = float(self.log_prob(np.array([one.cost]))[0])
                rows.append((log_prob, one.features, one.scores, one.cost, one.n_steps))
            else:
                rows.append((-np.inf, nothing, nothing, np.inf, 0))
        return rows
