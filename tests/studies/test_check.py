"""``ionfo check``: what a definition cannot know alone, the cell, its sites and one model."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

import ionfo
from ionfo.emodels.definition import FOLDER
from ionfo.errors import IonfoError
from ionfo.features import feature_unit
from ionfo.studies.check_rules import same_unit

SOMA: dict[str, Any] = json.loads((FOLDER / "soma.json").read_text())


def changed(folder: Path, **parts: Any) -> Path:
    path = folder / "cell.json"
    path.write_text(json.dumps({**copy.deepcopy(SOMA), **parts}, indent=1))
    return path


def line_of(path: Path, word: str) -> int:
    return next(i for i, line in enumerate(path.read_text().splitlines(), 1) if word in line)


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A cell with faults that only show beside eFEL, mechanisms and morphology; and what is told."""
    features = copy.deepcopy(SOMA["features"])
    features[4]["unit"] = "mV"  # mean_frequency
    features[0]["mean"] = 619.0  # holding current, of pA
    features[5]["name"] = "Step_140.dend.v.AP_amplitude"
    parameters = copy.deepcopy(SOMA["parameters"])
    parameters[10]["unit"] = "mV"  # gIhbar
    parameters.append({"name": "gNap_Et2bar_Nap_Et2.somatic", "unit": "S/cm2", "value": 0.0})
    protocols = copy.deepcopy(SOMA["protocols"])
    site = {"kind": "region", "region": "basal", "distance": 50.0}
    protocols[-1]["recordings"] = [{"name": "soma.v"}, {"name": "far.v", "location": site}]
    step = {"name": "pA", "kind": "absolute_step", "amplitude": 150, "delay": 1, "duration": 2}
    protocols.append({**step, "total": 5})
    path = changed(
        tmp_path_factory.mktemp("wrong"),
        features=features, parameters=parameters, protocols=protocols,
    )  # fmt: skip
    return path, [str(one) for one in ionfo.check(path).errors]


@pytest.mark.neuron
@pytest.mark.parametrize(
    ("at", "words"),
    [
        ('"mean": 619.0', "619 pA are 0.619 nA"),
        ('"unit": "mV"\n  },\n  {\n   "name": "Step_140.dend', "mean_frequency is in Hz"),
        ("Step_140.dend.v", "has no recording 'dend.v'"),
        ("gIhbar_Ih.somatic", "'gIhbar_Ih' is in S/cm2"),
        ("gNap_Et2bar_Nap_Et2.somatic", "insert its mechanism"),
        ("far.v", "the morphology has no place region of region 'basal' at 50 um"),
        ('"amplitude": 150', "150 pA are 0.15 nA"),
    ],
)
def test_a_fault_is_found_with_its_line(wrong: tuple[Path, list[str]], at: str, words: str) -> None:
    path, told = wrong
    found = [line for line in told if words in line]
    assert len(found) == 1, told
    text = path.read_text()
    first = text[: text.index(at)].count("\n") + 1
    number = int(found[0].removeprefix("line ").split(":")[0])
    assert abs(number - first) <= 2 and len(told) == 7


@pytest.mark.neuron
def test_a_sound_cell_is_built_run_and_drawn(tmp_path: Path) -> None:
    found = ionfo.check("soma")
    assert found.faults == [] and found.seen is not None and found.model == "the reference model"
    scored = ionfo.score("soma")
    for row in found.seen.features.itertuples():
        assert row.value == pytest.approx(scored[f"features/{row.feature}"][0], rel=1e-12)
        assert row.score == pytest.approx(scored[f"scores/{row.feature}"][0], rel=1e-12)
    figure = found.plot()
    drawn = {axes.get_title(): axes for axes in figure.axes if axes.get_title()}
    assert set(drawn) == set(found.seen.traces)
    v = np.asarray(drawn["Step_220"].lines[0].get_ydata())
    assert v.max() > 0 > v.min()
    assert "Step_220.soma.v.inv_last_ISI" in found._repr_html_()


@pytest.mark.neuron
def test_a_mechanism_that_is_not_there_is_told_with_the_nearest(tmp_path: Path) -> None:
    mechanisms = {"somatic": [*SOMA["mechanisms"]["somatic"], "Nap_Et3", "SK_E3"]}
    told = [str(one) for one in ionfo.check(changed(tmp_path, mechanisms=mechanisms)).errors]
    assert len(told) == 2
    assert "'Nap_Et3'" in told[0] and "did you mean 'Nap_Et2'" in told[0]
    assert "did you mean 'SK_E2'" in told[1]


def test_units_in_other_words_are_the_same() -> None:
    for unit in ("S/cm2", "mho/cm2", "siemens/cm2", "S/cm^2"):
        assert same_unit(unit, "S/cm2")
    assert not same_unit("mS/cm2", "S/cm2") and not same_unit("pA", "nA")
    assert same_unit(feature_unit("Spikecount"), "")


@pytest.mark.neuron
def test_models_of_a_definition_are_traced(tmp_path: Path) -> None:
    from ionfo.studies.trace import trace_models

    trace_models(Path("soma"), tmp_path / "one.png")
    low = {key: 0.5 * value for key, value in SOMA["reference"].items()}
    (tmp_path / "models.json").write_text(json.dumps([SOMA["reference"], low]))
    trace_models(changed(tmp_path), tmp_path / "two.png", given=str(tmp_path / "models.json"))
    # a row of panels for each model
    heights = [plt.imread(tmp_path / f"{name}.png").shape[0] for name in ("one", "two")]
    assert heights[1] > 1.5 * heights[0]
    with pytest.raises(IonfoError, match="'none.csv' does not exist"):
        trace_models(Path("soma"), tmp_path / "no.png", given="none.csv")
