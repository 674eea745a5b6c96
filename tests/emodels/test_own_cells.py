"""A small cell of a user's own: steps of given currents, own reconstructions and mechanisms."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ionfo.emodels import Simulator, parse_emodel
from ionfo.emodels.mechanism_checks import check_mechanisms
from ionfo.emodels.trees import missing_trees
from ionfo.errors import IonfoError
from ionfo.mechanisms.build import BUNDLED as MECHANISMS

pytestmark = pytest.mark.neuron

SWC = """1 1 0 0 0 8 -1
2 3 0 8 0 1 1
3 3 0 60 0 1 2
4 2 0 -8 0 0.6 1
5 2 0 -90 0 0.5 4
"""


def definition() -> dict[str, Any]:
    """A passive cell with one step of a given current; no search comes before it."""
    return {
        "name": "probe",
        "description": "a cell of one's own",
        "morphology": {"file": None, "axon": None, "segment_length": 40.0},
        "mechanisms": {"all": ["pas"]},
        "parameters": [
            {"name": "v_init", "unit": "mV", "value": -80.0},
            {"name": "celsius", "unit": "degC", "value": 34.0},
            {"name": "e_pas.all", "unit": "mV", "value": -75.0},
            {"name": "g_pas.all", "unit": "S/cm2", "bounds": [1e-05, 1e-4]},
        ],
        "protocols": [
            {"name": "A", "kind": "absolute_step", "amplitude": 0.05, "holding": 0.0,
             "delay": 50.0, "duration": 100.0, "total": 200.0}
        ],
        "features": [
            {"name": "A.soma.v.voltage_base", "mean": -75.0, "std": 1.0, "unit": "mV"},
        ],
    }  # fmt: skip


class Files:
    """A folder with a definition, a model, a reconstruction and mechanisms."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cell = folder / "cell.swc"
        self.cell.write_text(SWC)
        self.mods = folder / "mods"
        self.mods.mkdir()
        self.models = folder / "models.json"
        self.models.write_text(json.dumps([{"g_pas.all": 5e-5}]))
        self.scored = folder / "scored.parquet"

    def score(self, content: dict[str, Any], *more: str | Path) -> Any:
        """Run `ionfo score` on the model."""
        emodel = self.folder / "probe.json"
        emodel.write_text(json.dumps(content))
        more = ("--morphology", self.cell, "--out", self.scored, *more)
        return ionfo("score", emodel, self.models, *more)


