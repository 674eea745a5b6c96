"""E-model folders of other tools become definitions that mean the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ionfo.emodels import EModel, export_emodel, load_emodel
from ionfo.emodels.definition import parse_emodel
from ionfo.emodels.distributions import Formula
from ionfo.errors import IonfoError
from ionfo.sampling import Evaluator, evaluator_spec
from ionfo.tables.exchange import read_emodel_folder
from ionfo.tables.exchange.reading import import_file

L5PC = load_emodel("l5pc")


@pytest.fixture
def cell(tmp_path: Path) -> Path:
    path = tmp_path / "cell.swc"
    path.write_text("1 1 0 0 0 10 -1\n2 1 0 10 0 10 1\n3 2 0 -10 0 1 1\n4 2 0 -90 0 1 3\n")
    return path


@pytest.fixture
def folder(tmp_path: Path, cell: Path) -> Path:
    export_emodel(L5PC, tmp_path / "folder", cell)
    return tmp_path / "folder"


def without_text(emodel: EModel) -> dict[str, Any]:
    """What a definition means: formulas by their values, unions of regions that are in use.

    A folder has one morphology, beside the definition.
    """
    content = emodel.model_dump(mode="json")
    del content["alternatives"], content["morphology"]["file"]
    used = {p.region for p in emodel.parameters} | set(emodel.mechanisms)
    content["regions"] = {
        name: sorted(parts) for name, parts in content["regions"].items() if name in used
    }
    distance = np.linspace(0, 900, 7)
    content["distributions"] = {
        name: (sorted(Formula(text).names),
               Formula(text)({"distance": distance, "constant": -0.004}).tolist())
        for name, text in content["distributions"].items()
    }  # fmt: skip
    return content


def edit(folder: Path, part: str, change: Any) -> None:
    """Change one of the JSON files of a folder."""
    path = next(one for one in folder.rglob("*.json") if part in str(one.relative_to(folder)))
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def settings(content: dict[str, Any]) -> dict[str, Any]:
    recipe: dict[str, Any] = next(iter(content.values()))
    found: dict[str, Any] = recipe["pipeline_settings"]
    return found


def test_our_own_folder_comes_back_whole(folder: Path, cell: Path) -> None:
    read = read_emodel_folder(folder)
    assert without_text(read.emodel) == without_text(L5PC)
    assert read.notes == []
    assert read.morphology == folder / "morphologies" / cell.name
    assert read.mechanisms == folder / "mechanisms"


def test_the_definition_that_is_written(folder: Path, tmp_path: Path) -> None:
    told = import_file(folder, tmp_path / "mine.json")
    assert told["emodel"] == "l5pc" and told["parameters"] == 30
    assert without_text(load_emodel(str(tmp_path / "mine.json"))) == without_text(L5PC)
    # and it is written as the same folder again
    export_emodel(load_emodel(str(tmp_path / "mine.json")), tmp_path / "again",
                  folder / "morphologies" / "cell.swc")  # fmt: skip
    for path in (tmp_path / "again").rglob("*.json"):
        other = json.loads((folder / path.relative_to(tmp_path / "again")).read_text())
        assert json.loads(path.read_text()) == other, path


def published(facts: dict[str, Any]) -> dict[str, Any]:
    """A folder as published, in the older form, made from the facts about the L5PC."""
    parameters: dict[str, Any] = {"__comment": "bounds are pairs"}
    for one in facts["parameters"]:
        region = one["region"]
        entry = {"name": one["name"].split(".")[0]}
        entry["val"] = one["bounds"] if one.get("bounds") else one["value"]
        if one["distribution"] in ("exp", "decay"):
            entry["dist"] = one["distribution"]
        parameters.setdefault(region, []).append(entry)
    return {
        "mechanisms": {k: {"mech": v} for k, v in facts["mechanisms_by_group"].items()},
        "distributions": {
            "exp": {"fun": "(-0.8696 + 2.087*math.exp(({distance})*0.0031))*{value}"},
            "decay": {"fun": "math.exp({distance}*{constant})*{value}",
                      "parameters": ["constant"]},
        },
        "parameters": parameters,
    }  # fmt: skip


def test_the_published_form_gives_our_cell(shared: Path, folder: Path) -> None:
    facts = json.loads((shared / "facts" / "l5pc.json").read_text())
    path = next((folder / "config" / "params").glob("*.json"))
    path.write_text(json.dumps(published(facts)))
    read = read_emodel_folder(folder).emodel
    ours = {p.name: p for p in L5PC.parameters}
    theirs = {p.name: p for p in read.parameters}
    assert set(ours) == set(theirs) and read.mechanisms == L5PC.mechanisms
    for name, one in theirs.items():
        # published folders bound and fix a few parameters otherwise; what they are is the same
        assert (one.unit, one.distribution) == (ours[name].unit, ours[name].distribution)
        assert one.is_free == ours[name].is_free
    assert read.features == L5PC.features


def older(features: list[dict[str, Any]]) -> dict[str, Any]:
    """Features under the names that published folders give those of the searches."""
    names = {
        ("SearchHoldingCurrent", "steady_state_voltage_stimend"): ("Rin", "voltage_base"),
        ("SearchHoldingCurrent", "bpo_holding_current"): ("RinHoldCurrent", "bpo_holding_current"),
        ("SearchThresholdCurrent", "bpo_threshold_current"): (
            "Threshold",
            "bpo_threshold_current",
        ),
        ("RinProtocol", "ohmic_input_resistance_vb_ssse"): (
            "Rin",
            "ohmic_input_resistance_vb_ssse",
        ),
        ("RMPProtocol", "steady_state_voltage_stimend"): ("RMP", "voltage_base"),
        ("RMPProtocol", "Spikecount"): ("RMP", "Spikecount"),
    }
    found: dict[str, Any] = {}
    for one in features:
        protocol, *recording, name = one["name"].split(".")
        protocol, name = names.get((protocol, name), (protocol, name))
        by_recording = found.setdefault(protocol, {})
        entry = {"feature": name, "val": [one["mean"], one["std"], 0.1, 0.2, 3.0, 0], "n": 44}
        by_recording.setdefault(".".join(recording), []).append(entry)
    return found


def test_published_names_of_features(folder: Path) -> None:
    features = [one.model_dump(mode="json") for one in L5PC.features]
    path = next((folder / "config" / "features").glob("*.json"))
    path.write_text(json.dumps(older(features)))
    assert read_emodel_folder(folder).emodel.features == L5PC.features


def older_protocols() -> dict[str, Any]:
    """Protocols as published: other blocks beside them, sites by NEURON's names of sections."""
    names = {"somatic": "soma", "axonal": "axon"}
    found: dict[str, Any] = {
        "Main": {"type": "RatSSCxMainProtocol", "other_protocols": ["bAP"], "pre_protocols": []},
        "RinHoldcurrent": {"type": "RatSSCxRinHoldcurrentProtocol", "holdi_max_depth": 7},
    }
    for one in L5PC.protocols:
        if one.kind in ("holding_search", "rmp"):
            continue
        assert one.kind in ("rin", "threshold_search", "step")
        step: dict[str, Any] = {"delay": one.delay, "amp": None, "duration": one.duration,
                                "totduration": one.total}  # fmt: skip
        if one.kind == "rin":
            step |= {"amp": one.amplitude, "thresh_perc": -19.9301}
            found["Rin"] = {"type": "StepProtocol", "stimuli": {"step": step}}
        elif one.kind == "threshold_search":
            template = {"type": "StepProtocol", "stimuli": {"step": step}}
            found["ThresholdDetection"] = {"type": "x", "step_template": template}
        elif one.kind == "step":
            step["thresh_perc"] = one.percent
            found[one.name] = {"type": "StepThresholdProtocol", "stimuli": {"step": step}}
            extra = []
            for recording in one.recordings[1:]:
                place, region = recording.location, recording.location.region
                name, _, variable = recording.name.rpartition(".")
                entry = {"name": name, "var": variable, "seclist_name": names.get(region, region)}
                extra.append(entry | {
                    "section": {"type": "nrnseclistcomp", "comp_x": 0.5, "sec_index": 0},
                    "region": {"type": "somadistance", "somadistance": place.distance},
                    "apical_trunk": {"type": "somadistanceapic", "somadistance": place.distance},
                }[place.kind])  # fmt: skip
            if extra:
                found[one.name]["extra_recordings"] = extra
    found["RMP"] = {"type": "StepProtocol", "stimuli": {
        "step": {"delay": 700, "amp": 0, "duration": 1000, "totduration": 1700}}}  # fmt: skip
    return found


