"""The report: whole, self-contained, right in its numbers, and drawn by a browser."""

from __future__ import annotations

import html
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionfo.errors import IonfoError
from ionfo.pages.report.charts import by_order, heat_map, spread
from ionfo.pages.report.explore import MOST_MODELS, explore_data
from ionfo.pages.report.page import NAME, page_text
from ionfo.pages.report.tables import Material, read_material
from ionfo.sampling.runs.quality import Quality, quality_of
from ionfo.tables.files import read_table, write_table

from ..browser import Browser

Analysed = tuple[Path, Path]


@pytest.fixture(scope="session")
def material(analysed: Analysed) -> Material:
    return read_material(*analysed)


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_analyse_writes_the_page(analysed: Analysed) -> None:
    page = analysed[0] / NAME
    assert 1e6 < page.stat().st_size < 10e6
    assert not list(analysed[0].glob(".*"))  # nothing half-written


def test_nothing_is_loaded(analysed: Analysed) -> None:
    page = (analysed[0] / NAME).read_text()
    assert "default-src 'none'" in page
    own = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)  # not the charts' library
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", own) and "@import" not in own
    assert "url(" not in own


def test_every_part_is_there(analysed: Analysed) -> None:
    page = (analysed[0] / NAME).read_text()
    for key in ("summary", "sampling", "explore", "distributions", "traces", "pairs",
                "o_information", "redundancy_synergy", "methods"):  # fmt: skip
        assert f'<section id="{key}">' in page and f'href="#{key}"' in page
    data = data_of(page)
    places = [int(one) for one in re.findall(r'data-chart="(\d+)"', page)]
    # parameters, features, two steps, pairs, their network, curves, two maps, RSI, the cell; folded: features
    # by parameters, two maps of RSI, components and their loadings
    assert places == list(range(len(data["charts"]))) and len(places) == 16


def test_words_of_others_cannot_become_markup(analysed: Analysed) -> None:
    page = (analysed[0] / NAME).read_text()
    assert "population <of> soma" not in page and "population &lt;of&gt; soma" in page


def test_a_column_cannot_end_the_script(material: Material) -> None:
    name = "</script><b>.somatic"
    renamed = Material(
        material.name,
        {**material.summary, "parameters": [name, *material.parameters[1:]]},
        {},
        material.population.rename(columns={f"parameters/{material.parameters[0]}":
                                            f"parameters/{name}"}),
        {},
        None,
    )  # fmt: skip
    page = page_text(renamed)
    assert name not in page
    assert data_of(page)["explore"]["columns"][0]["name"] == name


def test_numbers_in_words_are_those_of_the_tables(analysed: Analysed) -> None:
    folder, _ = analysed
    words = html.unescape((folder / NAME).read_text().partition('id="sampling"')[0])
    curves, _ = read_table(folder / "o_information_curves.parquet")
    lowest = curves[curves["statistic"] == "min"].sort_values("corrected_nats").iloc[0]
    assert (
        f"lowest value is {lowest['corrected_nats']:+.3f} nats at order {lowest['order']}" in words
    )
    summary = json.loads((folder / "summary.json").read_text())
    assert f"{summary['rows']} models ({summary['distinct_rows']} distinct" in words
    assert f"{summary['significant_pairs']} of 55 pairs" in words


@pytest.mark.parametrize(("spanned", "is_short"), [(1.8, True), (80.0, False)])
def test_short_chains_are_told(material: Material, spanned: float, is_short: bool) -> None:
    summary = {**material.summary, "effective_sample_size": 173.0, "spanned_tau": spanned}
    page = html.unescape(page_text(replace(material, summary=summary)))
    told = re.findall(r"(?:sample size|analysed) (at most )?173\b", page)
    assert told == ["at most " if is_short else ""] * 2
    assert ("spans 1.8 autocorrelation times, less than 50" in page) == is_short


def test_methods_can_be_pasted(analysed: Analysed) -> None:
    told = html.unescape((analysed[0] / NAME).read_text().partition('id="methods"')[2])
    for words in ("emcee, 75 % stretch and 25 % de moves) in 1 ensemble of 20 walkers, 60 steps of 4 "
                  "proposals each (of 120 that were asked for), seed 3", "T = 0.5",
                  "the largest score in standard deviations", "cost of at most 9",
                  "a search of up to 90 evaluations", "learned from 700 evaluations",
                  "The first 5 steps were dropped (drift)", "6 column-wise shuffles",
                  "Gaussian copula estimator was computed beside it",
                  "3 nearest neighbours of ranks", "Both estimators know a table by its pairs",
                  "Positive O-information and RSI mean redundancy", "ionfo 0.1.0, neuron 9",
                  "Reva et al. (2025)"):  # fmt: skip
        assert words in told, words


