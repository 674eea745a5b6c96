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
    from ...analysis.genes.ion_channels import genes_of_conductances
    from ...emodels import load_emodel
    from ...terminal.console import console

    names = [one.name for one in load_emodel(emodel).parameters]
    for one in genes_of_conductances(names, species.value):
        line = f"{one.parameter}: {one.channel}, {one.title}: {' '.join(one.genes)} ({one.source})"
        console().print(line, soft_wrap=True)
