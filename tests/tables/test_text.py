"""Text tables: separators, decimals, rows of units, and files that are no CSV."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.errors import IonfoError
from ionfo.tables.expression_files import read_expression
from ionfo.tables.files import read_table
from ionfo.tables.population import read_population
from ionfo.tables.text import CsvFormat, csv_format, line_of, read_csv


@pytest.fixture
def frame() -> pd.DataFrame:
    values = np.random.default_rng(0).standard_normal((30, 4)) * 10.0 ** np.arange(-8, 8, 4)
    return pd.DataFrame(values, columns=["a", "b (mV)", "c", "d"])


@pytest.mark.parametrize(
    ("separator", "decimal", "given"),
    [
        (";", ",", CsvFormat(";", ",")),
        (";", ",", csv_format(decimal=",")),
        (";", ".", csv_format(";")),
        ("\t", ",", csv_format("tab", ",")),
        ("\t", ".", csv_format("\\t")),
        ("|", ".", csv_format("|")),
        (",", ",", csv_format(",", ",")),  # quoted
    ],
)
def test_every_format_is_read_to_the_bit(
    tmp_path: Path, frame: pd.DataFrame, separator: str, decimal: str, given: CsvFormat
) -> None:
    file = tmp_path / "t.csv"
    frame.to_csv(file, index=False, sep=separator, decimal=decimal)
    pd.testing.assert_frame_equal(read_table(file, how=given)[0], frame, check_exact=True)


@pytest.mark.parametrize(
    ("separator", "decimal", "words"),
    [
        (";", ",", "separated by semicolons and its decimals are commas; read it with --separator "
                   "';' --decimal , "),
        (";", ".", "separated by semicolons; read it with --separator ';' "),
        ("\t", ",", "separated by tabs and its decimals are commas; .*--separator tab --decimal , "),
        ("|", ".", r"separated by bars; read it with --separator '\|' "),
    ],
)  # fmt: skip
def test_another_format_is_named(
    tmp_path: Path, frame: pd.DataFrame, separator: str, decimal: str, words: str
) -> None:
    file = tmp_path / "t.csv"
    frame.to_csv(file, index=False, sep=separator, decimal=decimal)
    with pytest.raises(IonfoError, match=words):
        read_table(file)
    frame.to_csv(file, index=False)
    with pytest.raises(IonfoError, match="separated by commas; read it with --separator ','"):
        read_table(file, how=CsvFormat(";"))


def test_rows_that_do_not_fit_are_still_named(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("a,b\n1,2\n4,5,6\n")
    with pytest.raises(IonfoError, match="line 3 has 3 values and the header 2"):
        read_table(file)
    file.write_text("a;b\n")  # no row tells what separates it
    assert list(read_table(file)[0]) == ["a;b"]


UNITS = [
    "mS/cm2,mV,MOhm,uF/cm2",
    "S/cm^2,(mV),[kΩ],1/s",
    "S/cm2,mV,,",
    "pA/pF,mV,1,s-1",
    "S/cm2,mV,-,deg C",
]


@pytest.mark.parametrize("units", UNITS)
def test_a_row_of_units_is_left_out_and_said(
    tmp_path: Path, frame: pd.DataFrame, units: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "t.csv"
    header, rows = frame.to_csv(index=False).split("\n", 1)
    file.write_text(f"{header}\n\n{units}\n{rows}", encoding="utf-8")
    pd.testing.assert_frame_equal(read_table(file)[0], frame, check_exact=True)
    assert f"left out the row of units under the header of '{file}'" in capsys.readouterr().err
    read_csv(file, is_told=False)
    assert not capsys.readouterr().err
    assert line_of(file, 1) == 4 and line_of(file, 30) == 33


@pytest.mark.parametrize(
    "row", ["-,-,-,-", "failed,-,-,-", "no,mV,nothing,here", "1.5,mV,S,V", "n/a,n/a,n/a,n/a"]
)
def test_a_row_that_is_none_of_units_stays(tmp_path: Path, frame: pd.DataFrame, row: str) -> None:
    file = tmp_path / "t.csv"
    header, rows = frame.to_csv(index=False).split("\n", 1)
    file.write_text(f"{header}\n{row}\n{rows}")
    assert len(read_table(file)[0]) == len(frame) + 1


def test_labels_that_look_like_units_stay(tmp_path: Path, frame: pd.DataFrame) -> None:
    file = tmp_path / "t.csv"
    frame.assign(layer=["V", "s", "m"] * 10).to_csv(file, index=False)
    assert len(read_table(file)[0]) == len(frame)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("t.csv.gz", "is compressed; unpack it first .gunzip -k"),
        ("t.xlsx", "is a spreadsheet; save its sheet as CSV"),
        ("t.XLS", "is a spreadsheet; save its sheet as CSV"),
        ("t.tsv", "rename it to .csv and read it with --separator tab"),
        ("t.foo", "must be .parquet or .csv"),
    ],
)
def test_other_files_are_told_what_to_do(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04")
    with pytest.raises(IonfoError, match=words):
        read_table(tmp_path / name)


@pytest.mark.parametrize(
    ("separator", "decimal", "words"),
    [
        ("ab", None, "--separator must be one character such as ; or the word tab, got 'ab'"),
        (".", None, "--separator must be one character"),
        ("\n", None, "--separator must be one character"),
        (None, ";", "--decimal must be . or , got ';'"),
    ],
)
def test_formats_that_are_none(separator: str | None, decimal: str | None, words: str) -> None:
    with pytest.raises(IonfoError, match=words):
        csv_format(separator, decimal)


def test_populations_and_expression_are_read_in_every_format(
    tmp_path: Path, frame: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "t.csv"
    models = frame.rename(columns=lambda name: f"parameters/{name}")
    models.to_csv(file, index=False, sep=";", decimal=",")
    population = read_population(file, decimal=",")
    np.testing.assert_array_equal(population.parameters.to_numpy(), frame.to_numpy())
    with pytest.raises(IonfoError, match="read it with --separator ';' --decimal ,"):
        read_population(file)
    comma = csv_format(decimal=",")
    values = np.log1p(frame.abs())
    cells = values.assign(kind="x")
    cells.to_csv(file, index=False, sep=";", decimal=",")
    depth = pd.DataFrame({"cell": range(30), "depth": np.arange(30) / 8})
    depth.to_csv(tmp_path / "cells.csv", index=False, sep=";", decimal=",")
    read = read_expression(file, "log", csv=comma, cells=tmp_path / "cells.csv")
    np.testing.assert_array_equal(read.values(list(frame)), values.to_numpy())
    assert read.cells["depth"].tolist() == (np.arange(30) / 8).tolist()
    with pytest.raises(IonfoError, match="holds numbers with decimal commas"):
        read_expression(file, "log", csv=CsvFormat(";"))
    cells.astype({"c": object}).replace(cells["c"].iloc[3], "lost").to_csv(file, index=False)
    assert read_expression(file, "log").genes == ["a", "b (mV)", "d"]
    told = "column 'c' is taken as an annotation, since it holds numbers but for 'lost' in row 4"
    assert told in capsys.readouterr().err
