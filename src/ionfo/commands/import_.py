"""``ionfo import``."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from ..limits import split
from ..terminal.output import add_result


class ImportFormat(str, Enum):
    """What can be read."""

    emodel_folder = "emodel-folder"
    mcmc_table = "mcmc-table"
    hall_of_fame = "hall-of-fame"
    allen = "allen"
    table = "table"
    targets = "targets"


def import_command(
    source: Annotated[Path, typer.Argument(help="File or folder of another tool.")],
    out: Annotated[
        Path,
        typer.Option("--out", help="Population (.parquet, .csv) or definition (.json, .yaml)."),
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

    E-model folders of BluePyEModel and emodel-generalisation become a definition, and so do
    features.json of BluePyEfe with --emodel, whose suggestions they replace; their
    MCMC tables, halls of fame, all-active models of the Allen Institute, and tables (CSV, Parquet,
    h5ad) become a population.

    Example: ionfo import chains.csv --out population.parquet --emodel soma
    """
    from ..tables.exchange.reading import import_file

    wanted = split(features, "--features")
    add_result(import_file(source, out, None if format is None else format.value, emodel, wanted))