def ionfo(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ionfo", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """Give the one sentence of a refusal."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    return Files(tmp_path)


def test_steps_of_a_given_current_are_drawn(files: Files) -> None:
    assert files.score(definition()).returncode == 0
    figure = files.folder / "traces.svg"
    done = ionfo("trace", files.scored, "--out", figure, "--morphology", files.cell, "--model", "0")
    assert done.returncode == 0, done.stderr
    assert ">A</text>" in figure.read_text()  # the title of the step's column


def test_a_definition_without_steps_has_nothing_to_draw(files: Files) -> None:
    content = definition()
    content["protocols"] = [{"name": "A", "kind": "rmp", "duration": 100.0}]
    assert files.score(content).returncode == 0
    figure = files.folder / "traces.png"
    told = sentence(ionfo("trace", files.scored, "--out", figure, "--morphology", files.cell))
    assert "'probe' has no step" in told


def test_a_repair_is_told_and_its_file_is_used(files: Files) -> None:
    content = definition()
    content["parameters"].append({"name": "cm.apical", "unit": "uF/cm2", "bounds": [1.0, 2.0]})
    files.models.write_text(json.dumps([{"g_pas.all": 5e-5, "cm.apical": 1.0}]))
    files.cell.write_text(SWC.replace("3 3 0 60", "3 7 0 60") + "6 3 0 900 0 1 -1\n")
    assert "--repair-type, for example 7=basal" in sentence(files.score(content))
    done = files.score(content, "--repair", "--repair-type", "7=basal")
    assert done.returncode == 0, done.stderr
    assert "gave 1 point of type 7 the type 3 (basal)" in done.stdout
    assert "left out 1 tree with 1 point" in done.stdout
    assert "has no apical tree, so free parameter 'cm.apical' has no place" in done.stderr
    repaired = files.folder / "cell_repaired.swc"
    done = files.score(content, "--morphology", repaired)
    assert done.returncode == 0 and "touch" not in done.stderr
    told = sentence(files.score(content, "--morphology", repaired, "--repair-type", "7"))
    assert "--repair-type must be a type and what it is, 5=basal, got '7'" in told


def test_every_command_that_reads_a_reconstruction_repairs_it(files: Files) -> None:
    files.cell.write_text(SWC.replace("3 3 0 60", "3 7 0 60") + "6 3 0 900 0 1 -1\n")
    repair = ("--morphology", files.cell, "--repair", "--repair-type", "7=basal")
    content = definition()
    assert files.score(content, *repair[2:]).returncode == 0
    emodel = files.folder / "probe.json"
    repaired = files.folder / "cell_repaired.swc"
    begun, model = files.folder / "begun.yaml", files.folder / "model.hoc"
    (files.mods / "Ih.mod").write_bytes((MECHANISMS / "Ih.mod").read_bytes())
    for command in (
        ("check", emodel, "--out", files.folder / "cell.png"),
        ("trace", files.scored, "--out", files.folder / "traces.svg"),
        ("export", files.scored, "--out", model),
        ("new", "begun", "--mechanisms", files.mods, "--out", begun),
    ):
        repaired.unlink()
        done = ionfo(*command, *repair)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "gave 1 point of type 7 the type 3 (basal)" in done.stdout
        assert repaired.is_file()
    assert f"--morphology {repaired} " in done.stdout  # what `new` tells to do next
    assert f"--morphology {repaired} " in begun.read_text()


def test_names_in_any_letters_are_taken(files: Files) -> None:
    folder = files.folder / "zellen für é"
    folder.mkdir()
    files.cell = files.cell.rename(folder / "zélle 1.swc")
    (folder / "Ih.mod").write_bytes((MECHANISMS / "Ih.mod").read_bytes())
    content = definition()
    content["mechanisms"] = {"all": ["pas", "Ih"]}
    done = files.score(content, "--mechanisms", folder)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "words"),
    [("nowhere", "does not exist"), ("cell.swc", "is no folder"),
     ("outer", "holds no .mod file; 'outer/mods' holds some")],
)  # fmt: skip
def test_a_folder_without_mechanisms_is_one_error(
    files: Files, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    monkeypatch.chdir(files.folder)
    files.mods.rename(files.folder / "mods2")
    (files.folder / "outer" / "mods").mkdir(parents=True)
    (files.folder / "outer" / "mods" / "x.mod").write_text("NEURON { SUFFIX x }")
    content = definition()
    content["mechanisms"]["all"].append("x")
    content["parameters"].append({"name": "g_x.all", "unit": "S/cm2", "value": 1.0})
    Path("probe.json").write_text(json.dumps(content))
    done = ionfo("check", "probe.json", "--morphology", "cell.swc", "--mechanisms", name)
    assert done.returncode == 2
    assert f"error: mechanisms: mechanism folder '{name}' {words}\n" in done.stdout
    assert done.stdout.count("error:") == 1


def test_a_value_of_whole_sections_cannot_depend_on_distance(files: Files) -> None:
    content = definition()
    content["distributions"] = {"far": "1 + distance"}
    ra = {"name": "Ra.all", "unit": "ohm cm", "value": 100.0, "distribution": "far"}
    content["parameters"].append(ra)
    told = sentence(files.score(content))
    assert "parameter 'Ra.all': a section has one 'Ra', which cannot depend on distance" in told


def test_any_name_can_be_built(files: Files) -> None:
    assert files.score(definition() | {"name": "zélle ☃"}).returncode == 0


def test_check_tells_what_is_odd_about_a_reconstruction(files: Files) -> None:
    files.score(definition())
    files.cell.write_text(SWC + "6 3 0 900 0 1 -1\n7 3 0 930 0 20 6\n")
    done = ionfo("check", files.folder / "probe.json", "--morphology", files.cell)
    assert done.returncode == 0, done.stderr
    (island, jump) = [one for one in done.stdout.splitlines() if "cell.swc': " in one]
    assert island.startswith("look at: morphology") and "nothing (first on line 6)" in island
    assert "the diameter jumps more than 10 times" in jump and "(first on line 7)" in jump


AXON = "4 2 0 -8 0 0.6 1\n5 2 0 -90 0 0.6 4\n6 2 5 -190 0 0.2 5\n7 2 -5 -190 0 0.3 5\n"


@pytest.mark.parametrize(
    ("axon", "stub", "sizes"),
    [
        ("", {}, [(30.0, 1.0, 1), (30.0, 1.0, 1)]),
        # the diameter of the first section, and of the first whose middle lies beyond 60 um
        (AXON, {}, [(30.0, 1.2, 1), (30.0, 0.8, 1)]),
        (AXON, {"lengths": [20, 90, 5], "diameters": [2, 1, 0.5], "at": 0.5},
         [(20.0, 2.0, 1), (90.0, 1.0, 5), (5.0, 0.5, 1)]),
    ],
)  # fmt: skip
def test_a_stub_takes_the_place_of_the_axon(
    tmp_path: Path, axon: str, stub: dict[str, Any], sizes: list[tuple[float, float, int]]
) -> None:
    content = definition()
    content["morphology"]["axon"] = {"stub": stub}
    content["parameters"].append({"name": "cm.axonal", "unit": "uF/cm2", "value": 2.0})
    file = tmp_path / "cell.swc"
    file.write_text("".join(SWC.splitlines(keepends=True)[:3]) + axon)
    simulator = Simulator(parse_emodel(json.dumps(content), "probe"), file)
    simulator.set_parameters([5e-5])
    assert simulator.cell is not None
    built = simulator.cell.sections["axonal"]
    assert [(one.L, pytest.approx(one.diam), one.nseg) for one in built] == sizes
    parents = [one.parentseg() for one in built]
    assert [str(one) for one in parents[1:]] == [f"{one.name()}(1)" for one in built[:-1]]
    assert parents[0].sec == simulator.cell.soma.sec and parents[0].x == stub.get("at", 1.0)
    assert {one.cm for one in built} == {2.0}
    simulator.close()


def test_taper_names_the_stub_where_the_axon_is_short(files: Files) -> None:
    content = definition()
    content["morphology"]["axon"] = "taper"
    files.cell.write_text(SWC.replace("-90", "-40"))
    told = sentence(files.score(content))
    assert '60 um of axon, and got 5; "axon": {"stub": {}} in the definition' in told


def test_a_stub_has_as_many_diameters_as_lengths() -> None:
    content = definition()
    content["morphology"]["axon"] = {"stub": {"diameters": [1.0]}}
    with pytest.raises(IonfoError, match="as many diameters as lengths, got 1 and 2"):
        parse_emodel(json.dumps(content), "probe")


SYNAPSE = """NEURON {
 POINT_PROCESS mysyn
 NONSPECIFIC_CURRENT i
 RANGE g, e
}
PARAMETER { g=0 e=0 }
ASSIGNED { v i }
BREAKPOINT { i=g*(v-e) }
"""
LEAK = """: a channel of one's own; SUFFIX here is a word of a comment
NEURON { SUFFIX leak NONSPECIFIC_CURRENT i RANGE gbar GLOBAL el }
PARAMETER { gbar=0 el=-70 scale=1 }
ASSIGNED { v i }
BREAKPOINT { i=scale*gbar*(v-el) }
"""


def with_channel(suffix: str, *parameters: str) -> dict[str, Any]:
    """The definition with a mechanism in the soma, and parameters of it."""
    content = definition()
    content["mechanisms"]["somatic"] = [suffix]
    content["parameters"] += [{"name": one, "unit": "1", "value": 1e-5} for one in parameters]
    return content


def test_names_of_neuron_itself_are_told_before_compiling(files: Files) -> None:
    (files.mods / "hh.mod").write_text(LEAK.replace("SUFFIX leak", "SUFFIX hh"))
    for content in (definition(), with_channel("hh")):
        told = sentence(files.score(content, "--mechanisms", files.mods))
        assert "hh.mod' declares 'hh', which NEURON has built in; remove the file" in told


def test_point_process_is_not_inserted_and_may_lie_beside(files: Files) -> None:
    (files.mods / "syn.mod").write_text(SYNAPSE)
    told = sentence(files.score(with_channel("mysyn"), "--mechanisms", files.mods))
    assert "inserts 'mysyn' in region 'somatic'" in told and "a POINT_PROCESS" in told
    (files.mods / "leak.mod").write_text(LEAK)
    done = files.score(with_channel("leak", "gbar_leak.somatic"), "--mechanisms", files.mods)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("el_leak.somatic", "'el' is not RANGE in"),
        ("scale_leak.somatic", "'scale' is not RANGE in"),
        ("el_leak.somatic", "call it 'el_leak', without a region"),
        ("gbar_leak", "'gbar' is RANGE in"),
        ("gber_leak.somatic", "has no 'gber'; did you mean 'gbar_leak'?"),
        ("ell_leak", "has no 'ell'; did you mean 'el_leak'?"),
        ("gg_pas.somatic", "mechanism 'pas' of NEURON has no 'gg'; did you mean 'g_pas'?"),
    ],
)
def test_parameters_of_the_cell_and_of_sections_are_told_apart(
    files: Files, name: str, words: str
) -> None:
    (files.mods / "leak.mod").write_text(LEAK)
    emodel = parse_emodel(json.dumps(with_channel("leak", name)), "probe")
    with pytest.raises(IonfoError, match=re.escape(words)):
        check_mechanisms(emodel, files.mods)


