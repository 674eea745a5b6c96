"""Say how good the bundled populations are.

    python scripts/populations/describe.py

prints one row of a table for each: distinct models, cost, walkers and proposals, acceptance, the
smallest effective sample size and the largest R-hat of a parameter, the size that the distance of
the ensembles tells with its 95 % interval, whether the chains drift, and the median cost of the
states met in the first and in the second half of the steps. Where a walker never moved, chains have
gaps, as in a population with a least cost, or are short of 50 autocorrelation times, the size by
time is the most that the rows can be worth. A row carries a note unless it is known to hold ten
times as many independent models as parameters; where the walkers of settled chains are too short to
tell, the note says whether the lower end of the interval by ensembles reaches that.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ionfo.analysis import Sample
from ionfo.emodels.definition import POPULATIONS
from ionfo.sampling import Population, read_population
from ionfo.sampling.runs.quality import Quality, quality_of
from ionfo.tables.matrix import read_analysis_table
from ionfo.tables.population_files import list_populations
from ionfo.terminal.output import mistakes_told

COLUMNS = (
    "population", "models", "cost", "chain", "acceptance", "smallest ESS", "ESS by ensembles",
    "largest R-hat", "drift", "median cost of both halves", "note",
)  # fmt: skip


def described(file: Path) -> tuple[str, ...]:
    """Give the cells of a population's row."""
    population = read_population(file)
    frame = population.frame
    if "importance" in population.metadata:
        return described_draws(file, population)
    quality = quality_of(frame)
    parameters = [name for name in frame if str(name).startswith("parameters/")]
    distinct = len(frame[parameters].drop_duplicates())
    smallest = float(quality.parameters["ess"].min(skipna=False))
    largest = float(quality.parameters["r_hat"].max())
    n_ensembles = frame["ensemble"].nunique()
    n_walkers = len(frame[["ensemble", "walker"]].drop_duplicates())
    held = frame.groupby(["ensemble", "walker"])["weight"].sum().max()
    n_proposals = quality.n_steps or f"up to {held:.0f}"
    table = read_analysis_table(file, [])
    sample = Sample(table.parameters, table.weights, table.walker, table.step, table.ensemble)
    is_known = smallest == smallest and sample.is_long and not quality.n_unmoved
    if is_known:
        worth = f"{smallest:.0f}"
    else:
        worth = f"at most {sample.ess_by_time:.0f}: {why_unknown(frame, quality, sample)}"
    between = sample.by_ensembles
    is_late = frame["step"] > (frame["step"].min() + frame["step"].max()) / 2
    halves = [frame["cost"][one].median() for one in (~is_late, is_late)]
    asked = 10 * len(parameters)
    least = between.low if between is not None and quality.verdict == "settled" else 0.0
    note = note_of(asked, sample.ess, is_known and smallest >= asked, least)
    acceptance = "" if quality.acceptance is None else f"{quality.acceptance:.2f}"
    return (
        f"`{file.stem}`",
        f"{distinct}",
        f"{frame['cost'].min():.2f} to {frame['cost'].max():.2f}",
        f"{n_walkers} walkers in {n_ensembles} ensembles, {n_proposals} proposals",
        acceptance,
        worth,
        "" if between is None else f"{between.ess:.0f} ({between.low:.0f} to {between.high:.0f})",
        "" if largest != largest else f"{largest:.3f}",
        drift_told(quality),
        f"{halves[0]:.2f}, {halves[1]:.2f}",
        note,
    )


def described_draws(file: Path, population: Population) -> tuple[str, ...]:
    """Give the cells of the row of weighted draws, by what `ionfo collect` found of them."""
    frame, found = population.frame, population.metadata["importance"]
    asked = 10 * sum(str(name).startswith("parameters/") for name in frame)
    between = found["ess_between_ensembles"]
    r_hat = found["r_hat_of_the_walks"]
    least = min(found["effective_sample_size"], between[1] if between else 0.0)
    return (
        f"`{file.stem}`",
        f"{len(frame)}",
        f"{frame['cost'].min():.2f} to {frame['cost'].max():.2f}",
        f"{found['n_draws']} weighted draws in {frame['ensemble'].nunique()} ensembles, "
        f"Pareto k {found['pareto_k']:.2f}, "
        f"{1000 * found['effective_sample_size'] / found['n_draws']:.0f} effective of 1,000",
        "",
        f"{found['effective_sample_size']:.0f}",
        "" if between is None else f"{between[0]:.0f} ({between[1]:.0f} to {between[2]:.0f})",
        "" if r_hat is None else f"{r_hat:.3f} (walks on what was learned)",
        "independent draws",
        "",
        "" if least >= asked else f"not known to hold {asked} independent models",
    )


def note_of(asked: int, ess: float, is_known: bool, least: float) -> str:
    """Say whether rows are worth as many models as asked.

    `ess` is the smaller estimate, the most that they can be worth unless it `is_known`; `least` the
    lower end of the interval by ensembles.
    """
    if not ess >= asked:
        return f"fewer than {asked} independent models"
    if is_known:
        return ""
    if least >= asked:
        return f"{asked} independent models by the ensembles; walkers are too short to tell"
    return f"not known to hold {asked} independent models"


def drift_told(quality: Quality) -> str:
    """Say what the test for drift says."""
    if quality.verdict == "drifts at first" and quality.settled_from is not None:
        return f"drifts for {quality.settled_from:.0f} proposals"
    return quality.verdict


def why_unknown(frame: pd.DataFrame, quality: Quality, sample: Sample) -> str:
    """Say what leaves the smallest effective sample size unknown."""
    still = int((frame.groupby(["ensemble", "walker"]).size() == 1).sum())
    if not quality.n_steps:
        return "chains have gaps"
    return f"walkers that never moved: {still}" if still else f"chains of {sample.n_tau:.1f} tau"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--populations", type=Path, default=POPULATIONS, help="folder of them")
    asked = parser.parse_args(arguments)
    files = list_populations(asked.populations)
    print("| " + " | ".join(COLUMNS) + " |")
    print("|" + "---|" * len(COLUMNS))
    for file in files:
        print("| " + " | ".join(described(file)) + " |")
    return 0


if __name__ == "__main__":
    with mistakes_told():
        raise SystemExit(main())
