"""``ionfo validate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..limits import split_numbers
from ..terminal.options import MechanismsOption, MorphologyOption, ProcessesOption


def validate_command(
    population: Annotated[Path, typer.Argument(help="A population: .parquet or .csv.")],
    out: Annotated[Path, typer.Option("--out", help="Result: .parquet or .csv.")],
    held_out: Annotated[
        Path | None,
        typer.Option("--held-out", help="Definition (.json) with held-out steps and targets."),
    ] = None,
    experiment: Annotated[
        Path | None, typer.Option("--experiment", help="Population with a model as experiment.")
    ] = None,
    row: Annotated[int, typer.Option("--row", help="Of that model, from 0.")] = 0,
    percent: Annotated[
        list[str] | None,
        typer.Option("--percent", help="Held-out steps in percent of the rheobase: 180,260."),
    ] = None,
    sd: Annotated[
        float, typer.Option("--sd", help="SD of the experiment's features, as a share of them.")
    ] = 0.05,
    noise_seed: Annotated[
        int | None, typer.Option("--noise-seed", help="Also play coloured noise of this seed.")
    ] = None,
    noise_duration: Annotated[float, typer.Option("--noise-duration", help="ms.")] = 2000.0,
    trials: Annotated[int, typer.Option("--trials", help="Repetitions of the experiment.")] = 5,
    private: Annotated[
        float,
        typer.Option("--private", help="SD of each repetition's own noise, in rheobases."),
    ] = 0.2,
    morphology: MorphologyOption = None,
    mechanisms: MechanismsOption = None,
    processes: ProcessesOption = 1,
) -> None:
    """Score models on held-out steps, and how they predict spikes to coloured noise.

    Example: ionfo validate hall.parquet --out v.parquet --experiment cells.parquet --percent 180
    """
    from ..studies.validate import validate

    percents = split_numbers(percent, "--percent")
    validate(
        population, out, held_out, experiment, row, percents, sd, noise_seed, noise_duration,
        trials, private, morphology, mechanisms, processes,
    )  # fmt: skip
