"""Kinds of e-model folders: protocols to validate with, and steps of given currents alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ionfo.emodels import load_emodel
from ionfo.emodels.definition import Stub, StubAxon
from ionfo.errors import IonfoError
from ionfo.tables.exchange import read_emodel_folder
from ionfo.tables.exchange.reading import import_file

SETTINGS = {"strict_stiminterval": True, "Threshold": -20.0, "interp_step": 0.025}
SEARCHES = [
    ("SearchHoldingCurrent", "bpo_holding_current"),
    ("SearchHoldingCurrent", "steady_state_voltage_stimend"),
    ("RinProtocol", "ohmic_input_resistance_vb_ssse"),
    ("RMPProtocol", "steady_state_voltage_stimend"),
    ("SearchThresholdCurrent", "bpo_threshold_current"),
]


def feature(protocol: str, name: str, **settings: Any) -> dict[str, Any]:
    return {"efel_feature_name": name, "protocol_name": protocol, "recording_name": "soma.v",
            "mean": 5.0, "original_std": 2.0, "efel_settings": SETTINGS | settings}  # fmt: skip


def step(name: str, percent: float | None, **more: Any) -> dict[str, Any]:
    kind = "Protocol" if percent is None else "ThresholdBasedProtocol"
    stimulus = {"delay": 100.0, "duration": 200.0, "totduration": 400.0, "amp": 0.2,
                "thresh_perc": percent, "holding_current": -0.01}  # fmt: skip
    return {"name": name, "stimuli": [stimulus | more.pop("stimulus", {})],
            "recordings_from_config": [], "protocol_type": kind, "validation": False} | more  # fmt: skip


def write(folder: Path, protocols: list[dict[str, Any]], features: list[dict[str, Any]]) -> Path:
    """Write a folder of a passive cell, in the newer form."""
    values = {"g_pas": [1e-5, 1e-4], "e_pas": -75, "cm": 1, "Ra": 100}
    parameters = {
        "global": [{"name": "v_init", "val": -80}, {"name": "celsius", "val": 34}],
        "all": [{"name": name, "val": value} for name, value in values.items()],
    }
    parts = {
        "recipes": {"mycell": {"params": "params.json", "features": "features.json",
                               "pipeline_settings": {"morph_modifiers": []}}},
        "params": {"mechanisms": {"all": {"mech": ["pas"]}}, "distributions": {},
                   "parameters": parameters},
        "features": {"protocols": protocols, "efeatures": features},
    }  # fmt: skip
    folder.mkdir(exist_ok=True)
    for name, part in parts.items():
        (folder / f"{name}.json").write_text(json.dumps(part))
    return folder


def searches() -> list[dict[str, Any]]:
    return [feature(*one) for one in SEARCHES]


def test_validation_protocols_are_held_out(tmp_path: Path) -> None:
    protocols = [step("IDrest_150", 150), step("IDrest_250", 250, validation=True)]
    own = [feature(one["name"], "mean_frequency") for one in protocols]
    write(tmp_path / "folder", protocols, searches() + own)
    told = import_file(tmp_path / "folder", tmp_path / "mine.json")
    main, held = load_emodel(str(tmp_path / "mine.json")), load_emodel(told["held_out"])
    first = ["SearchHoldingCurrent", "RinProtocol", "RMPProtocol", "SearchThresholdCurrent"]
    assert [one.name for one in main.protocols] == [*first, "IDrest_150"]
    assert [one.name for one in held.protocols] == [*first, "IDrest_250"]
    assert main.feature_names[-1] == "IDrest_150.soma.v.mean_frequency" and len(main.features) == 6
    assert held.feature_names == ("IDrest_250.soma.v.mean_frequency",)
    assert main.free_names == held.free_names
    assert "ionfo validate --held-out" in told["notes"][-1]


def test_validation_protocol_of_another_shape_is_left_out_with_a_note(tmp_path: Path) -> None:
    protocols = [step("IDrest_150", 150), step("sAHP_250", 250, validation=True)]
    own = [feature(one["name"], "mean_frequency") for one in protocols]
    read = read_emodel_folder(write(tmp_path / "folder", protocols, searches() + own))
    assert read.held_out is None and len(read.emodel.features) == 6
    assert any(
        one == "validation protocol 'sAHP_250' is left out: its stimulus has no 'long_amp'"
        for one in read.notes
    )


def test_steps_of_given_currents_need_no_search(tmp_path: Path) -> None:
    protocols = [step("IDrest_0.2", None), step("IV_-0.1", None, stimulus={"amp": -0.1})]
    own = [feature("IDrest_0.2", "Spikecount"), feature("IV_-0.1", "voltage_deflection")]
    read = read_emodel_folder(write(tmp_path / "folder", protocols, own))
    assert [(p.kind, p.name, p.amplitude, p.holding) for p in read.emodel.protocols] == [
        ("absolute_step", "IDrest_0p2", 0.2, -0.01),
        ("absolute_step", "IV_-0p1", -0.1, -0.01),
    ]
    assert read.emodel.feature_names == (
        "IDrest_0p2.soma.v.Spikecount",
        "IV_-0p1.soma.v.voltage_deflection",
    )
    assert any("'IDrest_0.2' is called 'IDrest_0p2'" in one for one in read.notes)
    # a step in percent of the threshold does need the searches
    protocols[0]["protocol_type"] = "ThresholdBasedProtocol"
    protocols[0]["stimuli"][0]["thresh_perc"] = 200
    with pytest.raises(IonfoError, match="no feature gives the voltage that the holding current"):
        read_emodel_folder(write(tmp_path / "folder", protocols, own))


def test_an_empty_list_of_changes_leaves_the_axon(tmp_path: Path) -> None:
    protocols, own = [step("IDrest_1", None)], [feature("IDrest_1", "Spikecount")]
    read = read_emodel_folder(write(tmp_path / "folder", protocols, own))
    assert read.emodel.morphology.axon is None
    assert read.notes[0].startswith("the axon stays as it is: 'morph_modifiers' is empty")


def test_the_stub_of_bluepyopt_and_a_global_variable_are_imported(tmp_path: Path) -> None:
    folder = write(tmp_path / "folder", [step("IDrest_150", 150)],
                   [*searches(), feature("IDrest_150", "mean_frequency")])  # fmt: skip
    recipes = json.loads((folder / "recipes.json").read_text())
    recipes["mycell"]["pipeline_settings"]["morph_modifiers"] = ["bluepyopt_replace_axon"]
    (folder / "recipes.json").write_text(json.dumps(recipes))
    params = json.loads((folder / "params.json").read_text())
    params["mechanisms"]["somatic"] = {"mech": ["Foo"]}
    params["parameters"]["global"].append({"name": "vhalf_Foo", "val": [-40, -20]})
    (folder / "params.json").write_text(json.dumps(params))
    emodel = read_emodel_folder(folder).emodel
    assert emodel.morphology.axon == StubAxon(stub=Stub())
    assert emodel.global_names == ("vhalf_Foo",) and "vhalf_Foo" in emodel.free_names


def test_names_that_differ_by_a_dot_alone_are_refused(tmp_path: Path) -> None:
    protocols = [step("IDrest_0.2", None), step("IDrest_0p2", None)]
    own = [feature(one["name"], "Spikecount") for one in protocols]
    with pytest.raises(IonfoError, match="'IDrest_0.2' would be called 'IDrest_0p2'"):
        read_emodel_folder(write(tmp_path / "folder", protocols, own))


def test_settings_of_protocols_and_features(tmp_path: Path) -> None:
    protocols = [step("IDrest_1", None), step("IV_1", None)]
    own = [
        feature("IDrest_1", "Spikecount"),
        feature("IV_1", "Spikecount", Threshold=-30),
        feature("IV_1", "voltage_base", Threshold=-30),
        feature("IDrest_1", "AP_amplitude", min_spike_height=5),
    ]
    emodel = read_emodel_folder(write(tmp_path / "folder", protocols, own)).emodel
    assert (emodel.efel.Threshold, emodel.protocols[0].efel) == (-20.0, None)
    assert emodel.protocols[1].efel == {"Threshold": -30.0}
    assert [one.efel for one in emodel.features] == [None, None, None, {"min_spike_height": 5.0}]
    assert [t.settings and t.settings.Threshold for t in emodel.targets] == [
        None, -30.0, -30.0, -20.0,
    ]  # fmt: skip


def test_what_bluepyefe_writes(tmp_path: Path) -> None:
    holding = {"delay": 0.0, "amp": -0.02, "duration": 400.0, "totduration": 400.0}
    times = {"delay": 100.0, "duration": 200.0, "totduration": 400.0}
    slow = {"delay": 10.0, "tmid": 20.0, "tmid2": 30.0, "toff": 50.0, "duration": 10.0,
            "totduration": 60.0, "amp": 0.3, "long_amp": 0.1, "thresh_perc": None}  # fmt: skip
    protocols = {
        "IDrest_0.2": {"holding": holding, "step": {**times, "amp": 0.2, "thresh_perc": None}},
        "sAHP_0.3": {"holding": holding, "step": slow},
    }
    features = {
        name: {"soma": [{"feature": "Spikecount", "val": [5.0, 1.0], "n": 3,
                         "efel_settings": {**SETTINGS, "Threshold": threshold}}]}
        for name, threshold in (("IDrest_0.2", -45.5), ("sAHP_0.3", -30.25))
    }  # fmt: skip
    write(tmp_path, [], [])
    recipe = {"params": "params.json", "features": "features.json", "protocol": "protocols.json",
              "pipeline_settings": {"morph_modifiers": []}}  # fmt: skip
    for name, content in (("recipes", {"mycell": recipe}), ("features", features),
                          ("protocols", protocols)):  # fmt: skip
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    emodel = read_emodel_folder(tmp_path).emodel
    assert [(p.name, p.kind) for p in emodel.protocols] == [
        ("IDrest_0p2", "absolute_step"), ("sAHP_0p3", "current_clamp"),
    ]  # fmt: skip
    assert [p.holding for p in emodel.protocols if p.kind != "rmp"] == [-0.02, -0.02]  # type: ignore[union-attr]
    assert emodel.efel.Threshold == -45.5 and emodel.protocols[1].efel == {"Threshold": -30.25}


@pytest.mark.parametrize("case", ["import-validation-protocol", "import-absolute-only"])
def test_small_folders_are_imported(shared: Path, tmp_path: Path, case: str) -> None:
    folder = shared / "cases" / case / "folder"
    if not folder.is_dir():
        pytest.skip("the small folders are not beside this repository (../shared/cases)")
    told = import_file(folder, tmp_path / "mine.json")
    assert (told["held_out"] is None) == (case == "import-absolute-only")
