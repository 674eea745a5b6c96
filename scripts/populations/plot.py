"""Draw the bundled populations: the figures that belong to Fig. 1-3 of Reva et al. (2025, PNAS).

    python scripts/populations/plot.py --out figures

runs `ionfo analyse` on every population into figures/NAME, unless its tables are there, and draws

    parameters.png        where each parameter lies in its bounds, three populations
    scores.png            deviation of every feature from experiment, in SDs
    o_information.png     O-information by order with null and bands
    frequencies.png       how often a parameter is in the extreme multiplets of each order
    rsi_NAME.png          redundancy-synergy index of three features, the minimal set on the cell
    cac_bnac.png          cAC against bNAC: parameters, minimum and maximum of the O-information

Below an effective sample size of ten times the parameters the higher orders carry a warning.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ionfo.analysis import LONG_CHAIN
from ionfo.analysis.figures.style import (
    BLUE,
    DIVERGING_MAP,
    GREEN,
    GREY,
    ORANGE,
    Figure,
    legend_below,
)
from ionfo.analysis.multiplets.questions import EXHAUSTIVE_N
from ionfo.emodels.cell import resolve_morphology
from ionfo.emodels.definition import POPULATIONS
from ionfo.sampling import Population, read_population
from ionfo.sampling.evaluation.traces import emodel_of, own_morphology
from ionfo.tables.files import make_folder
from ionfo.tables.population_files import PUBLISHED, TARGETS, published_populations
from ionfo.terminal.output import mistakes_told

COLOURS = dict(zip(PUBLISHED, (BLUE, ORANGE, GREEN), strict=True))
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
REGIONS = {1: "somatic", 2: "axonal", 3: "basal", 4: "apical"}
REGION_COLOURS = {"somatic": "black", "axonal": ORANGE, "basal": GREEN, "apical": BLUE}


def analysed(name: str, file: Path, out: Path, options: Sequence[str]) -> Path:
    """Folder with the tables of a population, made if need be."""
    folder = out / name
    if not (folder / "summary.json").exists():
        command = [sys.executable, "-m", "ionfo", "analyse", str(file), "--out", str(folder)]
        subprocess.run([*command, "--targets", ",".join(TARGETS), *options], check=True)
    return folder


def quantiles(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted quantiles of a column at LEVELS."""
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order]) / weights.sum()
    return np.asarray(values[order][np.searchsorted(share, LEVELS).clip(max=len(values) - 1)])


def draw_ranges(
    axes: Axes, columns: Sequence[NDArray[np.float64]], weights: NDArray[np.float64],
    offset: float, colour: str, label: str,
) -> None:  # fmt: skip
    """Draw 5-95 % as a line, 25-75 % as a bar, the median as a dot; one row a column."""
    found = np.array([quantiles(one, weights) for one in columns])
    y = np.arange(len(found)) + offset
    axes.hlines(y, found[:, 0], found[:, 4], color=colour, lw=1, label=label)
    axes.hlines(y, found[:, 1], found[:, 3], color=colour, lw=3.5)
    axes.plot(found[:, 2], y, "o", color="white", mec=colour, ms=4)


def parameters(populations: dict[str, Population]) -> Figure:
    """Draw where the parameters lie in their bounds."""
    names = list(
        dict.fromkeys(n for p in populations.values() for n in emodel_of(p, "").free_names)
    )
    figure = Figure(figsize=(7.5, 1.5 + 0.3 * len(names)), layout="constrained")
    axes = figure.add_subplot()
    for i, (name, population) in enumerate(populations.items()):
        emodel = emodel_of(population, name)
        low, high = emodel.bounds.T
        frame = population.frame
        columns = [np.full(len(frame), np.nan) for _ in names]
        for one, a, b in zip(emodel.free_names, low, high, strict=True):
            columns[names.index(one)] = (frame[f"parameters/{one}"].to_numpy() - a) / (b - a)
        weights = frame["weight"].to_numpy(np.float64)
        told = f"{name}: {len(frame)} models"
        draw_ranges(axes, columns, weights, 0.25 * (i - 1), COLOURS[name], told)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel(
        "place in the bounds (0 lowest, 1 highest)\nline 5-95 %, bar 25-75 %, dot median"
    )
    axes.legend(loc="upper center", bbox_to_anchor=(0.4, 1.06), ncols=3, frameon=False, fontsize=8)
    return figure


def scores(populations: dict[str, Population]) -> Figure:
    """Draw how far every feature lies from experiment, with its sign."""
    figure = Figure(figsize=(5.2 * len(populations), 13), layout="constrained")
    for axes, (name, population) in zip(
        figure.subplots(1, len(populations), squeeze=False)[0], populations.items(), strict=True
    ):
        features = [one for one in emodel_of(population, name).features if one.std > 0]
        frame = population.frame
        columns = [(frame[f"features/{f.name}"].to_numpy() - f.mean) / f.std for f in features]
        weights = frame["weight"].to_numpy(np.float64)
        draw_ranges(axes, columns, weights, 0.0, COLOURS[name], name)
        axes.axvspan(-1, 1, color=GREY, alpha=0.15, lw=0)
        axes.set_yticks(range(len(features)), [f.name for f in features], fontsize=5)
        axes.invert_yaxis()
        axes.set_xlim(-6, 6)
        axes.set_xlabel("(model - experiment) / SD of experiment")
        axes.set_title(f"{name}: {len(frame)} models", fontsize=9)
    return figure


