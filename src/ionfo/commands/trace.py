"""``ionfo trace``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..limits import MOST_ROWS, split_whole_numbers
from ..terminal.options import MechanismsOption, MorphologyOption
from ..terminal.repair import RepairOption, RepairTypeOption, repaired


def trace_command(
    population: Annotated[
        Path,
        typer.Argument(help="A population (.parquet or .csv), or a definition or e-model by name."),
    ],
    out: Annotated[Path, typer.Option("--out", help="Figure: .png, .svg or .pdf.")],
    given: Annotated[
        str | None,
        typer.Argument(
            metavar="MODELS",
            help="Of a definition: 'reference' (default), or models as .json, .csv or .parquet.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", help="Row, from 0; repeat or separate by commas."),
    ] = None,
    morphology: MorphologyOption = None,
    mechanisms: MechanismsOption = None,
    repair: RepairOption = False,
    repair_type: RepairTypeOption = None,
) -> None:
    """Simulate models of a population or of a definition and draw their traces.

    With a definition: ionfo trace mycell.yaml reference --out traces.png

    Example: ionfo trace population.parquet --out traces.png --model 12
    """
    from ..studies.trace import trace_models

    rows = split_whole_numbers(model, "--model", MOST_ROWS)
    morphology = repaired(morphology, out, repair, repair_type)
    trace_models(population, out, rows, morphology, mechanisms, given)
