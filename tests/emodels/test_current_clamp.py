"""Any current clamp: the same voltages as a plain NEURON script, whatever ran before."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.emodels import (
    PLAIN,
    EModel,
    Missing,
    ProtocolRunner,
    Simulator,
    load_emodel,
    parse_emodel,
    with_needed,
)
from ionfo.emodels.currents import MOST_CORNERS, Train
from ionfo.emodels.waveforms import first_change, levels, summed
from ionfo.errors import IonfoError
from ionfo.features import Response
from ionfo.mechanisms.build import BUNDLED, build_mechanisms

neuron = pytest.mark.neuron

SWC = """1 1 0 0 0 8 -1
2 1 0 8 0 8 1
3 1 0 -8 0 8 1
4 3 8 0 0 1 1
5 3 150 0 0 0.8 4
6 4 0 8 0 1.5 1
7 4 0 300 0 1 6
"""
APICAL = {"kind": "apical_trunk", "region": "apical", "distance": 200.0}
DENDRITE = {"kind": "section", "region": "apical", "x": 0.7}
TRAIN = {"shape": "train", "start": 40, "width": 4, "period": 20, "number": 6, "amplitude": 0.9}
RAMP = {"shape": "ramp", "start": 20, "end": 170, "amplitude": 0.8}
NOISE = {"shape": "noise", "start": 10, "end": 180, "mean": 0.3, "sd": 0.2, "tau": 5, "seed": 11}
SYNAPSE = {"point_process": "Exp2Syn", "site": DENDRITE, "times": [30.0, 90.0, 95.0],
           "parameters": {"tau1": 0.5, "tau2": 4.0, "e": 0.0}, "weight": 0.004}  # fmt: skip


def clamp(name: str, **more: Any) -> dict[str, Any]:
    """A protocol of 200 ms without a search."""
    return {"name": name, "kind": "current_clamp", "holding": -0.02, "total": 200,
            "window": [20, 180], **more}  # fmt: skip


def definition(protocols: list[dict[str, Any]], **more: Any) -> EModel:
    """A small cell with an apical dendrite that spikes, and these protocols."""
    values = [("v_init", "mV", -70.0), ("celsius", "degC", 34.0), ("cm.all", "uF/cm2", 1.0),
              ("Ra.all", "ohm cm", 100.0), ("g_pas.all", "S/cm2", 1e-4), ("e_pas.all", "mV", -70.0),
              ("ena.somatic", "mV", 50.0), ("ek.somatic", "mV", -90.0),
              ("gSKv3_1bar_SKv3_1.somatic", "S/cm2", 0.3)]  # fmt: skip
    return parse_emodel(json.dumps({
        "name": "branched", "description": "", "morphology": {"file": None},
        "mechanisms": {"all": ["pas"], "somatic": ["NaTg", "SKv3_1"]},
        "parameters": [
            *({"name": name, "unit": unit, "value": value} for name, unit, value in values),
            {"name": "gNaTgbar_NaTg.somatic", "unit": "S/cm2", "bounds": [0, 1]},
        ],
        "protocols": protocols,
        "features": [{"name": f"{one['name']}.soma.v.Spikecount", "mean": 3, "std": 1, "unit": "1"}
                     for one in protocols],
        **more,
    }), "branched")  # fmt: skip


PROTOCOLS = [
    clamp("train", currents=[TRAIN]),
    clamp("ramp", currents=[RAMP]),
    clamp("noise", currents=[NOISE]),
    clamp("epsp", synapses=[SYNAPSE], recordings=[
        {"name": "soma.v"}, {"name": "dend.v", "location": DENDRITE}]),
    clamp("dendritic", currents=[RAMP | {"site": APICAL}, TRAIN | {"amplitude": 0.1}]),
]  # fmt: skip

SCRIPT = """
import sys
import numpy as np
from neuron import h

mechanisms, swc, out = sys.argv[1:]
h.nrn_load_dll(mechanisms)
h.load_file("stdrun.hoc")
h.load_file("import3d.hoc")
reader = h.Import3d_SWC_read()
reader.input(swc)
h.Import3d_GUI(reader, 0).instantiate(None)
for section in h.allsec():
    section.nseg = 1 + 2 * int(section.L / 40)
    section.insert("pas")
for section in h.allsec():
    section.cm, section.Ra, section.g_pas, section.e_pas = 1.0, 100.0, 1e-4, -70.0
