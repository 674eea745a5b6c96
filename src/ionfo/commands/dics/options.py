"""Options that several commands of ``ionfo dics`` have."""

from __future__ import annotations

from typing import Annotated

import typer

ModelArgument = Annotated[
    str, typer.Argument(help="Point model: stg, da, or your .json file.", show_default=False)
]
LeakScalingOption = Annotated[
    bool,
    typer.Option(
        "--leak-scaling/--no-leak-scaling",
        help="Scale drawn conductances with the leak, as cells of several sizes do.",
    ),
]
PairOption = Annotated[
    str | None,
    typer.Option(
        "--compensate",
        help="Two channels to change, such as A,H; default as the model says for the target.",
    ),
]
