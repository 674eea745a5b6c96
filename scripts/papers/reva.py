"""Claims of Reva et al. (2025, PNAS) beside what the bundled populations show.

    python scripts/papers/reva.py --out claims

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
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from claims import Claims, markdown_table
from numpy.typing import NDArray

from ionfo.analysis import (
    Design,
    Question,
    Sample,
    area_under_curve,
    correlation_matrix,
    greedy_extremes,
    redundancy_synergy_spectrum,
    stabilisation_order,
    wishart_bias,
)
from ionfo.analysis.figures.spectra import minimal_set
from ionfo.analysis.multiplets.questions import EXHAUSTIVE_N, STATISTICS
from ionfo.analysis.multiplets.spectrum import usable_cores
from ionfo.analysis.uncertainty.ensembles import EnsembleSample, Statistic, compare_ensembles
from ionfo.analysis.uncertainty.judgement import (
    REPRODUCES,
    Difference,
    interval_about,
    jaccard,
    judge_interval,
    overlap_by_chance,
)
from ionfo.emodels.definition import POPULATIONS
from ionfo.tables.files import make_folder, read_table
from ionfo.tables.matrix import Table, read_analysis_table
from ionfo.tables.population_files import (
    FIRST_INTERVAL,
    PUBLISHED,
    RATE,
    RMP,
    TARGETS,
    published_populations,
)

Array = NDArray[np.float64]

Sets = tuple[frozenset[str], list[frozenset[str]]]
"""Minimal set of a feature in a population, and in its replicates."""

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
    rows : EnsembleSample
        Its parameters, with their walkers and ensembles.
    temperature : float
        Of the chain; NaN when the file does not say it.
    """

    name: str
    table: Table
    rows: EnsembleSample
    temperature: float

    @classmethod
    def read(cls, name: str, file: Path, targets: Sequence[str]) -> Models:
        """Read a population."""
        frame, metadata = read_table(file)
        temperature = float(metadata.get("settings", {}).get("temperature", np.nan))
        table = read_analysis_table(file, targets)
        sample = Sample(table.parameters, table.weights, table.walker, table.step, table.ensemble)
        ensemble = frame["ensemble"].to_numpy(np.int64)
        return cls(name, table, EnsembleSample(sample, ensemble, table.weights), temperature)

    def at(self, temperature: float) -> Models:
        """Weigh rows as a chain of another temperature would; as they are where T is not known."""
        cost = self.table.cost
        if cost is None or not np.isfinite(1.0 / self.temperature - 1.0 / temperature):
            return self
        rows = self.rows.at_temperature(cost, self.temperature, temperature)
        return replace(self, rows=rows, temperature=temperature)

    @property
    def weights(self) -> Array:
        """How much rows count."""
        return self.rows.weights

    @property
    def sample(self) -> Sample:
        """Rows of the parameters, with their walkers."""
        return self.rows.sample

    @property
    def worth(self) -> float:
        """Effective sample size."""
        return self.rows.worth

    @property
    def every_row(self) -> NDArray[np.int64]:
        """Numbers of all rows."""
        return np.arange(len(self.table.weights))

    def curve(self, rows: NDArray[np.int64], nu: float) -> Array:
        """O-information of some rows."""
        return self.rows.curve(o_information_curve, rows, nu)

    def n_replicates(self, n: int) -> int:
        """Fewer replicates where the multiplets cannot all be measured."""
        return max(n // 4, 10) if self.table.parameters.shape[1] > EXHAUSTIVE_N else n

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


def claim(
    text: str, cell: str, statistic: str, estimate: object, interval: str, verdict: str
) -> dict[str, object]:
    """One row of the table."""
    return {
        "claim": text, "population": cell, "statistic": statistic, "estimate": estimate,
        "interval_95": interval, "verdict": verdict,
    }  # fmt: skip


def dominance(curve: Array) -> float:
    """Lowest O-information over all orders against the highest, nats."""
    return float(-curve[:, MIN].min() - curve[:, MAX].max())


def log_ratio(curve: Array) -> float:
    """Logarithm of how many times larger synergy is than redundancy."""
    return float(np.log(-curve[:, MIN].min()) - np.log(max(curve[:, MAX].max(), 1e-3)))


def claims_of_one(models: Models, n_replicates: int, seed: int) -> list[dict[str, object]]:
    """Claims about one population."""
    rng = np.random.default_rng([seed, PUBLISHED.index(models.name)])
    worth = models.worth
    nu = models.rows.nu(worth)
    whole = models.curve(models.every_row, nu)
    replicates = [models.curve(models.rows.resample(rng, worth), nu) for _ in range(n_replicates)]
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
    low, high = interval_about(observed, [dominance(one) for one in replicates])
    top = float(np.quantile(null, 0.975))
    quarter = dominance(models.curve(models.every_row, worth / 4 - 1.0))
    told = judge_interval(low, high, max(top, 0.0))
    if told == REPRODUCES and not models.sample.is_long and quarter <= top:
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
    low, high = np.exp(interval_about(ratio, [log_ratio(one) for one in replicates]))
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
    compared = compare_ensembles(
        low.rows, high.rows, o_information_curve, list(areas.values()), n_replicates, seed
    )
    found = dict(zip(areas, compared, strict=True))
    ess = min(low.worth, high.worth)
    gains = found["maximum"].verdict == REPRODUCES
    rows = []
    for what, one in found.items():
        told = one.verdict
        if what != "maximum" and told == REPRODUCES and not gains:
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


def claim_of_cells(first: Models, second: Models, n: int, seed: int) -> dict[str, object]:
    """Compare the synergy of cAC and bNAC at the temperature of the warmer chain."""
    warmer = max(first.temperature, second.temperature)
    first, second = first.at(warmer), second.at(warmer)
    (found,) = compare_ensembles(
        first.rows, second.rows, o_information_curve, [area_of(MIN, -1.0)], n, seed
    )
    ess = min(first.worth, second.worth)
    at = f"both at T = {warmer:g}" if np.isfinite(warmer) else "at temperatures not known"
    return claim(
        "bNAC is more synergistic than cAC", "cac and bnac",
        f"difference of the areas over the minimum, {told_difference(ess, found)}, {at}",
        f"{found.value:.3f}", f"{found.low:.3f} to {found.high:.3f}", found.verdict,
    )  # fmt: skip


def area_of(column: int, sign: float) -> Statistic:
    """Make the area under one curve of the O-information over orders, nats x orders."""

    def area(curve: Array) -> float:
        return sign * area_under_curve(np.arange(3, 3 + len(curve)), curve[:, column])

    return area


def sets_of(models: Models, target: str, n: int, seed: int) -> Sets:
    """Find the minimal set of a feature, and those of replicates."""
    rng = np.random.default_rng([seed, 11, PUBLISHED.index(models.name), TARGETS.index(target)])
    worth = models.worth
    nu = models.rows.nu(worth)
    whole = models.minimal_set(models.every_row, target, nu)
    return whole, [
        models.minimal_set(models.rows.resample(rng, worth), target, nu) for _ in range(n)
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
    chance = overlap_by_chance(a, b, common, n_variables)
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
    low = {
        name: Models.read(name, file, TARGETS)
        for name, file in published_populations(folder).items()
    }
    high = {
        name: Models.read(name, file, [])
        for name, file in published_populations(folder, "_high").items()
    }
    if not low:
        raise SystemExit(f"'{folder}' holds no population named {', '.join(PUBLISHED)}")
    claims = Claims()
    n, seed = asked.replicates, asked.seed
    sets = {}
    for name, models in low.items():
        say(f"{name}: {models.sample.told}")
        few = models.n_replicates(n)
        claims.rows += claims_of_one(models, few, seed)
        for target in TARGETS:
            sets[name, target] = sets_of(models, target, max(few // 4, 5), seed)
        claims.rows.append(claim_of_rest(models, sets[name, RMP]))
    if {"cac", "bnac"} <= set(low):
        say("cac and bnac")
        claims.rows.append(claim_of_cells(low["cac"], low["bnac"], n, seed))
        size = low["cac"].table.parameters.shape[1]
        for target, expected in ((RATE, True), (FIRST_INTERVAL, False)):
            claims.rows.append(
                shared_module(target, sets["cac", target], sets["bnac", target], size, expected)
            )
    for name, models in high.items():
        if name in low:
            say(f"{name} of high cost: {models.sample.told}")
            claims.rows += claims_of_high_cost(low[name], models, models.n_replicates(n), seed)
    found = [(name, target, told_set(one[0])) for (name, target), one in sets.items()]
    every = {**low, **{f"{name}_high": models for name, models in high.items()}}
    worth = [(name, models.sample.told) for name, models in every.items()]
    lines = claims.write(
        asked.out,
        ("claim", "population", "statistic", "estimate", "95 %", "verdict"),
        below=[
            "", *markdown_table(("population", "feature", "minimal set"), found),
            "", *markdown_table(("population", "worth"), worth),
        ],
    )  # fmt: skip
    print("\n".join(lines))


if __name__ == "__main__":
    main()
