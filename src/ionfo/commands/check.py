"""``ionfo check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import IonfoError, tell
from ..terminal.options import EmodelArgument, MechanismsOption, MorphologyOption
from ..terminal.output import add_result
from ..terminal.repair import RepairOption, RepairTypeOption, repaired

if TYPE_CHECKING:
    import pandas as pd


def check_command(
    emodel: EmodelArgument,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Figure of the cell and its traces: .png, .svg or .pdf; may be left out."
        ),
    ] = None,
    morphology: MorphologyOption = None,
    mechanisms: MechanismsOption = None,
    repair: RepairOption = False,
    repair_type: RepairTypeOption = None,
) -> None:
    """Tell all that is wrong with a definition, by name and line; then build its cell and run it.

    It checks names, units, sizes and mechanisms, places every recording on the morphology, draws
    the cell with its regions, and runs one model: the reference, or the middle of the bounds.
    Errors end it with exit code 2.

    Example: ionfo check soma --out soma.png
    """
    from ..studies.check import check

    if out is not None and out.suffix not in (".png", ".svg", ".pdf"):
        raise IonfoError(f"figure '{out}' must end in .png, .svg or .pdf")
    if out is not None and not out.absolute().parent.is_dir():
        raise IonfoError(f"output folder '{out.absolute().parent}' does not exist")
    morphology = repaired(morphology, out, repair, repair_type)
    found = check(emodel, morphology=morphology, mechanisms=mechanisms)
    for one in found.sentences():
        tell(one)
    result: dict[str, object] = {
        "errors": [str(one) for one in found.errors],
        "to_look_at": [str(one) for one in found.warnings],
        "to_fill": [str(one) for one in found.to_fill],
    }
    if found.seen is not None:
        show_features(found.seen.features)
        result |= {
            "features": found.seen.features.to_dict("records"),
            "sites": found.seen.sites,
            "seconds": found.seen.seconds,
        }
        if out is not None:
            found.plot().savefig(out, dpi=130)
            tell(str(out))
    add_result(result)
    if found.errors:
        n = len(found.errors)
        raise IonfoError(f"'{emodel}' has {n} error{'' if n == 1 else 's'}, told above")


def show_features(features: pd.DataFrame) -> None:
    """Show every feature of a model beside its target."""
    from rich.table import Table

    from ..terminal.console import console

    table = Table("feature", "value", "target", "score")
    for row in features.itertuples():
        value = "–" if row.missing else f"{row.value:.5g} {row.unit}"
        score = "250" if row.missing else f"{row.score:.2f}"
        table.add_row(str(row.feature), value, f"{row.mean:.5g} ± {row.std:.3g}", score)
    console().print(table)
