"""Claims of Reva et al. (2025, PNAS) beside what the bundled populations show.

    python scripts/reproduce_reva.py --out claims

reads emodels/populations/NAME.parquet (cost below 5) and NAME_high.parquet (cost 5 to 15) and
writes claims.csv and claims.md: claim, statistic, estimate, 95 % interval, verdict.

Units of resampling are whole walkers, drawn with replacement; an interval is the estimate and
1.96 SDs of 200 replicates about it, of sets and orders the central 95 % of replicates. All values
are corrected for the bias of a covariance estimated from as many independent rows as the
effective sample size. Two populations are compared at equal effective sample size: whole walkers
are left out of the larger one; two cells at equal temperature: rows of the cooler one get weights
exp(cost/T - cost/T') (importance sampling), and it is worth less for that; and whole ensembles
are exchanged in every way, so that four against four differ by p = 2/70 at least. Chains shorter
than 50 autocorrelation times are worth at most their effective sample size: dominance is open
where it would not hold at a quarter of it. Up to 24 variables every multiplet is measured; above,
extremes are those of the greedy search, in the data and in every replicate alike.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import comb
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from population_tables import FIRST_INTERVAL, NAMES, POPULATIONS, RATE, RMP, TARGETS, bundled

from ionfo.analysis import (
    Design,
    Question,
    Sample,
    area_under_curve,
    compare_groups,
    correlation_matrix,
    greedy_extremes,
    redundancy_synergy_spectrum,
    stabilisation_order,
    wishart_bias,
)
from ionfo.analysis.figures.spectra import minimal_set
from ionfo.analysis.multiplets.questions import EXHAUSTIVE_N, STATISTICS
from ionfo.analysis.multiplets.spectrum import usable_cores
from ionfo.analysis.uncertainty.effective import kish_size
from ionfo.tables.files import make_folder, read_table, write_text
from ionfo.tables.matrix import Table, read_analysis_table

Array = NDArray[np.float64]
Statistic = Callable[[Array], float]
"""Number of a curve of the O-information."""

Sets = tuple[frozenset[str], list[frozenset[str]]]
"""Minimal set of a feature in a population, and in its replicates."""

N_EXCHANGES = 70
"""Ways to part eight ensembles into four and four; of more ensembles so many are drawn."""

MIN, MEAN, MAX = (STATISTICS.index(one) for one in ("min", "mean", "max"))


def o_information_curve(values: Array, weights: Array, nu: float) -> Array:
    """O-information by order, bias subtracted, shape (n_orders, n_statistics).

    Parameters
    ----------
    values : ndarray, shape (n_rows, n_parameters)
        Parameters.
    weights : ndarray, shape (n_rows,)
        How much rows count.
    nu : float
        Degrees of freedom of their covariance.
    """
    n = values.shape[1]
    question = Question("o_information", tuple(range(n)))
    correlation = correlation_matrix(values, weights)
    design = Design(n <= EXHAUSTIVE_N, n_samples=5000, threads=usable_cores())
    curve = design.curve(question.measure(correlation), question.orders)
    if n > EXHAUSTIVE_N:
        curve[:, MIN] = greedy_extremes(correlation, side="lowest").value
        curve[:, MAX] = greedy_extremes(correlation, side="highest").value
    return np.asarray(curve - wishart_bias("o_information", question.orders, nu)[:, None])


@dataclass(frozen=True)
class Models:
    """A population, and how to measure rows of it.

    Attributes
    ----------
    name : str
        Of the e-model.
    table : Table
        As `ionfo analyse` reads it.
    ensemble : ndarray of int, shape (n_rows,)
        Number of the ensemble.
    temperature : float
        Of the chain; NaN when the file does not say it.
    tilt : ndarray, shape (n_rows,)
        Factors of the weights: ones, but at another temperature than the chain's.
    """

    name: str
    table: Table
    ensemble: NDArray[np.int64]
    temperature: float
    tilt: Array

    @classmethod
    def read(cls, name: str, file: Path, targets: Sequence[str]) -> Models:
        """Read a population."""
        frame, metadata = read_table(file)
        ensemble = frame["ensemble"].to_numpy(np.int64)
        temperature = float(metadata.get("settings", {}).get("temperature", np.nan))
        table = read_analysis_table(file, targets)
        return cls(name, table, ensemble, temperature, np.ones(len(ensemble)))

    def at(self, temperature: float) -> Models:
        """Weigh rows as a chain of another temperature would; as they are where T is not known."""
        gain = 1.0 / self.temperature - 1.0 / temperature
        if self.table.cost is None or not np.isfinite(gain):
            return self
        cost = self.table.cost
        return replace(self, temperature=temperature, tilt=np.exp(gain * (cost - cost.max())))

    @property
    def weights(self) -> Array:
        """How much rows count."""
        return self.table.weights * self.tilt

    @property
    def sample(self) -> Sample:
        """Rows of the parameters, with their walkers."""
        table = self.table
        return Sample(table.parameters, table.weights, table.walker, table.step)

    def curve(self, rows: NDArray[np.int64], nu: float) -> Array:
        """O-information of some rows."""
        return o_information_curve(self.table.parameters[rows], self.weights[rows], nu)

    def minimal_set(self, rows: NDArray[np.int64], target: str, nu: float) -> frozenset[str]:
        """Name the smallest set of parameters with 90 % of a feature's lowest corrected RSI."""
        names = self.table.parameter_names
        feature = self.table.features[:, [self.table.feature_names.index(target)]]
        values = np.hstack([self.table.parameters, feature])[rows]
        correlation = correlation_matrix(values, self.weights[rows])
        n = len(names)
        if n <= EXHAUSTIVE_N:
            spectrum = redundancy_synergy_spectrum(correlation, n, n_extremes=0, fraction=0.0)
            lowest, sets = spectrum.minimum, spectrum.argmin
        else:
            found = greedy_extremes(correlation, "redundancy_synergy_index", n, side="lowest")
            lowest, sets = found.value, found.multiplet
        bias = wishart_bias("redundancy_synergy_index", np.arange(2, n + 1), nu)
        return frozenset(names[i] for i in sets[minimal_set(lowest - bias)])

    @property
    def orders(self) -> NDArray[np.int64]:
        """Orders of the O-information."""
        return np.arange(3, self.table.parameters.shape[1] + 1)


