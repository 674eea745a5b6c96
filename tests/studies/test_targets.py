"""Targets of recordings are those of eFEL called by hand; what is not used is told."""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
import sys
from datetime import datetime, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import efel
import numpy as np
import pandas as pd
import pytest

from ionfo.commands.targets import targets_command
from ionfo.emodels import load_emodel
from ionfo.errors import IonfoError
from ionfo.studies.targets import Targets, targets
from ionfo.tables.exchange.targets_config import TargetsConfig

pytest.importorskip("bluepyefe", reason="needs the recordings extra")
pynwb = pytest.importorskip("pynwb", reason="needs the recordings extra")
with np.printoptions():  # which it sets for everybody
    pytest.importorskip("pyabf", reason="needs the recordings extra")

DT = 0.1  # ms
TON, TOFF, TOTAL = 100.0, 400.0, 600.0
JUNCTION = 10.0
FEATURES = ["mean_frequency", "AP_amplitude", "AHP_depth", "inv_first_ISI"]
AMPLITUDES = {"a": (0.05, 0.1, 0.15, 0.2), "b": (0.06, 0.12, 0.18, 0.24)}
"""Steps of two cells (nA); the second one is the threshold."""


def sweep(amplitude: float, threshold: float, rest: float) -> tuple[np.ndarray, np.ndarray]:
    """A leaky membrane that makes spikes of a given shape above a threshold: mV and nA."""
    t = np.arange(0.0, TOTAL, DT)
    current = np.where((t >= TON) & (t < TOFF), amplitude, 0.0) - 0.02
    since = np.clip(t - TON, 0, TOFF - TON)
    v = rest + 60 * amplitude * (1 - np.exp(-since / 15)) * np.exp(-np.clip(t - TOFF, 0, None) / 15)
    if amplitude >= threshold:
        interval = 80 * threshold / amplitude
        for peak in np.arange(TON + 10, TOFF, interval):
            after = t - peak
            v += np.where(np.abs(after) < 2, 100 * np.exp(-((after / 0.5) ** 2)), 0.0)
            v -= np.where((after > 1) & (after < 30), 12 * np.exp(-(after - 1) / 8), 0.0)
    return v + 0.01 * np.sin(t), current


def traces(cell: str) -> list[tuple[float, np.ndarray, np.ndarray]]:
    threshold, rest = AMPLITUDES[cell][1], {"a": -64.0, "b": -66.0}[cell]
    return [(one, *sweep(one, threshold, rest)) for one in AMPLITUDES[cell]]


def by_hand(v: np.ndarray, amplitude: float, names: list[str]) -> dict[str, float]:
    """EFEL called by hand."""
    efel.reset()
    for key, value in (("Threshold", -20.0), ("interp_step", 0.025), ("strict_stiminterval", True)):
        efel.set_setting(key, value)
    t = np.arange(len(v)) * DT
    trace = {"T": t, "V": v, "stim_start": [TON], "stim_end": [TOFF],
             "stimulus_current": [amplitude]}  # fmt: skip
    (found,) = efel.get_feature_values([trace], names, raise_warnings=False)
    return {key: float(np.mean(value)) for key, value in found.items()}


def write_nwb(path: Path, sweeps: list[tuple[float, np.ndarray, np.ndarray]], name: str) -> None:
    from pynwb.icephys import CurrentClampSeries, CurrentClampStimulusSeries

    file = pynwb.NWBFile("test", path.stem, datetime(2020, 1, 1, tzinfo=timezone.utc))
    device = file.create_device(name="amplifier")
    electrode = file.create_icephys_electrode(name="e", description="e", device=device)
    for i, (_, v, current) in enumerate(sweeps):
        both: dict[str, Any] = {
            "electrode": electrode, "rate": 1e3 / DT, "starting_time": 0.0, "gain": 1.0,
            "stimulus_description": name, "sweep_number": np.uint32(i),
        }  # fmt: skip
        file.add_acquisition(
            CurrentClampSeries(name=f"CurrentClampSeries_{i:03d}", data=v * 1e-3, **both)
        )
        file.add_stimulus(
            CurrentClampStimulusSeries(
                name=f"CurrentClampStimulusSeries_{i:03d}", data=current * 1e-9, **both
            )
        )
    with pynwb.NWBHDF5IO(str(path), "w") as io:
        io.write(file)