def test_traces_of_another_population_are_left_out(
    analysed: Analysed, material: Material, tmp_path: Path
) -> None:
    folder, file = analysed
    assert material.traces is not None and material.outline is not None
    shutil.copytree(folder, tmp_path / "copy")
    traces = tmp_path / "copy" / "traces.parquet"
    write_table(traces, read_table(traces)[0], {"population": "another"})
    assert read_material(tmp_path / "copy", tmp_path / "copy" / file.name).traces is None


def test_population_that_has_changed_since_is_refused(analysed: Analysed, tmp_path: Path) -> None:
    folder, file = analysed
    shutil.copytree(folder, tmp_path / "copy")
    other = tmp_path / "copy" / file.name
    frame, metadata = read_table(other)
    write_table(other, frame.iloc[1:], metadata)
    with pytest.raises(IonfoError, match="it has changed since"):
        read_material(tmp_path / "copy", other)


def test_mistakes(analysed: Analysed, tmp_path: Path) -> None:
    folder, file = analysed
    with pytest.raises(IonfoError, match="holds no analysis"):
        read_material(tmp_path, file)
    shutil.copy(file, tmp_path / "other.parquet")
    with pytest.raises(IonfoError, match="not of 'other.parquet'"):
        read_material(folder, tmp_path / "other.parquet")


