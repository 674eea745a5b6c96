"""The e-model definition: one JSON file, validated, with a content hash."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from ..errors import IonfoError, nearest, why_unread
from ..features import EfelSettings, FeatureTarget, is_known_feature
from ..limits import check_names, read_text, shortened, unique_keys
from .distributions import Formula

FOLDER = Path(__file__).resolve().parent
POPULATIONS = FOLDER / "populations"
BASE_REGIONS = ("all", "somatic", "basal", "apical", "axonal", "myelinated")
DISTRIBUTION_PREFIX = "distribution_"
NEEDS = {
    "rin": ("holding_search",),
    "threshold_search": ("holding_search", "rin", "rmp"),
    "step": ("holding_search", "threshold_search"),
}
"""Kind of protocol -> kinds that must have run before it."""

LONGEST_SWEEP = 100_000.0
"""Of a protocol (ms); all protocols together may last ten times as long."""

MOST_PERCENT = 100_000.0
"""Of the threshold current, in either direction."""

_MOST_CURRENT = 1_000.0  # nA
_MOST_VOLTAGE = 1_000.0  # mV
_MOST_SAMPLES = 10_000_000  # of a sweep, as eFEL interpolates it
_MOST_NAMED = 10_000  # parameters, features, regions and so on
_MOST_PROTOCOLS = 1_000
_DEEPEST_SEARCH = 60  # halvings; a number has no more bits to find


def _named(name: str) -> str:
    if not name.strip():
        raise ValueError("a name must not be empty")
    check_names([name], "what is defined")
    return name


Name = Annotated[str, AfterValidator(_named)]
Time = Annotated[float, Field(ge=0, le=LONGEST_SWEEP, description="ms")]
Duration = Annotated[float, Field(gt=0, le=LONGEST_SWEEP, description="ms")]
Current = Annotated[float, Field(ge=-_MOST_CURRENT, le=_MOST_CURRENT, description="nA")]
Voltage = Annotated[float, Field(ge=-_MOST_VOLTAGE, le=_MOST_VOLTAGE, description="mV")]
Depth = Annotated[int, Field(ge=0, le=_DEEPEST_SEARCH)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Parameter(_Strict):
    """One parameter: fixed when it has a value, free when it has bounds.

    The name is ``variable.region``, as published; ``variable.distribution_x`` is a constant
    of the distribution x; ``celsius`` and ``v_init`` have no region.
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
        if "." not in self.name and self.name not in ("celsius", "v_init"):
            raise ValueError(f"parameter '{self.name}' must be called variable.region")
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


class Location(_Strict):
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


class Recording(_Strict):
    """A recorded variable; its name ends in the variable, for example ``dend1.v``."""

    name: Name
    location: Location = Location(kind="section")

    @property
    def variable(self) -> str:
        """NEURON's range variable: v (mV) or cai (mM)."""
        return self.name.rpartition(".")[2]


SOMA = Recording(name="soma.v")


class _Protocol(_Strict):
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


class Morphology(_Strict):
    """Which reconstruction, and how it is cut."""

    file: str | None = Field(None, description="a bundled file; None asks for --morphology")
    axon: Literal["taper"] | None = None
    segment_length: float = Field(40.0, ge=0.1, description="um; nseg = 1 + 2 floor(L/it)")


class Alternative(Morphology):
    """Another bundled morphology of the same e-model, with a reference of its own."""

    file: str
    reference: dict[str, float] | None = None


class Feature(_Strict):
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


class Efel(_Strict):
    """eFEL settings of every feature."""

    Threshold: Voltage = -20.0
    interp_step: float = Field(0.025, ge=0.001, le=10, description="ms")
    strict_stiminterval: bool = True


