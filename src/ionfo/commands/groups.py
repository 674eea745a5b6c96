"""``ionfo groups``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..limits import split
from ..terminal.help import EXPRESSION, NULLS
from ..terminal.options import (
    BootstrapOption,
    CellsOption,
    Estimator,
    EstimatorOption,
    ExcludeOption,
    ExhaustiveNullsOption,
    LabelsOption,
    LayerOption,
    LibraryOption,
    MedianOption,
    OrdersOption,
    PermutationsOption,
    SeedOption,
    ShufflesOption,
    SumDuplicatesOption,
    TargetsOption,
    TargetSumOption,
    ThreadsOption,
    ValuesOption,
)


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
    estimator: EstimatorOption = Estimator.gaussian,
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
    from ..studies.groups import GroupSettings, analyse_groups
    from ..studies.plan import AnalysisSettings
    from ..studies.population import parse_orders
    from ..tables.expression_files import read_expression

    wanted, left_out = split(targets, "--targets"), split(exclude, "--exclude")
    effects = split(regress, "--regress")
    settings = AnalysisSettings(
        targets=wanted,
        exclude=left_out,
        orders=() if orders is None else parse_orders(orders),
        estimator=estimator.value,
        bootstrap=bootstrap,
        shuffles=shuffles,
        permutations=permutations,
        exhaustive_nulls=exhaustive_nulls,
        seed=seed,
        threads=threads,
    )
    how = GroupSettings(
        group=group,
        groups=split(groups, "--groups"),
        genes=gene_set,
        median=median,
        rows=equal_rows,
        permutations=group_permutations,
        regress=effects,
        target_sum=target_sum,
        library=library,
    )
    table = read_expression(
        population,
        None if values is None else values.value,
        annotations=[group, *wanted, *left_out, *effects, *([library] if library else [])],
        cells=cells,
        layer=layer,
        sum_duplicates=sum_duplicates,
    )
    analyse_groups(table, out, how, settings)
