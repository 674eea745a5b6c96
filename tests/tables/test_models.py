"""Models that users bring, in every accepted shape, and what is said about bad ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import load_emodel
from ionfo.errors import IonfoError
from ionfo.sampling import read_models
from ionfo.tables.models import outside_bounds

EMODEL = load_emodel("soma")
MODEL = dict(EMODEL.reference or {})


@pytest.mark.parametrize(
    "content",
    [
        MODEL,
        [MODEL, MODEL],
        {"params": MODEL, "score": 1.0},
        {"parameters": [MODEL, MODEL], "parameters_free": ["x"], "name": "rank0"},
        dict(reversed(MODEL.items())),
    ],
)
def test_json_shapes(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "models.json"
    path.write_text(json.dumps(content))
    models = read_models(path, EMODEL)
    assert (models.theta == [MODEL[name] for name in EMODEL.free_names]).all()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("prefix", ["", "parameters/"])
def test_table_shapes(tmp_path: Path, suffix: str, prefix: str) -> None:
    frame = pd.DataFrame([MODEL, MODEL, MODEL])
    frame["gNaTgbar_NaTg.somatic"] = [0.1, 0.2, 0.3]
    frame.columns = [prefix + name for name in frame.columns]
    frame["cost"], frame["scores/x"], frame["id"] = 1.0, 2.0, "a"
    path = tmp_path / f"models{suffix}"
    frame.to_csv(path, index=False) if suffix == ".csv" else frame.to_parquet(path)
    models = read_models(path, EMODEL)
    i = EMODEL.free_names.index("gNaTgbar_NaTg.somatic")
    assert models.theta[:, i] == pytest.approx([0.1, 0.2, 0.3], abs=0)
    assert models.fixed == [{}, {}, {}]


def test_row_may_set_fixed_parameters(tmp_path: Path) -> None:
    path = tmp_path / "models.json"
    path.write_text(json.dumps([MODEL, {**MODEL, "e_pas.somatic": -70, "celsius": 30}]))
    assert read_models(path, EMODEL).fixed == [{}, {"e_pas.somatic": -70.0, "celsius": 30.0}]
    table = tmp_path / "models.csv"
    table.write_text(
        ",".join([*MODEL, "e_pas.somatic"]) + "\n"
        + ",".join(map(str, MODEL.values())) + ",-70\n"
        + ",".join(map(str, MODEL.values())) + ",\n"
    )  # fmt: skip
    assert read_models(table, EMODEL).fixed == [{"e_pas.somatic": -70.0}, {}]


def without(name: str) -> dict[str, float]:
    return {key: value for key, value in MODEL.items() if key != name}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (without("g_pas.somatic"), "free parameter 'g_pas.somatic' is missing"),
        ({**MODEL, "gNaTgbar_NaTG.somatic": 1}, "did you mean 'gNaTgbar_NaTg.somatic'"),
        ([MODEL, {**MODEL, "g_pas.somatic": "0.1"}], "model 2: .*'g_pas.somatic' must be a number"),
        ({**MODEL, "g_pas.somatic": None}, "must be a number"),
        ({**MODEL, "g_pas.somatic": True}, "must be a number"),
        ({**MODEL, "g_pas.somatic": float("nan")}, "must be finite"),
        ({**MODEL, "g_pas.somatic": float("inf")}, "must be finite"),
        ([], "holds no models"),
        ([1.0], "got float at model 1"),
        ("text", "got str"),
    ],
)
def test_bad_json_gets_a_sentence(tmp_path: Path, content: Any, words: str) -> None:
    path = tmp_path / "models.json"
    path.write_text(json.dumps(content))
    with pytest.raises(IonfoError, match=words):
        read_models(path, EMODEL)


@pytest.mark.parametrize(
    ("cell", "words"),
    [("abc", "model 2: parameter 'g_pas.somatic' must be a number, got 'abc'"), ("", "finite"),
     ("nan", "finite")],
)  # fmt: skip
def test_bad_csv_cell_names_its_row(tmp_path: Path, cell: str, words: str) -> None:
    rows = [dict(MODEL), {**MODEL, "g_pas.somatic": cell}]
    path = tmp_path / "models.csv"
    path.write_text("\n".join([",".join(MODEL), *(",".join(map(str, r.values())) for r in rows)]))
    with pytest.raises(IonfoError, match=words):
        read_models(path, EMODEL)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.json", b"{"), ("a.parquet", b"PAR1 cut short"), ("a.csv", b""), ("a.json", b"\xff\xfe")],
)
def test_damaged_file_gets_a_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(IonfoError, match="cannot be read"):
        read_models(path, EMODEL)


@pytest.mark.parametrize("name", ["nothing.json", "nothing.csv", "nothing.parquet"])
def test_missing_file_gets_a_sentence(tmp_path: Path, name: str) -> None:
    with pytest.raises(IonfoError, match="does not exist"):
        read_models(tmp_path / name, EMODEL)


def test_misspelt_column_suggests_the_nearest(tmp_path: Path) -> None:
    frame = pd.DataFrame([MODEL]).rename(columns={"g_pas.somatic": "g_paz.somatic"})
    frame.to_csv(tmp_path / "models.csv", index=False)
    with pytest.raises(IonfoError, match="'g_paz.somatic'; did you mean 'g_pas.somatic'"):
        read_models(tmp_path / "models.csv", EMODEL)


def test_outside_the_bounds_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "models.json"
    path.write_text(json.dumps([MODEL, {**MODEL, "g_pas.somatic": 1.0}]))
    models = read_models(path, EMODEL)
    line = outside_bounds(models, EMODEL)
    assert line is not None and line.startswith("1 of 2 models lie outside the bounds of g_pas")
    assert outside_bounds(type(models)(models.theta[:1], [{}]), EMODEL) is None
    assert np.isfinite(models.theta).all()


def test_rows_longer_than_the_header_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "models.csv"
    for extra in ("0.5,{}", "{},0.5", "{},"):
        row = extra.format(",".join(map(str, MODEL.values())))
        path.write_text(",".join(MODEL) + "\n" + row + "\n" + row + "\n")
        with pytest.raises(IonfoError, match="cannot be read as csv"):
            read_models(path, EMODEL)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        ("[" * 100000, "nested too deep|cannot be read as JSON"),
        (json.dumps(MODEL).replace("80.0", "9" * 400), "must be finite"),
    ],
)
def test_hostile_json_gets_a_sentence(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "models.json"
    path.write_text(text)
    with pytest.raises(IonfoError, match=words):
        read_models(path, EMODEL)


def test_table_of_something_else_says_so(tmp_path: Path) -> None:
    path = tmp_path / "models.csv"
    path.write_text(";".join(MODEL) + "\n" + ";".join(map(str, MODEL.values())) + "\n")
    with pytest.raises(IonfoError, match="separated by semicolons"):
        read_models(path, EMODEL)
    with pytest.raises(IonfoError, match="is a folder"):
        read_models(tmp_path, EMODEL)


def test_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "models.json"
    path.write_text(json.dumps(MODEL), encoding="utf-8-sig")
    assert len(read_models(path, EMODEL).theta) == 1
