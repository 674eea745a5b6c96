"""Say how good the bundled populations are.

    python scripts/describe_populations.py

prints one row of a table for each: distinct models, cost, walkers and proposals, acceptance, the
smallest effective sample size and the largest R-hat of a parameter.  Below ten times as many
independent models as parameters the row carries a warning.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from population_tables import POPULATIONS

from ionfo.report.quality import quality_of
from ionfo.sampling import read_population

COLUMNS = (
    "population", "models", "cost", "chain", "acceptance", "smallest ESS", "largest R-hat", "note"
)  # fmt: skip


def described(file: Path) -> tuple[str, ...]:
    """Give the cells of a population's row."""
    population = read_population(file)
    frame = population.frame
    quality = quality_of(frame)
    parameters = [name for name in frame if str(name).startswith("parameters/")]
    distinct = len(frame[parameters].drop_duplicates())
    smallest = float(quality.parameters["ess"].min(skipna=False))
    largest = float(quality.parameters["r_hat"].max())
    few = not smallest >= 10 * len(parameters)
    n_ensembles = frame["ensemble"].nunique()
    # a population with a least cost has gaps, and so no whole chain
    n_walkers = frame.groupby("ensemble")["walker"].nunique().max()
    held = frame.groupby(["ensemble", "walker"])["weight"].sum().max()
    n_proposals = quality.n_steps or f"up to {held:.0f}"
    acceptance = "" if quality.acceptance is None else f"{quality.acceptance:.2f}"
    return (
        f"`{file.stem}`",
        f"{distinct}",
        f"{frame['cost'].min():.2f} to {frame['cost'].max():.2f}",
        f"{n_ensembles} x {n_walkers} walkers, {n_proposals} proposals",
        acceptance,
        "some walkers never moved" if smallest != smallest else f"{smallest:.0f}",
        "" if largest != largest else f"{largest:.3f}",
        f"fewer than {10 * len(parameters)} independent models" if few else "",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--populations", type=Path, default=POPULATIONS, help="folder of them")
    asked = parser.parse_args(arguments)
    print("| " + " | ".join(COLUMNS) + " |")
    print("|" + "---|" * len(COLUMNS))
    for file in sorted(asked.populations.glob("*.parquet")):
        print("| " + " | ".join(described(file)) + " |")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
