"""What every reader of another tool's models returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ...emodels import EModel
from ...errors import IonfoError, nearest


@dataclass(frozen=True)
class Imported:
    """Models as a population has them.

    Attributes
    ----------
    frame : DataFrame
        ``parameters/<name>`` and whatever else the file gives, under the names of a population.
    metadata : dict
        What the format holds beside the rows, so that it can be written back.
    notes : tuple of str
        What the user should know, one sentence each.
    """

    frame: pd.DataFrame
    metadata: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def with_emodel(imported: Imported, emodel: EModel, origin: str) -> Imported:
    """Attach the e-model to which the models belong: units, bounds, targets.

    Raises
    ------
    IonfoError
        If a parameter is not of the e-model, or a free one is missing.
    """
    known = [one.name for one in emodel.parameters]
    given = [name.removeprefix("parameters/") for name in imported.frame.columns
             if str(name).startswith("parameters/")]  # fmt: skip
    for name in given:
        if name not in known:
            raise IonfoError(
                f"'{origin}' sets '{name}', which e-model '{emodel.name}' does not have"
                f"{nearest(name, known)}"
            )
    missing = [name for name in emodel.free_names if name not in given]
    if missing:
        raise IonfoError(
            f"'{origin}' does not set '{missing[0]}', a free parameter of e-model '{emodel.name}'"
            + (f" ({len(missing)} are missing)" if len(missing) > 1 else "")
        )
    metadata = imported.metadata | emodel_metadata(emodel)
    return Imported(imported.frame, metadata, imported.notes)


def emodel_metadata(emodel: EModel) -> dict[str, Any]:
    """Metadata of a population that belongs to an e-model."""
    return {
        "emodel": emodel.model_dump(mode="json"),
        "emodel_hash": emodel.content_hash,
        "units": {one.name: one.unit for one in emodel.parameters}
        | {one.name: one.unit for one in emodel.features},
    }
