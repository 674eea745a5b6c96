"""O-information of optimised models of 72 cells, raw and corrected: the analysis of Fig. 6A-C.

Reva et al. (2025, PNAS) measured the O-information of the hall-of-fame models of Nandi et al.
(2022).  The file holds 40 models of each of 72 cells with 36 parameters that all cells share:

    python scripts/papers/nandi.py nandi_exc3_72x40.parquet --out nandi-report

Three populations: all 2,880 models; one model of each cell (the best, 72); and an oversampled
one of as many rows, the best and one more model of 36 cells drawn at random.  Extremes come from
the published greedy search, in the data, in every replicate and in every shuffle alike; means
and quantiles from 20,000 random multiplets per order; orders that hold at most 400,000
multiplets are measured whole.
"""

from __future__ import annotations

import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ionfo.analysis import (
    Design,
    Question,
    area_under_curve,
    benjamini_hochberg,
    compare_groups,
    correlation_matrix,
    find_extremes,
    greedy_extremes,
    mann_whitney,
    o_information,
    oversampled_rows,
    sampled_spectrum,
    stabilisation_order,
    unique_rows,
    wishart_bias,
)
from ionfo.analysis.figures.style import BLUE, GREY, ORANGE, Figure
from ionfo.analysis.multiplets.questions import STATISTICS
from ionfo.analysis.multiplets.spectrum import usable_cores
from ionfo.analysis.uncertainty.resampling import SUBSAMPLE_FRACTION, SUBSAMPLE_ROWS

Array = NDArray[np.float64]
SIDES = ("min", "mean", "max")
COLUMNS = [STATISTICS.index(one) for one in SIDES]
N_WHOLE = 400_000


@dataclass(frozen=True)
class Curves:
    """One population: (n_orders, 3) minimum, mean, maximum; nats."""

    raw: Array
    replicates: Array
    shuffles: Array
    n_rows: int

    def bias(self, orders: NDArray[np.int64], n_rows: int) -> Array:
        """Wishart bias for so many independent rows."""
        return wishart_bias("o_information", orders, n_rows - 1.0)[:, None]


def curve(values: Array, design: Design, question: Question) -> Array:
    """Minimum and maximum by the greedy search, mean over random multiplets."""
    correlation = correlation_matrix(values)
    found = design.curve(question.measure(correlation), question.orders)[:, COLUMNS]
    found[:, 0] = greedy_extremes(correlation, side="lowest").value
    found[:, 2] = greedy_extremes(correlation, side="highest").value
    return found


def measure(values: Array, design: Design, n_replicates: int, n_shuffles: int, seed: int) -> Curves:
    """Measure a population, its replicates and its shuffles."""
    question = Question("o_information", tuple(range(values.shape[1])))
    n_rows = len(values)
    n_taken = min(SUBSAMPLE_ROWS, round(SUBSAMPLE_FRACTION * n_rows))

    def replicate(i: int) -> Array:
        rng = np.random.default_rng([seed, 0, i])
        return curve(values[rng.choice(n_rows, n_taken, replace=False)], design, question)

    def shuffle(i: int) -> Array:
        rng = np.random.default_rng([seed, 1, i])
        return curve(rng.permuted(values, axis=0), design, question)

    raw = curve(values, design, question)
    with ThreadPoolExecutor(usable_cores()) as pool:
        replicates = np.array(list(pool.map(replicate, range(n_replicates))))
        shuffles = np.array(list(pool.map(shuffle, range(n_shuffles))))
    return Curves(raw, replicates, shuffles, n_rows)


def exact_part(values: Array, seed: int) -> dict[str, object]:
    """Measure the orders that can be enumerated, and the whole set of parameters."""
    correlation = correlation_matrix(values)
    spectrum = sampled_spectrum(correlation, n_samples=2, n_whole=N_WHOLE, seed=seed)
    whole = spectrum.measured == spectrum.count
    bias = wishart_bias("o_information", spectrum.order, len(values) - 1.0)
    return {
        "o_information_of_all_parameters": o_information(correlation),
        "orders": spectrum.order[whole].tolist(),
        "count": spectrum.count[whole].tolist(),
        "min_nats": spectrum.minimum[whole].tolist(),
        "mean_nats": spectrum.mean[whole].tolist(),
        "max_nats": spectrum.maximum[whole].tolist(),
        "bias_nats": bias[whole].tolist(),
        "mean_corrected_nats": (spectrum.mean - bias)[whole].tolist(),
        "min_multiplet": [list(one) for one, w in zip(spectrum.argmin, whole, strict=True) if w],
        "max_multiplet": [list(one) for one, w in zip(spectrum.argmax, whole, strict=True) if w],
    }


