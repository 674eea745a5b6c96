"""``ionfo genes sizes``: how many cells a group needs for a verdict at each order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from ..analysis import Question
from ..analysis.figures.style import BLUE, GREY, ORANGE, Figure, log_scale, titled
from ..analysis.uncertainty.beside import WIDE
from ..analysis.uncertainty.sample_size import (
    SizeStudy,
    default_sizes,
    needed_frame,
    size_frame,
    size_study,
)
from ..errors import IonfoError, note
from ..limits import MOST_REPLICATES, check_count, check_seed
from ..pages.report.genes import write_sizes_page
from ..progress import progress
from ..tables.expression import TARGET_SUM, Expression
from .expression_choice import ION_CHANNELS
from .groups import GroupSettings, grouped_tables
from .plan import AnalysisSettings
from .saved import save_figure, save_table
from .shown import Shown


@dataclass(frozen=True)
class SizeSettings:
    """Which groups and genes, and which sizes; as in `GroupSettings`.

    Attributes
    ----------
    sizes : tuple of int
        Cells to draw; empty for seven sizes from 1.5 times the genes to two thirds of the group.
    draws : int
        Of each size.
    """

    group: str
    groups: tuple[str, ...] = ()
    genes: str = ION_CHANNELS
    median: bool = True
    sizes: tuple[int, ...] = ()
    draws: int = 30
    target_sum: float = TARGET_SUM
    library: str | None = None
    seed: int = 0


@dataclass(frozen=True)
class SizeFindings(Shown):
    """How many cells the verdict on each group needs.

    Attributes
    ----------
    studies : dict of str to SizeStudy
        By group.
    """

    last: ClassVar[str] = "sizes.csv"
    alt: ClassVar[str] = "O-information by cells drawn"

    studies: dict[str, SizeStudy]

    @property
    def sizes(self) -> pd.DataFrame:
        """Mean O-information by group, number of cells and order, with its interval (nats)."""
        return _joined({name: size_frame(one) for name, one in self.studies.items()})

    @property
    def needed(self) -> pd.DataFrame:
        """Cells that each order needs, by group."""
        return _joined({name: needed_frame(one) for name, one in self.studies.items()})

    def sentences(self) -> list[str]:
        """Say what was found, a line a group."""
        told = []
        for name, one in self.studies.items():
            orders = one.question.orders
            within = orders[~np.isnan(one.needed)]
            line = (
                f"{name} ({one.n_table} cells): corrected O-information excludes zero at "
                f"{len(within)} of {len(orders)} orders within {one.sizes[-1]} cells drawn"
            )
            if len(within):
                line += f", from {int(np.nanmin(one.needed))} cells on at the easiest"
            told.append(line)
        return told

    @property
    def title(self) -> str:
        """What the findings are of."""
        return "Cells that groups need"

    def figure(self) -> Figure:
        """Draw O-information by number of cells, and the cells that are needed."""
        return _draw(self.studies)

    def _fill(self, folder: Path) -> None:
        for stem, frame in (("sizes", self.sizes), ("needed", self.needed)):
            save_table(folder / stem, frame)
        save_figure(folder / "sizes", self.figure())
        write_sizes_page(folder, self.sentences(), self.sizes, self.needed)


def study_sizes(expression: Expression, out: Path, settings: SizeSettings) -> dict[str, SizeStudy]:
    """Measure sizes, see `measure_sizes`, and write them to a folder.

    Returns
    -------
    dict of str to SizeStudy
        By group.
    """
    found = measure_sizes(expression, settings)
    found.write(out)
    return found.studies


def measure_sizes(expression: Expression, settings: SizeSettings) -> SizeFindings:
    """Draw groups of several sizes and find those whose verdict holds.

    Parameters
    ----------
    expression : Expression
        Cells x genes.
    settings : SizeSettings
        How.

    Raises
    ------
    IonfoError
        If a group is too small for the sizes.
    """
    check_count("--draws", settings.draws, 3, MOST_REPLICATES)
    check_seed(settings.seed)
    how = GroupSettings(
        settings.group,
        settings.groups,
        settings.genes,
        settings.median,
        target_sum=settings.target_sum,
        library=settings.library,
    )
    grouped = grouped_tables(expression, how, AnalysisSettings())
    question = Question("o_information", tuple(range(len(grouped.names))))
    studies = {}
    with progress("groups", len(grouped.values)) as advance:
        for name, values in grouped.values.items():
            sizes = list(settings.sizes) or default_sizes(len(values), len(grouped.names))
            if not sizes or int(len(values) / WIDE) < len(grouped.names) + 2:
                note(
                    f"group '{name}' has {len(values)} cells for {len(grouped.names)} genes: too "
                    "few to draw smaller groups from"
                )
                continue
            try:
                studies[name] = size_study(
                    values, question, sizes, n_draws=settings.draws, seed=settings.seed
                )
            except ValueError as error:
                raise IonfoError(f"group '{name}': {error}") from None
            advance()
    if not studies:
        raise IonfoError(
            f"'{expression.origin}': no group is large enough; take fewer genes with --genes FILE"
        )
    return SizeFindings(studies)


def _joined(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([one.assign(group=name) for name, one in frames.items()], ignore_index=True)


def _draw(studies: dict[str, SizeStudy]) -> Figure:
    figure = Figure(figsize=(4.6 * len(studies), 7.2), layout="constrained")
    shows = (
        "Mean O-information of groups of genes by the number of cells drawn (above, corrected for "
        "bias; dotted: raw; band: 95 % of groups of that size), and the cells needed until the "
        "interval of the mean excludes zero (below)."
    )
    titled(figure, "mean O-information over multiplets, by number of cells", shows)
    cells = figure.subplots(2, len(studies), squeeze=False)
    for column, (name, one) in zip(cells.T, studies.items(), strict=True):
        top, bottom = column
        for i, color in ((0, BLUE), (len(one.question.orders) // 2, GREY), (-1, ORANGE)):
            label = f"order {one.question.orders[i]}"
            top.plot(one.sizes, one.corrected[:, i], "o-", ms=3, color=color, label=label)
            top.plot(one.sizes, one.raw[:, i], ":", color=color)
            top.fill_between(one.sizes, one.low[:, i], one.high[:, i], color=color, alpha=0.2, lw=0)
        top.axhline(0.0, color=GREY, lw=0.8)
        top.set_title(f"{name}, {one.n_table} cells, {one.n_draws} draws", fontsize=9)
        top.set_xlabel("cells drawn")
        top.set_ylabel("O-information (nats): corrected, dotted raw\nsynergy < 0 < redundancy")
        top.legend(frameon=False, fontsize=7, title="band: 95 % of groups of that size")
        bottom.plot(one.question.orders, one.needed, "o", ms=3, color=BLUE, label="drawn")
        bottom.plot(
            one.question.orders, one.extrapolated, "x", ms=4, color=ORANGE, label="extrapolated"
        )
        if not np.isnan(one.extrapolated).all():
            log_scale(bottom)
        bottom.set_xlabel("order (genes in a multiplet)")
        bottom.set_ylabel("cells needed to exclude zero")
        bottom.legend(frameon=False, fontsize=7)
    return figure
