"""An e-model as an emodel-generalisation folder holds all of the definition, or is refused."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ionfo.emodels import EModel, Numerics, export_emodel, load_emodel, parse_emodel
from ionfo.emodels.distributions import Formula
from ionfo.emodels.export import python_formula
from ionfo.errors import IonfoError
from ionfo.mechanisms import mechanism_files
from ionfo.mechanisms.build import BUNDLED
from ionfo.sampling import Evaluator, evaluator_spec

L5PC = load_emodel("l5pc")
SHORT_CELL = """1 1 0 0 0 10 -1
2 1 0 10 0 10 1
3 2 0 -10 0 1 1
4 2 0 -90 0 1 3
"""


def changed(emodel: EModel, **changes: Any) -> EModel:
    """Replace parts of a definition, the path of each written with double underscores."""
    content = json.loads(emodel.to_json())
    for path, value in changes.items():
        place = content
        *keys, last = [int(key) if key.isdigit() else key for key in path.split("__")]
        for key in keys:
            place = place[key]
        place[last] = value
    return parse_emodel(json.dumps(content), "changed")


def peer_soma() -> EModel:
    """The e-model soma with searches as emodel-generalisation has them."""
    soma = load_emodel("soma")
    features = [feature.model_dump(mode="json") for feature in soma.features]
    for name, mean, std, unit, window in (
        ("SearchHoldingCurrent.soma.v.steady_state_voltage_stimend", -82.0, 0.1, "mV", None),
        ("RinProtocol.soma.v.voltage_base", -82.0, 0.1, "mV", None),
        ("RMPProtocol.soma.v.Spikecount", 0.0, 0.1, "1", [0.0, 1000.0]),
        ("Step_140.soma.v.maximum_voltage", 20.0, 5.0, "mV", [110.0, 150.0]),
    ):
        features.append({"name": name, "mean": mean, "std": std, "unit": unit, "window": window})
    return changed(
        soma,
        cvode_atol=1e-3,
        protocols__0__duration=1000.0,
        protocols__0__precision=0.1,
        protocols__0__lower=-0.2,
        protocols__0__upper=0.2,
        protocols__2__duration=1000.0,
        protocols__3__precision=0.01,
        protocols__3__max_current=2.0,
        protocols__5__window_end=250.0,
        features=features,
    )


@pytest.fixture
def cell(tmp_path: Path) -> Path:
    path = tmp_path / "cell.swc"
    path.write_text(SHORT_CELL)
    return path


def read(folder: Path) -> dict[str, Any]:
    """Contents of the folder as the recipe leads to them."""
    ((name, recipe),) = json.loads((folder / "recipes.json").read_text()).items()
    parts = {key: json.loads((folder / recipe[key]).read_text()) for key in ("params", "features")}
    return {
        "name": name,
        "recipe": recipe,
        "settings": recipe["pipeline_settings"],
        "protocols": json.loads((folder / recipe["protocol"]).read_text()),
        "final": json.loads((folder / "final.json").read_text())[name],
        **parts,
    }


@pytest.fixture(params=["l5pc", "soma"])
def exported(request: Any, tmp_path: Path, cell: Path) -> tuple[EModel, Path, dict[str, Any]]:
    emodel = L5PC if request.param == "l5pc" else peer_soma()
    export_emodel(emodel, tmp_path / "out", cell)
    return emodel, tmp_path / "out", read(tmp_path / "out")


Exported = tuple[EModel, Path, dict[str, Any]]


def test_every_parameter_is_there_once(exported: Exported) -> None:
    emodel, _, content = exported
    found = {}
    for region, entries in content["params"]["parameters"].items():
        for entry in entries:
            name = entry["name"] if region == "global" else f"{entry['name']}.{region}"
            assert name not in found
            found[name] = (entry["val"], entry.get("dist", "uniform"))
    assert found == {
        p.name: (p.value if p.bounds is None else list(p.bounds), p.distribution)
        for p in emodel.parameters
    }


def test_order_of_parameters_keeps_their_meaning(exported: Exported) -> None:
    emodel, _, content = exported
    regions = list(content["params"]["parameters"])
    assert regions[0] == "global"
    if emodel is L5PC:  # the constant is read by a parameter of the distribution
        assert regions[1] == "distribution_decay"
    for region, entries in content["params"]["parameters"].items():
        own = [p.variable for p in emodel.parameters if (p.region or "global") == region]
        assert [entry["name"] for entry in entries] == own


def test_mechanisms_keep_their_regions_and_bytes(exported: Exported) -> None:
    emodel, folder, content = exported
    inserted = {
        region: tuple(entry["mech"]) for region, entry in content["params"]["mechanisms"].items()
    }
    assert inserted == emodel.mechanisms
    needed = {suffix for suffixes in emodel.mechanisms.values() for suffix in suffixes} - {"pas"}
    copies = mechanism_files(folder / "mechanisms")
    assert set(copies) == needed
    for suffix, copy in copies.items():
        assert copy.read_bytes() == mechanism_files(BUNDLED)[suffix].read_bytes()


def test_distributions_give_the_same_factor(exported: Exported) -> None:
    emodel, _, content = exported
    distributions = content["params"]["distributions"]
    assert set(distributions) == set(emodel.distributions)
    for name, entry in distributions.items():
        constants = dict.fromkeys(entry.get("parameters", []), -0.0045)
        for distance in (0.0, 12.5, 800.0):
            # as the evaluator does: numbers are put into the text and it is evaluated
            text = entry["fun"].format(value=0.3, distance=distance, **constants)
            factor = Formula(emodel.distributions[name])({"distance": distance, **constants})
            assert eval(text, {"math": math}) == pytest.approx(0.3 * factor, rel=1e-15)


def test_formula_survives_negative_values() -> None:
    text = python_formula("sqrt(a**2) - b**2/log(3)")
    expected = 2.0 - 9.0 / math.log(3)
    assert eval(text.format(value=1.0, a=-2.0, b=-3.0), {"math": math}) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text",
    ["where(~(distance <= 685) & (distance < 885), 1, 0.1)", "0.1 + 0.9*int(685 < distance < 885)"],
)
def test_a_hot_zone_reads_the_same_on_both_sides(text: str) -> None:
    written = python_formula(text)
    for distance, factor in ((0.0, 0.1), (685.0, 0.1), (700.0, 1.0), (900.0, 0.1)):
        formatted = written.format(distance=distance, value=2.0)
        assert eval(formatted, {"math": math}) == pytest.approx(2 * factor, rel=1e-12)
        assert float(Formula(text)({"distance": distance})) == pytest.approx(factor, rel=1e-12)


def test_every_feature_is_there_once(exported: Exported) -> None:
    emodel, _, content = exported
    found = {}
    for protocol, recordings in content["features"].items():
        for recording, entries in recordings.items():
            for entry in entries:
                name = f"{protocol}.{recording}.{entry['feature']}"
                assert name not in found
                found[name] = tuple(entry["val"])
    assert found == {feature.name: (feature.mean, feature.std) for feature in emodel.features}


def test_windows_are_written_where_the_evaluator_has_others() -> None:
    from ionfo.emodels.export import folder_content

    features = folder_content(peer_soma(), "cell.swc")["config/features/ionfo_soma.json"]
    settings = {
        f"{protocol}.{entry['feature']}": entry.get("efel_settings")
        for protocol, recordings in features.items()
        for entry in recordings["soma.v"]
    }
    assert settings["Step_140.maximum_voltage"] == {"stim_start": 110.0, "stim_end": 150.0}
    assert settings["Step_140.AHP_depth"] is None
    assert settings["Step_220.AHP_depth"] == {"stim_start": 60.0, "stim_end": 250.0}
    assert settings["RinProtocol.ohmic_input_resistance_vb_ssse"] is None
    assert settings["RinProtocol.voltage_base"] == {
        "stim_start": 60.0,
        "stim_end": 180.0,
        "stimulus_current": -0.02,
    }
    l5pc = folder_content(L5PC, "cell.asc")["config/features/ionfo_l5pc.json"]
    assert all(
        "efel_settings" not in entry
        for recordings in l5pc.values()
        for entries in recordings.values()
        for entry in entries
    )


def test_every_protocol_is_there(exported: Exported) -> None:
    emodel, _, content = exported
    protocols = dict(content["protocols"])
    rmp, rin = protocols.pop("RMP"), protocols.pop("Rin")["stimuli"]["step"]
    search = protocols.pop("ThresholdDetection")["step_template"]["stimuli"]["step"]
    holding, own_rin, own_rmp, threshold, *steps = emodel.protocols
    assert own_rin.kind == "rin" and own_rmp.kind == "rmp"
    assert holding.kind == "holding_search" and threshold.kind == "threshold_search"
    assert rmp["stimuli"]["step"]["duration"] == own_rmp.duration
    assert (rin["amp"], rin["delay"]) == (own_rin.amplitude, own_rin.delay)
    assert (rin["duration"], rin["totduration"]) == (own_rin.duration, own_rin.total)
    assert (search["delay"], search["duration"]) == (threshold.delay, threshold.duration)
    assert search["totduration"] == threshold.total
    settings = content["settings"]
    assert settings["max_depth_holding_search"] == holding.max_depth
    assert settings["max_depth_threshold_search"] == threshold.max_depth
    assert settings["max_threshold_voltage"] == threshold.max_voltage
    assert settings["strict_holding_bounds"] is True
    assert settings["efel_settings"] == emodel.efel.model_dump()
    assert list(protocols) == [step.name for step in steps]
    for step in steps:
        assert step.kind == "step"
        written = protocols[step.name]
        assert written["type"] == "StepThresholdProtocol"
        assert written["stimuli"]["step"] == {
            "delay": step.delay,
            "amp": None,
            "duration": step.duration,
            "totduration": step.total,
            "thresh_perc": step.percent,
        }
        assert written["stimuli"]["holding"]["totduration"] == step.total
        names = [f"{one['name']}.{one['var']}" for one in written.get("extra_recordings", [])]
        assert ["soma.v", *names] == [recording.name for recording in step.recordings]


def test_recording_sites(tmp_path: Path, cell: Path) -> None:
    export_emodel(L5PC, tmp_path / "out", cell)
    extra = {
        one.pop("name"): one
        for one in read(tmp_path / "out")["protocols"]["bAP"]["extra_recordings"]
    }
    trunk = {"type": "somadistanceapic", "seclist_name": "apical"}
    first = {"type": "nrnseclistcomp", "comp_x": 0.5, "sec_index": 0}
    assert extra == {
        "dend1": trunk | {"var": "v", "somadistance": 208.0},
        "dend2": trunk | {"var": "v", "somadistance": 402.0},
        "ca_prox_apic": trunk | {"var": "cai", "somadistance": 50.0},
        "ca_prox_basal": {"type": "somadistance", "seclist_name": "basal", "var": "cai",
                          "somadistance": 50.0},
        "ca_soma": first | {"var": "cai", "seclist_name": "somatic"},
        "ca_ais": first | {"var": "cai", "seclist_name": "axonal"},
    }  # fmt: skip


def test_cell_and_reference(exported: Exported, cell: Path) -> None:
    emodel, folder, content = exported
    assert content["final"] == {"params": emodel.reference}
    recipe = content["recipe"]
    copy = folder / recipe["morph_path"] / recipe["morphology"][0][1]
    assert copy.read_bytes() == cell.read_bytes()
    # without a word the axon would be replaced
    assert ("morph_modifiers" in content["settings"]) == (emodel.morphology.axon is None)
    assert not [path for path in folder.parent.iterdir() if path.name.startswith(".")]


def test_folder_is_not_overwritten(tmp_path: Path, cell: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    export_emodel(L5PC, out, cell)  # an empty one is filled
    before = sorted(out.rglob("*"))
    (out / "recipes.json").write_text("mine")
    with pytest.raises(IonfoError, match="is not an empty folder; choose another one"):
        export_emodel(L5PC, out, cell)
    assert (out / "recipes.json").read_text() == "mine" and sorted(out.rglob("*")) == before
    with pytest.raises(IonfoError, match="is not an empty folder"):
        export_emodel(L5PC, cell, cell)
    with pytest.raises(IonfoError, match="output folder '.*no' does not exist"):
        export_emodel(L5PC, tmp_path / "no" / "out", cell)


def test_nothing_is_left_when_it_is_refused(tmp_path: Path, cell: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(IonfoError, match="SearchHoldingCurrent.duration must be 1000, got 150"):
        export_emodel(load_emodel("soma"), tmp_path / "out")
    with pytest.raises(IonfoError, match="segment_length must be 40 um, got 90"):
        export_emodel(L5PC, tmp_path / "out", Path("l5pc_reduced"))
    assert sorted(tmp_path.rglob("*")) == before


STEP = {"kind": "step", "percent": 100.0, "delay": 1.0, "duration": 1.0, "total": 3.0}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cvode_atol": 0.01}, "cvode_atol must be 0.001, got 0.01"),
        ({"morphology__segment_length": 20.0}, "segment_length must be 40 um, got 20"),
        ({"regions__somaxon": ["axonal"]}, r"'somaxon' must be axonal \+ somatic, got axonal"),
        ({"regions__mine": ["axonal"], "mechanisms__mine": ["Ih"]}, "'mine' must be one of alldend"),
        ({"parameters__2__name": "scale.distribution_decay",
          "distributions__decay": "exp(scale*distance)", "reference": None, "alternatives": {}}, "'scale' is taken"),
        ({"parameters__9__name": "eca.axonal"}, "'eca.axonal' must carry the name of a mechanism"),
        ({"mechanisms__axonal": ["NaTg", "Nap_Et2", "g"]}, "not hold the name of mechanism 'g'"),
        ({"distributions__constant": "2"}, "distribution 'constant' must have another name"),
        ({"parameters__3__name": "Ra.myelinated"}, "'Ra.all' must come before 'Ra.myelinated'"),
        ({"protocols__0__precision": 0.2}, "SearchHoldingCurrent.precision must be 0.1, got 0.2"),
        ({"protocols__0__target_voltage": -80.0}, "mean of its feature, -82.9501 mV, got -80"),
        ({"protocols__0__recordings": [{"name": "soma.v"}, {"name": "soma.cai"}]},
         "SearchHoldingCurrent must record soma.v at the middle of the soma and nothing else"),
        ({"protocols__3__max_current": 1.0}, "SearchThresholdCurrent.max_current must be 2, got 1"),
        ({"protocols__6": {**STEP, "name": "Train_150"}, "features__7__name": "bAP.soma.v.AP1_amp"},
         "'Train_150' must have one of idrest"),
        ({"protocols__4__recordings__1__name": "dend1.m_Ih"}, "be a voltage or an ion"),
        ({"protocols__4__recordings__4__location__region": "alldend"},
         "recording 'ca_prox_basal.cai' must lie in one of all"),
        ({"features__0__name": "SearchThresholdCurrent.soma.v.Spikecount"}, "be one of a sweep"),
        ({"features__0__name": "bAP.soma.v.bpo_holding_current"}, "be one of a sweep"),
        ({"features__53__window": None}, "have the window 0 to 1000 ms, got 900 to 1000"),
        ({"features__50__name": "bAP.soma.v.AP1_amp"}, "there must be a feature 'RinProtocol.soma"),
    ],
)  # fmt: skip
def test_what_the_format_cannot_express_is_an_error(
    tmp_path: Path, cell: Path, changes: dict[str, Any], words: str
) -> None:
    # protocol 6 loses its features, wherever it is replaced
    features = [f.model_dump(mode="json") for f in L5PC.features]
    if "protocols__6" in changes:
        features = [one for one in features if not one["name"].startswith("Step_200")]
    emodel = changed(changed(L5PC, features=features), **changes)
    with pytest.raises(IonfoError, match=words) as caught:
        export_emodel(emodel, tmp_path / "out", cell)
    assert str(caught.value).startswith("e-model 'l5pc' cannot be written as")
    assert not (tmp_path / "out").exists()


def test_suffix_must_be_where_the_evaluator_reads_it(tmp_path: Path, cell: Path) -> None:
    mods = tmp_path / "mods"
    mods.mkdir()
    for file in mechanism_files(BUNDLED).values():
        (mods / file.name).write_text(file.read_text())
    (mods / "Ih.mod").write_text(": SUFFIX of the channel\n" + (mods / "Ih.mod").read_text())
    with pytest.raises(IonfoError, match="Ih.mod' must name its suffix where .* got 'of'"):
        export_emodel(L5PC, tmp_path / "out", cell, mods)


def test_command_line(tmp_path: Path, cell: Path) -> None:
    def ionfo(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ionfo", "export", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=300)

    out = tmp_path / "out"
    done = ionfo("l5pc", "--format", "emodel-generalisation", "--out", out, "--morphology", cell)
    assert done.returncode == 0, done.stderr
    assert read(out)["name"] == "ionfo_l5pc"
    again = ionfo("l5pc", "--out", out, "--morphology", cell)
    assert again.returncode == 2 and again.stderr.count("\n") == 1
    assert "is not an empty folder" in again.stderr


@pytest.fixture(scope="session")
def peer_python(root: Path) -> str:
    script = root / "scripts" / "make" / "peer_environment.py"
    done = subprocess.run([sys.executable, script, "--find"], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("no emodel-generalisation; build it with scripts/make/peer_environment.py")
    return done.stdout.strip()


@pytest.mark.neuron
@pytest.mark.slow
def test_both_tools_evaluate_the_same_cell(root: Path, tmp_path: Path, peer_python: str) -> None:
    emodel = peer_soma()
    assert emodel.reference is not None
    export_emodel(emodel, tmp_path / "out")
    silent = {**emodel.reference, "gNaTgbar_NaTg.somatic": 0.0}
    shifted = {**emodel.reference, "e_pas.somatic": -75.0}
    sets = [emodel.reference, shifted, silent, {"g_pas.somatic": 1e-4}, emodel.reference]
    worker = root / "scripts" / "peers" / "emodel_generalisation.py"
    done = subprocess.run(
        [peer_python, worker, tmp_path / "out", "--alone"],
        input="".join(json.dumps(one) + "\n" for one in sets),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    ready, *answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert ready["ready"] == "ionfo_soma" and ready["parameters"] == list(emodel.free_names)
    assert "missing or unknown parameters" in answers.pop(3)["error"]
    assert answers[0]["scores"] == answers[3]["scores"]  # nothing stays from the sets between

    as_the_peer = Numerics(max_order=5, share_holding=False)
    evaluator = Evaluator(evaluator_spec(emodel, numerics=as_the_peer))
    theta = np.array([[one[name] for name in emodel.free_names] for one in sets[:3]])
    fixed: list[dict[str, float]] = [{}, {"e_pas.somatic": -75.0}, {}]
    for values, other, answer in zip(theta, fixed, answers, strict=False):
        evaluation = evaluator(values, fixed=other)
        assert answer["n_simulations"] > 8 and answer["cpu_seconds"] > 0
        assert answer["n_steps"] > 10 * answer["n_simulations"]
        scores = [answer["scores"][name] for name in emodel.feature_names]
        # equal to rounding for exact evaluations; the targets' SDs are narrow (1.3 mV for a spike)
        assert scores == pytest.approx(evaluation.scores.tolist(), abs=0.05)
    missing = [name for name, value in answers[2]["features"].items() if value is None]
    assert "Step_140.soma.v.AHP_depth" in missing and answers[2]["threshold_current"] is None
