"""Models of other tools: halls of fame, all-active models, plain tables, cells x genes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import load_emodel
from ionfo.errors import IonfoError
from ionfo.tables.exchange import read_allen_models, read_hall_of_fame, read_plain_table
from ionfo.tables.exchange.reading import detect_format, import_file
from ionfo.tables.exchange.writing import export_source
from ionfo.tables.files import read_table, write_table

L5PC = load_emodel("l5pc")
SECTIONS = {"somatic": "soma", "axonal": "axon", "basal": "dend", "apical": "apic"}


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


# -- halls of fame ------------------------------------------------------------------------------


def test_hall_of_fame(tmp_path: Path) -> None:
    models = [{"a.somatic": 1.5, "b.all": -2}, {"b.all": 3.0, "a.somatic": 0.1}]
    path = write(tmp_path / "hof.json", models)
    assert detect_format(path) == "hall-of-fame"
    frame = read_hall_of_fame(path).frame
    assert frame.to_dict("list") == {"parameters/a.somatic": [1.5, 0.1],
                                     "parameters/b.all": [-2.0, 3.0]}  # fmt: skip


def test_final_json(tmp_path: Path) -> None:
    assert L5PC.reference is not None
    entry = {"params": L5PC.reference, "fitness": {"L5.Step_150.soma.v.AHP_depth": 0.5},
             "score": 61.6, "seed": 1, "morph_path": "m.asc"}  # fmt: skip
    write(tmp_path / "final.json", {"cADpyr": entry, "other": entry})
    import_file(tmp_path / "final.json", tmp_path / "p.parquet", emodel="l5pc")
    frame, metadata = read_table(tmp_path / "p.parquet")
    assert metadata["emodel_hash"] == L5PC.content_hash
    assert frame["parameters/g_pas.all"].tolist() == [L5PC.reference["g_pas.all"]] * 2
    assert frame["scores/L5.Step_150.soma.v.AHP_depth"].tolist() == [0.5, 0.5]
    assert frame["hall_of_fame/emodel"].tolist() == ["cADpyr", "other"]
    assert frame["hall_of_fame/score"].tolist() == [61.6, 61.6]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "holds no models"),
        ([{"a": 1}, {"b": 1}], "model 2 differs from the first in 'a'"),
        ([{"a": "much"}], "model 1, parameter 'a' must be a finite number, got 'much'"),
        ([{"a": True}], "must be a finite number"),
        ([7], "must be an object parameter -> value, got int"),
        ({"x": {"params": {}}}, "has no parameters"),
    ],
)
def test_mistakes_in_a_hall_of_fame(tmp_path: Path, content: Any, words: str) -> None:
    with pytest.raises(IonfoError, match=words):
        read_hall_of_fame(write(tmp_path / "hof.json", content))


# -- all-active models --------------------------------------------------------------------------


def genome(row: dict[str, float]) -> dict[str, Any]:
    """Write a row of the collapsed table as the file it was made from."""
    genes = []
    for name, value in row.items():
        variable, region = name.split(".")
        for section in SECTIONS.values() if region == "all" else [SECTIONS[region]]:
            mechanism = variable.partition("_")[2] if "_pas" not in variable else ""
            genes.append({"section": section, "name": variable, "value": repr(value),
                          "mechanism": mechanism})  # fmt: skip
    erev = [{"ena": 53.0, "section": one, "ek": -107.0} for one in SECTIONS.values()]
    return {"passive": [{"ra": 1.0}], "genome": genes,
            "conditions": [{"celsius": 34, "erev": erev, "v_init": -80}]}  # fmt: skip


def test_all_active_models_of_a_folder(shared: Path, tmp_path: Path) -> None:
    table = pd.read_parquet(shared / "data" / "models" / "nandi_exc3_72x40.parquet").head(50)
    folder = tmp_path / "models" / "hof_models"
    folder.mkdir(parents=True)
    for row in table.to_dict("records"):
        cell, index = int(row.pop("cell_id")), int(row.pop("hof_index"))
        present = {str(name): value for name, value in row.items() if np.isfinite(value)}
        write(folder / f"hof_param_{cell}_{index}.json", genome(present))
    assert detect_format(tmp_path / "models") == "allen"
    read = read_allen_models(tmp_path / "models")
    back = read.frame.rename(columns=lambda name: name.removeprefix("parameters/"))
    keys = ["cell_id", "hof_index"]
    back = back.set_index(keys).sort_index()
    table = table.astype({"cell_id": int, "hof_index": int}).set_index(keys).sort_index()
    table = table.dropna(axis=1, how="all")
    assert set(back) == set(table)
    pd.testing.assert_frame_equal(back[list(table)], table, check_exact=True)
    assert read.metadata["allen"]["conditions"]["ek.basal"] == -107.0
    first = next(iter(sorted(folder.iterdir())))
    assert detect_format(first) == "allen" and len(read_allen_models(first).frame) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.pop("genome"), "no list 'genome'"),
        (lambda c: c["genome"][0].update(section="tuft"), "names section 'tuft'"),
        (lambda c: c["genome"].append(c["genome"][0]), "stands twice"),
        (lambda c: c["genome"][0].update(value="x"), "must be a finite number"),
        (lambda c: c["genome"][0].pop("name"), "has no 'name'"),
    ],
)
def test_mistakes_in_all_active_models(tmp_path: Path, change: Any, words: str) -> None:
    content = genome({"gbar_Ih.somatic": 1e-5, "Ra.all": 50.0})
    change(content)
    with pytest.raises(IonfoError, match=words):
        read_allen_models(write(tmp_path / "hof_param_1_2.json", content))


# -- tables -------------------------------------------------------------------------------------


def models() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    names = [*L5PC.free_names, *L5PC.feature_names[:3], "my_note"]
    return pd.DataFrame(rng.uniform(0, 1e-3, (5, len(names))), columns=names)


def test_names_of_an_emodel_tell_parameters_from_features(tmp_path: Path) -> None:
    models().to_csv(tmp_path / "t.csv", index=False)
    frame = read_plain_table(tmp_path / "t.csv", L5PC).frame
    assert [f"parameters/{n}" for n in L5PC.free_names] == list(frame)[:30]
    assert list(frame)[30:] == [*(f"features/{n}" for n in L5PC.feature_names[:3]), "my_note"]


def test_without_an_emodel_numbers_are_parameters(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": [1.0, 2.0], "b": [3, 4], "kind": ["x", "y"], "rate": [5.0, 6.0]})
    table.to_parquet(tmp_path / "t.parquet")
    read = read_plain_table(tmp_path / "t.parquet", None, ["rate"])
    assert list(read.frame) == ["parameters/a", "parameters/b", "kind", "features/rate"]
    with pytest.raises(IonfoError, match="has no column 'rat'"):
        read_plain_table(tmp_path / "t.parquet", None, ["rat"])


def test_csv_and_parquet_keep_every_digit(tmp_path: Path) -> None:
    frame = models().add_prefix("parameters/")
    frame["weight"] = np.arange(1, 6)
    metadata = {"seed": 3, "units": {"a": "S/cm2"}}
    write_table(tmp_path / "a.parquet", frame, metadata)
    export_source(str(tmp_path / "a.parquet"), tmp_path / "b.csv")
    import_file(tmp_path / "b.csv", tmp_path / "c.parquet")
    back, told = read_table(tmp_path / "c.parquet")
    pd.testing.assert_frame_equal(back, frame, check_exact=True)
    assert told["seed"] == 3 and told["units"] == {"a": "S/cm2"}


def test_cells_by_genes(tmp_path: Path) -> None:
    anndata = pytest.importorskip("anndata", reason="needs anndata: pip install 'ionfo[genes]'")
    counts = np.random.default_rng(0).poisson(3, (6, 4)).astype(np.float32)
    obs = pd.DataFrame(
        {"line": list("aabbcc"), "depth": range(6)}, index=[f"c{i}" for i in range(6)]
    )
    var = pd.DataFrame(index=["Kcna1", "Kcnb1", "Scn1a", "Hcn1"])
    anndata.AnnData(counts, obs, var).write_h5ad(tmp_path / "cells.h5ad")
    told = import_file(tmp_path / "cells.h5ad", tmp_path / "genes.parquet")
    assert told["format"] == "table" and told["parameters"] == 4
    frame, _ = read_table(tmp_path / "genes.parquet")
    np.testing.assert_array_equal(frame.filter(like="parameters/").to_numpy(), counts)
    assert frame["cells/line"].tolist() == list("aabbcc")
    assert frame["cells/name"].tolist()[0] == "c0" and frame["cells/depth"].tolist()[-1] == 5


def test_mistakes_in_what_to_import(tmp_path: Path) -> None:
    out = tmp_path / "p.parquet"
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "b.json").write_text("{")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text("{}")
    (tmp_path / "empty").mkdir()
    table = tmp_path / "t.csv"
    table.write_text("a,b\n1,2\n")
    for source, target, words in (
        ("none", out, "does not exist"),
        ("a.txt", out, "must be a folder, .json, .csv, .parquet or .h5ad"),
        ("b.json", out, "cannot be read as JSON"),
        ("run", out, "ionfo collect"),
        ("empty", out, "holds neither recipes.json"),
        ("t.csv", table, "choose another name"),
        ("t.csv", tmp_path / "p.txt", "must end in .parquet or .csv"),
        ("t.csv", tmp_path / "no" / "p.csv", "does not exist"),
    ):
        with pytest.raises(IonfoError, match=words):
            import_file(tmp_path / source, target)
    with pytest.raises(IonfoError, match="does not set 'constant.distribution_decay'"):
        import_file(write(tmp_path / "h.json", [{"g_pas.all": 1}]), out, emodel="l5pc")
    assert not out.exists()
