"""``ionfo dics reconstruct``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import tell
from ...terminal.options import SeedOption
from ...terminal.output import add_result
from .options import LeakScalingOption


def reconstruct_command(
    spikes: Annotated[
        Path,
        typer.Argument(help="Spike times: .txt, .csv, .parquet, .npz or .nwb.", show_default=False),
    ],
    out: Annotated[Path, typer.Option("--out", help="Population: .parquet or .csv.")],
    model: Annotated[str, typer.Option("--model", help="stg, da, or your .json file.")] = "stg",
    n: Annotated[int, typer.Option("--n", help="Cells of each train.")] = 256,
    unit: Annotated[
        str | None,
        typer.Option("--unit", help="Of the times, ms or s, unless the file says it."),
    ] = None,
    estimates: Annotated[
        Path | None,
        typer.Option("--estimates", help="Table of descriptors, g_s and g_u: .csv or .parquet."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", help="Folder for a page; some cells are simulated for it."),
    ] = None,
    estimator: Annotated[
        Path | None,
        typer.Option("--estimator", help="Of `ionfo dics train`; default the one that ships."),
    ] = None,
    leak_scaling: LeakScalingOption = True,
    seed: SeedOption = 0,
) -> None:
    """Make populations of cells that could have fired spike trains.

    Example: ionfo dics reconstruct spikes.csv --model stg --out cells.parquet --report page
    """
    from ...studies import dics
    from ...tables.files import check_table_path, make_folder, write_table
    from ...tables.spike_trains import read_spike_trains

    check_table_path(out)
    if estimates is not None:
        check_table_path(estimates)
    if report is not None:
        make_folder(report, "--report")
    read = read_spike_trains(spikes, unit)
    found = dics.reconstruct(
        read.trains,
        model,
        n,
        seed=seed,
        names=read.names,
        estimator=estimator,
        leak_scaling=leak_scaling,
    )
    found.write(out)
    if estimates is not None:
        write_table(estimates, found.estimates)
    for line in [*found.sentences(), f"times were in {read.unit}; population in {out}"]:
        tell(line)
    if report is not None:
        tell(f"page in {dics.report(found, report)}")
    add_result({"trains": len(found.names), "cells": n * len(found.names)})
