"""What leaves the explorer is read by the commands it is for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.errors import IonfoError
from ionfo.pages.explorer.exports import hoc_file, model_json, selection_file
from ionfo.pages.explorer.state import model_of_row, moved
from ionfo.sampling import read_models, read_population
from ionfo.studies.explore import read_explored
from ionfo.studies.explored import Explored

from ..conftest import SOMA, population


@pytest.fixture(scope="module")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Explored:
    file = tmp_path_factory.mktemp("explore") / "population <of> soma.parquet"
    population(file)
    return read_explored(file)


def test_a_selection_is_a_population(explored: Explored, tmp_path: Path) -> None:
    name, content = selection_file(explored, [7, 3])
    (tmp_path / "s.parquet").write_bytes(content)
    found = read_population(tmp_path / "s.parquet")
    assert name == "population <of> soma_selection.parquet" and found.emodel == explored.emodel
    assert explored.population is not None
    whole = explored.population.frame.iloc[[3, 7]].reset_index(drop=True)
    pd.testing.assert_frame_equal(found.frame, whole)
    with pytest.raises(IonfoError, match="no model is selected"):
        selection_file(explored, [])


def test_a_model_is_scored_as_it_stands(explored: Explored, tmp_path: Path) -> None:
    first = SOMA.free_names[0]
    value = float(np.mean(explored.column(first).bounds))
    name, content = model_json(explored, moved(explored, model_of_row(explored, 2), first, value))
    (tmp_path / name).write_bytes(content)
    read = read_models(tmp_path / name, SOMA)
    assert read.theta[0, 0] == value
    assert read.theta[0, 1:] == pytest.approx(explored.values.iloc[2][list(SOMA.free_names)[1:]])


@pytest.mark.neuron
def test_a_model_is_written_as_hoc(explored: Explored) -> None:
    name, content = hoc_file(explored, model_of_row(explored, 2))
    assert name == "model_2.hoc" and b"begintemplate" in content


def test_a_selection_of_a_plain_table(tmp_path: Path) -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(9, 3)), columns=list("abc"))
    frame.to_csv(tmp_path / "t.csv", index=False)
    name, content = selection_file(read_explored(tmp_path / "t.csv"), None)
    (tmp_path / name).write_bytes(content)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "t_selection.csv"), frame)
