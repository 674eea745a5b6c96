"""``ionfo groups``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import tell
from ..limits import split
from ..terminal.help import EXPRESSION, NULLS
from ..terminal.options import (
    BootstrapOption,
    CellsOption,
    DecimalOption,
    Estimators,
    EstimatorsOption,
    ExcludeOption,
    ExhaustiveNullsOption,
    LabelsOption,
    LayerOption,
    LibraryOption,
    MedianOption,
    OrdersOption,
    PermutationsOption,
    SeedOption,
    SeparatorOption,
    ShufflesOption,
    SumDuplicatesOption,
    TargetsOption,
    TargetSumOption,
    ThreadsOption,
    ValuesOption,
)
from ..terminal.output import add_result


def groups_command(
    population: Annotated[
        Path,
        typer.Argument(help="A population, or cells x genes: .parquet, .csv, .h5ad, 10x folder."),
    ],
    group: Annotated[
        str,
        typer.Option("--group", help="Column of labels: each group on its own, then compared."),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for tables and figures.")],
    groups: LabelsOption = None,
    targets: TargetsOption = None,
    exclude: ExcludeOption = None,
    regress: Annotated[
        list[str] | None,
        typer.Option("--regress", help="Column whose effect on every gene is taken out."),
    ] = None,
    orders: OrdersOption = None,
    estimator: EstimatorsOption = Estimators.both,
    equal_rows: Annotated[
        int | None,
        typer.Option("--equal-rows", help="Rows of each group; default those of the smallest."),
    ] = None,
    gene_set: Annotated[
        str | None,
        typer.Option(
            "--genes",
            help="ion-channels (default of expression), all, or a file with one gene per line.",
            rich_help_panel=EXPRESSION,
        ),
    ] = None,
    values: ValuesOption = None,
    library: LibraryOption = None,
    separator: SeparatorOption = None,
    decimal: DecimalOption = None,
    target_sum: TargetSumOption = 1e6,
    median: MedianOption = True,
    cells: CellsOption = None,
    layer: LayerOption = None,
    sum_duplicates: SumDuplicatesOption = False,
    bootstrap: BootstrapOption = 50,
    shuffles: ShufflesOption = 100,
    permutations: PermutationsOption = 1000,
    exhaustive_nulls: ExhaustiveNullsOption = 0,
    group_permutations: Annotated[
        int,
        typer.Option(
            "--group-permutations",
            help="Rows reassigned to groups; 0 for none.",
            rich_help_panel=NULLS,
        ),
    ] = 199,
    seed: SeedOption = 0,
    threads: ThreadsOption = None,
) -> None:
    """Measure each group of a table on its own, and compare groups at the same number of rows.

    Example: ionfo groups cells.h5ad --group subclass --values counts --out groups
    """
    from ..studies.groups import groups as measure_groups
    from ..studies.population import parse_orders

    found = measure_groups(
        population,
        group,
        split(targets, "--targets"),
        out,
        groups=split(groups, "--groups"),
        exclude=split(exclude, "--exclude"),
        regress=split(regress, "--regress"),
        orders=() if orders is None else parse_orders(orders),
        estimator=estimator.value,
        equal_rows=equal_rows,
        genes=gene_set,
        values=None if values is None else values.value,
        library=library,
        separator=separator,
        decimal=decimal,
        target_sum=target_sum,
        median=median,
        cells=cells,
        layer=layer,
        sum_duplicates=sum_duplicates,
        bootstrap=bootstrap,
        shuffles=shuffles,
        permutations=permutations,
        exhaustive_nulls=exhaustive_nulls,
        group_permutations=group_permutations,
        seed=seed,
        threads=threads,
    )
    add_result(found.summary)
    for line in [
        *found.sentences(),
        f"page: {out / 'report.html'}, with tables and figures beside it",
    ]:
        tell(line)
