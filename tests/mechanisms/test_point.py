"""The channels of point models in NEURON against their kinetics in numpy."""

from __future__ import annotations

import math
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ionfo
from ionfo.emodels.point import load_point_model, simulate_spikes
from ionfo.emodels.point.hh import Q10
from ionfo.emodels.point.hh_kernel import rates
from ionfo.emodels.point.kinetics import evaluate, hill, steady_state, time_constant
from ionfo.features.spike_times import describe
from ionfo.mechanisms import build_mechanisms, load_mechanisms, mechanism_files
from ionfo.mechanisms.build import BUNDLED, POINT, bundled_folder

pytestmark = pytest.mark.neuron

MODELS = {name: load_point_model(name) for name in ("stg", "da")}
GATES = [
    (model, name)
    for model, one in MODELS.items()
    for name, gate in one.gates.items()
    if gate.three_states is None and name != "NMDA.b"
]
MODLUNIT = Path(sysconfig.get_path("scripts")) / "modlunit"


@pytest.fixture(scope="module")
def h() -> Iterator[Any]:
    from ionfo.emodels import Simulator

    if Simulator._current is not None:
        Simulator._current.close()
    load_mechanisms(build_mechanisms(POINT), tuple(mechanism_files(POINT)))
    from neuron import h

    h.load_file("stdrun.hoc")
    h.CVode().active(0)
    yield h
    h.dt = 0.025


@pytest.fixture
def section(h: Any) -> Iterator[Any]:
    section = h.Section(name="probe")
    section.L = section.diam = 20
    section.cm = 1e12  # the voltage stays where it is
    yield section
    h.delete_section(sec=section)


@pytest.mark.parametrize("name", sorted(mechanism_files(POINT)))
def test_units_are_consistent(name: str) -> None:
    done = subprocess.run([MODLUNIT, f"{name}.mod"], cwd=POINT, capture_output=True, text=True)
    said = (done.stdout + done.stderr).replace(f"Checking units of {name}.mod", "").strip()
    assert said == ""


def test_every_channel_has_its_file() -> None:
    channels = {f"{m}_{c}" for m, one in MODELS.items() for c in one.channels if c != "leak"}
    of_hh = {f"hh_{name}" for name in ("Nat", "NaKd", "M", "Kv31", "CaL")}
    assert set(mechanism_files(POINT)) == channels | {"stg_Ca", "point_leak"} | of_hh
    assert bundled_folder(["stg_Na", "pas"]) == POINT
    assert bundled_folder(["NaTg"]) == bundled_folder([]) == bundled_folder(["None"]) == BUNDLED


@pytest.mark.parametrize(("model", "name"), GATES)
def test_gates_follow_the_kinetics_in_numpy(h: Any, section: Any, model: str, name: str) -> None:
    one, (channel, of) = MODELS[model], name.split(".")
    gate, suffix = one.gates[name], f"{model}_{channel}"
    section.insert(suffix)
    if gate.calcium is not None:
        section.cai = 1e-3  # mM: 1 uM
    factor = 1.0 if gate.calcium is None else float(hill(gate.calcium, 1.0)[0])
    for v in np.random.default_rng(0).uniform(-110, 60, 60):
        h.finitialize(v)
        mechanism = getattr(section(0.5), suffix)
        steady = getattr(mechanism, of)
        assert steady == pytest.approx(factor * float(steady_state(gate, v)), rel=1e-9)
        tau = float(time_constant(gate, v))
        setattr(mechanism, of, steady + 0.5)
        h.dt = tau
        h.fadvance()
        moved = (getattr(mechanism, of) - steady) / 0.5
        assert -tau / math.log(moved) == pytest.approx(tau, rel=1e-6)


def test_gate_of_three_states_follows_its_rates(h: Any, section: Any) -> None:
    gate = MODELS["da"].gates["ERG.o"]
    section.insert("da_ERG")
    for v in (-90.0, -55.0, -20.0, 20.0):
        h.finitialize(v)
        erg = section(0.5).da_ERG
        rate = {key: float(evaluate(formula, v)) for key, formula in gate.formulas.items()}
        assert (erg.o, erg.c) == pytest.approx((rate["initial_open"], 0.0), rel=1e-9)
        erg.o, erg.c = 0.3, 0.2
        h.dt = 1e-4
        h.fadvance()
        to_open = rate["opening"] * 0.5 + rate["recovery"] * 0.2
        from_open = 0.3 * (rate["inactivation"] + rate["closing"])
        assert (erg.o - 0.3) / 1e-4 == pytest.approx(to_open - from_open, rel=1e-3, abs=1e-6)
        there = 0.3 * rate["inactivation"] - 0.2 * rate["recovery"]
        assert (erg.c - 0.2) / 1e-4 == pytest.approx(there, rel=1e-3, abs=1e-6)


