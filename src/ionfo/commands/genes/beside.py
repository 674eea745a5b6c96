"""``ionfo genes beside``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import tell
from ...terminal.help import NULLS
from ...terminal.options import (
    DecimalOption,
    LibraryOption,
    MedianOption,
    SeedOption,
    SeparatorOption,
    TargetSumOption,
    ThreadsOption,
    ValuesOption,
)


def beside_command(
    tables: Annotated[
        list[str],
        typer.Argument(
            help="NAME=FILE, NAME=FILE::high-covariance or NAME=FILE::COLUMN=LABEL; two or more."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for tables and figures.")],
    rows: Annotated[
        int | None, typer.Option("--rows", help="Of each table; default those of the smallest.")
    ] = None,
    values: ValuesOption = None,
    gene_set: Annotated[
        str,
        typer.Option(
            "--genes",
            help="ion-channels, conductances (genes of the models' channels), all, or a file.",
        ),
    ] = "ion-channels",
    median: MedianOption = True,
    library: LibraryOption = None,
    separator: SeparatorOption = None,
    decimal: DecimalOption = None,
    target_sum: TargetSumOption = 1e6,
    shuffles: Annotated[
        int, typer.Option("--shuffles", min=2, help="For the null.", rich_help_panel=NULLS)
    ] = 100,
    bootstrap: Annotated[
        int, typer.Option("--bootstrap", min=2, help="Replicates.", rich_help_panel=NULLS)
    ] = 50,
    draws: Annotated[
        int, typer.Option("--draws", help="Of rows from larger tables.", rich_help_panel=NULLS)
    ] = 20,
    permutations: Annotated[
        int,
        typer.Option(
            "--permutations", min=1, help="Of every pair of columns.", rich_help_panel=NULLS
        ),
    ] = 1000,
    seed: SeedOption = 0,
    threads: ThreadsOption = None,
) -> None:
    """Draw models and expression side by side at equal rows, each with its own null.

    Example: ionfo genes beside random=population.parquet
    covarying=population.parquet::high-covariance PT=cells.parquet::subclass=PT --values log
    --rows 75 --out beside
    """
    from ...studies import genes

    found = genes.beside(
        tables,
        out,
        rows=rows,
        genes=gene_set,
        median=median,
        shuffles=shuffles,
        bootstrap=bootstrap,
        draws=draws,
        permutations=permutations,
        values=None if values is None else values.value,
        target_sum=target_sum,
        library=library,
        separator=separator,
        decimal=decimal,
        seed=seed,
        threads=threads,
    )
    for line in [*found.sentences(), f"tables and figures in {out}"]:
        tell(line)
