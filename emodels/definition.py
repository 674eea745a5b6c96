"""The e-model definition: one JSON file, validated, with a content hash."""

from __future__ import annotations

import hashlib
import json
import os
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from ..errors import IonfoError, nearest
from ..features import EfelSettings, FeatureTarget, check_setting
from ..limits import shortened, unique_keys
from .bounded import MOST_NAMED, MOST_PROTOCOLS, OF_NEURON, AxonSize, Name, Strict, Time, Voltage
from .consistency import check_consistent
from .current_files import with_file_currents
from .definition_text import SUFFIXES, is_definition, parse_text, read_definition_text
from .protocol_kinds import Protocol, WithSettings

FOLDER = Path(__file__).resolve().parent
POPULATIONS = FOLDER / "populations"


class Parameter(Strict):
    """One parameter: fixed when it has a value, free when it has bounds.

    The name is ``variable.region``, as published; ``variable.distribution_x`` is a constant
    of the distribution x; ``celsius``, ``v_init`` and GLOBAL variables of a mechanism
    (``vhalf_Foo``) have no region.
    """

    name: Name
    unit: str
    value: float | None = None
    bounds: tuple[float, float] | None = None
    distribution: str = "uniform"

    @model_validator(mode="after")
    def _fixed_or_free(self) -> Parameter:
        if (self.value is None) == (self.bounds is None):
            raise ValueError(f"parameter '{self.name}' needs either a value or bounds")
        if self.bounds is not None and not self.bounds[0] < self.bounds[1]:
            raise ValueError(f"parameter '{self.name}': bounds must rise, got {self.bounds}")
        return self

    @property
    def is_free(self) -> bool:
        """Whether the sampler may change it."""
        return self.bounds is not None

    @property
    def variable(self) -> str:
        """NEURON's name, for example ``gNaTgbar_NaTg``."""
        return self.name.split(".")[0]

    @property
    def region(self) -> str:
        """Region or ``distribution_x``; empty for a global."""
        return self.name.partition(".")[2]


class Stub(Strict):
    """Cylinders in the place of a reconstructed axon, each at the end of the one before it."""

    lengths: tuple[AxonSize, ...] = Field((30.0, 30.0), min_length=1, description="um")
    diameters: tuple[AxonSize, ...] | None = Field(
        None,
        min_length=1,
        description="um; None takes them from the file's axon, or 1",
    )
    at: float = Field(1.0, ge=0, le=1, description="where on the soma the first begins")

    @model_validator(mode="after")
    def _as_many(self) -> Stub:
        if self.diameters is not None and len(self.diameters) != len(self.lengths):
            raise ValueError(
                f"the stub of the axon must have as many diameters as lengths, got "
                f"{len(self.diameters)} and {len(self.lengths)}"
            )
        return self


class StubAxon(Strict):
    """A stub axon."""

    stub: Stub


Axon = Annotated[
    Annotated[Literal["taper"], Tag("taper")] | Annotated[StubAxon, Tag("stub")],
    Discriminator(lambda axon: "taper" if isinstance(axon, str) else "stub"),
]
"""What replaces the axon of a file."""


class Morphology(Strict):
    """Which reconstruction, and how it is cut."""

    file: str | None = Field(None, description="a bundled file; None asks for --morphology")
    axon: Axon | None = Field(None, description="what replaces the axon of the file; None keeps it")
    segment_length: float = Field(40.0, ge=0.1, description="um; nseg = 1 + 2 floor(L/it)")


class Alternative(Morphology):
    """Another bundled morphology of the same e-model, with a reference of its own."""

    file: str
    reference: dict[str, float] | None = None


class Feature(WithSettings):
    """A feature and its target, in the unit given."""

    name: Name
    mean: float = Field(ge=-1e150, le=1e150)
    std: float = Field(ge=1e-150, le=1e150)
    unit: str
    window: tuple[Time, Time] | None = Field(
        None, description="stimulus window of this feature alone, ms"
    )

    @model_validator(mode="after")
    def _window_rises(self) -> Feature:
        if self.window is not None and not self.window[0] < self.window[1]:
            raise ValueError(f"feature '{self.name}': its window must rise, got {self.window}")
        return self


class Efel(Strict):
    """eFEL settings of every feature: these three, and any other of eFEL's by its name."""

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)

    Threshold: Voltage = -20.0
    interp_step: float = Field(0.025, ge=0.001, le=10, description="ms")
    strict_stiminterval: bool = True

    @model_validator(mode="after")
    def _has_known_settings(self) -> Efel:
        for name, value in (self.model_extra or {}).items():
            check_setting(name, value)
        return self


