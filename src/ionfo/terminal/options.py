"""Options of the command line that several commands have, each in the same words."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from ..limits import most_workers
from .help import CELL, EXPRESSION, NULLS, RUN, TABLE


class Estimators(str, Enum):
    """How correlations are estimated, or both ways side by side."""

    both = "both"
    gaussian = "gaussian"
    copula = "copula"


class Pairs(str, Enum):
    """How pairs of columns are measured."""

    knn = "knn"
    histogram = "histogram"
    gaussian = "gaussian"


class Cost(str, Enum):
    """How scores become one cost."""

    max = "max"
    sum = "sum"
    mean = "mean"


class Values(str, Enum):
    """What the numbers of a table are."""

    counts = "counts"
    log = "log"


# what is computed

EmodelArgument = Annotated[
    str, typer.Argument(help="Name of an e-model, or its .json or .yaml file.", show_default=False)
]
CostOption = Annotated[Cost, typer.Option("--cost", help="How scores are combined.")]
MorphologyOption = Annotated[
    Path | None,
    typer.Option(
        "--morphology",
        help="Reconstruction (.asc or .swc), or a bundled one by name.",
        rich_help_panel=CELL,
    ),
]
MechanismsOption = Annotated[
    Path | None,
    typer.Option("--mechanisms", help="Folder with your own .mod files.", rich_help_panel=CELL),
]
TargetsOption = Annotated[
    list[str] | None,
    typer.Option("--targets", help="Feature for RSI; repeat or separate by commas."),
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option("--exclude", help="Column to leave out; repeat or separate by commas."),
]
OrdersOption = Annotated[
    list[str] | None,
    typer.Option("--orders", help="Orders to report, such as 3-6,10; default all."),
]
EstimatorsOption = Annotated[
    Estimators,
    typer.Option(
        "--estimator",
        help="Of values, or of their normal scores (copula); by default both, led by the copula "
        "where they differ by more than their errors.",
    ),
]
PairsOption = Annotated[
    Pairs,
    typer.Option(
        "--pairs",
        help="Nearest neighbours of ranks (knn), the published histogram (a lower bound), or "
        "correlations.",
    ),
]

SeparatorOption = Annotated[
    str | None,
    typer.Option(
        "--separator",
        help="Of the columns of a .csv: a character such as ';', or tab; default a comma, and ';' "
        "with --decimal ,",
        rich_help_panel=TABLE,
    ),
]
DecimalOption = Annotated[
    str | None,
    typer.Option(
        "--decimal",
        help="Of the numbers of a .csv: . (default) or ,",
        rich_help_panel=TABLE,
    ),
]
KeepOption = Annotated[
    list[str] | None,
    typer.Option(
        "--keep",
        help="Column to take as a variable although it counts rows; repeat or separate by commas.",
        rich_help_panel=TABLE,
    ),
]
DropMissingOption = Annotated[
    bool,
    typer.Option(
        "--drop-missing",
        help="Leave out rows in which a parameter or a named target is missing.",
        rich_help_panel=TABLE,
    ),
]

# how well it is tested

BootstrapOption = Annotated[
    int,
    typer.Option("--bootstrap", help="Replicates of each kind; 0 for none.", rich_help_panel=NULLS),
]
ShufflesOption = Annotated[
    int,
    typer.Option(
        "--shuffles",
        help="Column-wise shuffles for the null; 0 for none.",
        rich_help_panel=NULLS,
    ),
]
PermutationsOption = Annotated[
    int,
    typer.Option(
        "--permutations", help="Of every pair of columns; 0 for none.", rich_help_panel=NULLS
    ),
]
ExhaustiveNullsOption = Annotated[
    int,
    typer.Option(
        "--exhaustive-nulls",
        help="Shuffles that measure every multiplet of 25 to 30 variables.",
        rich_help_panel=NULLS,
    ),
]

# cells and genes

DataArgument = Annotated[
    Path, typer.Argument(help="Cells x genes: .h5ad, .parquet, .csv or a 10x folder.")
]
ValuesOption = Annotated[
    Values | None,
    typer.Option(
        "--values",
        help="Raw counts or log values; needed unless the file says it.",
        rich_help_panel=EXPRESSION,
    ),
]
GenesOption = Annotated[
    str,
    typer.Option(
        "--genes",
        help="ion-channels, all, or a file with one gene per line.",
        rich_help_panel=EXPRESSION,
    ),
]
LabelsOption = Annotated[
    list[str] | None,
    typer.Option("--groups", help="Labels that count; repeat or separate by commas."),
]
LibraryOption = Annotated[
    str | None,
    typer.Option(
        "--library",
        help="Column with library sizes; default the sum of the genes.",
        rich_help_panel=EXPRESSION,
    ),
]
TargetSumOption = Annotated[
    float,
    typer.Option(
        "--target-sum", help="Counts per cell after normalisation.", rich_help_panel=EXPRESSION
    ),
]
CellsOption = Annotated[
    Path | None,
    typer.Option(
        "--cells",
        help="Table of labels; its first column names the cells.",
        rich_help_panel=EXPRESSION,
    ),
]
LayerOption = Annotated[
    str | None,
    typer.Option("--layer", help="Layer of an .h5ad; default X.", rich_help_panel=EXPRESSION),
]
SumDuplicatesOption = Annotated[
    bool,
    typer.Option(
        "--sum-duplicates",
        help="Add up counts of genes with the same name.",
        rich_help_panel=EXPRESSION,
    ),
]
MedianOption = Annotated[
    bool,
    typer.Option(
        "--median/--no-median",
        help="Only genes with a median other than zero.",
        rich_help_panel=EXPRESSION,
    ),
]

# genes and parameters of cells

ParametersArgument = Annotated[
    Path,
    typer.Argument(help="Parameters of the cells, or draws of them: .parquet or .csv."),
]
FamiliesOption = Annotated[
    str, typer.Option("--labels", help="Column of the cells x genes with the families.")
]
ColumnsOption = Annotated[
    str,
    typer.Option(
        "--columns",
        help="What the names of columns with parameters begin with.",
        rich_help_panel=TABLE,
    ),
]
CellOption = Annotated[
    str | None,
    typer.Option(
        "--cell",
        help="Column of the parameters with the names of the cells; default cell, cell_id or "
        "cells/cell, else the first.",
        rich_help_panel=TABLE,
    ),
]
LeastCountOption = Annotated[
    float,
    typer.Option(
        "--least-count",
        help="Of a gene over all cells; others are left out.",
        rich_help_panel=EXPRESSION,
    ),
]
RankOption = Annotated[int, typer.Option("--rank", help="Components between genes and parameters.")]
PenaltyOption = Annotated[
    float | None,
    typer.Option("--penalty", help="Default: chosen by cross-validation of the training cells."),
]
RelaxedOption = Annotated[
    bool,
    typer.Option("--relaxed/--sparse", help="Whether selected genes are fitted again."),
]
PenaltiesOption = Annotated[
    int, typer.Option("--penalties", help="Of the path that is chosen from.")
]
FoldsOption = Annotated[int, typer.Option("--folds", help="Of the cross-validation.")]

# how it runs

SeedOption = Annotated[
    int, typer.Option("--seed", help="Of all random numbers.", rich_help_panel=RUN)
]
ProcessesOption = Annotated[
    int,
    typer.Option(
        "--processes",
        min=1,
        max=most_workers(),
        help="Local processes, when not under mpirun.",
        rich_help_panel=RUN,
    ),
]
AllCoresOption = Annotated[
    int | None,
    typer.Option(
        "--processes",
        min=1,
        max=most_workers(),
        help="Default: the cores there are.",
        rich_help_panel=RUN,
    ),
]
ThreadsOption = Annotated[
    int | None,
    typer.Option(
        "--threads",
        min=1,
        max=most_workers(),
        help="Default: the cores there are.",
        rich_help_panel=RUN,
    ),
]
ExactRatesOption = Annotated[
    bool,
    typer.Option(
        "--exact-rates",
        help="Evaluate gate rates; no tables (1.4 x slower).",
        rich_help_panel=RUN,
    ),
]
ForceOption = Annotated[
    bool,
    typer.Option("--force", help="Move another run in the folder aside.", rich_help_panel=RUN),
]
