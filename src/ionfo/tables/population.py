"""Populations: the table of models that leaves the sampler, and every other way to one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from ..emodels import EModel, parse_emodel
from ..errors import IonfoError
from .files import check_table_path, read_table, write_table
from .text import csv_format


@dataclass(frozen=True)
class Population:
    """Models with parameters, features and scores, and where they came from.

    Attributes
    ----------
    frame : DataFrame
        Columns ``parameters/<name>``, ``features/<name>``, ``scores/<name>``, ``cost``,
        ``log_prob``, ``weight``, ``ensemble``, ``walker``, ``step``.
    metadata : dict
        Units, e-model with its hash, seed, settings and versions.
    """

    frame: pd.DataFrame
    metadata: dict[str, Any]

    @property
    def parameters(self) -> pd.DataFrame:
        """Parameters of the models, a column each, in the units of the e-model."""
        return self._part("parameters/")

    @property
    def features(self) -> pd.DataFrame:
        """Features of the models, a column each; NaN where one is not defined."""
        return self._part("features/")

    @property
    def scores(self) -> pd.DataFrame:
        """Scores of the features, in SD of the experiment; 250 where one is missing."""
        return self._part("scores/")

    @cached_property
    def emodel(self) -> EModel | None:
        """The e-model that the models are of, when the table carries it."""
        if "emodel" not in self.metadata:
            return None
        return parse_emodel(json.dumps(self.metadata["emodel"]), "the population")

    def write(self, file: str | Path) -> Path:
        """Write the population; give the file.

        Parameters
        ----------
        file : str or Path
            Ends in .parquet or .csv.

        Raises
        ------
        IonfoError
            If it cannot be written.
        """
        path = Path(file)
        check_table_path(path)
        write_table(path, self.frame, self.metadata)
        return path

    def to_inference_data(self) -> Any:
        """Give an ArviZ InferenceData; a chain is a walker, a draw a proposal.

        ArviZ compares walkers, which are short, with each other, so that its R-hat exceeds that of
        ionfo, which compares ensembles; its effective sizes are of single walkers, too.

        A chain that has gaps becomes a single chain of all rows, with their weights.
        """
        from .exchange.inference_data import inference_data

        return inference_data(self.frame, self.metadata, self.emodel)[0]

    def _part(self, prefix: str) -> pd.DataFrame:
        names = [str(one) for one in self.frame if str(one).startswith(prefix)]
        return self.frame[names].rename(columns=lambda one: one.removeprefix(prefix))

    def _repr_html_(self) -> str:
        """Show the size of the population in a notebook, how good its chains are, and some rows."""
        told = [f"{len(self.frame)} models, {self.parameters.shape[1]} parameters"]
        if self.emodel is not None:
            told.append(f"of e-model {self.emodel.name}")
        if "cost" in self.frame:
            told.append(f"cost {self.frame['cost'].min():.3g} to {self.frame['cost'].max():.3g}")
        if "ensemble" in self.frame:
            told.append(f"{self.frame['ensemble'].nunique()} ensembles")
        chain = self.metadata.get("chain")
        if isinstance(chain, dict) and "told" in chain:  # as `ionfo collect` judged it
            judged = f"; chains: {chain['told']}"
            listed = "".join(f"<li>{escape(str(one))}</li>" for one in chain.get("cautions", []))
        else:
            judged = listed = ""
        head = self.parameters.head().to_html()
        return f"<p>{escape(', '.join(told) + judged)}</p><ul>{listed}</ul>{head}"


def read_population(
    path: str | Path, separator: str | None = None, decimal: str | None = None
) -> Population:
    """Read a population, or any table with ``parameters/`` columns.

    Parameters
    ----------
    path : str or Path
        Ends in .parquet or .csv.
    separator, decimal : str, optional
        Of a CSV file: a character or ``tab``, and ``.`` or ``,``.

    Raises
    ------
    IonfoError
        If the file cannot be read or has no such column.
    """
    frame, metadata = read_table(Path(path), how=csv_format(separator, decimal))
    if not any(str(column).startswith("parameters/") for column in frame.columns):
        raise IonfoError(f"'{path}' is no population: no column starts with 'parameters/'")
    return Population(frame, metadata)


def temperature_of(metadata: Mapping[str, Any]) -> float | None:
    """Give T of the density exp(-cost/T) that rows were sampled from, when the metadata say it."""
    settings = metadata.get("settings")
    value = settings.get("temperature") if isinstance(settings, Mapping) else None
    return float(value) if isinstance(value, int | float) and value > 0 else None
