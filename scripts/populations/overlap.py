"""Say how far the ensembles of the bundled populations overlap.

    python scripts/populations/overlap.py

prints, for every population of chains, the smallest overlap of two ensembles (1: no linear rule
tells their models apart, 0: one tells all), the regions they sit in, and R-hat of the cost and of
the first principal components.
"""

from __future__ import annotations

from ionfo.emodels.definition import POPULATIONS
from ionfo.sampling import read_population
from ionfo.sampling.runs.quality import quality_of
from ionfo.tables.population_files import list_populations
from ionfo.terminal.output import mistakes_told


def main() -> None:
    """Print a row of a table for each."""
    print("| population | smallest overlap | regions | R-hat of cost and components |")
    print("|---|---|---|---|")
    for file in list_populations(POPULATIONS):
        found = quality_of(read_population(file).frame)
        if found.overlap is None:
            continue
        beside = ", ".join(f"{one:.3f}" for one in (found.r_hat_beside or {}).values())
        print(f"| `{file.stem}` | {found.overlap:.2f} | {len(found.regions)} | {beside} |")


if __name__ == "__main__":
    with mistakes_told():
        main()
