"""What `ionfo targets` found: targets, values, protocols, and what was not used."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..emodels import EModel
from ..errors import IonfoError
from ..pages.targets import TargetsPage, targets_page
from ..tables.exchange.definition_file import check_definition_path, write_definition
from ..tables.exchange.recordings import Trace
from ..tables.exchange.targets_config import TargetsConfig
from ..tables.exchange.targets_merge import merged
from ..tables.files import write_text
from .new_words import WORDS


@dataclass(frozen=True)
class Targets:
    """Targets made of recordings.

    Attributes
    ----------
    features : DataFrame
        ``feature``, ``mean``, ``std``, ``unit``, ``cells``, ``traces``, and ``sd_from``: cells,
        traces (of one cell) or floor.
    values : DataFrame
        A row for every value that went in: ``feature``, ``unit``, ``cell``, ``file``, ``sweep``,
        ``amplitude_nA``, ``percent`` of the threshold current, ``value``.
    cells : DataFrame
        ``cell``, ``threshold_nA``, ``holding_nA``, ``sweeps``.
    protocols : list of dict
        As a definition has them.
    bad : DataFrame
        Sweeps that are not used: ``cell``, ``protocol``, ``file``, ``sweep``, ``reason``.
    config : TargetsConfig
        What was asked.
    notes : list of str
        What is worth knowing, one sentence each.
    used : dict
        Protocol of a definition -> its sweeps.
    """

    features: pd.DataFrame
    values: pd.DataFrame
    cells: pd.DataFrame
    protocols: list[dict[str, Any]]
    bad: pd.DataFrame
    config: TargetsConfig
    notes: list[str] = field(default_factory=list)
    used: dict[str, list[Trace]] = field(default_factory=dict)

    def sentences(self) -> list[str]:
        """Say what went in, what did not and why."""
        n_used = len({(one.cell, one.file, one.sweep) for every in self.used.values()
                      for one in every})  # fmt: skip
        known = self.cells["threshold_nA"].dropna()
        told = [
            f"{len(self.features)} targets of {len(self.cells)} cells and {n_used} sweeps; "
            f"liquid junction potential {self.config.liquid_junction_potential:g} mV subtracted"
        ]
        for cell, threshold, holding, n in zip(
            *(self.cells[key].tolist() for key in self.cells), strict=True
        ):
            found = "none found" if np.isnan(threshold) else f"{threshold:.4g} nA"
            told.append(
                f"cell {cell}: threshold current {found}, holding current {holding:.4g} nA, "
                f"{n} sweeps"
            )
        if len(known) > 1:
            told.append(f"threshold current {known.mean():.4g} ± {known.std():.3g} nA over cells")
        floored = int((self.features["sd_from"] == "floor").sum())
        if floored:
            told.append(
                f"{floored} SDs are the floor of the config: {self.config.smallest_sd.share:.0%} "
                "of the mean or the least of the unit, whichever is larger"
            )
        told += self.notes
        told += [
            f"not used: {row.cell}, {row.protocol}, {row.file}"
            f"{', sweep ' + str(row.sweep) if row.sweep != '' else ''}: {row.reason}"
            for row in self.bad.itertuples()
        ]
        return told

    def definition_parts(self) -> dict[str, Any]:
        """Give protocols, features and eFEL settings as a definition has them."""
        return {
            "protocols": self.protocols,
            "features": [
                {
                    "name": row.feature,
                    "mean": row.mean,
                    "std": row.std,
                    "unit": row.unit,
                    **self._window(str(row.feature)),
                }
                for row in self.features.itertuples()
            ],
            "efel": self.config.efel.model_dump(),
        }

    def _window(self, feature: str) -> dict[str, list[float]]:
        """Give the window of a feature that has one of its own."""
        protocol, feature = feature.split(".")[0], feature.split(".")[-1]
        for name, asked in self.config.protocols.items():
            names = [f"{name}_{one:g}".replace(".", "p") for one in asked.amplitudes]
            if protocol in names and feature in asked.windows:
                return {"window": list(asked.windows[feature])}
        return {}

    def write(self, out: str | Path, emodel: EModel | None = None) -> Path:
        """Write the targets alone (.json), or put into a definition; give the file.

        Parameters
        ----------
        out : path
            A .json file of protocols, features and eFEL settings; or, with `emodel`, a
            definition.
        emodel : EModel, optional
            Whose suggestions, protocols and features of the same names they replace.

        Raises
        ------
        IonfoError
            If they do not fit together, or the file cannot be written.
        """
        path = Path(out)
        check_definition_path(path)
        if emodel is None:
            if path.suffix != ".json":
                raise IonfoError(f"targets alone are written as .json, got '{path}'")
            whole = {**self.definition_parts(), "recordings": self._provenance()}
            write_text(path, json.dumps(whole, indent=1) + "\n")
        else:
            write_definition(path, merged(emodel, self.definition_parts()), WORDS)
        return path

    def page(self, out: str | Path) -> Path:
        """Write one HTML page, without anything to load, with every trace and every value."""
        path = Path(out)
        used = {
            name: [(one.cell, f"{one.file}, sweep {one.sweep}", one.t, one.v, one.ton, one.toff)
                   for one in every]
            for name, every in self.used.items()
        }  # fmt: skip
        parts = TargetsPage(
            self.sentences(), self.cells, self.features, self.values, self.bad, used,
            self.config.efel.Threshold,
        )  # fmt: skip
        write_text(path, targets_page(parts))
        return path

    def _provenance(self) -> dict[str, Any]:
        return {
            "liquid_junction_potential_mV": self.config.liquid_junction_potential,
            "cells": json.loads(self.cells.to_json(orient="records")),
            "not_used": json.loads(self.bad.to_json(orient="records")),
        }

    def _repr_html_(self) -> str:
        """Show the targets in a notebook."""
        listed = "".join(f"<li>{escape(one)}</li>" for one in self.sentences())
        return f"<ul>{listed}</ul>{self.features.to_html(index=False)}"
