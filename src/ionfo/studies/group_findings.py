"""What was found of groups of rows: an object that shows, draws and writes itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ..analysis import Question
from ..analysis.figures.beside import curves_beside
from ..analysis.figures.style import Figure
from ..analysis.minimal import minimal_frame
from ..analysis.uncertainty.beside import Side, side_frame
from ..pages.report.groups import write_groups_page
from ..pages.report.tables import tables_of
from ..tables.expression import TARGET_SUM
from ..tables.files import write_text
from .findings import Findings
from .saved import save_figure, save_table
from .shown import Shown

N_PERMUTATIONS = 199
"""Reassignments of rows to groups in a comparison."""


@dataclass(frozen=True)
class GroupSettings:
    """Which rows and columns, and how groups are compared.

    Attributes
    ----------
    group : str
        Column with the labels.
    groups : tuple of str
        Those that count; empty for all.
    genes : str or None
        ``ion-channels``, ``all`` or a file; default ion channels of expression, all parameters
        of models.
    median : bool
        Keep only genes with a median other than zero in every group.
    rows : int or None
        Rows of each group in the comparison; default those of the smallest.
    permutations : int
        Reassignments of rows to groups in the comparison.
    regress : tuple of str
        Columns whose linear effect on every variable is taken out first, group by group.
    target_sum, library
        As `log_normalised`.
    """

    group: str
    groups: tuple[str, ...] = ()
    genes: str | None = None
    median: bool = True
    rows: int | None = None
    permutations: int = N_PERMUTATIONS
    regress: tuple[str, ...] = ()
    target_sum: float = TARGET_SUM
    library: str | None = None


@dataclass(frozen=True)
class Grouped:
    """Matrices of the groups: variables first, targets last; names of both."""

    values: dict[str, NDArray[np.float64]]
    names: list[str]
    targets: list[str]

    @property
    def questions(self) -> list[Question]:
        """O-information of the variables, and RSI about each target."""
        n = len(self.names)
        return [
            Question("o_information", tuple(range(n))),
            *(
                Question("redundancy_synergy_index", tuple(range(n)), n + i)
                for i in range(len(self.targets))
            ),
        ]


@dataclass(frozen=True)
class GroupFindings(Shown):
    """Information of groups, each on its own and all at the same number of rows; values in nats.

    Attributes
    ----------
    settings : GroupSettings
        What was asked of the groups.
    grouped : Grouped
        Their rows.
    findings : dict of str to Findings
        Of each group with all its rows.
    sides : list of Side
        At equal rows, question by question and group by group.
    compared : DataFrame
        A row per question and pair of groups: difference, interval, effect size, p.
    n_rows : int
        Rows of each group in the comparison.
    """

    last: ClassVar[str] = "groups.json"
    alt: ClassVar[str] = "O-information by order and group"

    settings: GroupSettings
    grouped: Grouped
    findings: dict[str, Findings]
    sides: list[Side]
    compared: pd.DataFrame
    n_rows: int

    @property
    def curves(self) -> pd.DataFrame:
        """Measures by group, order and statistic at equal rows: raw, corrected, null (nats)."""
        frames = [
            side_frame(self._of(i)).assign(measure=told_of(question, self.grouped))
            for i, question in enumerate(self.grouped.questions)
        ]
        return pd.concat(frames, ignore_index=True)

    @property
    def minimal_sets(self) -> pd.DataFrame:
        """Smallest sets of variables that tell all about each target, by group."""
        frames = [
            minimal_frame(one).assign(group=name, rows=len(self.grouped.values[name]))
            for name, found in self.findings.items()
            for one in found.answers[1:]
        ]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    @property
    def summary(self) -> Mapping[str, Any]:
        """What groups.json holds."""
        return {
            "group": self.settings.group,
            "rows": {name: len(values) for name, values in self.grouped.values.items()},
            "rows_in_the_comparison": self.n_rows,
            "variables": self.grouped.names,
            "targets": self.grouped.targets,
            "regressed_out": list(self.settings.regress),
            "library": self.settings.library,
            "target_sum": self.settings.target_sum,
            "compared": json.loads(self.compared.to_json(orient="records")),
        }

    def sentences(self) -> list[str]:
        """Say what was found at equal rows, a line each."""
        told = [
            f"at {self.n_rows} rows each, at the order of all {self.sides[0].question.n}:",
        ]
        for one in self._of(0):  # of the last order, the last statistic: the set of all variables
            told.append(
                f"  {one.name}: raw {one.raw[-1, -1]:+.3f}, corrected "
                f"{one.corrected[-1, -1]:+.3f} ({one.low[-1, -1]:+.3f} to "
                f"{one.high[-1, -1]:+.3f}) nats"
            )
        for row in self.compared.to_dict("records"):
            told.append(
                f"{row['measure']}: area of {row['first']} less {row['second']} "
                f"{row['difference_of_areas']:+.3f}, permutation p {row['p']:.3g} "
                f"(adjusted {row['p_adjusted']:.3g})"
            )
        return told

    @property
    def title(self) -> str:
        """What the findings are of."""
        return f"Findings of the groups of '{self.settings.group}'"

    def figure(self) -> Figure:
        """Draw O-information of the groups by order, at equal rows."""
        return self._figure(0)

    def plot_o_information(self) -> Axes:
        """Draw O-information of the groups by order, at equal rows; see `plot`."""
        return self.plot()

    def _fill(self, folder: Path) -> None:
        for name, found in self.findings.items():
            found.write(folder / folder_name(name))
        for i, question in enumerate(self.grouped.questions):
            is_whole = question.target is None
            stem = "groups_o_information" if is_whole else f"groups_rsi_{i}"
            save_figure(folder / stem, self._figure(i))
        tables = {
            "groups_curves": self.curves,
            "groups_compared": self.compared,
            "minimal_sets": self.minimal_sets,
        }
        for stem, frame in tables.items():
            if len(frame):
                save_table(folder / stem, frame)
        groups = {
            name: (found.summary, tables_of(folder / folder_name(name)))
            for name, found in self.findings.items()
        }
        write_groups_page(folder, self.curves, self.compared, groups)
        text = json.dumps(self.summary, indent=1, allow_nan=False)
        write_text(folder / "groups.json", text + "\n")

    def _of(self, i: int) -> list[Side]:
        """Sides of one question."""
        n = len(self.grouped.values)
        return self.sides[i * n : (i + 1) * n]

    def _figure(self, i: int) -> Figure:
        question = self.grouped.questions[i]
        quantity = "O-information" if question.target is None else "RSI"
        title = f"{told_of(question, self.grouped)}, {self.n_rows} rows of each group"
        return curves_beside(self._of(i), f"{quantity} (nats)", title)


def told_of(question: Question, grouped: Grouped) -> str:
    """Name a question in a table."""
    if question.target is None:
        return "o_information"
    return f"redundancy_synergy {grouped.targets[question.target - len(grouped.names)]}"


def folder_name(name: str) -> str:
    """Turn a label into the name of a folder.

    Examples
    --------
    >>> folder_name("L2/3 IT")
    'L2_3_IT'
    """
    return re.sub(r"[^\w.+-]", "_", name).lstrip(".") or "_"
