"""Write the page: words, tables and charts in one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

from ...sampling.runs.quality import known_quality
from ...tables.files import write_text
from . import sections, words
from .answers import in_short
from .charts import Chart
from .choices import choices
from .constraints import constraints, exact_cautions
from .explore import explore_data
from .html import chart_place, section_html, whole_page
from .methods import methods
from .more import components
from .tables import Material

NAME = "report.html"


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
        in_short(
            material, quality, [*exact_cautions(material), *words.cautions(material, quality)]
        ),
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
    if (made := constraints(material)) is not None:
        parts.insert([part.key for part in parts].index("choices"), made)
    charts: list[Chart] = []
    explore = explore_data(material)
    body = []
    for part in parts:
        body.append(section_html(part, charts))
        if part.key == "sampling":
            body.append(_explore(explore))
    body.append(_files(beside))
    data = {"charts": charts, "explore": explore}
    title = f"{material.name}: population report"
    links = [(part.key, part.title) for part in parts]
    links.insert(3, ("explore", "Explore"))
    if any(name != NAME for name in beside):
        links.append(("files", "Files"))
    about = "" if material.emodel is None else f"e-model {material.emodel.name}, "
    return whole_page(title, about, links, body, data)


def _explore(data: dict[str, Any]) -> str:
    told = "" if len(data["models"]) == data["all"] else (
        f" {len(data['models'])} of {data['all']} models are in this page, drawn by weight."
    )  # fmt: skip
    scatter = chart_place("Scatter of two columns of the population", "scatter")
    histogram = chart_place("Histogram of the column on the y axis", "histogram")
    lines = chart_place("Lines of models over all parameters", "lines")
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
        "Captions": (".txt",),
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
