"""What ``ionfo genes regress`` leaves: tables, figures, a page and a few lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..analysis.figures.regression import path_figure, r2_bars
from ..analysis.genes.families import Gain
from ..pages.report.gene_regression import write_regression_page
from ..tables.files import write_text
from .saved import save_figure, save_table

if TYPE_CHECKING:
    from .regress import GeneRegression

FEW_GENES = 25
"""Genes at which published regressions are compared."""


def sentences_of(found: GeneRegression) -> list[str]:
    """Say what was found in a few lines."""
    cells, nested = found.cells, found.nested
    n_genes = len(cells.genes.names)
    family = found.family_r2
    names, per = found.r2["parameter"], found.r2["genes"]
    best = ", ".join(f"{names[i]} {per[i]:.2f}" for i in np.argsort(-per.to_numpy())[:3])
    told = [
        f"{len(cells.cells)} cells, {n_genes} genes, {len(cells.parameters.names)} parameters, "
        f"{found.settings.rank} components: cross-validated R2 {nested.r2.mean():.3f} "
        f"(SD over folds {nested.r2.std():.3f}) with {nested.n_genes.mean():.0f} genes on average, "
        "penalty chosen inside the folds",
        f"  the mean of the family alone ({found.settings.labels}, "
        f"{len(np.unique(cells.families))} families): R2 {family.mean():.3f} (SD "
        f"{family.std():.3f}); genes alone tell {found.over_family.told()} beside it, genes within "
        f"families add {found.gain.told()}",
        f"  best told: {best}",
    ]
    for prepared, words in (
        ("inside_folds", "prepared inside the folds"),
        ("over_all_cells", "prepared once over all cells, as published"),
    ):
        row = nearest_to(found.path, prepared, "relaxed" if found.settings.relaxed else "sparse")
        told.append(
            f"  at {row['genes']:.0f} genes, {words}: R2 {row['r2']:.3f} (SD {row['r2_sd']:.3f})"
        )
    for test, words in zip(found.tests, ("cells", "cells within families"), strict=False):
        told.append(
            f"  {len(test.shuffled)} permutations of {words}: R2 {test.r2:.3f}, shuffled at most "
            f"{test.shuffled.max():.3f}, p {test.p:.3g}"
        )
    selected = found.coefficients.index
    told.append(
        f"  {len(selected)} genes of all cells at penalty {found.choice.penalty:.3g}: "
        + ", ".join(selected)
    )
    if len(found.drawn):
        often = (
            (np.nan_to_num(found.drawn) != 0).any(axis=2).mean(axis=0)[found.model.regression.genes]
        )
        told.append(
            f"  {len(found.drawn)} draws of the parameters: {int((often >= 0.9).sum())} of these "
            "genes are selected in at least 90 % of them"
        )
    return told


def nearest_to(
    path: pd.DataFrame, prepared: str, fit: str, n_genes: float = FEW_GENES
) -> pd.Series[Any]:
    """Give the row of a path with the number of genes nearest to a number."""
    rows = path[(path["prepared"] == prepared) & (path["fit"] == fit)]
    known = rows.dropna(subset="r2")
    rows = known if len(known) else rows
    return rows.iloc[int(np.argmin(np.abs(rows["genes"].to_numpy() - n_genes)))]


def regression_tables(found: GeneRegression) -> dict[str, pd.DataFrame]:
    """Gather the tables by the stem of their files."""
    by_genes, by_parameters = found.components
    cells, names = found.cells, found.cells.parameters.names
    components = {"cell": cells.cells, "family": cells.families}
    for i in range(by_genes.shape[1]):
        components[f"genes_{i + 1}"] = by_genes[:, i]
        components[f"parameters_{i + 1}"] = by_parameters[:, i]
    predicted = pd.DataFrame(found.nested.predicted, columns=[f"genes/{one}" for one in names])
    for prefix, values in (
        ("family", found.family),
        ("genes_within_families", found.within.predicted),
        ("parameters", cells.parameters.means),
    ):
        predicted[[f"{prefix}/{one}" for one in names]] = values
    predicted.insert(0, "cell", cells.cells)
    return {
        "path": found.path,
        "r2": found.r2,
        "coefficients": coefficient_table(found),
        "components": pd.DataFrame(components),
        "predicted": predicted,
    }


def coefficient_table(found: GeneRegression) -> pd.DataFrame:
    """One row a selected gene and parameter, with what draws of the parameters say of it."""
    frame = found.coefficients
    table = frame.rename_axis("gene").reset_index().melt("gene", var_name="parameter")
    table = table.rename(columns={"value": "coefficient"})
    if len(found.drawn):
        rows = found.model.regression.genes
        drawn = np.nan_to_num(found.drawn[:, rows])
        table["sd_over_draws"] = drawn.std(axis=0).ravel(order="F")
        selected = (drawn != 0).any(axis=2).mean(axis=0)
        table["selected_in_draws"] = np.tile(selected, frame.shape[1])
    return table


def regression_summary(found: GeneRegression) -> dict[str, Any]:
    """Gather what regress.json holds."""
    asked = found.settings
    fit = "relaxed" if asked.relaxed else "sparse"
    return {
        "counts": found.cells.genes.kind,
        "cells": len(found.cells.cells),
        "genes": len(found.cells.genes.names),
        "parameters": list(found.cells.parameters.names),
        "families": {
            str(a): int(b)
            for a, b in zip(*np.unique(found.cells.families, return_counts=True), strict=True)
        },
        "rank": asked.rank,
        "fit": fit,
        "folds": asked.folds,
        "seed": asked.seed,
        "penalty": found.choice.penalty,
        "selected": list(found.coefficients.index),
        "nested": {
            "r2": or_null(found.nested.r2.mean()),
            "r2_sd": or_null(found.nested.r2.std()),
            "genes": float(found.nested.n_genes.mean()),
        },
        "family_r2": or_null(found.family_r2.mean()),
        "family_r2_sd": or_null(found.family_r2.std()),
        "genes_within_families_r2": or_null(found.within.r2.mean()),
        "gain_over_family": gain_summary(found.over_family),
        "gain_within_families": gain_summary(found.gain),
        "about_25_genes": {
            prepared: {
                name: or_null(value)
                for name, value in nearest_to(found.path, prepared, fit).items()
                if name not in ("prepared", "fit")
            }
            for prepared in ("inside_folds", "over_all_cells")
        },
        "permutations": [
            {"of": words, "r2": or_null(one.r2), "n": len(one.shuffled), "p": one.p}
            for one, words in zip(found.tests, ("cells", "cells within families"), strict=False)
        ],
        "draws": len(found.drawn),
        "is_converged": found.model.regression.is_converged,
    }


def gain_summary(gain: Gain) -> dict[str, Any]:
    """Give a gain as JSON holds it."""
    return {
        "value": or_null(gain.value),
        "central_95": [or_null(gain.low), or_null(gain.high)],
        "cells": gain.n_cells,
    }


def or_null(value: float) -> float | None:
    """Give a number as JSON holds it, which has no NaN."""
    return float(value) if np.isfinite(value) else None


def write_regression(out: Path, found: GeneRegression) -> None:
    """Write tables, figures and the page into a folder."""
    tables = regression_tables(found)
    for stem, frame in tables.items():
        save_table(out / stem, frame)
    summary = regression_summary(found)
    write_text(out / "regress.json", json.dumps(summary, indent=1, allow_nan=False) + "\n")
    title = f"{len(found.cells.cells)} cells, {len(found.cells.genes.names)} genes"
    save_figure(out / "components", found.figure())
    family = float(found.family_r2.mean())
    save_figure(out / "path", path_figure(found.path, family, title))
    save_figure(out / "r2", r2_bars(found.r2, title))
    write_regression_page(out, found.title, found.sentences(), tables, found.coefficients, family)
