"""Every gate, measured through NEURON on the compiled files, against its published equation.

The equations are read here a second time, in plain Python; the check values of the
published mechanisms are in CHECKS.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from ionfo.mechanisms import build_mechanisms, load_mechanisms, mechanism_files
from ionfo.mechanisms.build import BUNDLED

pytestmark = pytest.mark.neuron

QT = 2.3**1.3
Rate = Callable[[float], float]


def L(x: float, k: float) -> float:  # noqa: N802
    return k * (1 + x / k / 2) if abs(x / k) < 1e-6 else x / -math.expm1(-x / k)


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(x))


def na(vshiftm: float, vshifth: float, slopem: float, slopeh: float) -> dict[str, Rate]:
    def m(v: float) -> tuple[float, float]:
        x = v + 38 - vshiftm
        return 0.182 * L(x, slopem), 0.124 * L(-x, slopem)

    def h(v: float) -> tuple[float, float]:
        y = v + 66 - vshifth
        return 0.015 * L(-y, slopeh), 0.015 * L(y, slopeh)

    return {
        "m_inf": lambda v: m(v)[0] / sum(m(v)),
        "m_tau": lambda v: 1 / sum(m(v)) / QT,
        "h_inf": lambda v: h(v)[0] / sum(h(v)),
        "h_tau": lambda v: 1 / sum(h(v)) / QT,
    }


def k_pst_tau_m(v: float) -> float:
    if v + 10 < -50:
        return (1.25 + 175.03 * math.exp(0.026 * (v + 10))) / QT
    return (1.25 + 13 * math.exp(-0.026 * (v + 10))) / QT


def hva(v: float) -> tuple[float, float, float, float]:
    return (
        0.055 * L(v + 27, 3.8),
        0.94 * math.exp(-(v + 75) / 17),
        0.000457 * math.exp(-(v + 25.3) / 50),
        0.0065 * sigmoid(-(v + 27.3) / 28),
    )


def ih(v: float) -> tuple[float, float]:
    return 0.001 * 6.43 * L(-(v + 154.9), 11.9), 0.001 * 193 * math.exp(v / 33.1)


EQUATIONS: dict[str, dict[str, Rate]] = {
    "Ca_HVA2": {
        "m_inf": lambda v: hva(v)[0] / (hva(v)[0] + hva(v)[1]),
        "m_tau": lambda v: 1 / (hva(v)[0] + hva(v)[1]),
        "h_inf": lambda v: hva(v)[2] / (hva(v)[2] + hva(v)[3]),
        "h_tau": lambda v: 1 / (hva(v)[2] + hva(v)[3]),
    },
    "Ca_LVAst": {
        "m_inf": lambda v: sigmoid(-(v + 40) / 6),
        "m_tau": lambda v: (5 + 20 * sigmoid((v + 35) / 5)) / QT,
        "h_inf": lambda v: sigmoid((v + 90) / 6.4),
        "h_tau": lambda v: (20 + 50 * sigmoid((v + 50) / 7)) / QT,
    },
    "Ih": {"m_inf": lambda v: ih(v)[0] / sum(ih(v)), "m_tau": lambda v: 1 / sum(ih(v))},
    "K_Pst": {
        "m_inf": lambda v: sigmoid(-(v + 11) / 12),
        "m_tau": k_pst_tau_m,
        "h_inf": lambda v: sigmoid((v + 64) / 11),
        "h_tau": lambda v: (
            360 + (1010 + 24 * (v + 65)) * math.exp(-(((v + 85) / 48) ** 2))
        ) / QT,
    },
    "K_Tst": {
        "m_inf": lambda v: sigmoid(-(v + 10) / 19),
        "m_tau": lambda v: (0.34 + 0.92 * math.exp(-(((v + 81) / 59) ** 2))) / QT,
        "h_inf": lambda v: sigmoid((v + 76) / 10),
        "h_tau": lambda v: (8 + 49 * math.exp(-(((v + 83) / 23) ** 2))) / QT,
    },
    "SKv3_1": {
        "m_inf": lambda v: sigmoid(-(v - 18.7) / 9.7),
        "m_tau": lambda v: 4 * sigmoid(-(v + 46.56) / 44.14),
    },
    "Nap_Et2": {
        "m_inf": lambda v: sigmoid(-(v + 52.6) / 4.6),
        "m_tau": lambda v: 6 / (0.182 * L(v + 38, 6) + 0.124 * L(-(v + 38), 6)) / QT,
        "h_inf": lambda v: sigmoid((v + 48.8) / 10),
        "h_tau": lambda v: 1 / (
            2.88e-6 * L(-(v + 17), 4.63) + 6.94e-6 * L(v + 64.4, 2.63)
        ) / QT,
    },
    "NaTg": na(0, 0, 6, 6),
    "NaTg axon": na(0, 10, 9, 6),
    "NaTg soma": na(13, 15, 7, 6),
    "NaTg apical": na(6, 6, 6, 6),
}  # fmt: skip
SHAPES = {
    "NaTg axon": {"vshifth": 10, "slopem": 9},
    "NaTg soma": {"vshiftm": 13, "vshifth": 15, "slopem": 7},
    "NaTg apical": {"vshiftm": 6, "vshifth": 6},
}
SINGULAR = [-154.9, -66.0, -64.4, -51.0, -38.0, -27.0, -25.0, -17.0]

# published mechanisms at -90, -75, -55, -30.5, 0, 25 mV: m_inf, then m_tau (ms)
CHECK_V = [-90, -75, -55, -30.5, 0, 25]
CHECKS = {
    ("Ca_HVA2", "m_inf"): [9.6211946e-08, 9.1758958e-06, 0.0033425885, 0.64987147, 0.99238413, 0.99908443],
    ("Ca_HVA2", "h_tau"): [436.17793, 447.26327, 386.16409, 279.98852, 200.18923, 172.4887],
    ("Ca_LVAst", "h_inf"): [0.5, 0.08756384, 0.0041987953, 9.1701969e-05, 7.8114833e-07, 1.5713431e-08],
    ("Ih", "m_tau"): [68.870934, 48.435235, 27.187054, 13.016463, 5.1812877, 2.4345874],
    ("K_Pst", "m_tau"): [7.8284639, 11.360578, 14.608066, 7.925299, 3.8178526, 2.1954191],
    ("K_Pst", "h_tau"): [259.26369, 371.6012, 408.34413, 293.39713, 159.74197, 127.53835],
    ("K_Tst", "h_tau"): [17.835152, 17.412274, 6.4789224, 2.7998204, 2.7092537, 2.7092171],
    ("NaTg", "m_tau"): [0.052498175, 0.073431565, 0.1391864, 0.14810552, 0.048820427, 0.029533966],
    ("NaTg axon", "h_tau"): [0.65944541, 1.0921482, 1.8770577, 0.86046216, 0.40308601, 0.27872527],
    ("NaTg soma", "m_inf"): [0.00013609937, 0.0011588912, 0.01980166, 0.40083452, 0.98120432, 0.99946171],
    ("NaTg apical", "h_inf"): [0.99330715, 0.92414182, 0.30294072, 0.0072702581, 4.5397869e-05, 7.0387337e-07],
    ("Nap_Et2", "h_tau"): [1610.7074, 2011.3418, 1917.755, 1225.3444, 755.55953, 545.81704],
    ("SKv3_1", "m_tau"): [1.0882833, 1.3770884, 1.8093707, 2.3598809, 2.9668018, 3.3398451],
}  # fmt: skip


def use_tables(h: Any, used: bool) -> None:
    for suffix in {channel.split()[0] for channel in EQUATIONS}:
        setattr(h, f"usetable_{suffix}", int(used))


@pytest.fixture
def h() -> Iterator[Any]:
    from ionfo.emodels import Simulator

    if Simulator._current is not None:
        Simulator._current.close()
    load_mechanisms(build_mechanisms(), tuple(mechanism_files(BUNDLED)))
    from neuron import h

    h.load_file("stdrun.hoc")
    h.CVode().active(0)
    h.celsius = 34
    use_tables(h, False)
    yield h
    use_tables(h, True)
    h.CVode().active(0)
    h.dt = 0.025


@pytest.fixture
def section(h: Any) -> Iterator[Any]:
    section = h.Section(name="probe")
    section.L = section.diam = 20
    section.cm = 1e12  # the voltage stays where it is
    yield section
    h.delete_section(sec=section)


def measure(
    h: Any, section: Any, suffix: str, gate: str, v: float, tau: float
) -> tuple[float, float]:
    """Steady state after initialisation, and time constant from one step of length tau."""
    h.finitialize(v)
    mechanism = getattr(section(0.5), suffix)
    steady = getattr(mechanism, gate)
    setattr(mechanism, gate, steady + 0.5)
    h.dt = tau
    h.fadvance()
    assert section.v == pytest.approx(v, abs=1e-6)
    return steady, -tau / math.log((getattr(mechanism, gate) - steady) / 0.5)


@pytest.mark.parametrize("channel", EQUATIONS)
def test_gates_follow_the_published_equations(h: Any, section: Any, channel: str) -> None:
    suffix = channel.split()[0]
    section.insert(suffix)
    for name, value in SHAPES.get(channel, {}).items():
        setattr(section(0.5), f"{name}_{suffix}", value)
    rng = np.random.default_rng(0)
    voltages = [*CHECK_V, *SINGULAR, *rng.uniform(-120, 60, 200)]
    equations = EQUATIONS[channel]
    for gate in {key[0] for key in equations}:
        for v in voltages:
            tau = equations[f"{gate}_tau"](v)
            steady, measured_tau = measure(h, section, suffix, gate, v, tau)
            assert steady == pytest.approx(equations[f"{gate}_inf"](v), rel=1e-6, abs=0)
            assert measured_tau == pytest.approx(tau, rel=1e-6)


ANY_SHAPE = {"vshiftm": -7.3, "vshifth": 11.9, "slopem": 4.1, "slopeh": 8.7}


@pytest.mark.parametrize("channel", [*EQUATIONS, "NaTg any"])
def test_tables_follow_the_equations_between_their_nodes(
    h: Any, section: Any, channel: str
) -> None:
    use_tables(h, True)
    suffix = channel.split()[0]
    section.insert(suffix)
    for name, value in {**SHAPES, "NaTg any": ANY_SHAPE}.get(channel, {}).items():
        setattr(section(0.5), f"{name}_{suffix}", value)
    equations = na(*ANY_SHAPE.values()) if channel == "NaTg any" else EQUATIONS[channel]
    rng = np.random.default_rng(1)
    # beyond -150 to 100 mV the rates are exact again
    voltages = [*SINGULAR, -60.0, -60.03, -150.0, 99.99, -160.0, 120.0, *rng.uniform(-149, 99, 300)]
    away = []
    for gate in {key[0] for key in equations}:
        for v in voltages:
            tau = equations[f"{gate}_tau"](v)
            steady, measured_tau = measure(h, section, suffix, gate, v, tau)
            away.append(steady / equations[f"{gate}_inf"](v) - 1)
            away.append(measured_tau / tau - 1)
    assert np.abs(away).max() < 1e-4
    assert np.abs(away).max() > 1e-6  # or no table was used


@pytest.mark.parametrize("suffix", sorted({channel.split()[0] for channel in EQUATIONS}))
def test_rates_follow_a_voltage_that_comes_back(h: Any, section: Any, suffix: str) -> None:
    # rates are kept while v stays: a kept rate must not outlive a change of shape or of tables
    section.insert(suffix)
    h.finitialize(-40)
    exact = getattr(section(0.5), suffix).m
    use_tables(h, True)
    h.finitialize(-40.03)
    h.finitialize(-40)
    assert getattr(section(0.5), suffix).m == pytest.approx(exact, rel=1e-4)
    use_tables(h, False)
    h.finitialize(-40)
    assert getattr(section(0.5), suffix).m == exact


@pytest.mark.parametrize(("channel", "quantity"), CHECKS)
def test_equations_give_the_published_values(channel: str, quantity: str) -> None:
    found = [EQUATIONS[channel][quantity](v) for v in CHECK_V]
    assert found == pytest.approx(CHECKS[channel, quantity], rel=1e-6)


CURRENTS = {
    "Ca_HVA2": ("gCa_HVAbar", "ica", lambda m, h: m**2 * h, None),
    "Ca_LVAst": ("gCa_LVAstbar", "ica", lambda m, h: m**2 * h, None),
    "Ih": ("gIhbar", "ihcn", lambda m, h: m, -45.0),
    "K_Pst": ("gK_Pstbar", "ik", lambda m, h: m**2 * h, -90.0),
    "K_Tst": ("gK_Tstbar", "ik", lambda m, h: m**4 * h, -90.0),
    "NaTg": ("gNaTgbar", "ina", lambda m, h: m**3 * h, 50.0),
    "Nap_Et2": ("gNap_Et2bar", "ina", lambda m, h: m**3 * h, 50.0),
    "SKv3_1": ("gSKv3_1bar", "ik", lambda m, h: m, -90.0),
}


@pytest.mark.parametrize("suffix", CURRENTS)
def test_current_is_conductance_times_gates_times_driving_force(
    h: Any, section: Any, suffix: str
) -> None:
    gbar, current, gates, reversal = CURRENTS[suffix]
    section.insert(suffix)
    segment = section(0.5)
    assert getattr(segment, f"{gbar}_{suffix}") == 1e-5
    setattr(segment, f"{gbar}_{suffix}", 0.01)
    if suffix.startswith("K") or suffix == "SKv3_1":
        section.ek = -90
    elif suffix.startswith("N"):
        section.ena = 50
    for v in (-90.0, -47.3, 12.0):
        h.finitialize(v)
        mechanism = getattr(segment, suffix)
        e = section.eca if reversal is None else reversal
        expected = 0.01 * gates(mechanism.m, getattr(mechanism, "h", 1.0)) * (v - e)
        assert getattr(mechanism, current) == pytest.approx(expected, rel=1e-9)


def test_sk_opens_with_calcium(h: Any, section: Any) -> None:
    section.insert("SK_E2")
    section.ek = -90
    segment = section(0.5)
    assert segment.gSK_E2bar_SK_E2 == 1e-6
    published = {5e-5: 3.2688368e-05, 6.5e-5: 0.00011515572, 1e-4: 0.00090982131,
                 2e-4: 0.024740895, 4.3e-4: 0.5, 1e-3: 0.98289374}  # fmt: skip
    for cai in [*published, 1e-8, 0.0, *np.random.default_rng(1).uniform(1e-5, 2e-3, 200)]:
        section.cai = cai
        h.finitialize(-65)
        effective = cai + 1e-7 if cai < 1e-7 else cai
        expected = 1 / (1 + (0.00043 / effective) ** 4.8)
        steady = segment.SK_E2.z
        assert steady == pytest.approx(expected, rel=1e-6)
        if cai in published:
            assert steady == pytest.approx(published[cai], rel=1e-6)
        segment.SK_E2.z = steady / 2
        h.dt = 0.7
        h.fadvance()
        assert segment.SK_E2.z == pytest.approx(steady * (1 - math.exp(-0.7) / 2), rel=1e-6)


@pytest.mark.parametrize(("gamma", "decay", "diam"), [(0.01, 70, 20), (0.05, 280, 1.3)])
def test_calcium_follows_its_balance(
    h: Any, section: Any, gamma: float, decay: float, diam: float
) -> None:
    section.insert("CaDynamics_DC0")
    section.insert("Ca_HVA2")
    section.diam = diam
    segment = section(0.5)
    assert (segment.gamma_CaDynamics_DC0, segment.decay_CaDynamics_DC0) == (0.01, 70)
    segment.gamma_CaDynamics_DC0, segment.decay_CaDynamics_DC0 = gamma, decay
    segment.gCa_HVAbar_Ca_HVA2 = 1e-3
    h.finitialize(-20)
    assert segment.cai == 6.5e-5
    assert section.eca == pytest.approx(136.7644542, abs=1e-6)
    for dt in (0.5, 20.0, 100.0):
        before = segment.cai
        h.dt = dt
        h.fadvance()
        inflow = -10000 * segment.ica * (4 / diam) * gamma / (2 * 96485.33212331001)
        assert inflow > 0
        steady = 6.5e-5 + decay * inflow
        expected = steady + (before - steady) * math.exp(-dt / decay)
        assert segment.cai == pytest.approx(expected, rel=1e-6)
