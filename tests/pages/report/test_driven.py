"""The report as a reader uses it: mouse and keys in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ionfo.pages.report.page import NAME

from ..browser import Browser
from .test_page import CUT

Analysed = tuple[Path, Path]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture
def page(browser: Browser, analysed: Analysed) -> Iterator[Browser]:
    """The exploring part of the page at 1280 pixels, drawn and with nothing selected."""
    browser.open(analysed[0] / NAME, 1280, 1000)
    browser.run("document.getElementById('explore').scrollIntoView()")
    browser.wait("document.querySelectorAll('#lines .drag, #histogram .drag').length > 1")
    browser.errors.clear()
    yield browser
    assert browser.errors == []


def drag(page: Browser, chart: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag between two places given as shares of a chart's plot area, from its upper left."""
    page.run(f"document.getElementById('{chart}').scrollIntoView({{ block: 'center' }})")
    left, top, width, height = page.run(
        f"(() => {{ const r = document.querySelector('#{chart} .nsewdrag')"
        ".getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; })()"
    )
    page.drag(
        (left + start[0] * width, top + start[1] * height),
        (left + end[0] * width, top + end[1] * height),
    )
    settle(page)


def settle(page: Browser) -> None:
    """Let the page draw what was asked, also what it draws in answer to its own drawing."""
    page.run("new Promise(done => setTimeout(done, 400))")


def selected(page: Browser) -> int:
    """Give how many models the page says are selected."""
    told = str(page.run("document.getElementById('chosen').textContent"))
    return int(told.split(" of ")[0]) if "selected" in told else 0


def orange(page: Browser) -> tuple[int, int, int]:
    """Count the selected models in scatter, lines and histogram, as they are drawn."""
    scatter = page.run("(document.getElementById('scatter').data[0].selectedpoints || []).length")
    lines = page.run(
        "new Set(document.getElementById('lines').data[1].customdata.filter(i => i >= 0)).size"
    )
    bars = page.run("((document.getElementById('histogram').data[1] || {}).x || []).length")
    return int(scatter), int(lines), int(bars)


@pytest.mark.parametrize("chart", ["scatter", "lines", "histogram"])
def test_a_drag_selects_in_every_chart(page: Browser, chart: str) -> None:
    drag(page, chart, (0.15, 0.15), (0.6, 0.6))
    n = selected(page)
    assert n > 0
    scatter, lines, bars = orange(page)
    assert scatter == bars == n and lines == min(n, 300)


@pytest.mark.parametrize("chart", ["scatter", "lines", "histogram"])
def test_other_axes_keep_the_selection(page: Browser, chart: str) -> None:
    drag(page, chart, (0.15, 0.15), (0.6, 0.6))
    before = selected(page)
    assert before > 0
    for menu, choice in (("x-axis", 2), ("y-axis", 3), ("x-axis", 4)):
        page.run(
            f"(() => {{ const menu = document.getElementById('{menu}'); menu.selectedIndex = "
            f"{choice}; menu.dispatchEvent(new Event('change')); }})()"
        )
        settle(page)
        assert selected(page) == before and orange(page)[0] == before


def test_a_drag_after_another_replaces_the_selection(page: Browser) -> None:
    drag(page, "scatter", (0.1, 0.1), (0.9, 0.9))
    first = selected(page)
    drag(page, "lines", (0.4, 0.2), (0.5, 0.25))
    assert 0 < selected(page) < first


def test_lines_select_all_models_that_pass_not_only_those_drawn(page: Browser) -> None:
    # the box spans the first row alone: one parameter between two positions
    n_rows = page.run("document.getElementById('lines').layout.yaxis.tickvals.length")
    drag(page, "lines", (0.3, 0.0), (0.7, 0.9 / n_rows))
    low, high = page.run(
        "(() => { const a = document.getElementById('lines')._fullLayout.xaxis.range;"
        " return [a[0] + 0.3 * (a[1] - a[0]), a[0] + 0.7 * (a[1] - a[0])]; })()"
    )
    column = "JSON.parse(document.getElementById('data').textContent).explore.columns[0]"
    first = page.run(column)
    floor, ceiling = first["bounds"]
    inside = [low < (v - floor) / (ceiling - floor) < high for v in first["values"]]
    assert abs(selected(page) - sum(inside)) <= 3 and sum(inside) > 20  # to a pixel of the drag


def test_the_strongest_pair_is_shown_first(page: Browser) -> None:
    # the fixture makes the second parameter follow the first
    shown = [page.run(f"document.getElementById('{one}').value") for one in ("x-axis", "y-axis")]
    assert shown == ["g_pas.somatic", "gIhbar_Ih.somatic"]


