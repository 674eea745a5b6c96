"""What an analysis found: an object that shows, draws and writes itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ..analysis import PairwiseInformation, figures
from ..analysis.answers import (
    MAX,
    MIN,
    Answer,
    curve_frame,
    extremes_frame,
    pairs_frame,
    summary_of,
)
from ..analysis.figures.style import Figure
from ..analysis.measures.estimators import ESTIMATOR_NAMES
from ..pages.report import write_page
from ..pages.report.tables import read_material
from ..tables.files import make_folder, write_table
from .beyond_pairs import BeyondPairs
from .constraints import Constraints
from .output import (
    columns_told,
    estimator_told,
    pairs_told,
    settling_told,
    summary_content,
    write_results,
)
from .plan import Work
from .shown import html


@dataclass(frozen=True)
class Findings:
    """Information of a population, with nulls and bands; values in nats.

    Attributes
    ----------
    origin : Path
        The table that was analysed, for words; a name only where it was no file.
    work : Work
        What was asked, and the sample.
    answers : list of Answer
        O-information of the parameters first, then RSI about each target.
    pairs, pairs_with_features : list of PairwiseInformation
        By histogram and Gaussian; empty where there were too few rows.
    seconds : float
        How long it took.
    table : DataFrame or None
        What was analysed where it was no file, with
    metadata : dict
        its metadata.
    beyond : BeyondPairs or None
        Dependence that pairs do not tell, and what variables and models carry.
    sensitivity : DataFrame or None
        Extremes of O-information under other choices.
    constraints : Constraints or None
        Of a population of given dynamic input conductances.
    """

    origin: Path
    work: Work
    answers: list[Answer]
    pairs: list[PairwiseInformation]
    pairs_with_features: list[PairwiseInformation]
    seconds: float = float("nan")
    table: pd.DataFrame | None = None
    metadata: Mapping[str, Any] | None = None
    beyond: BeyondPairs | None = None
    sensitivity: pd.DataFrame | None = None
    constraints: Constraints | None = None

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """What summary.json holds."""
        content = dict(summary_content(self.origin, self.work, self.answers, self.pairs))
        if self.beyond is not None:
            content["beyond_pairs"] = self.beyond.summary
        if self.constraints is not None:
            content["constraints"] = self.constraints.summary()
        return content

    @property
    def gradients(self) -> pd.DataFrame:
        """What each parameter adds to the O-information of all others (nats)."""
        return pd.DataFrame() if self.beyond is None else self.beyond.gradient_frame()

    @property
    def local_o_information(self) -> pd.DataFrame:
        """What each row carries of the O-information of all parameters (nats)."""
        return pd.DataFrame() if self.beyond is None else self.beyond.local_frame()

    def _more_tables(self) -> dict[str, pd.DataFrame]:
        found: dict[str, pd.DataFrame] = {}
        if self.beyond is not None:
            found = {
                "o_information_gradients": self.beyond.gradient_frame(),
                "o_information_local": self.beyond.local_frame(),
                "o_information_neighbours": self.beyond.neighbours_frame(),
                "co_moments": self.beyond.moments_frame(),
            }
        if self.sensitivity is not None:
            found["sensitivity"] = self.sensitivity
        if self.constraints is not None:
            found["constraints"] = self.constraints.table
        return {name: frame for name, frame in found.items() if len(frame)}

    @property
    def o_information(self) -> pd.DataFrame:
        """O-information by order: raw, corrected, null and band; one row each (nats)."""
        return curve_frame(self.answers[0], self.work.sample)

    @property
    def redundancy_synergy(self) -> pd.DataFrame:
        """RSI by target and order, as `o_information`; empty without targets (nats)."""
        frames = [curve_frame(one, self.work.sample) for one in self.answers[1:]]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    @property
    def extremes(self) -> pd.DataFrame:
        """The multiplets of lowest and highest value at every order, by measure (nats)."""
        return pd.concat([extremes_frame(one) for one in self.answers], ignore_index=True)

    @property
    def mutual_information(self) -> pd.DataFrame:
        """Every pair of parameters: raw and corrected values, p (nats)."""
        if not self.pairs:
            return pd.DataFrame()
        names = self.work.table.parameter_names
        return pairs_frame(self.pairs[0], self.pairs[1], names, names, self.work.sample)

    def sentences(self) -> list[str]:
        """Say what was found, a line each."""
        n_measured = sum(int(one.spectrum.measured.sum()) for one in self.answers)
        is_sample = self.work.stationarity.is_sample
        told = (
            []
            if is_sample
            else [
                "the chains are still settling: what follows describes a transient and gets no "
                "verdict"
            ]
        )
        told += columns_told(self.work)
        told += [
            self.work.sample.told,
            f"{estimator_told(self.work)}; {n_measured} multiplets measured in "
            f"{self.seconds:.0f} s",
        ]
        for one in self.answers:
            told += _of_answer(one, is_sample)
        if self.pairs and is_sample:
            n_significant = int(np.triu(self.pairs[0].is_significant, 1).sum())
            n = len(self.work.table.parameter_names)
            told.append(
                f"{n_significant} of {n * (n - 1) // 2} pairs depend on each other by >= 0.1 nats "
                f"({pairs_told(self.pairs[0])})"
            )
        if self.beyond is not None:
            told += self.beyond.sentences()
        if self.constraints is not None:
            told += self.constraints.sentences()
        return told

    def plot_o_information(self) -> Axes:
        """Draw O-information by order, raw and corrected, with null and band.

        Returns
        -------
        Axes
            The upper panel; its figure is ``axes.figure``.
        """
        title = f"{settling_told(self.work)}{estimator_told(self.work)}, {self.work.sample.told}"
        figure = figures.spectra.information_by_order(
            self.answers[:1], "O-information (nats)", title
        )
        return figure.axes[0]

    def plot_redundancy_synergy(self) -> Axes:
        """Draw RSI by order for every target, as `plot_o_information`.

        Raises
        ------
        ValueError
            If there is no target.
        """
        if not self.answers[1:]:
            raise ValueError("there is no RSI without a target; name some with targets=[...]")
        figure = figures.spectra.information_by_order(self.answers[1:], "RSI (nats)")
        return figure.axes[0]

    def write(self, folder: str | Path) -> Path:
        """Write tables, figures and summary.json, as ``ionfo analyse`` does.

        Parameters
        ----------
        folder : str or Path
            Made if need be; an earlier analysis in it is replaced as a whole.

        Returns
        -------
        Path
            The folder.
        """
        out = Path(folder)
        write_results(
            out,
            self.origin,
            self.work,
            self.answers,
            self.pairs,
            self.pairs_with_features,
            self.summary,
            self._more_tables(),
        )
        return out

    def report(self, folder: str | Path) -> Path:
        """Write tables, figures and the page that shows them.

        Returns
        -------
        Path
            The page.
        """
        out, source = Path(folder), self.origin
        if self.table is not None:
            make_folder(out)
            source = out / self.origin.name
            write_table(source, self.table, self.metadata or {})
        self.write(out)
        return write_page(out, read_material(out, source))

    def _repr_html_(self) -> str:
        """Show the sentences and the O-information in a notebook."""
        figure = self.plot_o_information().figure
        assert isinstance(figure, Figure)
        title = f"Findings of {self.origin.name}"
        return html(title, self.sentences(), figure, "O-information by order")


def _of_answer(one: Answer, is_sample: bool) -> list[str]:
    """Say the extremes of a measure, and where they differ from shuffled rows."""
    spectrum = one.spectrum
    label = "O-information" if one.target is None else f"RSI {one.target}"
    low, high = int(np.argmin(spectrum.minimum)), int(np.argmax(spectrum.maximum))
    how = "" if spectrum.is_exhaustive else " of the multiplets drawn"
    told = [
        f"{label}: raw lowest{how} {spectrum.minimum[low]:+.4g} nats at order "
        f"{spectrum.order[low]}{_meaning(spectrum.minimum[low])}, highest "
        f"{spectrum.maximum[high]:+.4g} nats at order {spectrum.order[high]}"
        f"{_meaning(spectrum.maximum[high])}"
    ]
    if one.other is not None:
        lows, highs = one.other.curve[:, MIN], one.other.curve[:, MAX]
        told.append(
            f"  by the other estimator, {ESTIMATOR_NAMES[one.other.estimator]}: lowest "
            f"{lows.min():+.4g} nats at order {one.question.orders[np.argmin(lows)]}, highest "
            f"{highs.max():+.4g} nats at order {one.question.orders[np.argmax(highs)]}"
            + ("" if one.nothing_was_drawn else ", of the multiplets drawn")
        )
    if one.null is not None and is_sample:
        found = summary_of(one)
        lowest, highest = (
            found[f"orders_where_{side}_differs_from_null"] for side in ("minimum", "maximum")
        )
        drawn = "" if one.nothing_was_drawn else ", of the multiplets drawn"
        told.append(
            f"  beyond the shuffles after adjustment{drawn}: minimum at orders "
            f"{_listed(lowest)}, maximum at orders {_listed(highest)}"
        )
    return told


def _listed(orders: object) -> str:
    assert isinstance(orders, list)
    if not orders:
        return "none"
    if orders == list(range(orders[0], orders[-1] + 1)) and len(orders) > 2:
        return f"{orders[0]} to {orders[-1]}"
    return ", ".join(map(str, orders))


def _meaning(value: float) -> str:
    return " (synergy)" if value < 0 else " (redundancy)" if value > 0 else ""
