"""In which order to run the protocols, so that rejections come early for few steps.

The order is chosen once, before the chains start, from a fixed number of whole evaluations of
proposals around the starting points.  No result depends on it, only what rejected proposals
cost.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...emodels import EModel, cheap_first
from ...emodels.protocol_kinds import needs
from ...features import combine_cost
from ...features.scores import CostName
from ..evaluation.evaluator import Evaluation
from .target import Target

N_EVALUATIONS = 64
"""Proposals that are evaluated whole to choose the order."""


def choose_order(
    target: Target,
    theta: NDArray[np.float64],
    cost: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[str, ...]:
    """Evaluate proposals around starting points and choose the order by them.

    Parameters
    ----------
    target : Target
        Evaluates; gives temperature and largest cost.
    theta : ndarray, shape (n_walkers, n_parameters)
        Starting points of all ensembles, in their order.
    cost : ndarray, shape (n_walkers,)
        Their costs.
    rng : numpy.random.Generator
        Makes the proposals: differential evolution (ter Braak 2006).
    """
    n, n_parameters = theta.shape
    gamma = 2.38 / np.sqrt(2 * n_parameters)
    proposals: list[NDArray[np.float64]] = []
    bounds: list[float] = []
    for i in range(100 * N_EVALUATIONS):  # where most fall outside the bounds, fewer are used
        if len(proposals) == N_EVALUATIONS:
            break
        a, b = rng.choice(n, 2, replace=False)
        one = theta[i % n] + gamma * (theta[a] - theta[b])
        log_u = np.log(rng.random())
        if target.is_inside(one[None])[0]:
            proposals.append(one)
            bounds.append(cost[i % n] - target.temperature * log_u)
    if not proposals:
        return cheap_first(target.emodel)
    evaluations = target.evaluate(np.array(proposals))
    limits = np.minimum(bounds, np.nextafter(target.max_cost, np.inf))
    return best_order(target.emodel, evaluations, limits, target.cost or "max")


def best_order(
    emodel: EModel,
    evaluations: Sequence[Evaluation],
    bounds: NDArray[np.float64],
    cost: CostName = "max",
) -> tuple[str, ...]:
    """Order the protocols greedily by rejections per integrator step.

    The next protocol is the one that, with those it needs, would end the most of the
    evaluations still going, per step they take; ties are settled by the e-model's order.

    Parameters
    ----------
    emodel : EModel
        Its protocols, and which need which.
    evaluations : sequence of Evaluation
        Whole; those in which a protocol was not run are left out.
    bounds : ndarray, shape (n_evaluations,)
        Costs at which each may end.
    cost : {"max", "sum", "mean"}
        How scores are combined.
    """
    names = [protocol.name for protocol in emodel.protocols]
    protocols = {protocol.name: protocol for protocol in emodel.protocols}
    going = [
        (one, bound)
        for one, bound in zip(evaluations, bounds, strict=True)
        if all(name in one.protocol_steps for name in names)
    ]
    if not going:
        return cheap_first(emodel)
    of_protocol = np.array([target.protocol for target in emodel.targets])
    order: list[str] = []

    def with_needed(name: str) -> list[str]:
        wanted, more = set[str](), {name}
        while more != wanted:
            wanted = more
            kinds = {kind for one in wanted for kind in needs(protocols[one])}
            more = wanted | {one for one in names if protocols[one].kind in kinds}
        return [one for one in names if one in wanted and one not in order]

    def ends(evaluation: Evaluation, bound: float, done: Sequence[str]) -> bool:
        known = np.where(np.isin(of_protocol, list(done)), evaluation.scores, 0.0)
        return combine_cost(known, cost) >= bound

    while len(order) < len(names):
        best, best_ratio = with_needed(next(one for one in names if one not in order)), 0.0
        for name in names:
            group = with_needed(name)
            if name in order:
                continue
            n_ended = sum(ends(one, bound, [*order, *group]) for one, bound in going)
            steps = sum(one.protocol_steps[each] for one, _ in going for each in group)
            ratio = n_ended / max(1, steps)
            if ratio > best_ratio * (1 + 1e-12):
                best, best_ratio = group, ratio
        order += best
        going = [(one, bound) for one, bound in going if not ends(one, bound, order)]
    return tuple(order)
