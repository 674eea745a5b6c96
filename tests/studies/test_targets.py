"""Targets of recordings are those of eFEL called by hand; what is not used is told."""

from __future__ import annotations

import json
import re
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import efel
import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import load_emodel
from ionfo.errors import IonfoError
from ionfo.studies.targets import Targets, targets
from ionfo.tables.exchange.targets_config import TargetsConfig

pytest.importorskip("bluepyefe", reason="needs the recordings extra")
pynwb = pytest.importorskip("pynwb", reason="needs the recordings extra")
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


def test_a_protocol_of_another_shape_is_refused_by_name(nwb: Path) -> None:
    asked = {"sAHP": {"amplitudes": [150], "features": FEATURES}}
    with pytest.raises(IonfoError, match="'sAHP' is no step for BluePyEfe but SAHP"):
        targets(nwb, config(protocols=asked))


def test_without_bluepyefe_the_way_to_it_is_told(
    nwb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bluepyefe", None)
    with pytest.raises(IonfoError, match=r"pip install 'ionfo\[recordings\]'"):
        targets(nwb, config())
