"""The published optimum of the L5 pyramidal cell on its own reconstruction."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ionfo.emodels import PLAIN, Simulator, load_emodel
from ionfo.emodels.numerics import DEFAULT, Numerics
from ionfo.sampling import Evaluation, Evaluator, evaluator_spec

pytestmark = [pytest.mark.neuron, pytest.mark.slow]


@pytest.fixture(scope="module")
def reference(shared: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(
        (shared / "data/reference/l5pc_published_optimum.json").read_text()
    )
    return content


@pytest.fixture(scope="module")
def morphology(shared: Path) -> Path:
    return shared / "data/morphologies/C060114A5.asc"


def test_morphology_is_the_published_one(morphology: Path) -> None:
    simulator = Simulator(load_emodel("l5pc"), morphology)
    cell = simulator.cell
    assert cell is not None
    area = {
        name: sum(seg.area() for sec in secs for seg in sec) for name, secs in cell.sections.items()
    }
    assert area["somatic"] == pytest.approx(1503.3, abs=0.05)
    assert area["basal"] == pytest.approx(17412, abs=1)
    assert area["apical"] == pytest.approx(34151, abs=1)
    assert area["axonal"] == pytest.approx(351.0, abs=0.05)
    assert area["all"] == pytest.approx(56559, abs=1)
    n_segments = {name: sum(sec.nseg for sec in secs) for name, secs in cell.sections.items()}
    assert (n_segments["basal"], n_segments["apical"]) == (252, 467)
    assert (n_segments["axonal"], n_segments["myelinated"]) == (10, 5)
    diameters = [seg.diam for sec in cell.sections["axonal"] for seg in sec]
    assert diameters == pytest.approx([2.151] + [1.83] * 9, abs=1e-4)
    myelin = cell.sections["myelinated"][0]
    assert (myelin.L, myelin.diam) == (1000, 1.0)
    assert str(myelin.parentseg()).endswith("axon[1](1)")
    simulator.close()


def test_recording_sites_are_the_published_ones(
    morphology: Path, reference: dict[str, Any]
) -> None:
    simulator = Simulator(load_emodel("l5pc"), morphology)
    assert simulator.cell is not None
    recordings = next(p for p in simulator.emodel.protocols if p.name == "bAP").recordings
    for recording in recordings:
        key = "soma" if recording.name == "soma.v" else f"bAP.{recording.name}"
        published = reference["recording_locations"][key]
        segment = simulator.cell.segment_at(recording.location)
        assert segment is not None
        assert segment.sec.name().endswith(published["section"])
        assert segment.x == pytest.approx(published["x"], abs=1e-6)
        assert segment.diam == pytest.approx(published["diam"], abs=1e-6)
    simulator.close()


def test_distributions_follow_the_path_distance(
    morphology: Path, reference: dict[str, Any]
) -> None:
    emodel = load_emodel("l5pc")
    simulator = Simulator(emodel, morphology)
    assert simulator.cell is not None
    published = reference["parameters"]
    simulator.set_parameters([published[name] for name in emodel.free_names])
    ih, na = published["gIhbar_Ih.somadend"], published["gNaTgbar_NaTg.apical"]
    constant = published["constant.distribution_decay"]
    soma = simulator.cell.sections["somatic"][0](0.5)
    assert soma.gIhbar_Ih == pytest.approx(1.2174 * ih)
    for section in simulator.cell.sections["apical"]:
        for segment in section:
            distance = simulator.cell.distance(segment)
            assert segment.gIhbar_Ih == pytest.approx(
                ih * (-0.8696 + 2.087 * np.exp(0.0031 * distance))
            )
            assert segment.gNaTgbar_NaTg == pytest.approx(na * np.exp(constant * distance))
    simulator.close()


@pytest.fixture(scope="module")
def evaluation(morphology: Path, reference: dict[str, Any]) -> Evaluation:
    """Of the published optimum."""
    return evaluated(morphology, reference, DEFAULT)


def evaluated(morphology: Path, reference: dict[str, Any], numerics: Numerics) -> Evaluation:
    emodel = load_emodel("l5pc")
    evaluator = Evaluator(evaluator_spec(emodel, morphology, numerics=numerics))
    found = evaluator([reference["parameters"][name] for name in emodel.free_names])
    evaluator.simulator.close()
    return found


def test_published_optimum_is_reproduced(evaluation: Evaluation, reference: dict[str, Any]) -> None:
    emodel = load_emodel("l5pc")
    value = dict(zip(emodel.feature_names, evaluation.features, strict=True))
    assert not evaluation.reasons
    assert (
        value["SearchHoldingCurrent.soma.v.bpo_holding_current"] == reference["holding_current_nA"]
    )
    threshold = value["SearchThresholdCurrent.soma.v.bpo_threshold_current"]
    assert threshold == pytest.approx(reference["threshold_current_nA"], abs=0.006)
    rmp = value["RMPProtocol.soma.v.steady_state_voltage_stimend"]
    assert rmp == pytest.approx(reference["rmp_mV"], rel=1e-3)
    rin = value["RinProtocol.soma.v.ohmic_input_resistance_vb_ssse"]
    assert rin == pytest.approx(reference["rin_MOhm"], rel=1e-3)
    published = np.array([reference["scores"][name] for name in emodel.feature_names])
    assert (np.abs(evaluation.scores - published) < 0.1).sum() >= 60
    assert evaluation.scores.sum() == pytest.approx(60.0, abs=1.5)
    assert evaluation.cost == pytest.approx(4.5, abs=0.1)


def test_short_cuts_keep_the_scores(
    evaluation: Evaluation, morphology: Path, reference: dict[str, Any]
) -> None:
    fast, plain = evaluation, evaluated(morphology, reference, PLAIN)
    away = np.abs(fast.scores - plain.scores)
    assert (away < 0.05).sum() >= 60 and 0 < away.max() < 0.1
    assert fast.reasons == plain.reasons == {}
    assert fast.n_steps < 0.9 * plain.n_steps
