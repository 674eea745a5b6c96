"""``ionfo genes channels``."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from ...terminal.options import (
    EmodelArgument,
)


class Species(str, Enum):
    """Whose gene symbols."""

    mouse = "mouse"
    human = "human"


def channels_command(
    emodel: EmodelArgument,
    species: Annotated[Species, typer.Option("--species", help="Whose symbols.")] = Species.mouse,
) -> None:
    """List the conductances of an e-model with the genes of their channels and the source.

    Example: ionfo genes channels l5pc
    """
    from ...studies import genes
    from ...terminal.console import console

    screen = console()
    for row in genes.channels(emodel, species.value).to_dict("records"):
        symbols = " ".join(row["genes"])
        line = f"{row['parameter']}: {row['channel']}, {row['title']}: {symbols} ({row['source']})"
        screen.print(line, soft_wrap=True)
