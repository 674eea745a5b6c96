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


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("name",), "x" * 5000, "has 5000 characters, and 200 are the most"),
        (("name",), "a\nb", "holds a control character"),
        (("parameters", 2, "name"), "x" * 300 + ".somatic", "200 are the most"),
        (("protocols", 0, "duration"), 1e12, "less than or equal to 100000"),
        (("protocols", 1, "delay"), -1e12, "greater than or equal to 0"),
        (("protocols", 1, "amplitude"), 1e30, "less than or equal to 1000"),
        (("protocols", 1, "total"), 0, "greater than 0"),
        (("protocols", 3, "max_depth"), 10**9, "less than or equal to 60"),
        (("protocols", 4, "percent"), 1e30, "less than or equal to 100000"),
        (("protocols", 4, "window_end"), 1e30, "less than or equal to 100000"),
        (("features", 5, "window"), [100, -100], "greater than or equal to 0"),
        (("features", 5, "window"), [100, 50], "its window must rise"),
        (("efel", "interp_step"), 1e-12, "greater than or equal to 0.001"),
        (("max_steps",), 10**15, "less than or equal to 10000000"),
        (("morphology", "segment_length"), 1e-9, "greater than or equal to 0.1"),
        (("distributions",), {"x": "(" * 400 + "1" + ")" * 400}, "is not an arithmetic expression"),
        (("distributions",), {"x": "1+" * 5000 + "1"}, "10001 characters, and 1000 are the most"),
    ],
)
def test_definitions_are_bounded(path: tuple[Any, ...], value: object, words: str) -> None:
    content = json.loads(load_emodel("soma").to_json())
    part = content
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    with pytest.raises(IonfoError, match=words):
        parse_emodel(json.dumps(content), "mine.json")


def test_definitions_say_a_thing_once_and_last_a_while() -> None:
    content = json.loads(load_emodel("soma").to_json())
    text = json.dumps(content)[:-1] + ', "name": "other"}'
    with pytest.raises(IonfoError, match="'name' stands twice in one object"):
        parse_emodel(text, "mine.json")
    for key, what in (("protocols", "protocol"), ("features", "feature")):
        twice = {**content, key: [*content[key], content[key][-1]]}
        with pytest.raises(IonfoError, match=f"{what} '.*' stands twice"):
            parse_emodel(json.dumps(twice), "mine.json")
    step = content["protocols"][-1]
    many = [{**step, "name": f"Step_{i}", "total": 1e5} for i in range(20)]
    with pytest.raises(IonfoError, match="together, and 1e\\+06 are the most"):
        parse_emodel(json.dumps({**content, "protocols": content["protocols"] + many}), "mine.json")
    long = {**content, "efel": {"interp_step": 0.001}}
    long["protocols"] = [*content["protocols"][:-1], {**step, "total": 5e4}]
    with pytest.raises(IonfoError, match="steps of efel.interp_step, and 10000000 are the most"):
        parse_emodel(json.dumps(long), "mine.json")


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
        (
            {"features__0__name": "Step_220.soma.v.mean_freqency"},
            "eFEL knows no 'mean_freqency'; did you mean 'mean_frequency'",
        ),
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


def test_path_of_a_definition_may_be_a_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(load_emodel("soma").to_json())
    assert load_emodel(file) == load_emodel(str(file)) == load_emodel("soma")
    with pytest.raises(IonfoError, match="unknown e-model '.*/mine'"):
        load_emodel(file.with_suffix(""))


def test_unknown_emodel_suggests_the_nearest() -> None:
    with pytest.raises(IonfoError, match="unknown e-model 'l5pcc'; did you mean 'l5pc'"):
        load_emodel("l5pcc")
