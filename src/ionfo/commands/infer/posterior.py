"""``ionfo infer posterior``."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from ...errors import tell
from ...terminal.options import MechanismsOption, MorphologyOption, SeedOption
from ...terminal.output import add_result
from .options import EstimatorOption, ObservedArgument, WorkersOption


class Correction(str, Enum):
    """How draws are corrected to the exact posterior."""

    weights = "weights"
    chain = "chain"


def posterior_command(
    observed: ObservedArgument,
    estimator: EstimatorOption,
    out: Annotated[Path, typer.Option("--out", help="Population: .parquet or .csv.")],
    n: Annotated[int, typer.Option("--n", help="Draws of each cell.")] = 10_000,
    correct: Annotated[
        Correction | None,
        typer.Option(
            "--correct",
            help="Simulate every draw, and correct the posterior to the exact one of its noise.",
        ),
    ] = None,
    least_valid: Annotated[
        float,
        typer.Option("--least-valid", help="Least probability that a draw has all features."),
    ] = 0.1,
    workers: WorkersOption = 1,
    morphology: MorphologyOption = None,
    mechanisms: MechanismsOption = None,
    seed: SeedOption = 0,
) -> None:
    """Draw the parameters of observed cells from their posteriors.

    Example: ionfo infer posterior cells.csv --estimator posterior.npz --n 1000 --out drawn.parquet
    """
    from ...studies import infer
    from ...tables.files import check_table_path

    check_table_path(out)
    trained = infer.read_posterior(estimator)
    found = infer.posterior(
        observed,
        trained,
        n,
        seed=seed,
        correction=None if correct is None else correct.value,
        least_valid=least_valid,
        workers=workers,
        simulator=infer.simulator_of(trained, morphology, mechanisms),
    )
    found.write(out)
    for line in [*found.sentences(), f"population in {out}"]:
        tell(line)
    acceptance = min(one.acceptance for one in found.draws)
    add_result({"cells": len(found.draws), "draws": n, "lowest_acceptance": acceptance})
