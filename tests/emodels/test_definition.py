"""The definitions, and the errors of broken ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ionfo.emodels import list_emodels, load_emodel, parse_emodel
from ionfo.errors import IonfoError


def test_l5pc_is_the_union_of_the_published_variants(shared: Path) -> None:
    emodel = load_emodel("l5pc")
    facts = json.loads((shared / "facts/l5pc.json").read_text())
    workflow = {p["name"]: p for p in facts["parameters"]}
    sscx = {p["name"]: p for p in facts["other_variants"]["sscx"]["parameters"]}
    assert [p.name for p in emodel.parameters] == list(workflow)
    for parameter in emodel.parameters:
        one = workflow[parameter.name]
        assert parameter.unit == one["unit"]
        assert parameter.distribution == (one["distribution"] or "uniform")
        if parameter.name == "e_pas.all":  # the value of the published optimum
            assert parameter.value == -79.60374956146968
        elif one["kind"] == "fixed":
            assert parameter.value == one["value"]
        else:
            other = sscx[parameter.name]["bounds"]
            low, high = one["bounds"]
            assert parameter.bounds == (min(low, other[0]), max(high, other[1]))
    assert len(emodel.free_names) == 30
    assert {k: list(v) for k, v in emodel.mechanisms.items()} == facts["mechanisms_by_group"]


def test_l5pc_features_are_the_published_ones(shared: Path) -> None:
    emodel = load_emodel("l5pc")
    reference = json.loads((shared / "data/reference/l5pc_published_optimum.json").read_text())
    assert list(emodel.feature_names) == list(reference["features"])
    assert len(emodel.features) == 61
    for feature in emodel.features:
        published = reference["feature_definitions"][feature.name]
        assert (feature.mean, feature.std) == (published["mean"], published["std"])
    sweeps = {p["name"]: p["pulses"][0] for p in
              json.loads((shared / "facts/l5pc.json").read_text())["protocols"]["list"]}  # fmt: skip
    for protocol in emodel.protocols:
        if protocol.kind == "step":
            pulse = sweeps[protocol.name]
            assert protocol.percent == pulse["percent_of_threshold"]
            assert (protocol.delay, protocol.duration) == (pulse["delay_ms"], pulse["duration_ms"])
            assert protocol.total == pulse["total_duration_ms"]


def test_soma_is_a_small_but_complete_emodel() -> None:
    emodel = load_emodel("soma")
    assert len(emodel.free_names) >= 9
    assert len(emodel.features) >= 12
    threshold = next(p for p in emodel.protocols if p.kind == "threshold_search")
    rheobase = next(f for f in emodel.features if f.name.endswith("bpo_threshold_current"))
    assert threshold.precision <= 0.02 * rheobase.mean


@pytest.mark.parametrize("name", list_emodels())
def test_reference_lies_inside_the_bounds(name: str) -> None:
    emodel = load_emodel(name)
    assert emodel.reference is not None
    for parameter in emodel.free_parameters:
        assert parameter.bounds is not None
        low, high = parameter.bounds
        assert low <= emodel.reference[parameter.name] <= high


def test_hash_follows_content() -> None:
    text = load_emodel("soma").to_json()
    assert parse_emodel(text, "x").content_hash == load_emodel("soma").content_hash
    changed = text.replace('"max_steps":200000', '"max_steps":200001')
    assert parse_emodel(changed, "x").content_hash != load_emodel("soma").content_hash


def broken(**changes: Any) -> str:
    content = json.loads(load_emodel("soma").to_json())
    for path, value in changes.items():
        place = content
        *keys, last = [int(k) if k.isdigit() else k for k in path.split("__")]
        for key in keys:
            place = place[key]
        place[last] = value
    return json.dumps(content)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"parameters__0__value": None}, "'v_init' needs either a value or bounds"),
        ({"parameters__9__bounds": [2.0, 1.0]}, "bounds must rise"),
        ({"parameters__9__name": "g_pas.somatik"}, "unknown region 'somatik'.*'somatic'"),
        ({"parameters__9__name": "g_pas"}, "variable.region"),
        ({"parameters__9__distribution": "exp"}, "unknown distribution 'exp'"),
        ({"distributions": {"exp": "exp(rate)"}}, "unknown name 'rate'"),
        ({"features__0__name": "Nothing.soma.v.x"}, "protocol of this e-model"),
        ({"features__0__std": 0.0}, "features.0.std"),
        ({"protocols": [{"name": "S", "kind": "step", "percent": 1, "delay": 1, "duration": 1,
                         "total": 3}]}, "needs a holding_search before it"),
        ({"surprise": 1}, "surprise"),
        ({"features": []}, "features"),
        ({"features__0__name": "Step_220.soma.v.nonsense"}, "eFEL knows no 'nonsense'"),
        ({"protocols__5__recordings": [{"name": "dend.v"}]}, "'Step_220' must record soma.v"),
        ({"protocols__5__recordings__0__location": {"kind": "section", "region": "somatik"}},
         "unknown region 'somatik'.*'somatic'"),
        ({"parameters": [{"name": "v_init", "unit": "mV", "value": -80.0},
                         {"name": "celsius", "unit": "degC", "value": 34.0}]}, "no parameter is free"),
        ({"regions": {"a": ["b"]}}, "unknown region 'b'"),
        ({"reference": {"g_paz.somatic": 1.0}}, "unknown parameter 'g_paz.somatic'"),
    ],
)  # fmt: skip
def test_broken_definition_gets_a_sentence(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(IonfoError, match=words):
        parse_emodel(broken(**changes), "mine")


def test_unknown_emodel_suggests_the_nearest() -> None:
    with pytest.raises(IonfoError, match="unknown e-model 'l5pcc'; did you mean 'l5pc'"):
        load_emodel("l5pcc")
