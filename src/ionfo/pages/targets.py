"""The page of targets: every trace that went in with its spikes, and every value, on one page."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.metadata import version
from importlib.resources import files

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..analysis.figures.recordings import sweeps_figure, values_figure
from ..analysis.figures.style import Figure

# nothing may be loaded, so the page shows the same on a train and in ten years
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

Sweep = tuple[str, str, NDArray[np.float64], NDArray[np.float64], float, float]
"""Cell, name, times (ms), voltages (mV), begin and end of the step (ms)."""


@dataclass(frozen=True)
class TargetsPage:
    """What the page shows.

    Attributes
    ----------
    sentences : sequence of str
        What went in and what did not.
    cells, features, values, bad : DataFrame
        As `ionfo.studies.targets.Targets` has them.
    used : dict
        Protocol -> its sweeps.
    threshold : float
        Of spikes (mV).
    """

    sentences: Sequence[str]
    cells: pd.DataFrame
    features: pd.DataFrame
    values: pd.DataFrame
    bad: pd.DataFrame
    used: dict[str, list[Sweep]]
    threshold: float


def targets_page(page: TargetsPage) -> str:
    """Write the page."""
    cells = sorted({sweep[0] for every in page.used.values() for sweep in every})
    said = [one for one in page.sentences if not one.startswith("not used")]
    body = [
        _section("summary", "What went in", "".join(f"<p>{escape(one)}</p>" for one in said)
                 + _table(page.cells)),
        _section("bad", f"What did not, and why ({len(page.bad)})", _table(page.bad)
                 if len(page.bad) else "<p>Every sweep is used.</p>"),
        _section("targets", "Targets", _table(page.features)),
    ]  # fmt: skip
    links = [("summary", "What went in"), ("bad", "What did not"), ("targets", "Targets")]
    measured = [str(one).split(".")[0] for one in page.values["feature"]]
    for name in dict.fromkeys([*page.used, *measured]):
        key, sweeps, text = f"p-{len(links)}", page.used.get(name, []), ""
        if sweeps:
            text = _image(sweeps_figure(sweeps, cells, page.threshold),
                          f"{len(sweeps)} sweeps of {name}, spikes marked")  # fmt: skip
            listed = "; ".join(sorted(f"{cell}: {label}" for cell, label, *_ in sweeps))
            text += f'<p class="soft">{escape(listed)}</p>'
        own = page.values[page.values["feature"].str.startswith(f"{name}.")]
        if len(own):
            text += _image(values_figure(own, page.features, cells),
                           f"every value of every feature of {name}")  # fmt: skip
        body.append(_section(key, name, text))
        links.append((key, name))
    nav = "".join(f'<a href="#{key}">{escape(name)}</a>' for key, name in links)
    css = files("ionfo.pages.report").joinpath("page.css").read_text(encoding="utf-8")
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<title>Targets from recordings</title>",
            f"<style>{css} img {{ max-width: 100%; background: white; }}</style>",
            "</head><body>",
            "<header><h1>Targets from recordings</h1>",
            f'<p class="soft">ionfo {version("ionfo")}</p></header>',
            f'<nav aria-label="Parts of this page">{nav}</nav>',
            f"<main>{''.join(body)}</main>",
            "</body></html>",
            "",
        ]
    )


def _section(key: str, title: str, text: str) -> str:
    return f'<section id="{key}"><h2>{escape(title)}</h2>{text}</section>'


def _table(frame: pd.DataFrame) -> str:
    return frame.to_html(index=False, border=0, float_format=lambda one: f"{one:.5g}")


def _image(figure: Figure, words: str) -> str:
    held = io.BytesIO()
    figure.savefig(held, format="png", dpi=110)
    content = base64.b64encode(held.getvalue()).decode()
    return f'<img alt="{escape(words)}" src="data:image/png;base64,{content}">'
