"""Claims of Reva et al. (2025, PNAS) beside what the bundled populations show.

    python scripts/papers/reva.py --out claims

reads emodels/populations/NAME.parquet (cost below 5) and NAME_high.parquet (cost 5 to 15) and
writes claims.csv and claims.md: claim, statistic, estimate, 95 % interval, verdict.

A row is judged where the paper claims it; elsewhere its numbers stand with `not claimed`.  A
population whose chains are still settling gets no verdict and no interval; of one that drifts at
first the drift is left out.

Units of resampling are whole walkers, single draws where these are independent, or whole ensembles
where these differ by more than their walkers allow, drawn with replacement; an interval is the
estimate and 1.96 SDs of 200 replicates about it (more of fewer than 20 units), of sets and orders
the central 95 % of replicates. All
values are corrected for the bias of a covariance estimated from as many independent rows as the
effective sample size. Two populations are compared at equal effective sample size, for which
whole walkers are left out of the larger one, and at equal temperature: rows of the cooler one get
weights exp(cost/T - cost/T') (importance sampling), and it is worth less for that. Whole ensembles
are exchanged in every way, so that four against four differ by p = 2/70 at least. Chains shorter
than 50 autocorrelation times are worth at most their effective sample size: dominance is open
where a quarter of the walkers does not show it. Up to 24 variables every multiplet is measured;
above, extremes are those of the greedy search, in the data and in every replicate alike.
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
    plateau_order,
    plateau_range,
    redundancy_synergy_spectrum,
    stabilisation_order,
    wishart_bias,
)
from ionfo.analysis.minimal import SHARES, sets_by_share
from ionfo.analysis.multiplets.questions import EXHAUSTIVE_N, STATISTICS
from ionfo.analysis.multiplets.spectrum import usable_cores
from ionfo.analysis.uncertainty.effective import kish_size
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
from ionfo.terminal.output import mistakes_told

Array = NDArray[np.float64]

Sets = tuple[dict[float, frozenset[str]], list[frozenset[str]]]
"""Minimal sets of a feature by share of its lowest RSI, and those of replicates at `SHARE`."""

SHARE = 0.9
"""Of the lowest RSI that a minimal set reaches: the published rule."""

ENOUGH_WEIGHT = 0.1
"""Part of the Kish ESS that weights of another temperature must leave."""

WITHDRAWN = "withdrawn: the chains are still settling"
NOT_CLAIMED = "not claimed"

SYNERGY = "synergy dominates"
TEN_TIMES = "redundancy is about ten times smaller"
REST = "the minimal set of the resting potential is g_pas and gIh"
CLAIMED_OF = {SYNERGY: PUBLISHED, TEN_TIMES: ("l5pc",), REST: ("l5pc",)}
"""Populations that a claim is about."""

STABILISES_AT = {"l5pc": 25, "cac": 14}
"""Published order at which the minimum stabilises."""

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
        As `ionfo analyse` reads it, without what its chains drifted at first.
    rows : EnsembleSample
        Its parameters, with their walkers and ensembles.
    temperature : float
        Of the chain; NaN when the file does not say it.
    left_out : float
        Proposals of every walker that are left out because the chains drifted.
    """

    name: str
    table: Table
    rows: EnsembleSample
    temperature: float
    left_out: float = 0.0

    @classmethod
    def read(cls, name: str, file: Path, targets: Sequence[str]) -> Models:
        """Read a population."""
        _, metadata = read_table(file)
        temperature = float(metadata.get("settings", {}).get("temperature", np.nan))
        table = read_analysis_table(file, targets)
        begin = sample_of(table).stationarity.settled_from
        left_out = 0.0
        if begin is not None and table.step is not None and begin > table.step.min():
            left_out = begin - float(table.step.min())
            table = from_proposal(table, begin)
        ensemble = np.zeros(len(table.weights), np.int64)
        if table.ensemble is not None:
            ensemble = table.ensemble
        rows = EnsembleSample(sample_of(table), ensemble, table.weights)
        return cls(name, table, rows, temperature, left_out)

    @property
    def is_settling(self) -> bool:
        """Whether no verdict may be drawn from it."""
        return not self.sample.stationarity.is_sample

    def verdict(self, claimed: bool, told: str) -> str:
        """Say it where it was claimed and the population is a sample."""
        if not claimed:
            return NOT_CLAIMED
        return WITHDRAWN if self.is_settling else told

    @property
    def told(self) -> str:
        """What it is worth, whether it has settled, and what is drawn again of it."""
        worth = f"{self.sample.told}; for covariances {self.worth:.0f}"
        if not self.sample.is_chain:
            return f"{worth}; resampled: draws"
        settled: str = self.sample.stationarity.verdict
        if self.left_out:
            settled += f" without the first {self.left_out:g} proposals, in which they drift"
        blocks = "whole ensembles" if self.sample.ensembles_differ else "whole walkers"
        return f"{worth}; chains: {settled}; resampled: {blocks}"

    def at(self, temperature: float) -> Models:
        """Weigh rows as a chain of another temperature would; as they are where T is not known."""
        cost = self.table.cost
        if cost is None or not np.isfinite(1.0 / self.temperature - 1.0 / temperature):
            return self
        rows = self.rows.at_temperature(cost, self.temperature, temperature)
        return replace(self, rows=rows, temperature=temperature)

    @property
    def kept_weight(self) -> float:
        """Part of the Kish ESS that the weights of another temperature leave."""
        return min(kish_size(self.weights) / kish_size(self.sample.weights), 1.0)

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
        """Fewer replicates where the multiplets cannot all be measured; none of no sample."""
        if self.is_settling:
            return 0
        return max(n // 4, 10) if self.table.parameters.shape[1] > EXHAUSTIVE_N else n

    def minimal_sets(
        self, rows: NDArray[np.int64], target: str, nu: float
    ) -> dict[float, frozenset[str]]:
        """Name the smallest sets with 80, 90 and 95 % of a feature's lowest corrected RSI."""
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
        chosen = sets_by_share(lowest - bias, sets, SHARES)
        return {share: frozenset(names[i] for i in one) for share, one in chosen.items()}

    @property
    def orders(self) -> NDArray[np.int64]:
        """Orders of the O-information."""
        return np.arange(3, self.table.parameters.shape[1] + 1)


def sample_of(table: Table) -> Sample:
    """Parameters of a table, with their walkers, or what independent draws are worth."""
    return Sample(
        table.parameters, table.weights, table.walker, table.step, table.ensemble, table.worth
    )


def from_proposal(table: Table, begin: float) -> Table:
    """Keep what walkers held from a proposal on; a state held across it counts for the rest."""
    walker, step, ensemble = table.walker, table.step, table.ensemble
    if walker is None or step is None:
        return table
    end = step + table.weights
    arrived = np.maximum(step, int(begin))
    kept = end > arrived
    return replace(
        table,
        parameters=table.parameters[kept],
        features=table.features[kept],
        weights=(end - arrived)[kept],
        walker=walker[kept],
        step=arrived[kept],
        ensemble=None if ensemble is None else ensemble[kept],
        cost=None if table.cost is None else table.cost[kept],
    )


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
    """Claims about one population; without replicates there are no intervals."""
    rng = np.random.default_rng([seed, PUBLISHED.index(models.name)])
    worth = models.worth
    whole = models.curve(models.every_row, models.rows.nu(worth))
    replicates = curves_of(models, rng, n_replicates)
    return [
        claim_of_synergy(models, whole, replicates, rng),
        claim_of_ratio(models, whole, replicates),
        claim_of_stabilisation(models, whole, replicates),
    ]


def curves_of(models: Models, rng: np.random.Generator, n: int) -> list[Array]:
    """O-information of replicates of a population."""
    worth = models.worth
    nu = models.rows.nu(worth)
    return [models.curve(models.rows.resample(rng, worth), nu) for _ in range(n)]


def claim_of_synergy(
    models: Models, whole: Array, replicates: list[Array], rng: np.random.Generator
) -> dict[str, object]:
    """Compare the largest synergy with the largest redundancy, and both with shuffled rows."""
    observed = dominance(whole)
    statistic, interval, told = "largest synergy less largest redundancy, nats", "–", ""
    if replicates:
        # independent parameters have extremes too: rows worth one each, shuffled
        alone = models.table.parameters[models.sample.thinned(rng)]
        n_shuffles = max(len(replicates) // 2, 20)
        top = dominance_of_shuffles(alone, n_shuffles, rng)
        low, high = interval_about(
            observed, [dominance(one) for one in replicates], models.rows.n_units
        )
        interval = f"{low:.3f} to {high:.3f}"
        told = judge_interval(low, high, max(top, 0.0))
        statistic += f" (shuffled: at most {top:.3f}"
        if told == REPRODUCES and not models.sample.is_long:
            # as many as a quarter of the walkers is worth for a covariance
            n_few = max(round(models.worth / 4), alone.shape[1] + 2)
            few = rng.choice(alone, min(n_few, len(alone)), replace=False)
            top = dominance_of_shuffles(few, n_shuffles, rng)
            value, low, high = quarter_of_walkers(models, len(replicates), rng)
            statistic += (
                f"; of a quarter of the walkers {value:.3f}, {low:.3f} to {high:.3f}, shuffled at "
                f"most {top:.3f}"
            )
            if low <= max(top, 0.0):
                told = "open: a quarter of the walkers does not show it"
        statistic += ")"
    verdict = models.verdict(models.name in CLAIMED_OF[SYNERGY], told)
    return claim(SYNERGY, models.name, statistic, f"{observed:.3f}", interval, verdict)


def dominance_of_shuffles(rows: Array, n: int, rng: np.random.Generator) -> float:
    """Highest dominance, but for 2.5 %, of independent rows whose columns are shuffled."""
    weights = np.ones(len(rows))
    shuffled = (rng.permuted(rows, axis=0) for _ in range(n))
    found = [dominance(o_information_curve(one, weights, len(rows) - 1.0)) for one in shuffled]
    return float(np.quantile(found, 0.975))


def quarter_of_walkers(
    models: Models, n: int, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Dominance that a quarter of the walkers shows, with its interval of 95 %."""
    quarter = models.worth / 4
    nu = models.rows.nu(quarter)
    parts = [dominance(models.curve(models.rows.part(rng, quarter), nu)) for _ in range(n)]
    value = float(np.mean(parts))
    # parts of one finite set scatter less, by the part of it that they leave out
    apart = np.asarray(parts) / np.sqrt(1 - models.rows.share(quarter))
    low, high = interval_about(value, apart, models.rows.n_units)
    return value, low, high


def claim_of_ratio(models: Models, whole: Array, replicates: list[Array]) -> dict[str, object]:
    """Divide the largest synergy by the largest redundancy."""
    ratio = log_ratio(whole)
    interval, told = "–", ""
    if replicates:
        low, high = np.exp(
            interval_about(ratio, [log_ratio(one) for one in replicates], models.rows.n_units)
        )
        interval = f"{low:.1f} to {high:.1f}"
        told = REPRODUCES if low <= 20 and high >= 5 else "does not reproduce"
    verdict = models.verdict(models.name in CLAIMED_OF[TEN_TIMES], told)
    statistic = "largest synergy over largest redundancy"
    return claim(TEN_TIMES, models.name, statistic, f"{np.exp(ratio):.1f}", interval, verdict)


def claim_of_stabilisation(
    models: Models, whole: Array, replicates: list[Array]
) -> dict[str, object]:
    """Find where the minimum has arrived, with the published knee beside it."""
    orders, n = models.orders, models.table.parameters.shape[1]
    published = STABILISES_AT.get(models.name)
    first, last = plateau_range(orders, whole[:, MIN])
    knee = str(stabilisation_order(orders, whole[:, MIN]))
    interval, told = "–", ""
    if replicates:
        arrived = [plateau_order(orders, one[:, MIN]) for one in replicates]
        low, high = np.quantile(arrived, (0.025, 0.975))
        interval = f"{low:.0f} to {high:.0f}"
        told = judge_plateau(published, (first, last), (low, high), n)
        bent = np.quantile([stabilisation_order(orders, one[:, MIN]) for one in replicates],
                           (0.025, 0.975))  # fmt: skip
        knee += f", in replicates {bent[0]:.0f} to {bent[1]:.0f}"
    at = f"at order {published} of" if published else "before the last of"
    return claim(
        f"the minimum stabilises {at} {n} parameters", models.name,
        f"smallest order within 1 % of the lowest (up to order {last}; knee of the second "
        f"difference: {knee})",
        first, interval, models.verdict(published is not None, told),
    )  # fmt: skip


def judge_plateau(
    published: int | None, plateau: tuple[int, int], interval: tuple[float, float], n: int
) -> str:
    """Compare the published order with the plateau and with where replicates arrive."""
    if published is None:
        return NOT_CLAIMED
    low, high = interval
    if high - low > n / 3:
        return "open: replicates disagree"
    if low - 1 <= published <= high + 1:
        return REPRODUCES
    if plateau[0] <= published <= plateau[1]:
        return "in part: on the plateau, but not where it begins"
    return "does not reproduce"


def at_equal_temperature(first: Models, second: Models) -> tuple[Models, Models, str, str]:
    """Weigh the cooler of two populations as at the temperature of the warmer.

    Returns
    -------
    tuple
        Both populations, words about their temperatures, and why that cannot be judged, or
        nothing.
    """
    warmer = max(first.temperature, second.temperature)
    if not np.isfinite(first.temperature + second.temperature):
        return first, second, "at temperatures not known", "open: temperatures not known"
    words, open_ = [f"both at T = {warmer:g}"], ""
    found = []
    for one in (first, second):
        tilted = one.at(warmer)
        if one.temperature != warmer:
            before, after = kish_size(one.weights), kish_size(tilted.weights)
            words.append(
                f"{one.name} reweighted from T = {one.temperature:g}, Kish ESS {after:.0f} of "
                f"{before:.0f}"
            )
            if tilted.kept_weight < ENOUGH_WEIGHT:
                open_ = "open: another temperature"
        found.append(tilted)
    return found[0], found[1], "; ".join(words), open_


def told_difference(ess: float, found: Difference) -> str:
    """Say at what size two populations were compared, and how often ensembles differ so much."""
    return f"both worth {ess:.0f} rows (ensembles exchanged: p = {found.p:.3f})"


def claims_of_high_cost(
    low: Models, high: Models, n_replicates: int, seed: int
) -> list[dict[str, object]]:
    """Compare models of high cost with good ones, at the temperature of the warmer chain.

    A wider sample depends less on everything: a mean that rises because synergy is lost while no
    redundancy is gained is said to be that.
    """
    text = "models of high cost are more redundant"
    areas = {"maximum": area_of(MAX, 1.0), "mean": area_of(MEAN, 1.0), "minimum": area_of(MIN, 1.0)}
    low, high, at, open_ = at_equal_temperature(low, high)
    if low.is_settling or high.is_settling:
        curves = [one.curve(one.every_row, one.rows.nu(one.worth)) for one in (low, high)]
        return [
            claim(
                text, low.name,
                f"difference of the areas under the {what} of O-information, nats x orders, {at}",
                f"{area(curves[1]) - area(curves[0]):.3f}", "–", WITHDRAWN,
            )
            for what, area in areas.items()
        ]  # fmt: skip
    compared = compare_ensembles(
        low.rows, high.rows, o_information_curve, list(areas.values()), n_replicates, seed
    )
    found = dict(zip(areas, compared, strict=True))
    ess = min(low.worth, high.worth)
    gains = found["maximum"].verdict == REPRODUCES
    rows = []
    for what, one in found.items():
        told = open_ or one.verdict
        if what != "maximum" and told == REPRODUCES and not gains:
            told = "in part: less synergy, but no more redundancy"
        rows.append(
            claim(
                text, low.name,
                f"difference of the areas under the {what} of O-information, nats x orders, {at}, "
                f"{told_difference(ess, one)}",
                f"{one.value:.3f}", f"{one.low:.3f} to {one.high:.3f}", told,
            )
        )  # fmt: skip
    return rows


def claim_of_cells(first: Models, second: Models, n: int, seed: int) -> dict[str, object]:
    """Compare the synergy of cAC and bNAC at the temperature of the warmer chain."""
    first, second, at, open_ = at_equal_temperature(first, second)
    if first.is_settling or second.is_settling:
        open_ = WITHDRAWN
    (found,) = compare_ensembles(
        first.rows, second.rows, o_information_curve, [area_of(MIN, -1.0)], n, seed
    )
    ess = min(first.worth, second.worth)
    return claim(
        "bNAC is more synergistic than cAC", "cac and bnac",
        f"difference of the areas over the minimum, nats x orders, {at}, "
        f"{told_difference(ess, found)}",
        f"{found.value:.3f}", f"{found.low:.3f} to {found.high:.3f}", open_ or found.verdict,
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
    whole = models.minimal_sets(models.every_row, target, nu)
    return whole, [
        models.minimal_sets(models.rows.resample(rng, worth), target, nu)[SHARE] for _ in range(n)
    ]


def told_set(one: frozenset[str]) -> str:
    """Name a set in words."""
    return ", ".join(sorted(one))


def claim_of_rest(models: Models, found: Sets) -> dict[str, object]:
    """Compare the minimal set of the resting potential with g_pas and gIh."""
    whole, replicates = found[0][SHARE], found[1]
    wanted = frozenset(one for one in models.table.parameter_names if one.split(".")[0] in
                       ("g_pas", "gIhbar_Ih"))  # fmt: skip
    n = len(replicates)
    same = sum(one == wanted for one in replicates)
    within = sum(wanted <= one for one in replicates)
    told = "does not reproduce"
    if wanted < whole:
        told = f"in part: with {len(whole) - len(wanted)} more"
    elif wanted == whole and same >= n / 2:
        told = REPRODUCES
    elif wanted == whole:
        told = "in part: replicates add more" if within >= n / 2 else "open: replicates disagree"
    interval, statistic = "–", "minimal set"
    if replicates:
        interval = told_set(Counter(replicates).most_common(1)[0][0]) + " (most frequent)"
        statistic += f"; replicates with just these: {same} of {n}, with these and more: {within}"
    others = [share for share in SHARES if (found[0][share] == wanted) != (whole == wanted)]
    if others:
        statistic += f"; another answer at {told_shares(others)} of the lowest RSI"
    verdict = models.verdict(models.name in CLAIMED_OF[REST], told)
    return claim(REST, models.name, statistic, told_set(whole), interval, verdict)


def shared_module(
    target: str, first: Sets, second: Sets, n_variables: int, expected: bool
) -> dict[str, object]:
    """Overlap of the minimal sets of two populations, against sets drawn at random."""
    value = jaccard(first[0][SHARE], second[0][SHARE])
    a, b = len(first[0][SHARE]), len(second[0][SHARE])
    common = len(first[0][SHARE] & second[0][SHARE])
    chance = overlap_by_chance(a, b, common, n_variables)
    by_share = {share: do_share(first[0][share], second[0][share], n_variables) for share in SHARES}
    told = REPRODUCES if by_share[SHARE] == expected else "does not reproduce"
    others = [share for share in SHARES if by_share[share] != by_share[SHARE]]
    if others:
        told = f"open: another answer at {told_shares(others)} of the lowest RSI"
    interval = "–"
    if first[1] and second[1]:
        replicates = [jaccard(x, y) for x, y in zip(first[1], second[1], strict=True)]
        low, high = np.quantile(replicates, (0.025, 0.975))
        interval = f"{low:.2f} to {high:.2f}"
        if low < 0.5 < high:
            told = "open: replicates share more and less than half"
    word = "share" if expected else "do not share"
    elsewhere = ", ".join(
        f"{jaccard(first[0][share], second[0][share]):.2f} at {told_shares([share])}"
        for share in SHARES
        if share != SHARE
    )
    return claim(
        f"cAC and bNAC {word} their module for {target.split('.')[-1]}", "cac and bnac",
        f"shared part (Jaccard) of the minimal sets, {a} and {b} of {n_variables}, {common} in "
        f"both (by chance {a * b / n_variables:.1f}; p = {chance:.3f}; {elsewhere} of the lowest "
        "RSI)",
        f"{value:.2f}", interval, told,
    )  # fmt: skip


def do_share(first: frozenset[str], second: frozenset[str], n_variables: int) -> bool:
    """Whether two sets share half of their elements, and more than sets drawn at random."""
    chance = overlap_by_chance(len(first), len(second), len(first & second), n_variables)
    return jaccard(first, second) >= 0.5 and chance <= 0.05


def told_shares(shares: Sequence[float]) -> str:
    """Name shares in words."""
    return " and ".join(f"{100 * share:.0f} %" for share in shares)


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
        say(f"{name}: {models.told}")
        few = models.n_replicates(n)
        claims.rows += claims_of_one(models, few, seed)
        for target in TARGETS:
            n_sets = max(few // 4, 5) if few else 0
            sets[name, target] = sets_of(models, target, n_sets, seed)
        claims.rows.append(claim_of_rest(models, sets[name, RMP]))
    if {"cac", "bnac"} <= set(low):
        say("cac and bnac")
        claims.rows.append(claim_of_cells(low["cac"], low["bnac"], n, seed))
        size = low["cac"].table.parameters.shape[1]
        for target, expected in ((RATE, True), (FIRST_INTERVAL, False)):
            row = shared_module(target, sets["cac", target], sets["bnac", target], size, expected)
            if low["cac"].is_settling or low["bnac"].is_settling:
                row["verdict"] = WITHDRAWN
            claims.rows.append(row)
    for name, models in high.items():
        if name in low:
            say(f"{name} of high cost: {models.told}")
            claims.rows += claims_of_high_cost(low[name], models, n, seed)
    found = [
        (f"{name} (still settling)" if low[name].is_settling else name, target,
         *(told_set(one[0][share]) for share in SHARES))
        for (name, target), one in sets.items()
    ]  # fmt: skip
    every = {**low, **{f"{name}_high": models for name, models in high.items()}}
    worth = [(name, models.told) for name, models in every.items()]
    lines = claims.write(
        asked.out,
        ("claim", "population", "statistic", "estimate", "95 %", "verdict"),
        below=[
            "", *markdown_table(
                ("population", "feature", *(f"minimal set at {100 * s:.0f} %" for s in SHARES)),
                found,
            ),
            "", *markdown_table(("population", "worth"), worth),
        ],
    )  # fmt: skip
    print("\n".join(lines))


if __name__ == "__main__":
    with mistakes_told():
        main()
