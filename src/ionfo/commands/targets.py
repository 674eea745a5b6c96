"""``ionfo targets``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import IonfoError, tell
from ..terminal.output import add_result


def targets_command(
    recordings: Annotated[Path, typer.Argument(help="Folder with .abf, .nwb, .ibw or .csv files.")],
    config: Annotated[
        Path, typer.Option("--config", help="What is asked of them: .json or .yaml.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out", help="Targets alone (.json) or, with --emodel, a definition with them."
        ),
    ],
    emodel: Annotated[
        str | None,
        typer.Option("--emodel", help="Definition whose suggestions the targets replace."),
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option("--page", help="Page with every trace and value; default beside --out."),
    ] = None,
) -> None:
    """Make targets of recordings: mean and SD of features, threshold currents, protocols.

    Every sweep is measured with eFEL as the models will be. A page without anything to load shows
    each trace with its spikes and the distribution of each feature; sweeps that are not used are
    listed with the reason. It needs: pip install 'ionfo[recordings]'

    Example: ionfo targets recordings --config targets.json --out mytargets.json
    """
    from ..emodels import load_emodel
    from ..studies.targets import targets
    from ..tables.exchange.definition_file import check_definition_path

    check_definition_path(out)
    if emodel is None and out.suffix != ".json":
        raise IonfoError(f"targets alone are written as .json, got '{out}'; or give --emodel")
    shown = page or out.with_suffix(".html")
    if not shown.absolute().parent.is_dir():
        raise IonfoError(f"output folder '{shown.absolute().parent}' does not exist")
    definition = None if emodel is None else load_emodel(emodel)
    found = targets(recordings, config)
    for one in found.sentences():
        tell(one)
    found.write(out, definition)
    found.page(shown)
    tell(f"{out}; look at {shown}")
    add_result(
        {
            "targets": found.features.to_dict("records"),
            "cells": found.cells.to_dict("records"),
            "not_used": found.bad.to_dict("records"),
            "page": str(shown),
        }
    )