def test_double_click_and_button_clear(page: Browser) -> None:
    for chart in ("scatter", "lines", "histogram"):
        drag(page, chart, (0.15, 0.15), (0.6, 0.6))
        assert selected(page) > 0
        x, y = page.run(
            f"(() => {{ const r = document.querySelector('#{chart} .nsewdrag')"
            ".getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2]; })()"
        )
        page.click(x, y, 2)
        settle(page)
        assert selected(page) == 0 and orange(page) == (0, 0, 0), chart
    drag(page, "scatter", (0.15, 0.15), (0.6, 0.6))
    page.run("document.getElementById('clear').click()")
    settle(page)
    assert selected(page) == 0 and orange(page) == (0, 0, 0)


def test_keys_select_a_range_and_clear_it(page: Browser) -> None:
    page.run("document.getElementById('from').focus()")
    middle = page.run(
        "(() => { const c = JSON.parse(document.getElementById('data').textContent)"
        ".explore.columns.find(c => c.name === document.getElementById('x-axis').value);"
        " const v = c.values.slice().sort((a, b) => a - b); return v[v.length >> 1]; })()"
    )
    page.type(str(middle))
    page.press("Enter")
    settle(page)
    n = int(page.run("document.getElementById('scatter').data[0].x.length"))
    assert selected(page) == pytest.approx(n / 2, abs=0.05 * n)
    page.run("document.getElementById('clear').focus()")
    page.press("Enter")
    settle(page)
    assert selected(page) == 0


def test_tab_reaches_every_chart_and_each_is_described(page: Browser) -> None:
    charts = page.run(
        "Array.from(document.querySelectorAll('.chart')).map(c => "
        "[c.tabIndex, c.getAttribute('role'), c.getAttribute('aria-label')])"
    )
    assert len(charts) > 8
    for index, role, label in charts:
        assert (index, role) == (0, "group") and len(label) > 15


COLOURS = """(() => {
  const found = new Set();
  const ground = { body: getComputedStyle(document.body).backgroundColor,
    panel: getComputedStyle(document.querySelector("figure")).backgroundColor,
    caution: getComputedStyle(document.querySelector(".caution") || document.body).backgroundColor };
  for (const one of document.querySelectorAll("p, h2, h3, td, th, li, a, summary, figcaption")) {
    const on = one.closest(".caution") ? "caution" : one.closest("figure") ? "panel" : "body";
    found.add(getComputedStyle(one).color + "|" + ground[on]);
  }
  for (const one of document.querySelectorAll(
      ".xtick text, .ytick text, .xtitle, .ytitle, .legendtext, .annotation-text")) {
    found.add(getComputedStyle(one).fill + "|" + ground.panel);
  }
  return Array.from(found);
})()"""


def contrast(first: str, second: str) -> float:
    """Give the contrast of two CSS colours, as the Web Content Accessibility Guidelines do."""

    def luminance(colour: str) -> float:
        parts = [float(one) / 255 for one in re.findall(r"[\d.]+", colour)[:3]]
        linear = [
            one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_known_colours() -> None:
    assert contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)") == pytest.approx(21.0)
    assert contrast("rgb(119, 119, 119)", "rgb(255, 255, 255)") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("dark", [False, True])
def test_words_can_be_read(browser: Browser, analysed: Analysed, width: int, dark: bool) -> None:
    browser.errors.clear()
    browser.open(analysed[0] / NAME, width, dark=dark)
    browser.run("window.dispatchEvent(new Event('beforeprint'))")  # draws all, also what is folded
    browser.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    browser.run("window.dispatchEvent(new Event('resize'))")
    browser.run("dispatchEvent(new Event('afterprint'))")
    browser.run("new Promise(done => setTimeout(done, 1500))")
    pairs = [one.split("|") for one in browser.run(COLOURS)]
    assert len(pairs) >= 4
    poor = [(one, round(contrast(*one), 2)) for one in pairs if contrast(*one) < 4.5]
    assert poor == []
    sizes = browser.run(
        "Array.from(document.querySelectorAll('.xtick text, .ytick text'))"
        ".map(t => parseFloat(getComputedStyle(t).fontSize))"
    )
    assert len(sizes) > 50 and min(sizes) >= 11
    assert browser.run("document.documentElement.scrollWidth <= window.innerWidth")
    assert browser.errors == []


def test_it_prints_whole_and_on_white(browser: Browser, analysed: Analysed) -> None:
    browser.errors.clear()
    browser.open(analysed[0] / NAME, 760, dark=True)  # about the width of a sheet
    pdf = browser.print()
    assert pdf[:4] == b"%PDF" and pdf.count(b"/Type /Page\n") >= 5
    browser.for_paper()
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    browser.run("new Promise(done => setTimeout(done, 1500))")
    n_charts = browser.run("document.querySelectorAll('.chart').length")
    assert browser.run("document.querySelectorAll('.chart svg.main-svg').length") >= n_charts
    assert browser.run(CUT) == []
    assert browser.run("document.querySelectorAll('details:not([open])').length") == 0
    assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.errors == []
