"""Write and draw tables that were measured side by side."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..analysis import PairwiseInformation, correlation_matrix
from ..analysis.figures.beside import curves_beside, pair_matrices, quadruplet_scatter
from ..analysis.figures.style import Figure
from ..analysis.genes.ion_channels import genes_of_conductances
from ..analysis.uncertainty.beside import extreme_quadruplet, side_frame
from ..tables.files import write_text
from .saved import save_figure, save_table

if TYPE_CHECKING:
    from .beside import BesideFindings
    from .beside_tables import BesideTable


def write_beside(out: Path, found: BesideFindings) -> None:
    """Write the curves, the pairs and the summary as tables."""
    tables, sides, pairs = found.tables, found.sides, found.pairs
    frames = {"beside_curves": side_frame(sides), "beside_pairs": pair_frame(tables, pairs)}
    genes = {name for one in tables if not one.is_models for name in one.names}
    joined = [
        {
            "table": one.name,
            "conductance": row.parameter,
            "channel": row.channel,
            "gene": gene,
            "is_in_the_expression": gene in genes,
            "source": row.source,
        }
        for one in tables
        if one.is_models
        for row in genes_of_conductances(one.names)
        for gene in row.genes
    ]
    if joined:
        frames["beside_channels"] = pd.DataFrame(joined)
    for stem, frame in frames.items():
        save_table(out / stem, frame)
    summary = {
        "rows": found.n_rows,
        "estimator": found.settings.estimator,
        "seed": found.settings.seed,
        "tables": {
            one.name: {
                "rows": len(one.values),
                "variables": one.names,
                "is_models": one.is_models,
                "is_high_covariance": one.is_high_covariance,
                "significant_pairs": int(np.triu(pair.is_significant, 1).sum()),
            }
            for one, pair in zip(tables, pairs, strict=True)
        },
    }
    write_text(out / "beside.json", json.dumps(summary, indent=1, allow_nan=False) + "\n")


def pair_frame(tables: Sequence[BesideTable], pairs: list[PairwiseInformation]) -> pd.DataFrame:
    """One row a table and pair of its columns."""
    frames = []
    for one, found in zip(tables, pairs, strict=True):
        i, j = np.triu_indices(len(one.names), 1)
        frames.append(
            pd.DataFrame(
                {
                    "table": one.name,
                    "x": [one.names[a] for a in i],
                    "y": [one.names[b] for b in j],
                    "raw_nats": found.raw[i, j],
                    "corrected_nats": found.corrected[i, j],
                    "p": found.p[i, j],
                    "p_adjusted": found.p_adjusted[i, j],
                    "is_significant": found.is_significant[i, j],
                    "rows": found.n_rows,
                    "bins": found.n_bins,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def draw_beside(out: Path, found: BesideFindings) -> None:
    """Draw the curves, the pairs and the extreme quadruplets."""
    tables, pairs, n_rows = found.tables, found.pairs, found.n_rows
    save_figure(out / "beside_o_information", curves_figure(found))
    names = [one.names for one in tables]
    labels = [one.name for one in tables]
    matrices = pair_matrices(
        [one.corrected for one in pairs],
        labels,
        names,
        f"{n_rows} rows each; histogram estimate less the mean of its null",
    )
    save_figure(out / "beside_mutual_information", matrices)
    for side, lowest in (("lowest", True), ("highest", False)):
        blocks = []
        for one, values in zip(tables, found.rows_of, strict=True):
            four, value = extreme_quadruplet(correlation_matrix(values), lowest)
            columns = list(four)
            blocks.append((one.name, values[:, columns], [one.names[i] for i in columns], value))
        told = f"the four variables of {side} O-information of each table"
        save_figure(out / f"beside_four_{side}", quadruplet_scatter(blocks, told))


def curves_figure(found: BesideFindings) -> Figure:
    """Draw O-information by order of every table."""
    told = f"{found.n_rows} rows of each table, each with its own null"
    return curves_beside(found.sides, "O-information (nats)", told)
