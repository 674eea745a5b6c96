"""Current clamps and eFEL settings in a folder of other tools, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ionfo.emodels import EModel, export_emodel, load_emodel, parse_emodel
from ionfo.errors import IonfoError
from ionfo.tables.exchange import read_emodel_folder

L5PC = load_emodel("l5pc")
SPAN = {"start": 100.0, "end": 300.0}
TRUNK = {"kind": "apical_trunk", "region": "apical", "distance": 400.0}
TIMES = {"start": 100.0, "strong_start": 200.0, "strong_end": 250.0, "end": 900.0}
STIMULI: dict[str, dict[str, Any]] = {
    "APThreshold_300": {"currents": [
        {"shape": "ramp", "unit": "percent", "amplitude": 300.0, **SPAN}]},
    "APThresh_abs": {"holding": -0.05, "currents": [{"shape": "ramp", "amplitude": 0.3, **SPAN}]},
    "sAHP_220": {"currents": [
        {"shape": "sAHP", "unit": "percent", **TIMES, "long": 40.0, "amplitude": 220.0}]},
    "sAHP_mixed": {"currents": [
        {"shape": "sAHP", **TIMES, "long": 0.1, "amplitude": 0.0},
        {"shape": "pulse", "unit": "percent", "start": 200.0, "end": 250.0, "amplitude": 220.0}]},
    "HyperDepol_-80": {"currents": [
        {"shape": "HyperDepol", "unit": "percent", **SPAN, "middle": 200.0, "hyper": -80.0,
         "depol": 120.0}]},
    "DeHyperpol_1": {"currents": [
        {"shape": "DeHyperpol", **SPAN, "middle": 200.0, "hyper": -0.1, "depol": 0.2}]},
    "PosCheops_300": {"currents": [
        {"shape": "PosCheops", "unit": "percent", "amplitude": 300.0,
         "triangles": [[100.0, 300.0], [400.0, 500.0], [600.0, 650.0]]}]},
    "NegCheops_1": {"currents": [
        {"shape": "PosCheops", "amplitude": -0.2,
         "triangles": [[100.0, 300.0], [400.0, 500.0], [600.0, 650.0]]}]},
    "SineSpec_60": {"currents": [
        {"shape": "SineSpec", "unit": "percent", "amplitude": 60.0, **SPAN, "every": 0.1}]},
    "SpikeRecMultiSpikes_1": {"currents": [
        {"shape": "train", "unit": "percent", "amplitude": 600.0, "start": 100.0, "width": 4.0,
         "period": 16.0, "number": 5}]},
    "ThresholdAddition_1": {"currents": [
        {"shape": "pulse", "unit": "percent", "amplitude": 100.0, **SPAN},
        {"shape": "pulse", "amplitude": 0.1, **SPAN}]},
    "IDrest_on_holding": {"currents": [{"shape": "pulse", "amplitude": 0.1, **SPAN}]},
    "Dendritic_400": {"holding": 0.0, "currents": [
        {"shape": "pulse", "amplitude": 0.4, **SPAN, "site": TRUNK}]},
    "Synaptic_400": {"holding": 0.0, "currents": [
        {"shape": "EPSP", "amplitude": 0.4, "start": 100.0, "end": 1000.0, "site": TRUNK}]},
}  # fmt: skip


@pytest.fixture
def cell(tmp_path: Path) -> Path:
    path = tmp_path / "cell.swc"
    path.write_text("1 1 0 0 0 10 -1\n2 1 0 10 0 10 1\n3 2 0 -10 0 1 1\n4 2 0 -90 0 1 3\n"
                    "5 4 0 10 0 1 1\n6 4 0 700 0 1 5\n")  # fmt: skip
    return path


def with_stimuli(names: list[str], **more: Any) -> EModel:
    content = L5PC.model_dump(mode="json")
    for name in names:
        window = [100.0, 650.0] if "Cheops" in name else [100.0, 300.0]
        window = [100.0, 900.0] if "sAHP" in name else window
        window = [100.0, 168.0] if "MultiSpikes" in name else window
        window = [100.0, 1000.0] if "Synaptic" in name else window
        content["protocols"].append(
            {"name": name, "kind": "current_clamp", "total": 1000.0, "window": window,
             **STIMULI[name], **more}
        )  # fmt: skip
        content["features"].append(
            {"name": f"{name}.soma.v.Spikecount", "mean": 1, "std": 1, "unit": "1"}
        )
    return parse_emodel(json.dumps(content), "l5pc")


def test_bluepyemodel_says_them_and_they_come_back(tmp_path: Path, cell: Path) -> None:
    emodel = with_stimuli(list(STIMULI))
    export_emodel(emodel, tmp_path / "out", cell, tool="bluepyemodel")
    again = read_emodel_folder(tmp_path / "out").emodel
    assert again.protocols == emodel.protocols
    assert again.features == emodel.features


def test_a_window_of_its_own_comes_back_with_the_features(tmp_path: Path, cell: Path) -> None:
    emodel = with_stimuli(["APThreshold_300"], window=[120.0, 350.0])
    export_emodel(emodel, tmp_path / "out", cell)
    again = read_emodel_folder(tmp_path / "out").emodel
    assert again.features[-1].window == (120.0, 350.0)


def test_what_emodel_generalisation_does_not_have(tmp_path: Path, cell: Path) -> None:
    for name, words in (
        ("sAHP_220", "'sAHP_220' must not be a sAHP, which emodel-generalisation does not have "
                     r"\(--format bluepyemodel does\)"),
        ("SpikeRecMultiSpikes_1", "must not be a SpikeRecMultiSpikes"),
    ):  # fmt: skip
        with pytest.raises(IonfoError, match=words):
            export_emodel(with_stimuli([name]), tmp_path / "out", cell)
    export_emodel(with_stimuli(["APThreshold_300"]), tmp_path / "out", cell)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"currents": [], "synapses": [{"point_process": "ExpSyn", "site": TRUNK}]},
         "its currents together are none of them"),
        ({"currents": [{"shape": "noise", **SPAN, "sd": 1, "tau": 5, "seed": 1}]}, "none of them"),
        ({"name": "Ramps_1"}, "'Ramps_1' must have ap_thresh or apthresh in its name"),
    ],
)  # fmt: skip
def test_what_no_folder_says(tmp_path: Path, cell: Path, more: dict[str, Any], words: str) -> None:
    content = with_stimuli(["APThreshold_300"]).model_dump(mode="json")
    content["protocols"][-1] |= more
    content["features"][-1]["name"] = f"{content['protocols'][-1]['name']}.soma.v.Spikecount"
    with pytest.raises(IonfoError, match=words):
        export_emodel(parse_emodel(json.dumps(content), "x"), tmp_path / "out", cell)


def test_efel_settings_come_back(tmp_path: Path, cell: Path) -> None:
    content = with_stimuli(["APThreshold_300"], efel={"Threshold": -35.0}).model_dump(mode="json")
    content["efel"]["min_spike_height"] = 15.0
    content["features"][40]["efel"] = {"voltage_base_mode": "median", "interp_step": 0.05}
    emodel = parse_emodel(json.dumps(content), "x")
    export_emodel(emodel, tmp_path / "out", cell)
    again = read_emodel_folder(tmp_path / "out").emodel
    assert [one.settings for one in again.targets] == [one.settings for one in emodel.targets]
    assert again.efel == emodel.efel and again.protocols == emodel.protocols
    assert again.content_hash != with_stimuli(["APThreshold_300"]).content_hash