def test_a_mechanism_that_is_nowhere_names_the_option(files: Files) -> None:
    (files.mods / "leak.mod").write_text(LEAK)
    emodel = parse_emodel(json.dumps(with_channel("laek")), "probe")
    with pytest.raises(
        IonfoError, match=r"'laek', which does not ship with ionfo; give the folder"
    ):
        check_mechanisms(emodel, MECHANISMS)
    with pytest.raises(IonfoError, match=r"is not in '.*'; add laek.mod .* mean 'leak'"):
        check_mechanisms(emodel, files.mods)


def test_a_name_without_region_is_of_a_mechanism_that_is_inserted() -> None:
    for name in ("el_leek", "g_pas"):
        with pytest.raises(IonfoError, match=f"'{name}' must be called variable.region; without"):
            parse_emodel(json.dumps(with_channel("leak", name)), "probe")


def test_a_global_variable_is_set_before_each_run(files: Files) -> None:
    (files.mods / "leak.mod").write_text(LEAK)
    content = with_channel("leak", "gbar_leak.somatic")
    content["parameters"][-1]["value"] = 1.0  # so that nothing else counts in the soma
    content["parameters"].append({"name": "el_leak", "unit": "mV", "bounds": [-90.0, -50.0]})
    models = [{"g_pas.all": 5e-5, "el_leak": el} for el in (-60.0, -85.0, -60.0)]
    files.models.write_text(json.dumps(models))
    done = files.score(content, "--mechanisms", files.mods)
    assert done.returncode == 0, done.stderr
    base = pd.read_parquet(files.scored)["features/A.soma.v.voltage_base"].tolist()
    assert base == [pytest.approx(-60, abs=0.01), pytest.approx(-85, abs=0.01), base[0]]


def test_what_lies_in_regions_without_a_section_is_told() -> None:
    content = definition()
    content["regions"] = {"dendrites": ["basal", "apical"]}
    content["mechanisms"]["dendrites"] = ["leak"]
    content["parameters"].append({"name": "g_pas.apical", "unit": "S/cm2", "bounds": [0.0, 1.0]})
    site = {"kind": "apical_trunk", "region": "apical", "distance": 300.0}
    content["protocols"][0]["recordings"] = [
        {"name": "soma.v", "location": {"kind": "section", "region": "somatic"}},
        {"name": "dend.v", "location": site},
    ]
    emodel = parse_emodel(json.dumps(content), "probe")
    assert missing_trees(emodel, "cell.swc", {"axonal", "myelinated"}) == []
    assert missing_trees(emodel, "cell.swc", {"apical"}) == [
        "morphology 'cell.swc' has no apical tree, so free parameter 'g_pas.apical' and 1 more of "
        "region 'apical' have no place"
    ]
    told = missing_trees(emodel, "cell.swc", {"apical", "basal"})
    assert told[1] == (
        "morphology 'cell.swc' has no apical tree and no basal tree, so mechanism 'leak' has no place"
    )
