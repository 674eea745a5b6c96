"""``ionfo import`` and ``ionfo export``."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from ..limits import split
from ..terminal.options import MechanismsOption, MorphologyOption
from ..terminal.output import add_result


class ImportFormat(str, Enum):
    """What can be read."""

    emodel_folder = "emodel-folder"
    mcmc_table = "mcmc-table"
    hall_of_fame = "hall-of-fame"
    allen = "allen"
    table = "table"


class ExportFormat(str, Enum):
    """What can be written."""

    emodel_generalisation = "emodel-generalisation"
    bluepyemodel = "bluepyemodel"
    hoc = "hoc"
    mcmc_table = "mcmc-table"
    arviz = "arviz"
    csv = "csv"
    parquet = "parquet"


def register_formats(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command("import")(import_command)
    app.command("export")(export_command)


def import_command(
    source: Annotated[Path, typer.Argument(help="File or folder of another tool.")],
    out: Annotated[
        Path, typer.Option("--out", help="Population (.parquet, .csv) or definition (.json).")
    ],
    format: Annotated[
        ImportFormat | None, typer.Option("--format", help="Whose it is; default: by content.")
    ] = None,
    emodel: Annotated[
        str | None,
        typer.Option("--emodel", help="E-model of the models, or which one of a folder."),
    ] = None,
    features: Annotated[
        list[str] | None,
        typer.Option("--features", help="Columns of a plain table that are features."),
    ] = None,
) -> None:
    """Read models or an e-model of another tool.

    E-model folders of BluePyEModel and emodel-generalisation become a definition (.json); their
    MCMC tables, halls of fame, all-active models of the Allen Institute, and tables (CSV, Parquet,
    h5ad) become a population.

    Example: ionfo import chains.csv --out population.parquet --emodel l5pc
    """
    from ..tables.exchange.reading import import_file

    wanted = split(features, "--features")
    add_result(import_file(source, out, None if format is None else format.value, emodel, wanted))


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
) -> None:
    """Write an e-model, a population or a run in the format of another tool.

    A folder for emodel-generalisation or BluePyEModel; .hoc for NEURON alone (one model); .nc for
    ArviZ; mcmc-table, csv and parquet for tables.

    Example: ionfo export population.parquet --out model.hoc --model 12
    """
    from ..sampling.folders import population_of
    from ..tables.exchange.writing import export_source

    kind, run = None if format is None else format.value, Path(what)
    population = population_of(run) if (run / "run.json").is_file() else None
    add_result(export_source(what, out, kind, model, morphology, mechanisms, population))
