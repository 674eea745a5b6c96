"""The explorer, driven by mouse and keys in a browser: what is touched does what it says."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

pytest.importorskip("dash", reason="needs the explore extra")

from ionfo.pages.explorer.server import Server, serve
from ionfo.sampling.evaluation.watched import CellProcess
from ionfo.studies.explore import read_explored
from ionfo.tables.files import write_table

from ..browser import Browser
from ..conftest import SOMA, population

pytestmark = [pytest.mark.neuron, pytest.mark.slow]

GROUP = ["g_pas.somatic", "gIhbar_Ih.somatic", "gNaTgbar_NaTg.somatic"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("explore")
    file = folder / "population <of> soma.parquet"
    population(file)
    (folder / "analysis").mkdir()
    (folder / "analysis" / "summary.json").write_text(json.dumps({"population": file.name}))
    groups = pd.DataFrame({"order": [3], "side": ["lowest"], "rank": [1], "raw_nats": [-0.2],
                           "multiplet": [" ".join(GROUP)], "p_adjusted": [0.01]})  # fmt: skip
    write_table(folder / "analysis" / "o_information_extremes.parquet", groups, {})
    found = serve(read_explored(file))
    found.start()
    yield found
    found.stop()


@pytest.fixture
def page(server: Server, tmp_path: Path) -> Iterator[Browser]:
    with Browser(tmp_path / "profile") as browser:
        browser.open(server.address, 1200)
        browser.wait("window.ionfoExplorer && window.ionfoExplorer.ready")
        yield browser
        assert browser.errors == []


def text(page: Browser, key: str) -> str:
    return str(page.run(f"document.getElementById('{key}').textContent"))


def press(page: Browser, key: str) -> None:
    page.run(f"document.getElementById('{key}').click()")


def place(page: Browser, key: str) -> dict[str, float]:
    page.run(f"document.getElementById('{key}').scrollIntoView({{block: 'center'}})")
    found: dict[str, float] = json.loads(
        page.run(f"JSON.stringify(document.getElementById('{key}').getBoundingClientRect())")
    )
    return found


def test_a_selection_is_shown_everywhere(page: Browser) -> None:
    everything = text(page, "selected")
    assert everything.startswith("449") and " of " in everything
    at = place(page, "scatter")
    page.drag((at["x"] + 200, at["y"] + 60), (at["x"] + 600, at["y"] + 300))
    page.wait("document.getElementById('selected').textContent !== " + json.dumps(everything))
    n = int(text(page, "selected").split(" of ")[0])
    drawn = "document.getElementById('scatter').data[0].selectedpoints.length"
    assert 0 < n == page.run(drawn)
    assert page.run("document.getElementById('strip').data[5].x.some(Number.isFinite)")
    # along an axis of the lines it becomes smaller
    at = place(page, "lines")
    middle = at["x"] + 60 + (at["width"] - 80) * 1.5 / 12
    page.drag((middle - 25, at["y"] + 30), (middle + 25, at["y"] + 150))
    page.wait("window.ionfoExplorer.filters.ranges.size > 0")
    page.wait(f"parseInt(document.getElementById('selected').textContent) < {n}")
    press(page, "keep-first")
    press(page, "clear")
    page.wait("document.getElementById('selected').textContent === " + json.dumps(everything))
    press(page, "keep-second")
    page.wait("document.getElementById('contrast').textContent.includes('95 % interval')")


def test_a_group_lights_up_and_a_band_selects(page: Browser) -> None:
    page.run("dash_clientside.set_props('group', {value: 0})")
    lit = "document.getElementById('lines').layout.xaxis.ticktext.filter(t => t.includes('<b>'))"
    page.wait(f"{lit}.length === 3")
    page.wait(f"document.getElementById('link').value.includes('across={GROUP[0]}')")
    page.run(f"dash_clientside.set_props('band', {{value: '{SOMA.feature_names[0]}'}})")
    page.wait("window.ionfoExplorer.filters.band !== null")
    page.wait("!document.getElementById('selected').textContent.startsWith('449')")


def test_one_model_is_simulated_moved_and_set_beside_its_twin(page: Browser) -> None:
    press(page, "simulate")
    page.wait("document.getElementById('message').textContent.includes('choose a model first')")
    at = place(page, "row")
    assert at["width"] > 80
    page.click(at["x"] + 20, at["y"] + at["height"] / 2)
    page.type("3")
    page.press("Enter")
    page.wait("document.getElementById('neighbours').textContent.includes('put beside')")
    press(page, "simulate")
    page.wait("document.getElementById('scores').textContent.includes('model 3: cost')")
    page.run("dash_clientside.set_props('protocol', {value: 'Step_140'})")
    n_traces = "document.querySelector('#traces .js-plotly-plot').data.length"
    page.wait(f"{n_traces} === 1")
    names = "document.querySelector('#currents .js-plotly-plot').data.map(one => one.name)"
    assert "Kv3.1" in page.run(names)
    page.run(f"dash_clientside.set_props('moved', {{value: '{GROUP[0]}'}})")
    page.wait("document.getElementById('compensation').textContent.includes('Ih')")
    press(page, "move")
    page.wait(f"{n_traces} === 2")
    press(page, "compensate")
    page.wait(f"{n_traces} === 3")
    dotted = "document.querySelector('#traces .js-plotly-plot').layout.annotations[0].text"
    assert page.run(dotted) == "spike threshold -20 mV"
    page.run("document.querySelector('#neighbours button').click()")
    page.wait("document.getElementById('scores').textContent.split('cost').length > 4")
    link = str(page.run("document.getElementById('link').value"))
    assert "row=3" in link and "protocol=Step_140" in link
    page.open(link, 400, dark=True)  # the same view, on a phone at night
    page.wait("window.ionfoExplorer && window.ionfoExplorer.ready")
    page.wait("document.getElementById('row').value === '3'")
    assert page.run("document.documentElement.scrollWidth") <= 400
    ink = "document.getElementById('scatter').layout.font.color"
    page.wait(f"{ink} === '#e6e9ee'")


def write(page: Browser, key: str, written: str) -> None:
    """Write into a field instead of what stands there."""
    at = place(page, key)
    page.click(at["x"] + 20, at["y"] + at["height"] / 2, times=2)
    page.run(f"document.getElementById('{key}').select()")
    page.type(written)
    page.press("Enter")


def test_what_stands_in_the_field_is_what_is_used(page: Browser) -> None:
    page.run(f"dash_clientside.set_props('moved', {{value: '{GROUP[0]}'}})")
    field = "document.getElementById('value').value"
    low, high = next(p.bounds for p in SOMA.free_parameters if p.name == GROUP[0] if p.bounds)
    middle = read_middle(page, GROUP[0])
    page.wait(f"Math.abs({field} / {middle} - 1) < 1e-3")  # nothing is chosen: the median
    wanted = f"{low + 0.8 * (high - low):.3g}"
    told = "document.getElementById('compensation-told').textContent"
    for row in (3, 7):
        write(page, "value", wanted)
        page.wait(f"{told}.includes('at {float(wanted):.4g},')")
        page.run(f"dash_clientside.set_props('row', {{value: {row}}})")
        page.wait(f"document.getElementById('chosen').textContent === 'model {row} chosen'")
        assert page.run(f"{field} === '{wanted}'")  # it was set for this parameter
    assert page.run("document.getElementById('scatter').layout.shapes.at(-1).type === 'circle'")
    # another parameter begins with the model's own value, and so does this one again
    for name in (GROUP[1], GROUP[0]):
        page.run(f"dash_clientside.set_props('moved', {{value: '{name}'}})")
        page.wait(f"document.getElementById('link').value.includes('{name}')")
        page.wait(f"{field} !== '{wanted}'")
    write(page, "value", wanted)
    page.wait(f"{told}.includes('at {float(wanted):.4g},')")
    for wrong in ("99", "abc"):
        write(page, "value", wrong)
        page.wait(f"{told}.includes('must lie within its bounds')")


def read_middle(page: Browser, name: str) -> float:
    found = page.run(
        "fetch('models.json').then(a => a.json())"
        f".then(all => all.columns.find(one => one.name === '{name}').median)"
    )
    return float(found)


def test_where_the_slider_is_released_is_what_is_used(page: Browser) -> None:
    place(page, "fraction")
    thumb, track = (
        json.loads(page.run(f"JSON.stringify({one}.getBoundingClientRect())"))
        for one in ("document.querySelector('#fraction [role=slider]')",
                    "document.getElementById('fraction')")
    )  # fmt: skip
    name = str(page.run("new URL(document.getElementById('link').value).searchParams.get('moved')"))
    low, high = next(p.bounds for p in SOMA.free_parameters if p.name == name if p.bounds)
    y = thumb["y"] + thumb["height"] / 2
    for end in (0.3, 0.06, 0.9):
        now = page.run("document.querySelector('#fraction [role=slider]')"
                       ".getBoundingClientRect().x")  # fmt: skip
        page.drag((now + thumb["width"] / 2, y), (track["x"] + end * track["width"], y))
    at = "Number(document.querySelector('#fraction [role=slider]').ariaValueNow)"
    field = "Number(document.getElementById('value').value)"
    page.wait(f"Math.abs({low} + {at} * {high - low} - {field}) < {2e-3 * (high - low)}")
    assert page.run(at) > 0.8


def test_what_is_cancelled_leaves_and_does_not_come_back(
    page: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hold(_process: CellProcess, timeout: float = 0.0) -> None:
        time.sleep(timeout)  # takes in no news, so nothing is done

    write(page, "row", "3")
    page.wait("document.getElementById('chosen').textContent === 'model 3 chosen'")
    page.run(f"dash_clientside.set_props('moved', {{value: '{GROUP[1]}'}})")
    bounds = next(p.bounds for p in SOMA.free_parameters if p.name == GROUP[1])
    assert bounds is not None
    write(page, "value", f"{0.3 * bounds[0] + 0.7 * bounds[1]:.3g}")
    drawn = "document.querySelector('#bars .js-plotly-plot').data.map(one => one.name)"
    with monkeypatch.context() as patch:
        patch.setattr(CellProcess, "look", hold)
        press(page, "move")
        page.wait(f"{drawn}.some(one => one && one.startsWith('Ih (soma)'))")
        press(page, "compensate")
        page.wait(f"{drawn}.some(one => one && one.includes('others moved too'))")
        page.wait("!document.getElementById('cancel').disabled")
        page.wait("document.getElementById('progress-told').textContent.includes("
                  "'1 running, ')")  # fmt: skip
        assert "what was changed in model 3" in text(page, "changed")
        press(page, "cancel")
        page.wait("document.getElementById('cancel').disabled")
        page.wait(f"!{drawn}.some(one => one && one.includes('others moved too'))")
    press(page, "simulate")
    page.wait("document.getElementById('scores').textContent.includes('model 3: cost')")
    assert page.run("document.querySelector('#traces .js-plotly-plot').data.length") == 1
    assert "score of the worst feature" in text(page, "scores")
    press(page, "compensate")
    page.wait("document.getElementById('moved-told').textContent.includes('others moved too')")
    assert "mend" in text(page, "moved-told")


def test_selected_models_are_drawn_as_lines(page: Browser) -> None:
    page.run("window.ionfoExplorer.filters.rows = [...Array(10).keys()].map(i => 40 * i + 1)")
    page.run("window.ionfoExplorer.select()")
    page.wait("document.getElementById('selected').textContent.startsWith('10 of 449')")
    lines = "document.getElementById('lines').data[1].x.filter(one => one === null).length"
    assert page.run(lines) == 10
    assert text(page, "selected").endswith("lines show them all")


def test_a_page_tells_that_its_explorer_has_ended(tmp_path: Path) -> None:
    population(tmp_path / "population.parquet")
    server = serve(read_explored(tmp_path / "population.parquet"))
    server.start()
    with Browser(tmp_path / "profile") as browser:
        browser.open(server.address, 1200)
        browser.wait("window.ionfoExplorer && window.ionfoExplorer.ready")
        asked = server.guard.last
        browser.run("fetch('alive')")
        assert server.guard.last == asked
        server.stop()
        browser.wait("document.getElementById('message').textContent.includes('has ended')")


def test_keys_reach_everything_and_names_stay_text(page: Browser) -> None:
    seen: list[Any] = []
    for _ in range(30):
        page.press("Tab")
        seen.append(page.run("document.activeElement.id || document.activeElement.className"))
    assert {"clear", "scatter", "strip"} <= set(seen)
    assert text(page, "react-entry-point").count("population <of> soma.parquet") == 1
    loaded = page.run("performance.getEntriesByType('resource').map(one => one.name)")
    own = page.run("window.location.origin")
    assert all(one.startswith((own, "data:", "blob:")) for one in loaded)