soma = h.soma[0]
soma.insert("NaTg")
soma.insert("SKv3_1")
soma.ena, soma.ek = 50.0, -90.0
soma.gSKv3_1bar_SKv3_1, soma.gNaTgbar_NaTg = 0.3, 0.4
h.celsius = 34.0
for name in ("NaTg", "SKv3_1"):
    if hasattr(h, "usetable_" + name):
        setattr(h, "usetable_" + name, 0)
cvode = h.CVode()
cvode.active(1)
cvode.atol(1e-3)
cvode.rtol(0)


def run(currents, synapse=False):
    kept, clamps = [], []
    for segment, times, values in currents:
        clamp = h.IClamp(segment)
        clamp.delay, clamp.dur, clamp.amp = 0, 200, values[0]
        t, i = h.Vector(times), h.Vector(values)
        i.play(clamp._ref_amp, t, 1)
        kept += [clamp, t, i]
    if synapse:
        point = h.Exp2Syn(h.apic[0](0.7))
        point.tau1, point.tau2, point.e = 0.5, 4.0, 0.0
        stimuli = [h.NetStim() for _ in range(3)]
        for stimulus, time in zip(stimuli, (30.0, 90.0, 95.0)):
            stimulus.start, stimulus.number, stimulus.noise = time, 1, 0
            connection = h.NetCon(stimulus, point)
            connection.delay, connection.weight[0] = 0, 0.004
            kept.append(connection)
        kept += [point, stimuli]
    t, v = h.Vector().record(h._ref_t), h.Vector().record(soma(0.5)._ref_v)
    d = h.Vector().record(h.apic[0](0.7)._ref_v)
    h.finitialize(-70)
    cvode.solve(200)
    return np.array([t, v, d])


hold = -0.02
times, values = [0], [hold]
for k in range(6):
    a = 40 + 20 * k
    times += [a, a, a + 4, a + 4]
    values += [hold, hold + 0.9, hold + 0.9, hold]
train = (soma(0.5), [*times, 200], [*values, hold])
ramp = ([0, 20, 170, 170, 200], [0, 0, 0.8, 0, 0])
draws = np.random.default_rng(11).standard_normal(171)
x = draws[:1].tolist()
for draw in draws[1:]:
    x.append(np.exp(-1 / 5) * x[-1] + np.sqrt(1 - np.exp(-1 / 5) ** 2) * draw)
