"""The kinds of protocol that a definition may have, and the sites that they record."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from .bounded import MOST_PERCENT, Current, Depth, Duration, Name, Strict, Time, Voltage

NEEDS = {
    "rin": ("holding_search",),
    "threshold_search": ("holding_search", "rin", "rmp"),
    "step": ("holding_search", "threshold_search"),
}
"""Kind of protocol -> kinds that must have run before it."""


class Location(Strict):
    """A recording site.

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


class Recording(Strict):
    """A recorded variable; its name ends in the variable, for example ``dend1.v``."""

    name: Name
    location: Location = Location(kind="section")

    @property
    def variable(self) -> str:
        """NEURON's range variable: v (mV) or cai (mM)."""
        return self.name.rpartition(".")[2]


SOMA = Recording(name="soma.v")


class _Protocol(Strict):
    name: Name
    recordings: tuple[Recording, ...] = (SOMA,)


class HoldingSearch(_Protocol):
    """Bisection for the constant current that holds the soma at a voltage."""

    kind: Literal["holding_search"]
    target_voltage: Voltage
    precision: float = Field(0.1, gt=0, description="mV")
    lower: Current = -0.2
    upper: Current = 0.2
    max_depth: Depth = 7
    duration: Duration = 1000.0


class InputResistance(_Protocol):
    """A small absolute step on top of the holding current."""

    kind: Literal["rin"]
    amplitude: Current
    delay: Time
    duration: Duration
    total: Duration


class RestingPotential(_Protocol):
    """A sweep without any current."""

    kind: Literal["rmp"]
    duration: Duration = 1000.0


class ThresholdSearch(_Protocol):
    """Bisection for the rheobase on top of the holding current."""

    kind: Literal["threshold_search"]
    delay: Time
    duration: Duration
    total: Duration
    precision: float = Field(0.01, gt=0, description="nA; the bisection stops below it")
    max_depth: Depth = 10
    max_voltage: Voltage = Field(-30.0, description="mV; sets the upper bound through Rin")
    max_current: Current = 2.0


class AnyStep(_Protocol):
    """When a step begins and ends, and how long its features look."""

    delay: Time
    duration: Duration
    total: Duration
    window_end: Time | None = Field(None, description="end of the feature window if not the step's")


class Step(AnyStep):
    """A step in percent of the rheobase on top of the holding current."""

    kind: Literal["step"]
    percent: float = Field(
        ge=-MOST_PERCENT, le=MOST_PERCENT, description="percent of the threshold current"
    )


class AbsoluteStep(AnyStep):
    """A step of a given current on top of a given holding current; it needs no search."""

    kind: Literal["absolute_step"]
    amplitude: Current = Field(description="nA, on top of the holding current")
    holding: Current = 0.0


Protocol = Annotated[
    HoldingSearch | InputResistance | RestingPotential | ThresholdSearch | Step | AbsoluteStep,
    Field(discriminator="kind"),
]
