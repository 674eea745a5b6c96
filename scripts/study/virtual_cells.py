"""Optimise virtual cells whose conductances are known, and compare sampling with optimisation.

    python scripts/study/virtual_cells.py population.parquet --out virtual --generations 20

N members of an MCMC population, drawn by their weights, stand for experiments: their features are
the targets, with SD 5 % of each value (``--sd 0.05``; 0.05 where the value is 0) or the
experimental SD of the definition (``--sd experimental``).  Each is optimised by `ionfo optimise`,
which gives N x 40 models of N cells.  Two results:

recovery.csv, recovery.png      true against recovered conductances over the cells
o_information.csv, .png         unique (one model a cell) against oversampled (two of each of half
                                the cells) models, and as many models of the MCMC population:
                                raw, the exact Wishart bias, corrected

The same command goes on where it was stopped: every cell is a run folder of its own.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import spearmanr

from ionfo.analysis import (
    Design,
    Question,
    correlation_matrix,
    oversampled_rows,
    unique_rows,
    wishart_bias,
)
from ionfo.analysis.figures.style import BLUE, GREEN, GREY, ORANGE, Figure
from ionfo.analysis.multiplets.questions import STATISTICS
from ionfo.emodels import EModel
from ionfo.sampling import Population, read_population
from ionfo.sampling.evaluation.traces import emodel_of
from ionfo.sampling.folders import population_of
from ionfo.sampling.optimise import OptimiseSettings
from ionfo.studies.optimise import optimise
from ionfo.tables.files import write_table, write_text
from ionfo.terminal.output import mistakes_told

Array = NDArray[np.float64]
LEAST_SD = 0.05
"""SD of a target whose value is 0, as published."""


def choose_cells(population: Population, n_cells: int, seed: int) -> NDArray[np.int64]:
    """Draw rows by their weights, each at most once."""
    weight = population.frame.get("weight", pd.Series(np.ones(len(population.frame))))
    share = weight.to_numpy(np.float64) / weight.sum()
    rng = np.random.default_rng(seed)
    chosen: NDArray[np.int64] = rng.choice(len(share), n_cells, replace=False, p=share)
    return chosen


def targets_of(emodel: EModel, row: pd.Series, sd: str) -> dict[str, dict[str, float] | None]:
    """Give the features of a model as targets; null where it has none."""
    found: dict[str, dict[str, float] | None] = {}
    for feature in emodel.features:
        value = float(row[f"features/{feature.name}"])
        own = abs(value) * float(sd) if sd != "experimental" else feature.std
        found[feature.name] = (
            {"mean": value, "std": own or LEAST_SD} if np.isfinite(value) else None
        )
    return found


def optimise_cells(
    population: Population, emodel: EModel, chosen: NDArray[np.int64], options: argparse.Namespace
) -> pd.DataFrame:
    """Optimise each cell in its own folder and put all halls of fame into one table."""
    definition = options.out / "emodel.json"
    write_text(definition, emodel.to_json() + "\n")
    tables = []
    for cell, row in enumerate(chosen):
        folder = options.out / f"cell-{cell:03d}"
        targets = options.out / f"targets-{cell:03d}.json"
        known = targets_of(emodel, population.frame.iloc[row], options.sd)
        write_text(targets, json.dumps(known, indent=1) + "\n")
        if not (folder / "hall_of_fame.parquet").exists():
            settings = OptimiseSettings(
                generations=options.generations,
                offspring=options.offspring,
                seeds=options.seeds,
                seed=options.seed + cell,
                hall=options.hall,
                budget_quantile=0.99,
            )
            optimise(
                str(definition), folder, settings, targets=targets, stages=options.stages,
                morphology=options.morphology, processes=options.processes,
            )  # fmt: skip
        frame = population_of(folder).frame
        frame.insert(0, "cell", cell)
        frame.insert(1, "true_row", row)
        tables.append(frame)
        print(
            f"cell {cell}: worst score of the best model {frame['cost'].iloc[0]:.2f}, "
            f"{(frame['cost'] < 2).sum()} of {len(frame)} below 2",
            flush=True,
        )
    return pd.concat(tables, ignore_index=True)


def recovery(truth: Array, best: Array, hall: Array, emodel: EModel) -> pd.DataFrame:
    """Say of each parameter whether it is recovered.

    Parameters
    ----------
    truth, best : ndarray, shape (n_cells, n_parameters)
        True values, and those of the best model.
    hall : ndarray, shape (n_cells, n_models, n_parameters)
        Halls of fame.
    emodel : EModel
        Gives names and bounds.

    Returns
    -------
    DataFrame
        ``error``: median over cells of the distance of the best model, in widths of the bounds;
        ``by_chance``: the same for the best models of other cells; ``correlation``: Spearman's;
        ``spread``: median SD within a hall of fame in widths; ``spread_of_truth``: SD over cells.
        Recovered: error below a quarter of that by chance; sloppy: not below 3/4 of it.
    """
    width = np.diff(emodel.bounds, axis=1)[:, 0]
    n = len(truth)
    rows = []
    for i, name in enumerate(emodel.free_names):
        distance = np.abs(best[:, None, i] - truth[None, :, i]) / width[i]
        own, others = np.diag(distance), distance[~np.eye(n, dtype=bool)]
        error, chance = float(np.median(own)), float(np.median(others)) if n > 1 else np.nan
        varies = n > 2 and np.ptp(truth[:, i]) > 0 and np.ptp(best[:, i]) > 0
        correlation = float(spearmanr(truth[:, i], best[:, i]).statistic) if varies else np.nan
        rows.append(
            {
                "parameter": name,
                "error": error,
                "by_chance": chance,
                "correlation": correlation,
                "spread": float(np.median(hall[:, :, i].std(axis=1)) / width[i]),
                "spread_of_truth": float(truth[:, i].std() / width[i]),
                "verdict": "recovered"
                if error < chance / 4
                else "sloppy"
                if error >= 0.75 * chance
                else "partly",
            }
        )
    return pd.DataFrame(rows)


def draw_recovery(truth: Array, best: Array, hall: Array, emodel: EModel) -> Figure:
    """Draw true against recovered values, the best model over the range of its hall of fame."""
    names = emodel.free_names
    n_columns = min(4, len(names))
    n_rows = -(-len(names) // n_columns)
    figure = Figure(figsize=(2.7 * n_columns, 2.5 * n_rows), layout="constrained")
    cells = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
    for i, (axes, name) in enumerate(zip(cells, names, strict=False)):
        low, high = hall[:, :, i].min(axis=1), hall[:, :, i].max(axis=1)
        axes.vlines(truth[:, i], low, high, color=GREY, lw=0.7)
        axes.plot(truth[:, i], best[:, i], "o", ms=3, color=BLUE)
        limits = emodel.bounds[i]
        axes.plot(limits, limits, color=ORANGE, lw=0.8)
        axes.set_title(name, fontsize=7)
        axes.tick_params(labelsize=6)
    for spare in cells[len(names) :]:
        spare.set_visible(False)
    figure.supxlabel(f"true value ({len(truth)} virtual cells)", fontsize=9)
    figure.supylabel("best model, and the range of its hall of fame", fontsize=9)
    return figure


def o_information_table(
    values: Array,
    cells: NDArray[np.int64],
    rank: NDArray[np.int64],
    chain: Array,
    weight: Array,
    n_draws: int,
    seed: int,
) -> pd.DataFrame:
    """Mean O-information by order of unique, oversampled and sampled models.

    Every population has as many rows as there are cells, so that biases are alike; oversampled and
    sampled ones are drawn `n_draws` times, and their central 95 % is given.

    Returns
    -------
    DataFrame
        ``population``, ``order``, ``rows``, ``raw``, ``low``, ``high``, ``bias``, ``corrected``
        (nats; negative: synergy).
    """
    rng = np.random.default_rng(seed)
    n_cells = len(np.unique(cells))
    keep = np.ptp(values[unique_rows(cells, rank)], axis=0) > 0
    design = Design(keep.sum() <= 20, n_samples=2000, seed=seed)
    question = Question("o_information", tuple(range(int(keep.sum()))))
    orders = question.orders

    def curve(rows: Array) -> Array:
        measure = question.measure(correlation_matrix(rows[:, keep]))
        found: Array = design.curve(measure, orders)[:, STATISTICS.index("mean")]
        return found

    half = n_cells // 2
    share = weight / weight.sum()
    curves = {
        "unique": (n_cells, [curve(values[unique_rows(cells, rank)])]),
        "oversampled": (
            2 * half,
            [curve(values[oversampled_rows(cells, rank, half, rng)]) for _ in range(n_draws)],
        ),
        "MCMC": (
            n_cells,
            [
                curve(chain[rng.choice(len(chain), n_cells, replace=False, p=share)])
                for _ in range(n_draws)
            ],
        ),
    }
    rows = []
    for name, (n_rows, found) in curves.items():
        bias = wishart_bias("o_information", orders, n_rows - 1.0)
        low, high = np.quantile(found, (0.025, 0.975), axis=0)
        for i, (order, raw) in enumerate(zip(orders, np.mean(found, axis=0), strict=True)):
            rows.append(
                {
                    "population": name, "order": int(order), "rows": n_rows, "raw": raw,
                    "low": low[i], "high": high[i], "bias": bias[i], "corrected": raw - bias[i],
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def draw_o_information(table: pd.DataFrame) -> Figure:
    """Draw raw and corrected curves of the three populations."""
    figure = Figure(figsize=(9.0, 3.8), layout="constrained")
    for axes, kind in zip(figure.subplots(1, 2), ("raw", "corrected"), strict=True):
        axes.axhline(0.0, color=GREY, lw=0.8)
        for (name, rows), color in zip(
            table.groupby("population", sort=False), (BLUE, ORANGE, GREEN), strict=True
        ):
            offset = rows["bias"] if kind == "corrected" else 0.0
            axes.plot(
                rows["order"], rows[kind], color=color, label=f"{name}, {rows['rows'].iloc[0]}"
            )
            axes.fill_between(
                rows["order"], rows["low"] - offset, rows["high"] - offset, color=color, alpha=0.2
            )
        axes.set_xlabel("order (parameters in a multiplet)")
        axes.set_ylabel(f"{kind} O-information (nats)\nsynergy < 0 < redundancy")
        axes.legend(frameon=False, fontsize=8, title="population, models; bands: draws")
    return figure


def main() -> None:
    """Optimise the cells that are left, and write tables and figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("population", type=Path)
    parser.add_argument("--out", type=Path, default=Path("virtual-cells"))
    parser.add_argument("--cells", type=int, default=40)
    parser.add_argument("--sd", default="0.05", help="a share of each value, or 'experimental'")
    parser.add_argument("--generations", type=int, default=40)
    parser.add_argument("--offspring", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--hall", type=int, default=40)
    parser.add_argument("--stages", type=Path, default=None)
    parser.add_argument("--morphology", type=Path, default=None)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--draws", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    population = read_population(options.population)
    emodel = emodel_of(population, str(options.population))
    chosen = choose_cells(population, options.cells, options.seed)
    models = optimise_cells(population, emodel, chosen, options)
    write_table(options.out / "models.parquet", models, {"emodel": emodel.model_dump(mode="json")})

    columns = [f"parameters/{name}" for name in emodel.free_names]
    chain = population.frame[columns].to_numpy()
    truth = chain[chosen]
    size = models.groupby("cell").size().min()
    hall = np.array(
        [rows[columns].to_numpy()[:size] for _, rows in models.groupby("cell", sort=True)]
    )
    found = recovery(truth, hall[:, 0], hall, emodel)
    found.to_csv(options.out / "recovery.csv", index=False)
    draw_recovery(truth, hall[:, 0], hall, emodel).savefig(options.out / "recovery.png", dpi=110)
    print(found.round(3).to_string(index=False))
    if options.cells <= len(columns) + 1:
        print(
            f"O-information of {len(columns)} parameters needs more than {len(columns) + 1} cells"
        )
    else:
        weight = population.frame.get("weight", pd.Series(np.ones(len(chain)))).to_numpy(np.float64)
        table = o_information_table(
            models[columns].to_numpy(),
            models["cell"].to_numpy(),
            models["hof_index"].to_numpy(),
            chain,
            weight,
            options.draws,
            options.seed,
        )
        table.to_csv(options.out / "o_information.csv", index=False)
        draw_o_information(table).savefig(options.out / "o_information.png", dpi=110)
        print(table[table["order"] == table["order"].max()].round(3).to_string(index=False))
    print(f"{time.monotonic() - began:.0f} s; {options.out}")


if __name__ == "__main__":
    with mistakes_told():
        main()
