"""Options that repair a reconstruction before it is used, and what they do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import IonfoError, tell
from ..limits import split
from .help import CELL

RepairOption = Annotated[
    bool,
    typer.Option(
        "--repair",
        help="Sort, join and type the points of --morphology where needed; what is done is told, "
        "and kept as NAME_repaired beside --out.",
        rich_help_panel=CELL,
    ),
]
RepairTypeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--repair-type",
        help="What another SWC type is, such as 5=basal: soma, axon, basal, apical, or parent "
        "(that of the point before); repeat or separate by commas.",
        rich_help_panel=CELL,
    ),
]


def repaired(
    morphology: Path | None, out: Path | None, repair: bool, types: list[str] | None
) -> Path | None:
    """Repair a morphology where that was asked for, and tell what was done.

    Parameters
    ----------
    morphology : Path or None
        What --morphology names.
    out : Path or None
        What --out names; the repaired file is put beside it.
    repair : bool
        Whether --repair was given.
    types : list of str or None
        What --repair-type says.

    Returns
    -------
    Path or None
        The repaired file, or `morphology` where nothing was to be done.

    Raises
    ------
    IonfoError
        If the options do not fit together, or the file cannot be repaired.
    """
    from ..morphologies import repair_morphology

    given = _types(types)
    if not repair and not given:
        return morphology
    if morphology is None:
        raise IonfoError("--repair repairs the file that --morphology names; give it too")
    folder = Path() if out is None else out.parent
    copy = folder / f"{morphology.stem}_repaired{morphology.suffix.lower()}"
    done = repair_morphology(morphology, copy, given)
    if not done:
        tell(f"morphology '{morphology}': nothing to repair")
        return morphology
    for one in done:
        tell(f"morphology '{morphology}': {one}")
    tell(f"the repaired morphology is '{copy}'; other commands take it with --morphology")
    return copy


def _types(texts: list[str] | None) -> dict[int, str]:
    types: dict[int, str] = {}
    for part in split(texts, "--repair-type"):
        kind, _, name = part.partition("=")
        if not kind.strip().isdigit() or not name.strip():
            raise IonfoError(f"--repair-type must be a type and what it is, 5=basal, got '{part}'")
        types[int(kind)] = name.strip()
    return types
