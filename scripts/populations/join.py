"""Join the populations of two runs of which the second began where the first had ended.

    python scripts/populations/join.py FIRST.parquet SECOND.parquet --out JOINED.parquet

A chain that goes on in a run of its own (`ionfo sample --start FIRST.parquet`), for example with a
surrogate that has learned more, keeps its density, so that both are one chain.  Refused unless the
second was asked to begin exactly where the walkers of the first stood last, and both have the same
e-model, cell, temperature, cost and limits.  Steps count on; what the first was asked stands in the
metadata of the joined one as `before`, with a `before` of its own where the first was joined too.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ionfo.errors import IonfoError
from ionfo.sampling import Population, read_models, read_population
from ionfo.sampling.chains.last_states import standing_of
from ionfo.sampling.evaluation.traces import emodel_of
from ionfo.sampling.runs.quality import quality_of
from ionfo.tables.files import write_table
from ionfo.terminal.output import mistakes_told

SAME = ("emodel_hash", "mechanisms_hash", "morphology")
SAME_SETTINGS = ("temperature", "cost", "max_cost", "ensembles", "walkers", "exact_rates")
OF_A_RUN = ("settings", "learned", "order", "tries", "versions", "collect")


def joined(first: Path, second: Path) -> Population:
    """Make one population of both.

    Raises
    ------
    IonfoError
        If one is no population of chains, or the second does not go on from the first.
    """
    one, other = read_population(first), read_population(second)
    before, after = asked_of(one, first), asked_of(other, second)
    for key, value in before.items():
        if after[key] != value:
            raise IonfoError(
                f"the populations differ in '{key}', {value} and {after[key]}; only chains of one "
                "density can be joined"
            )
    stood = standing_of(read_models(first, emodel_of(one, str(first))), before["ensembles"])
    if other.metadata["settings"].get("start") != stood.tolist():
        raise IonfoError(
            f"the run of '{second}' did not begin where the walkers of '{first}' stood last; join "
            "what `ionfo sample --start FIRST` went on with"
        )
    if other.metadata["collect"].get("burn_in"):
        raise IonfoError(f"'{second}' lacks its first steps; collect it with --burn-in 0")
    end = int((one.frame["step"] + one.frame["weight"]).max())
    later = other.frame.assign(step=other.frame["step"] + end)
    frame = pd.concat([one.frame, later]).sort_values(
        ["ensemble", "walker", "step"], kind="stable", ignore_index=True
    )
    metadata = {
        **other.metadata,
        "chain": quality_of(frame).to_json(),
        "before": told_of(one.metadata),
    }
    return Population(frame, metadata)


def told_of(metadata: dict[str, Any]) -> dict[str, Any]:
    """Give what the run of a population was asked, and those that it went on from."""
    told = {key: metadata.get(key) for key in OF_A_RUN}
    return told | ({"before": metadata["before"]} if "before" in metadata else {})


def asked_of(population: Population, file: Path) -> dict[str, Any]:
    """Give what two runs of one chain were asked alike."""
    about = population.metadata
    lacks_chain = {"ensemble", "walker", "step", "weight"} - set(population.frame)
    if lacks_chain or not {"settings", "collect"} <= set(about):
        raise IonfoError(
            f"'{file}' holds no chains; give what `ionfo collect` made of `ionfo sample`"
        )
    return (
        {key: about.get(key) for key in SAME}
        | {key: about["settings"].get(key) for key in SAME_SETTINGS}
        | {key: about["collect"].get(key) for key in ("max_cost", "min_cost")}
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Read both, join them and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("first", type=Path, help="population of the run that ended")
    parser.add_argument("second", type=Path, help="population of the run that went on")
    parser.add_argument("--out", type=Path, required=True, help="table to write")
    asked = parser.parse_args(arguments)
    try:
        population = joined(asked.first, asked.second)
        write_table(asked.out, population.frame, population.metadata)
    except IonfoError as error:
        parser.error(str(error))
    end = (population.frame["step"] + population.frame["weight"]).max()
    print(f"{len(population.frame)} rows, {end:.0f} proposals")
    return 0


if __name__ == "__main__":
    with mistakes_told():
        raise SystemExit(main())
