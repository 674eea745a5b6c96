"""How help is laid out: what a command needs first, then its options by what they are about.

Nothing is cut: a word that does not fit goes to the next line whole.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Sequence
from typing import Any

from typer.core import TyperCommand, TyperGroup

FIRST = "What you need first"
CHOOSE = "Choose"
TABLE = "How the table is read"
CELL = "The cell"
EXPRESSION = "Cells and genes"
NULLS = "Nulls and replicates"
RUN = "How it runs"
OUTPUT = "What it prints"

_NAMES = 26  # characters of the names of options; longer ones have a line of their own


class Command(TyperCommand):
    """A command whose help has its options in panels."""

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write what the command does."""
        _write_paragraphs(formatter, self.help or "")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments and options, a panel after the other."""
        panels: dict[str, list[tuple[str, str]]] = {FIRST: []}
        output = []
        for one in self.get_params(ctx):
            record = one.get_help_record(ctx)
            if record is None:
                continue
            name = getattr(one, "rich_help_panel", None) or CHOOSE
            if one.name in ("quiet", "as_json", "help"):
                output.append(record)
            elif one.required or one.param_type_name == "argument":
                panels[FIRST].append(record)
            else:
                panels.setdefault(name, []).append(record)
        for title, records in {**panels, OUTPUT: output}.items():
            if records:
                _write_panel(formatter, title, records)


class Group(TyperGroup):
    """The program, or a command of commands; they are listed in the order of work."""

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write what the commands are for."""
        _write_paragraphs(formatter, self.help or "")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands first, then the options of the program."""
        self.format_commands(ctx, formatter)
        records = [one.get_help_record(ctx) for one in self.get_params(ctx)]
        _write_panel(formatter, "Options", [one for one in records if one is not None])

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write a sentence about each command."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        records = [
            (name, _first_paragraph(one.help or "")) for name, one in found if one is not None
        ]
        _write_panel(formatter, "Commands, in the order of work", records)


def _first_paragraph(text: str) -> str:
    return " ".join(inspect.cleandoc(text).split("\n\n")[0].split())


def _write_paragraphs(formatter: Any, text: str) -> None:
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        lines = _lines(" ".join(paragraph.split()), formatter.width - 2)
        formatter.write("\n" + "".join(f"  {line}\n" for line in lines))


def _write_panel(formatter: Any, title: str, records: Sequence[tuple[str, str]]) -> None:
    formatter.write(f"\n{title}:\n")
    n_names = min(_NAMES, max(len(names) for names, _ in records))
    for names, told in records:
        lines = _lines(" ".join(told.split()), formatter.width - n_names - 4)
        if len(names) > n_names:
            lines.insert(0, "")
        heads = [names, *[""] * (len(lines) - 1)]
        for head, line in zip(heads, lines, strict=True):
            formatter.write(f"  {head:{n_names}}  {line}".rstrip() + "\n")


def _lines(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]
