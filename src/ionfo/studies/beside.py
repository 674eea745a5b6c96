"""``ionfo genes beside``: models and expression side by side, at the same number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ..analysis import (
    PairwiseInformation,
    Question,
    high_covariance_rows,
    pairwise_information,
)
from ..analysis.cells.subsets import N_COMPONENTS
from ..analysis.figures.style import Figure
from ..analysis.multiplets.spectrum import usable_cores
from ..analysis.uncertainty.beside import (
    Side,
    SideSettings,
    equal_rows,
    measure_side,
    side_frame,
)
from ..errors import IonfoError
from ..limits import MOST_REPLICATES, check_count, check_seed, most_workers, shortened
from ..pages.report.genes import write_tables_page
from ..tables.files import make_folder
from .beside_output import curves_figure, draw_beside, pair_frame, write_beside
from .beside_tables import (
    CONDUCTANCES,
    HIGH_COVARIANCE,
    RANDOM,
    BesideSettings,
    BesideTable,
    TableSpec,
    parse_table,
    prepare_table,
    prepare_tables,
)
from .groups import runner
from .shown import Shown

__all__ = [
    "CONDUCTANCES",
    "HIGH_COVARIANCE",
    "RANDOM",
    "BesideFindings",
    "BesideSettings",
    "BesideTable",
    "TableSpec",
    "measure_beside",
    "parse_table",
    "prepare_table",
    "prepare_tables",
    "tables_beside",
]


@dataclass(frozen=True)
class BesideFindings(Shown):
    """Tables side by side at the same number of rows; values in nats.

    Attributes
    ----------
    tables : list of BesideTable
        All their rows.
    sides : list of Side
        O-information of each table.
    pairs : list of PairwiseInformation
        Pairs of columns of each table.
    rows_of : list of ndarray, shape (n_rows, n_variables)
        The rows that were drawn from each table.
    n_rows : int
        How many.
    settings : BesideSettings
        What was asked.
    """

    last: ClassVar[str] = "beside.json"
    alt: ClassVar[str] = "O-information by order"

    tables: list[BesideTable]
    sides: list[Side]
    pairs: list[PairwiseInformation]
    rows_of: list[NDArray[np.float64]]
    n_rows: int
    settings: BesideSettings

    @property
    def curves(self) -> pd.DataFrame:
        """O-information by table, order and statistic: raw, corrected, null (nats)."""
        return side_frame(self.sides)

    def sentences(self) -> list[str]:
        """Say what was found, a line a table."""
        return [
            f"{side.name}: {side.n_rows} of {side.n_table} rows, {side.question.n} variables; all "
            f"together raw {side.raw[-1, -1]:+.3f}, corrected {side.corrected[-1, -1]:+.3f} "
            f"({side.low[-1, -1]:+.3f} to {side.high[-1, -1]:+.3f}) nats; "
            f"{int(np.triu(pair.is_significant, 1).sum())} significant pairs"
            for side, pair in zip(self.sides, self.pairs, strict=True)
        ]

    @property
    def title(self) -> str:
        """What the findings are of."""
        return "Tables side by side"

    def figure(self) -> Figure:
        """Draw O-information of the tables by order."""
        return curves_figure(self)

    def plot_o_information(self) -> Axes:
        """Draw O-information of the tables by order; see `plot`."""
        return self.plot()

    def _fill(self, folder: Path) -> None:
        write_beside(folder, self)
        draw_beside(folder, self)
        write_tables_page(folder, self.curves, pair_frame(self.tables, self.pairs))


def tables_beside(
    tables: Sequence[BesideTable], out: Path, settings: BesideSettings | None = None
) -> list[Side]:
    """Measure tables, see `measure_beside`, and write them to a folder.

    Returns
    -------
    list of Side
        O-information of each table at equal rows.
    """
    found = measure_beside(tables, settings, out)
    found.write(out)
    return found.sides


def measure_beside(
    tables: Sequence[BesideTable],
    settings: BesideSettings | None = None,
    kept: Path | None = None,
) -> BesideFindings:
    """Measure O-information by order and pairs of tables at the same number of rows.

    Parameters
    ----------
    tables : sequence of BesideTable
        At least one.
    settings : BesideSettings, optional
        How.
    kept : Path, optional
        Folder for the results; made before the work.

    Raises
    ------
    IonfoError
        If a table has too few rows.
    """
    asked = settings or BesideSettings()
    for name, value, least in (
        ("--draws", asked.draws, 3),
        ("--shuffles", asked.shuffles, 2),
        ("--bootstrap", asked.bootstrap, 2),
        ("--permutations", asked.permutations, 1),
    ):
        check_count(name, value, least, MOST_REPLICATES)
    check_count("--threads", asked.threads, 1, most_workers())
    check_seed(asked.seed)
    n_rows = min(len(one.values) for one in tables) if asked.rows is None else asked.rows
    for one in tables:
        if not len(one.names) < n_rows <= len(one.values):
            raise IonfoError(
                f"--rows must be more than the {len(one.names)} variables and at most the "
                f"{len(one.values)} rows of table '{one.name}', got {shortened(n_rows)}"
            )
    if kept is not None:
        make_folder(kept)  # what is in the way is said before the work
    run = runner(asked.threads, here=True)
    sides, rows_of = [], []
    for one in tables:
        values = _subset(one, n_rows)
        rows_of.append(values[equal_rows(len(values), n_rows, 0, asked.seed)])
        question = Question("o_information", tuple(range(len(one.names))))
        try:
            side = measure_side(
                one.name,
                values,
                question,
                n_rows,
                run,
                SideSettings(
                    estimator=asked.estimator,
                    shuffles=asked.shuffles,
                    bootstrap=asked.bootstrap,
                    draws=asked.draws,
                    seed=asked.seed,
                ),
            )
        except ValueError as error:
            raise IonfoError(f"table '{one.name}' cannot be measured: {error}") from None
        sides.append(side)
    pairs = [
        pairwise_information(
            values,
            n_permutations=asked.permutations,
            seed=asked.seed,
            threads=asked.threads or usable_cores(),
        )
        for values in rows_of
    ]
    return BesideFindings(list(tables), sides, pairs, rows_of, n_rows, asked)


def _subset(table: BesideTable, n_rows: int) -> NDArray[np.float64]:
    if not table.is_high_covariance:
        return table.values
    if len(table.names) <= N_COMPONENTS:
        raise IonfoError(
            f"table '{table.name}': a {HIGH_COVARIANCE} subset needs more than {N_COMPONENTS} "
            f"variables, got {len(table.names)}"
        )
    return table.values[high_covariance_rows(table.values, n_rows)]
