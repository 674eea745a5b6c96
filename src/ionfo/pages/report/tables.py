"""What a report is made of: the tables of an analysis, the population, and traces if there are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...emodels import EModel, parse_emodel
from ...errors import IonfoError
from ...limits import read_text
from ...tables.book import book_of, weights_of
from ...tables.checksums import file_hash
from ...tables.files import read_table
from ...tables.matrix import Reading
from ...tables.text import CsvFormat

TRACES = "traces.parquet"
OUTLINE = "morphology.parquet"
_STEMS = (
    "o_information",
    "o_information_curves",
    "o_information_frequencies",
    "o_information_extremes",
    "redundancy_synergy",
    "redundancy_synergy_curves",
    "redundancy_synergy_frequencies",
    "mutual_information_pairs",
    "mutual_information_features",
    "sensitivity",
    "constraints",
    "o_information_neighbours",
)


@dataclass(frozen=True)
class Material:
    """Everything that a report shows.

    Attributes
    ----------
    name : str
        Of the population's file.
    summary : dict
        What the analysis says of itself.
    tables : dict of str to DataFrame
        Tables of the analysis by the stem of their file; those that were not made are absent.
    population : DataFrame
        Models: parameters and features as analysed, cost, weight and chain where known.
    metadata : dict
        Of the population.
    emodel : EModel or None
        Units, bounds and targets.
    traces, outline : DataFrame or None
        Simulated voltages, and the drawing of the cell.
    is_settling : bool
        Whether the chains have not settled, so that nothing gets a verdict.
    """

    name: str
    summary: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    population: pd.DataFrame
    metadata: Mapping[str, Any]
    emodel: EModel | None
    traces: pd.DataFrame | None = None
    outline: pd.DataFrame | None = None
    is_settling: bool = False

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters that were analysed."""
        return [str(name) for name in self.summary["parameters"]]

    @property
    def features(self) -> list[str]:
        """Names of the features that vary, in the order of the population."""
        names = [str(one)[9:] for one in self.population if str(one).startswith("features/")]
        return [one for one in names if self.column(one).nunique() > 1]

    def column(self, name: str) -> pd.Series[Any]:
        """Values of a parameter or feature by its name without prefix."""
        for prefix in ("parameters/", "features/", ""):
            if f"{prefix}{name}" in self.population:
                return self.population[f"{prefix}{name}"]
        raise KeyError(name)

    def unit(self, name: str) -> str:
        """Look up the unit of a parameter or feature; empty where it is not known."""
        if self.emodel is None:
            return ""
        known = {one.name: one.unit for one in self.emodel.parameters}
        return (known | {one.name: one.unit for one in self.emodel.features}).get(name, "")


def read_material(folder: Path, population: Path) -> Material:
    """Read what `ionfo analyse` left in a folder.

    Parameters
    ----------
    folder : Path
        With summary.json and the tables.
    population : Path
        The table that was analysed.

    Raises
    ------
    IonfoError
        If the folder holds no analysis, or one of another table.
    """
    try:
        summary = json.loads(read_text(folder / "summary.json"))
        if not isinstance(summary, dict) or not isinstance(summary.get("parameters"), list):
            raise ValueError
    except (OSError, ValueError, RecursionError):
        raise IonfoError(
            f"'{folder}' holds no analysis (summary.json); make one with: "
            f"ionfo analyse {population} --out {folder}"
        ) from None
    if summary.get("population") != population.name:
        raise IonfoError(
            f"'{folder}' holds the analysis of '{summary.get('population')}', not of "
            f"'{population.name}'; analyse it, or give the other file"
        )
    check_population(folder, summary, population)
    metadata: dict[str, Any] = {}
    if population.suffix == ".h5ad":
        from ...tables.exchange import read_plain_table

        frame = read_plain_table(population, None).frame
    else:
        frame, metadata = read_table(population, how=reading_of(summary).csv, is_told=False)
    frame = frame.rename(columns=str)
    missing = [
        name
        for name in summary["parameters"]
        if name not in frame and f"parameters/{name}" not in frame
    ]
    if missing:
        raise IonfoError(f"'{population}' has no column '{missing[0]}', which was analysed")
    if summary.get("rows_left_out"):
        frame = _analysed_rows(frame, summary)
    weights_of(book_of(frame), population)  # refuses those that none can be
    emodel = None
    if "emodel" in metadata:
        emodel = parse_emodel(json.dumps(metadata["emodel"]), str(population))
    tables = tables_of(folder)
    traces, outline = (_simulated(folder / name, population) for name in (TRACES, OUTLINE))
    return Material(population.name, summary, tables, frame, metadata, emodel, traces, outline)


def tables_of(folder: Path) -> dict[str, pd.DataFrame]:
    """Read the tables of an analysis by their stems; those that were not made are absent."""
    return {
        stem: read_table(folder / f"{stem}.parquet")[0]
        for stem in _STEMS
        if (folder / f"{stem}.parquet").is_file()
    }


def reading_of(summary: Mapping[str, Any]) -> Reading:
    """How the table of an analysis was read, by its summary."""
    said = summary.get("reading", {})
    try:
        csv = CsvFormat(**said.get("csv", {}))
        return Reading(csv, tuple(said.get("keep", ())), bool(said.get("drop_missing", False)))
    except (TypeError, AttributeError):
        raise IonfoError(
            "summary.json does not say how the table was read; analyse it again"
        ) from None


def _analysed_rows(frame: pd.DataFrame, summary: Mapping[str, Any]) -> pd.DataFrame:
    """Leave out the rows that the analysis left out; the others keep their numbers."""
    parts = [*(("parameters/", one) for one in summary["parameters"]),
             *(("features/", one) for one in summary["targets"])]  # fmt: skip
    names = [f"{part}{name}" if f"{part}{name}" in frame else name for part, name in parts]
    return frame.dropna(subset=names)


def check_population(folder: Path, summary: Mapping[str, Any], population: Path) -> None:
    """Check that a population is the one that was analysed, and not another of its name.

    Raises
    ------
    IonfoError
        If it has changed since.
    """
    known = summary.get("population_sha256")
    if known is not None and known != file_hash(population):
        raise IonfoError(
            f"'{population}' is not the file whose analysis '{folder}' holds: it has changed "
            f"since; analyse it again with: ionfo analyse {population} --out {folder}"
        )


def _simulated(path: Path, population: Path) -> pd.DataFrame | None:
    """Read a table of simulated models, unless they are of another population."""
    if not path.is_file():
        return None
    frame, metadata = read_table(path)
    return frame if metadata.get("population") == file_hash(population) else None


def weights(population: pd.DataFrame) -> pd.Series[Any]:
    """How often each model counts; once where nothing is said, as in a plain table."""
    book = book_of(population)
    if "weight" in book:
        return book["weight"].astype(np.float64)
    return pd.Series(np.ones(len(population)), index=population.index)
