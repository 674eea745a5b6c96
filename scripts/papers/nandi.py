"""O-information of optimised models of 72 cells, raw and corrected: the analysis of Fig. 6A-C.

Reva et al. (2025, PNAS) measured the O-information of the hall-of-fame models of Nandi et al.
(2022).  The file holds 40 models of each of 72 cells with 36 parameters that all cells share:

    python scripts/papers/nandi.py nandi_exc3_72x40.parquet --out nandi-report

Two groups are drawn as published, 200 times each, cells and models alike: `unique`, one random
model of every cell, and `oversampled`, 36 models of each of two cells.  Beside them stand all
2,880 models, the best model of every cell, and an oversampling of our own, two models of each of
36 cells.  Extremes come from the published greedy search, in every draw and in every shuffle
alike; means from random multiplets, the same in all; orders that hold at most 400,000 multiplets
are measured whole in the two groups that are not drawn.

The correction is that of as many independent rows.  Models of one cell resemble each other, so
that `oversampled` is worth fewer and its true correction is larger: what is redundant after this
one stays redundant.  Two cells that differ in many parameters are redundant by that alone: the
same group is drawn from cells whose parameters were exchanged among them, so that none goes with
another.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from claims import markdown_table
from numpy.typing import NDArray

from ionfo.analysis import (
    Design,
    Question,
    area_under_curve,
    correlation_matrix,
    few_cells_rows,
    greedy_extremes,
    mann_whitney,
    o_information,
    oversampled_rows,
    random_unique_rows,
    sampled_spectrum,
    unique_rows,
    wishart_bias,
)
from ionfo.analysis.figures.style import BLUE, GREY, ORANGE, Figure
from ionfo.analysis.multiplets.questions import STATISTICS
from ionfo.analysis.multiplets.spectrum import usable_cores
from ionfo.terminal.output import mistakes_told

Array = NDArray[np.float64]
Rows = NDArray[np.int64]
Draw = Callable[[np.random.Generator], Rows]
SIDES = ("min", "mean", "max")
COLUMNS = [STATISTICS.index(one) for one in SIDES]
N_WHOLE = 400_000
CENTRAL = (0.025, 0.5, 0.975)


@dataclass(frozen=True)
class Group:
    """Curves of draws of a group, and of shuffled draws.

    Attributes
    ----------
    name : str
        Of the group.
    raw : ndarray, shape (n_draws, n_orders, 3)
        Minimum, mean, maximum by order; nats.
    shuffled : ndarray, shape (n_shuffles, n_orders, 3)
        The same where the columns of a draw know nothing of each other.
    n_rows, n_cells : int
        Models of a draw, and the cells that they are of.
    """

    name: str
    raw: Array
    shuffled: Array
    n_rows: int
    n_cells: int

    @property
    def orders(self) -> NDArray[np.int64]:
        """Orders of the curves; the last holds one multiplet, of all parameters."""
        return np.arange(3, 3 + self.raw.shape[1])

    @property
    def bias(self) -> Array:
        """Wishart bias of each order for as many independent rows, nats."""
        return wishart_bias("o_information", self.orders, self.n_rows - 1.0)

    def whole(self, corrected: bool) -> Array:
        """O-information of all parameters in every draw, nats."""
        return np.asarray(self.raw[:, -1, 1] - (self.bias[-1] if corrected else 0.0))

    def areas(self, side: str, corrected: bool, shuffled: bool = False) -> Array:
        """Areas under one curve of every draw, nats x orders."""
        curves = (self.shuffled if shuffled else self.raw)[:, :, SIDES.index(side)]
        curves = curves - (self.bias if corrected else 0.0)
        return np.array([area_under_curve(self.orders, one) for one in curves])

    def beyond(self, side: str) -> list[int]:
        """Orders at which the central 95 % of draws lie apart from those of shuffled draws.

        Minima below, maxima above, means on either side.
        """
        i = SIDES.index(side)
        if len(self.raw) < 2 or len(self.shuffled) < 2:
            return []
        low, _, high = np.quantile(self.raw[:, :, i], CENTRAL, axis=0)
        null_low, _, null_high = np.quantile(self.shuffled[:, :, i], CENTRAL, axis=0)
        apart = {"min": high < null_low, "max": low > null_high}.get(
            side, (high < null_low) | (low > null_high)
        )
        return [int(one) for one in self.orders[apart]]


def curve(values: Array, design: Design) -> Array:
    """Minimum and maximum by the greedy search, mean over random multiplets."""
    question = Question("o_information", tuple(range(values.shape[1])))
    correlation = correlation_matrix(values)
    found = design.curve(question.measure(correlation), question.orders)[:, COLUMNS]
    found[:, 0] = greedy_extremes(correlation, side="lowest").value
    found[:, 2] = greedy_extremes(correlation, side="highest").value
    return found


def measure(
    name: str,
    values: Array,
    cells: NDArray[np.int64],
    draw: Draw,
    n_draws: int,
    n_shuffles: int,
    design: Design,
) -> Group:
    """Measure draws of a group; draw number i is the same however many there are."""
    key = [design.seed, *name.encode()]

    def rows(i: int) -> Rows:
        return draw(np.random.default_rng([*key, 0, i]))

    def shuffle(i: int) -> Array:
        rng = np.random.default_rng([*key, 1, i])
        return curve(rng.permuted(values[rows(i)], axis=0), design)

    with ThreadPoolExecutor(usable_cores()) as pool:
        raw = np.array(list(pool.map(lambda i: curve(values[rows(i)], design), range(n_draws))))
        shuffled = np.array(list(pool.map(shuffle, range(n_shuffles))))
    first = rows(0)
    shuffled = shuffled.reshape(n_shuffles, *raw.shape[1:])
    return Group(name, raw, shuffled, len(first), len(np.unique(cells[first])))


def exchanged_among_cells(
    values: Array, cells: NDArray[np.int64], rng: np.random.Generator
) -> Array:
    """Give every parameter of a cell the values that another cell has of it, each its own.

    Cells stay as different as they were, but nothing of one parameter goes with another.  Every
    cell has as many models.
    """
    order = np.argsort(cells, kind="stable")
    n_cells = len(np.unique(cells))
    by_cell = values[order].reshape(n_cells, -1, values.shape[1])
    for j in range(values.shape[1]):
        by_cell[:, :, j] = rng.permuted(by_cell[rng.permutation(n_cells), :, j], axis=1)
    mixed = np.empty_like(values)
    mixed[order] = by_cell.reshape(values.shape)
    return mixed


def whole_of_exchanged(
    values: Array, cells: NDArray[np.int64], draw: Draw, n: int, seed: int
) -> Array:
    """O-information of all parameters of a group drawn from exchanged cells, nats."""
    rng = np.random.default_rng([seed, 2])
    return np.array(
        [
            o_information(correlation_matrix(exchanged_among_cells(values, cells, rng)[draw(rng)]))
            for _ in range(n)
        ]
    )


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


def told_of(group: Group) -> dict[str, object]:
    """Gather the numbers of one group."""
    report: dict[str, object] = {
        "rows": group.n_rows,
        "cells": group.n_cells,
        "draws": len(group.raw),
        "shuffles": len(group.shuffled),
        "orders": group.orders.tolist(),
        "bias_nats": group.bias.tolist(),
        "levels": CENTRAL,
        "raw_of_all_parameters_nats": np.quantile(group.whole(False), CENTRAL).tolist(),
        "corrected_of_all_parameters_nats": np.quantile(group.whole(True), CENTRAL).tolist(),
    }
    for i, side in enumerate(SIDES):
        raw = np.quantile(group.raw[:, :, i], CENTRAL, axis=0)
        told: dict[str, object] = {
            "how": "mean of random multiplets" if side == "mean" else "found by greedy search",
            "raw_nats": raw.tolist(),
            "corrected_nats": (raw - group.bias).tolist(),
            "orders_beyond_shuffles": group.beyond(side),
        }
        for kind in ("raw", "corrected"):
            told[f"area_{kind}"] = np.quantile(
                group.areas(side, kind == "corrected"), CENTRAL
            ).tolist()
            if len(group.shuffled):
                areas = group.areas(side, kind == "corrected", shuffled=True)
                told[f"area_{kind}_of_shuffles"] = np.quantile(areas, CENTRAL).tolist()
        if len(group.shuffled):
            null = np.quantile(group.shuffled[:, :, i], CENTRAL, axis=0)
            told["raw_of_shuffles_nats"] = null.tolist()
            told["corrected_of_shuffles_nats"] = (null - group.bias).tolist()
        report[side] = told
    return report


def area_tests(first: Group, second: Group) -> list[dict[str, object]]:
    """Compare areas of draws: how often one is larger, and the published Mann-Whitney.

    Its p falls with the number of draws, which anyone can raise; the share of pairs of draws in
    which the first area is larger does not.
    """
    tests: list[dict[str, object]] = []
    for side in SIDES:
        for kind in ("raw", "corrected"):
            a, b = first.areas(side, kind == "corrected"), second.areas(side, kind == "corrected")
            test = mann_whitney(a, b)
            tests.append(
                {
                    "first": first.name,
                    "second": second.name,
                    "curve": side,
                    "values": kind,
                    "mean_areas": [float(a.mean()), float(b.mean())],
                    "share_of_pairs_in_which_the_first_is_larger": float(
                        np.mean(a[:, None] > b[None, :])
                    ),
                    "mann_whitney_p": test.p,
                    "cliffs_delta": test.cliffs_delta,
                    "resamples": list(test.n_resamples),
                }
            )
    return tests


def draw_figure(groups: list[Group]) -> Figure:
    """Draw raw and corrected curves of the groups: medians and central 95 % of draws."""
    figure = Figure(figsize=(4.6 * len(groups), 7.4), layout="constrained")
    figure.suptitle("O-information, Gaussian; extremes found by greedy search")
    cells = figure.subplots(2, len(groups), sharex=True, sharey="row", squeeze=False)
    for column, group in zip(cells.T, groups, strict=True):
        for axes, offset, label in zip(
            column, (np.zeros(len(group.orders)), group.bias), ("raw", "bias-corrected"),
            strict=True,
        ):  # fmt: skip
            axes.axhline(0.0, color=GREY, lw=0.8)
            for i, (side, color) in enumerate(zip(SIDES, (BLUE, GREY, ORANGE), strict=True)):
                low, middle, high = np.quantile(group.raw[:, :, i], CENTRAL, axis=0) - offset
                axes.plot(group.orders, middle, color=color, label=side)
                axes.fill_between(group.orders, low, high, color=color, alpha=0.3, lw=0)
                if len(group.shuffled):
                    null = np.quantile(group.shuffled[:, :, i], CENTRAL, axis=0) - offset
                    for edge in (null[0], null[2]):
                        axes.plot(group.orders, edge, color=color, lw=0.8, ls=":")
            axes.set_ylabel(f"{label} O-information (nats)\nsynergy < 0 < redundancy")
        column[0].set_title(
            f"{group.name}: {group.n_rows} models of {group.n_cells} cells", fontsize=9
        )
        column[1].set_xlabel("order (parameters in a multiplet)")
        column[0].legend(frameon=False, title="bands: draws; dotted: shuffled", fontsize=8)
    return figure


def table(groups: list[Group]) -> list[str]:
    """Lines of the table of all groups, in Markdown."""
    head = (
        "models", "cells x models", "draws", "raw, all parameters", "bias",
        "corrected, all parameters", "area of the mean, raw", "corrected",
        "area of the minimum, corrected", "of the maximum",
    )  # fmt: skip
    rows = []
    for one in groups:
        rows.append(
            [
                one.name, f"{one.n_cells} x {one.n_rows // one.n_cells}", len(one.raw),
                central(one.whole(False)), f"{one.bias[-1]:+.2f}", central(one.whole(True)),
                central(one.areas("mean", False)), central(one.areas("mean", True)),
                beside_null(one, "min"), beside_null(one, "max"),
            ]
        )  # fmt: skip
    return markdown_table(head, rows)


def central(values: Array) -> str:
    """Median, and the central 95 % of several draws."""
    low, middle, high = np.quantile(values, CENTRAL)
    return f"{middle:+.2f}" + (f" ({low:+.2f} to {high:+.2f})" if len(values) > 1 else "")


def beside_null(group: Group, side: str) -> str:
    """Corrected area of an extreme with that of shuffled draws, whose extremes were chosen too."""
    told = central(group.areas(side, True))
    if not len(group.shuffled):
        return told
    return f"{told}; shuffled {central(group.areas(side, True, shuffled=True))}"


def say(groups: dict[str, Group], tests: list[dict[str, object]]) -> list[str]:
    """Say in words what survives."""
    lines = []
    for name in ("unique", "oversampled"):
        one = groups[name]
        raw, corrected = one.whole(False), one.whole(True)
        kept = float(np.mean(np.sign(corrected) == np.sign(np.median(raw))))
        what = "redundancy" if np.median(raw) > 0 else "synergy"
        verdict = "survives" if kept >= 0.975 else "does not survive"
        lines.append(
            f"{name} ({one.n_rows} models of {one.n_cells} cells, {len(raw)} draws): the {what} of "
            f"all parameters together, raw {central(raw)} nats, {verdict} the correction by "
            f"{one.bias[-1]:+.2f}: {central(corrected)}, of the same sign in {100 * kept:.0f} % of "
            "the draws."
        )
        for side, word in (("min", "lowest"), ("max", "highest"), ("mean", "mean")):
            beyond = one.beyond(side)
            extent = f"at {len(beyond)} of {len(one.orders)} orders" if beyond else "at no order"
            span = f" ({beyond[0]} to {beyond[-1]})" if beyond else ""
            lines.append(
                f"  {word}: the central 95 % of draws lie apart from those of shuffles "
                f"{extent}{span}."
            )
    for test in tests:
        areas = test["mean_areas"]
        assert isinstance(areas, list)
        lines.append(
            f"area of the {test['curve']}, {test['values']}: {test['first']} {areas[0]:+.2f}, "
            f"{test['second']} {areas[1]:+.2f}; the first is larger in "
            f"{100 * float(str(test['share_of_pairs_in_which_the_first_is_larger'])):.1f} % of "
            f"pairs of draws (Mann-Whitney as published: p = {test['mann_whitney_p']:.1e})."
        )
    lines.append(
        "corrected extremes keep the bias of having been chosen: read them beside their shuffles."
    )
    return lines


def main() -> None:
    """Run the analysis and write report.json, table.md, figure.png and figure.svg."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    beside = Path(__file__).resolve().parents[3] / "shared/data/models/nandi_exc3_72x40.parquet"
    parser.add_argument("file", type=Path, nargs="?", default=beside)
    parser.add_argument("--out", type=Path, default=Path("nandi-report"))
    parser.add_argument("--draws", type=int, default=200, help="of each published group")
    parser.add_argument("--shuffles", type=int, default=100, help="of each published group")
    parser.add_argument("--samples", type=int, default=5_000, help="multiplets per order")
    parser.add_argument("--each", type=int, default=36, help="models of each oversampled cell")
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
    half = len(np.unique(cells)) // 2
    every, best = np.arange(len(frame)), unique_rows(cells, rank)
    n, few = options.draws, max(options.draws // 4, 2)
    kinds: dict[str, tuple[Draw, int, int]] = {
        "all": (lambda rng: every, 1, 0),
        "best": (lambda rng: best, 1, 0),
        "unique": (lambda rng: random_unique_rows(cells, rng), n, options.shuffles),
        "oversampled": (
            lambda rng: few_cells_rows(cells, options.each, rng), n, options.shuffles
        ),
        "two of each of half of the cells": (
            lambda rng: oversampled_rows(cells, rank, half, rng), few, 0
        ),
    }  # fmt: skip
    design = Design(False, options.samples, options.seed)
    groups: dict[str, Group] = {}
    for name, (draw, n_draws, n_shuffles) in kinds.items():
        groups[name] = measure(name, values, cells, draw, n_draws, n_shuffles, design)
        print(f"{name}: done after {time.monotonic() - began:.0f} s", flush=True)
    draw_oversampled = kinds["oversampled"][0]
    exchanged = whole_of_exchanged(values, cells, draw_oversampled, n, options.seed)
    tests = area_tests(groups["oversampled"], groups["unique"])
    populations = {name: told_of(one) for name, one in groups.items()}
    for name, rows in (("all", every), ("best", best)):
        populations[name]["exact"] = exact_part(values[rows], options.seed)
    words = say(groups, tests)
    words.append(
        "a part of that redundancy says no more than that two cells differ: of cells whose "
        "parameters were exchanged among them, each its own way, all parameters together have "
        f"{central(exchanged)} nats raw."
    )
    report = {
        "file": options.file.name,
        "units": "nats; positive: redundancy, negative: synergy",
        "estimator": "Gaussian plug-in; corrected by the exact Wishart bias of independent rows",
        "parameters": names,
        "seed": options.seed,
        "populations": populations,
        "raw_of_all_parameters_of_exchanged_cells_nats": np.quantile(exchanged, CENTRAL).tolist(),
        "area_tests": tests,
        "words": words,
    }
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    lines = table(list(groups.values()))
    (options.out / "table.md").write_text("\n".join(lines) + "\n")
    figure = draw_figure([groups["unique"], groups["oversampled"]])
    for suffix in ("png", "svg"):
        figure.savefig(options.out / f"figure.{suffix}", dpi=130)
    print("\n".join([*lines, "", *words]))
    print(f"{time.monotonic() - began:.0f} s; {options.out / 'report.json'}")


if __name__ == "__main__":
    with mistakes_told():
        main()