CONFIG: dict[str, Any] = {
    "liquid_junction_potential": JUNCTION,
    "threshold": {"protocols": ["IDrest"]},
    "protocols": {"IDrest": {"amplitudes": [150, 200], "tolerance": 10, "features": FEATURES}},
    "input_resistance": {"protocol": "IDrest", "amplitude": 50},
}
SMALL_FLOOR = {"share": 0.0, "by_unit": {}}


def config(**more: Any) -> TargetsConfig:
    return TargetsConfig.model_validate({**CONFIG, **more})


@pytest.fixture(scope="module")
def nwb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nwb")
    for cell in AMPLITUDES:
        write_nwb(folder / f"{cell}.nwb", traces(cell), "IDrest")
    return folder


@pytest.fixture(scope="module")
def found(nwb: Path) -> Targets:
    return targets(nwb, config(smallest_sd=SMALL_FLOOR))


def test_targets_of_nwb_are_those_of_efel_called_by_hand(found: Targets) -> None:
    known = found.features.set_index("feature")
    for percent, place in ((150, 2), (200, 3)):
        values = []
        for cell in AMPLITUDES:
            amplitude, v, _ = traces(cell)[place]
            values.append(by_hand(v - JUNCTION, amplitude, FEATURES))
        for feature in FEATURES:
            each = np.array([one[feature] for one in values])
            row = known.loc[f"IDrest_{percent}.soma.v.{feature}"]
            # an NWB file keeps the voltages as the reader takes them, in 32 bits
            assert row["mean"] == pytest.approx(each.mean(), rel=1e-4)
            spread = max(each.std(ddof=1), 1e-12)
            assert row["std"] == pytest.approx(spread, rel=2e-2, abs=1e-4 * abs(each.mean()))
            assert row["cells"] == 2
    rin = by_hand(traces("a")[0][1] - JUNCTION, 0.05, ["ohmic_input_resistance_vb_ssse"])
    value = found.values.query("feature.str.contains('ohmic') and cell == 'a'")["value"]
    assert value.to_numpy() == pytest.approx(rin["ohmic_input_resistance_vb_ssse"], rel=1e-3)


def test_thresholds_and_holding_currents_are_those_of_the_recordings(found: Targets) -> None:
    cells = found.cells.set_index("cell")
    for cell, amplitudes in AMPLITUDES.items():
        spikes = [by_hand(v, one, ["spike_count"])["spike_count"] for one, v, _ in traces(cell)]
        first = amplitudes[int(np.argmax(np.array(spikes) >= 1))]
        assert first == amplitudes[1]
        assert cells.loc[cell, "threshold_nA"] == pytest.approx(first, rel=1e-4)
        assert cells.loc[cell, "holding_nA"] == pytest.approx(-0.02, rel=1e-3)
    known = found.features.set_index("feature")
    row = known.loc["SearchThresholdCurrent.soma.v.bpo_threshold_current"]
    assert row["mean"] == pytest.approx(0.11, rel=1e-4)
    assert row["std"] == pytest.approx(np.std([0.1, 0.12], ddof=1), rel=1e-3)


def test_protocols_have_the_times_and_amplitudes_of_the_recordings(found: Targets) -> None:
    protocols = {one["name"]: one for one in found.protocols}
    step = protocols["IDrest_150"]
    assert step["percent"] == pytest.approx(150, rel=1e-3)
    assert step["delay"] == pytest.approx(TON, abs=DT / 100)
    assert step["duration"] == pytest.approx(TOFF - TON, abs=DT / 100)
    assert protocols["RinProtocol"]["amplitude"] == pytest.approx(0.055, rel=1e-3)
    base = protocols["SearchHoldingCurrent"]["target_voltage"]
    assert base == pytest.approx(-65 - JUNCTION, abs=0.05)


