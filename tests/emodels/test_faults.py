"""All faults of a definition at once, by name and line; YAML is read as the same as JSON."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ionfo.emodels import list_emodels, load_emodel, parse_emodel
from ionfo.emodels.definition import FOLDER
from ionfo.emodels.definition_text import parse_text
from ionfo.emodels.faults import check_definition
from ionfo.errors import IonfoError

BAD = """\
{
 "$schema": "emodel.schema.json",
 "name": "soma", "description": "",
 "morphology": {"file": "soma.swc", "axn": null},
 "mechanisms": {"somatic": ["pas"], "soomatic": ["pas"]},
 "parameters": [
  {"name": "v_init", "unit": "mV", "value": -80.0},
  {"name": "celsius", "unit": "degC", "value": 34.0},
  {"name": "cm.somatic", "unit": "uF/cm2"},
  {"name": "Ra.somatc", "unit": "ohm cm", "value": 100.0},
  {"name": "g_pas.somatic", "unit": "S/cm2", "bounds": [1, 0]},
  {"name": "e_pas.somatic", "unit": "mV", "bounds": [-90, -80]}
 ],
 "protocols": [
  {"name": "a", "kind": "absolute_step", "amplitude": 1, "dealy": 60, "duration": 1, "total": 185},
  {"name": "b", "kind": "absolut_step", "amplitude": 1, "delay": 60, "duration": 1, "total": 185},
  {"name": "d", "kind": "absolute_step", "amplitude": 1, "delay": 60, "duration": 1, "total": 185,
   "recordings": [{"name": "soma.v"},
                  {"name": "d.v", "location": {"kind": "section", "region": "apicl"}}]}
 ],
 "features": [
  {"name": "d.soma.v.mean_frequncy", "mean": 26.9343, "std": 2.516, "unit": "Hz"},
  {"name": "d.soma.v.AP_amplitude", "mean": 103.745, "std": -1, "unit": "mV"},
  {"name": "a.soma.v.AP_amplitude", "mean": 103.745, "std": 1, "unit": "mV"},
  {"name": "q.soma.v.AP_amplitude", "mean": 103.745, "std": 1, "unit": "mV"}
 ]
}
"""


def test_all_faults_are_told_at_once_by_name_and_line() -> None:
    told = [str(one) for one in check_definition(BAD, "bad.json").faults]
    wanted = [
        (4, "axn", "did you mean 'axon'"),
        (5, "soomatic", "unknown region"),
        (9, "'cm.somatic'", "either a value or bounds"),
        (10, "'Ra.somatc'", "did you mean 'somatic'"),
        (11, "'g_pas.somatic'", "bounds must rise"),
        (15, "protocol 'a', delay", "is missing"),
        (15, "protocol 'a', dealy", "did you mean 'delay'"),
        (16, "protocol 'b'", "did you mean 'absolute_step'"),
        (17, "recording 'd.v'", "did you mean 'apical'"),
        (22, "mean_frequncy", "did you mean 'mean_frequency'"),
        (23, "feature 'd.soma.v.AP_amplitude', std", "above 0"),
        (25, "q.soma.v.AP_amplitude", "a protocol of this e-model"),
    ]
    assert len(told) == len(wanted), told  # none of them twice, and none that follows from others
    for line, (number, *words) in zip(told, wanted, strict=True):
        assert line.startswith(f"line {number}: "), line
        assert all(word in line for word in words), line


@pytest.mark.parametrize("name", ["Ra.all", "L.somatic", "diam.somatic"])
def test_a_length_or_a_resistivity_of_zero_is_refused(name: str) -> None:
    content = load_emodel("soma").model_dump(mode="json")
    content["parameters"].append({"name": name, "unit": "um", "bounds": [0.0, 1.0]})
    with pytest.raises(IonfoError, match=f"parameter '{name}' must be above 0, got 0"):
        parse_emodel(json.dumps(content), "probe")


def test_the_first_fault_says_where_the_others_are_told(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(BAD)
    with pytest.raises(IonfoError, match=r"more faults are told by: ionfo check .*bad\.json"):
        load_emodel(str(tmp_path / "bad.json"))


@pytest.mark.parametrize("name", list_emodels())
def test_the_bundled_definitions_have_none_also_as_yaml(name: str, tmp_path: Path) -> None:
    text = (FOLDER / f"{name}.json").read_text()
    assert check_definition(text, f"{name}.json").faults == []
    path = tmp_path / "same.yaml"
    path.write_text(yaml.safe_dump(json.loads(text), sort_keys=False))
    assert load_emodel(str(path)).content_hash == load_emodel(name).content_hash


def test_what_is_to_fill_and_the_schema_change_nothing() -> None:
    content = json.loads((FOLDER / "soma.json").read_text())
    more = content | {"$schema": "x.json", "to_fill": ["g_pas.somatic", "g_paz.somatic"]}
    plain = parse_emodel(json.dumps(content), "soma.json")
    assert parse_emodel(json.dumps(more), "soma.json").content_hash == plain.content_hash
    first, second = check_definition(json.dumps(more, indent=1), "soma.json").faults
    told = sorted([first, second], key=lambda one: one.is_error)
    assert not told[0].is_error and "g_pas.somatic" in told[0].where
    assert told[1].is_error and "did you mean 'g_pas.somatic'" in told[1].what


def test_yaml_has_the_scalars_of_json() -> None:
    text = "a: no\nb: 1e-05\nc: 0123\nd: true\ne: null\nf: 1:30\ng: 2020-01-01\nh: -7\n# note\n"
    assert parse_text(text, "x.yml")[0] == {
        "a": "no", "b": 1e-05, "c": 123.0, "d": True, "e": None, "f": "1:30", "g": "2020-01-01",
        "h": -7,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: 'a' stands twice"),
        ("a: &x [1]\nb: *x\n", "line 2: '.x' is an alias"),
        ("a: !!python/object/apply:os.getcwd []\n", "line 1: the tag .*is not read"),
        ("a: [1,\nb: 2\n", "no YAML at line"),
    ],
)
def test_yaml_that_is_more_than_json_is_refused(text: str, words: str) -> None:
    with pytest.raises(IonfoError, match=words):
        parse_text(text, "x.yaml")


def test_lines_of_json_are_those_of_an_editor() -> None:
    content, lines = parse_text(
        '{"a": {\n  "b": [1,\n 2, {"c": []}],\n "d,:\\"": "x]}"\n}}', "x.json"
    )
    assert content["a"]['d,:"'] == "x]}"
    assert lines["a", "b", 0] == 2 and lines["a", "b", 1] == 3 and lines["a", "b", 2, "c"] == 3
    assert lines["a", 'd,:"'] == 4


def test_a_current_from_a_file_is_read_beside_the_definition(tmp_path: Path) -> None:
    content = json.loads(load_emodel("soma").to_json())
    current = {"shape": "file", "file": "noise.txt"}
    content["protocols"].append(
        {"name": "Noise", "kind": "current_clamp", "total": 100, "window": [0, 100],
         "currents": [current]}
    )  # fmt: skip
    (tmp_path / "noise.txt").write_text("0 0.1\n50 0.2\n")
    origin = str(tmp_path / "cell.json")
    assert not [one for one in check_definition(json.dumps(content), origin).faults if one.is_error]
    current["file"] = "none.txt"
    with pytest.raises(IonfoError, match="none.txt' cannot be read"):
        check_definition(json.dumps(content), origin)


JUNK = (None, -1, 0, 1e300, "", "x", "q.r.s", [], {}, [1], {"a": 1}, True, "somatic", [2, 1])


def places(part: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    inner = (
        part.items()
        if isinstance(part, dict)
        else enumerate(part if isinstance(part, list) else [])
    )
    for key, one in inner:
        yield from places(one, (*at, key))


@pytest.mark.parametrize("seed", range(40))
def test_faults_are_found_where_a_definition_is_refused_and_only_there(seed: int) -> None:
    """Of definitions that are spoilt at random: keys gone, misspelt, doubled, other values."""
    rng = random.Random(seed)
    content = json.loads((FOLDER / "soma.json").read_text())
    for _ in range(rng.choice([1, 1, 2, 5])):
        *way, last = rng.choice([place for place in places(content) if place])
        around: Any = content
        for key in way:
            around = around[key]
        kind = rng.randrange(4)
        if kind == 0:
            around[last] = rng.choice(JUNK)
        elif kind == 1:
            del around[last]
        elif isinstance(around, dict):
            around[f"{last}x"] = around.pop(last)
        else:
            around.append(copy.deepcopy(around[last]))
    try:
        parse_emodel(json.dumps(content), "x.json")
        is_valid = True
    except IonfoError:
        is_valid = False
    for text, origin in ((json.dumps(content, indent=1), "x.json"),
                         (yaml.safe_dump(content), "x.yaml")):  # fmt: skip
        checked = check_definition(text, origin)
        assert is_valid == (not any(one.is_error for one in checked.faults))
        assert is_valid == (checked.emodel is not None)
