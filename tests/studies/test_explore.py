"""What there is to explore of a population, a table and a run."""

from __future__ import annotations

from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pandas as pd
import pytest

import ionfo
from ionfo.errors import IonfoError
from ionfo.pages.explorer.state import (
    compensated,
    model_of_row,
    moved,
    verdict,
    with_more,
    without_cancelled,
)
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


def test_only_what_moves_clearly_follows(explored: Explored) -> None:
    base = model_of_row(explored, 4)
    first, second = (one.name for one in explored.of_kind("parameter")[:2])  # made to go together
    low, high = explored.column(first).bounds
    value = f"{low + 0.95 * (high - low):.4g}"
    whole, clear = (compensated(explored, base, first, value, only) for only in (False, True))
    names = [name for name, *_ in clear["changes"]]
    assert {first, second} <= set(names) and len(names) < len(whole["changes"])
    assert all(clear["values"][one] == base["values"][one] for one in whole["values"]
               if one not in names)  # fmt: skip
    for name, old, new, is_clipped in whole["changes"]:
        assert (old, new) == (base["values"][name], whole["values"][name])
        assert not is_clipped or new in explored.column(name).bounds
    assert verdict(2.65, 250, 2.83).endswith("2.83: it mends")
    assert verdict(2.55, 44, 48).endswith("it does not mend")
    assert verdict(2.55, 2, 1).endswith("nothing to mend")


def test_cancelled_models_give_their_place_back() -> None:
    names = ["model 3", "a", "b", "c"]
    shown = [{"label": one, "row": None, "ask": True} for one in names]
    for name in ("d", "e"):
        shown = with_more(shown, {"label": name, "row": None, "ask": True})
    assert [one["label"] for one in shown] == ["model 3", "c", "d", "e"]
    found = without_cancelled(shown, lambda one: one["label"] in "abcd")
    assert [one["label"] for one in found] == ["model 3", "c", "d", "b"]
    assert [one["ask"] for one in found] == [False, True, True, True]
    found = without_cancelled(shown, lambda one: one["label"] == "a")
    assert [one["label"] for one in found] == ["model 3", "a"]


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