class EModel(Strict):
    """A validated e-model definition.

    Order matters: parameters are set in file order, protocols run in file order, and
    `theta`, features and scores follow it.
    """

    json_schema: str | None = Field(
        None, alias="$schema", exclude=True, description="for editors; it changes nothing"
    )
    name: Name
    description: str
    sources: tuple[str, ...] = ()
    to_fill: tuple[str, ...] = Field(
        (),
        exclude=True,
        description="parameters, protocols and features that are still suggestions, by name; "
        "`ionfo check` lists them and nothing else depends on them",
    )
    morphology: Morphology
    alternatives: dict[str, Alternative] = Field(
        default={}, description="other bundled morphologies by the name that --morphology takes"
    )
    cvode_atol: float = Field(1e-3, gt=0)
    cvode_max_order: int = Field(
        5, ge=1, le=5, description="of CVODE's formulas; 3 takes fewer steps on large cells"
    )
    max_steps: int = Field(
        200_000, gt=0, le=10_000_000, description="integrator steps a sweep may take"
    )
    regions: dict[Name, tuple[str, ...]] = Field({}, max_length=MOST_NAMED)
    mechanisms: dict[Name, tuple[Name, ...]] = Field(max_length=MOST_NAMED)
    distributions: dict[Name, str] = Field({}, max_length=MOST_NAMED)
    parameters: tuple[Parameter, ...] = Field(max_length=MOST_NAMED)
    protocols: tuple[Protocol, ...] = Field(max_length=MOST_PROTOCOLS)
    features: tuple[Feature, ...] = Field(min_length=1, max_length=MOST_NAMED)
    efel: Efel = Efel()
    reference: dict[str, float] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> EModel:
        check_consistent(self)
        return self

    @cached_property
    def free_parameters(self) -> tuple[Parameter, ...]:
        """The parameters of `theta`, in order."""
        return tuple(parameter for parameter in self.parameters if parameter.is_free)

    @cached_property
    def free_names(self) -> tuple[str, ...]:
        """Names of `theta`, in order."""
        return tuple(parameter.name for parameter in self.free_parameters)

    @property
    def inserted(self) -> frozenset[str]:
        """Names of the mechanisms that are inserted somewhere."""
        return frozenset(suffix for suffixes in self.mechanisms.values() for suffix in suffixes)

    @property
    def global_names(self) -> tuple[str, ...]:
        """Parameters of mechanisms that have one value in the whole cell."""
        return tuple(p.name for p in self.parameters if not p.region and p.name not in OF_NEURON)

    @cached_property
    def fixed_values(self) -> dict[str, float]:
        """Name -> value of every fixed parameter."""
        return {p.name: p.value for p in self.parameters if p.value is not None}

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """Bounds of `theta`, shape (n_parameters, 2)."""
        return np.array([p.bounds for p in self.free_parameters], dtype=np.float64)

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the features, in order."""
        return tuple(feature.name for feature in self.features)

    @cached_property
    def targets(self) -> tuple[FeatureTarget, ...]:
        """The features as the feature extraction takes them."""
        own = {protocol.name: protocol.efel for protocol in self.protocols}

        def settings(feature: Feature) -> EfelSettings | None:
            of_protocol = own.get(feature.name.split(".")[0])
            changed = {**(of_protocol or {}), **(feature.efel or {})}
            return self.efel_settings.but(changed) if changed else None

        return tuple(
            FeatureTarget(f.name, f.mean, f.std, f.unit, f.window, settings(f))
            for f in self.features
        )

    @cached_property
    def efel_settings(self) -> EfelSettings:
        """The eFEL settings of all features that have none of their own."""
        return EfelSettings().but(self.efel.model_dump())

    def to_json(self) -> str:
        """Canonical JSON text of the definition."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))

    @property
    def content_hash(self) -> str:
        """SHA-256 of the canonical JSON text (hexadecimal)."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def list_emodels() -> list[str]:
    """Names of the bundled e-models, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def bundled_populations(name: str) -> list[Path]:
    """Files of the sampled populations that ship with an e-model: chain, draws, high cost."""
    files = [POPULATIONS / f"{name}{kind}.parquet" for kind in ("", "_draws", "_high")]
    return [file for file in files if file.exists()]


def load_emodel(name: str | Path) -> EModel:
    """Read a bundled e-model by name, or a definition by the path of its file.

    Parameters
    ----------
    name : str or Path
        For example ``l5pc``, or a path that ends in ``.json``, ``.yaml`` or ``.yml``.

    Raises
    ------
    IonfoError
        If there is no such e-model, or the definition breaks a rule.
    """
    name = str(name)
    if is_definition(name):
        path = Path(name)
    elif name in list_emodels():
        path = FOLDER / f"{name}.json"
    elif os.path.isfile(Path(name) / "run.json"):  # false also for a name no file can have
        raise IonfoError(
            f"'{name}' is a run folder, and an e-model is needed here; to go on with the run, give "
            f"its e-model: ionfo sample EMODEL --out {name}"
        )
    else:
        raise IonfoError(
            f"unknown e-model '{name}'{nearest(name, list_emodels())}; "
            f"known: {', '.join(list_emodels())}, or the path of a definition (.json or .yaml)"
        )
    text = read_definition_text(path)
    if not path.suffix == SUFFIXES[0]:
        text = json.dumps(parse_text(text, str(path))[0])
    return parse_emodel(with_file_currents(text, path.parent, str(path)), str(path))


def parse_emodel(text: str, origin: str) -> EModel:
    """Validate the JSON text of a definition; `origin` names it in errors."""
    try:
        json.loads(text, object_pairs_hook=unique_keys)
    except (json.JSONDecodeError, RecursionError):
        pass  # told better below
    except ValueError as error:
        raise IonfoError(f"e-model '{origin}' is not valid: {error}") from None
    try:
        return EModel.model_validate_json(text)
    except ValidationError as error:
        first, *others = error.errors()
        where = shortened(".".join(str(part) for part in first["loc"]), 200)
        what = shortened(first["msg"].removeprefix("Value error, "), 500)
        if others and is_definition(origin):
            what += f" ({len(others)} more faults are told by: ionfo check {origin})"
        raise IonfoError(
            f"e-model '{origin}' is not valid{f' at {where}' if where else ''}: {what}"
        ) from None
