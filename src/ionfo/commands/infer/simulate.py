"""``ionfo infer simulate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ...errors import tell
from ...terminal.options import MechanismsOption, MorphologyOption, SeedOption
from ...terminal.output import add_result
from ...terminal.repair import RepairOption, RepairTypeOption, repaired
from .options import WorkersOption


def simulate_command(
    emodel: Annotated[
        str, typer.Argument(help="hh, or an e-model: name or definition file.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder of the draws.")],
    n: Annotated[int, typer.Option("--n", help="Draws in all.")] = 100_000,
    temperature: Annotated[
        float | None, typer.Option("--temperature", help="Of hh, degC; default 25.")
    ] = None,
    current: Annotated[
        float | None, typer.Option("--current", help="Of the step of hh, pA; default 300.")
    ] = None,
    noise_sd: Annotated[
        float | None, typer.Option("--noise-sd", help="Of the noise current of hh, pA; default 10.")
    ] = None,
    workers: WorkersOption = 1,
    morphology: MorphologyOption = None,
    repair: RepairOption = False,
    repair_type: RepairTypeOption = None,
    mechanisms: MechanismsOption = None,
    seed: SeedOption = 0,
) -> None:
    """Draw parameters between their bounds and simulate them; the same command continues.

    Example: ionfo infer simulate hh --n 100000 --out simulations
    """
    from ...emodels.point.hh import HHRun
    from ...sampling.posterior.hh import NOISE_SD
    from ...studies import infer

    options = {"temperature": temperature, "current": current, "noise_sd": noise_sd}
    stated: dict[str, Any] = {name: one for name, one in options.items() if one is not None}
    found = infer.simulate(
        emodel,
        n,
        out,
        seed=seed,
        workers=workers,
        run=HHRun(**{"noise_sd": NOISE_SD, **stated}) if stated else None,
        morphology=repaired(morphology, out, repair, repair_type),
        mechanisms=mechanisms,
    )
    for line in [*found.sentences(), f"draws in {out}"]:
        tell(line)
    add_result({"draws": len(found.theta), "valid": int(found.is_valid.sum())})
