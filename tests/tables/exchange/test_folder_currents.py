"""Stimuli of BluePyEModel: every shape that is a current, with its window; the others by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ionfo.emodels import EModel
from ionfo.emodels.clamp import clamp_sweep
from ionfo.emodels.ecodes import shape_of
from ionfo.emodels.protocol_kinds import CurrentClamp
from ionfo.emodels.sweep import Sweep
from ionfo.errors import IonfoError
from ionfo.tables.exchange import read_emodel_folder

from .test_folder_kinds import feature, searches, write

HOLDING, THRESHOLD = -0.1, 0.5
TIMES = {"delay": 100.0, "duration": 200.0, "totduration": 400.0}


def entry(name: str, *stimuli: dict[str, Any], kind: str = "ThresholdBasedProtocol") -> Any:
    return {"name": name, "stimuli": list(stimuli), "recordings_from_config": [],
            "protocol_type": kind}  # fmt: skip


def read(folder: Path, protocol: Any) -> EModel:
    own = [feature(protocol["name"], "mean_frequency")]
    return read_emodel_folder(write(folder, [protocol], searches() + own)).emodel


def sweep(folder: Path, protocol: Any) -> Sweep:
    """What is played at a holding current of -0.1 nA and a threshold current of 0.5 nA."""
    one = read(folder, protocol).protocols[-1]
    assert isinstance(one, CurrentClamp)
    return clamp_sweep(one, HOLDING if one.holding is None else one.holding, THRESHOLD)


def at(one: Sweep, *times: float) -> list[float]:
    found: list[float] = np.round(np.interp(times, one.times, one.currents), 9).tolist()
    return found


def test_ramp(tmp_path: Path) -> None:
    one = sweep(tmp_path, entry("APThreshold_300", {**TIMES, "thresh_perc": 300.0, "amp": 9}))
    assert at(one, 50, 200, 299.999999999, 350) == [-0.1, 0.65, 1.4, -0.1]
    assert (one.window, one.total, one.stimulus_current) == ((100, 300), 400, 1.5)


def test_sahp_of_two_units_is_read_and_written(tmp_path: Path) -> None:
    stimulus = {"delay": 25, "tmid": 520, "tmid2": 720, "toff": 2720, "amp": 0.4, "long_amp": 0.05,
                "thresh_perc": 200, "duration": 200, "totduration": 2740, "holding_current": 0.02}  # fmt: skip
    protocol = entry("sAHP_220", stimulus)
    one = sweep(tmp_path / "in", protocol)
    assert at(one, 20, 100, 600, 1000, 2730) == [-0.1, -0.05, 0.9, -0.05, -0.1]
    assert (one.window, one.total, one.stimulus_current) == ((25, 2720), 2740, 1.0)
    both = sweep(tmp_path / "in", entry("sAHP_220", stimulus | {"long_amp_rel": 40.0}))
    assert at(both, 20, 100, 600) == [-0.1, 0.1, 0.9]
    assert len(both.times) == 10


def test_hyper_and_depolarising(tmp_path: Path) -> None:
    times = {"delay": 100, "tmid": 200, "toff": 300, "totduration": 400}
    one = sweep(tmp_path, entry("HyperDepol_-40", {**times, "thresh_perc": -40, "depol_amp": 0.3}))
    assert at(one, 150, 250, 350) == [-0.3, 0.2, -0.1]
    one = sweep(tmp_path, entry("DeHyperpol_-40", {**times, "amp_rel": 100, "amp2_rel": -40}))
    assert at(one, 150, 250, 350) == [0.4, -0.3, -0.1]
    assert one.window == (100, 300) and one.stimulus_current == pytest.approx(-0.2)


@pytest.mark.parametrize(("name", "sign"), [("PosCheops_300", 1), ("NegCheops_-250", -1)])
def test_cheops(tmp_path: Path, name: str, sign: int) -> None:
    stimulus = {"delay": 100, "ramp1_duration": 100, "ramp2_duration": 50, "ramp3_duration": 20,
                "inter_delay": 30, "totduration": 900, "thresh_perc": None, "amp": sign * 0.2}  # fmt: skip
    one = sweep(tmp_path, entry(name, stimulus))
    # triangles from 100 to 300, 330 to 430 and 460 to 500 ms
    assert at(one, 100, 200, 300, 380, 440, 480) == pytest.approx(
        [-0.1, -0.1 + sign * 0.2, -0.1, -0.1 + sign * 0.2, -0.1, -0.1 + sign * 0.2]
    )
    assert one.window == (100, 500)


def test_trains(tmp_path: Path) -> None:
    spikes = {"delay": 10, "n_spikes": 3, "spike_duration": 2, "delta": 5, "totduration": 100,
              "thresh_perc": 200}  # fmt: skip
    one = sweep(tmp_path, entry("SpikeRecMultiSpikes_200", spikes))
    assert at(one, 11, 15, 18, 25, 30) == [0.9, -0.1, 0.9, 0.9, -0.1]
    assert one.window == (10, 26)
    # the comb has no holding current, and a window that counts no pauses
    comb = {"delay": 10, "n_steps": 3, "duration": 2, "inter_delay": 7, "amp": 1.5,
            "totduration": 100}  # fmt: skip
    one = sweep(tmp_path, entry("HighFreq_1", comb))
    assert at(one, 5, 11, 15, 18) == [0, 1.5, 0, 1.5] and one.window == (10, 16)


def test_several_stimuli_are_one_train(tmp_path: Path) -> None:
    pulses = [{**TIMES, "delay": 100.0 + 25 * i, "duration": 2.5, "thresh_perc": 600.0}
              for i in range(8)]  # fmt: skip
    one = sweep(tmp_path, entry("Step_train", *pulses))
    assert at(one, 90, 101, 110, 276) == [-0.1, 2.9, -0.1, 2.9]
    assert one.window == (100, 277.5) and one.stimulus_current == pytest.approx(3.0)


def test_additions_and_given_currents_on_the_found_holding_current(tmp_path: Path) -> None:
    one = sweep(tmp_path, entry("ThresholdAddition_0.1", {**TIMES, "amp": 0.1}))
    assert at(one, 50, 200) == [-0.1, 0.5] and one.stimulus_current == pytest.approx(0.6)
    one = sweep(tmp_path, entry("IDrest_x", {**TIMES, "amp": 0.3, "thresh_perc": None}))
    assert at(one, 50, 200) == [-0.1, 0.2]


def test_dendritic_currents(tmp_path: Path) -> None:
    place = {"direction": "apical_trunk", "somadistance": 400.0}
    stimulus = {**TIMES, "thresh_perc": 100.0, **place}
    one = sweep(tmp_path, entry("Dendritic_400", stimulus))
    ((site, corners),) = one.elsewhere.items()
    assert (site.kind, site.distance, one.currents) == ("apical_trunk", 400.0, [0.0, 0.0])
    assert corners[1:3] == [(100.0, 0.0), (100.0, 0.5)]
    epsp = {"syn_delay": 5.0, "syn_amp": 1.2, "syn_rise": 1.0, "syn_decay": 6.0}
    one = sweep(tmp_path, entry("BAC_400", {**stimulus, **epsp}))
    assert at(one, 50, 200) == [-0.1, 0.4] and one.window == (100, 300)
    ((_, corners),) = one.elsewhere.items()
    assert corners[1] == (105.0, 0.0) and max(i for _, i in corners) == pytest.approx(1.2)


def test_sine_and_noise_of_a_file(tmp_path: Path) -> None:
    one = sweep(tmp_path, entry("SineSpec_60", {"thresh_perc": 60.0}))
    assert len(one.times) > 40_000 and one.window == (0, 5000)
    assert max(one.currents) == pytest.approx(0.2, abs=1e-3)
    (tmp_path / "noise.txt").write_text("0 0\n0.1 1\n0.2 -1\n300 0\n")
    stimulus = {"mu": 0.2, "data_filepath": "noise.txt"}
    one = sweep(tmp_path, entry("NoiseOU3_1", stimulus))
    assert at(one, 0, 0.1, 0.2, 300) == pytest.approx([0.1, 0.2, 0.0, 0.1])
    one = sweep(tmp_path, entry("SubWhiteNoise", {"thresh_perc": 50, **stimulus} | {"mu": None}))
    assert at(one, 0, 0.1, 0.2) == pytest.approx([-0.1, 0.15, -0.35])
    one = sweep(tmp_path, entry("CustomFromFile", {"data_filepath": "noise.txt"}))
    assert at(one, 0.1, 0.2) == [1, -1]


def test_defaults_are_told(tmp_path: Path) -> None:
    protocols = [entry("APThresh_1", {"delay": 100.0})]
    own = [feature("APThresh_1", "mean_frequency")]
    notes = read_emodel_folder(write(tmp_path, protocols, searches() + own)).notes
    assert (
        "protocol 'APThresh_1' leaves to the defaults of that tool: duration 1350, "
        "totduration 1850, thresh_perc 200"
    ) in notes


@pytest.mark.parametrize(
    ("protocol", "words"),
    [
        (entry("IDrest_1", {**TIMES, "holding_voltage": -80.0, "thresh_perc": 100}),
         "'holding_voltage' makes it a voltage clamp"),
        (entry("Step_1", {**TIMES, "thresh_perc": 100, "stochkv_det": False}),
         "runs stochastic channels \\('stochkv_det' is false\\); true runs them determ"),
        (entry("ProbAMPANMDA_EMS_1", {"syn_weight": 1, "syn_delay": 5}), "is a stochastic synapse"),
        (entry("RandomSteps_1", TIMES), "steps drawn without a seed"),
        (entry("IDrest_1", TIMES, kind="LocalThresholdBasedProtocol"), "searched at another place"),
        (entry("IDrest_1", TIMES, kind="ThresholdBasedNoHoldingProtocol"), "without holding"),
        (entry("NoiseOU3_1", {"mu": 0.1}), "\\(NoiseOU3\\) lies in BluePyEModel's own data"),
        (entry("WhiteNoise_1", {"mu": 0.1, "data_filepath": "no.txt"}), "no.txt' cannot be read"),
        (entry("WhiteNoise_1", {"mu": 0.1, "data_filepath": "../a"}), "'../a' must lie in"),
        (entry("sAHP_1", {"thresh_perc": 200}), "its stimulus has no 'long_amp'"),
        (entry("Ramp_1", {**TIMES, "thresh_perc": "much"}), "'thresh_perc' must be a finite"),
        (entry("Ramp_1", {**TIMES, "tmid": 5}), "'tmid' of its stimulus is none of a Ramp"),
        (entry("Dendritic_1", {**TIMES, "somadistance": 9, "direction": "up"}),
         "must be apical_trunk or random, got 'up'"),
        (entry("IDrest_1"), "it has no stimulus"),
    ],
)  # fmt: skip
def test_what_is_no_current_is_refused_by_name(tmp_path: Path, protocol: Any, words: str) -> None:
    with pytest.raises(IonfoError, match=words):
        read(tmp_path, protocol)


def test_deterministic_channels_are_a_step(tmp_path: Path) -> None:
    stimulus = {**TIMES, "thresh_perc": 100.0, "stochkv_det": True}
    assert read(tmp_path, entry("Step_1", stimulus)).protocols[-1].kind == "step"


def test_shapes_follow_from_names() -> None:
    assert shape_of("IDhyperpol_100") == "sAHP" and shape_of("HyperDepol_1") == "HyperDepol"
    assert shape_of("DeHyperPol_1") == "DeHyperpol" and shape_of("nothing") is None
    assert shape_of("Ramp_1", "emodel-generalisation") is None
