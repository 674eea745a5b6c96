"""``ionfo dics simulate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import tell
from ...terminal.options import SeedOption
from ...terminal.output import add_result


def simulate_command(
    population: Annotated[
        Path, typer.Argument(help="Cells of a point model: .parquet or .csv.", show_default=False)
    ],
    out: Annotated[
        Path, typer.Option("--out", help="The population with descriptors: .parquet or .csv.")
    ],
    model: Annotated[
        str | None,
        typer.Option("--model", help="Point model; default the one that the population carries."),
    ] = None,
    spikes: Annotated[
        Path | None, typer.Option("--spikes", help="Spike times: .csv, .parquet or .npz.")
    ] = None,
    duration: Annotated[float, typer.Option("--duration", help="Of a simulation, ms.")] = 6000.0,
    discard: Annotated[
        float, typer.Option("--discard", help="Of its beginning that is left out, ms.")
    ] = 3000.0,
    noise_sd: Annotated[
        float, typer.Option("--noise-sd", help="SD of the filtered noise current, uA/cm2.")
    ] = 0.0,
    bandwidth: Annotated[float, typer.Option("--bandwidth", help="Of the noise, Hz.")] = 1000.0,
    step: Annotated[float, typer.Option("--step", help="Of the integration, ms.")] = 0.05,
    seed: SeedOption = 0,
) -> None:
    """Simulate the cells of a population and describe their spike trains.

    Example: ionfo dics simulate stg.parquet --out simulated.parquet --spikes spikes.csv
    """
    from ...studies import dics
    from ...tables.files import check_table_path
    from ...tables.spike_trains import check_trains_path, write_spike_trains

    check_table_path(out)
    if spikes is not None:
        check_trains_path(spikes)
    found = dics.simulate(
        population,
        model,
        duration=duration,
        discard=discard,
        noise_sd=noise_sd,
        seed=seed,
        bandwidth=bandwidth,
        step=step,
    )
    found.write(out)
    if spikes is not None:
        names = [str(i) for i in range(len(found.trains))]
        write_spike_trains(spikes, names, found.trains)
    for line in [*found.sentences(), f"population in {out}"]:
        tell(line)
    regimes = [one.regime for one in found.descriptors]
    add_result({"cells": len(regimes)} | {one: regimes.count(one) for one in sorted(set(regimes))})
