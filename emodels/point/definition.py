"""The definition of a point model: one JSON file, validated."""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError, model_validator

from ...errors import IonfoError, nearest, why_unread
from ...limits import read_text, shortened
from ..bounded import Name, Strict, Voltage
from ..distributions import Formula

FOLDER = Path(__file__).resolve().parent
LEAK = "leak"
MOST_CHANNELS = 100

Positive = Annotated[float, Field(gt=0, le=1e9)]
Range = tuple[float, float]


class Calcium(Strict):
    """The submembrane calcium concentration (uM).

    ``time_constant dCa/dt = -alpha (currents of the channels) - Ca + beta``.
    """

    channels: tuple[Name, ...] = Field(min_length=1, description="channels that carry calcium")
    time_constant: Positive = Field(description="ms")
    alpha: Positive = Field(description="uM cm2/uA")
    beta: float = Field(ge=0, le=1e6, description="concentration without currents, uM")
    initial: float = Field(ge=0, le=1e6, description="uM")


class Hill(Strict):
    """A factor ``Ca^power/(Ca^power + half_activation^power)`` on a steady state."""

    half_activation: Positive = Field(description="uM")
    power: int = Field(1, ge=1, le=10)


class ThreeStates(Strict):
    """A gate that is closed, open or inactivated; rates are formulas of v (1/ms)."""

    opening: str
    closing: str
    inactivation: str
    recovery: str
    initial_open: str = Field(description="formula of v")
    initial_inactivated: str = Field(description="formula of v")


class Gate(Strict):
    """A gate: a steady state (0 to 1) and a time constant (ms), formulas of the voltage v (mV)."""

    power: int = Field(1, ge=1, le=10)
    steady_state: str | None = None
    time_constant: str | None = Field(None, description="ms; 0 for a gate without delay")
    three_states: ThreeStates | None = None
    calcium: Hill | None = None
    timescale: Literal["fast", "slow", "ultraslow"] | None = Field(
        None, description="of its feedback; by default its time constant says it"
    )

    @model_validator(mode="after")
    def _has_kinetics(self) -> Gate:
        two = self.steady_state is not None and self.time_constant is not None
        if self.three_states is None and not two:
            raise ValueError("a gate needs steady_state and time_constant, or three_states")
        if self.three_states is not None:
            if self.steady_state is not None or self.time_constant is not None or self.calcium:
                raise ValueError("a gate of three_states has no other kinetics")
            if self.timescale is None:
                raise ValueError("a gate of three_states needs a timescale")
        for formula in self.formulas.values():
            if unknown := formula.names - {"v"}:
                raise ValueError(f"formulas of a gate know v alone, got '{sorted(unknown)[0]}'")
        return self

    @cached_property
    def formulas(self) -> dict[str, Formula]:
        """Parsed formulas by their names."""
        given = (
            self.three_states.model_dump()
            if self.three_states is not None
            else {"steady_state": self.steady_state, "time_constant": self.time_constant}
        )
        try:
            return {name: Formula(text, name) for name, text in given.items() if text is not None}
        except IonfoError as error:
            raise ValueError(str(error)) from None


class Channel(Strict):
    """A channel: its reversal potential and its gates."""

    reversal: Voltage
    gates: dict[Name, Gate] = Field({}, max_length=10)


class TimeScales(Strict):
    """Reference time constants: of a gate (``Na.m``) or a number (ms)."""

    fast: str
    slow: str
    ultraslow: str


class Pair(Strict):
    """The channels to compensate where a condition on g_s and g_u holds."""

    when: str
    channels: tuple[Name, Name]


class Start(Strict):
    """How the first population is drawn."""

    target: tuple[float, float, float] = Field(description="g_f, g_s and g_u")
    compensated: tuple[Name, Name, Name]
    uniform: dict[Name, Range] = Field(description="of the other channels, mS/cm2")


class Plane(Strict):
    """Targets that the model is made for."""

    g_s: Range
    g_u: Range


class PopulationRules(Strict):
    """How populations of given dynamic input conductances are made."""

    threshold_voltage: Voltage
    start: Start
    pairs: tuple[Pair, ...] = Field(min_length=1)
    first_guess: dict[Name, str] = Field({}, description="of calcium conductances: g_s, g_u")
    plane: Plane
    few_below_g_u: float | None = Field(None, description="few cells reach targets below it")

    @model_validator(mode="after")
    def _reads(self) -> PopulationRules:
        for text in [*(f"int({pair.when})" for pair in self.pairs), *self.first_guess.values()]:
            try:
                names = Formula(text, "rule").names
            except IonfoError as error:
                raise ValueError(str(error)) from None
            if unknown := names - {"g_s", "g_u"}:
                raise ValueError(f"rules know g_s and g_u, got '{sorted(unknown)[0]}'")
        return self


