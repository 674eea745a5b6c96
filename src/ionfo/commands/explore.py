"""``ionfo explore``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import IonfoError, tell
from ..terminal.options import MechanismsOption, MorphologyOption
from ..terminal.output import add_result
from ..terminal.repair import RepairOption, RepairTypeOption, repaired


def explore_command(
    source: Annotated[
        Path, typer.Argument(help="A population, a table, or a run folder, also a running one.")
    ],
    analysis: Annotated[
        Path | None,
        typer.Option("--analysis", help="Folder of its analysis; by default one beside the file."),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Of this machine; 0 takes a free one.")
    ] = 0,
    idle: Annotated[
        float, typer.Option("--idle", help="Minutes without a request after which it ends.")
    ] = 60.0,
    morphology: MorphologyOption = None,
    mechanisms: MechanismsOption = None,
    repair: RepairOption = False,
    repair_type: RepairTypeOption = None,
) -> None:
    """Explore models by hand, in a page that only this machine can open.

    Linked charts of all models; voltage, currents and scores of one; what compensates when a
    conductance is moved; models that fire alike and are built differently.  Ctrl-C ends it.

    Example: ionfo explore population.parquet
    """
    from ..studies.explore import explore

    if not idle > 0:
        raise IonfoError(f"--idle must be a number of minutes above 0, got {idle:g}")
    morphology = repaired(morphology, source, repair, repair_type)
    server = explore(source, analysis, port, morphology, mechanisms)
    tell(f"explore {source} at {server.address}")
    tell(f"Ctrl-C ends it, and {idle:g} minutes without a request")
    if server.explored.why_no_cell:
        tell(f"charts only: {server.explored.why_no_cell}")
    add_result({"address": server.address})
    try:
        server.wait(60.0 * idle)
        tell("nobody asked for anything any more")
    except KeyboardInterrupt:
        tell("ended")
    finally:
        server.stop()