def warned(population: Population, curves: pd.DataFrame) -> str:
    """Title of a population, with a warning where the sample is small, or may be."""
    n = len(emodel_of(population, "").free_names)
    ess, spanned = (float(curves[one].iloc[0]) for one in ("ess", "spanned_tau"))
    told = f"{len(population.frame)} models, ESS {ess:.0f}"
    if spanned < LONG_CHAIN:
        return f"{told} at most\n(walkers of {spanned:.1f} tau): high orders are uncertain"
    small = "" if ess >= 10 * n else f"\nESS below 10 x {n} parameters: high orders are uncertain"
    return told + small


def draw_curves(axes: Axes, curves: pd.DataFrame, spectrum: pd.DataFrame) -> None:
    """Minimum, mean and maximum, corrected, with confidence band and null.

    Above 24 parameters bands and nulls, and so the curves, are of the multiplets that were drawn;
    the extremes of all multiplets are dotted.
    """
    if spectrum["order"].max() > EXHAUSTIVE_N:
        for side, colour in (("max", ORANGE), ("min", BLUE)):
            exact = spectrum[f"{side}_nats"] - spectrum["bias_nats"]
            axes.plot(spectrum["order"], exact, ":", color=colour, label=f"{side} of all")
    for statistic, colour in (("max", ORANGE), ("mean", GREY), ("min", BLUE)):
        one = curves[curves["statistic"] == statistic]
        order = one["order"]
        axes.plot(order, one["corrected_nats"], "-", color=colour, label=statistic)
        axes.fill_between(order, one["confidence_low_nats"], one["confidence_high_nats"],
                          color=colour, alpha=0.25, lw=0)  # fmt: skip
        axes.plot(order, one["null_low_nats"], "--", color=colour, lw=0.8)
        axes.plot(order, one["null_high_nats"], "--", color=colour, lw=0.8)
    axes.axhline(0.0, color=GREY, lw=0.8)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel("order (parameters in a multiplet)")


def o_information(populations: dict[str, Population], folders: dict[str, Path]) -> Figure:
    """Draw the O-information of all populations on one scale."""
    figure = Figure(figsize=(4.6 * len(populations), 4.4), layout="constrained")
    cells = figure.subplots(1, len(populations), sharey=True, squeeze=False)[0]
    for axes, (name, population) in zip(cells, populations.items(), strict=True):
        curves = pd.read_parquet(folders[name] / "o_information_curves.parquet")
        draw_curves(axes, curves, pd.read_parquet(folders[name] / "o_information.parquet"))
        axes.set_title(f"{name}: {warned(population, curves)}", fontsize=9)
    cells[0].set_ylabel("O-information, bias-corrected (nats)\nsynergy < 0 < redundancy")
    # dotted curves are of the populations with most parameters only
    most = max(cells, key=lambda axes: len(axes.get_legend_handles_labels()[0]))
    legend_below(most, "band 95 %, dashed: shuffled")
    return figure


def frequencies(folders: dict[str, Path]) -> Figure:
    """Draw frequency maps, one row a population."""
    figure = Figure(figsize=(13, 5.4 * len(folders)), layout="constrained")
    rows = figure.subplots(len(folders), 2, squeeze=False)
    for row, (name, folder) in zip(rows, folders.items(), strict=True):
        found = pd.read_parquet(folder / "o_information_frequencies.parquet")
        variables = list(dict.fromkeys(found["variable"]))
        for axes, side in zip(row, ("most_synergistic", "most_redundant"), strict=True):
            share = (found[side] - found["by_chance"]).to_numpy()
            wide = found.assign(share=share).pivot(
                index="variable", columns="order", values="share"
            )
            image = axes.imshow(
                wide.loc[variables], aspect="auto", cmap=DIVERGING_MAP, vmin=-0.7, vmax=0.7
            )
            axes.set_xticks(range(wide.shape[1]), [str(k) for k in wide.columns], fontsize=6)
            axes.set_yticks(range(len(variables)), variables, fontsize=6)
            axes.set_title(f"{name}: {side.replace('_', ' ')} 5 %", fontsize=9)
            axes.set_xlabel("order")
    figure.colorbar(image, ax=figure.axes, label="frequency less chance (k/n)", shrink=0.4)
    return figure


