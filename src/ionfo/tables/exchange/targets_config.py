"""What `ionfo targets` is asked: which recordings, which features, and what counts as a floor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from ...emodels.bounded import Name, Strict, Time, Voltage
from ...emodels.definition_text import parse_text, read_definition_text
from ...errors import IonfoError, nearest
from ...features import EfelSettings, known_features
from ...limits import shortened


def _known(name: str) -> str:
    if name not in known_features():
        raise ValueError(f"eFEL knows no '{name}'{nearest(name, known_features())}")
    return name


FeatureName = Annotated[str, AfterValidator(_known)]
"""A feature of eFEL."""


class Units(Strict):
    """Units of files that do not state their own."""

    t: Literal["ms", "s"] = "ms"
    v: Literal["mV", "V"] = "mV"
    i: Literal["nA", "pA", "A"] = "nA"


class Files(Strict):
    """Files of one protocol of one cell."""

    files: str = Field(description="a path below the recordings; * stands for anything")
    current_files: str | None = Field(
        None, description="of igor: files with the current, in the order of those with the voltage"
    )
    protocol_in_file: str | None = Field(None, description="how an .nwb file calls the protocol")
    sweeps: tuple[int, ...] | None = Field(None, description="from 0; all by default")
    units: Units | None = None
    amplitudes: tuple[float, ...] | None = Field(
        None, description="of each sweep on top of the holding current, where no current was kept"
    )
    holding: float | None = Field(None, description="in the unit of the amplitudes")
    ton: float | None = Field(None, ge=0, description="begin of the step, ms; found by default")
    toff: float | None = Field(None, gt=0, description="end of the step, ms; found by default")
    liquid_junction_potential: Voltage | None = None


class Threshold(Strict):
    """How the threshold current of a cell is found."""

    protocols: tuple[Name, ...] = Field(min_length=1)
    spikes: int = Field(1, ge=1, description="fewest of a sweep that counts as above threshold")


Window = tuple[Time, Time]


class TargetProtocol(Strict):
    """Steps, or any other current, whose features become targets."""

    amplitudes: tuple[float, ...] = Field(
        min_length=1, description="of a step; of another current where it is farthest from holding"
    )
    tolerance: float = Field(10.0, gt=0, description="in the unit of the amplitudes")
    features: tuple[FeatureName, ...] = Field(min_length=1)
    current: Literal["step", "corners"] | None = Field(
        None, description="how it is read; by default as BluePyEfe knows the protocol by its name"
    )
    window: Window | None = Field(None, description="in which features look, ms")
    window_corners: tuple[int, int] | None = Field(
        None, description="the same, from one corner of the current to another, from 0"
    )
    windows: dict[FeatureName, Window] = Field({}, description="of single features, ms")

    @model_validator(mode="after")
    def _has_windows(self) -> TargetProtocol:
        if self.window is not None and self.window_corners is not None:
            raise ValueError("'window' and 'window_corners' say the same; give one of them")
        for window in (self.window, self.window_corners, *self.windows.values()):
            if window is not None and not window[0] < window[1]:
                raise ValueError(f"a window must rise, got {window[0]:g} to {window[1]:g}")
        if extra := [one for one in self.windows if one not in self.features]:
            raise ValueError(f"'windows' names '{extra[0]}', which is not among its features")
        return self


class InputResistance(Strict):
    """Which steps give the input resistance."""

    protocol: Name
    amplitude: float
    tolerance: float = Field(10.0, gt=0)


class RestingPotential(Strict):
    """Which sweeps without current give the resting potential."""

    protocol: Name


class SmallestSD(Strict):
    """Below it no SD is taken: the larger of a share of the mean and a number by unit."""

    share: float = Field(0.05, ge=0)
    by_unit: dict[str, float] = {
        "mV": 1.0, "Hz": 0.5, "ms": 0.05, "1": 0.1, "nA": 0.005, "MOhm": 2.0,
    }  # fmt: skip


class Quality(Strict):
    """What a sweep must keep to be used."""

    lowest: Voltage = -150.0
    highest: Voltage = 100.0
    baseline_sd: float = Field(5.0, gt=0, description="mV, before the step")
    largest_interval: float = Field(0.2, gt=0, description="between samples, ms")


class Efel(Strict):
    """eFEL settings, for recordings and models alike."""

    Threshold: Voltage = -20.0
    interp_step: float = Field(0.025, ge=0.001, le=10)
    strict_stiminterval: bool = True

    def settings(self) -> EfelSettings:
        """Give them as the feature extraction takes them."""
        return EfelSettings(**self.model_dump())


class TargetsConfig(Strict):
    """All that `ionfo targets` is asked."""

    liquid_junction_potential: Voltage = Field(
        description="mV, subtracted from every voltage; 0 where the recordings are corrected"
    )
    cells: dict[Name, dict[Name, tuple[Files, ...]]] | None = Field(
        None, description="cell -> protocol -> files; by default folders CELL/PROTOCOL, and .nwb"
    )
    units: Units = Units()
    amplitudes_in: Literal["percent", "nA"] = "percent"
    threshold: Threshold | None = None
    protocols: dict[Name, TargetProtocol] = {}
    input_resistance: InputResistance | None = None
    resting_potential: RestingPotential | None = None
    smallest_sd: SmallestSD = SmallestSD()
    fewest_cells: int = Field(1, ge=1)
    quality: Quality = Quality()
    efel: Efel = Efel()

    @model_validator(mode="after")
    def _has_threshold(self) -> TargetsConfig:
        if self.amplitudes_in == "percent" and self.threshold is None:
            raise ValueError("amplitudes in percent need 'threshold': the protocols that give it")
        if not self.protocols and self.threshold is None:
            raise ValueError("nothing is asked; name 'protocols'")
        return self

    @property
    def protocol_names(self) -> tuple[str, ...]:
        """All protocols that are read."""
        names = list(self.threshold.protocols if self.threshold else ())
        names += self.protocols
        for one in (self.input_resistance, self.resting_potential):
            names += [one.protocol] if one is not None else []
        return tuple(dict.fromkeys(names))


def read_targets_config(path: Path) -> TargetsConfig:
    """Read a config, JSON or YAML.

    Raises
    ------
    IonfoError
        With all faults, where it breaks rules.
    """
    content, _ = parse_text(read_definition_text(path, "config"), str(path), "config")
    try:
        return TargetsConfig.model_validate_json(json.dumps(content))
    except ValidationError as error:
        told = [
            f"{'.'.join(map(str, one['loc']))}: " * bool(one["loc"])
            + shortened(one["msg"].removeprefix("Value error, "), 200)
            for one in error.errors()
        ]
        raise IonfoError(f"config '{path}' is not valid: {'; '.join(told)}") from None
