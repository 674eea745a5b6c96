"""How scores of two tools on one folder are compared."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ionfo.emodels import load_emodel

Load = Callable[[str], Any]


@pytest.fixture
def script(load: Load) -> Any:
    return load("peers/imported_folder.py")


def test_scores_are_matched_by_name_and_counted(
    script: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = {"Step_0p5.soma.v.a": 1.0, "RMP.soma.v.steady_state_voltage_stimend": 250.0, "x": 3.0}
    ours |= {"B.soma.v.steady_state_voltage_stimend": 4.0, "B.soma.v.voltage_base": 5.0}
    theirs = {"Step_0.5.soma.v.a": 1.05, "RMP.soma.v.voltage_base": 2.0}
    theirs |= {"B.soma.v.steady_state_voltage_stimend": 4.0, "B.soma.v.voltage_base": 5.0}
    one = {"scores": ours, "holding_current": -0.1, "threshold_current": None}
    script.compare([one], [{"scores": theirs, "holding_current": -0.2}])
    told = capsys.readouterr().out
    assert "model 0: 3 of 4 within 0.1; holding_current -0.1 and -0.2 nA\n" in told
    assert "3 of 4 scores within 0.1; 3 of 4 missing alike" in told
    assert "1 scores have no like" in told
    largest = told.splitlines()[3]
    assert largest.endswith("stimend: 250.0000 and 2.0000, apart 248.0000")


def test_models_lie_around_one_that_is_named(script: Any) -> None:
    emodel = load_emodel("soma")
    asked = argparse.Namespace(table=None, around="soma", models=3, seed=0)
    models = script.choose_models(emodel, asked)
    assert models[0] == emodel.reference
    low, high = emodel.bounds.T
    values = np.array([list(one.values()) for one in models])
    assert (values >= low).all() and (values <= high).all()
    assert 0 < np.abs((values[1:] - values[0]) / (high - low)).max() < 0.2


STEPS = {"sAHP_1": {"holding": {"amp": -0.01}, "step": {"delay": 20.0, "amp": 0.4}}}
TARGETS = {"sAHP_1": {"soma": [{"feature": "Spikecount", "val": [3.0, 1.0],
                                "efeature_name": "Spikecount", "efel_settings": {}}]}}  # fmt: skip


@pytest.mark.parametrize("is_old", [True, False])
def test_protocols_of_another_folder_are_written_in_the_form_of_the_recipe(
    script: Any, tmp_path: Path, is_old: bool
) -> None:
    (tmp_path / "protocols.json").write_text(json.dumps(STEPS))
    (tmp_path / "features.json").write_text(json.dumps(TARGETS))
    recipe: dict[str, Any] = {"features": "f.json", "pipeline_settings": {}}
    content: dict[str, Any] = {"protocols": [], "efeatures": [{"protocol_name": "IV"}]}
    if is_old:
        recipe["protocol"], content = "p.json", {}
        (tmp_path / "p.json").write_text(json.dumps({"Main": {"other_protocols": []}}))
    (tmp_path / "f.json").write_text(json.dumps(content))
    script.append(tmp_path, recipe, f"{tmp_path}:sAHP_1")
    found = json.loads((tmp_path / "f.json").read_text())
    if is_old:
        protocols = json.loads((tmp_path / "p.json").read_text())
        assert protocols["Main"]["other_protocols"] == ["sAHP_1"]
        assert protocols["sAHP_1"]["stimuli"]["step"]["amp"] == 0.4
        assert found["sAHP_1"]["soma.v"][0]["val"] == [3.0, 1.0]
    else:
        assert found["protocols"][0]["stimuli"] == [
            {"delay": 20.0, "amp": 0.4, "holding_current": -0.01}
        ]
        assert found["efeatures"][-1]["mean"] == 3.0
