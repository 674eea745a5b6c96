"""The kinds of protocol that a definition may have, and the sites that they record."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from ..features import SettingValue, check_setting
from .bounded import MOST_PERCENT, Current, Depth, Duration, Name, Strict, Time, Voltage
from .currents import AnyCurrent
from .sites import MIDDLE_OF_SOMA
from .sites import Location as Location

_NEEDS = {
    "rin": ("holding_search",),
    "threshold_search": ("holding_search", "rin", "rmp"),
    "step": ("holding_search", "threshold_search"),
}


class Recording(Strict):
    """A recorded variable; its name ends in the variable, for example ``dend1.v``."""

    name: Name
    location: Location = MIDDLE_OF_SOMA

    @property
    def variable(self) -> str:
        """NEURON's range variable: v (mV) or cai (mM)."""
        return self.name.rpartition(".")[2]


SOMA = Recording(name="soma.v")


class WithSettings(Strict):
    """What may have eFEL settings of its own, in the place of those of the whole definition."""

    efel: dict[str, SettingValue] | None = Field(None, description="eFEL settings by their names")

    @model_validator(mode="after")
    def _has_known_settings(self) -> WithSettings:
        for name, value in (self.efel or {}).items():
            check_setting(name, value)
        return self

    @model_serializer(mode="wrap")
    def _without_unset(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave settings out where there are none: a definition without them has one text."""
        content: dict[str, Any] = handler(self)
        if content.get("efel") is None:
            content.pop("efel", None)
        return content


class _Protocol(WithSettings):
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


class Synapse(Strict):
    """A point process at a place, and the events that it receives.

    ``AlphaSynapse``, ``ExpSyn``, ``Exp2Syn`` and ``IClamp`` are NEURON's own; others come from the
    .mod files.  A point process without events, such as ``AlphaSynapse``, has its times among
    its parameters.
    """

    point_process: Name
    site: Location
    parameters: dict[Name, float] = {}
    times: tuple[Time, ...] = Field((), max_length=100_000, description="of the events, ms")
    weight: float = Field(0.0, description="of every event, in the unit of the point process")

    @model_validator(mode="after")
    def _plays_no_voltage(self) -> Synapse:
        if self.point_process in ("SEClamp", "VClamp"):
            raise ValueError(
                f"'{self.point_process}' is a voltage clamp, and protocols are of current clamp"
            )
        return self


class CurrentClamp(_Protocol):
    """Any currents on top of a holding current, and synaptic input."""

    kind: Literal["current_clamp"]
    currents: tuple[AnyCurrent, ...] = Field((), max_length=1_000)
    synapses: tuple[Synapse, ...] = Field((), max_length=1_000)
    holding: Current | None = Field(
        None, description="nA into the soma; null for that of the holding search"
    )
    total: Duration
    window: tuple[Time, Time] = Field(description="in which features look, ms")

    @model_validator(mode="after")
    def _fits(self) -> CurrentClamp:
        if not self.window[0] < self.window[1]:
            raise ValueError(f"protocol '{self.name}': its window must rise, got {self.window}")
        ends = [float(one.waveform()[0][-1]) for one in self.currents if one.shape != "noise"]
        ends += [one.end for one in self.currents if one.shape == "noise"]
        ends += [time for one in self.synapses for time in one.times]
        if ends and max(ends) > self.total:
            raise ValueError(
                f"protocol '{self.name}' lasts {self.total:g} ms, and its stimulus goes on until "
                f"{max(ends):g} ms"
            )
        return self

    @property
    def duration(self) -> float:
        """Length of the window (ms)."""
        return self.window[1] - self.window[0]

    @property
    def sites(self) -> tuple[Location, ...]:
        """Where it stimulates."""
        return tuple(one.site for one in (*self.currents, *self.synapses))


Protocol = Annotated[
    HoldingSearch
    | InputResistance
    | RestingPotential
    | ThresholdSearch
    | Step
    | AbsoluteStep
    | CurrentClamp,
    Field(discriminator="kind"),
]


def needs(protocol: Protocol) -> tuple[str, ...]:
    """Name the kinds of protocols that must have run before one."""
    if not isinstance(protocol, CurrentClamp):
        return _NEEDS.get(protocol.kind, ())
    is_held = protocol.holding is None
    scales = any(one.unit != "nA" for one in protocol.currents)
    return ("holding_search",) * is_held + ("threshold_search",) * scales


def needs_searches(protocol: Protocol) -> bool:
    """Whether a protocol takes a current that a search finds, or is such a search."""
    return protocol.kind in ("holding_search", "rmp") or bool(needs(protocol))
