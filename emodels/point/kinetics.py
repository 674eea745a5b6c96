"""Gates of a point model as functions of the voltage, with exact derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..distributions import Formula
from .definition import Gate, Hill, PointModel

Array = NDArray[np.float64]

_STEP = 1e-30  # of the complex step: no difference is taken, so that it can be tiny


def evaluate(formula: Formula, voltage: ArrayLike) -> Array:
    """Evaluate a formula of v, in the shape of the voltage."""
    v = np.asarray(voltage, dtype=np.float64)
    with np.errstate(all="ignore"):
        return np.zeros_like(v) + formula({"v": v})


def steady_state(gate: Gate, voltage: ArrayLike) -> Array:
    """Steady state of a gate, without its factor of calcium.

    Parameters
    ----------
    gate : Gate
        Of a model.
    voltage : array_like
        mV.

    Returns
    -------
    ndarray
        From 0 to 1, in the shape of the voltage.
    """
    return np.real(_steady_state(gate, np.asarray(voltage, dtype=np.float64)))


def steady_state_slope(gate: Gate, voltage: ArrayLike) -> Array:
    """Give the derivative of the steady state by the voltage (1/mV), exact to rounding.

    The steady state is an analytic function, so that its imaginary part at v + ih is h times
    its derivative, without the loss of digits of a difference (the complex step).
    """
    v = np.asarray(voltage, dtype=np.float64)
    return np.imag(_steady_state(gate, v + _STEP * 1j)) / _STEP


def time_constant(gate: Gate, voltage: ArrayLike) -> Array:
    """Time constant of a gate (ms); NaN for a gate of three states, which has two."""
    if gate.three_states is not None:
        return np.full(np.shape(voltage), np.nan)
    return evaluate(gate.formulas["time_constant"], voltage)


def _steady_state(gate: Gate, v: NDArray[np.generic]) -> NDArray[np.generic]:
    values = {"v": v}
    formulas = gate.formulas
    with np.errstate(all="ignore"):
        if gate.three_states is None:
            return np.zeros_like(v) + formulas["steady_state"](values)  # type: ignore[arg-type]
        opening, closing, inactivation, recovery = (
            formulas[name](values)  # type: ignore[arg-type]
            for name in ("opening", "closing", "inactivation", "recovery")
        )
        flow = opening * (inactivation + recovery)
        return np.zeros_like(v) + opening * recovery / (flow + closing * recovery)


def hill(factor: Hill, calcium: ArrayLike) -> tuple[Array, Array]:
    """Give the factor of calcium on a steady state, and its derivative (1/uM)."""
    ca = np.asarray(calcium, dtype=np.float64)
    n, half = factor.power, factor.half_activation**factor.power
    total = ca**n + half
    return ca**n / total, n * ca ** (n - 1) * half / total**2


@dataclass(frozen=True)
class GateValues:
    """A gate at voltages.

    Attributes
    ----------
    gate : Gate
        Its definition.
    steady_state, slope : ndarray
        Steady state (without calcium) and its derivative (1/mV), in the shape of the voltages.
    shares : ndarray
        Parts of its feedback that are fast, slow and ultraslow, shape (..., 3); they sum to 1.
    """

    gate: Gate
    steady_state: Array
    slope: Array
    shares: Array


def gate_values(model: PointModel, voltage: ArrayLike) -> dict[str, GateValues]:
    """Give every gate of a model at voltages (mV), by ``channel.gate``."""
    v = np.asarray(voltage, dtype=np.float64)
    scales = reference_time_constants(model, v)
    return {
        name: GateValues(
            gate, steady_state(gate, v), steady_state_slope(gate, v), _shares_of(gate, v, scales)
        )
        for name, gate in model.gates.items()
    }


def reference_time_constants(model: PointModel, voltage: ArrayLike) -> tuple[Array, Array, Array]:
    """Give the fast, slow and ultraslow time constants of a model at voltages (ms)."""
    v = np.asarray(voltage, dtype=np.float64)
    names = model.time_scales

    def of(name: str) -> Array:
        gate = model.gates.get(name)
        return np.full_like(v, float(name)) if gate is None else time_constant(gate, v)

    return of(names.fast), of(names.slow), of(names.ultraslow)


def shares(tau: ArrayLike, scales: tuple[Array, Array, Array]) -> Array:
    """Split a feedback of time constant tau among the three time scales.

    The logarithm of tau is placed between those of the reference time constants.

    Parameters
    ----------
    tau : array_like
        ms; of the shape of the reference time constants, or a number.
    scales : tuple of ndarray
        Fast, slow and ultraslow time constants (ms).

    Returns
    -------
    ndarray, shape (..., 3)
        Fast, slow and ultraslow parts, which sum to 1.
    """
    fast, slow, ultraslow = scales
    above_slow = _weight(tau, fast, slow)
    above_ultraslow = _weight(tau, slow, ultraslow)
    return np.stack([above_slow, above_ultraslow - above_slow, 1 - above_ultraslow], axis=-1)


def _weight(tau: ArrayLike, low: Array, high: Array) -> Array:
    """Fall from 1 at the lower reference to 0 at the higher, by the logarithm."""
    tau = np.asarray(tau, dtype=np.float64)
    with np.errstate(all="ignore"):
        between = (np.log(high) - np.log(tau)) / (np.log(high) - np.log(low))
    return np.where(tau <= low, 1.0, np.where(tau <= high, between, 0.0))


def _shares_of(gate: Gate, v: Array, scales: tuple[Array, Array, Array]) -> Array:
    if gate.timescale is None:
        return shares(time_constant(gate, v), scales)
    place = ("fast", "slow", "ultraslow").index(gate.timescale)
    return np.broadcast_to(np.eye(3)[place], (*v.shape, 3))