def test_published_protocols_and_recipe(folder: Path) -> None:
    path = next((folder / "config" / "protocols").glob("*.json"))
    path.write_text(json.dumps(older_protocols()))
    recipes = json.loads((folder / "recipes.json").read_text())
    recipe = recipes["ionfo_l5pc"] | {"use_powertransform": False}
    del recipe["pipeline_settings"]  # published recipes have none: the evaluator's defaults
    (folder / "recipes.json").write_text(json.dumps({"cADpyr_L5": recipe}))
    read = read_emodel_folder(folder).emodel
    assert read.name == "cADpyr_L5" and read.reference is None
    assert read.protocols == L5PC.protocols and read.efel == L5PC.efel
    assert read.morphology.axon == "taper"
    assert sorted(f.name for f in read.features) == sorted(L5PC.feature_names)
    assert {f.name: f for f in read.features} == {f.name: f for f in L5PC.features}


def test_the_newer_form(folder: Path) -> None:
    features_path = next((folder / "config" / "features").glob("*.json"))
    protocols = [
        {
            "name": step.name,
            "stimuli": [{"delay": step.delay, "duration": step.duration, "thresh_perc": step.percent,
                         "totduration": step.total, "amp": None, "holding_current": None}],
            "recordings_from_config": [
                {"type": "CompRecording", "location": "soma", "name": f"{step.name}.soma.v",
                 "variable": "v"},
            ],
            "validation": False,
            "protocol_type": "ThresholdBasedProtocol",
            "stochasticity": False,
        }
        for step in L5PC.protocols if step.kind == "step" and step.name != "bAP"
    ]  # fmt: skip
    efeatures = [
        {"efel_feature_name": target.efel_name, "protocol_name": target.protocol,
         "recording_name": target.recording, "mean": target.mean, "original_std": target.std,
         "efeature_name": None, "efel_settings": {"strict_stiminterval": True}}
        for target in L5PC.targets if target.protocol != "bAP"
    ]  # fmt: skip
    features_path.write_text(json.dumps({"protocols": protocols, "efeatures": efeatures}))
    read = read_emodel_folder(folder).emodel
    # this form names no sweep at rest, and the evaluator then takes half a second
    rest = next(p for p in read.protocols if p.kind == "rmp")
    window = next(f.window for f in read.features if f.name.startswith("RMPProtocol.soma.v.steady"))
    assert (rest.duration, window) == (500.0, (400.0, 500.0))
    wanted = [one for one in L5PC.features if not one.name.startswith("bAP")]
    assert [(f.name, f.mean, f.std) for f in read.features] == [
        (f.name, f.mean, f.std) for f in wanted
    ]
    assert [p for p in read.protocols if p.kind == "step"] == [
        p for p in L5PC.protocols if p.kind == "step" and p.name != "bAP"
    ]