def test_quality_of_known_chains() -> None:
    rng = np.random.default_rng(0)
    n_walkers, n_steps = 8, 400
    values = rng.standard_normal((n_walkers, n_steps))
    apart = values + 5 * np.arange(n_walkers)[:, None]
    frame = pd.DataFrame({
        "parameters/good": values.ravel(), "parameters/bad": apart.ravel(), "weight": 1,
        "ensemble": np.repeat(np.arange(n_walkers) // 4, n_steps),
        "walker": np.repeat(np.arange(n_walkers), n_steps),
        "step": np.tile(np.arange(n_steps), n_walkers),
    })  # fmt: skip
    found = quality_of(frame)
    assert (found.n_walkers, found.n_steps, found.acceptance) == (n_walkers, n_steps, 1.0)
    good, bad = found.parameters.to_dict("records")
    # independent draws: R-hat is 1 and every draw counts, to the noise of 3,200 of them
    assert good["r_hat"] == pytest.approx(1.0, abs=0.01)
    assert good["ess"] == pytest.approx(n_walkers * n_steps, rel=0.2)
    assert bad["r_hat"] > 1.5 and bad["ess"] < 100
    assert found.r_hat_beside is not None
    assert max(found.r_hat_beside.values()) > 1.05 and not found.agree
    kept = json.loads(json.dumps(found.to_json()))
    assert Quality.from_json(kept, len(frame)).to_json() == kept
    alone = quality_of(frame.assign(ensemble=0)).parameters
    assert alone["r_hat"].isna().all()  # one ensemble
    broken = quality_of(frame.drop(index=[7, 500, 2000]))
    assert (broken.n_walkers, broken.n_steps) == (n_walkers, 0)  # gaps: no proposals in a row
    good, bad = broken.parameters.to_dict("records")
    assert good["r_hat"] == pytest.approx(1.0, abs=0.01) and np.isnan(good["ess"])
    # as of the whole chains, whose starts differ as much
    assert bad["r_hat"] == pytest.approx(found.parameters["r_hat"][1], rel=0.01)
    early, late = frame["step"] < 200, frame["ensemble"] == 1
    drifting = frame.assign(**{"parameters/good": frame["parameters/good"] + 3 * (early & late)})
    assert quality_of(drifting.drop(index=7)).parameters["r_hat"][0] > 1.2  # halves differ
    assert not len(quality_of(frame.drop(columns="ensemble")).parameters)
    assert not len(quality_of(frame.assign(ensemble=0).drop(index=7)).parameters)


def test_charts_hold_what_was_given() -> None:
    values = np.arange(101.0)
    chart = spread({"a": values}, np.ones(101), {"a": "told"}, {})
    assert chart["data"][0]["x"][:2] == [5.0, 95.0] and chart["data"][2]["x"] == [50.0]
    weighted = spread({"a": values}, np.where(values == 7, 1e6, 1.0), {"a": "told"}, {})
    assert weighted["data"][2]["x"] == [7.0]
    matrix = np.array([[np.nan, -2.0], [1.0, np.nan]])
    data = heat_map(matrix, ["a", "b"], ["a", "b"], [["", ""]] * 2, "nats", True)["data"][0]
    assert data["z"] == [[None, -2.0], [1.0, None]] and (data["zmin"], data["zmax"]) == (-2.0, 2.0)


def test_without_a_null_only_raw_values_are_drawn() -> None:
    curves = pd.DataFrame({"order": [3, 4], "statistic": "min", "raw_nats": [0.1, 0.2]})
    (line,) = by_order(curves, "O", ["min"])["data"]
    assert line["y"] == [0.1, 0.2] and "raw" in line["name"]


def test_large_populations_are_drawn_by_weight(material: Material) -> None:
    big = pd.concat([material.population] * 6, ignore_index=True)
    found = explore_data(Material(material.name, material.summary, {}, big, {}, material.emodel))
    assert len(found["models"]) == MOST_MODELS == len(set(found["models"]))
    assert len(found["columns"][0]["values"]) == MOST_MODELS and found["all"] == len(big)


# -- in a browser -------------------------------------------------------------------------------

CUT = """(() => {
  const cut = [];
  for (const chart of document.querySelectorAll(".chart")) {
    const room = chart.getBoundingClientRect();
    for (const words of chart.querySelectorAll(
        ".xtitle, .ytitle, .legendtext, .xtick text, .ytick text, .cbtitle, .annotation-text")) {
      const box = words.getBoundingClientRect();
      if (box.width && (box.left < room.left - 2 || box.right > room.right + 2
          || box.top < room.top - 2 || box.bottom > room.bottom + 2)) {
        cut.push(words.textContent);
      }
    }
  }
  return cut;
})()"""


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 400])
def test_in_chromium(analysed: Analysed, tmp_path: Path, width: int) -> None:
    n_models = len(data_of((analysed[0] / NAME).read_text())["explore"]["models"])
    with Browser(tmp_path / "profile") as page:
        page.open(analysed[0] / NAME, width)
        # draws all charts, also those out of sight
        page.run("window.dispatchEvent(new Event('beforeprint'))")
        page.run("window.dispatchEvent(new Event('afterprint'))")
        told = []
        for chart, points in (
            ("scatter", "[{ pointNumber: 3 }, { pointNumber: 5 }]"),
            ("lines", "[{ customdata: 7 }, { customdata: -1 }]"),
        ):
            page.run("new Promise(done => setTimeout(done, 1500))")
            page.run(
                f"void document.getElementById('{chart}').emit('plotly_selected', "
                f"{{ points: {points} }})"
            )
            page.run("new Promise(done => setTimeout(done, 500))")
            told.append(page.run("document.getElementById('chosen').textContent"))
            told.append(page.run(
                "document.getElementById('lines').data[1].customdata.filter(i => i === 5).length"
                if chart == "scatter" else
                "document.getElementById('scatter').data[0].selectedpoints"
            ))  # fmt: skip
        page.run("document.getElementById('clear').click()")
        told.append(page.run("document.getElementById('chosen').textContent"))
        page.run(
            "(() => { const menu = document.querySelector('select[data-shows]');"
            " menu.selectedIndex = 1; menu.dispatchEvent(new Event('change')); })()"
        )
        told.append(page.run("document.documentElement.scrollWidth <= window.innerWidth"))
        told.append(page.run("document.querySelectorAll('.chart svg.main-svg').length"))
        told.append(page.run(CUT))
        assert page.errors == []
    assert told[0] == f"2 of {n_models} models selected" and told[1] == 11
    assert told[2:4] == [f"1 of {n_models} models selected", [7]]
    assert told[4].startswith(f"{n_models} models; drag")
    assert told[5] is True, "the page is wider than its window"
    assert told[6] >= 12  # all charts but the other steps
    assert told[7] == []  # words that stick out of their charts
