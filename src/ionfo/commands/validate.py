"""``ionfo validate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import tell
from ..limits import split_numbers
from ..terminal.options import MechanismsOption, MorphologyOption, ProcessesOption
from ..terminal.repair import RepairOption, RepairTypeOption, repaired

if TYPE_CHECKING:
    import pandas as pd


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
    repair: RepairOption = False,
    repair_type: RepairTypeOption = None,
    processes: ProcessesOption = 1,
) -> None:
    """Score models on held-out steps, and how they predict spikes to coloured noise.

    Example: ionfo validate population.parquet --out held_out.parquet --experiment
    experiment.parquet --percent 180
    """
    from ..studies.validate import ValidateSettings, validate

    morphology = repaired(morphology, out, repair, repair_type)
    settings = ValidateSettings(
        held_out=held_out,
        experiment=experiment,
        row=row,
        percents=split_numbers(percent, "--percent"),
        sd=sd,
        noise_seed=noise_seed,
        noise_duration=noise_duration,
        trials=trials,
        private=private,
    )
    found = validate(
        population,
        out,
        settings,
        morphology=morphology,
        mechanisms=mechanisms,
        processes=processes,
    )
    tell("; ".join([*sentences(found), str(out)]))


def sentences(found: pd.DataFrame) -> list[str]:
    """Say how far the models are from what was held out."""
    told = [
        f"{len(found)} models; held-out z median {found['held_out_z'].median():.3f}, best "
        f"{found['held_out_z'].min():.3f}"
    ]
    if found["training_z"].notna().any():
        told.append(f"training z median {found['training_z'].median():.3f}")
    if "explained_variance_ratio" in found:
        told.append(
            f"explained variance median {found['explained_variance'].median():.3f}, by the trials "
            f"{found['explained_by_trials'].median():.3f}, ratio "
            f"{found['explained_variance_ratio'].median():.3f}"
        )
    return told
