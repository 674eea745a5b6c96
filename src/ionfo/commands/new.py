"""``ionfo new``."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from ..errors import note, tell
from ..terminal.output import add_result
from ..terminal.repair import RepairOption, RepairTypeOption, repaired


def new_command(
    name: Annotated[str, typer.Argument(help="Of the e-model.", show_default=False)],
    morphology: Annotated[Path, typer.Option("--morphology", help="Reconstruction, .asc or .swc.")],
    mechanisms: Annotated[Path, typer.Option("--mechanisms", help="Folder with .mod files.")],
    like: Annotated[
        str | None,
        typer.Option(
            "--like", help="E-model whose regions, bounds, protocols and targets to begin with."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Definition: .yaml with comments, or .json; default NAME.yaml."),
    ] = None,
    repair: RepairOption = False,
    repair_type: RepairTypeOption = None,
) -> None:
    """Write a definition to fill in: the mechanisms found, suggested bounds, protocols, targets.

    Conductances get bounds by the defaults of their files or by their ion; what is only suggested
    is named in to_fill, which `ionfo check` lists. The schema for editors is put beside it.

    Example: ionfo new mycell --morphology cell.swc --mechanisms mods --like soma
    """
    from ..studies.new import new

    path = out or Path(f"{name}.yaml")
    morphology = repaired(morphology, path, repair, repair_type) or morphology
    made = new(name, morphology=morphology, mechanisms=mechanisms, like=like, file=str(path))
    made.write(path)
    for one in made.notes:
        note(one)
    n_free, n_fill = len(made.emodel.free_names), len(made.emodel.to_fill)
    tell(
        f"{n_free} free parameters, {len(made.emodel.features)} features; {n_fill} to fill; {path}"
    )
    files = (quote(str(one)) for one in (path, morphology, mechanisms))
    tell("next: ionfo check {} --morphology {} --mechanisms {}".format(*files))
    add_result(
        {"free": n_free, "to_fill": list(made.emodel.to_fill), "notes": made.notes,
         "out": str(path)}
    )  # fmt: skip
