"""Write the page: words, tables and charts in one HTML file that needs nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from ...sampling.runs.quality import known_quality
from ...tables.files import write_text
from . import sections, words
from .answers import in_short
from .charts import Chart
from .choices import choices
from .explore import explore_data
from .methods import methods
from .more import components
from .section import Cell, Section
from .tables import Material

NAME = "report.html"
# nothing may be loaded, so the page shows the same on a train and in ten years
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:"
)


def write_page(folder: Path, material: Material) -> Path:
    """Write the report of an analysis.

    Parameters
    ----------
    folder : Path
        Of the analysis; the page is written beside its tables.
    material : Material
        What to show.

    Returns
    -------
    Path
        The page.
    """
    path = folder / NAME
    write_text(path, page_text(material, sorted(p.name for p in folder.iterdir() if p.is_file())))
    return path


def page_text(material: Material, beside: Sequence[str] = ()) -> str:
    """Compose the page.

    Parameters
    ----------
    material : Material
        What to show.
    beside : sequence of str
        Names of the files to link to.
    """
    quality = known_quality(material.population, material.metadata)
    settles = "still settling" in (quality.verdict, material.summary.get("chains"))
    material = replace(material, is_settling=settles)
    parts = [
        in_short(material, quality, words.cautions(material, quality)),
        words.in_words(material),
        words.sampling(material, quality),
        sections.distributions(material),
        sections.traces(material),
        sections.pairs(material),
        sections.o_information(material),
        sections.redundancy_synergy(material),
        choices(material),
        components(material),
        methods(material, quality),
    ]
    charts: list[Chart] = []
    explore = explore_data(material)
    body = []
    for part in parts:
        body.append(_section(part, charts))
        if part.key == "sampling":
            body.append(_explore(explore))
    body.append(_files(beside))
    data = {"charts": charts, "explore": explore}
    title = f"{material.name}: population report"
    links = [(part.key, part.title) for part in parts]
    links.insert(3, ("explore", "Explore"))
    if any(name != NAME for name in beside):
        links.append(("files", "Files"))
    nav = "".join(f'<a href="#{key}">{escape(name)}</a>' for key, name in links)
    about = "" if material.emodel is None else f"e-model {material.emodel.name}, "
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            f"<style>{_resource('page.css')}</style>",
            "</head><body>",
            f"<header><h1>{escape(title)}</h1>",
            f'<p class="soft">{escape(about)}ionfo {version("ionfo")}</p></header>',
            f'<nav aria-label="Parts of this page">{nav}</nav>',
            f"<main>{''.join(body)}</main>",
            f'<script type="application/json" id="data">{_embedded(data)}</script>',
            f"<script>{_plotly()}</script>",
            f"<script>{_resource('page.js')}</script>",
            "</body></html>",
            "",
        ]
    )


def _section(part: Section, charts: list[Chart]) -> str:
    text = [f'<section id="{part.key}"><h2>{escape(part.title)}</h2>']
    if part.cautions:
        listed = "".join(f"<li>{_prose(one)}</li>" for one in part.cautions)
        text.append(
            f'<div class="caution" role="note"><strong>Caution</strong><ul>{listed}</ul></div>'
        )
    for question, answers in part.questions:
        text.append(f"<h3>{escape(question)}</h3>")
        text += [f"<p>{_prose(one)}</p>" for one in answers]
    for i, words_ in enumerate(part.words):
        if part.key == "methods":
            text.append(
                f'<p class="told" id="told-{i}">{escape(words_)}</p>'
                f'<button data-copies="told-{i}">copy</button>'
            )
        else:
            text.append(f"<p>{_prose(words_)}</p>")
    is_menu = part.key == "traces" and len(part.charts) > 1
    if is_menu:
        shown = "".join(
            f"<option>{escape(caption.partition(':')[0])}</option>" for caption, _ in part.charts
        )
        text.append(
            f'<p class="controls"><label>stimulus <select data-shows="{part.key}">{shown}</select>'
            "</label></p>"
        )
    text += [_figure(one, charts, part.key if is_menu else "") for one in part.charts]
    for caption, head, rows in part.tables:
        text.append(_table(caption, head, rows))
    if part.folded:
        inside = "".join(_figure(one, charts) for one in part.folded)
        many = f"{len(part.folded)} more chart{'s' if len(part.folded) > 1 else ''}"
        text.append(f"<details><summary>{escape(many)}</summary>{inside}</details>")
    if part.terms:
        terms = "".join(
            f"<dt>{escape(term)}</dt><dd>{escape(meaning)}</dd>" for term, meaning in part.terms
        )
        text.append(f"<details><summary>What the words mean</summary><dl>{terms}</dl></details>")
    text.append("</section>")
    return "".join(text)


def _prose(text: str) -> str:
    """Give text as HTML, with what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _figure(one: tuple[str, Chart], charts: list[Chart], group: str = "") -> str:
    caption, chart = one
    data = f' data-group="{group}"' if group else ""
    place = _chart(caption, f"chart-{len(charts)}", len(charts))
    charts.append(chart)
    return f"<figure{data}><figcaption>{_prose(caption)}</figcaption>{place}</figure>"


