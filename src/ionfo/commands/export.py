"""``ionfo export``."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from ..terminal.options import MechanismsOption, MorphologyOption
from ..terminal.output import add_result
from ..terminal.repair import RepairOption, RepairTypeOption, repaired


class ExportFormat(str, Enum):
    """What can be written."""

    emodel_generalisation = "emodel-generalisation"
    bluepyemodel = "bluepyemodel"
    hoc = "hoc"
    mcmc_table = "mcmc-table"
    arviz = "arviz"
    csv = "csv"
    parquet = "parquet"


def export_command(
    what: Annotated[
        str, typer.Argument(help="E-model, definition (.json), population or run folder.")
    ],
    out: Annotated[Path, typer.Option("--out", help="File, or new or empty folder.")],
    format: Annotated[
        ExportFormat | None, typer.Option("--format", help="Default: by the suffix of --out.")
    ] = None,
    model: Annotated[
        int | None,
        typer.Option("--model", help="Row of a population, from 0; default: lowest cost."),
    ] = None,
    morphology: MorphologyOption = None,
    mechanisms: MechanismsOption = None,
    repair: RepairOption = False,
    repair_type: RepairTypeOption = None,
) -> None:
    """Write an e-model, a population or a run in the format of another tool.

    A folder for emodel-generalisation or BluePyEModel; .hoc for NEURON alone (one model); .nc for
    ArviZ; mcmc-table, csv and parquet for tables.

    Example: ionfo export population.parquet --out model.hoc --model 12
    """
    from ..sampling.folders import population_of
    from ..tables.exchange.writing import export_source

    morphology = repaired(morphology, out, repair, repair_type)
    kind, run = None if format is None else format.value, Path(what)
    population = population_of(run, 0) if (run / "run.json").is_file() else None
    add_result(export_source(what, out, kind, model, morphology, mechanisms, population))
