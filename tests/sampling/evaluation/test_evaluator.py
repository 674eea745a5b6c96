"""An evaluation is a function of theta; a bound ends it early and changes nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.emodels import (
    PLAIN,
    EModel,
    cheap_first,
    check_order,
    load_emodel,
    parse_emodel,
    with_needed,
)
from ionfo.features import combine_cost
from ionfo.features.scores import CostName
from ionfo.sampling import Evaluation, Evaluator, evaluator_spec

pytestmark = pytest.mark.neuron

SOMA = load_emodel("soma")
REFERENCE_ORDER = tuple(protocol.name for protocol in SOMA.protocols)
ORDERS = (
    REFERENCE_ORDER,
    cheap_first(SOMA),
    (
        "RMPProtocol",
        "SearchHoldingCurrent",
        "RinProtocol",
        "SearchThresholdCurrent",
        "Step_220",
        "Step_140",
    ),
)
COSTS: tuple[CostName, ...] = ("max", "sum", "mean")


def draws(n: int, seed: int, width: float = 1.0) -> NDArray[np.float64]:
    """Parameter sets: uniform in the bounds, drawn towards the reference by `width` < 1."""
    assert SOMA.reference is not None
    reference = np.array([SOMA.reference[name] for name in SOMA.free_names])
    low, high = SOMA.bounds.T
    uniform = low + (high - low) * np.random.default_rng(seed).random((n, len(low)))
    return reference + width * (uniform - reference)


def same(a: Evaluation, b: Evaluation, but_steps: bool = False) -> bool:
    return (
        a.features.tobytes() == b.features.tobytes()
        and a.scores.tobytes() == b.scores.tobytes()
        and (a.cost, a.reasons, a.rejected_by) == (b.cost, b.reasons, b.rejected_by)
        and (but_steps or a.n_steps == b.n_steps)
    )


@pytest.mark.parametrize("cost", COSTS)
def test_order_of_protocols_changes_nothing(cost: CostName) -> None:
    thetas = [*draws(4, 0), *draws(4, 1, 0.2)]
    found = []
    for order in ORDERS:
        evaluator = Evaluator(evaluator_spec(SOMA, cost=cost, order=order))
        assert evaluator.order == order
        found.append([evaluator(theta) for theta in thetas])
    for other in found[1:]:
        assert all(same(a, b, but_steps=True) for a, b in zip(found[0], other, strict=True))
    assert len({bool(one.reasons) for one in found[0]}) == 2  # with and without missing features


@pytest.mark.parametrize("cost", COSTS)
def test_missing_response_hides_what_the_definition_runs_later(cost: CostName) -> None:
    # Step_140 fails on its budget; Step_220 has been run before it, and is missing all the same
    reverse = [*SOMA.protocols[:-2], SOMA.protocols[-1], SOMA.protocols[-2]]
    emodel = SOMA.model_copy(update={"protocols": tuple(reverse), "max_steps": 850})
    names = [protocol.name for protocol in reverse]
    theta = draws(1, 0, 0.0)[0]
    found = []
    for order in (
        names,
        [*names[:-2], "Step_140", "Step_220"],
        ORDERS[2][:4] + ("Step_140", "Step_220"),
    ):
        found.append(Evaluator(evaluator_spec(emodel, cost=cost, order=order))(theta))
    assert all(same(found[0], other, but_steps=True) for other in found[1:])
    assert found[1].n_steps > found[0].n_steps  # there Step_140 was run, in vain
    reasons = found[0].reasons
    assert set(reasons.values()) == {"Step_220: the sweep took more than 850 integrator steps"}
    assert sum(name.startswith("Step_140") for name in reasons) == 7
    assert found[0].cost == combine_cost(found[0].scores, cost)


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("order", ORDERS)
def test_bound_rejects_exactly_what_costs_as_much(cost: CostName, order: tuple[str, ...]) -> None:
    evaluator = Evaluator(evaluator_spec(SOMA, cost=cost, order=order))
    for theta in [*draws(3, 2), *draws(5, 3, 0.3)]:
        whole = evaluator(theta)
        for bound in (0.3 * whole.cost, 0.9 * whole.cost, whole.cost):
            stopped = evaluator(theta, bound)
            assert stopped.rejected_by in order
            assert bound <= stopped.cost <= whole.cost
            assert stopped.n_steps <= whole.n_steps
            known = ~np.isnan(stopped.scores)
            np.testing.assert_array_equal(stopped.scores[known], whole.scores[known])
            np.testing.assert_array_equal(stopped.features[known], whole.features[known])
        assert same(evaluator(theta, np.nextafter(whole.cost, np.inf)), whole)


def test_search_result_above_250_bounds_no_more_than_a_missing_one() -> None:
    # a threshold current so far off that its score exceeds 250, run before its resting
    # potential is known to be missing: the whole evaluation then scores it 250
    content = json.loads(SOMA.to_json())
    for feature in content["features"]:
        if "bpo_holding" in feature["name"]:
            feature["std"] = 1e-9
    emodel = type(SOMA).model_validate(content)
    first_rmp = ("RMPProtocol", *(name for name in REFERENCE_ORDER if name != "RMPProtocol"))
    emodel = emodel.model_copy(
        update={"protocols": tuple(p for n in first_rmp for p in emodel.protocols if p.name == n)}
    )
    order = ("SearchHoldingCurrent", "RMPProtocol", *REFERENCE_ORDER[1:2], *REFERENCE_ORDER[3:])
    evaluator = Evaluator(evaluator_spec(emodel, order=order))
    theta = draws(1, 0, 0.0)[0]
    assert evaluator(theta).cost > 250
    stopped = evaluator(theta, 1000.0)
    assert stopped.rejected_by == "RMPProtocol"  # not before the resting potential is there
    assert evaluator(theta, 200.0).rejected_by == "SearchHoldingCurrent"


def test_evaluations_in_two_orders_give_the_same_bytes() -> None:
    evaluator = Evaluator(evaluator_spec(SOMA))
    rng = np.random.default_rng(4)
    # most end early, as in a chain
    thetas = np.concatenate([draws(370, 5), draws(30, 6, 0.3)])
    bounds = np.where(np.arange(400) % 10, 3.0, np.inf)
    there = [evaluator(theta, bound) for theta, bound in zip(thetas, bounds, strict=True)]
    shuffled = rng.permutation(len(thetas))
    back = {i: evaluator(thetas[i], bounds[i]) for i in shuffled}
    assert all(same(one, back[i]) for i, one in enumerate(there))
    assert {one.rejected_by is None for one in there} == {True, False}
    assert {bool(one.reasons) for one in there if one.rejected_by is None} == {True, False}


def test_step_ends_once_its_first_spikes_prove_the_bound() -> None:
    content = json.loads(SOMA.to_json())
    for feature in content["features"]:
        if feature["name"] == "Step_220.soma.v.inv_time_to_first_spike":
            feature["mean"] = 1000.0
    emodel = type(SOMA).model_validate(content)
    order = ("SearchHoldingCurrent", "RinProtocol", "RMPProtocol", "SearchThresholdCurrent")
    evaluator = Evaluator(evaluator_spec(emodel, order=(*order, "Step_220", "Step_140")))
    theta = draws(1, 0, 0.0)[0]
    whole = evaluator(theta)
    n_whole = evaluator.simulator.log[-2].n_steps
    stopped = evaluator(theta, 20.0)
    n_stopped = evaluator.simulator.log[-1].n_steps
    assert stopped.rejected_by == "Step_220" and stopped.cost == whole.cost
    assert n_stopped < n_whole / 3
    assert np.isnan(stopped.scores[list(emodel.feature_names).index("Step_220.soma.v.AHP_depth")])


@pytest.mark.parametrize(
    "order", [REFERENCE_ORDER[:-1], ("Step_140", *REFERENCE_ORDER[:-2], "Step_220")]
)
def test_impossible_orders_are_refused(order: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="order must name|must come after"):
        check_order(SOMA, order)


def test_bound_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="bound must be a number"):
        Evaluator(evaluator_spec(SOMA))(draws(1, 0)[0], np.nan)


def test_default_numerics_change_no_score_that_matters() -> None:
    thetas = draws(10, 7, 0.05)
    plain = Evaluator(evaluator_spec(SOMA, numerics=PLAIN))
    exact = [plain(theta) for theta in thetas]
    fast = Evaluator(evaluator_spec(SOMA))
    found = [fast(theta) for theta in thetas]
    away = np.array([np.abs(a.scores - b.scores) for a, b in zip(found, exact, strict=True)])
    assert np.mean(away < 0.05) >= 0.99
    assert all(a.reasons == b.reasons for a, b in zip(found, exact, strict=True))
    assert 0 < away.max()  # they are not the same numbers


def test_sharing_the_held_state_changes_rounding_alone() -> None:
    theta = draws(1, 0, 0.0)[0]
    one, other = (
        Evaluator(evaluator_spec(SOMA, numerics=numerics))(theta)
        for numerics in (PLAIN, replace(PLAIN, share_holding=True))
    )
    # before rounding has grown from spike to spike
    np.testing.assert_allclose(one.features[:4], other.features[:4], rtol=2e-3)
    np.testing.assert_allclose(one.features[8], other.features[8], rtol=2e-3)
    assert one.n_steps > other.n_steps


def test_some_protocols_give_the_same_scores_as_all() -> None:
    evaluator = Evaluator(evaluator_spec(SOMA))
    order = with_needed(SOMA, ["RMPProtocol", "RinProtocol"])
    protocol = np.array([target.protocol for target in SOMA.targets])
    for theta in draws(3, 5, 0.3):
        whole, part = evaluator(theta), evaluator(theta, order=order)
        asked = np.isin(protocol, order)
        assert (part.scores[asked] == whole.scores[asked]).all()
        assert np.isnan(part.scores[~asked]).all() and np.isnan(part.features[~asked]).all()
        assert part.cost == whole.scores[asked].max()
        assert part.n_steps < whole.n_steps


def test_budget_of_steps_is_exact_and_leaves_no_trace() -> None:
    evaluator = Evaluator(evaluator_spec(SOMA))
    first, second = draws(2, 6, 0.3)
    whole = evaluator(first)
    assert same(evaluator(first, max_steps=whole.n_steps), whole)
    spent = evaluator(first, max_steps=whole.n_steps - 1)
    assert (spent.scores == 250.0).all() and np.isnan(spent.features).all()
    assert "more than" in next(iter(spent.reasons.values())) and spent.n_steps >= whole.n_steps
    expected = evaluator(second)
    evaluator(first, max_steps=whole.n_steps // 2)
    assert same(evaluator(second), expected)


def with_clamps() -> EModel:
    """The soma with current clamps beside its steps, and eFEL settings of their own."""
    content = json.loads(SOMA.to_json())
    span = {"unit": "percent", "start": 60.0, "end": 180.0}
    synapse = {"point_process": "ExpSyn", "site": {"kind": "section"}, "times": [70.0, 75.0],
               "parameters": {"tau": 3.0}, "weight": 0.002}  # fmt: skip
    clamps: dict[str, dict[str, Any]] = {
        "Ramp": {"currents": [{"shape": "ramp", "amplitude": 400.0, **span}],
                 "efel": {"Threshold": -45.0}},
        "Train": {"currents": [{"shape": "train", "unit": "percent", "start": 70, "width": 5,
                                "period": 25, "number": 4, "amplitude": 700}]},
        "Noise": {"currents": [{"shape": "noise", **span, "mean": 120, "sd": 60, "tau": 5,
                                "seed": 2}]},
        "Synaptic": {"synapses": [synapse]},
    }  # fmt: skip
    for name, more in clamps.items():
        content["protocols"].append(
            {"name": name, "kind": "current_clamp", "total": 185, "window": [60, 180], **more}
        )
        for feature, mean, std, unit in (
            ("mean_frequency", 25, 3, "Hz"), ("inv_first_ISI", 25, 3, "Hz"),
            ("inv_time_to_first_spike", 60, 8, "Hz"), ("voltage_base", -82, 0.2, "mV"),
        ):  # fmt: skip
            entry = {"name": f"{name}.soma.v.{feature}", "mean": mean, "std": std, "unit": unit}
            content["features"].append(entry)
    content["features"][-4]["efel"] = {"Threshold": -70.0}
    return parse_emodel(json.dumps(content), "soma")


@pytest.mark.parametrize("cost", COSTS)
def test_current_clamps_keep_every_guarantee(cost: CostName) -> None:
    emodel = with_clamps()
    clamps = ("Synaptic", "Noise", "Train", "Ramp")
    orders = (tuple(p.name for p in emodel.protocols), (*REFERENCE_ORDER[:4], *clamps, "Step_220",
                                                         "Step_140"))  # fmt: skip
    thetas = [*draws(2, 2), *draws(4, 3, 0.2)]
    whole = []
    for order in orders:
        evaluator = Evaluator(evaluator_spec(emodel, cost=cost, order=order))
        whole.append([evaluator(theta) for theta in thetas])
        for theta, one in zip(thetas, whole[-1], strict=True):
            for bound in (0.3 * one.cost, 0.9 * one.cost, one.cost):
                stopped = evaluator(theta, bound)
                assert bound <= stopped.cost <= one.cost and stopped.n_steps <= one.n_steps
                known = ~np.isnan(stopped.scores)
                np.testing.assert_array_equal(stopped.scores[known], one.scores[known])
            assert same(evaluator(theta, np.nextafter(one.cost, np.inf)), one)
    # neither the order nor what was rejected before changes a bit
    assert all(same(a, b, but_steps=True) for a, b in zip(*whole, strict=True))
    spiking = [one for one in whole[0] if np.isfinite(one.features[-16:]).sum() >= 12]
    assert len(spiking) >= 3


def test_held_states_serve_current_clamps() -> None:
    emodel = with_clamps()
    theta = draws(1, 0, 0.0)[0]
    one, other = (
        Evaluator(evaluator_spec(emodel, numerics=numerics))(theta)
        for numerics in (PLAIN, replace(PLAIN, share_holding=True))
    )
    early = [i for i, name in enumerate(emodel.feature_names) if name.endswith("to_first_spike")]
    np.testing.assert_allclose(one.features[early], other.features[early], rtol=2e-3)
    for name in ("Ramp", "Noise"):  # held until their current leaves zero, as the steps are
        assert one.protocol_steps[name] > other.protocol_steps[name]
    assert one.protocol_steps["Synaptic"] == pytest.approx(other.protocol_steps["Synaptic"], abs=3)