noise = [hold + 0.3 + 0.2 * one for one in x]
noisy = ([0, 10, *range(10, 181), 180, 200], [hold, hold, *noise, hold, hold])
steady = (soma(0.5), [0, 200], [hold, hold])
weak = (soma(0.5), train[1], [hold + (one - hold) / 9 for one in train[2]])
h.distance(0, soma(0.5))
low, high = h.distance(h.apic[0](0)), h.distance(h.apic[0](1))
trunk = h.apic[0]((200 - low) / (high - low))
np.savez(
    out,
    train=run([train]),
    ramp=run([(soma(0.5), ramp[0], [hold + one for one in ramp[1]])]),
    noise=run([(soma(0.5), *noisy)]),
    epsp=run([steady], synapse=True),
    dendritic=run([weak, (trunk, *ramp)]),
)
"""


@pytest.fixture(scope="module")
def swc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cell") / "cell.swc"
    path.write_text(SWC)
    return path


@pytest.fixture(scope="module")
def simulator(swc: Path) -> Iterator[Simulator]:
    found = Simulator(definition(PROTOCOLS), swc, numerics=PLAIN)
    yield found
    found.close()


def responses(simulator: Simulator, order: list[str] | None = None) -> dict[str, Response]:
    simulator.set_parameters([0.4])
    found = dict(ProtocolRunner(simulator, order).run())
    assert not any(isinstance(one, Missing) for one in found.values())
    return found  # type: ignore[return-value]


@neuron
def test_voltages_are_those_of_a_plain_script(simulator: Simulator, swc: Path) -> None:
    out = swc.with_suffix(".npz")
    library = str(build_mechanisms(BUNDLED))
    subprocess.run([sys.executable, "-c", SCRIPT, library, str(swc), str(out)], check=True,
                   capture_output=True, timeout=120)  # fmt: skip
    plain = np.load(out)
    peaks = []
    for name, response in responses(simulator).items():
        t, v, dendrite = plain[name]
        assert len(t) == len(response.t), name
        np.testing.assert_allclose(response.t, t, rtol=0, atol=1e-6)
        assert np.abs(response.recordings["soma.v"] - v).max() < 1e-6
        if name == "epsp":
            assert np.abs(response.recordings["dend.v"] - dendrite).max() < 1e-6
        peaks.append(v.max())
    assert np.sum(np.array(peaks) > 0) >= 3  # they are no quiet traces


@neuron
def test_no_sweep_depends_on_what_ran_before(simulator: Simulator) -> None:
    names = [one["name"] for one in PROTOCOLS]
    first = responses(simulator)
    for order in (names[::-1], ["epsp", "train", "epsp"][:2]):
        for name, one in responses(simulator, order).items():
            for site, trace in one.recordings.items():
                assert trace.tobytes() == first[name].recordings[site].tobytes(), (name, site)


@neuron
def test_a_failed_sweep_with_synapses_leaves_nothing_behind(simulator: Simulator) -> None:
    first = responses(simulator)
    simulator.set_parameters([0.4], max_steps=40)
    with pytest.raises(Exception, match="more than 40 integrator steps"):
        list(ProtocolRunner(simulator, ["epsp"]).run())
    for name, one in responses(simulator).items():
        assert one.t.tobytes() == first[name].t.tobytes()


def soma_with(*protocols: dict[str, Any]) -> EModel:
    content = json.loads(load_emodel("soma").to_json())
    content["protocols"] += protocols
    return parse_emodel(json.dumps(content), "soma")


PERCENT = {"unit": "percent", "start": 60, "end": 180}
AT_SOMA = {"holding": None, "total": 185, "window": [60, 180]}


@neuron
@pytest.mark.parametrize("unit", ["percent", "threshold"])
def test_a_pulse_is_a_step(unit: str) -> None:
    scale = 1.0 if unit == "percent" else 0.01
    pulse = {"shape": "pulse", "amplitude": 220.0 * scale, **PERCENT, "unit": unit}
    emodel = soma_with(clamp("pulse", currents=[pulse], **AT_SOMA))
    assert emodel.reference is not None
    simulator = Simulator(emodel)
    simulator.set_parameters([emodel.reference[name] for name in emodel.free_names])
    found = dict(ProtocolRunner(simulator, with_needed(emodel, ["pulse", "Step_220"])).run())
    simulator.close()
    step, pulsed = found["Step_220"], found["pulse"]
    assert isinstance(step, Response) and isinstance(pulsed, Response)
    np.testing.assert_array_equal(step.recordings["soma.v"], pulsed.recordings["soma.v"])
    assert step.stimulus_current == pytest.approx(pulsed.stimulus_current, rel=1e-12)


def test_what_needs_which_search() -> None:
    pulse = {"shape": "pulse", "amplitude": 220.0, **PERCENT}
    emodel = soma_with(
        clamp("scaled", currents=[pulse], **AT_SOMA),
        clamp("held", currents=[pulse | {"unit": "nA", "amplitude": 0.1}], **AT_SOMA),
        clamp("free", currents=[pulse | {"unit": "nA", "amplitude": 0.1}]),
    )
    assert with_needed(emodel, ["free"]) == ("free",)
    assert with_needed(emodel, ["held"]) == ("SearchHoldingCurrent", "held")
    assert len(with_needed(emodel, ["scaled"])) == 5


def corners(entry: dict[str, Any]) -> list[tuple[float, float]]:
    emodel = definition([clamp("one", currents=[entry])])
    (protocol,) = emodel.protocols
    assert protocol.kind == "current_clamp"
    return summed([protocol.currents[0].waveform()], 0.0, 200.0)


def test_shapes() -> None:
    slow = {"shape": "sAHP", "start": 10, "strong_start": 50, "strong_end": 60, "end": 100,
            "long": 0.1, "amplitude": 0.5}  # fmt: skip
    assert corners(slow) == [
        (0, 0), (10, 0), (10, 0.1), (50, 0.1), (50, 0.5), (60, 0.5), (60, 0.1), (100, 0.1),
        (100, 0), (200, 0),
    ]  # fmt: skip
    two = {"start": 10, "middle": 50, "end": 100, "hyper": -0.2, "depol": 0.3}
    assert corners({"shape": "HyperDepol", **two})[2:6] == [
        (10, -0.2), (50, -0.2), (50, 0.3), (100, 0.3),
    ]  # fmt: skip
    assert corners({"shape": "DeHyperpol", **two})[2:6] == [
        (10, 0.3), (50, 0.3), (50, -0.2), (100, -0.2),
    ]  # fmt: skip
    cheops = {"shape": "PosCheops", "triangles": [[10, 30], [40, 60]], "amplitude": 1}
    assert corners(cheops) == [
        (0, 0), (10, 0), (20, 1), (30, 0), (40, 0), (50, 1), (60, 0), (200, 0),
    ]  # fmt: skip
    assert corners(RAMP) == [(0, 0), (20, 0), (170, 0.8), (170, 0), (200, 0)]
    given = {"shape": "corners", "corners": [[5, 1], [6, 2], [6, 3], [7, 0]]}
    assert corners(given) == [(0, 0), (5, 0), (5, 1), (6, 2), (6, 3), (7, 0), (200, 0)]
    epsp = np.array(corners({"shape": "EPSP", "start": 10, "end": 200, "amplitude": 0.7}))
    assert epsp[:, 1].max() == pytest.approx(0.7) and len(epsp) == 2001
    # its peak: ln(decay/rise) decay rise/(decay - rise) after the start
    peak = epsp[epsp[:, 1].argmax(), 0] - 10
    assert peak == pytest.approx(np.log(10) * 5 * 0.5 / 4.5, abs=0.1)
    sine = np.array(corners({"shape": "SineSpec", "start": 0, "end": 200, "amplitude": 2}))
    s = sine[:-1, 0] / 1e3 - 0.1
    np.testing.assert_allclose(sine[:-1, 1], 2 * np.sin(2 * np.pi * s * (1 + 1 / (5.15 - s))))
    noise = [corners({**NOISE, "seed": seed}) for seed in (1, 1, 2)]
    assert noise[0] == noise[1] != noise[2]


def test_sum_of_currents_against_interpolation() -> None:
    rng = np.random.default_rng(3)
    at = rng.uniform(0, 20, 500)
    for _ in range(20):
        parts = []
        for _ in range(3):
            times = np.sort(rng.integers(1, 20, 6)).astype(float)
            parts.append((times, rng.normal(size=6)))
        whole = np.array(summed(parts, 0.5, 20.0))
        wanted = 0.5 + sum(
            (np.interp(at, times, values, left=0, right=0) for times, values in parts),
            np.zeros_like(at),
        )
        np.testing.assert_allclose(np.interp(at, *whole.T), wanted, atol=1e-12)
        assert (whole[0, 0], whole[-1, 0]) == (0, 20)
        assert np.interp(first_change(parts, 20.0) - 1e-9, *whole.T) == pytest.approx(0.5)
    assert first_change([levels([3.0, 5.0], [0.0])], 9.0) == 9.0


def test_a_current_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "noise.txt").write_text("# ms nA\n0 0.1\n50, 0.3\n199 0\n")
    content = json.loads(definition(PROTOCOLS[:1]).to_json())
    current = {"shape": "file", "file": "noise.txt", "scale": 2.0}
    content["protocols"][0]["currents"] = [current]
    path = tmp_path / "cell.json"

    def load() -> EModel:
        path.write_text(json.dumps(content))
        return load_emodel(str(path))

    emodel = load()
    assert emodel.protocols[0].currents[0].corners == ((0, 0.2), (50, 0.6), (199, 0))  # type: ignore[union-attr]
    # it is in the definition from now on, with its hash
    (tmp_path / "noise.txt").write_text("0 0.1\n50 0.4\n")
    assert load().content_hash != emodel.content_hash
    assert parse_emodel(emodel.to_json(), "x") == emodel
    for text, words in (
        ("0 1\n5 x\n", "line 2: must be a time"),
        ("0 1\n", "at least two lines"),
        ("5 1\n1 1\n", "times must rise"),
        ("0 1\n1 nan\n", "numbers must be finite"),
    ):
        (tmp_path / "noise.txt").write_text(text)
        with pytest.raises(IonfoError, match=words):
            load()
    current["file"] = "../noise.txt"
    with pytest.raises(IonfoError, match="must lie in"):
        load()
    current["file"] = "none.txt"
    with pytest.raises(IonfoError, match="cannot be read"):
        load()
    with pytest.raises(IonfoError, match="only be read beside the file of its definition"):
        parse_emodel(json.dumps(content), "x")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"currents": [RAMP | {"end": 10}]}, "must end after its start"),
        ({"currents": [RAMP | {"end": 300}]}, "goes on until 300 ms"),
        ({"currents": [RAMP | {"amplitude": 1e9}]}, "less than or equal to 100000"),
        ({"currents": [RAMP | {"shape": "rampe"}]}, "does not match any of the expected tags"),
        ({"currents": [TRAIN | {"width": 30}]}, "overlap with a period of 20 ms"),
        ({"currents": [TRAIN | {"number": MOST_CORNERS}]}, "less than or equal to 50000"),
        ({"currents": [RAMP | {"site": {"kind": "section", "region": "apicl"}}]},
         "names unknown region 'apicl'; did you mean 'apical'"),
        ({"currents": [{"shape": "corners", "corners": [[5, 1], [4, 1]]}]}, "in order of time"),
        ({"currents": [RAMP | {"unit": "percent"}]}, r"\(current_clamp\) needs a threshold_search"),
        ({"holding": None}, r"\(current_clamp\) needs a holding_search"),
        ({"window": [50, 40]}, "its window must rise"),
        ({"synapses": [SYNAPSE | {"point_process": "SEClamp"}]}, "'SEClamp' is a voltage clamp"),
        ({"synapses": [SYNAPSE | {"times": [500.0]}]}, "goes on until 500 ms"),
        ({"efel": {"Treshold": 1}}, "eFEL has no setting 'Treshold'; did you mean 'Threshold'"),
        ({"efel": {"max_spike_skip": 1.5}}, "'max_spike_skip' must be a whole number"),
        ({"efel": {"voltage_base_mode": 1}}, "'voltage_base_mode' must be text"),
    ],
)  # fmt: skip
def test_mistakes(more: dict[str, Any], words: str) -> None:
    with pytest.raises(IonfoError, match=words):
        definition([clamp("one", **more)])


@neuron
@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"currents": [RAMP | {"site": APICAL | {"distance": 900.0}}]},
         "stimulates region 'apical' at 900 um, and this morphology has no such place"),
        ({"synapses": [SYNAPSE | {"point_process": "Exp2Sin"}]},
         "no point process 'Exp2Sin'; did you mean 'Exp2Syn'"),
        ({"synapses": [SYNAPSE | {"parameters": {"tau": 1.0}}]}, "'Exp2Syn' has no parameter 'tau'"),
        ({"synapses": [SYNAPSE | {"point_process": "AlphaSynapse", "parameters": {}}]},
         "'AlphaSynapse' takes no events"),
    ],
)  # fmt: skip
def test_places_and_point_processes_are_looked_up(
    swc: Path, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(IonfoError, match=words):
        Simulator(definition([clamp("one", **more)]), swc)
    # and another cell can be built afterwards
    Simulator(definition(PROTOCOLS[:1]), swc).close()


def test_train_is_as_long_as_its_pulses() -> None:
    times: NDArray[np.float64] = Train(**(TRAIN | {"number": 3})).waveform()[0]
    assert (times[0], times[-1]) == (40.0, 84.0)


STOCHASTIC = """NEURON {
    SUFFIX StochLeak
    NONSPECIFIC_CURRENT i
    RANGE g, deterministic
}
UNITS { (mV) = (millivolt) (mA) = (milliamp) }
PARAMETER { g = 1e-4 (S/cm2) deterministic = 0 }
ASSIGNED { v (mV) i (mA/cm2) }
BREAKPOINT { i = deterministic*g*(v + 50 (mV))*(1) }
PROCEDURE setRNG(a, b) {}
"""


@neuron
@pytest.mark.slow
def test_stochastic_channels_run_deterministically(swc: Path, tmp_path: Path) -> None:
    (tmp_path / "mods").mkdir()
    (tmp_path / "mods" / "StochLeak.mod").write_text(STOCHASTIC)
    emodel = definition([clamp("rest", holding=0.0)])
    content = json.loads(emodel.to_json())
    content["mechanisms"] = {"all": ["pas", "StochLeak"]}
    content["parameters"] = [
        p for p in content["parameters"] if not p["name"].endswith(("NaTg.somatic", "1.somatic"))
    ]
    content["parameters"] += [
        {"name": "g_StochLeak.all", "unit": "S/cm2", "bounds": [0, 1]},
    ]
    content["parameters"] = [p for p in content["parameters"] if p["name"][:2] not in ("en", "ek")]
    (tmp_path / "cell.json").write_text(json.dumps(content))
    script = (
        "from pathlib import Path; from ionfo.emodels import *;"
        f"s = Simulator(load_emodel('{tmp_path}/cell.json'), Path('{swc}'), Path('{tmp_path}/mods'));"
        "s.set_parameters([1e-4]);"
        "(name, r), = ProtocolRunner(s).run(); print(r.recordings['soma.v'][-1])"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True,
                          text=True, timeout=300)  # fmt: skip
    # half of the leak at -70 mV, half at -50 mV
    assert float(done.stdout.split()[-1]) == pytest.approx(-60.0, abs=0.1)
