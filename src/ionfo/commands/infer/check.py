"""``ionfo infer check``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import tell
from ...terminal.output import add_result
from .options import EstimatorOption, ObservedArgument


def check_command(
    observed: ObservedArgument,
    estimator: EstimatorOption,
    out: Annotated[
        Path | None, typer.Option("--out", help="Table of distances: .parquet or .csv.")
    ] = None,
) -> None:
    """Tell whether observed cells lie inside what a posterior was trained on.

    Example: ionfo infer check cells.csv --estimator posterior.npz --out inside.csv
    """
    from ...studies import infer
    from ...tables.files import check_table_path

    if out is not None:
        check_table_path(out)
    found = infer.check(observed, estimator)
    if out is not None:
        found.write(out)
    for line in found.sentences():
        tell(line)
    add_result({"cells": len(found.table), "inside": int(found.table["is_inside"].sum())})