def told_of(name: str, found: Curves, orders: NDArray[np.int64]) -> dict[str, object]:
    """Gather the numbers of one population."""
    bias = found.bias(orders, found.n_rows)
    n_taken = min(SUBSAMPLE_ROWS, round(SUBSAMPLE_FRACTION * found.n_rows))
    corrected, null = found.raw - bias, found.shuffles - bias
    n = len(null)
    low = (1 + (null <= corrected).sum(axis=0)) / (1 + n)
    high = (1 + (null >= corrected).sum(axis=0)) / (1 + n)
    p = np.column_stack([low[:, 0], np.minimum(2 * np.minimum(low, high)[:, 1], 1), high[:, 2]])
    z = (corrected - null.mean(axis=0)) / null.std(axis=0, ddof=1)
    adjusted = benjamini_hochberg(p)
    report: dict[str, object] = {
        "rows": found.n_rows,
        "orders": orders.tolist(),
        "bias_nats": bias[:, 0].tolist(),
        "shuffles": n,
        "replicates": len(found.replicates),
        "rows_per_replicate": n_taken,
    }
    for i, side in enumerate(SIDES):
        spread = np.quantile(found.replicates[:, :, i], (0.025, 0.975), axis=0)
        area = area_under_curve(orders, corrected[:, i])
        areas = np.array([area_under_curve(orders, one) for one in null[:, :, i]])
        beyond = min((areas <= area).sum(), (areas >= area).sum())
        area_p = min(1.0, 2 * (1 + beyond) / (1 + n))
        report[side] = {
            "how": "mean of 20,000 random multiplets"
            if side == "mean"
            else "found by greedy search",
            "raw_nats": found.raw[:, i].tolist(),
            "corrected_nats": corrected[:, i].tolist(),
            "null_of_the_same_low_nats": np.quantile(null[:, :, i], 0.025, axis=0).tolist(),
            "null_of_the_same_high_nats": np.quantile(null[:, :, i], 0.975, axis=0).tolist(),
            "z": z[:, i].tolist(),
            "p": p[:, i].tolist(),
            "p_adjusted": adjusted[:, i].tolist(),
            "spread_of_replicates_nats": spread.tolist(),
            "area_raw": area_under_curve(orders, found.raw[:, i]),
            "area_corrected": area,
            "area_p_against_shuffles": float(area_p),
            "stabilisation_order": stabilisation_order(orders, found.raw[:, i]),
            "orders_beyond_the_null": orders[adjusted[:, i] <= 0.05].tolist(),
        }
    return report


def area_tests(found: dict[str, Curves], orders: NDArray[np.int64]) -> list[dict[str, object]]:
    """Compare areas of replicates as published: Mann-Whitney, with the number of resamples."""
    tests = []
    names = list(found)
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            for column, side in enumerate(SIDES):
                for kind in ("raw", "corrected"):
                    areas, shuffled = [], []
                    for one in (found[a], found[b]):
                        n_taken = min(SUBSAMPLE_ROWS, round(SUBSAMPLE_FRACTION * one.n_rows))
                        bias = one.bias(orders, n_taken) if kind == "corrected" else 0.0
                        curves = (one.replicates - bias)[:, :, column]
                        areas.append([area_under_curve(orders, c) for c in curves])
                        bias = one.bias(orders, one.n_rows) if kind == "corrected" else 0.0
                        curves = (one.shuffles - bias)[:, :, column]
                        null = [area_under_curve(orders, c) for c in curves]
                        shuffled.append(np.quantile(null, (0.025, 0.975)).tolist())
                    test = mann_whitney(areas[0], areas[1])
                    tests.append(
                        {
                            "first": a,
                            "second": b,
                            "curve": side,
                            "values": kind,
                            "mean_areas": [float(np.mean(areas[0])), float(np.mean(areas[1]))],
                            "areas_of_shuffles_central_95": shuffled,
                            "mann_whitney_p": test.p,
                            "cliffs_delta": test.cliffs_delta,
                            "resamples": list(test.n_resamples),
                        }
                    )
    return tests


