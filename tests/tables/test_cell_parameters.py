"""Parameters of cells: means and draws by weight, and what makes a table unfit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.errors import IonfoError
from ionfo.tables.cell_parameters import read_cell_parameters, with_columns_of
from ionfo.tables.cell_traces import read_cell_traces


def test_draws_of_a_cell_count_by_weight(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "cell_id": ["a", "b", "a", "b"],
            "parameters/C": [1.0, 5.0, 3.0, 9.0],
            "weight": [3.0, 1.0, 1.0, 0.0],
            "features/rest": [-70.0, -80.0, -1.0, -1.0],
        }
    )
    table.to_parquet(tmp_path / "table.parquet")
    found = read_cell_parameters(tmp_path / "table.parquet")
    assert found.cells == ("a", "b") and found.names == ("C",) and found.has_draws
    np.testing.assert_allclose(found.means.ravel(), [1.5, 5.0])
    rng = np.random.default_rng(0)
    drawn = np.array([found.draw(rng).ravel() for _ in range(400)])
    assert drawn[:, 0].mean() == pytest.approx(1.5, abs=0.15) and (drawn[:, 1] == 5.0).all()
    assert found.columns("features/")["rest"].tolist() == [-70.0, -80.0]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"cell": ["a"], "C": [1.0]}, "no column that starts with 'parameters/'"),
        ({"parameters/C": [1.0]}, "its first, 'parameters/C', names no cells"),
        ({"cell": ["a"], "parameters/C": [np.nan]}, "'parameters/C' of cell a is nan"),
        ({"cell": ["a"], "parameters/C": ["x"]}, "must hold numbers"),
        ({"cell": [None], "parameters/C": [1.0]}, "must name the cell of every row"),
        ({"cell": ["a"], "parameters/C": [1.0], "weight": [-1.0]}, "numbers from 0 on"),
        ({"cell": ["a"], "parameters/C": [1.0], "weight": [0.0]}, "cell a are all 0"),
        ({"cell": ["a"], "parameters/C": [1.0], "weight": ["x"]}, "numbers from 0 on"),
        ({"cell": [], "parameters/C": []}, "has no rows"),
        ({}, "has no rows"),
    ],
)
def test_tables_that_do_not_fit_get_one_sentence(
    columns: dict[str, list[object]], told: str
) -> None:
    with pytest.raises(IonfoError, match=told):
        read_cell_parameters(pd.DataFrame(columns))


def test_two_columns_of_one_name_are_refused() -> None:
    table = pd.DataFrame({"cell": ["a"], "parameters/C": [1.0]})
    for name in table:
        with pytest.raises(IonfoError, match=f"two columns named '{name}'"):
            read_cell_parameters(pd.concat([table, table[[name]]], axis=1))


def test_traces_are_read_by_cell(tmp_path: Path) -> None:
    file = tmp_path / "traces.csv"
    pd.DataFrame({"cell": [1, 2, 1], "t": [0.0, 0.0, 0.1], "v": [-70.0, -60.0, -69.0]}).to_csv(
        file, index=False
    )
    found = read_cell_traces(file)
    assert list(found) == ["1", "2"] and found["1"][1].tolist() == [-70.0, -69.0]
    pd.DataFrame({"cell": [1], "t": [0.0]}).to_csv(file, index=False)
    with pytest.raises(IonfoError, match="no column 'v'"):
        read_cell_traces(file)


def test_a_population_of_posteriors_takes_measured_features_from_another_table() -> None:
    draws = pd.DataFrame({"parameters/C": [1.0, 2.0, 3.0], "cells/cell": ["a", "a", "b"]})
    found = read_cell_parameters(draws)
    measured = pd.DataFrame({"cell_id": ["b", "c"], "features/rest": [-70.0, -60.0]})
    told = with_columns_of(found, measured)
    assert found.cells == told.cells == ("a", "b")
    np.testing.assert_array_equal(told.columns("features/")["rest"], [np.nan, -70.0])
    with pytest.raises(IonfoError, match="such as 'c'\\) has parameters in"):
        with_columns_of(found, measured.tail(1))
    with pytest.raises(IonfoError, match="cell 'b' comes twice"):
        with_columns_of(found, pd.concat([measured, measured]))
    with pytest.raises(IonfoError, match="'observed' has no rows"):
        with_columns_of(found, measured.head(0))
