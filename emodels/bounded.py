"""The numbers and names of a definition, each with the bounds that it must keep."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ..limits import check_names

BASE_REGIONS = ("all", "somatic", "basal", "apical", "axonal", "myelinated")
DISTRIBUTION_PREFIX = "distribution_"

OF_NEURON = ("celsius", "v_init")
"""Parameters of NEURON itself; others without a region are GLOBAL variables of a mechanism."""

LONGEST_SWEEP = 100_000.0
"""Of a protocol (ms); all protocols together may last ten times as long."""

MOST_PERCENT = 100_000.0
"""Of the threshold current, in either direction."""

MOST_NAMED = 10_000
"""Parameters, features, regions and so on, of each."""

MOST_PROTOCOLS = 1_000

_MOST_CURRENT = 1_000.0  # nA
_MOST_VOLTAGE = 1_000.0  # mV
_DEEPEST_SEARCH = 60  # halvings; a number has no more bits to find


def _named(name: str) -> str:
    if not name.strip():
        raise ValueError("a name must not be empty")
    check_names([name], "what is defined")
    return name


Name = Annotated[str, AfterValidator(_named)]
"""A name that is not empty."""

Time = Annotated[float, Field(ge=0, le=LONGEST_SWEEP, description="ms")]
"""From the beginning of a sweep (ms)."""

Duration = Annotated[float, Field(gt=0, le=LONGEST_SWEEP, description="ms")]
"""Of a sweep or a part of it (ms)."""

Current = Annotated[float, Field(ge=-_MOST_CURRENT, le=_MOST_CURRENT, description="nA")]
"""nA."""

Voltage = Annotated[float, Field(ge=-_MOST_VOLTAGE, le=_MOST_VOLTAGE, description="mV")]
"""mV."""

AxonSize = Annotated[float, Field(gt=0, le=10_000.0, description="um")]
"""Length or diameter of a piece of axon (um)."""

Depth = Annotated[int, Field(ge=0, le=_DEEPEST_SEARCH)]
"""Halvings of a search."""


class Strict(BaseModel):
    """A model that takes no unknown key, no infinite number, and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
