"""``ionfo emodels``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..terminal.output import add_result

if TYPE_CHECKING:
    from ..emodels import EModel


def emodels_command(
    name: Annotated[str | None, typer.Argument(help="An e-model, to see what it holds.")] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of definitions, for editors.")
    ] = False,
) -> None:
    """List the e-models, or show parameters, bounds, protocols and targets of one.

    Example: ionfo emodels l5pc
    """
    if schema:
        from ..emodels.schema import definition_schema, schema_text

        print(schema_text(), end="")
        add_result({"schema": definition_schema()})
        return
    from ..emodels import bundled_populations, list_emodels, load_emodel

    if name is None:
        show_emodels([load_emodel(one) for one in list_emodels()])
        add_result({"emodels": list_emodels()})
        return
    found = load_emodel(name)
    show_emodel(found)
    populations = [str(file) for file in bundled_populations(found.name)]
    content = found.model_dump(mode="json")
    add_result({"hash": found.content_hash, **content, "populations": populations})


def show_emodels(emodels: Iterable[EModel]) -> None:
    """List e-models, one line each."""
    from rich.table import Table

    from ..terminal.console import console

    table = Table("e-model", "free", "features", "morphology", "what")
    for one in emodels:
        table.add_row(
            one.name,
            str(len(one.free_names)),
            str(len(one.features)),
            ", ".join([one.morphology.file or "--morphology FILE", *one.alternatives]),
            one.description,
        )
    console().print(table)


def show_emodel(one: EModel) -> None:
    """Show all of one e-model."""
    from rich.table import Table

    from ..emodels import bundled_populations
    from ..terminal.console import console

    screen = console()
    screen.print(f"[bold]{one.name}[/]: {one.description}")
    for source in one.sources:
        screen.print(f"  {source}")
    for name, other in one.alternatives.items():
        screen.print(f"also on {other.file}: --morphology {name}")
    for file in bundled_populations(one.name):
        screen.print(f"population: {file}", soft_wrap=True)
    screen.print(f"content hash {one.content_hash[:16]}")
    free = Table("free parameter", "unit", "lower", "upper", "distribution", "reference")
    for parameter in one.free_parameters:
        assert parameter.bounds is not None
        reference = (one.reference or {}).get(parameter.name)
        free.add_row(
            parameter.name,
            parameter.unit,
            f"{parameter.bounds[0]:g}",
            f"{parameter.bounds[1]:g}",
            one.distributions.get(parameter.distribution, "uniform"),
            "" if reference is None else f"{reference:.6g}",
        )
    screen.print(free)
    fixed = Table("fixed parameter", "unit", "value")
    for parameter in one.parameters:
        if parameter.value is not None:
            fixed.add_row(parameter.name, parameter.unit, f"{parameter.value:g}")
    screen.print(fixed)
    protocols = Table("protocol", "kind", "settings (ms, nA, mV, %)", "recordings")
    for protocol in one.protocols:
        settings = protocol.model_dump(exclude={"name", "kind", "recordings"}, exclude_none=True)
        protocols.add_row(
            protocol.name,
            protocol.kind,
            ", ".join(f"{key} {_told(value)}" for key, value in settings.items()),
            ", ".join(recording.name for recording in protocol.recordings),
        )
    screen.print(protocols)
    targets = Table("feature", "unit", "mean", "SD")
    for feature in one.features:
        targets.add_row(feature.name, feature.unit, f"{feature.mean:g}", f"{feature.std:g}")
    screen.print(targets)


def _told(value: Any) -> str:
    """Write a setting of a protocol in a line; of a current or a synapse, what it is."""
    if isinstance(value, dict):
        shape = value.get("shape", value.get("point_process"))
        return str(shape) if shape else ", ".join(f"{k} {_told(v)}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return " + ".join(_told(one) for one in value) or "none"
    return f"{value:g}" if isinstance(value, int | float) else str(value)
