"""The table of claims of a paper: what is claimed, what the data say, and the verdict."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ionfo.tables.files import make_folder, write_text

Cells = Callable[[Mapping[str, object]], Iterable[object]]
"""Row of the table to the cells that are printed."""


@dataclass
class Claims:
    """Claims as they are decided, one row each.

    Attributes
    ----------
    rows : list of dict
        Column to value; all rows have a claim and a verdict.
    began : float
        When the first was looked at, in seconds of a clock that never goes back.
    """

    rows: list[dict[str, object]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Time since the beginning, s."""
        return time.monotonic() - self.began

    @property
    def table(self) -> pd.DataFrame:
        """All rows."""
        return pd.DataFrame(self.rows)

    def add(self, **row: object) -> None:
        """Add a row."""
        self.rows.append(row)

    def write(
        self,
        out: Path,
        head: Sequence[str] = (),
        cells: Cells | None = None,
        below: Sequence[str] = (),
    ) -> list[str]:
        """Write claims.csv and claims.md.

        Parameters
        ----------
        out : Path
            Folder.
        head : sequence of str
            Of the columns of claims.md; by default those of the table.
        cells : callable
            Gives the cells of a row; by default its values.
        below : sequence of str
            Lines that follow the table.

        Returns
        -------
        list of str
            Lines of claims.md.
        """
        table = self.table
        make_folder(out)
        table.to_csv(out / "claims.csv", index=False)
        rows = [cells(row) if cells else row.values() for row in table.to_dict("records")]
        lines = [*markdown_table(head or list(table), rows), *below]
        write_text(out / "claims.md", "\n".join(lines) + "\n")
        return lines


def markdown_table(head: Sequence[str], rows: Iterable[Iterable[object]]) -> list[str]:
    """Lines of a table in Markdown; a bar inside a cell becomes a slash."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        lines.append("| " + " | ".join(str(one).replace("|", "/") for one in row) + " |")
    return lines
