"""The order of protocols is the one that rejects most per step; ties go to the e-model's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ionfo.emodels import EModel, cheap_first, check_order, load_emodel
from ionfo.sampling import Evaluation, Target
from ionfo.sampling.chains.order import N_EVALUATIONS, best_order, choose_order

from ..conftest import AnalyticPool, gaussian_cost

SOMA = load_emodel("soma")
NAMES = [protocol.name for protocol in SOMA.protocols]
OF_PROTOCOL = np.array([target.protocol for target in SOMA.targets])


def evaluation(bad: str, steps: dict[str, int]) -> Evaluation:
    scores = np.where(OF_PROTOCOL == bad, 9.0, 1.0)
    return Evaluation(scores, scores, 9.0, protocol_steps={n: steps.get(n, 100) for n in NAMES})


def test_what_rejects_comes_first() -> None:
    cases = [evaluation("Step_220", {}), evaluation("Step_220", {}), evaluation("Step_140", {})]
    order = best_order(SOMA, cases, np.full(3, 5.0))
    check_order(SOMA, order)
    assert order.index("Step_220") < order.index("Step_140")
    # a cheaper protocol that rejects half as often is worth more
    cases = [evaluation(bad, {"Step_220": 5000}) for bad in ("Step_220", "Step_220", "Step_140")]
    order = best_order(SOMA, cases, np.full(3, 5.0))
    assert order.index("Step_140") < order.index("Step_220")


def test_nothing_to_choose_by_keeps_the_order_of_the_emodel() -> None:
    good = evaluation("none", {})
    assert best_order(SOMA, [good], np.array([99.0])) == tuple(NAMES)
    not_run = Evaluation(good.features, good.scores, 9.0)
    assert best_order(SOMA, [not_run], np.array([5.0])) == cheap_first(SOMA)


@pytest.mark.parametrize("cost", ["max", "sum", "mean"])
def test_order_is_always_one_that_can_be_run(cost: str) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        cases = [
            Evaluation(
                np.zeros(len(OF_PROTOCOL)),
                rng.exponential(size=len(OF_PROTOCOL)),
                0.0,
                protocol_steps={n: int(rng.integers(1, 1000)) for n in NAMES},
            )
            for _ in range(10)
        ]
        check_order(SOMA, best_order(SOMA, cases, rng.exponential(size=10), cost))  # type: ignore[arg-type]


def test_choice_spends_a_fixed_number_of_evaluations(emodel: EModel, tmp_path: Path) -> None:
    target = Target(emodel, AnalyticPool(emodel, gaussian_cost))
    theta = np.random.default_rng(1).standard_normal((40, 3))
    cost = np.array([gaussian_cost(one) for one in theta])
    found = [choose_order(target, theta, cost, np.random.default_rng(7)) for _ in range(2)]
    assert found[0] == found[1] and target.counts.n_evaluations == 2 * N_EVALUATIONS
