"""``ionfo genes regress``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import tell
from ...terminal.help import NULLS
from ...terminal.options import (
    CellOption,
    CellsOption,
    ColumnsOption,
    DataArgument,
    DecimalOption,
    FamiliesOption,
    FoldsOption,
    GenesOption,
    LayerOption,
    LeastCountOption,
    ParametersArgument,
    PenaltiesOption,
    PenaltyOption,
    RankOption,
    RelaxedOption,
    SeedOption,
    SeparatorOption,
    SumDuplicatesOption,
    ValuesOption,
)


def regress_command(
    counts: DataArgument,
    parameters: ParametersArgument,
    labels: FamiliesOption,
    out: Annotated[Path, typer.Option("--out", help="Folder for tables, figures and the page.")],
    rank: RankOption = 2,
    penalty: PenaltyOption = None,
    relaxed: RelaxedOption = True,
    penalties: PenaltiesOption = 14,
    folds: FoldsOption = 10,
    values: ValuesOption = None,
    gene_set: GenesOption = "ion-channels",
    least_count: LeastCountOption = 10.0,
    columns: ColumnsOption = "parameters/",
    cell: CellOption = None,
    permutations: Annotated[
        int,
        typer.Option(
            "--permutations", help="Of cells, and within families.", rich_help_panel=NULLS
        ),
    ] = 100,
    draws: Annotated[
        int, typer.Option("--draws", help="Fits to draws of parameters.", rich_help_panel=NULLS)
    ] = 20,
    separator: SeparatorOption = None,
    decimal: DecimalOption = None,
    cells: CellsOption = None,
    layer: LayerOption = None,
    sum_duplicates: SumDuplicatesOption = False,
    seed: SeedOption = 0,
) -> None:
    """Find the genes that tell parameters of cells, and what they add to the cells' family.

    Example: ionfo genes regress cells.h5ad fits.parquet --values counts --labels subclass --out
    regression
    """
    from ...studies import genes

    found = genes.regress(
        counts,
        parameters,
        labels,
        out,
        genes=gene_set,
        least_count=least_count,
        rank=rank,
        penalty=penalty,
        relaxed=relaxed,
        penalties=penalties,
        folds=folds,
        permutations=permutations,
        draws=draws,
        columns=columns,
        cell=cell,
        values=None if values is None else values.value,
        separator=separator,
        decimal=decimal,
        cells=cells,
        layer=layer,
        sum_duplicates=sum_duplicates,
        seed=seed,
    )
    for line in [*found.sentences(), f"tables, figures and page in {out}"]:
        tell(line)