def draw_cell(axes: Axes, morphology: Path, regions: set[str], colour_all: bool) -> None:
    """Draw a morphology (.swc), the regions of a set in colour."""
    nodes = np.loadtxt(morphology, comments="#", ndmin=2)
    place = {int(row[0]): i for i, row in enumerate(nodes)}
    for code, region in REGIONS.items():
        x: list[float] = []
        y: list[float] = []
        for row in nodes[nodes[:, 1] == code]:
            if int(row[6]) in place:
                parent = nodes[place[int(row[6])]]
                x += [parent[2], row[2], np.nan]
                y += [parent[3], row[3], np.nan]
        held = colour_all or region in regions
        axes.plot(
            x, y, color=REGION_COLOURS[region] if held else "#cccccc", lw=1.3 if held else 0.5
        )
    axes.set_aspect("equal")
    axes.set_axis_off()


def index_of_features(name: str, population: Population, folder: Path) -> Figure:
    """Draw the RSI of three features, and their minimal sets on the cell."""
    emodel = emodel_of(population, name)
    morphology = resolve_morphology(emodel, own_morphology(population, emodel))
    curves = pd.read_parquet(folder / "redundancy_synergy_curves.parquet")
    spectra = pd.read_parquet(folder / "redundancy_synergy.parquet")
    figure = Figure(figsize=(4.8 * len(TARGETS), 7.5), layout="constrained")
    cells = figure.subplots(2, len(TARGETS), squeeze=False, height_ratios=(1.2, 1))
    for (above, below), target in zip(cells.T, TARGETS, strict=True):
        one = curves[(curves["target"] == target)]
        spectrum = spectra[spectra["target"] == target].reset_index(drop=True)
        draw_curves(above, one, spectrum)
        corrected = spectrum["min_nats"] - spectrum["bias_nats"]
        i = int(np.argmax(corrected <= 0.9 * corrected.min()))
        chosen = str(spectrum["min_multiplet"][i]).split()
        above.plot(spectrum["order"][i], corrected[i], "o", ms=10, mfc="none", color="black")
        above.set_title(target, fontsize=8)
        above.set_ylabel("RSI, bias-corrected (nats)\nsynergy < 0 < redundancy")
        places = {parameter.partition(".")[2] for parameter in chosen}
        regions = {part for p in places for part in dict(emodel.regions).get(p, (p,))}
        draw_cell(below, morphology, regions, "all" in places)
        told = "\n".join(", ".join(chosen[a : a + 2]) for a in range(0, len(chosen), 2))
        below.set_title(f"minimal set ({len(chosen)}), its regions in colour\n{told}", fontsize=6)
    lines = "bands 95 %, dashed: shuffled"
    if spectra["order"].max() > EXHAUSTIVE_N:
        lines += ", dotted: extremes of all multiplets"
    figure.suptitle(f"{name}: {warned(population, curves)}\n{lines}", fontsize=9)
    return figure


def cac_against_bnac(populations: dict[str, Population], folders: dict[str, Path]) -> Figure:
    """Draw the two interneuron types, which share parameters and morphology."""
    told = {
        name: f"{name}, T = {populations[name].metadata.get('settings', {}).get('temperature')}"
        for name in ("cac", "bnac")
    }
    figure = Figure(figsize=(9, 4), layout="constrained")
    for axes, statistic in zip(figure.subplots(1, 2), ("min", "max"), strict=True):
        for name in ("cac", "bnac"):
            curves = pd.read_parquet(folders[name] / "o_information_curves.parquet")
            one = curves[curves["statistic"] == statistic]
            axes.plot(one["order"], one["corrected_nats"], color=COLOURS[name], label=told[name])
            axes.fill_between(one["order"], one["confidence_low_nats"], one["confidence_high_nats"],
                              color=COLOURS[name], alpha=0.25, lw=0)  # fmt: skip
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_title(f"{statistic} over all multiplets", fontsize=9)
        axes.set_xlabel("order (parameters in a multiplet)")
        axes.set_ylabel("O-information, bias-corrected (nats)")
        legend_below(axes, "band: 95 % confidence")
    return figure


def main() -> None:
    """Analyse and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for tables and figures")
    parser.add_argument("--populations", type=Path, default=POPULATIONS, help="folder of them")
    parser.add_argument("--options", default="", help="more options of ionfo analyse")
    asked = parser.parse_args()
    files = published_populations(asked.populations)
    if not files:
        raise SystemExit(f"'{asked.populations}' holds no population named {', '.join(PUBLISHED)}")
    make_folder(asked.out)
    populations = {name: read_population(file) for name, file in files.items()}
    options = asked.options.split()
    folders = {name: analysed(name, file, asked.out, options) for name, file in files.items()}
    figures = {
        "parameters": parameters(populations),
        "scores": scores(populations),
        "o_information": o_information(populations, folders),
        "frequencies": frequencies(folders),
        **{
            f"rsi_{name}": index_of_features(name, population, folders[name])
            for name, population in populations.items()
        },
    }
    if {"cac", "bnac"} <= set(files):
        figures["cac_bnac"] = cac_against_bnac(populations, folders)
    for name, figure in figures.items():
        figure.savefig(asked.out / f"{name}.png", dpi=150)
        print(asked.out / f"{name}.png")


if __name__ == "__main__":
    with mistakes_told():
        main()
