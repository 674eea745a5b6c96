"""A simulation is a function of the parameters and the current, whatever ran before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.emodels import Missing, ProtocolRunner, SimulationError, Simulator, load_emodel
from ionfo.emodels.definition import EModel, parse_emodel
from ionfo.emodels.protocol_kinds import SOMA, Location, Recording
from ionfo.emodels.protocols import cheap_first, with_needed
from ionfo.emodels.sweep import Sweep
from ionfo.errors import IonfoError
from ionfo.sampling import Evaluation, Evaluator, evaluator_spec

pytestmark = pytest.mark.neuron


def thetas(emodel: EModel) -> list[NDArray[np.float64]]:
    assert emodel.reference is not None
    reference = np.array([emodel.reference[name] for name in emodel.free_names])
    low, high = emodel.bounds.T
    return [reference, low + 0.3 * (high - low), np.clip(reference * 1.3, low, high)]


@pytest.fixture
def soma() -> Iterator[Simulator]:
    simulator = Simulator(load_emodel("soma"))
    yield simulator
    simulator.close()


def same(a: Evaluation, b: Evaluation) -> bool:
    return (
        a.features.tobytes() == b.features.tobytes()
        and a.scores.tobytes() == b.scores.tobytes()
        and (a.cost, a.n_steps, a.reasons) == (b.cost, b.n_steps, b.reasons)
    )


def test_evaluating_a_b_a_gives_the_same_bytes() -> None:
    emodel = load_emodel("soma")
    evaluator = Evaluator(evaluator_spec(emodel))
    a, b, c = thetas(emodel)
    first = [evaluator(a), evaluator(b), evaluator(c)]
    evaluator(b, fixed={"celsius": 20.0, "e_pas.somatic": -60.0})
    evaluator(c, bound=0.5)
    second = [evaluator(c), evaluator(b), evaluator(a)][::-1]
    assert all(same(x, y) for x, y in zip(first, second, strict=True))
    assert not same(first[0], first[1])


def test_two_cells_in_both_orders_give_the_same_bytes() -> None:
    one = load_emodel("soma")
    other = one.model_copy(update={"name": "other", "cvode_atol": 1e-4})
    theta = thetas(one)[0]
    results: dict[str, list[Evaluation]] = {"soma": [], "other": []}
    for order in ([one, other], [other, one]):
        for emodel in order:
            results[emodel.name].append(Evaluator(evaluator_spec(emodel))(theta))
    assert all(same(*pair) for pair in results.values())
    assert not same(results["soma"][0], results["other"][0])


def test_closed_simulator_says_so(soma: Simulator) -> None:
    Simulator(load_emodel("soma"))
    with pytest.raises(IonfoError, match="closed when another cell was built"):
        soma.set_parameters(thetas(soma.emodel)[0])


def test_foreign_sections_are_refused() -> None:
    if Simulator._current is not None:
        Simulator._current.close()
    from neuron import h

    foreign = h.Section(name="foreign")
    with pytest.raises(IonfoError, match="already holds sections"):
        Simulator(load_emodel("soma"))
    h.delete_section(sec=foreign)


def test_parameters_reach_the_cell(soma: Simulator) -> None:
    theta = thetas(soma.emodel)[1]
    soma.set_parameters(theta)
    assert soma.cell is not None
    section = soma.cell.sections["somatic"][0]
    for name, value in zip(soma.emodel.free_names, theta, strict=True):
        assert getattr(section(0.5), name.split(".")[0]) == value
    assert section.e_pas == -80.0 and section.cm == 1.0
    soma.set_parameters(theta, {"e_pas.somatic": -61.0})
    assert section.e_pas == -61.0
    soma.set_parameters(theta)
    assert section.e_pas == -80.0


def test_passive_step_is_ohms_law(soma: Simulator) -> None:
    soma.set_parameters(np.where(np.array(soma.emodel.free_names) == "g_pas.somatic", 1e-4, 0.0)
                        + np.where(np.array(soma.emodel.free_names) == "decay_CaDynamics_DC0.somatic", 80, 0))  # fmt: skip
    response = soma.run(Sweep([0, 0, 400, 400], [0, 0.01, 0.01, 0], 400, (0, 400)), [SOMA])
    area = 400 * np.pi * 1e-8  # cm2
    expected = -80.0 + 0.01e-6 / (1e-4 * area)  # nA / (S/cm2 cm2) = mV
    assert response.recordings["soma.v"][-1] == pytest.approx(expected, abs=0.05)
    assert response.t[0] == 0 and response.t[-1] == pytest.approx(400)


def test_step_budget_ends_a_runaway(soma: Simulator) -> None:
    soma.emodel = soma.emodel.model_copy(update={"max_steps": 10})
    soma.set_parameters(thetas(soma.emodel)[0])
    with pytest.raises(SimulationError, match="more than 10 integrator steps"):
        soma.run(Sweep([0, 300], [0.05, 0.05], 300, (0, 300)), [SOMA])


def test_failed_simulation_is_data() -> None:
    emodel = load_emodel("soma").model_copy(update={"max_steps": 850})
    evaluation = Evaluator(evaluator_spec(emodel))(thetas(emodel)[0])
    assert evaluation.cost == 250.0
    reason = next(iter(evaluation.reasons.values()))
    assert reason == "Step_220: the sweep took more than 850 integrator steps"
    # what was measured before the failure is kept
    assert np.isfinite(evaluation.features[:11]).all() and np.isnan(evaluation.features[-1])


def test_failed_probe_counts_as_spiking_in_the_threshold_search() -> None:
    enough = load_emodel("soma")
    theta = thetas(enough)[0]
    expected = Evaluator(evaluator_spec(enough))(theta).features[3]
    # too few steps for a spike, enough for a sweep below threshold
    short = enough.model_copy(update={"max_steps": 150})
    evaluation = Evaluator(evaluator_spec(short))(theta)
    assert evaluation.features[3] == pytest.approx(expected, abs=5e-4)
    assert evaluation.reasons["Step_140.soma.v.AHP_depth"].startswith("Step_140: the sweep took")


def test_search_ends_on_the_grid_of_the_bisection(soma: Simulator) -> None:
    soma.set_parameters(thetas(soma.emodel)[0])
    found = dict(ProtocolRunner(soma).run())
    holding = found["SearchHoldingCurrent"]
    assert not isinstance(holding, Missing) and holding.values is not None
    current = holding.values["bpo_holding_current"]
    assert (current / 0.04 * 2**13) == pytest.approx(round(current / 0.04 * 2**13), abs=1e-6)
    assert abs(holding.recordings["soma.v"][-1] + 82.0) < 0.2


def test_threshold_spikes_and_a_little_less_does_not(soma: Simulator) -> None:
    soma.set_parameters(thetas(soma.emodel)[0])
    found = dict(ProtocolRunner(soma).run())
    threshold = found["SearchThresholdCurrent"]
    assert not isinstance(threshold, Missing) and threshold.values is not None
    protocol = next(p for p in soma.emodel.protocols if p.kind == "threshold_search")
    runner = ProtocolRunner(soma)
    amplitude, holding = threshold.values["bpo_threshold_current"], threshold.holding_current
    assert runner._spikes_at(protocol, holding, amplitude)
    assert not runner._spikes_at(protocol, holding, amplitude - protocol.precision)


def test_stopped_sweep_is_the_beginning_of_the_whole_one(soma: Simulator) -> None:
    soma.set_parameters(thetas(soma.emodel)[0])
    times, currents = [0, 100, 100, 300, 300, 310], [0, 0, 0.03, 0.03, 0, 0]
    sweep = Sweep(times, currents, 310, (100, 300))
    whole = soma.run(sweep, [SOMA])
    short = soma.run(sweep, [SOMA], stop_when=lambda so_far: True)
    n = short.n_steps
    assert 100 < n < whole.n_steps
    assert short.recordings["soma.v"].max() > 0 > short.recordings["soma.v"][-1]
    np.testing.assert_array_equal(short.recordings["soma.v"][:n], whole.recordings["soma.v"][:n])


def test_stepping_from_python_gives_the_same_trace(soma: Simulator) -> None:
    soma.set_parameters(thetas(soma.emodel)[0])
    response = soma.run(Sweep([0, 310], [0.02, 0.02], 310, (0, 310)), [SOMA])
    h = soma._h
    soma._vectors["current"].play_remove()
    current = h.Vector([0.02, 0.02])
    current.play(soma._clamp._ref_amp, h.Vector([0, 310]), 1)
    voltage = h.Vector().record(soma.cell.soma._ref_v)  # type: ignore[union-attr]
    h.finitialize(h.v_init)
    soma._cvode.event(310)
    while h.t < 310:
        h.fadvance()
    current.play_remove()
    n = len(voltage) - 1  # how often the last point is recorded is all that differs
    np.testing.assert_array_equal(response.recordings["soma.v"][:n], np.array(voltage)[:n])
    assert response.recordings["soma.v"][-1] == voltage[n]


def test_impossible_parameters_are_a_failed_simulation(soma: Simulator) -> None:
    soma.set_parameters(np.full(len(soma.emodel.free_names), np.nan))
    with pytest.raises(SimulationError):
        soma.run(Sweep([0, 310], [0.0, 0.0], 310, (0, 310)), [SOMA])
    soma.set_parameters(thetas(soma.emodel)[0])  # and the cell is none the worse for it
    response = soma.run(Sweep([0, 310], [0.0, 0.0], 310, (0, 310)), [SOMA])
    assert np.isfinite(response.recordings["soma.v"]).all()


def test_holding_out_of_reach_gives_the_lower_bound(soma: Simulator) -> None:
    content = soma.emodel.protocols[0].model_copy(update={"target_voltage": -500.0, "max_depth": 3})
    soma.emodel = soma.emodel.model_copy(
        update={"protocols": (content, *soma.emodel.protocols[1:])}
    )
    soma.set_parameters(thetas(soma.emodel)[0])
    name, response = next(ProtocolRunner(soma).run())
    assert not isinstance(response, Missing)
    assert response.values == {"bpo_holding_current": -0.02}
    assert response.stimulus_current == pytest.approx(-0.02 + 0.04 / 2**5)  # the last middle


def test_step_of_a_given_current_is_that_step() -> None:
    emodel = load_emodel("soma")
    theta = thetas(emodel)[0]
    evaluator = Evaluator(evaluator_spec(emodel))
    found = dict(zip(emodel.feature_names, evaluator(theta).features, strict=True))
    evaluator.simulator.close()
    threshold = found["SearchThresholdCurrent.soma.v.bpo_threshold_current"]
    holding = found["SearchHoldingCurrent.soma.v.bpo_holding_current"]
    content = emodel.model_dump(mode="json")
    for protocol in content["protocols"]:
        if protocol["kind"] == "step":
            amplitude = protocol.pop("percent") / 100.0 * threshold
            protocol |= {"kind": "absolute_step", "amplitude": amplitude, "holding": holding}
    fixed = parse_emodel(json.dumps(content), "test")
    names = [one.name for one in fixed.protocols if one.kind == "absolute_step"]
    assert with_needed(fixed, names[:1]) == tuple(names[:1])  # it needs no search
    evaluator = Evaluator(evaluator_spec(fixed))
    again = evaluator(theta, order=cheap_first(fixed))
    evaluator.simulator.close()
    assert again.features.tolist() == list(found.values())


def test_feature_may_have_its_own_window() -> None:
    emodel = load_emodel("l5pc")
    spikes = next(f for f in emodel.targets if f.name == "RMPProtocol.soma.v.Spikecount")
    assert spikes.window == (0.0, 1000.0)  # the voltage beside it is that of the last tenth
    assert sum(f.window is not None for f in emodel.targets) == 1


def test_one_name_at_two_sites_is_two_recordings(tmp_path: Path) -> None:
    cell = tmp_path / "cell.swc"
    cell.write_text("1 1 0 0 0 10 -1\n2 1 0 10 0 10 1\n3 2 0 -10 0 1 1\n4 2 0 -400 0 1 3\n")
    simulator = Simulator(load_emodel("soma"), cell)
    near = Recording(name="site.v")
    far = Recording(name="site.v", location=Location(kind="section", region="axonal", x=1.0))
    simulator.set_parameters(thetas(simulator.emodel)[0])
    held = simulator.hold(0.02, 20.0, (near, far, SOMA))
    for site in (near, far):
        currents = [0.02, 0.02, 0.05, 0.05]
        sweep = Sweep([0, 20, 20, 30], currents, 30, (20, 30))
        response = simulator.run(sweep, (site, SOMA), held=held)
        n = len(held.t)
        np.testing.assert_array_equal(response.recordings["site.v"][:n], held.traces[site])
    assert not np.array_equal(held.traces[near], held.traces[far])
    simulator.close()
