"""What ``ionfo genes predict`` leaves: tables, figures, a page and a few lines."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..analysis.figures.style import traces
from ..analysis.genes.predicted_draws import interval_of
from ..features.patchseq import PATCHSEQ_FEATURES
from ..pages.report.gene_regression import write_prediction_page
from ..tables.files import write_text
from .regress_output import gain_summary, or_null
from .saved import save_figure, save_table

if TYPE_CHECKING:
    from .predict import FiringPrediction

Array = NDArray[np.float64]

MOST_CELLS = 6
"""Whose traces are drawn."""

_SHOWN = ("own fit", "genes", "family mean")
_STRIDE = 5  # samples between those that a page holds


def sentences_of(found: FiringPrediction) -> list[str]:
    """Say what was found in a few lines."""
    told = [
        f"{len(found.cells.cells)} cells, {len(PATCHSEQ_FEATURES)} features, "
        f"{found.settings.draws} draws of each cell; cells were predicted by folds that did not "
        "hold them, but by their own fit"
    ]
    for row in found.by_predictor.to_dict("records"):
        told.append(f"  {row['predictor']}: {predictor_told(row)}")
    for worse, better, words in gains_told():
        told.append(f"  {words}: {found.gain(worse, better).told()} SD of score")
    return told


def predictor_told(row: Mapping[Hashable, Any]) -> str:
    """Tell a row of `FiringPrediction.by_predictor`."""
    covered = row["coverage_90"]
    return (
        f"{row['failed']:.1%} failed, distance {row['distance_mean']:.2f} (median "
        f"{row['distance_median']:.2f}) SD, score {row['score']:.3f} SD, "
        + ("no intervals" if np.isnan(covered) else f"90 % intervals hold {covered:.0%}")
    )


def gains_told() -> list[tuple[str, str, str]]:
    """Give the comparisons that are told: of what, by what, and in words."""
    return [
        ("mean of all cells", "genes", "gain of genes over the mean of all cells"),
        ("family mean", "genes", "gain of genes over the family mean"),
        ("family mean", "genes within families", "gain of genes within families"),
    ]


def prediction_tables(found: FiringPrediction) -> dict[str, pd.DataFrame]:
    """Gather the tables by the stem of their files."""
    cells, names = found.cells, list(PATCHSEQ_FEATURES)
    of_cells, of_features, of_parameters = [], [], []
    for one in found.predictors:
        median, low, high = interval_of(one.draws)
        head = {"predictor": one.name, "cell": cells.cells, "family": cells.families}
        of_cells.append(
            pd.DataFrame(
                {**head, "distance": found.distances(one.name), "score": found.scores(one.name)}
            )
        )
        of_features.append(
            pd.DataFrame(
                {
                    "predictor": one.name,
                    "cell": np.repeat(cells.cells, len(names)),
                    "feature": np.tile(names, len(cells.cells)),
                    "measured": found.measured.ravel(),
                    "at_the_mean": one.point.ravel(),
                    "median": median.ravel(),
                    "low_90": low.ravel(),
                    "high_90": high.ravel(),
                }
            )
        )
        if one.parameters is not None:
            columns = [f"parameters/{name}" for name in cells.parameters.names]
            of_parameters.append(
                pd.DataFrame(head).join(pd.DataFrame(one.parameters, columns=columns))
            )
    return {
        "predictors": found.by_predictor,
        "features": found.by_feature,
        "cells": pd.concat(of_cells, ignore_index=True),
        "cell_features": pd.concat(of_features, ignore_index=True),
        "cell_parameters": pd.concat(of_parameters, ignore_index=True),
    }


def prediction_summary(found: FiringPrediction) -> dict[str, Any]:
    """Gather what predict.json holds."""
    asked = found.settings
    run = asked.run
    return {
        "cells": len(found.cells.cells),
        "genes": len(found.cells.genes.names),
        "draws": asked.draws,
        "folds": asked.folds,
        "rank": asked.rank,
        "seed": asked.seed,
        "temperature_degc": run.temperature,
        "current_pa": run.current,
        "noise_pa": run.noise_sd,
        "rest": asked.rest,
        "predictors": {
            str(row.pop("predictor")): {str(k): or_null(v) for k, v in row.items()}
            for row in found.by_predictor.to_dict("records")
        },
        "gains_of_score": {
            words: gain_summary(found.gain(worse, better)) for worse, better, words in gains_told()
        },
    }


def write_prediction(out: Path, found: FiringPrediction) -> None:
    """Write tables, figures and the page into a folder."""
    for stem, frame in prediction_tables(found).items():
        save_table(out / stem, frame)
    summary = prediction_summary(found)
    write_text(out / "predict.json", json.dumps(summary, indent=1, allow_nan=False) + "\n")
    panels = chosen_traces(found)
    save_figure(out / "predicted", found.figure())
    if panels:
        shows = "Voltage of chosen cells (rows): what each column says made it."
        save_figure(out / "traces", traces(panels, f"{len(panels)} cells", shows))
    thin = {
        cell: {way: (t[::_STRIDE], v[::_STRIDE]) for way, (t, v) in ways.items()}
        for cell, ways in panels.items()
    }
    write_prediction_page(out, found.title, found.sentences(), found.by_feature, thin)


def chosen_traces(found: FiringPrediction) -> dict[str, dict[str, tuple[Array, Array]]]:
    """Simulate chosen cells: of the largest families the one that genes predict middling well."""
    cells = found.cells
    scores = found.scores("genes")
    names, counts = np.unique(cells.families, return_counts=True)
    panels = {}
    times = found.settings.run.protocol.times
    for family in names[np.argsort(-counts, kind="stable")][:MOST_CELLS]:
        here = np.flatnonzero((cells.families == family) & np.isfinite(scores))
        if not len(here):
            continue
        i = int(here[np.argsort(scores[here], kind="stable")[len(here) // 2]])
        ways = {}
        if cells.cells[i] in found.recordings:
            ways["measured"] = found.recordings[cells.cells[i]]
        for one in found.predictors:
            if one.name in _SHOWN and one.parameters is not None:
                rng = np.random.default_rng(found.settings.seed)
                ways[one.name] = (times, found.settings.run.voltage(one.parameters[i], rng))
        panels[f"{cells.cells[i]} ({family})"] = ways
    return panels
