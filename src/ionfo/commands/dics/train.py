"""``ionfo dics train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import tell
from ...terminal.options import SeedOption
from ...terminal.output import add_result
from .options import ModelArgument


def train_command(
    model: ModelArgument,
    out: Annotated[Path, typer.Option("--out", help="Estimator: .npz.")],
    n: Annotated[int, typer.Option("--n", help="Cells to simulate.")] = 16_384,
    seed: SeedOption = 0,
) -> None:
    """Train an estimator of g_s and g_u on simulated spike trains.

    Those of stg and da ship with ionfo; this is for your own models. Simulated trains are kept
    beside the estimator until it is written, so that the same command goes on where it stopped.

    Example: ionfo dics train stg --n 2048 --out estimator.npz
    """
    from ...sampling.dics import forget_parts
    from ...studies import dics
    from ...tables.archives import check_archive_path

    check_archive_path(out, "estimator")
    parts = out.with_name(f"{out.name}.parts")
    trained = dics.train(model, n=n, seed=seed, folder=parts)
    trained.write(out)
    forget_parts(parts)
    silent = trained.about["silent"]
    tell(f"trained on {n:,} cells of '{model}', {silent:,} of them silent; estimator in {out}")
    add_result({"cells": n, "silent": silent, "widenings": trained.widenings.tolist()})
