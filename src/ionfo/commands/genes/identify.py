"""``ionfo genes identify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import tell
from ...limits import split
from ...terminal.options import (
    AllCoresOption,
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


def identify_command(
    data: DataArgument,
    labels: Annotated[str, typer.Option("--labels", help="Column with the known types.")],
    out: Annotated[Path, typer.Option("--out", help="Folder; the same command finishes it.")],
    values: ValuesOption = None,
    gene_set: GenesOption = "ion-channels",
    groups: LabelsOption = None,
    random: Annotated[int, typer.Option("--random", help="Random sets of each null.")] = 1000,
    replicates: Annotated[
        int, typer.Option("--replicates", help="Subsamples of cells for the interval.")
    ] = 20,
    median: MedianOption = True,
    library: LibraryOption = None,
    separator: SeparatorOption = None,
    decimal: DecimalOption = None,
    target_sum: TargetSumOption = 1e6,
    cells: CellsOption = None,
    layer: LayerOption = None,
    sum_duplicates: SumDuplicatesOption = False,
    seed: SeedOption = 0,
    processes: AllCoresOption = None,
) -> None:
    """Compare clusters of a gene set with those of random sets of the same size.

    Example: ionfo genes identify cells.h5ad --values counts --labels subclass --out report
    """
    from ...studies import genes

    found = genes.identify(
        data,
        labels,
        out,
        groups=split(groups, "--groups"),
        genes=gene_set,
        median=median,
        random=random,
        replicates=replicates,
        values=None if values is None else values.value,
        target_sum=target_sum,
        library=library,
        separator=separator,
        decimal=decimal,
        cells=cells,
        layer=layer,
        sum_duplicates=sum_duplicates,
        seed=seed,
        processes=processes,
    )
    for line in [*found.sentences(), f"tables and figures in {out}"]:
        tell(line)
