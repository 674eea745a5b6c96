"""Options of the command line that several commands have, each in the same words."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from ..limits import most_workers


class Estimator(str, Enum):
    """How correlations are estimated."""

    gaussian = "gaussian"
    copula = "copula"


MorphologyOption = Annotated[
    Path | None,
    typer.Option("--morphology", help="Reconstruction (.asc or .swc), or a bundled one by name."),
]
MechanismsOption = Annotated[
    Path | None, typer.Option("--mechanisms", help="Folder with your own .mod files.")
]
ProcessesOption = Annotated[
    int,
    typer.Option(
        "--processes", min=1, max=most_workers(), help="Local processes, when not under mpirun."
    ),
]
ExactRatesOption = Annotated[
    bool, typer.Option("--exact-rates", help="Evaluate gate rates; no tables (1.4 x slower).")
]
SeedOption = Annotated[int, typer.Option("--seed", help="Of all random numbers.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Move another run in the folder aside.")]
TargetsOption = Annotated[
    list[str] | None,
    typer.Option("--targets", help="Feature for RSI; repeat or separate by commas."),
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option("--exclude", help="Column to leave out; repeat or separate by commas."),
]
EstimatorOption = Annotated[
    Estimator, typer.Option("--estimator", help="Of values, or of their normal scores.")
]
PermutationsOption = Annotated[
    int, typer.Option("--permutations", help="Of every pair of columns; 0 for none.")
]
