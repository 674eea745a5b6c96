"""``ionfo infer calibrate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import tell
from ...terminal.options import SeedOption
from ...terminal.output import add_result
from .options import EstimatorOption


def calibrate_command(
    simulations: Annotated[
        Path,
        typer.Argument(
            help="Folder of `ionfo infer simulate`, of another seed than the training's.",
            show_default=False,
        ),
    ],
    estimator: EstimatorOption,
    out: Annotated[Path, typer.Option("--out", help="Folder for tables and figures.")],
    cells: Annotated[int, typer.Option("--cells", help="Fresh draws to use at most.")] = 500,
    draws: Annotated[int, typer.Option("--draws", help="Of the posterior of each.")] = 500,
    seed: SeedOption = 0,
) -> None:
    """Calibrate a posterior: ranks of true parameters, and expected coverage (TARP).

    Example: ionfo infer calibrate fresh --estimator posterior.npz --out calibration
    """
    from ...studies import infer
    from ...tables.files import make_folder

    make_folder(out)
    found = infer.calibrate(estimator, simulations, n_cells=cells, n_draws=draws, seed=seed)
    infer.write_calibration(found, out)
    for line in [*found.sentences(), f"tables and figures in {out}"]:
        tell(line)
    add_result({"smallest_p": float(found.p_values.min()), "gap": found.gap})