def with_absolute_step(emodel: EModel) -> EModel:
    content = emodel.model_dump(mode="json")
    step = {"name": "Step_abs", "kind": "absolute_step", "amplitude": 0.3, "holding": -0.1,
            "delay": 700, "duration": 500, "total": 1500}  # fmt: skip
    feature = {"name": "Step_abs.soma.v.AP_amplitude", "mean": 60, "std": 5, "unit": "mV"}
    content["protocols"].append(step)
    content["features"].append(feature)
    return parse_emodel(json.dumps(content), "test")


def test_steps_of_a_given_current_come_back(tmp_path: Path, cell: Path) -> None:
    emodel = with_absolute_step(L5PC)
    export_emodel(emodel, tmp_path / "absolute", cell)
    read = read_emodel_folder(tmp_path / "absolute").emodel
    assert read.protocols == emodel.protocols and read.features[-1] == emodel.features[-1]


def test_steps_of_a_given_current_in_the_newer_form(folder: Path) -> None:
    path = next((folder / "config" / "features").glob("*.json"))
    stimulus = {"delay": 700, "duration": 500, "totduration": 1500, "thresh_perc": None}
    protocols = [
        {"name": name, "stimuli": [{**stimulus, **more}], "recordings_from_config": [],
         "protocol_type": "Protocol"}
        for name, more in (
            ("Step_a", {"amp": 0.3, "holding_current": -0.1}),
            ("Step_b", {"amp": 0.2, "holding_current": None}),
            ("APThresh_c", {"amp": 0.2}),  # a ramp
        )
    ]  # fmt: skip
    content = json.loads(path.read_text())
    names = {"SearchHoldingCurrent", "RinProtocol", "RMPProtocol", "SearchThresholdCurrent"}
    efeatures = [
        {"efel_feature_name": one.efel_name, "protocol_name": one.protocol,
         "recording_name": one.recording, "mean": one.mean, "original_std": one.std}
        for one in L5PC.targets if one.protocol in names
    ]  # fmt: skip
    spikes = {"efel_feature_name": "Spikecount", "recording_name": "soma.v", "mean": 5,
              "original_std": 1}  # fmt: skip
    efeatures += [{**spikes, "protocol_name": name} for name in ("Step_a", "Step_b")]
    content = {"protocols": protocols, "efeatures": efeatures}
    path.write_text(json.dumps(content))
    found = [p for p in read_emodel_folder(folder).emodel.protocols if p.kind == "absolute_step"]
    assert [(p.amplitude, p.holding) for p in found] == [(0.3, -0.1), (0.2, 0.0)]
    content["efeatures"].append({**spikes, "protocol_name": "APThresh_c"})
    path.write_text(json.dumps(content))
    ramp = read_emodel_folder(folder).emodel.protocols[-1]
    assert ramp.kind == "current_clamp" and ramp.holding == 0.0
    assert [one.shape for one in ramp.currents] == ["ramp"]


