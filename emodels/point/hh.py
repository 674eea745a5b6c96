"""The Hodgkin-Huxley cell `hh` of mouse cortical neurons (Bernaerts et al. 2025)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import IonfoError, nearest
from ...limits import check_given, check_number, check_seed, shortened

Array = NDArray[np.float64]

HH_BOUNDS: dict[str, tuple[float, float]] = {
    "C": (0.1, 15.0),
    "R_in": (20.0, 1000.0),
    "tau": (0.1, 70.0),
    "gNat": (0.0, 250.0),
    "gNa": (0.0, 100.0),
    "gKd": (0.0, 30.0),
    "gM": (0.0, 3.0),
    "gKv31": (0.0, 250.0),
    "gL": (0.0, 3.0),
    "El": (-130.0, -50.0),
    "tau_max": (50.0, 4000.0),
    "V_T": (-90.0, -35.0),
    "r_SS": (0.1, 3.0),
}
"""Parameters with the box that they are drawn from."""

HH_UNITS = dict(
    zip(HH_BOUNDS, ["uF/cm2", "MOhm", "ms", *["mS/cm2"] * 6, "mV", "ms", "mV", "1"], strict=True)
)
"""Units of the parameters."""

Q10 = 2.3
"""Of the rates of all gates but those of the calcium current."""

LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 5.0, 45.0
"""Between which the rates are scaled (degC)."""

LARGEST_STEP = 0.1
"""Of the integration (ms)."""

LARGEST_CURRENT, LARGEST_NOISE = 5e3, 1e3
"""Of the step, and SD (pA): with much more, rates overflow in a cell of 1000 MOhm."""

_MOST_SAMPLES = 10**8

_KELVIN = 273.15


@dataclass(frozen=True)
class Solutions:
    """Reversal potentials of recording solutions at the temperature of the recordings.

    Attributes
    ----------
    sodium, potassium, calcium : float
        mV.
    temperature : float
        At which they hold (degC); they grow with the absolute temperature.
    """

    sodium: float
    potassium: float
    calcium: float
    temperature: float

    def at(self, temperature: float) -> Array:
        """Reversal potentials at another temperature (mV), shape (3,)."""
        scale = (_KELVIN + temperature) / (_KELVIN + self.temperature)
        return np.array([self.sodium, self.potassium, self.calcium]) * scale

    def check(self) -> None:
        """Refuse solutions that nobody can mean.

        Raises
        ------
        IonfoError
            If a reversal or the temperature is out of bounds.
        """
        check_given(**vars(self))
        for name in ("sodium", "potassium", "calcium"):
            check_number(f"the reversal of {name} (mV)", getattr(self, name), -500, 500)
        low, high = LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE
        check_number("the temperature of the solutions (degC)", self.temperature, low, high)


M1 = Solutions(69.0, -98.4, 127.2, 25.0)
"""Mouse motor cortex (Scala et al. 2021)."""

V1 = Solutions(53.5, -101.3, 131.1, 34.0)
"""Mouse visual cortex (Gouwens et al. 2020)."""


@dataclass(frozen=True)
class StepProtocol:
    """A step of current between two rests.

    Attributes
    ----------
    stim_start, stim_end : float
        Beginning and end of the step (ms).
    duration : float
        Of the whole (ms).
    dt : float
        Step of the integration (ms).
    """

    stim_start: float = 100.0
    stim_end: float = 700.0
    duration: float = 800.0
    dt: float = 0.04

    @property
    def times(self) -> Array:
        """Times of the samples (ms), shape (n_times,)."""
        return np.arange(round(self.duration / self.dt), dtype=np.float64) * self.dt

    def check(self) -> None:
        """Refuse a protocol that cannot be run.

        Raises
        ------
        IonfoError
            If a time is out of bounds or the step lies outside the trace.
        """
        check_given(**vars(self))
        check_number("the step of the integration (ms)", self.dt, 0, LARGEST_STEP, is_above=True)
        check_number("the duration (ms)", self.duration, self.dt, 1e5)
        check_number("the samples of the trace", self.duration / self.dt, 1, _MOST_SAMPLES)
        check_number("the beginning of the step of current (ms)", self.stim_start, 0, self.duration)
        check_number("the end of the step of current (ms)", self.stim_end, 0, self.duration)
        if self.stim_start >= self.stim_end:
            raise IonfoError(
                "the step of current must begin before it ends, got "
                f"{self.stim_start:g} to {self.stim_end:g} ms"
            )


M1_PROTOCOL = StepProtocol()
"""600 ms of current after 100 ms of rest, and 100 ms more."""


def simulate_hh(
    theta: Mapping[str, float],
    temperature: float = 25.0,
    current: float = 300.0,
    noise_sd: float = 0.0,
    seed: int = 0,
    *,
    protocol: StepProtocol = M1_PROTOCOL,
    solutions: Solutions = M1,
) -> tuple[Array, Array]:
    """Simulate the voltage of the cell `hh` during a step of current.

    Parameters
    ----------
    theta : mapping
        The 13 parameters of `HH_BOUNDS` by name: capacitance (uF/cm2), input resistance (MOhm) and
        time constant (ms) of the membrane, conductance densities (mS/cm2), reversal of the leak
        (mV), time constant of the M current (ms), shift of Na and Kd (mV), and the divisor of
        their rates.
    temperature : float
        degC; 5 to 45.
    current : float
        Of the step (pA).
    noise_sd : float
        SD of the noise current, drawn anew at each step of the integration (pA).
    seed : int
        Of the noise.
    protocol : StepProtocol
        Times of the step and of the integration.
    solutions : Solutions
        Reversal potentials.

    Returns
    -------
    t : ndarray, shape (n_times,)
        ms, from 0.
    v : ndarray, shape (n_times,)
        mV.

    Raises
    ------
    IonfoError
        If a parameter is missing, unknown or outside its box, or a setting is out of bounds.

    References
    ----------
    Bernaerts et al. (2025), Patterns 6:101323.
    """
    row = hh_row(theta)
    check_seed(seed, "seed")
    drawn = np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, 0))))
    run = HHRun(temperature, current, noise_sd, protocol, solutions)
    return protocol.times, run.voltage(row, drawn)


@dataclass(frozen=True)
class HHRun:
    """Settings of simulations that differ in their parameters and noise alone.

    Attributes are those of `simulate_hh`.

    Raises
    ------
    IonfoError
        If one is out of bounds.
    """

    temperature: float = 25.0
    current: float = 300.0
    noise_sd: float = 0.0
    protocol: StepProtocol = M1_PROTOCOL
    solutions: Solutions = M1

    def __post_init__(self) -> None:
        check_given(**vars(self))
        low, high = LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE
        check_number("the temperature (degC)", self.temperature, low, high)
        check_number("the current (pA)", self.current, -LARGEST_CURRENT, LARGEST_CURRENT)
        check_number("the SD of the noise current (pA)", self.noise_sd, 0, LARGEST_NOISE)
        self.protocol.check()
        self.solutions.check()

    def voltage(self, row: Array, generator: np.random.Generator, by_table: bool = False) -> Array:
        """Simulate one row of parameters.

        Parameters
        ----------
        row : ndarray, shape (13,)
            As `hh_rows` checks them.
        generator : Generator
            Of the noise.
        by_table : bool
            Whether rates come from tables of 0.2 mV, which is four times as fast; most features
            then change by less than 0.001 of their SD over the box.

        Returns
        -------
        ndarray, shape (n_times,)
            mV.
        """
        from .hh_kernel import integrate_by_table, integrate_hh

        times = self.protocol.times
        begin, end = self.protocol.stim_start, self.protocol.stim_end
        current = np.zeros(len(times))
        first, last = np.searchsorted(times, [begin - 1e-9, end - 1e-9])
        current[first:last] = self.current
        if self.noise_sd > 0:
            current += self.noise_sd * generator.standard_normal(len(times))
        area = 1e-3 * row[2] / (row[0] * row[1])  # cm2, such that R_in is 1/(leak density x area)
        factors = Q10 ** ((self.temperature - np.array([21.0, 36.0])) / 10.0)
        voltage = np.empty(len(times))
        integrate = integrate_by_table if by_table else integrate_hh
        integrate(
            row,
            self.solutions.at(self.temperature),
            factors,
            current * (1e-6 / area),
            self.protocol.dt,
            voltage,
        )
        return voltage


def hh_row(theta: Mapping[str, float]) -> Array:
    """Give parameters by name as a row, shape (13,).

    Raises
    ------
    IonfoError
        If a parameter is missing, unknown or outside its box.
    """
    if not isinstance(theta, Mapping):
        raise IonfoError(
            f"the parameters of 'hh' must be given by their names, {', '.join(HH_BOUNDS)}, got "
            f"{shortened(theta)}"
        )
    for name in theta:
        if name not in HH_BOUNDS:
            raise IonfoError(
                f"'hh' has no parameter '{shortened(name)}'{nearest(str(name), HH_BOUNDS)}"
            )
    missing = [name for name in HH_BOUNDS if name not in theta]
    if missing:
        raise IonfoError(f"'hh' needs the parameter '{missing[0]}', which was not given")
    row: Array = hh_rows([[_number(name, theta[name]) for name in HH_BOUNDS]])[0]
    return row


def hh_rows(theta: ArrayLike) -> Array:
    """Check rows of parameters, shape (n, 13), in the order of `HH_BOUNDS`.

    Raises
    ------
    IonfoError
        If the shape is wrong or a parameter lies outside its box.
    """
    try:
        rows = np.atleast_2d(np.asarray(theta, dtype=np.float64))
    except (TypeError, ValueError):
        raise IonfoError("parameters of 'hh' must be rows of numbers of one length") from None
    if rows.ndim != 2 or rows.shape[1] != len(HH_BOUNDS):
        raise IonfoError(
            f"parameters of 'hh' must have the shape (n, {len(HH_BOUNDS)}), in the order "
            f"{', '.join(HH_BOUNDS)}, got {rows.shape}"
        )
    low, high = np.array(list(HH_BOUNDS.values())).T
    wrong = ~((rows >= low) & (rows <= high))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        name = list(HH_BOUNDS)[column]
        least, most = HH_BOUNDS[name]
        raise IonfoError(
            f"parameter '{name}' must be from {least:g} to {most:g} {HH_UNITS[name]}, got "
            f"{rows[row, column]:g}"
        )
    found: Array = np.ascontiguousarray(rows)
    return found


def _number(name: str, value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise IonfoError(f"parameter '{name}' must be a number, got '{shortened(value)}'") from None
