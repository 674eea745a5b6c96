"""``ionfo infer posterior``."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from ...errors import IonfoError, tell
from ...terminal.options import MechanismsOption, MorphologyOption, SeedOption
from ...terminal.output import add_result
from ...terminal.repair import RepairOption, RepairTypeOption, repaired
from .options import EstimatorOption, ObservedArgument, WorkersOption


class Target(str, Enum):
    """What draws are corrected to."""

    noise = "noise"
    chain = "chain"


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
    to: Annotated[
        Target,
        typer.Option(
            "--to",
            help="Correct to the features with noise, or to what `ionfo sample` samples (chain).",
        ),
    ] = Target.noise,
    temperature: Annotated[
        float | None,
        typer.Option(
            "--temperature",
            help="T of exp(-cost/T), with --to chain; default 0.5.",
            show_default=False,
        ),
    ] = None,
    max_cost: Annotated[
        float | None,
        typer.Option("--max-cost", help="Highest cost, with --to chain.", show_default=False),
    ] = None,
    emodel_names: Annotated[
        bool,
        typer.Option("--emodel-names", help="Give parameters of hh as `ionfo score` takes them."),
    ] = False,
    least_valid: Annotated[
        float,
        typer.Option("--least-valid", help="Least probability that a draw has all features."),
    ] = 0.1,
    workers: WorkersOption = 1,
    morphology: MorphologyOption = None,
    repair: RepairOption = False,
    repair_type: RepairTypeOption = None,
    mechanisms: MechanismsOption = None,
    seed: SeedOption = 0,
) -> None:
    """Draw the parameters of observed cells from their posteriors.

    Example: ionfo infer posterior cells.csv --estimator posterior.npz --n 1000 --out drawn.parquet
    """
    from ...studies import infer
    from ...tables.files import check_table_path

    check_table_path(out)
    if to is not Target.chain and (temperature, max_cost) != (None, None):
        raise IonfoError("--temperature and --max-cost are those of --to chain")
    target = None
    if to is Target.chain:
        known = infer.ChainTarget()
        target = infer.ChainTarget(
            known.temperature if temperature is None else temperature,
            known.max_cost if max_cost is None else max_cost,
        )
    trained = infer.read_posterior(estimator)
    if emodel_names and trained.about["about"].get("simulator") != "hh":
        raise IonfoError("--emodel-names is for posteriors of 'hh'; others have these names")
    morphology = repaired(morphology, out, repair, repair_type)
    simulator = infer.simulator_of(trained, morphology, mechanisms)
    correction = None
    if correct is not None:
        correction = infer.CorrectionSettings(correct.value, target, simulator)
    elif target is not None:
        raise IonfoError("--to says what --correct corrects to: give --correct weights or chain")
    found = infer.posterior(
        observed,
        trained,
        n,
        seed=seed,
        correction=correction,
        least_valid=least_valid,
        workers=workers,
    )
    found.write(out, emodel_names)
    for line in [*found.sentences(), f"population in {out}"]:
        tell(line)
    acceptance = min(one.acceptance for one in found.draws)
    add_result({"cells": len(found.draws), "draws": n, "lowest_acceptance": acceptance})
