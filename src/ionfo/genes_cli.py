"""``ionfo genes``: parse, call one function."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from .limits import most_workers, split
from .terminal.options import SeedOption

genes = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Single-cell expression: identify types, and set genes beside models.",
)


class Values(str, Enum):
    """What the numbers of a table are."""

    counts = "counts"
    log = "log"


class Species(str, Enum):
    """Whose gene symbols."""

    mouse = "mouse"
    human = "human"


DataArgument = Annotated[
    Path, typer.Argument(help="Cells x genes: .h5ad, .parquet, .csv or a 10x folder.")
]
ValuesOption = Annotated[
    Values | None,
    typer.Option("--values", help="Raw counts or log values; needed unless the file says it."),
]
GenesOption = Annotated[
    str, typer.Option("--genes", help="ion-channels, all, or a file with one gene per line.")
]
GroupsOption = Annotated[
    list[str] | None,
    typer.Option("--groups", help="Labels that count; repeat or separate by commas."),
]
LibraryOption = Annotated[
    str | None,
    typer.Option("--library", help="Column with library sizes; default the sum of the genes."),
]
TargetSumOption = Annotated[
    float, typer.Option("--target-sum", help="Counts per cell after normalisation.")
]
CellsOption = Annotated[
    Path | None, typer.Option("--cells", help="Table of labels; its first column names the cells.")
]
LayerOption = Annotated[str | None, typer.Option("--layer", help="Layer of an .h5ad; default X.")]
SumDuplicatesOption = Annotated[
    bool, typer.Option("--sum-duplicates", help="Add up counts of genes with the same name.")
]
MedianOption = Annotated[
    bool,
    typer.Option("--median/--no-median", help="Only genes with a median other than zero."),
]
ProcessesOption = Annotated[
    int | None,
    typer.Option("--processes", min=1, max=most_workers(), help="Default: the cores there are."),
]


@genes.command()
def identify(
    data: DataArgument,
    labels: Annotated[str, typer.Option("--labels", help="Column with the known types.")],
    out: Annotated[Path, typer.Option("--out", help="Folder; the same command finishes it.")],
    values: ValuesOption = None,
    gene_set: GenesOption = "ion-channels",
    groups: GroupsOption = None,
    random: Annotated[int, typer.Option("--random", help="Random sets of each null.")] = 1000,
    replicates: Annotated[
        int, typer.Option("--replicates", help="Subsamples of cells for the interval.")
    ] = 20,
    median: MedianOption = True,
    library: LibraryOption = None,
    target_sum: TargetSumOption = 1e6,
    cells: CellsOption = None,
    layer: LayerOption = None,
    sum_duplicates: SumDuplicatesOption = False,
    seed: SeedOption = 0,
    processes: ProcessesOption = None,
) -> None:
    """Compare clusters of a gene set with those of random sets of the same size.

    Example: ionfo genes identify cells.h5ad --values counts --labels subclass --out report
    """
    from .studies.identify import IdentifySettings, identify_types
    from .tables.expression_files import read_expression

    table = read_expression(
        data,
        None if values is None else values.value,
        annotations=[labels, *([library] if library else [])],
        cells=cells,
        layer=layer,
        sum_duplicates=sum_duplicates,
    )
    settings = IdentifySettings(
        groups=split(groups, "--groups"),
        genes=gene_set,
        median=median,
        random=random,
        replicates=replicates,
        target_sum=target_sum,
        library=library,
        seed=seed,
        processes=processes,
    )
    identify_types(table, labels, out, settings)


@genes.command()
def channels(
    emodel: Annotated[str, typer.Argument(help="Name of an e-model, or its .json file.")],
    species: Annotated[Species, typer.Option("--species", help="Whose symbols.")] = Species.mouse,
) -> None:
    """List the conductances of an e-model with the genes of their channels and the source.

    Example: ionfo genes channels l5pc
    """
    from .analysis.genes.ion_channels import genes_of_conductances
    from .emodels import load_emodel
    from .terminal import console as show

    names = [one.name for one in load_emodel(emodel).parameters]
    for one in genes_of_conductances(names, species.value):
        line = f"{one.parameter}: {one.channel}, {one.title}: {' '.join(one.genes)} ({one.source})"
        show.console().print(line, soft_wrap=True)


@genes.command()
def beside(
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
    target_sum: TargetSumOption = 1e6,
    shuffles: Annotated[int, typer.Option("--shuffles", min=2, help="For the null.")] = 100,
    bootstrap: Annotated[int, typer.Option("--bootstrap", min=2, help="Replicates.")] = 50,
    draws: Annotated[int, typer.Option("--draws", help="Of rows from larger tables.")] = 20,
    permutations: Annotated[
        int, typer.Option("--permutations", min=1, help="Of every pair of columns.")
    ] = 1000,
    seed: SeedOption = 0,
    threads: Annotated[
        int | None,
        typer.Option("--threads", min=1, max=most_workers(), help="Default: the cores there are."),
    ] = None,
) -> None:
    """Draw models and expression side by side at equal rows, each with its own null.

    Example: ionfo genes beside random=population.parquet
    covarying=population.parquet::high-covariance PT=cells.parquet::subclass=PT --values log
    --rows 75 --out beside
    """
    from .studies.beside import BesideSettings, parse_table, prepare_tables, tables_beside
    from .tables.expression_files import read_expression

    settings = BesideSettings(
        rows=rows,
        genes=gene_set,
        median=median,
        shuffles=shuffles,
        bootstrap=bootstrap,
        draws=draws,
        permutations=permutations,
        target_sum=target_sum,
        library=library,
        seed=seed,
        threads=threads,
    )
    read = []
    for spec in map(parse_table, tables):
        column = [spec.subset.partition("=")[0]] if "=" in spec.subset else []
        notes = [*column, *([library] if library else [])]
        kind = None if values is None else values.value
        table = read_expression(spec.file, kind, annotations=notes, as_declared=True)
        read.append((spec, table))
    tables_beside(prepare_tables(read, settings), out, settings)


@genes.command()
def sizes(
    data: DataArgument,
    group: Annotated[str, typer.Option("--group", help="Column with the labels.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for tables and figures.")],
    groups: GroupsOption = None,
    values: ValuesOption = None,
    gene_set: GenesOption = "ion-channels",
    median: MedianOption = True,
    library: LibraryOption = None,
    target_sum: TargetSumOption = 1e6,
    at: Annotated[
        str | None, typer.Option("--sizes", help="Cells, such as 50,75,100; default seven sizes.")
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
    from .limits import MOST_ROWS
    from .studies.population import parse_orders
    from .studies.sizes import SizeSettings, study_sizes
    from .tables.expression_files import read_expression

    table = read_expression(
        data,
        None if values is None else values.value,
        annotations=[group, *([library] if library else [])],
        cells=cells,
        layer=layer,
        sum_duplicates=sum_duplicates,
    )
    settings = SizeSettings(
        group=group,
        groups=split(groups, "--groups"),
        genes=gene_set,
        median=median,
        sizes=() if at is None else parse_orders(at, "--sizes", MOST_ROWS),
        draws=draws,
        target_sum=target_sum,
        library=library,
        seed=seed,
    )
    study_sizes(table, out, settings)