def test_currents_and_block_without_delay(h: Any, section: Any) -> None:
    block = MODELS["da"].gates["NMDA.b"]
    section.insert("da_NMDA")
    section.insert("point_leak")
    section.insert("stg_KCa")
    segment = section(0.5)
    segment.da_NMDA.gbar, segment.stg_KCa.gbar, segment.cai = 0.7, 50.0, 2e-3
    for v in (-70.0, -20.0, 15.0):
        h.finitialize(v)
        g = 0.7 * float(steady_state(block, v))
        assert segment.da_NMDA.i == pytest.approx(1e-3 * g * v, rel=1e-9)
        assert segment.point_leak.i == pytest.approx(1e-3 * 0.01 * (v + 50), rel=1e-9)
        g = 50 * segment.stg_KCa.m**4
        assert segment.stg_KCa.i == pytest.approx(1e-3 * g * (v + 80), rel=1e-9)


def test_calcium_follows_its_balance(h: Any, section: Any) -> None:
    for suffix in ("stg_CaS", "stg_Ca"):
        section.insert(suffix)
    segment = section(0.5)
    segment.stg_CaS.gbar = 20.0
    h.finitialize(-45)
    assert segment.cai == 5e-4
    before = segment.cai
    current = 1e3 * segment.ica  # uA/cm2
    h.dt = 5.0
    h.fadvance()
    goal = 1e-3 * (0.05 - 0.94 * current)  # mM
    assert current < 0
    assert segment.cai == pytest.approx(goal + (before - goal) * math.exp(-5 / 20), rel=1e-4)


@pytest.mark.parametrize(("name", "target"), [("stg", (-10.0, 5.0)), ("da", (0.5, 5.0))])
def test_cells_spike_in_neuron_as_they_do_here(name: str, target: tuple[float, float]) -> None:
    made = ionfo.dics.generate(name, target, 3, seed=1)
    scored = ionfo.score(name, made.to_population(emodel_names=True).parameters)
    end = {"stg": 6000.0, "da": 12_000.0}[name]
    for i, train in enumerate(simulate_spikes(made.model, made.conductances, end, 3000)):
        found = describe(train)
        cv = scored["features/Spontaneous.soma.v.ISI_CV"][i]
        assert cv == pytest.approx(found.cv, rel=0.05, abs=0.02)
        rate = scored["features/Spontaneous.soma.v.mean_frequency"][i]
        assert rate == pytest.approx(1000 * (len(train)) / (train[-1] - 3000), rel=0.03)


HH_GATES = ["Nat.m", "Nat.h", "NaKd.m", "NaKd.h", "NaKd.n", "M.p", "Kv31.w", "CaL.q", "CaL.r"]


@pytest.mark.parametrize("name", HH_GATES)
def test_gates_of_hh_follow_the_compiled_kinetics(h: Any, section: Any, name: str) -> None:
    channel, of = name.split(".")
    section.insert(f"hh_{channel}")
    h.CVode().active(0)  # whatever another test has left
    h.celsius = 25
    factors = Q10 ** ((25 - np.array([21.0, 36.0])) / 10)
    wanted = np.empty((9, 2))
    singular = [-38.0, -66.0, -27.0, -50.0 + 13, -50.0 + 40, -50.0 + 15]
    for v in [*np.random.default_rng(0).uniform(-110, 60, 40), *singular]:
        for variable, value in (("v_t", -50.0), ("r_ss", 1.7), ("tau_max", 800.0)):
            if hasattr(getattr(section(0.5), f"hh_{channel}"), variable):
                setattr(getattr(section(0.5), f"hh_{channel}"), variable, value)
        h.finitialize(v)
        mechanism = getattr(section(0.5), f"hh_{channel}")
        rates(v, -50.0, 800.0, factors[0], factors[1], 1.7, wanted)
        steady, rate = wanted[HH_GATES.index(name)]
        assert getattr(mechanism, of) == pytest.approx(steady, rel=1e-9)
        setattr(mechanism, of, steady + 0.5)
        h.dt = 1 / rate
        h.fadvance()
        moved = (getattr(mechanism, of) - steady) / 0.5
        assert -math.log(moved) == pytest.approx(1, rel=1e-6)
