"""Currents keep their colours, and the scores tell what is missing and why."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ionfo.emodels.membrane_currents import MembraneCurrents
from ionfo.pages.explorer.figures import currents_chart, traces_chart
from ionfo.sampling.evaluation.evaluator import Evaluation
from ionfo.sampling.evaluation.watched import Swept
from ionfo.studies.explore import read_explored

from ..conftest import SOMA, population


def colours(sizes: dict[str, float]) -> dict[str, str]:
    t = np.linspace(0, 10, 5)
    currents = {name: np.full(5, size) for name, size in sizes.items()}
    chart = currents_chart(MembraneCurrents(t, t, currents, t), "axonal", ["Ih", "NaTg", "SKv3_1"])
    return {one["legendgroup"]: one["fillcolor"] for one in chart["data"] if "legendgroup" in one}


def test_a_current_has_one_colour_wherever_it_is_drawn() -> None:
    first = colours({"Ih": -1.0, "SKv3_1": 5.0, "other K": 1.0, "other": 0.1})
    second = colours({"SKv3_1": 0.1, "NaTg": -9.0, "other K": 2.0})
    assert all(first[name] == second[name] for name in ("SKv3_1", "other K"))
    assert len({**first, **second}) == len({*first.values(), *second.values()}) == 5


def test_the_threshold_of_a_spike_is_drawn_with_its_name() -> None:
    t = np.linspace(0, 10, 5)
    layout = traces_chart({"a": Swept(t, t, {}, t, t[None])}, "Step_140", -20.0)["layout"]
    assert layout["shapes"][0]["y0"] == -20.0 and layout["shapes"][0]["line"]["dash"] == "dot"
    assert layout["annotations"][0]["text"] == "spike threshold -20 mV"


def test_a_missing_feature_tells_why(tmp_path: Path) -> None:
    pytest.importorskip("dash", reason="needs the explore extra")
    from ionfo.pages.explorer.tables import scores_table

    population(tmp_path / "population.parquet")
    explored = read_explored(tmp_path / "population.parquet")
    features = np.array([one.mean for one in SOMA.features])
    found = Evaluation(features, np.zeros(len(features)), 0.0)
    worse = replace(
        found,
        features=np.where(np.arange(len(features)) == 1, np.nan, features),
        scores=np.where(np.arange(len(features)) == 1, 250.0, 0.5),
        cost=250.0,
        reasons={SOMA.feature_names[1]: "no spike"},
    )
    table = scores_table(explored, {"model 1": found, "moved": worse})
    told = json.dumps(table.to_plotly_json(), default=lambda one: one.to_plotly_json())
    assert "missing: no spike" in told and "250.0 SD" not in told
    assert "Cost = score of the worst feature." in told and "moved: cost 250.00" in told
    assert "median |SD| 0.50" in told and "moved: value" in told
