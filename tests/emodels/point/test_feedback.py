"""Dynamic input conductances and thresholds: references, published vectors, identities."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from ionfo import IonfoError
from ionfo.emodels.point import (
    PointModel,
    dynamic_input_conductances,
    load_point_model,
    threshold_voltage,
)
from ionfo.emodels.point.feedback import sensitivity
from ionfo.emodels.point.kinetics import (
    gate_values,
    reference_time_constants,
    shares,
    steady_state,
    steady_state_slope,
    time_constant,
)

SPIKING = [4000, 105, 5, 10, 160, 300, 0.3, 0.01]
MODELS = [load_point_model("stg"), load_point_model("da")]


def cells(model: PointModel, n: int = 6) -> np.ndarray:
    generator = np.random.default_rng(3)
    start = {"stg": SPIKING, "da": [30, 7.8, 0.05, 0.03, 0.13, 0.01, 0.011]}[model.name]
    return np.array(start) * generator.uniform(0.5, 1.5, (n, len(start)))


def at_threshold(one: dict[str, Any]) -> tuple[float, list[float]]:
    key = next(key for key in one if key.startswith("dics_at_m"))
    return {"dics_at_m51": -51.0, "dics_at_m55p5": -55.5}[key], one[key][:3]


def test_reference_conductances(reference_sets: list[dict[str, Any]]) -> None:
    for one in reference_sets:
        model = load_point_model(one["model"].lower())
        wanted = {float(v): row for v, row in one["dics_at"].items()}
        wanted.update([at_threshold(one)])
        for voltage, row in wanted.items():
            found = dynamic_input_conductances(model, one["g"], voltage)
            np.testing.assert_allclose(found, [row], rtol=1e-9)


def test_reference_thresholds(reference_sets: list[dict[str, Any]]) -> None:
    for one in reference_sets:
        found = threshold_voltage(load_point_model(one["model"].lower()), one["g"])
        wanted = np.nan if one["V_th"] is None else one["V_th"]
        np.testing.assert_allclose(found, [wanted], atol=1e-5)


def test_published_vector() -> None:
    # slow calcium, as in the published example: Na, Kd, CaT, CaS, KCa, A, H, leak
    stg = load_point_model("stg")
    assert stg.calcium is not None
    slow = stg.model_copy(update={"calcium": stg.calcium.model_copy(update={"time_constant": 5e3})})
    cell = [800, 90, 3, 3, 60, 80, 0.1, 0.01]
    found = dynamic_input_conductances(slow, cell, 0)[0]
    np.testing.assert_allclose(found, [2712.186654, 19069.692051, -196.857457], atol=1e-6)
    found = dynamic_input_conductances(stg, cell, 0)[0]
    np.testing.assert_allclose(found, [2712.186654, 18934.622563, -61.787968], atol=1e-6)


def test_published_threshold_columns_of_da() -> None:
    columns = np.array(sensitivity(MODELS[1], -55.5).columns(None)).T
    fast = [-0.005489, 0.000389, 0.003610, 0.025510, 0.093176, -0.240508, 1]
    slow = [0.000391, 0.002658, -0.275482, -0.401096, 0, 0, 0]
    ultraslow = [0.000461, 0, -0.116464, -0.009076, 0.356372, 0, 0]
    np.testing.assert_allclose(columns, [fast, slow, ultraslow], atol=6e-7)


def test_sum_is_the_slope_of_the_steady_current() -> None:
    stg, cell, h = MODELS[0], dict(zip(MODELS[0].conductance_names, SPIKING, strict=True)), 1e-4
    assert stg.calcium is not None

    def is_open(name: str, v: float) -> float:
        gates = stg.channels[name].gates.values()
        return float(np.prod([steady_state(gate, v) ** gate.power for gate in gates]))

    def current(v: float) -> float:  # all gates and calcium at rest for the voltage
        flow = {name: cell[name] * is_open(name, v) * (v - channel.reversal)
                for name, channel in stg.channels.items()}  # fmt: skip
        calcium = 0.05 - 0.94 * (flow["CaT"] + flow["CaS"])
        flow["KCa"] *= (calcium / (calcium + 3)) ** 4
        return sum(flow.values())

    for v in (-60.0, -51.0, -40.0, 0.0):
        slope = (current(v + h) - current(v - h)) / (2 * h) / cell["leak"]
        total = dynamic_input_conductances(stg, SPIKING, v).sum()
        assert total == pytest.approx(slope, rel=1e-6)
    published = {-60: 33.0471742, -51: 6.0615618, -40: -330.9661965, 0: 23484.4224}
    for v, wanted in published.items():
        assert dynamic_input_conductances(stg, SPIKING, v).sum() == pytest.approx(wanted, rel=1e-8)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_slopes_are_derivatives_and_shares_sum_to_one(model: PointModel) -> None:
    v, h = np.linspace(-100, 60, 321), 1e-4
    scales = reference_time_constants(model, v)
    for name, gate in model.gates.items():
        difference = (steady_state(gate, v + h) - steady_state(gate, v - h)) / (2 * h)
        np.testing.assert_allclose(steady_state_slope(gate, v), difference, atol=1e-8, err_msg=name)
        np.testing.assert_allclose(gate_values(model, v)[name].shares.sum(axis=-1), 1)
        if gate.three_states is None:
            assert (time_constant(gate, v) >= 0).all()
    np.testing.assert_allclose(shares(scales[1], scales)[:, 1], 1)


def test_pole_of_the_published_sodium_rate_is_guarded() -> None:
    gate = MODELS[1].gates["Na.m"]
    across = np.linspace(-38.75, -38.70, 50_001)
    tau = time_constant(gate, across)
    assert np.isfinite(tau).all() and (tau > 0).all()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_cells_do_not_know_each_other_and_size_does_not_matter(model: PointModel) -> None:
    rows = cells(model)
    together = dynamic_input_conductances(model, rows, -52)
    alone = [dynamic_input_conductances(model, row, -52)[0] for row in rows]
    np.testing.assert_allclose(together, alone, rtol=1e-13)
    thresholds = threshold_voltage(model, rows)
    np.testing.assert_allclose(thresholds, [threshold_voltage(model, r)[0] for r in rows])
    at = dynamic_input_conductances(model, rows, thresholds).sum(axis=1)
    assert np.isfinite(thresholds).all() and np.abs(at).max() < 1e-6
    if model.calcium is None:  # calcium does not scale with the cell
        np.testing.assert_allclose(dynamic_input_conductances(model, 3 * rows, -52), together)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ([1, 2, 3], "must have the shape (n, 8), in the order Na, Kd"),
        ([-1, *SPIKING[1:]], "must be 0 or more, got -1 for Na in row 0"),
        ([*SPIKING[:6], np.nan, 0.01], "must be 0 or more, got nan for H"),
        ([*SPIKING[:7], 0], "the leak conductance must be above 0"),
    ],
)
def test_bad_conductances_get_a_sentence(cell: list[float], said: str) -> None:
    for function in (lambda m, g: dynamic_input_conductances(m, g, -51), threshold_voltage):
        with pytest.raises(IonfoError, match=re.escape(said)):
            function(load_point_model("stg"), cell)


def test_bad_voltage_gets_a_sentence() -> None:
    with pytest.raises(IonfoError, match="the voltage must be a number in mV"):
        dynamic_input_conductances(MODELS[0], SPIKING, np.nan)
    for model in MODELS:
        cell = np.ones(len(model.conductance_names))
        for far in (1e6, -1e6):
            with pytest.raises(IonfoError, match=re.escape(f"no finite feedback at {far:g} mV")):
                dynamic_input_conductances(model, [cell, cell], [-50, far])
