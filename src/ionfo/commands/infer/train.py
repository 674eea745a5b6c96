"""``ionfo infer train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import tell
from ...limits import split
from ...terminal.options import SeedOption
from ...terminal.output import add_result


def train_command(
    simulations: Annotated[
        Path, typer.Argument(help="Folder of `ionfo infer simulate`.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", help="Posterior: .npz.")],
    noise: Annotated[
        float, typer.Option("--noise", help="Of the features, in their SDs (--noise-of).")
    ] = 0.3,
    noise_of: Annotated[
        str | None,
        typer.Option(
            "--noise-of",
            help="SDs over these observed cells, or of `targets`; default over the draws.",
        ),
    ] = None,
    published_noise: Annotated[
        bool,
        typer.Option("--published-noise", help="Take --noise x SD as the variance, as published."),
    ] = False,
    features: Annotated[
        list[str] | None, typer.Option("--features", help="To infer from; default all.")
    ] = None,
    flows: Annotated[int, typer.Option("--flows", help="Of the ensemble.")] = 1,
    layers: Annotated[int, typer.Option("--layers", help="Of each flow.")] = 6,
    width: Annotated[int, typer.Option("--width", help="Units of each layer's network.")] = 64,
    epochs: Annotated[int, typer.Option("--epochs", help="Passes through the draws.")] = 60,
    seed: SeedOption = 0,
) -> None:
    """Train a neural posterior on simulations.

    Example: ionfo infer train simulations --out posterior.npz
    """
    from ...sampling.posterior.fitting import FitSettings
    from ...studies import infer
    from ...tables.archives import check_archive_path

    check_archive_path(out, "posterior")
    settings = infer.TrainSettings(
        noise=noise,
        noise_kind="variance" if published_noise else "sd",
        flows=flows,
        layers=layers,
        width=width,
        fit=FitSettings(epochs=epochs),
    )
    trained = infer.train(
        simulations,
        seed=seed,
        settings=settings,
        features=split(features, "--features"),
        noise_of=noise_of,
    )
    trained.write(out)
    for line in [*trained.sentences(), f"posterior in {out}"]:
        tell(line)
    add_result({"draws": trained.about["n_draws"], "valid": trained.about["n_valid"]})
