"""Pages about gene expression say what was found, and their words fit."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo import genes
from ionfo.pages.report.genes import write_sizes_page, write_types_page
from ionfo.pages.report.page import NAME

from ..browser import Browser
from .test_page import CUT, data_of


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    names = [f"parameters/{one}" for one in ("g_pas.all", "gIhbar_Ih.somatic", "c", "d")]
    models = pd.DataFrame(rng.standard_normal((90, 4)), columns=names)
    models["parameters/d"] += 2 * models["parameters/c"]
    cells = pd.DataFrame(rng.standard_normal((80, 4)), columns=names)
    out = tmp_path_factory.mktemp("beside") / "out"
    genes.beside(
        {"models": models, "others": cells}, out=out, rows=75, shuffles=9, bootstrap=9,
        permutations=99, threads=1,
    )  # fmt: skip
    return out / NAME


@pytest.fixture(scope="module")
def types(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(1)
    labels = np.array([f"type <{i % 16}>" for i in range(160)])
    places = rng.standard_normal((160, 2))
    nulls = {"of all genes": rng.normal(0.2, 0.05, 99), "of like genes": np.full(9, 0.2)}
    return write_types_page(
        tmp_path_factory.mktemp("types"), "Types in cells.csv", ["the set: 0.412"], 0.412, nulls,
        {"ion channels": places}, labels,
    )  # fmt: skip


@pytest.fixture(scope="module")
def sizes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    orders = np.arange(3, 8)
    needed = pd.DataFrame({"group": "PT", "order": orders, "rows_needed": [40, 50, 80, np.nan, 90],
                           "rows_needed_extrapolated": np.nan})  # fmt: skip
    rows = [
        {"group": "PT", "order": order, "rows": n, "raw_nats": -0.2, "corrected_nats": -0.1,
         "low_nats": -0.2, "high_nats": 0.01}
        for n in (20, 40) for order in orders
    ]  # fmt: skip
    folder = tmp_path_factory.mktemp("sizes")
    return write_sizes_page(folder, ["PT: from 40 cells on"], pd.DataFrame(rows), needed)


def test_tables_beside_each_other_are_told_with_names_null_and_interval(beside: Path) -> None:
    page = beside.read_text()
    own = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert re.search(r"models: all 4 variables together have [+-][\d.]+ nats of O-information", own)
    assert "1 of 6 pairs count, most c with d (+" in own and "none of 6 pairs counts" in own
    assert "beyond shuffled rows (adjusted p" in own and "at 75 rows" in own
    chart = data_of(page)["charts"][0]
    assert {trace["name"] for trace in chart["data"]} == {"models", "others"}


def test_types_are_drawn_beside_random_sets(types: Path) -> None:
    page = types.read_text()
    index, cells = data_of(page)["charts"]
    assert index["layout"]["annotations"][0]["text"] == "the set: 0.412"
    assert [len(trace["x"]) for trace in index["data"]] == [99, 9]
    assert sum(len(trace["x"]) for trace in cells["data"]) == 160
    assert len(cells["data"]) == 13 and cells["data"][-1]["name"] == "other types"
    assert "type <0>" not in page.partition('<script type="application/json"')[0]


def test_sizes_are_drawn_by_order_and_by_cells(sizes: Path) -> None:
    needed, by_cells = data_of(sizes.read_text())["charts"]
    assert needed["data"][0]["y"] == [40, 50, 80, None, 90]
    assert [trace["name"] for trace in by_cells["data"]] == ["3 genes", "5 genes", "7 genes"]


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 400])
def test_in_chromium(beside: Path, types: Path, sizes: Path, tmp_path: Path, width: int) -> None:
    with Browser(tmp_path / "profile") as page:
        for file in (beside, types, sizes):
            page.open(file, width)
            page.run("window.dispatchEvent(new Event('beforeprint'))")
            page.run("window.dispatchEvent(new Event('afterprint'))")
            page.run("new Promise(done => setTimeout(done, 1500))")
            assert page.run(CUT) == []
            assert page.run("document.documentElement.scrollWidth <= window.innerWidth")
            assert page.errors == []