class EModel(_Strict):
    """A validated e-model definition.

    Order matters: parameters are set in file order, protocols run in file order, and
    `theta`, features and scores follow it.
    """

    name: Name
    description: str
    sources: tuple[str, ...] = ()
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
    regions: dict[Name, tuple[str, ...]] = Field({}, max_length=_MOST_NAMED)
    mechanisms: dict[Name, tuple[Name, ...]] = Field(max_length=_MOST_NAMED)
    distributions: dict[Name, str] = Field({}, max_length=_MOST_NAMED)
    parameters: tuple[Parameter, ...] = Field(max_length=_MOST_NAMED)
    protocols: tuple[Protocol, ...] = Field(max_length=_MOST_PROTOCOLS)
    features: tuple[Feature, ...] = Field(min_length=1, max_length=_MOST_NAMED)
    efel: Efel = Efel()
    reference: dict[str, float] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> EModel:
        known = {*BASE_REGIONS, *self.regions}
        for region, parts in self.regions.items():
            for part in parts:
                if part not in BASE_REGIONS:
                    raise ValueError(f"region '{region}' is made of unknown region '{part}'")
        for region in self.mechanisms:
            if region not in known:
                raise ValueError(f"mechanisms name unknown region '{region}'")
        names = [parameter.name for parameter in self.parameters]
        if not any(parameter.is_free for parameter in self.parameters):
            raise ValueError("no parameter is free; give at least one of them bounds")
        for protocol in self.protocols:
            if "soma.v" not in [recording.name for recording in protocol.recordings]:
                raise ValueError(f"protocol '{protocol.name}' must record soma.v")
            for recording in protocol.recordings:
                if recording.location.region not in known:
                    raise ValueError(
                        f"recording '{recording.name}' names unknown region "
                        f"'{recording.location.region}'{nearest(recording.location.region, known)}"
                    )
        protocols = [protocol.name for protocol in self.protocols]
        for what, many in (
            ("parameter", names),
            ("protocol", protocols),
            ("feature", [feature.name for feature in self.features]),
        ):
            if twice := [name for name, n in Counter(many).items() if n > 1]:
                raise ValueError(f"{what} '{twice[0]}' stands twice")
        self._check_durations()
        for parameter in self.parameters:
            region = parameter.region
            if region.startswith(DISTRIBUTION_PREFIX):
                if region.removeprefix(DISTRIBUTION_PREFIX) not in self.distributions:
                    raise ValueError(f"parameter '{parameter.name}' names an unknown distribution")
            elif region and region not in known:
                raise ValueError(
                    f"parameter '{parameter.name}' names unknown region '{region}'"
                    + nearest(region, known)
                )
            if parameter.distribution not in {"uniform", *self.distributions}:
                raise ValueError(
                    f"parameter '{parameter.name}' has unknown distribution "
                    f"'{parameter.distribution}'"
                )
        for key, text in self.distributions.items():
            needed = Formula(text).names - {"distance"}
            given = {
                parameter.variable
                for parameter in self.parameters
                if parameter.region == DISTRIBUTION_PREFIX + key
            }
            if missing := needed - given:
                raise ValueError(f"distribution '{key}' uses unknown name '{min(missing)}'")
        if not {"celsius", "v_init"} <= set(names):
            raise ValueError("parameters must hold celsius and v_init")
        self._check_protocol_order()
        for feature in self.features:
            if feature.name.count(".") < 2 or feature.name.split(".")[0] not in protocols:
                raise ValueError(
                    f"feature '{feature.name}' must be called protocol.recording.feature with "
                    "a protocol of this e-model"
                )
        for target in self.targets:
            if not is_known_feature(target.efel_name):
                raise ValueError(f"feature '{target.name}': eFEL knows no '{target.efel_name}'")
        for reference in (self.reference, *(one.reference for one in self.alternatives.values())):
            if reference is None:
                continue
            for name in reference:
                if name not in names:
                    raise ValueError(f"reference sets unknown parameter '{name}'")
            for parameter in self.parameters:
                if parameter.is_free and parameter.name not in reference:
                    raise ValueError(f"reference leaves out free parameter '{parameter.name}'")
        return self

    def _check_durations(self) -> None:
        lengths = {one.name: float(getattr(one, "total", one.duration)) for one in self.protocols}
        if sum(lengths.values()) > 10 * LONGEST_SWEEP:
            raise ValueError(
                f"the protocols last {sum(lengths.values()):g} ms together, and "
                f"{10 * LONGEST_SWEEP:g} are the most"
            )
        for name, length in lengths.items():
            if length / self.efel.interp_step > _MOST_SAMPLES:
                raise ValueError(
                    f"protocol '{name}' has {length / self.efel.interp_step:.0f} steps of "
                    f"efel.interp_step, and {_MOST_SAMPLES} are the most"
                )

    def _check_protocol_order(self) -> None:
        seen: list[str] = []
        for protocol in self.protocols:
            for needed in NEEDS.get(protocol.kind, ()):
                if needed not in seen:
                    raise ValueError(
                        f"protocol '{protocol.name}' ({protocol.kind}) needs a {needed} before it"
                    )
            seen.append(protocol.kind)

    @cached_property
    def free_parameters(self) -> tuple[Parameter, ...]:
        """The parameters of `theta`, in order."""
        return tuple(parameter for parameter in self.parameters if parameter.is_free)

    @cached_property
    def free_names(self) -> tuple[str, ...]:
        """Names of `theta`, in order."""
        return tuple(parameter.name for parameter in self.free_parameters)

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
        return tuple(FeatureTarget(f.name, f.mean, f.std, f.unit, f.window) for f in self.features)

    @cached_property
    def efel_settings(self) -> EfelSettings:
        """The eFEL settings as the feature extraction takes them."""
        return EfelSettings(**self.efel.model_dump())

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
    """Files of the sampled populations that ship with an e-model, those of high cost last."""
    files = [POPULATIONS / f"{name}{kind}.parquet" for kind in ("", "_high")]
    return [file for file in files if file.exists()]


def load_emodel(name: str) -> EModel:
    """Read a bundled e-model by name, or a definition by the path of its JSON file.

    Parameters
    ----------
    name : str
        For example ``l5pc``, or a path that ends in ``.json``.

    Raises
    ------
    IonfoError
        If there is no such e-model, or the definition breaks a rule.
    """
    if name.endswith(".json"):
        path = Path(name)
    elif name in list_emodels():
        path = FOLDER / f"{name}.json"
    else:
        raise IonfoError(
            f"unknown e-model '{name}'{nearest(name, list_emodels())}; "
            f"known: {', '.join(list_emodels())}, or the path of a definition (.json)"
        )
    try:
        text = read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise IonfoError(f"e-model file '{path}' cannot be read: {why_unread(error)}") from None
    if not text.strip():
        raise IonfoError(f"e-model file '{path}' cannot be read: it is empty")
    return parse_emodel(text, str(path))


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
        first = error.errors()[0]
        where = shortened(".".join(str(part) for part in first["loc"]), 200)
        what = shortened(first["msg"].removeprefix("Value error, "), 500)
        raise IonfoError(
            f"e-model '{origin}' is not valid{f' at {where}' if where else ''}: {what}"
        ) from None
