"""``ionfo new``: a definition that is valid as it stands, with what is left to fill."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import ionfo
from ionfo.emodels import EModel, load_emodel
from ionfo.emodels.cell import resolve_morphology
from ionfo.emodels.schema import SCHEMA_FILE, definition_schema
from ionfo.errors import IonfoError
from ionfo.mechanisms.build import BUNDLED
from ionfo.morphologies import find_morphology
from ionfo.studies.new import new
from ionfo.studies.new_channels import offered

MOD = """\
NEURON { SUFFIX nax USEION na READ ena WRITE ina RANGE gbar, sh GLOBAL tau }
PARAMETER { gbar = 0.02 (mho/cm2) sh = 0 (mV) tau = 3 (ms) gmax = 5 (S/cm2) }
"""


@pytest.fixture
def soma(tmp_path: Path) -> Path:
    return Path(shutil.copy(find_morphology("soma.swc"), tmp_path / "cell.swc"))


def test_the_conductances_of_a_file_are_found_with_bounds(tmp_path: Path) -> None:
    (tmp_path / "nax.mod").write_text(MOD)
    (one,), notes = offered(tmp_path)
    assert [(p.variable, p.unit, p.bounds) for p in one.parameters] == [
        ("gbar_nax", "mho/cm2", (0.0, 0.2))
    ]
    assert one.reversals == {"ena"}
    assert len(notes) == 1 and "'gmax' is not RANGE" in notes[0]


def test_the_bundled_channels_are_all_found() -> None:
    found, notes = offered(BUNDLED)
    assert notes == []
    names = {p.variable for one in found for p in one.parameters}
    wanted = {p.variable for p in load_emodel("l5pc").free_parameters}
    assert wanted - names == {"constant", "g_pas"}  # not of a mechanism, and NEURON's own


def test_a_short_axon_gets_a_stub_that_can_be_built(tmp_path: Path) -> None:
    soma = "1 1 0 0 0 8 -1\n2 3 0 8 0 1 1\n3 3 0 60 0 1 2\n"
    (tmp_path / "my cell.swc").write_text(soma + "4 2 0 -8 0 0.6 1\n5 2 0 -50 0 0.5 4\n")
    made = new("mine", morphology=tmp_path / "my cell.swc", mechanisms=BUNDLED)
    assert made.content["morphology"]["axon"] == {"stub": {}}
    assert "short axon" in made.comments[""]
    assert f"--morphology '{tmp_path}/my cell.swc'" in made.comments[""]  # for a shell
    assert resolve_morphology(made.emodel, tmp_path / "my cell.swc")  # so it can be built
    (tmp_path / "none.swc").write_text(soma)
    made = new("mine", morphology=tmp_path / "none.swc", mechanisms=BUNDLED)
    assert made.content["morphology"]["axon"] is None


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_what_is_written_is_valid_and_says_what_to_fill(soma: Path, suffix: str) -> None:
    made = new("mine", morphology=soma, mechanisms=BUNDLED)
    path = made.write(soma.with_name(f"mine{suffix}"))
    read = load_emodel(str(path))
    assert read.content_hash == made.emodel.content_hash
    assert read.to_fill == made.emodel.to_fill
    for part in (*read.parameters, *read.protocols, *read.features):
        assert part.name in read.to_fill
    assert json.loads(path.with_name(SCHEMA_FILE).read_text()) == definition_schema()
    assert path.read_text().count(SCHEMA_FILE) == 1
    if suffix == ".yaml":
        assert "# suggested: usual of na" in path.read_text()
    with pytest.raises(IonfoError, match="is there already"):
        made.write(path)


@pytest.mark.neuron
def test_it_is_checked_and_runs(soma: Path) -> None:
    path = new("mine", morphology=soma, mechanisms=BUNDLED).write(soma.with_name("mine.yaml"))
    found = ionfo.check(path, morphology=soma, mechanisms=BUNDLED)
    assert found.errors == [] and found.seen is not None
    assert found.model == "the middle of the bounds"
    told = [one for one in found.sentences() if one.startswith("to fill")]
    assert len(told) == 3 and "gNaTgbar_NaTg.all" in told[0]
    line = path.read_text().splitlines()[found.to_fill[0].line - 1]  # type: ignore[operator]
    assert "v_init" in line


def test_like_another_takes_what_is_there(soma: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mods"
    folder.mkdir()
    for name in ("NaTg", "SKv3_1", "Ih"):
        shutil.copy(BUNDLED / f"{name}.mod", folder)
    (folder / "nax.mod").write_text(MOD.replace(" gmax = 5 (S/cm2)", ""))
    made = new("mine", morphology=soma, mechanisms=folder, like="l5pc")
    assert isinstance(made.emodel, EModel)
    names = made.emodel.free_names
    assert "gNaTgbar_NaTg.axonal" in names and "gbar_nax.all" in names
    assert not any("Ca_HVA" in name or "K_Pst" in name for name in names)
    assert made.emodel.features == load_emodel("l5pc").features
    assert any("'K_Pst' of l5pc is not in the folder" in one for one in made.notes)
    assert any("'nax' is not in l5pc" in one for one in made.notes)
