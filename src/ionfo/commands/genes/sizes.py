"""``ionfo genes sizes``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import tell
from ...limits import MOST_ROWS, split
from ...terminal.options import (
    CellsOption,
    DataArgument,
    DecimalOption,
    GenesOption,
    LabelsOption,
    LayerOption,
    LibraryOption,
    MedianOption,
    SeedOption,
    SeparatorOption,
    SumDuplicatesOption,
    TargetSumOption,
    ValuesOption,
)


def sizes_command(
    data: DataArgument,
    group: Annotated[str, typer.Option("--group", help="Column with the labels.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for tables and figures.")],
    groups: LabelsOption = None,
    values: ValuesOption = None,
    gene_set: GenesOption = "ion-channels",
    median: MedianOption = True,
    library: LibraryOption = None,
    separator: SeparatorOption = None,
    decimal: DecimalOption = None,
    target_sum: TargetSumOption = 1e6,
    at: Annotated[
        list[str] | None,
        typer.Option("--sizes", help="Cells, such as 50,75,100; default seven sizes."),
    ] = None,
    draws: Annotated[int, typer.Option("--draws", help="Of each size.")] = 30,
    cells: CellsOption = None,
    layer: LayerOption = None,
    sum_duplicates: SumDuplicatesOption = False,
    seed: SeedOption = 0,
) -> None:
    """Find how many cells a group needs before corrected O-information excludes zero.

    Example: ionfo genes sizes cells.h5ad --values counts --group subclass --out sizes
    """
    from ...studies import genes
    from ...studies.population import parse_orders

    found = genes.sizes(
        data,
        group,
        out,
        groups=split(groups, "--groups"),
        genes=gene_set,
        median=median,
        sizes=() if at is None else parse_orders(at, "--sizes", MOST_ROWS),
        draws=draws,
        values=None if values is None else values.value,
        target_sum=target_sum,
        library=library,
        separator=separator,
        decimal=decimal,
        cells=cells,
        layer=layer,
        sum_duplicates=sum_duplicates,
        seed=seed,
    )
    for line in [*found.sentences(), f"tables and figures in {out}"]:
        tell(line)
