"""What there is to explore of a population, a table and a run."""

from __future__ import annotations

from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pandas as pd
import pytest

import ionfo
from ionfo.errors import IonfoError
from ionfo.pages.explorer.state import compensated, model_of_row, moved, with_more
from ionfo.studies.explore import read_explored
from ionfo.studies.explored import Explored
from ionfo.tables.population import Population

from ..pages.conftest import population


@pytest.fixture(scope="module")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Explored:
    file = tmp_path_factory.mktemp("explore") / "population.parquet"
    population(file)
    return read_explored(file)


def test_columns_bounds_and_targets_are_those_of_the_cell(explored: Explored) -> None:
    assert explored.emodel is not None and explored.spec is not None and not explored.why_no_cell
    assert [one.name for one in explored.of_kind("parameter")] == list(explored.emodel.free_names)
    assert explored.unit_parameters.min() >= 0 and explored.unit_parameters.max() <= 1
    feature = explored.of_kind("feature")[2]
    target = explored.emodel.features[2]
    assert feature.target == (target.mean, target.std) and feature.unit == target.unit
    deviation = (explored.values[feature.name] - target.mean) / target.std
    assert explored.deviations[:, 2] == pytest.approx(deviation)
    assert 2 <= explored.worth < len(explored.values)


def test_what_follows_a_move_follows_it(explored: Explored) -> None:
    base = model_of_row(explored, 4)
    first, second = (one.name for one in explored.of_kind("parameter")[:2])  # made to go together
    low, high = explored.column(first).bounds
    value = low + 0.9 * (high - low)
    alone = moved(explored, base, first, value)
    both = compensated(explored, base, first, value)
    assert alone["values"][second] == base["values"][second]
    low2, high2 = explored.column(second).bounds
    change = (both["values"][second] - base["values"][second]) / (high2 - low2)
    wanted = (value - base["values"][first]) / (high - low)
    assert change == pytest.approx(wanted, abs=0.25) and np.sign(change) == np.sign(wanted)
    free = list(explored.emodel.free_names) if explored.emodel else []
    assert both["theta"][free.index(first)] == value
    assert len(with_more([base] * 4, both)) == 4
    with pytest.raises(IonfoError, match="must lie within its bounds"):
        moved(explored, base, first, high * 2)
    with pytest.raises(IonfoError, match="there are models 0 to"):
        model_of_row(explored, -1)


def test_twins_and_contrast_by_names(explored: Explored) -> None:
    found = explored.neighbours(0, "twins")
    assert len(found.rows) == 5 and 0 not in found.rows
    table = explored.contrast([0, 1, 2, 3], list(range(10, 60)))
    assert set(table["variable"]) == {one.name for one in explored.columns}
    with pytest.raises(IonfoError, match="holds no model"):
        explored.contrast([], [1])


def test_what_is_wrong_with_one_model_is_said_of_that_one(explored: Explored) -> None:
    assert explored.population is not None
    frame = explored.population.frame.copy()
    name = explored.of_kind("parameter")[0].name
    frame.loc[3, f"parameters/{name}"] = np.nan
    found = read_explored(Population(frame, explored.population.metadata))
    assert found.spec is not None and model_of_row(found, 2)["theta"]
    with pytest.raises(IonfoError, match="model 3.*must be finite"):
        model_of_row(found, 3)
    columns, told = found.compensation({name: float(np.mean(explored.column(name).bounds))})
    assert np.isfinite(told.mean).all() and columns[0].name == name
    with pytest.raises(IonfoError, match="holds no models"):
        read_explored(frame.head(0))
    with pytest.raises(IonfoError, match="weights must be positive"):
        read_explored(frame.assign(weight=-1.0))


def test_a_notebook_gets_a_server_that_it_can_stop() -> None:
    pytest.importorskip("dash", reason="needs the explore extra")
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 3)), columns=list("abc"))
    with ionfo.explore(frame) as server:
        with urlopen(server.address, timeout=60) as answer:
            assert answer.status == 200
        assert server.address in server._repr_html_()
    with pytest.raises(OSError):
        urlopen(server.address, timeout=60)


def test_a_plain_table_has_charts_only(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 3)), columns=list("abc"))
    frame.to_csv(file, index=False)
    explored = read_explored(file)
    assert explored.spec is None and "no cell" in explored.why_no_cell
    assert [one.name for one in explored.columns] == ["a", "b", "c"]
    columns, found = explored.compensation({"a": 0.0})
    assert len(columns) == 3 and found.mean[0] == 0.0
    with pytest.raises(IonfoError, match="has no features"):
        explored.neighbours(0, "twins")
    with pytest.raises(IonfoError, match="holds no analysis with groups"):
        read_explored(file, analysis=tmp_path)