def test_what_reads_recordings_leaves_the_printing_of_arrays_alone() -> None:
    program = """
import numpy as np
from ionfo.tables.exchange.recordings import _check_extra
before = np.get_printoptions()
_check_extra()
assert np.get_printoptions() == before
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_abf_and_csv_give_what_nwb_gives(tmp_path: Path, found: Targets) -> None:
    """An ABF of one channel, whose current the config tells; and a table with both."""
    from pyabf.abfWriter import writeABF1

    cells: dict[str, Any] = {}
    writeABF1(np.array([v for _, v, _ in traces("a")]), str(tmp_path / "a.abf"), 1e3 / DT, "mV")
    cells["a"] = {
        "IDrest": [
            {"files": "a.abf", "amplitudes": [1e3 * one for one in AMPLITUDES["a"]],
             "holding": -20, "ton": TON, "toff": TOFF, "units": {"i": "pA"}}
        ]
    }  # fmt: skip
    t = np.arange(0.0, TOTAL, DT)
    columns = {"t_ms": t}
    for i, (_, v, current) in enumerate(traces("b")):
        columns |= {f"v{i}": v, f"i{i}": 1e3 * current}
    pd.DataFrame(columns).to_csv(tmp_path / "b.csv", index=False)
    cells["b"] = {"IDrest": [{"files": "b.csv", "units": {"t": "ms", "v": "mV", "i": "pA"}}]}
    same = targets(tmp_path, config(cells=cells, smallest_sd=SMALL_FLOOR))
    wanted = found.features.set_index("feature")["mean"]
    got = same.features.set_index("feature")["mean"]
    assert list(got.index) == list(wanted.index)
    # the writer keeps 16 bits of the largest voltage
    assert got.to_numpy() == pytest.approx(wanted.to_numpy(), rel=5e-3)
    value = same.values.query("cell == 'b' and feature.str.endswith('AP_amplitude')")["value"]
    amplitude, v, _ = traces("b")[2]
    assert value.to_numpy()[0] == pytest.approx(
        by_hand(v - JUNCTION, amplitude, ["AP_amplitude"])["AP_amplitude"], rel=1e-6
    )


def test_a_sweep_that_is_not_used_is_listed_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "a" / "IDrest").mkdir(parents=True)
    t = np.arange(0.0, TOTAL, DT)
    v, current = sweep(0.2, 0.1, -64.0)
    spoilt = {
        "early": (np.where(np.abs(t - 50) < 1, 20.0, v), current),
        "broken": (np.where(t == t[7], np.nan, v), current),
        "volts": (v * 1e3, current),
        "drifting": (v - 0.3 * np.clip(TON - t, 0, None), current),
        "flat": (v, np.zeros_like(current)),
    }
    for name, (one, two) in spoilt.items():
        pd.DataFrame({"t": t, "v": one, "i": two}).to_csv(
            tmp_path / "a" / "IDrest" / f"{name}.csv", index=False
        )
    (tmp_path / "a" / "IDrest" / "empty.abf").write_bytes(b"no ABF")
    for i, (_, one, two) in enumerate(traces("a")):
        pd.DataFrame({"t": t, "v": one, "i": two}).to_csv(
            tmp_path / "a" / "IDrest" / f"good{i}.csv", index=False
        )
    asked = {"IDrest": {"amplitudes": [200], "features": ["mean_frequency"]}}
    made = targets(tmp_path, config(protocols=asked))
    why = {Path(row.file).stem: row.reason for row in made.bad.itertuples()}
    for name, words in {
        "early": "1 spike before the step", "broken": "not a number", "volts": "is the unit right",
        "drifting": "baseline has an SD", "flat": "no step is found", "empty": "cannot be read",
    }.items():  # fmt: skip
        assert words in why[name], (name, why.get(name))
    told = "\n".join(made.sentences())
    assert all(name in told for name in spoilt)
    # one cell and one sweep: the SD is the floor
    row = made.features.set_index("feature").loc["IDrest_200.soma.v.mean_frequency"]
    assert row["sd_from"] == "floor"
    assert row["std"] == pytest.approx(max(0.05 * row["mean"], 0.5))
    assert "are the floor of the config" in told


def test_amplitudes_in_nA_need_no_threshold(nwb: Path) -> None:
    asked = {"IDrest": {"amplitudes": [0.15], "tolerance": 0.001, "features": ["mean_frequency"]}}
    made = targets(
        nwb, config(threshold=None, input_resistance=None, amplitudes_in="nA", protocols=asked)
    )
    (step,) = made.protocols
    assert step["kind"] == "absolute_step" and step["amplitude"] == pytest.approx(0.15, rel=1e-4)
    assert step["holding"] == pytest.approx(-0.02, rel=1e-3)
    assert len(made.bad) == 7 and made.bad["reason"].str.contains("within no tolerance").all()


def test_the_page_loads_nothing_and_shows_every_sweep(found: Targets, tmp_path: Path) -> None:
    text = found.page(tmp_path / "page.html").read_text()
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", text)
    assert text.count("<img") == 2 * 4 + 1  # sweeps and values; of the holding search values alone
    for every in found.used.values():
        for one in every:
            assert one.file in text and f"sweep {one.sweep}" in text


def test_they_take_the_place_of_suggestions_in_a_definition(found: Targets, tmp_path: Path) -> None:
    before = load_emodel("soma")
    marked = before.model_copy(
        update={"to_fill": ("Step_140", "Step_140.soma.v.mean_frequency", "g_pas.somatic")}
    )
    after = load_emodel(str(found.write(tmp_path / "with.yaml", marked)))
    names = [one.name for one in after.protocols]
    assert "IDrest_150" in names and "Step_220" in names and "Step_140" not in names
    assert after.to_fill == ("g_pas.somatic",)
    own = {one.name: one for one in after.features}
    for row in found.features.itertuples():
        assert own[str(row.feature)].mean == row.mean
    assert not any(name.startswith("Step_140") for name in own)
    alone = json.loads(found.write(tmp_path / "alone.json").read_text())
    assert alone["recordings"]["liquid_junction_potential_mV"] == JUNCTION
    assert len(alone["features"]) == len(found.features)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"threshold": {"protocols": ["x"]}}, "liquid_junction_potential"),
        ({"liquid_junction_potential": 0, "protocols": {}}, "need 'threshold'"),
        (
            {**CONFIG, "protocols": {"x": {"amplitudes": [1], "features": ["mean_frequncy"]}}},
            "did you mean 'mean_frequency'",
        ),
    ],
)
def test_a_wrong_config_is_refused(content: Any, words: str, tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps(content))
    with pytest.raises(IonfoError, match=words):
        targets(tmp_path, tmp_path / "c.json")


def test_a_threshold_of_another_shape_than_a_step_is_refused_by_name(nwb: Path) -> None:
    with pytest.raises(IonfoError, match="'sAHP' is no step for BluePyEfe but SAHP"):
        targets(nwb, config(threshold={"protocols": ["sAHP"]}))


def write_abf(path: Path, sweeps: list[tuple[float, np.ndarray, np.ndarray]]) -> None:
    """Write an ABF1 file with a voltage and a current, in 16 bits of +-100 mV and +-1000 pA."""
    scales = (0.1, 0.01)
    points = np.array([[v, 1e3 * current] for _, v, current in sweeps])
    points = np.round(points * np.array(scales)[:, None] * 2**15 / 10).astype("<i2")
    n_sweeps, n_channels, n_samples = points.shape
    header = bytearray(4 * 512)
    for kind, place, value in (
        ("4s", 0, b"ABF "), ("f", 4, 1.3), ("h", 8, 5), ("i", 10, points.size), ("i", 16, n_sweeps),
        ("i", 40, 4), ("h", 100, 0), ("h", 120, n_channels), ("f", 122, 1e3 * DT / n_channels),
        ("i", 138, n_samples * n_channels), ("i", 252, 2**15), ("f", 244, 10.0),
    ):  # fmt: skip
        struct.pack_into(kind, header, place, value)
    for i, unit in enumerate((b"mV", b"pA")):
        struct.pack_into("h", header, 378 + 2 * i, i)
        struct.pack_into("h", header, 410 + 2 * i, i)
        struct.pack_into("8s", header, 602 + 8 * i, unit.ljust(8))
        for place, value in ((730, 1.0), (922, scales[i]), (1050, 1.0)):
            struct.pack_into("f", header, place + 4 * i, value)
    path.write_bytes(bytes(header) + points.transpose(0, 2, 1).tobytes())


def write_igor(path: Path, values: np.ndarray, unit: bytes) -> None:
    """Write a binary wave of igor (version 5) with times in s."""
    data = values.astype("<f8").tobytes()
    wave = struct.pack("<4Ihh6xh32s8x4i", 0, 0, 0, len(values), 4, 0, 1, b"w", len(values), 0, 0, 0)
    wave += struct.pack("<4d4d4s16s", DT * 1e-3, 0, 0, 0, 0, 0, 0, 0, unit, b"s")
    wave = wave.ljust(320, b"\0")
    sizes = struct.pack("<15i", 320 + len(data), *[0] * 14)
    checked = struct.pack("<hh", 5, 0) + sizes + wave
    total = int(np.frombuffer(checked, "<i2").sum(dtype=np.int64))
    checksum = struct.unpack("<h", struct.pack("<H", -total % 2**16))[0]
    path.write_bytes(struct.pack("<hh", 5, checksum) + sizes + wave + data)


def test_two_channels_of_an_abf_and_igor_give_what_nwb_gives(
    tmp_path: Path, found: Targets
) -> None:
    write_abf(tmp_path / "a.abf", traces("a"))
    for i, (_, v, current) in enumerate(traces("b")):
        write_igor(tmp_path / f"v{i}.ibw", v * 1e-3, b"V")
        write_igor(tmp_path / f"i{i}.ibw", current * 1e-9, b"A")
    cells = {
        "a": {"IDrest": [{"files": "a.abf"}]},
        "b": {"IDrest": [{"files": "v*.ibw", "current_files": "i*.ibw"}]},
    }
    same = targets(tmp_path, config(cells=cells, smallest_sd=SMALL_FLOOR))
    wanted, got = (one.features.set_index("feature")["mean"] for one in (found, same))
    assert list(got.index) == list(wanted.index)
    assert got.to_numpy() == pytest.approx(wanted.to_numpy(), rel=5e-3)
    assert same.cells["threshold_nA"].to_numpy() == pytest.approx([0.1, 0.12], rel=1e-3)


SAHP = ((50.0, 0.3), (200.0, 0.3), (200.0, 1.0), (260.0, 1.0), (260.0, 0.3), (500.0, 0.3))
RAMP = ((100.0, 0.0), (400.0, 1.0))


def any_sweep(
    corners: tuple[tuple[float, float], ...], amplitude: float, rest: float
) -> tuple[np.ndarray, np.ndarray]:
    """A current of given corners with the noise of an amplifier, and spikes where it is largest."""
    t = np.arange(0.0, TOTAL, DT)
    current = np.zeros_like(t)
    for (start, first), (end, last) in pairwise(corners):
        if end > start:
            during = (t >= start) & (t < end)
            current[during] = first + (last - first) * (t[during] - start) / (end - start)
    v = rest + 20 * current
    for peak in np.arange(205.0, 260.0, 15.0):
        v += np.where(np.abs(t - peak) < 2, 100 * np.exp(-(((t - peak) / 0.5) ** 2)), 0.0)
    noise = np.random.default_rng(0).normal(0, 0.001, len(t))
    return v, amplitude * current - 0.02 + noise


@pytest.fixture(scope="module")
def other_currents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Steps of two cells, and a sAHP and a ramp of twice their thresholds."""
    folder = tmp_path_factory.mktemp("others")
    for cell, amplitudes in AMPLITUDES.items():
        t = np.arange(0.0, TOTAL, DT)
        sweeps = {"IDrest": traces(cell)}
        for name, corners in (("sAHP", SAHP), ("Ramp", RAMP)):
            amplitude = 2 * amplitudes[1]
            sweeps[name] = [(amplitude, *any_sweep(corners, amplitude, -64.0))]
        for name, every in sweeps.items():
            (folder / cell / name).mkdir(parents=True)
            for i, (_, v, current) in enumerate(every):
                table = pd.DataFrame({"t": t, "v": v, "i": current})
                table.to_csv(folder / cell / name / f"{i}.csv", index=False)
    return folder