def test_what_is_left_out_is_said(folder: Path) -> None:
    edit(folder, "protocols", lambda c: c.update(
        Extra_step={"type": "StepThresholdProtocol", "stimuli": {
            "step": {"delay": 1, "duration": 1, "totduration": 3, "thresh_perc": 10}}},
        Absolute={"type": "StepProtocol", "stimuli": {"step": {"delay": 1, "duration": 1,
                                                               "totduration": 3, "amp": 1}}},
    ))  # fmt: skip
    edit(folder, "params", lambda c: c["parameters"]["global"].pop(1))
    edit(folder, "final", lambda c: next(iter(c.values()))["params"].update(old=1.0))
    notes = "\n".join(read_emodel_folder(folder).notes)
    assert "protocol 'Extra_step' is left out: no feature needs it" in notes
    assert "final.json also sets old" in notes
    assert "no 'celsius' is given; 6.3 degC is what NEURON takes" in notes


@pytest.mark.parametrize(
    ("part", "change", "words"),
    [
        ("recipes", lambda c: c.update(second=1), "several e-models, ionfo_l5pc, second"),
        ("recipes", lambda c: settings(c).update(neuron_dt=0.025), "asks for a fixed time step"),
        ("recipes", lambda c: settings(c).update(morph_modifiers=[["evil.py", "run"]]),
         "changes the morphology by code .*which is not run"),
        ("recipes", lambda c: c["ionfo_l5pc"].update(params="../../x.json"), "lie in the folder"),
        ("recipes", lambda c: c["ionfo_l5pc"].update(params="no.json"), "no.json' does not exist"),
        ("recipes", lambda c: c["ionfo_l5pc"].pop("features"), "has no 'features'"),
        ("params", lambda c: c["distributions"]["decay"].update(fun="open('x')"),
         "distribution 'decay'.*must be {value} times"),
        ("params", lambda c: c["mechanisms"].update(soma={"mech": ["Ih"]}), "unknown region 'soma'"),
        ("params", lambda c: c["parameters"]["all"].append({"name": "gx_Foo", "val": 1}),
         "must carry the name of a mechanism"),
        ("params", lambda c: c["parameters"]["all"][0].update(val="much"), "must be a finite number"),
        ("params", lambda c: c["parameters"]["all"][0].pop("name"), "has no 'name'"),
        ("features", lambda c: c["Step_150"]["soma.v"][0].update(val=[1]), "must hold mean and SD"),
        ("features", lambda c: c["Step_150"]["soma.v"][0].update(efel_settings={"Treshold": 0.0}),
         "eFEL has no setting 'Treshold'; did you mean 'Threshold'"),
        ("features", lambda c: c.update(Other={"soma.v": [{"feature": "AP1_amp", "val": [1, 1]}]}),
         "names a protocol that is not there"),
        ("features", lambda c: c["SearchHoldingCurrent"].clear(), "no feature gives the voltage"),
        ("protocols", lambda c: c["Step_150"].update(type="StepProtocol"),
         "'amp' must be a finite number, got 'None'"),
        ("protocols", lambda c: c["Step_150"]["stimuli"]["step"].update(long_amp=0.2),
         "'long_amp' of its stimulus is none of a step; change that, or remove its 13 features"),
        ("protocols", lambda c: c["bAP"]["extra_recordings"][0].update(type="all_sections"),
         "recording 'dend1.v' is of an unknown type"),
        ("protocols", lambda c: c["Step_150"]["stimuli"]["step"].pop("delay"), "has no 'delay'"),
    ],
)  # fmt: skip
def test_mistakes(folder: Path, part: str, change: Any, words: str) -> None:
    edit(folder, part, change)
    with pytest.raises(IonfoError, match=words):
        read_emodel_folder(folder)


def test_no_folder(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(IonfoError, match=r"has no recipes.json, so it is no e-model folder"):
        read_emodel_folder(tmp_path)
    with pytest.raises(IonfoError, match="has no e-model 'ionfo_l5pd'; did you mean 'ionfo_l5pc'"):
        read_emodel_folder(folder, "ionfo_l5pd")
    with pytest.raises(IonfoError, match="--out must end in .json"):
        import_file(folder, tmp_path / "x.parquet")


@pytest.mark.neuron
@pytest.mark.slow
def test_an_imported_folder_gives_the_same_scores(shared: Path, tmp_path: Path) -> None:
    morphology = shared / "data" / "morphologies" / "C060114A5.asc"
    export_emodel(L5PC, tmp_path / "folder", morphology)
    read = read_emodel_folder(tmp_path / "folder")
    assert L5PC.reference is not None
    theta = np.array([L5PC.reference[name] for name in L5PC.free_names])
    ours = Evaluator(evaluator_spec(L5PC, morphology))(theta)
    theirs = Evaluator(evaluator_spec(read.emodel, read.morphology, read.mechanisms))(theta)
    np.testing.assert_array_equal(theirs.features, ours.features)
    np.testing.assert_array_equal(theirs.scores, ours.scores)
