"""features.json of BluePyEfe becomes targets, alone or in a definition."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ionfo.emodels import load_emodel
from ionfo.errors import IonfoError
from ionfo.tables.exchange.reading import detect_format, import_file

FEATURES: dict[str, Any] = {
    "IDrest_150": {
        "soma": [
            {"feature": "AP_amplitude", "val": [70.0, 5.0], "n": 4,
             "efel_settings": {"strict_stiminterval": True, "Threshold": -20.0}},
            {"feature": "mean_frequency", "val": [8.0, 2.0], "n": 4,
             "efel_settings": {"Threshold": -10.0, "stim_start": 250.0, "stim_end": 700.0}},
        ]
    },
    "Step_220": {"soma": [{"feature": "mean_frequency", "val": [11.0, 3.0]}]},
}  # fmt: skip
PROTOCOLS = {
    "IDrest_150": {
        "holding": {"delay": 0.0, "amp": -0.03, "duration": 1000.0, "totduration": 1000.0},
        "step": {"delay": 200.0, "amp": 0.2, "thresh_perc": 151.0, "duration": 500.0,
                 "totduration": 1000.0},
    }
}  # fmt: skip
CURRENTS = {"holding_current": [-0.03, 0.01], "threshold_current": [0.13, 0.02]}


@pytest.fixture
def features(tmp_path: Path) -> Path:
    (tmp_path / "features.json").write_text(json.dumps(FEATURES))
    return tmp_path / "features.json"


def test_they_are_known_by_their_content(features: Path) -> None:
    assert detect_format(features) == "targets"


def test_alone_they_are_features_with_units(features: Path, tmp_path: Path) -> None:
    import_file(features, tmp_path / "targets.json")
    made = json.loads((tmp_path / "targets.json").read_text())
    assert made["protocols"] == []
    assert made["features"][0] == {
        "name": "IDrest_150.soma.v.AP_amplitude", "mean": 70.0, "std": 5.0, "unit": "mV"
    }  # fmt: skip


def test_with_what_is_beside_they_go_into_a_definition(features: Path, tmp_path: Path) -> None:
    features.with_name("protocols.json").write_text(json.dumps(PROTOCOLS))
    features.with_name("holding_threshold_currents.json").write_text(json.dumps(CURRENTS))
    import_file(features, tmp_path / "with.yaml", emodel="soma")
    made = load_emodel(str(tmp_path / "with.yaml"))
    assert made.json_schema is not None and (tmp_path / made.json_schema).is_file()
    (step,) = (one for one in made.protocols if one.name == "IDrest_150")
    assert step.kind == "step" and (step.percent, step.total) == (151.0, 1000.0)
    own = {one.name: (one.mean, one.std) for one in made.features}
    assert own["IDrest_150.soma.v.mean_frequency"] == (8.0, 2.0)
    (rate,) = (one for one in made.features if one.name == "IDrest_150.soma.v.mean_frequency")
    assert rate.window == (250.0, 700.0) and rate.efel == {"Threshold": -10.0}
    assert own["Step_220.soma.v.mean_frequency"] == (11.0, 3.0)  # of the definition's own step
    assert own["SearchThresholdCurrent.soma.v.bpo_threshold_current"] == (0.13, 0.02)
    assert "Step_140.soma.v.AHP_depth" in own  # what nobody replaced


def test_a_protocol_that_nobody_knows_is_named(features: Path, tmp_path: Path) -> None:
    with pytest.raises(IonfoError, match="protocol 'IDrest_150'.*put protocols.json"):
        import_file(features, tmp_path / "with.json", emodel="soma")
