"""Populations of given feedback: an analysis says what their O-information hangs on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import ionfo
from ionfo.pages.report.constraints import constraints, exact_cautions
from ionfo.pages.report.tables import Material
from ionfo.studies.constraints import Constraints, constraints_of


def made(**how: object) -> Constraints:
    cells = ionfo.dics.generate("stg", (-5, 10), 300, **how)  # type: ignore[arg-type]
    found = constraints_of(cells.to_population().metadata, 300)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def spread() -> Constraints:
    return made(target_sd=(0.5, 1.0), leak_scaling=False)


def material(found: Constraints) -> Material:
    summary = {"constraints": found.summary(), "parameters": []}
    tables = {"constraints": found.table}
    return Material("cells", summary, tables, pd.DataFrame(), {}, None)


def test_spread_and_scaling_are_told_and_o_information_falls_with_both(spread: Constraints) -> None:
    (told,) = spread.sentences()
    assert "SD of 0.5 (g_s) and 1 (g_u), without leak scaling" in told and not spread.is_exact
    assert set(spread.channels) == {"CaS", "A", "H"} and "a slope of -1" in spread.theory()
    scaled, not_scaled = (spread.table[spread.table["leak_scaling"] == on] for on in (True, False))
    values = scaled["o_information_nats"].to_numpy()
    assert (np.diff(values) < 0).all()
    assert (values > not_scaled["o_information_nats"].to_numpy()).all()
    slopes = np.diff(scaled["theory_nats"]) / np.diff(np.log(scaled["target_sd"]))
    np.testing.assert_allclose(slopes, -1)


def test_page_shows_both_beside_theory(spread: Constraints) -> None:
    section = constraints(material(spread))
    assert section is not None and exact_cautions(material(spread)) == []
    ((_, chart),) = section.charts
    assert [one["name"] for one in chart["data"]] == [
        "with leak scaling", "theory, with leak scaling", "without leak scaling",
        "theory, without leak scaling"]  # fmt: skip
    assert chart["layout"]["shapes"][0]["x0"] == 0.5


def test_exact_cells_get_a_caution() -> None:
    found = made()
    assert found.is_exact
    assert "no finite value" in " ".join(exact_cautions(material(found)))


def test_reconstructed_cells_tell_the_spread_of_their_density() -> None:
    cells = ionfo.dics.reconstruct(np.cumsum(np.tile([8.0, 9, 10, 120], 15)), "stg", 60)
    found = constraints_of(cells.to_population().metadata, 60)
    assert found is not None and found.table.empty
    np.testing.assert_allclose(found.spread, cells.densities[0].sd)


def test_other_populations_have_none(tmp_path: Path) -> None:
    assert constraints_of(None, 100) is None
    assert constraints_of({"dics": 3, "point_model": {}}, 100) is None
    whole = ionfo.dics.generate("stg", (-5, 10), 3).to_population().metadata
    for wrong in (
        {"target_sd": [np.nan, 1]}, {"target_sd": -1}, {"seed": np.inf}, {"compensated": [5]},
        {"reconstructed": []},
    ):  # fmt: skip
        assert constraints_of({**whole, "dics": {**whole["dics"], **wrong}}, 100) is None
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=[*"abc"])
    assert ionfo.analyse(frame, shuffles=0, bootstrap=0, permutations=0).constraints is None
