"""What ``ionfo analyse`` leaves behind: tables, figures, a summary and a few lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..analysis import LONG_CHAIN, PairwiseInformation, mutual_information
from ..analysis.answers import (
    Answer,
    curve_frame,
    extremes_frame,
    frequency_frame,
    histogram_frame,
    pairs_frame,
    spectrum_frame,
    summary_of,
)
from ..analysis.figures import spectra as figures
from ..analysis.figures import style as plots
from ..analysis.measures.estimators import ESTIMATOR_NAMES
from ..tables.checksums import file_hash
from ..tables.files import whole_folder, write_table, write_text
from ..tables.matrix import Table
from ..tables.roles import repeats_told, roles_told
from .plan import Work
from .saved import SUFFIXES, save_figure, save_table

_TABLES = (
    *(f"redundancy_synergy{one}" for one in ("", "_curves", "_extremes")),
    *(f"{stem}_{one}" for stem in ("o_information", "redundancy_synergy")
      for one in ("frequencies", "histogram")),
    "mutual_information_pairs", "mutual_information_features",
    *(f"o_information_{one}" for one in ("gradients", "local", "neighbours")),
    "co_moments", "sensitivity", "constraints",
)  # fmt: skip
_FIGURES = (
    "redundancy_synergy", "redundancy_synergy_minimal", "redundancy_synergy_frequencies_*",
    "o_information_frequencies", "mutual_information_network", "mutual_information_features",
    "features",
)  # fmt: skip
NOT_ALWAYS = (
    *(f"{stem}.{suffix}" for stem in _TABLES for suffix in ("csv", "parquet")),
    *(f"{stem}.{suffix}" for stem in _FIGURES for suffix in SUFFIXES),
    "report.html",
)
"""Names of what some analyses write and others do not; the page is written after the tables."""


def write_results(
    out: Path,
    source: Path,
    work: Work,
    answers: list[Answer],
    pairs: list[PairwiseInformation],
    about: list[PairwiseInformation],
    summary: Mapping[str, Any],
    more: Mapping[str, pd.DataFrame],
) -> None:
    """Write tables, figures and summary.json; they appear in the folder all together.

    Parameters
    ----------
    out, source : Path
        The folder, and the table that was analysed, which stays.
    work, answers, pairs, about
        As in `Findings`.
    summary : mapping
        See `summary_content`.
    more : mapping of str to DataFrame
        Further tables, by the stem of their files.

    Raises
    ------
    IonfoError
        If the folder cannot be written.
    """
    with whole_folder(out, "summary.json", NOT_ALWAYS, source) as beside:
        write_tables(beside, work, answers, pairs, about, more)
        draw_figures(beside, work, answers, pairs, about)
        write_text(beside / "summary.json", json.dumps(summary, indent=1, allow_nan=False) + "\n")


def write_tables(
    out: Path,
    work: Work,
    answers: list[Answer],
    pairs: list[PairwiseInformation],
    about: list[PairwiseInformation],
    more: Mapping[str, pd.DataFrame],
) -> None:
    """Write every table as CSV and Parquet."""
    names, features = work.table.parameter_names, work.table.feature_names
    correlation = work.passes.correlation(work.questions[0], work.sample)
    matrix = pd.DataFrame(mutual_information(correlation), columns=names)
    matrix.insert(0, "parameter", names)
    matrix["chains"] = work.stationarity.verdict
    write_table(out / "mutual_information.csv", matrix)
    frames: dict[str, pd.DataFrame] = {name: frame.copy() for name, frame in more.items()}
    if pairs:
        frames["mutual_information_pairs"] = pairs_frame(
            pairs[0], pairs[1], names, names, work.sample
        )
    if about:
        frames["mutual_information_features"] = pairs_frame(
            about[0], about[1], names, features, work.sample
        )
    for stem, some in (("o_information", answers[:1]), ("redundancy_synergy", answers[1:])):
        if not some:
            continue
        frames[stem] = _stack([spectrum_frame(one, work.sample) for one in some])
        frames[f"{stem}_curves"] = _stack([curve_frame(one, work.sample) for one in some])
        frames[f"{stem}_extremes"] = _stack([extremes_frame(one) for one in some])
        if some[0].spectrum.histogram:
            frames[f"{stem}_frequencies"] = _stack([frequency_frame(one) for one in some])
            frames[f"{stem}_histogram"] = _stack([histogram_frame(one) for one in some])
    for stem, frame in frames.items():
        frame["chains"] = work.stationarity.verdict
        save_table(out / stem, frame)


def _stack(frames: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True)


def _title(work: Work) -> str:
    sample = work.sample
    most = "at most " if sample.is_chain and sample.n_tau < LONG_CHAIN else ""
    worth = f", effective size {most}{sample.ess:.0f}" if sample.is_chain else ""
    return (
        f"{settling_told(work)}{ESTIMATOR_NAMES[work.passes.estimator]}, n = {sample.n_rows} models"
        f"{worth}; {work.settings.shuffles} shuffles, {work.settings.bootstrap} replicates"
    )


def settling_told(work: Work) -> str:
    """Say that chains have not settled, before anything that is made of them."""
    return "" if work.stationarity.is_sample else "STILL SETTLING, no verdict: "


def columns_told(work: Work) -> list[str]:
    """Say what every column was taken for, which rows were left out, and which come twice."""
    table, sample = work.table, work.sample
    told = [roles_told(table.parameter_names, work.targets, table.left_out)]
    if table.dropped is not None:
        told.append(table.dropped.told)
    if not sample.is_chain and (repeats := repeats_told(sample.n_rows, sample.n_distinct)):
        told.append(repeats)
    return told


def estimator_told(work: Work) -> str:
    """Say how correlations were estimated and their bias corrected."""
    kind = ESTIMATOR_NAMES[work.passes.estimator]
    exact = work.passes.estimator == "gaussian" and not work.sample.is_chain
    exact = exact and bool(np.ptp(work.sample.weights) == 0)
    how = "exact Wishart bias" if exact else "Wishart bias as an approximation"
    return f"{kind}, {how} with nu = {work.sample.nu:.1f}"


def draw_figures(
    out: Path,
    work: Work,
    answers: list[Answer],
    pairs: list[PairwiseInformation],
    about: list[PairwiseInformation],
) -> None:
    """Draw every figure as PNG and SVG."""
    title, names = _title(work), work.table.parameter_names
    save_figure(
        out / "o_information",
        figures.information_by_order(answers[:1], "O-information (nats)", title),
    )
    if answers[1:]:
        save_figure(
            out / "redundancy_synergy",
            figures.information_by_order(answers[1:], "RSI (nats)", title),
        )
        save_figure(out / "redundancy_synergy_minimal", figures.synergy_curves(answers[1:], title))
    for stem, some in (("o_information", answers[:1]), ("redundancy_synergy", answers[1:])):
        for i, one in enumerate(some):
            if len(one.spectrum.frequency_lowest):
                number = f"_{i + 1}" if stem != "o_information" else ""
                figure = figures.frequency_maps(one, f"{figures.label_of(one)}; {title}")
                save_figure(out / f"{stem}_frequencies{number}", figure)
    if pairs:
        told = (
            f"{settling_told(work)}{pairs_told(pairs[0])}, n = {pairs[0].n_rows} rows, "
            f"{pairs[0].n_permutations} permutations; dots and lines: adjusted p <= 0.05 and "
            ">= 0.1 nats"
        )
        figure = figures.pair_matrix(pairs[0], names, names, told)
        save_figure(out / "mutual_information", figure)
        figure = figures.information_network(pairs[0], names, told)
        save_figure(out / "mutual_information_network", figure)
        if about:
            figure = figures.pair_matrix(about[0], names, work.table.feature_names, told)
            save_figure(out / "mutual_information_features", figure)
    else:
        correlation = work.passes.correlation(work.questions[0], work.sample)
        figure = plots.information_map(mutual_information(correlation), names, title)
        save_figure(out / "mutual_information", figure)
    cost = work.table.cost
    save_figure(
        out / "components",
        figures.components(work.table.parameters, names, cost, "cost", title),
    )
    _draw_distributions(out, work.table)


def pairs_told(found: PairwiseInformation) -> str:
    """Say how pairs were measured."""
    how = {
        "knn": "3 nearest neighbours of ranks",
        "gaussian": "correlations",
        "histogram": f"histogram of {found.n_bins} x {found.n_bins} bins (a lower bound)",
    }[found.estimator]
    return how + (f", {found.n_thinnings} thinnings" if found.n_thinnings > 1 else "")


def _draw_distributions(out: Path, table: Table) -> None:
    units: dict[str, str] = {}
    bounds: dict[str, tuple[float, float]] = {}
    goals: dict[str, tuple[float, float]] = {}
    n_models, emodel = len(table.parameters), table.emodel
    if emodel is not None:
        units = {p.name: p.unit for p in emodel.parameters}
        units |= {feature.name: feature.unit for feature in emodel.features}
        bounds = {p.name: p.bounds for p in emodel.parameters if p.bounds is not None}
        goals = {feature.name: (feature.mean, feature.std) for feature in emodel.features}

    def labelled(name: str) -> str:
        return f"{name} ({units[name]})" if name in units else name

    names = table.parameter_names
    figure = plots.distributions(
        table.parameters,
        table.weights,
        [labelled(name) for name in names],
        ranges=[bounds[name] for name in names] if set(names) <= set(bounds) else None,
        title=f"parameters inside their bounds, n = {n_models} models",
    )
    save_figure(out / "parameters", figure)
    names = table.feature_names
    if names:
        figure = plots.distributions(
            table.features,
            table.weights,
            [labelled(name) for name in names],
            targets=[goals[name] for name in names] if set(names) <= set(goals) else None,
            title=f"features (bars) and targets (mean ± SD), n = {n_models} models",
        )
        save_figure(out / "features", figure)


def summary_content(
    file: Path, work: Work, answers: list[Answer], pairs: list[PairwiseInformation]
) -> Mapping[str, object]:
    """Gather what summary.json holds."""
    sample, spectrum = work.sample, answers[0].spectrum
    return {
        "population": file.name,
        "population_sha256": file_hash(file) if file.is_file() else None,
        "estimator": estimator_told(work),
        "rows": sample.n_rows,
        "distinct_rows": sample.n_distinct,
        "total_weight": float(sample.weights.sum()),
        "kish_effective_sample_size": sample.kish,
        "effective_sample_size": sample.ess if sample.is_chain else None,
        "spanned_tau": sample.n_tau if sample.is_chain else None,
        "rows_assumed_independent": not sample.is_chain,
        "chains": work.stationarity.verdict,
        "chains_settled_from_proposal": work.stationarity.settled_from,
        "estimator_leading": work.passes.estimator,
        "estimator_other": None if work.other is None else work.other.estimator,
        "pairs_by": pairs_told(pairs[0]) if pairs else None,
        "nu": sample.nu,
        "tested_rows": len(work.passes.rows),
        "units": "nats",
        "sign": "O-information and RSI: positive redundancy, negative synergy",
        "seed": work.settings.seed,
        "shuffles": 0 if answers[0].null is None else len(answers[0].null.shuffled),
        "bootstrap": len(answers[0].replicates),
        "rows_per_subsample": round(work.passes.fraction * sample.n_rows),
        "parameters": work.table.parameter_names,
        "targets": work.targets,
        "left_out": dict(work.table.left_out),
        "columns": columns_told(work),
        "rows_left_out": 0 if work.table.dropped is None else work.table.dropped.rows,
        "reading": asdict(work.settings.reading),
        "multiplets": int(spectrum.count.sum()) if spectrum.is_exhaustive else None,
        "skipped_orders": list(spectrum.skipped),
        "o_information_min": float(spectrum.minimum.min()),
        "o_information_max": float(spectrum.maximum.max()),
        "o_information": summary_of(answers[0]),
        "redundancy_synergy": {str(one.target): summary_of(one) for one in answers[1:]},
        "significant_pairs": None
        if not pairs or not work.stationarity.is_sample
        else int(np.triu(pairs[0].is_significant, 1).sum()),
    }
