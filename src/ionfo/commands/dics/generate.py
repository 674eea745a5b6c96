"""``ionfo dics generate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import tell
from ...limits import split, split_numbers
from ...terminal.options import SeedOption
from ...terminal.output import add_result
from .options import LeakScalingOption, ModelArgument, PairOption


def generate_command(
    model: ModelArgument,
    target: Annotated[
        str,
        typer.Option("--target", help="g_s,g_u at threshold, over the leak, such as -5,10."),
    ],
    out: Annotated[Path, typer.Option("--out", help="Population: .parquet or .csv.")],
    n: Annotated[int, typer.Option("--n", help="Cells.")] = 500,
    target_sd: Annotated[
        str,
        typer.Option("--target-sd", help="SD of the targets: one number, or of g_s,g_u."),
    ] = "0",
    compensate: PairOption = None,
    leak_scaling: LeakScalingOption = True,
    emodel_names: Annotated[
        bool,
        typer.Option("--emodel-names", help="Name conductances as `ionfo score` takes them."),
    ] = False,
    seed: SeedOption = 0,
) -> None:
    """Make cells that share two dynamic input conductances.

    Conductances are drawn and two of them are compensated so that every cell has the slow and the
    ultraslow feedback of the target.

    Example: ionfo dics generate stg --target -5,10 --target-sd 0.5 --n 500 --out stg.parquet
    """
    from ...studies import dics
    from ...tables.files import check_table_path

    check_table_path(out)
    spread = split_numbers(target_sd, "--target-sd")
    made = dics.generate(
        model,
        split_numbers(target, "--target"),
        n,
        seed=seed,
        target_sd=spread[0] if len(spread) == 1 else spread,
        pair=split(compensate, "--compensate") or None,
        leak_scaling=leak_scaling,
    )
    made.write(out, emodel_names)
    for line in [*made.sentences(), f"population in {out}"]:
        tell(line)
    add_result({"cells": n, "yield": made.yields, "largest_residual": float(made.residual.max())})