def _chart(caption: str, key: str, number: int | None = None) -> str:
    """Give the place of a chart, which the keyboard reaches and a screen reader describes."""
    data = "" if number is None else f' data-chart="{number}"'
    return (
        f'<div class="chart" id="{key}"{data} role="group" tabindex="0" '
        f'aria-label="Chart: {escape(caption)}"></div>'
    )


def _table(caption: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    cells = "".join(f'<th scope="col">{escape(one)}</th>' for one in head)
    lines = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    table = (
        f'<div class="wide" tabindex="0"><table><caption>{escape(caption)}</caption><thead><tr>'
        f"{cells}</tr></thead><tbody>{lines}</tbody></table></div>"
    )
    if len(rows) <= 8:
        return table
    return f"<details><summary>{escape(caption)} ({len(rows)} rows)</summary>{table}</details>"


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return f"<td>{escape(cell)}</td>"
    shown, whole = cell
    return f'<td title="{escape(whole)}">{escape(shown)}</td>'


def _explore(data: dict[str, Any]) -> str:
    told = "" if len(data["models"]) == data["all"] else (
        f" {len(data['models'])} of {data['all']} models are in this page, drawn by weight."
    )  # fmt: skip
    scatter = _chart("Scatter of two columns of the population", "scatter")
    histogram = _chart("Histogram of the column on the y axis", "histogram")
    lines = _chart("Lines of models over all parameters", "lines")
    return (
        '<section id="explore"><h2>Explore</h2>'
        '<p class="soft">Select models by dragging over points, lines or bars, or by a range of x '
        "with the keyboard; the other charts follow. A box over the lines selects every model that "
        "passes through it. A double-click clears. Shaded: experimental mean ± SD."
        f"{told}</p>"
        '<p class="controls"><label>x <select id="x-axis"></select></label>'
        '<label>y <select id="y-axis"></select></label>'
        '<button id="clear">clear selection</button><span id="chosen" aria-live="polite"></span>'
        '</p><form class="controls" id="range"><label><span id="range-of"></span> '
        '<input id="from" inputmode="decimal" size="9"></label><label>to '
        '<input id="to" inputmode="decimal" size="9"></label><button>select</button></form>'
        '<div class="pair"><figure><figcaption>Two columns of the population.</figcaption>'
        f"{scatter}{histogram}</figure>"
        "<figure><figcaption>Every parameter between its bounds; a line is a model.</figcaption>"
        f"{lines}</figure></div></section>"
    )


def _files(names: Sequence[str]) -> str:
    kept = [name for name in names if name != NAME and not name.startswith(".")]
    if not kept:
        return ""
    kinds = {
        "Tables": (".csv", ".parquet", ".h5ad"),
        "Pictures": (".png",),
        "Pictures to edit": (".svg",),
    }
    parts = []
    for kind, suffixes in kinds.items():
        own = [name for name in kept if name.endswith(suffixes)]
        kept = [name for name in kept if name not in own]
        parts.append((kind, own))
    lists = "".join(
        f"<details><summary>{kind} ({len(own)})</summary><ul>{''.join(map(_link, own))}</ul>"
        "</details>"
        for kind, own in [*parts, ("Others", kept)]
        if own
    )
    return (
        '<section id="files"><h2>Files beside this page</h2><p class="soft">Every number of the '
        f"charts is in these tables.</p>{lists}</section>"
    )


def _link(name: str) -> str:
    return f'<li><a href="{escape(name)}">{escape(name)}</a></li>'


def _embedded(data: object) -> str:
    """JSON that cannot end its script element."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("</", "<\\/").replace("<!--", "<\\!--")


def _resource(name: str) -> str:
    return files("ionfo.pages.report").joinpath(name).read_text(encoding="utf-8")


def _plotly() -> str:
    """Give the charts' library, without the ways out that it has."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs()).replace("</script", "<\\/script")
