"""Sections, tables and charts as HTML, and the whole page around them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from .charts import Chart
from .section import Cell, Section

# nothing may be loaded, so the page shows the same on a train and in ten years
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:"
)


def whole_page(
    title: str,
    about: str,
    links: Sequence[tuple[str, str]],
    body: Sequence[str],
    data: Mapping[str, Any],
) -> str:
    """Put a page together.

    Parameters
    ----------
    title, about : str
        Heading, and what stands under it before the version.
    links : sequence of tuple
        Anchor and name of every part.
    body : sequence of str
        The parts, as HTML.
    data : mapping
        What the charts draw: ``charts``, and ``explore`` where there is an exploring part.
    """
    nav = "".join(f'<a href="#{key}">{escape(name)}</a>' for key, name in links)
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


def section_html(part: Section, charts: list[Chart]) -> str:
    """Write a part of the page; its charts are added to those of the page."""
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
            f'<p class="controls"><label>{part.menu} '
            f'<select data-shows="{part.key}">{shown}</select></label></p>'
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
    place = chart_place(caption, f"chart-{len(charts)}", len(charts))
    charts.append(chart)
    return f"<figure{data}><figcaption>{_prose(caption)}</figcaption>{place}</figure>"


def chart_place(caption: str, key: str, number: int | None = None) -> str:
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
