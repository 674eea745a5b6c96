"""Currents of a stimulus: shapes by name, each written as corners of a piecewise linear current.

A current is zero before its first corner and after its last one; two corners at one time are a
jump.  Every shape has a small function, `waveform`, that gives its corners, so that all stimuli are
one thing to the simulator.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from .bounded import MOST_PERCENT, Duration, Strict, Time
from .noise import coloured_noise
from .sites import MIDDLE_OF_SOMA, Location
from .waveforms import Waveform, grid, levels

MOST_CORNERS = 200_000
"""Of one current."""

_EPSP_POINTS = 2_000  # as many as the published stimulus has
_SINE_OFFSET, _SINE_POLE = 0.1, 5.15  # s; of the published stimulus

Value = Annotated[float, Field(ge=-MOST_PERCENT, le=MOST_PERCENT, description="in `unit`")]
Spacing = Annotated[float, Field(ge=0.01, le=100, description="distance of the corners, ms")]


class _Current(Strict):
    """What every current says: its unit, and where it is injected.

    ``percent`` and ``threshold`` are of the threshold current (100 percent are 1).
    """

    unit: Literal["nA", "percent", "threshold"] = "nA"
    site: Location = MIDDLE_OF_SOMA

    @property
    def nominal(self) -> float:
        """The amplitude that features which divide by the current use, in `unit`."""
        return float(getattr(self, "amplitude", 0.0))

    def waveform(self) -> Waveform:
        """Give the corners, with values in `unit`."""
        raise NotImplementedError


class CornerCurrent(_Current):
    """Corners as they are."""

    shape: Literal["corners"]
    corners: tuple[tuple[Time, Value], ...] = Field(
        min_length=2, max_length=MOST_CORNERS, description="[ms, value], in the order of time"
    )

    @model_validator(mode="after")
    def _is_in_order(self) -> CornerCurrent:
        for (before, _), (after, _) in pairwise(self.corners):
            if after < before:
                raise ValueError(f"corners must be in order of time, got {before:g}, {after:g} ms")
        return self

    @property
    def nominal(self) -> float:
        """The value that is farthest from zero."""
        return max((value for _, value in self.corners), key=abs)

    def waveform(self) -> Waveform:
        """Give the corners."""
        times, values = np.array(self.corners, dtype=np.float64).T
        return times, values


class _Spanned(_Current):
    """A current with a beginning and an end."""

    start: Time
    end: Time

    @model_validator(mode="after")
    def _rises(self) -> _Spanned:
        if not self.start < self.end:
            raise ValueError(
                f"a current must end after its start, got {self.start:g} to {self.end:g} ms"
            )
        return self


class Pulse(_Spanned):
    """A constant current."""

    shape: Literal["pulse"]
    amplitude: Value

    def waveform(self) -> Waveform:
        """Give the corners."""
        return levels([self.start, self.end], [self.amplitude])


class Ramp(_Spanned):
    """From zero at its start to the amplitude at its end, where it drops to zero."""

    shape: Literal["ramp"]
    amplitude: Value

    def waveform(self) -> Waveform:
        """Give the corners."""
        return np.array([self.start, self.end]), np.array([0.0, self.amplitude])


class Train(_Current):
    """Equal pulses, one a period."""

    shape: Literal["train"]
    start: Time
    width: Duration = Field(description="of a pulse, ms")
    period: Duration = Field(description="from pulse to pulse, ms")
    number: int = Field(ge=1, le=MOST_CORNERS // 4)
    amplitude: Value

    @model_validator(mode="after")
    def _fits(self) -> Train:
        if self.width > self.period:
            raise ValueError(
                f"pulses of {self.width:g} ms overlap with a period of {self.period:g} ms"
            )
        return self

    def waveform(self) -> Waveform:
        """Give the corners."""
        starts = self.start + self.period * np.arange(self.number)
        edges = np.stack([starts, starts + self.width], axis=1).ravel()
        return levels(edges.tolist(), ([self.amplitude, 0.0] * self.number)[:-1])


class SlowAHP(_Spanned):
    """A long current, and within it a stronger one, after which the slow AHP is seen."""

    shape: Literal["sAHP"]
    strong_start: Time
    strong_end: Time
    long: Value = Field(description="before and after the strong part")
    amplitude: Value = Field(description="of the strong part")

    @model_validator(mode="after")
    def _is_within(self) -> SlowAHP:
        _check_order(self.start, self.strong_start, self.strong_end, self.end)
        return self

    def waveform(self) -> Waveform:
        """Give the corners."""
        edges = [self.start, self.strong_start, self.strong_end, self.end]
        return levels(edges, [self.long, self.amplitude, self.long])


class HyperDepol(_Spanned):
    """First a hyperpolarising current, then a depolarising one."""

    shape: Literal["HyperDepol"]
    middle: Time
    hyper: Value
    depol: Value

    @model_validator(mode="after")
    def _is_within(self) -> HyperDepol:
        _check_order(self.start, self.middle, self.end)
        return self

    @property
    def nominal(self) -> float:
        """That of the hyperpolarising part."""
        return self.hyper

    def waveform(self) -> Waveform:
        """Give the corners."""
        return levels([self.start, self.middle, self.end], [self.hyper, self.depol])


class DeHyperpol(_Spanned):
    """First a depolarising current, then a hyperpolarising one."""

    shape: Literal["DeHyperpol"]
    middle: Time
    depol: Value
    hyper: Value

    @model_validator(mode="after")
    def _is_within(self) -> DeHyperpol:
        _check_order(self.start, self.middle, self.end)
        return self

    @property
    def nominal(self) -> float:
        """That of the hyperpolarising part."""
        return self.hyper

    def waveform(self) -> Waveform:
        """Give the corners."""
        return levels([self.start, self.middle, self.end], [self.depol, self.hyper])


class PosCheops(_Current):
    """Triangles (pyramids), each rising to the amplitude at its middle; negative ones fall."""

    shape: Literal["PosCheops"]
    triangles: tuple[tuple[Time, Time], ...] = Field(
        min_length=1, max_length=1_000, description="[start, end] of each, ms"
    )
    amplitude: Value

    @model_validator(mode="after")
    def _is_in_order(self) -> PosCheops:
        edges = [time for triangle in self.triangles for time in triangle]
        if any(end <= start for start, end in self.triangles) or edges != sorted(edges):
            raise ValueError(f"triangles must follow each other, got {list(self.triangles)}")
        return self

    def waveform(self) -> Waveform:
        """Give the corners."""
        corners = [((a, 0.0), ((a + b) / 2, self.amplitude), (b, 0.0)) for a, b in self.triangles]
        times, values = np.array(corners, dtype=np.float64).reshape(-1, 2).T
        return times, values


class SineSpec(_Spanned):
    """A sine whose frequency rises: sin(2 pi (1 + 1/(5.15 - s)) s), s from -0.1 s at its start."""

    shape: Literal["SineSpec"]
    amplitude: Value
    every: Spacing = 0.5

    @model_validator(mode="after")
    def _ends_before_the_pole(self) -> SineSpec:
        if self.end - self.start > 5_200:
            raise ValueError("a SineSpec lasts at most 5200 ms: its frequency becomes infinite")
        return self

    def waveform(self) -> Waveform:
        """Give the corners."""
        times = grid(self.start, self.end, self.every)
        s = (times - self.start) / 1e3 - _SINE_OFFSET
        return times, self.amplitude * np.sin(2 * np.pi * (1 + 1 / (_SINE_POLE - s)) * s)


class EPSPCurrent(_Spanned):
    """A current like that of a synapse: a difference of two exponentials with this peak."""

    shape: Literal["EPSP"]
    amplitude: Value = Field(description="of the peak")
    rise: Duration = Field(0.5, description="time constant, ms")
    decay: Duration = Field(5.0, description="time constant, ms")

    @model_validator(mode="after")
    def _peaks(self) -> EPSPCurrent:
        if self.rise >= self.decay:
            raise ValueError(f"rise must be below decay, got {self.rise:g} and {self.decay:g} ms")
        return self

    def waveform(self) -> Waveform:
        """Give the corners."""
        t = np.linspace(0, self.end - self.start, _EPSP_POINTS)
        difference = np.exp(-t / self.decay) - np.exp(-t / self.rise)
        return self.start + t, self.amplitude * difference / difference.max()


class Noise(_Spanned):
    """Coloured (Ornstein-Uhlenbeck) noise, the same for one seed on every machine."""

    shape: Literal["noise"]
    mean: Value = 0.0
    sd: Annotated[float, Field(ge=0, le=MOST_PERCENT)]
    tau: Duration = Field(description="correlation time, ms")
    seed: int = Field(ge=0, le=2**32 - 1)
    every: Spacing = 1.0

    @property
    def nominal(self) -> float:
        """Its mean."""
        return self.mean

    def waveform(self) -> Waveform:
        """Give the corners."""
        times, values = coloured_noise(self.end - self.start, self.tau, self.seed, self.every)
        return self.start + times, self.mean + self.sd * values


class FileCurrent(_Current):
    """A current from a file, which is read when the definition is read from its own file."""

    shape: Literal["file"]
    file: str = Field(description="beside the definition: two columns, ms and value")
    scale: float = 1.0

    @model_validator(mode="after")
    def _is_beside_a_definition(self) -> FileCurrent:
        raise ValueError(
            f"the current of '{self.file}' can only be read beside the file of its definition; "
            "give the path of that, or write corners"
        )


AnyCurrent = Annotated[
    CornerCurrent
    | Pulse
    | Ramp
    | Train
    | SlowAHP
    | HyperDepol
    | DeHyperpol
    | PosCheops
    | SineSpec
    | EPSPCurrent
    | Noise
    | FileCurrent,
    Field(discriminator="shape"),
]


def _check_order(*times: float) -> None:
    if any(after < before for before, after in pairwise(times)):
        told = ", ".join(f"{time:g}" for time in times)
        raise ValueError(f"the times of a current must be in order, got {told} ms")
