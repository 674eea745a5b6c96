"""A part of the page, before it is written as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .charts import Chart

Cell = str | tuple[str, str]
"""What a cell of a table shows, or that and what hovering shows."""


@dataclass
class Section:
    """A part of the page.

    Attributes
    ----------
    key, title : str
        Anchor and heading.
    cautions : list of str
        What stands against believing the rest; it comes first.
    questions : list of tuple
        A question and the sentences that answer it.
    words : list of str
        Paragraphs, as plain text; what stands between backticks is shown as code.
    charts, folded : list of tuple
        Caption and chart; those that are folded show when the reader asks.
    tables : list of tuple
        Caption, heading and rows.
    terms : list of tuple
        Words and what they mean, folded.
    menu : str
        What the charts of traces differ by, one of which shows at a time.
    """

    key: str
    title: str
    cautions: list[str] = field(default_factory=list)
    questions: list[tuple[str, list[str]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    charts: list[tuple[str, Chart]] = field(default_factory=list)
    folded: list[tuple[str, Chart]] = field(default_factory=list)
    tables: list[tuple[str, list[str], Sequence[Sequence[Cell]]]] = field(default_factory=list)
    terms: list[tuple[str, str]] = field(default_factory=list)
    menu: str = "stimulus"
