"""``ionfo optimise``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from ..errors import tell
from ..terminal.options import (
    EmodelArgument,
    ExactRatesOption,
    ForceOption,
    MechanismsOption,
    MorphologyOption,
    ProcessesOption,
    SeedOption,
)
from ..terminal.repair import RepairOption, RepairTypeOption, repaired
from .status import show_optimisation


def optimise_command(
    emodel: EmodelArgument,
    out: Annotated[Path, typer.Option("--out", help="Run folder; one that is there is resumed.")],
    targets: Annotated[
        Path | None,
        typer.Option("--targets", help="Other targets: .json, or a table feature, mean, std."),
    ] = None,
    stages: Annotated[
        Path | None, typer.Option("--stages", help="Stages (.json); default passive, Ih, all.")
    ] = None,
    generations: Annotated[
        int, typer.Option("--generations", help="Of the last stage; a quarter before it.")
    ] = 200,
    offspring: Annotated[int, typer.Option("--offspring", help="Models of a generation.")] = 512,
    seeds: Annotated[int, typer.Option("--seeds", help="Independent searches.")] = 4,
    seed: SeedOption = 0,
    hall: Annotated[int, typer.Option("--hall", help="Models in the hall of fame.")] = 40,
    max_steps: Annotated[
        int | None,
        typer.Option("--max-steps", help="Integrator steps of an evaluation; then it scores 250."),
    ] = None,
    budget_quantile: Annotated[
        float | None,
        typer.Option(
            "--budget-quantile",
            help="Learn --max-steps: twice this quantile of the steps of the last generation.",
        ),
    ] = None,
    morphology: MorphologyOption = None,
    mechanisms: MechanismsOption = None,
    repair: RepairOption = False,
    repair_type: RepairTypeOption = None,
    processes: ProcessesOption = 1,
    exact_rates: ExactRatesOption = False,
    keep_evaluations: Annotated[
        bool, typer.Option("--keep-evaluations", help="Store every evaluated model.")
    ] = False,
    force: ForceOption = False,
) -> None:
    """Optimise models stage by stage: IBEA, one objective per feature; the same command resumes.

    SIGTERM, SIGUSR1 and Ctrl-C stop it; exit code 75 (130 for Ctrl-C) says that generations are
    left.

    Example: mpirun -n 3 ionfo optimise soma --out run --generations 20 --offspring 64
    """
    from ..sampling.optimise import OptimiseSettings
    from ..studies.optimise import optimise
    from ..terminal.console import SampleProgress

    morphology = repaired(morphology, out, repair, repair_type)
    settings = OptimiseSettings(
        generations=generations,
        offspring=offspring,
        seeds=seeds,
        seed=seed,
        hall=hall,
        max_steps=max_steps,
        budget_quantile=budget_quantile,
        exact_rates=exact_rates,
        keep_evaluations=keep_evaluations,
    )
    bar, began = SampleProgress(), time.monotonic()
    with bar:
        store = optimise(
            emodel,
            out,
            settings,
            targets=targets,
            stages=stages,
            morphology=morphology,
            mechanisms=mechanisms,
            processes=processes,
            force=force,
            report=bar.update,
        )
    tell(f"{time.monotonic() - began:.0f} s now; run in {out}")
    show_optimisation(store)
    tell(f"next: ionfo collect {out} --out population.parquet")
