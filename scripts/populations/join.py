"""Join the populations of two runs of which the second began where the first had ended.

    python scripts/populations/join.py FIRST.parquet SECOND.parquet --out JOINED.parquet

A chain that goes on in a run of its own (`ionfo sample --start FIRST.parquet`), for example with a
surrogate that has learned more, keeps its density, so that both are one chain.  Refused unless the
second was asked to begin exactly where the walkers of the first stood last, and both have the same
e-model, cell, temperature, cost and limits.  Steps count on; what the first was asked stands in the
metadata of the joined one as `before`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ionfo.errors import IonfoError
from ionfo.sampling.runs.quality import quality_of
from ionfo.tables.files import read_table, write_table

SAME = ("emodel_hash", "mechanisms_hash", "morphology")
SAME_SETTINGS = ("temperature", "cost", "max_cost", "ensembles", "walkers", "exact_rates")
OF_A_RUN = ("settings", "learned", "order", "tries", "versions", "collect")


def joined(
    first: pd.DataFrame, about_first: dict[str, Any],
    second: pd.DataFrame, about_second: dict[str, Any],
) -> tuple[pd.DataFrame, dict[str, Any]]:  # fmt: skip
    """Give the rows and the metadata of both together.

    Raises
    ------
    IonfoError
        If the second does not go on from the first.
    """
    asked = [
        {key: one.get(key) for key in SAME}
        | {key: one["settings"].get(key) for key in SAME_SETTINGS}
        | {key: one["collect"][key] for key in ("max_cost", "min_cost")}
        for one in (about_first, about_second)
    ]
    for key, value in asked[0].items():
        if asked[1][key] != value:
            raise IonfoError(
                f"the populations differ in '{key}': {value} and {asked[1][key]}; only chains of "
                "one density can be joined"
            )
    start = about_second["settings"].get("start")
    stood = standing(first)
    if not (isinstance(start, list) and np.array_equal(np.array(start), stood)):
        raise IonfoError(
            "the second run did not begin where the walkers of the first stood last; join what "
            "`ionfo sample --start FIRST` went on with"
        )
    if about_second["collect"]["burn_in"]:
        raise IonfoError("the second population lacks its first steps; collect it with --burn-in 0")
    end = int((first["step"] + first["weight"]).max())
    frame = pd.concat([first, second.assign(step=second["step"] + end)], ignore_index=True)
    frame = frame.sort_values(["ensemble", "walker", "step"], kind="stable", ignore_index=True)
    about = {
        **about_second,
        "chain": quality_of(frame).to_json(),
        "before": {key: about_first.get(key) for key in OF_A_RUN},
    }
    return frame, about


def standing(population: pd.DataFrame) -> NDArray[np.float64]:
    """Give where walkers stood last, shape (n_ensembles, n_walkers, n_parameters)."""
    names = [name for name in population if str(name).startswith("parameters/")]
    last = population.sort_values("step", kind="stable").groupby(["ensemble", "walker"]).tail(1)
    ordered = last.sort_values(["ensemble", "walker"])
    n_ensembles = ordered["ensemble"].nunique()
    return ordered[names].to_numpy(np.float64).reshape(n_ensembles, -1, len(names))


def main(arguments: Sequence[str] | None = None) -> int:
    """Read both, join them and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("first", type=Path, help="population of the run that ended")
    parser.add_argument("second", type=Path, help="population of the run that went on")
    parser.add_argument("--out", type=Path, required=True, help="table to write")
    asked = parser.parse_args(arguments)
    try:
        frame, about = joined(*read_table(asked.first), *read_table(asked.second))
        write_table(asked.out, frame, about)
    except (IonfoError, KeyError) as error:
        parser.error(str(error))
    print(f"{len(frame)} rows, {int((frame['step'] + frame['weight']).max())} proposals")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
