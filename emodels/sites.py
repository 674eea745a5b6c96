"""Places on a cell, by path distance and region: where one records, and where a current flows."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from .bounded import Strict


class Location(Strict):
    """A place that is recorded or stimulated.

    ``section``: the first section of `region` at `x`.  ``apical_trunk``: on the path from
    the highest apical tip to the soma at `distance`.  ``region``: the last section of
    `region` that spans `distance`.
    """

    kind: Literal["section", "apical_trunk", "region"]
    region: str = "somatic"
    x: float = Field(0.5, ge=0, le=1)
    distance: float | None = Field(None, gt=0, description="path distance from soma(0.5), um")

    @model_validator(mode="after")
    def _has_distance(self) -> Location:
        if (self.kind == "section") == (self.distance is not None):
            raise ValueError(
                f"a location of kind '{self.kind}' takes "
                + ("x and no distance" if self.kind == "section" else "a distance")
            )
        return self


MIDDLE_OF_SOMA = Location(kind="section")
"""Of the first somatic section."""
