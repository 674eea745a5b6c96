"""``ionfo dics reachable``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import tell
from ...limits import split
from ...terminal.options import SeedOption
from .options import ModelArgument, PairOption


def reachable_command(
    model: ModelArgument,
    out: Annotated[Path, typer.Option("--out", help="Table g_s, g_u, yield: .csv or .parquet.")],
    compensate: PairOption = None,
    n: Annotated[int, typer.Option("--n", help="Cells a target.")] = 200,
    step: Annotated[float, typer.Option("--step", help="Of the grid, over the leak.")] = 1.0,
    seed: SeedOption = 0,
) -> None:
    """Map which targets a model can reach, with which channels compensated.

    Example: ionfo dics reachable stg --compensate CaS,A --out reachable.csv
    """
    from ...studies import dics
    from ...tables.files import check_table_path, write_table

    check_table_path(out)
    pair = split(compensate, "--compensate") or None
    found = dics.reachable(model, pair, n=n, step=step, seed=seed)
    write_table(out, found.to_frame())
    for line in [*found.sentences(), f"table in {out}"]:
        tell(line)
