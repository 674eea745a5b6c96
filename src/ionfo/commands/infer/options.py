"""Options that several commands of ``ionfo infer`` have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...limits import most_workers

ObservedArgument = Annotated[
    str,
    typer.Argument(
        help="Features, or traces with a column t (ms): .parquet or .csv; or `targets`.",
        show_default=False,
    ),
]
EstimatorOption = Annotated[
    Path, typer.Option("--estimator", help="Of `ionfo infer train`: .npz.", show_default=False)
]
WorkersOption = Annotated[
    int,
    typer.Option(
        "--workers", min=1, max=most_workers(), help="Threads (hh) or processes; no number changes."
    ),
]
