"""The page about reconstructed cells: what it draws, and names that are no markup."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from ionfo import dics
from ionfo.pages.report.page import NAME
from ionfo.tables.files import read_table

from ..browser import Browser
from .test_page import CUT, data_of

HOSTILE = "</script><img src=x onerror=alert(1)>: a name that is longer than charts have room for"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bursts = np.cumsum(np.tile([8.0, 9, 10, 120], 20))
    trains = [bursts, np.arange(1, 40) * 75.0, [3.0]]
    found = dics.reconstruct(trains, "stg", 6, names=[HOSTILE, "regular", "silent"])
    out = tmp_path_factory.mktemp("dics") / "page"
    assert dics.report(found, out) == out / NAME
    return out


def test_trains_plane_cells_traces_and_descriptors_are_drawn(folder: Path) -> None:
    page = (folder / NAME).read_text()
    for key in ("summary", "trains", "plane", "conductances", "traces", "output"):
        assert f'<section id="{key}">' in page
    charts = data_of(page)["charts"]
    raster, means, density = charts[:3]
    assert [len(one["x"]) for one in raster["data"]] == [80, 39]
    assert [one["name"] for one in means["data"]] == ["regular", "bursting"]
    assert np.shape(density["data"][0]["z"]) == (41, 81)
    voltages = [one for one in charts if one["data"][0].get("name") == "cell 1"]
    assert [len(one["data"]) for one in voltages] == [4, 4]
    descriptors, _ = read_table(folder / "descriptors.csv")
    assert descriptors["of"].value_counts().to_dict() == {"output": 12, "input": 2}
    assert "silent trains are left out: silent" in page


def test_names_may_be_numbers(tmp_path: Path) -> None:
    found = dics.reconstruct([np.arange(1, 40) * 75.0], "stg", 2, names=[7])  # type: ignore[list-item]
    assert "7: density" in dics.report(found, tmp_path / "page").read_text()


def test_names_cannot_become_markup(folder: Path) -> None:
    page = (folder / NAME).read_text()
    own = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert "<img" not in own and "&lt;img src=x" in own

    assert all("<" not in one["name"] for one in data_of(page)["charts"][0]["data"])


@pytest.mark.slow
def test_in_chromium(folder: Path, tmp_path: Path) -> None:
    with Browser(tmp_path / "profile") as page:
        for width in (1280, 400):
            page.open(folder / NAME, width)
            page.run("window.dispatchEvent(new Event('beforeprint'))")
            page.run("window.dispatchEvent(new Event('afterprint'))")
            page.run("new Promise(done => setTimeout(done, 1500))")
            assert page.run(CUT) == []
            assert page.run("document.documentElement.scrollWidth <= window.innerWidth")
            assert page.errors == []
