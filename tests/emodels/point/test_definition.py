"""Point models as files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ionfo import IonfoError
from ionfo.emodels.point import (
    dynamic_input_conductances,
    list_point_models,
    load_point_model,
    simulate_voltage,
)
from ionfo.emodels.point.definition import FOLDER

OWN = {
    "name": "own",
    "initial_voltage": -65,
    "channels": {
        "Na": {
            "reversal": 50,
            "gates": {
                "m": {"power": 3, "steady_state": "1/(1+exp(-(v+40)/5))", "time_constant": "0.1"},
            },
        },
        "K": {
            "reversal": -90,
            "gates": {"n": {"power": 4, "steady_state": "0.5", "time_constant": "5"}},
        },
        "leak": {"reversal": -65},
    },
    "time_scales": {"fast": "Na.m", "slow": "K.n", "ultraslow": "100"},
}


def test_bundled_models_in_the_published_order() -> None:
    assert list_point_models() == ["da", "stg"]
    assert load_point_model("da").conductance_names == (
        "Na", "Kd", "CaL", "CaN", "ERG", "NMDA", "leak")  # fmt: skip
    assert load_point_model("stg") is load_point_model("stg")


def test_own_model_rests_where_its_currents_balance(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_text(json.dumps(OWN))
    own = load_point_model(file)
    v = simulate_voltage(own, [0, 0.16, 0.01], 2000)[1][0, -1]
    assert v == pytest.approx((-90 * 0.16 / 16 - 65 * 0.01) / 0.02, abs=1e-6)
    found = dynamic_input_conductances(own, [0, 0.16, 0.01], -60)
    np.testing.assert_allclose(found, [[2, 0, 0]], rtol=1e-12)


def drop_leak(own: dict[str, Any]) -> None:
    del own["channels"]["leak"]


def write_code(own: dict[str, Any]) -> None:
    own["channels"]["K"]["gates"]["n"]["steady_state"] = "__import__('os').getcwd()"


def name_unknown(own: dict[str, Any]) -> None:
    own["channels"]["K"]["gates"]["n"]["steady_state"] = "1/(1 + exp(u))"


def miss_scale(own: dict[str, Any]) -> None:
    own["time_scales"]["slow"] = "Kd.n"


def miss_kinetics(own: dict[str, Any]) -> None:
    del own["channels"]["K"]["gates"]["n"]["time_constant"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (drop_leak, "channels must hold 'leak'"),
        (write_code, "steady_state '__import__"),
        (name_unknown, "formulas of a gate know v alone, got 'u'"),
        (miss_scale, "time scale 'Kd.n' is neither a gate nor a time in ms"),
        (miss_kinetics, "a gate needs steady_state and time_constant, or three_states"),
    ],
)
def test_faults_get_a_sentence(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    own = json.loads(json.dumps(OWN))
    change(own)
    file = tmp_path / "own.json"
    file.write_text(json.dumps(own))
    with pytest.raises(IonfoError, match=said):
        load_point_model(file)


def test_unknown_models_get_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(IonfoError, match="unknown point model 'sgt'; did you mean 'stg'"):
        load_point_model("sgt")
    with pytest.raises(IonfoError, match="it does not exist"):
        load_point_model(tmp_path / "no.json")
    with pytest.raises(IonfoError, match="has no section 'population'"):
        file = tmp_path / "own.json"
        file.write_text(json.dumps(OWN))
        load_point_model(file).rules()


def test_definitions_are_shipped() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {"stg", "da"}
