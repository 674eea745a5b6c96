"""``ionfo plot``: make a figure of an analysis again, from its tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..analysis.figures import spectra as figures
from ..analysis.figures import style as plots
from ..analysis.figures.paper import WIDTHS, fit_to_paper
from ..analysis.figures.style import Figure
from ..analysis.figures.tables import curves_figure, frequency_figure, pairs_of_table
from ..errors import IonfoError, nearest
from ..limits import read_text
from ..pages.report.tables import check_population, reading_of
from ..tables.files import read_table
from ..tables.matrix import EXCLUDED, Table, read_analysis_table
from .saved import write_caption

FIGURES = (
    "o_information",
    "o_information_frequencies",
    "redundancy_synergy",
    "redundancy_synergy_frequencies",
    "mutual_information",
    "mutual_information_network",
    "mutual_information_features",
    "parameters",
    "features",
    "components",
    "traces",
)
_SAID = {"population", "estimator", "rows", "parameters"}
_OF_POPULATION = ("parameters", "features", "components")
_TABLES = {
    "o_information": "o_information_curves",
    "redundancy_synergy": "redundancy_synergy_curves",
    "mutual_information": "mutual_information_pairs",
    "mutual_information_network": "mutual_information_pairs",
}


def plot_figure(
    folder: Path,
    name: str,
    out: Path,
    population: Path | None = None,
    target: str | None = None,
    dpi: int = 130,
    style: str | None = None,
) -> None:
    """Draw one figure from what an analysis left.

    Parameters
    ----------
    folder : Path
        Of the analysis.
    name : str
        One of `FIGURES`.
    out : Path
        .png, .svg or .pdf.
    population : Path, optional
        The table that was analysed, for figures of parameters, features and components.
    target : str, optional
        Of an RSI; all of them by default, the first for frequencies.
    dpi : int
        Of a .png.
    style : str, optional
        ``one-column`` (85 mm) or ``two-columns`` (180 mm), letters of 5 to 7 points and no title;
        by default as `ionfo analyse` draws.

    The caption is written into a text file beside the figure.

    Raises
    ------
    IonfoError
        If the folder lacks what the figure is made of.
    """
    if name not in FIGURES:
        raise IonfoError(
            f"there is no figure '{name}'{nearest(name, FIGURES)}; known: {', '.join(FIGURES)}"
        )
    if style is not None and style not in WIDTHS:
        raise IonfoError(f"--style must be {' or '.join(WIDTHS)}, got '{style}'")
    if out.suffix not in (".png", ".svg", ".pdf"):
        raise IonfoError(f"figure '{out}' must end in .png, .svg or .pdf")
    if not out.absolute().parent.is_dir():
        raise IonfoError(f"output folder '{out.absolute().parent}' does not exist")
    summary = _summary(folder)
    if name in _OF_POPULATION:
        if population is None:
            raise IonfoError(
                f"figure '{name}' shows the models themselves; give the table that was analysed, "
                f"'{summary['population']}', with --population"
            )
        if not population.is_file():
            raise IonfoError(f"file '{population}' does not exist")
        check_population(folder, summary, population)
        left_out = summary.get("left_out", {})
        exclude = [one for one, why in left_out.items() if why == EXCLUDED]
        table = read_analysis_table(population, (), exclude, reading_of(summary))
        n_across = {"one-column": 2, "two-columns": 6}.get(style or "", 4)
        figure = _of_population(name, table, population.name, n_across)
    else:
        figure = _of_tables(name, folder, summary, target)
    if style is not None:
        try:
            fit_to_paper(figure, style)
        except ValueError as error:
            raise IonfoError(
                f"figure '{name}' {error}; take --style two-columns, fewer columns (--exclude of "
                "the analysis) or one --target"
            ) from None
    figure.savefig(out, dpi=dpi)
    write_caption(out, figure)


def _summary(folder: Path) -> dict[str, Any]:
    try:
        summary = json.loads(read_text(folder / "summary.json"))
        if not isinstance(summary, dict) or not _SAID <= summary.keys():
            raise ValueError
        return summary
    except (OSError, ValueError, RecursionError):
        raise IonfoError(
            f"'{folder}' holds no analysis (summary.json); make one with: ionfo analyse"
        ) from None


def _of_tables(name: str, folder: Path, summary: dict[str, Any], target: str | None) -> Figure:
    path = folder / f"{_TABLES.get(name, name)}.parquet"
    if not path.is_file():
        raise IonfoError(
            f"'{folder}' has no {path.name}, from which figure '{name}' is made"
            + ("; `ionfo report` simulates models" if name == "traces" else "")
        )
    frame = read_table(path)[0]
    title = f"{summary['population']}: {summary['estimator']}, {summary['rows']} rows"
    parameters = [str(one) for one in summary["parameters"]]
    if name == "traces":
        return _traces(frame, summary["population"])
    if "target" in frame:
        known = list(dict.fromkeys(frame["target"]))
        if target is not None and target not in known:
            raise IonfoError(f"'{target}' was no target{nearest(target, known)}")
        if target is not None or name.endswith("frequencies"):
            target = target or known[0]
            frame = frame[frame["target"] == target]
            title = f"RSI about {target}\n{title}"
    elif target is not None:
        raise IonfoError(f"figure '{name}' is of no target; leave --target out")
    if name.endswith("frequencies"):
        return frequency_figure(frame, title)
    if name in ("o_information", "redundancy_synergy"):
        return curves_figure(frame, "O-information" if name[0] == "o" else "RSI", title)
    if name == "mutual_information_features":
        features = list(dict.fromkeys(frame["y"]))
        found = pairs_of_table(frame, parameters, features)
        return figures.pair_matrix(found, parameters, features, title)
    found = pairs_of_table(frame, parameters, parameters)
    if name == "mutual_information_network":
        return figures.information_network(found, parameters, title)
    return figures.pair_matrix(found, parameters, parameters, title)


def _of_population(name: str, table: Table, origin: str, n_across: int) -> Figure:
    emodel = table.emodel
    units, ranges, targets = {}, {}, {}
    if emodel is not None:
        units = {p.name: p.unit for p in emodel.parameters}
        units |= {f.name: f.unit for f in emodel.features}
        ranges = {p.name: p.bounds for p in emodel.free_parameters if p.bounds is not None}
        targets = {f.name: (f.mean, f.std) for f in emodel.features}
    if name == "components":
        return figures.components(
            table.parameters, table.parameter_names, table.cost, "cost", origin
        )
    names, values = (
        (table.parameter_names, table.parameters)
        if name == "parameters"
        else (table.feature_names, table.features)
    )
    if not names:
        raise IonfoError(f"'{origin}' has no {name} that vary")
    return plots.distributions(
        values,
        table.weights,
        [f"{one} ({units[one]})" if one in units else one for one in names],
        ranges=[ranges[one] for one in names] if set(names) <= set(ranges) else None,
        targets=[targets[one] for one in names] if set(names) <= set(targets) else None,
        title=f"{origin}: {name} of {len(values)} models",
        n_across=n_across,
    )


def _traces(frame: pd.DataFrame, origin: str) -> Figure:
    nothing = (np.empty(0), np.empty(0))
    panels: dict[str, plots.Traces] = {}
    protocols = list(dict.fromkeys(frame["protocol"]))
    for label, rows in frame.groupby("model", sort=False):
        of_model = {
            str(protocol): (own["t_ms"].to_numpy(np.float64), own["v_mV"].to_numpy(np.float64))
            for protocol, own in rows.groupby("protocol", sort=False)
        }
        panels[str(label)] = {one: of_model.get(one, nothing) for one in protocols}
    return plots.traces(panels, f"{origin}: somatic voltage")