@dataclass(frozen=True)
class Resampler:
    """Draws whole walkers of a population, worth a stated effective size.

    Attributes
    ----------
    models : Models
        The population.
    ess : float
        Effective sample size that is wanted, at most that of the population.
    """

    models: Models
    ess: float

    @property
    def share(self) -> float:
        """Part of the walkers that is worth it."""
        return min(self.ess / worth(self.models), 1.0)

    @property
    def nu(self) -> float:
        """Degrees of freedom of so many rows."""
        return self.share * worth(self.models) - 1.0

    def with_replacement(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Rows of a replicate."""
        blocks = self.models.sample.blocks
        n = max(round(self.share * len(blocks)), 2)
        return np.concatenate([blocks[i] for i in rng.integers(len(blocks), size=n)])

    def part(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Rows of some walkers, each once."""
        blocks = self.models.sample.blocks
        n = max(round(self.share * len(blocks)), 2)
        return np.concatenate([blocks[i] for i in rng.choice(len(blocks), n, replace=False)])


def worth(models: Models) -> float:
    """Effective sample size of a population; less where its rows are tilted (Kish)."""
    lost = kish_size(models.weights) / kish_size(models.table.weights)
    return (models.sample.nu + 1.0) * min(lost, 1.0)


def claim(
    text: str, cell: str, statistic: str, estimate: object, interval: str, verdict: str
) -> dict[str, object]:
    """One row of the table."""
    return {
        "claim": text, "population": cell, "statistic": statistic, "estimate": estimate,
        "interval_95": interval, "verdict": verdict,
    }  # fmt: skip


def about(value: float, replicates: Array) -> tuple[float, float]:
    """Give 1.96 SDs of replicates about a value."""
    half = 1.96 * float(np.std(replicates, ddof=1))
    return value - half, value + half


def verdict_of(low: float, high: float, limit: float = 0.0) -> str:
    """Say whether an interval lies above a limit."""
    if low > limit:
        return "reproduces"
    return "the opposite" if high < limit else "open: the interval holds both"


def dominance(curve: Array) -> float:
    """Lowest O-information over all orders against the highest, nats."""
    return float(-curve[:, MIN].min() - curve[:, MAX].max())


def log_ratio(curve: Array) -> float:
    """Logarithm of how many times larger synergy is than redundancy."""
    return float(np.log(-curve[:, MIN].min()) - np.log(max(curve[:, MAX].max(), 1e-3)))


def claims_of_one(models: Models, n_replicates: int, seed: int) -> list[dict[str, object]]:
    """Claims about one population."""
    rng = np.random.default_rng([seed, NAMES.index(models.name)])
    resampler = Resampler(models, worth(models))
    every_row = np.arange(len(models.table.weights))
    whole = models.curve(every_row, resampler.nu)
    replicates = [
        models.curve(resampler.with_replacement(rng), resampler.nu) for _ in range(n_replicates)
    ]
    orders, n = models.orders, models.table.parameters.shape[1]
    rows = []
    # independent parameters have extremes too: rows worth one each, shuffled
    alone = models.table.parameters[models.sample.thinned(rng)]
    null = [
        dominance(
            o_information_curve(rng.permuted(alone, axis=0), np.ones(len(alone)), len(alone) - 1.0)
        )
        for _ in range(max(n_replicates // 2, 20))
    ]
    observed = dominance(whole)
    low, high = about(observed, np.array([dominance(one) for one in replicates]))
    top = float(np.quantile(null, 0.975))
    quarter = dominance(models.curve(every_row, worth(models) / 4 - 1.0))
    told = verdict_of(low, high, max(top, 0.0))
    if told == "reproduces" and not models.sample.is_long and quarter <= top:
        told = "open: not at a quarter of the ESS"
    rows.append(
        claim(
            "synergy dominates", models.name,
            f"largest synergy less largest redundancy, nats (shuffled: at most {top:.3f}; were "
            f"the ESS a quarter: {quarter:.3f})",
            f"{observed:.3f}", f"{low:.3f} to {high:.3f}", told,
        )
    )  # fmt: skip
    ratio = log_ratio(whole)
    low, high = np.exp(about(ratio, np.array([log_ratio(one) for one in replicates])))
    says = "about ten times" if models.name == "l5pc" else "(claimed of the L5PC only)"
    within = "reproduces" if low <= 20 and high >= 5 else "does not reproduce"
    rows.append(
        claim(
            "redundancy is about ten times smaller", models.name,
            f"largest synergy over largest redundancy; {says}", f"{np.exp(ratio):.1f}",
            f"{low:.1f} to {high:.1f}", within if models.name == "l5pc" else "not claimed",
        )
    )  # fmt: skip
    knee = stabilisation_order(orders, whole[:, MIN])
    knees = [stabilisation_order(orders, one[:, MIN]) for one in replicates]
    low, high = np.quantile(knees, (0.025, 0.975))
    wanted = 14 / 21 * n
    holds = low <= wanted + 1 and high >= wanted - 1 and high - low <= n / 3
    told = "reproduces" if holds else "does not reproduce"
    if high - low > n / 3:
        told = "open: replicates disagree"
    rows.append(
        claim(
            "stabilisation near 14 of 21 parameters", models.name,
            f"order of the knee of the minimum, of {n}", knee, f"{low:.0f} to {high:.0f}", told,
        )
    )  # fmt: skip
    return rows


@dataclass(frozen=True)
class Difference:
    """Statistic of one population less that of another, at equal effective sample size.

    Attributes
    ----------
    value, low, high : float
        Estimate, and its interval of 95 % from resampled walkers.
    p : float
        Two-sided, of whole ensembles exchanged.
    """

    value: float
    low: float
    high: float
    p: float

    @property
    def verdict(self) -> str:
        """Whether it is above zero, as far as walkers and ensembles can tell."""
        told = verdict_of(self.low, self.high)
        if self.p > 0.05 and not told.startswith("open"):
            return "open: ensembles exchanged differ as much"
        return told


def differences(
    first: Models, second: Models, statistics: Sequence[Statistic], n: int, seed: int
) -> list[Difference]:
    """Compare two populations by numbers of their curves."""
    rng = np.random.default_rng([seed, 7])
    ess = min(worth(first), worth(second))
    values, variance = np.zeros(len(statistics)), np.zeros(len(statistics))
    for sign, models in ((-1.0, first), (1.0, second)):
        draw = Resampler(models, ess)
        parts = [models.curve(draw.part(rng), draw.nu) for _ in range(max(n // 4, 5))]
        again = [models.curve(draw.with_replacement(rng), draw.nu) for _ in range(n)]
        values += sign * np.mean([[one(curve) for one in statistics] for curve in parts], axis=0)
        variance += np.var([[one(curve) for one in statistics] for curve in again], axis=0, ddof=1)
    half = 1.96 * np.sqrt(variance)
    p = by_ensembles(first, second, statistics, seed)
    return [
        Difference(float(value), float(value - width), float(value + width), one)
        for value, width, one in zip(values, half, p, strict=True)
    ]


def by_ensembles(
    first: Models, second: Models, statistics: Sequence[Statistic], seed: int
) -> list[float]:
    """Two-sided p of the same differences when whole ensembles are exchanged."""
    pieces: list[tuple[Array, Array]] = []
    groups = []
    for models in (first, second):
        ensemble = models.ensemble
        groups.append(np.arange(len(pieces), len(pieces) + len(np.unique(ensemble))))
        for one in np.unique(ensemble):
            here = ensemble == one
            pieces.append((models.table.parameters[here], models.weights[here]))
    nu = min(worth(first), worth(second)) - 1.0

    @cache
    def curve(units: tuple[int, ...]) -> Array:
        values = np.concatenate([pieces[i][0] for i in units])
        weights = np.concatenate([pieces[i][1] for i in units])
        return o_information_curve(values, weights, nu)

    def p_of(statistic: Statistic) -> float:
        def of_units(units: NDArray[np.int64]) -> float:
            return statistic(curve(tuple(sorted(units.tolist()))))

        return compare_groups(of_units, groups[1], groups[0], N_EXCHANGES, 0, seed).p

    return [p_of(statistic) for statistic in statistics]


def told_difference(ess: float, found: Difference) -> str:
    """Say at what size two populations were compared, and how often ensembles differ so much."""
    return f"nats x orders, both at ESS {ess:.0f} (ensembles exchanged: p = {found.p:.3f})"


def claims_of_high_cost(
    low: Models, high: Models, n_replicates: int, seed: int
) -> list[dict[str, object]]:
    """Compare models of high cost with good ones.

    A wider sample depends less on everything: a mean that rises because synergy is lost while no
    redundancy is gained is said to be that.
    """
    areas = {"maximum": area_of(MAX, 1.0), "mean": area_of(MEAN, 1.0), "minimum": area_of(MIN, 1.0)}
    found = dict(
        zip(areas, differences(low, high, list(areas.values()), n_replicates, seed), strict=True)
    )
    ess = min(worth(low), worth(high))
    gains = found["maximum"].verdict == "reproduces"
    rows = []
    for what, one in found.items():
        told = one.verdict
        if what != "maximum" and told == "reproduces" and not gains:
            told = "in part: less synergy, but no more redundancy"
        rows.append(
            claim(
                "models of high cost are more redundant", low.name,
                f"difference of the areas under the {what} of O-information, "
                f"{told_difference(ess, one)}",
                f"{one.value:.3f}", f"{one.low:.3f} to {one.high:.3f}", told,
            )
        )  # fmt: skip
    return rows


def area_of(column: int, sign: float) -> Statistic:
    """Make the area under one curve of the O-information over orders, nats x orders."""

    def area(curve: Array) -> float:
        return sign * area_under_curve(np.arange(3, 3 + len(curve)), curve[:, column])

    return area


def sets_of(models: Models, target: str, n: int, seed: int) -> Sets:
    """Find the minimal set of a feature, and those of replicates."""
    rng = np.random.default_rng([seed, 11, NAMES.index(models.name), TARGETS.index(target)])
    draw = Resampler(models, worth(models))
    whole = models.minimal_set(np.arange(len(models.table.weights)), target, draw.nu)
    return whole, [
        models.minimal_set(draw.with_replacement(rng), target, draw.nu) for _ in range(n)
    ]


def told_set(one: frozenset[str]) -> str:
    """Name a set in words."""
    return ", ".join(sorted(one))


def claim_of_rest(models: Models, found: Sets) -> dict[str, object]:
    """Compare the minimal set of the resting potential with g_pas and gIh."""
    whole, replicates = found
    wanted = frozenset(one for one in models.table.parameter_names if one.split(".")[0] in
                       ("g_pas", "gIhbar_Ih"))  # fmt: skip
    same = sum(one == wanted for one in replicates)
    within = sum(wanted <= one for one in replicates)
    n = len(replicates)
    holds = whole == wanted and same >= n / 2
    told = "reproduces" if holds else "does not reproduce"
    if wanted < whole:
        told = f"in part: with {len(whole) - len(wanted)} more"
    return claim(
        "the minimal set of the resting potential is g_pas and gIh", models.name,
        f"minimal set; replicates with just these: {same} of {n}, with these and more: {within}",
        told_set(whole), told_set(Counter(replicates).most_common(1)[0][0]) + " (most frequent)",
        told,
    )  # fmt: skip


def shared_module(
    target: str, first: Sets, second: Sets, n_variables: int, expected: bool
) -> dict[str, object]:
    """Overlap of the minimal sets of two populations, against sets drawn at random."""
    value = jaccard(first[0], second[0])
    replicates = [jaccard(a, b) for a, b in zip(first[1], second[1], strict=True)]
    low, high = np.quantile(replicates, (0.025, 0.975))
    a, b, common = len(first[0]), len(second[0]), len(first[0] & second[0])
    chance = sum(
        comb(a, i) * comb(n_variables - a, b - i) for i in range(common, min(a, b) + 1)
    ) / comb(n_variables, b)
    shares = value >= 0.5 and chance <= 0.05
    told = "reproduces" if shares == expected else "does not reproduce"
    if low < 0.5 < high:
        told = "open: replicates share more and less than half"
    word = "share" if expected else "do not share"
    return claim(
        f"cAC and bNAC {word} their module for {target.split('.')[-1]}", "cac and bnac",
        f"shared part (Jaccard) of the minimal sets, {a} and {b} of {n_variables}, {common} in "
        f"both (by chance {a * b / n_variables:.1f}; p = {chance:.3f})",
        f"{value:.2f}", f"{low:.2f} to {high:.2f}", told,
    )  # fmt: skip


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """Part of two sets that they share."""
    return len(a & b) / len(a | b)


def say(text: str) -> None:
    """Show what is being computed: with 200 replicates a population takes minutes."""
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the table")
    parser.add_argument("--populations", type=Path, default=POPULATIONS, help="folder of them")
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    make_folder(asked.out)
    folder = asked.populations
    low = {name: Models.read(name, file, TARGETS) for name, file in bundled(folder)}
    high = {name: Models.read(name, file, []) for name, file in bundled(folder, "_high")}
    if not low:
        raise SystemExit(f"'{folder}' holds no population named {', '.join(NAMES)}")
    rows: list[dict[str, object]] = []
    n, seed = asked.replicates, asked.seed
    sets = {}
    for name, models in low.items():
        say(f"{name}: {models.sample.told}")
        few = max(n // 4, 10) if models.table.parameters.shape[1] > EXHAUSTIVE_N else n
        rows += claims_of_one(models, few, seed)
        for target in TARGETS:
            sets[name, target] = sets_of(models, target, max(few // 4, 5), seed)
        rows.append(claim_of_rest(models, sets[name, RMP]))
    if {"cac", "bnac"} <= set(low):
        say("cac and bnac")
        warmer = max(low["cac"].temperature, low["bnac"].temperature)
        first, second = low["cac"].at(warmer), low["bnac"].at(warmer)
        (found,) = differences(first, second, [area_of(MIN, -1.0)], n, seed)
        ess = min(worth(first), worth(second))
        at = f"both at T = {warmer:g}" if np.isfinite(warmer) else "at temperatures not known"
        rows.append(
            claim(
                "bNAC is more synergistic than cAC", "cac and bnac",
                f"difference of the areas over the minimum, {told_difference(ess, found)}, {at}",
                f"{found.value:.3f}", f"{found.low:.3f} to {found.high:.3f}", found.verdict,
            )
        )  # fmt: skip
        size = low["cac"].table.parameters.shape[1]
        for target, expected in ((RATE, True), (FIRST_INTERVAL, False)):
            rows.append(
                shared_module(target, sets["cac", target], sets["bnac", target], size, expected)
            )
    for name, models in high.items():
        if name in low:
            say(f"{name} of high cost: {models.sample.told}")
            few = max(n // 4, 10) if models.table.parameters.shape[1] > EXHAUSTIVE_N else n
            rows += claims_of_high_cost(low[name], models, few, seed)
    table = pd.DataFrame(rows)
    table.to_csv(asked.out / "claims.csv", index=False)
    lines = ["| claim | population | statistic | estimate | 95 % | verdict |", "|---" * 6 + "|"]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in table.to_numpy().tolist()]
    lines += ["", "| population | feature | minimal set |", "|---|---|---|"]
    lines += [f"| {name} | {one} | {told_set(found[0])} |" for (name, one), found in sets.items()]
    for name, models in {**low, **{f"{k}_high": v for k, v in high.items()}}.items():
        lines += [] if name != next(iter(low)) else ["", "| population | worth |", "|---|---|"]
        lines.append(f"| {name} | {models.sample.told} |")
    write_text(asked.out / "claims.md", "\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