class PointModel(Strict):
    """A cell of one compartment of 1 uF/cm2, for dynamic input conductances.

    Voltages are in mV, times in ms, conductances in mS/cm2, currents in uA/cm2.
    """

    name: Name
    description: str = ""
    sources: tuple[str, ...] = ()
    initial_voltage: Voltage
    channels: dict[Name, Channel] = Field(min_length=2, max_length=MOST_CHANNELS)
    calcium: Calcium | None = None
    time_scales: TimeScales
    population: PopulationRules | None = None

    @model_validator(mode="after")
    def _consistent(self) -> PointModel:
        if LEAK not in self.channels or self.channels[LEAK].gates:
            raise ValueError(f"channels must hold '{LEAK}', which has no gates")
        self._check_known(self.calcium.channels if self.calcium else ())
        gates = self.gates
        for name in (self.time_scales.fast, self.time_scales.slow, self.time_scales.ultraslow):
            if name not in gates and not _is_positive(name):
                raise ValueError(f"time scale '{name}' is neither a gate nor a time in ms")
            if name in gates and gates[name].three_states is not None:
                raise ValueError(f"time scale '{name}' is a gate without one time constant")
        if self.calcium is None and any(gate.calcium for gate in gates.values()):
            raise ValueError("a gate depends on calcium, and the model has none")
        if self.population is not None:
            start = self.population.start
            self._check_known((*start.compensated, *start.uniform, *self.population.first_guess))
            for pair in self.population.pairs:
                self._check_known(pair.channels)
            if LEAK in start.compensated:
                raise ValueError("the leak cannot be compensated")
            if sorted((*start.compensated, *start.uniform)) != sorted(self.channels):
                raise ValueError("every channel must be either drawn or compensated at the start")
            if any(not 0 <= a <= b for a, b in start.uniform.values()):
                raise ValueError("bounds of drawn conductances must rise from 0 or more")
            if not 0 < sum(start.uniform[LEAK]):
                raise ValueError("the leak must be above 0")
        return self

    def _check_known(self, names: tuple[str, ...]) -> None:
        for name in names:
            if name not in self.channels:
                raise ValueError(f"unknown channel '{name}'{nearest(name, self.channels)}")

    @cached_property
    def conductance_names(self) -> tuple[str, ...]:
        """Names of the channels, in the order of a row of conductances."""
        return tuple(self.channels)

    @property
    def emodel_names(self) -> tuple[str, ...]:
        """Names of the conductances in the e-model of the same name, which NEURON runs."""
        return tuple(
            "gbar_point_leak.somatic" if name == LEAK else f"gbar_{self.name}_{name}.somatic"
            for name in self.conductance_names
        )

    @cached_property
    def gates(self) -> dict[str, Gate]:
        """Gates of all channels by ``channel.gate``, in order."""
        return {
            f"{name}.{of}": gate
            for name, channel in self.channels.items()
            for of, gate in channel.gates.items()
        }

    @property
    def leak(self) -> int:
        """Place of the leak in a row of conductances."""
        return self.conductance_names.index(LEAK)

    def places(self, names: tuple[str, ...]) -> NDArray[np.intp]:
        """Places of channels in a row of conductances.

        Raises
        ------
        IonfoError
            If a channel is not of the model.
        """
        known = self.conductance_names
        for name in names:
            if name not in known:
                raise IonfoError(
                    f"model '{self.name}' has no channel '{shortened(name)}'{nearest(name, known)}"
                    f"; it has {', '.join(known)}"
                )
        return np.array([known.index(name) for name in names], dtype=np.intp)

    def rules(self) -> PopulationRules:
        """Rules for populations.

        Raises
        ------
        IonfoError
            If the definition has none.
        """
        if self.population is None:
            raise IonfoError(
                f"model '{self.name}' has no section 'population', which says how to draw its "
                "conductances; add one as in stg.json"
            )
        return self.population


def _is_positive(text: str) -> bool:
    try:
        return 0 < float(text) < np.inf
    except ValueError:
        return False


def list_point_models() -> list[str]:
    """Names of the bundled point models, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load_point_model(name_or_path: str | Path) -> PointModel:
    """Read a bundled point model by name, or a definition by the path of its file.

    Parameters
    ----------
    name_or_path : str or Path
        ``stg``, ``da``, or a path that ends in ``.json``.

    Returns
    -------
    PointModel
        Validated.

    Raises
    ------
    IonfoError
        If there is no such model, or the definition breaks a rule.

    Examples
    --------
    >>> load_point_model("stg").conductance_names
    ('Na', 'Kd', 'CaT', 'CaS', 'KCa', 'A', 'H', 'leak')
    """
    name = str(name_or_path)
    if name.lower().endswith(".json"):
        return _read(Path(name))
    if name in list_point_models():
        return _bundled(name)
    raise IonfoError(
        f"unknown point model '{shortened(name)}'{nearest(name, list_point_models())}; known: "
        f"{', '.join(list_point_models())}, or the path of a definition (.json)"
    )


@cache
def _bundled(name: str) -> PointModel:
    return _read(FOLDER / f"{name}.json")


def _read(path: Path) -> PointModel:
    try:
        text = read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise IonfoError(f"point model '{path}' cannot be read: {why_unread(error)}") from None
    return model_of_text(text, f"point model '{path}'")


def model_of_text(text: str, name: str) -> PointModel:
    """Read a definition; errors call it by its name.

    Raises
    ------
    IonfoError
        If it breaks a rule.
    """
    try:
        return PointModel.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = shortened(".".join(str(part) for part in first["loc"]), 200)
        what = shortened(first["msg"].removeprefix("Value error, "), 500)
        raise IonfoError(f"{name} is not valid{f' at {where}' if where else ''}: {what}") from None