OTHERS: dict[str, Any] = {
    "sAHP": {"amplitudes": [200], "features": ["Spikecount", "AHP_depth", "minimum_voltage"],
             "window_corners": [2, 3], "windows": {"minimum_voltage": [260, 490]}},
    "Ramp": {"amplitudes": [200], "features": ["Spikecount"], "window": [100, 300]},
}  # fmt: skip


def test_a_sahp_and_a_ramp_become_current_clamps_with_windows_at_their_corners(
    other_currents: Path, tmp_path: Path
) -> None:
    made = targets(other_currents, config(protocols=OTHERS))
    protocols = {one["name"]: one for one in made.protocols}
    for name, corners in (("sAHP_200", SAHP), ("Ramp_200", RAMP)):
        (current,) = protocols[name]["currents"]
        assert protocols[name]["kind"] == "current_clamp" and current["unit"] == "percent"
        got = np.array(current["corners"])
        # the noise of the amplifier is 0.5 % of the sAHP's amplitude
        np.testing.assert_allclose(got[:, 0], [time for time, _ in corners], atol=1.0)
        np.testing.assert_allclose(got[:, 1], [200 * value for _, value in corners], atol=1.0)
    assert protocols["sAHP_200"]["window"] == pytest.approx([200, 260], abs=DT / 100)
    assert protocols["Ramp_200"]["window"] == [100, 300]
    known = made.features.set_index("feature")["mean"]
    assert known["sAHP_200.soma.v.Spikecount"] == 4  # 205, 220, 235 and 250 ms
    v, _ = any_sweep(SAHP, 0.2, -64.0)
    t = np.arange(0.0, TOTAL, DT)
    late = v[(t >= 260) & (t <= 490)].min() - JUNCTION
    assert known["sAHP_200.soma.v.minimum_voltage"] == pytest.approx(late, abs=1e-6)
    filled = load_emodel(str(made.write(tmp_path / "with.json", load_emodel("soma"))))
    own = {one.name: one.window for one in filled.features}
    assert own["sAHP_200.soma.v.minimum_voltage"] == (260, 490)
    assert own["sAHP_200.soma.v.Spikecount"] is None


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"window_corners": [1, 9]}, "has 6 corners, at 50, 200, 200, 260, 260, 500 ms"),
        ({"window": [100, 900]}, "the window ends at 900 ms, and 'a/sAHP/0.csv' at 600 ms"),
        ({"window": [300, 100]}, "a window must rise, got 300 to 100"),
        ({"windows": {"AP_width": [1, 2]}}, "'AP_width', which is not among its features"),
    ],
)
def test_a_window_that_does_not_fit_is_refused(
    other_currents: Path, tmp_path: Path, asked: dict[str, Any], words: str
) -> None:
    one = {"amplitudes": [200], "features": ["Spikecount"], **asked}
    (tmp_path / "c.json").write_text(json.dumps({**CONFIG, "protocols": {"sAHP": one}}))
    with pytest.raises(IonfoError, match=re.escape(words)):
        targets(other_currents, tmp_path / "c.json")