def cell_tests(
    values: Array, cells: NDArray[np.int64], rank: NDArray[np.int64], seed: int, n_draws: int
) -> dict[str, object]:
    """Test with cells as units: oversampling against uniqueness, and half against half."""
    design = Design(False, n_samples=1000, seed=seed)
    question = Question("o_information", tuple(range(values.shape[1])))
    orders, rng = question.orders, np.random.default_rng([seed, 5])
    every = np.unique(cells)
    rows_of = {
        cell: np.flatnonzero(cells == cell)[np.argsort(rank[cells == cell])] for cell in every
    }

    def area(rows: NDArray[np.int64]) -> float:
        found = design.curve(question.measure(correlation_matrix(values[rows])), orders)
        return area_under_curve(orders, found[:, STATISTICS.index("mean")])

    unique = area(unique_rows(cells, rank))
    draws = [area(oversampled_rows(cells, rank, len(every) // 2, rng)) for _ in range(n_draws)]
    beyond = min(sum(one >= unique for one in draws), sum(one <= unique for one in draws))

    def area_of_cells(chosen: NDArray[np.int64]) -> float:
        # the k-th time a cell comes its next two models are taken, so that no row repeats
        seen: dict[int, int] = {}
        rows = []
        for cell in chosen.tolist():
            k = seen.get(cell, 0)
            seen[cell] = k + 1
            rows += rows_of[cell][2 * k : 2 * k + 2].tolist()
        return area(np.array(rows))

    mixed = rng.permutation(every)
    half = len(every) // 2
    halves = compare_groups(
        area_of_cells, mixed[:half], mixed[half:], n_draws, min(n_draws, 100), seed
    )
    return {
        "area_of_mean_unique": unique,
        "area_of_mean_oversampled": {
            "draws_of_cells": n_draws,
            "mean": float(np.mean(draws)),
            "central_95": np.quantile(draws, (0.025, 0.975)).tolist(),
        },
        "p_that_unique_is_one_of_the_draws": min(1.0, 2 * (1 + beyond) / (1 + n_draws)),
        "two_halves_of_the_cells": {
            "difference": halves.difference,
            "permutation_p": halves.p,
            "effect_size": halves.effect_size,
            "interval": list(halves.interval),
            "cells": list(halves.n_units),
            "reassignments": halves.n_permutations,
        },
    }


def draw(found: dict[str, Curves], orders: NDArray[np.int64], n_shuffles: int) -> Figure:
    """Draw raw and corrected curves of the populations."""
    figure = Figure(figsize=(4.6 * len(found), 7.4), layout="constrained")
    figure.suptitle(
        f"O-information, Gaussian; extremes found by greedy search; {n_shuffles} shuffles"
    )
    cells = figure.subplots(2, len(found), sharex=True, sharey="row")
    for column, (name, one) in zip(cells.T, found.items(), strict=True):
        bias = one.bias(orders, one.n_rows)
        for axes, offset, label in zip(column, (0.0, bias), ("raw", "bias-corrected"), strict=True):
            axes.axhline(0.0, color=GREY, lw=0.8)
            for i, (side, color) in enumerate(zip(SIDES, (BLUE, GREY, ORANGE), strict=True)):
                axes.plot(orders, (one.raw - offset)[:, i], color=color, label=side)
                band = np.quantile((one.shuffles - offset)[:, :, i], (0.025, 0.975), axis=0)
                axes.fill_between(orders, *band, color=color, alpha=0.3, lw=0)
            axes.set_ylabel(f"{label} O-information (nats)\nsynergy < 0 < redundancy")
        column[0].set_title(f"{name}, n = {one.n_rows} models", fontsize=9)
        column[1].set_xlabel("order (parameters in a multiplet)")
        column[0].legend(frameon=False, title="bands: shuffled", fontsize=8)
    return figure


def say(report: dict[str, object]) -> list[str]:
    """Say in words what survives."""
    lines = []
    populations = report["populations"]
    assert isinstance(populations, dict)
    for name, told in populations.items():
        mean, low, high = told["mean"], told["min"], told["max"]
        last = len(told["orders"]) - 1
        lines.append(
            f"{name} ({told['rows']} rows): at order {told['orders'][last]} the raw value is "
            f"{mean['raw_nats'][last]:+.3f} nats, of which the sample size alone explains "
            f"{told['bias_nats'][last]:+.3f}; corrected {mean['corrected_nats'][last]:+.3f}."
        )
        for side, one in (("synergy of the lowest", low), ("redundancy of the highest", high)):
            kept = one["orders_beyond_the_null"]
            extent = f"at orders {kept[0]} to {kept[-1]} ({len(kept)})" if kept else "at no order"
            lines.append(f"  {side} multiplet found exceeds its own null {extent}.")
        kept = mean["orders_beyond_the_null"]
        extent = f"at {len(kept)} of {len(told['orders'])} orders" if kept else "at no order"
        lines.append(f"  the mean over multiplets differs from shuffled models {extent}.")
    tests = report["area_tests_as_published"]
    assert isinstance(tests, list)
    for test in tests:
        if test["curve"] == "mean" and test["values"] == "raw":
            other = next(
                one
                for one in tests
                if one["values"] == "corrected"
                and (one["curve"], one["first"], one["second"])
                == (test["curve"], test["first"], test["second"])
            )
            verdict = "survives" if other["mann_whitney_p"] <= 0.05 else "does not survive"
            lines.append(
                f"the difference of the areas of the mean between {test['first']} and "
                f"{test['second']} models (Mann-Whitney p {test['mann_whitney_p']:.1e} raw, "
                f"{other['mann_whitney_p']:.1e} corrected) {verdict} the correction"
                + ("." if test["mann_whitney_p"] <= 0.05 else ", and was none before it.")
            )
    lines.append(
        "corrected extremes keep the bias of having been chosen: read them beside their null only."
    )
    return lines


def _beside(test: dict[str, list[float]], i: int) -> str:
    low, high = test["areas_of_shuffles_central_95"][i]  # type: ignore[misc]
    return f"{test['mean_areas'][i]:+.2f} (shuffled {low:+.2f} to {high:+.2f})"


def main() -> None:
    """Run the analysis and write report.json, figure.png and figure.svg."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    beside = Path(__file__).resolve().parents[3] / "shared/data/models/nandi_exc3_72x40.parquet"
    parser.add_argument("file", type=Path, nargs="?", default=beside)
    parser.add_argument("--out", type=Path, default=Path("nandi-report"))
    parser.add_argument("--shuffles", type=int, default=200)
    parser.add_argument("--bootstrap", type=int, default=50)
    parser.add_argument("--samples", type=int, default=20_000, help="multiplets per order")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    began = time.monotonic()
    frame = pd.read_parquet(options.file)
    names = [
        name
        for name in frame
        if name not in ("cell_id", "hof_index") and not frame[name].isna().any()
    ]
    values = frame[names].to_numpy(np.float64)
    cells, rank = frame["cell_id"].to_numpy(), frame["hof_index"].to_numpy()
    n_cells = len(np.unique(cells))
    rng = np.random.default_rng([options.seed, 3])
    rows = {
        "all": np.arange(len(frame)),
        "unique": unique_rows(cells, rank),
        "oversampled": oversampled_rows(cells, rank, n_cells // 2, rng),
    }
    design = Design(False, options.samples, options.seed)
    orders = np.arange(3, len(names) + 1)
    found: dict[str, Curves] = {}
    report: dict[str, object] = {
        "file": options.file.name,
        "units": "nats; positive: redundancy, negative: synergy",
        "estimator": "Gaussian plug-in; corrected by the exact Wishart bias of independent rows",
        "parameters": names,
        "seed": options.seed,
    }
    populations: dict[str, dict[str, object]] = {}
    for i, (name, chosen) in enumerate(rows.items()):
        found[name] = measure(
            values[chosen], design, options.bootstrap, options.shuffles, options.seed + 1000 * i
        )
        populations[name] = told_of(name, found[name], orders)
        populations[name]["cells"] = len(np.unique(cells[chosen]))
        populations[name]["exact"] = exact_part(values[chosen], options.seed)
        correlation = correlation_matrix(values[chosen])
        for side in ("lowest", "highest"):
            wider = find_extremes(correlation, side=side, seed=options.seed)
            populations[name][f"{side}_found_by_wider_search_nats"] = wider.value.tolist()
        print(f"{name}: done after {time.monotonic() - began:.0f} s", flush=True)
    report["populations"] = populations
    report["area_tests_as_published"] = area_tests(found, orders)
    report["tests_by_cells"] = cell_tests(values, cells, rank, options.seed, options.shuffles)
    report["rows_of_the_oversampled"] = rows["oversampled"].tolist()
    report["words"] = say(report)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    figure = draw(found, orders, options.shuffles)
    for suffix in ("png", "svg"):
        figure.savefig(options.out / f"figure.{suffix}", dpi=130)
    print("\n".join(report["words"]))  # type: ignore[arg-type]
    for test in report["area_tests_as_published"]:  # type: ignore[attr-defined]
        print(
            f"area of the {test['curve']}, {test['values']}, {test['first']} and "
            f"{test['second']}: {_beside(test, 0)} and {_beside(test, 1)}, "
            f"Mann-Whitney p {test['mann_whitney_p']:.1e} ({test['resamples'][0]} resamples each)"
        )
    print(json.dumps(report["tests_by_cells"], indent=1))
    print(
        "All 2,880 models are 40 of each cell: their rows are not independent, so the shuffled "
        "band of 'all' is too narrow; 'unique' is the population whose null can be believed."
    )
    print(f"{time.monotonic() - began:.0f} s; {options.out / 'report.json'}")


if __name__ == "__main__":
    main()