def test_currents_of_another_shape_than_most_are_listed(
    other_currents: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(other_currents, folder)
    t = np.arange(0.0, TOTAL, DT)
    for i, corners in enumerate((SAHP, RAMP)):
        v, current = any_sweep(corners, 0.2, -64.0)
        table = pd.DataFrame({"t": t, "v": v, "i": current})
        table.to_csv(folder / "a" / "sAHP" / f"{i + 1}.csv", index=False)
    noisy = np.random.default_rng(1).normal(0, 0.1, len(t)) + 0.1
    table = pd.DataFrame({"t": t, "v": np.full(len(t), -70.0), "i": noisy.cumsum() / 50})
    table.to_csv(folder / "a" / "sAHP" / "noise.csv", index=False)
    asked = {"sAHP": {"amplitudes": [200], "features": ["Spikecount"]}}
    made = targets(folder, config(protocols=asked))
    why = {row.file: row.reason for row in made.bad.itertuples()}
    assert why["a/sAHP/2.csv"] == "its current has 2 corners, and that of most has 6"
    assert "a/sAHP/noise.csv" in why
    assert "a/sAHP/1.csv" not in why


@pytest.mark.parametrize(
    ("text", "out", "words"),
    [
        ("", "t.json", "config 'c.json' cannot be read: it is empty"),
        ("{", "t.json", "config 'c.json' is not valid: it is no JSON"),
        (json.dumps(CONFIG), ".", "'.' is a folder; a definition is a file"),
        (json.dumps(CONFIG), "t.yaml", "targets alone are written as .json, got 't.yaml'"),
    ],
)
def test_what_cannot_be_read_or_written_is_told_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, out: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("c.json").write_text(text)
    with pytest.raises(IonfoError, match=re.escape(words)):
        targets_command(tmp_path, Path("c.json"), Path(out))


def test_without_bluepyefe_the_way_to_it_is_told(
    nwb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bluepyefe", None)
    with pytest.raises(IonfoError, match=r"pip install 'ionfo\[recordings\]'"):
        targets(nwb, config())
