"""Dynamic input conductances of a point model, and its threshold voltage."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import IonfoError
from ...limits import shortened
from .definition import PointModel
from .kinetics import GateValues, gate_values, hill, reference_time_constants, shares

Array = NDArray[np.float64]

LOWEST, HIGHEST, STEP = -80.0, 80.0, 0.1
"""Where the threshold is looked for, and in which steps (mV)."""

_HALVINGS = 40  # of a step of the scan: to rounding
_ROWS = 256  # scanned at once, for memory


def check_conductances(model: PointModel, conductances: ArrayLike) -> Array:
    """Give conductances as rows of a model.

    Parameters
    ----------
    model : PointModel
        Says how many there are and in which order.
    conductances : array_like, shape (n, n_channels) or (n_channels,)
        mS/cm2.

    Returns
    -------
    ndarray, shape (n, n_channels)
        A copy only where one is needed.

    Raises
    ------
    IonfoError
        If the shape is wrong, one is negative or no number, or a leak is 0.
    """
    if not isinstance(model, PointModel):
        raise IonfoError(
            f"the model must be a PointModel, as load_point_model gives it, got {shortened(model)}"
        )
    names = model.conductance_names
    try:
        rows = np.atleast_2d(np.asarray(conductances, dtype=np.float64))
    except (TypeError, ValueError):
        raise IonfoError(
            f"conductances of '{model.name}' must be numbers in mS/cm2, got "
            f"{shortened(conductances)}"
        ) from None
    if rows.ndim != 2 or rows.shape[1] != len(names):
        raise IonfoError(
            f"conductances of '{model.name}' must have the shape (n, {len(names)}), in the order "
            f"{', '.join(names)}, got {np.shape(conductances)}"
        )
    wrong = ~(np.isfinite(rows) & (rows >= 0))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise IonfoError(
            f"conductances must be 0 or more, got {rows[row, column]:g} for {names[column]} in row "
            f"{row}"
        )
    if (rows[:, model.leak] == 0).any():
        raise IonfoError(
            "the leak conductance must be above 0: dynamic input conductances are told in its unit"
        )
    return rows


@dataclass(frozen=True)
class CalciumState:
    """Steady calcium: its concentration (uM) and the derivative by the voltage (uM/mV)."""

    level: Array
    slope: Array


@dataclass(frozen=True)
class Sensitivity:
    """What a unit of each conductance adds to the feedback at voltages.

    Attributes
    ----------
    model : PointModel
        The cell.
    voltage : ndarray
        mV, of any shape; those of conductances are broadcast against it.
    """

    model: PointModel
    voltage: Array
    gates: dict[str, GateValues] = field(repr=False)
    fixed: dict[str, Array] = field(repr=False)

    def calcium(self, conductances: Array) -> CalciumState | None:
        """Steady calcium that rows of conductances, shape (..., n_channels), give."""
        model = self.model
        if model.calcium is None:
            return None
        current = slope = np.zeros(np.broadcast_shapes(conductances.shape[:-1], self.voltage.shape))
        for place in model.places(model.calcium.channels):
            name = model.conductance_names[place]
            driving = self.voltage - model.channels[name].reversal
            is_open, by_voltage = self._open(name, None)
            g = conductances[..., place]
            current = current + g * is_open * driving
            slope = slope + g * (by_voltage.sum(axis=-1) * driving + is_open)
        return CalciumState(
            model.calcium.beta - model.calcium.alpha * current, -model.calcium.alpha * slope
        )

    def columns(self, calcium: CalciumState | None) -> list[Array]:
        """Give the feedback (fast, slow, ultraslow) of each channel per mS/cm2.

        Parameters
        ----------
        calcium : CalciumState, optional
            Of the rows; channels without calcium do not depend on it.

        Returns
        -------
        list of ndarray
            One a channel, shape (..., 3).
        """
        return [
            self.fixed[name] if name in self.fixed else self._column(name, calcium)
            for name in self.model.conductance_names
        ]

    def _column(self, name: str, calcium: CalciumState | None) -> Array:
        driving = np.asarray(self.voltage - self.model.channels[name].reversal)
        is_open, change = self._open(name, calcium)
        feedback = change * driving[..., np.newaxis]
        feedback[..., 0] += is_open  # Ohm's law is at once
        return feedback

    def _open(self, name: str, calcium: CalciumState | None) -> tuple[Array, Array]:
        """Open fraction of a channel, and its derivative by voltage split by time scales."""
        channel = self.model.channels[name]
        values, slopes = [], []
        for of, gate in channel.gates.items():
            at = self.gates[f"{name}.{of}"]
            x, by_voltage = at.steady_state, at.slope
            if gate.calcium is None or calcium is None:
                slopes.append(by_voltage[..., np.newaxis] * at.shares)
            else:
                factor, by_calcium = hill(gate.calcium, calcium.level)
                delay = self._calcium_shares
                by_way_of_calcium = (x * by_calcium * calcium.slope)[..., np.newaxis] * delay
                slopes.append(
                    (factor * by_voltage)[..., np.newaxis] * at.shares + by_way_of_calcium
                )
                x = x * factor
            values.append(x)
        powers = [gate.power for gate in channel.gates.values()]
        is_open = np.ones_like(self.voltage)
        for x, power in zip(values, powers, strict=True):
            is_open = is_open * x**power
        change = np.zeros((*is_open.shape, 3))
        for k, (x, power) in enumerate(zip(values, powers, strict=True)):
            others = power * x ** (power - 1)
            for j, (y, of_other) in enumerate(zip(values, powers, strict=True)):
                others = others * y**of_other if j != k else others
            change = change + others[..., np.newaxis] * slopes[k]
        return is_open, change

    @cached_property
    def _calcium_shares(self) -> Array:
        """Time scales of feedback by way of calcium."""
        assert self.model.calcium is not None  # only gates that depend on it ask
        scales = reference_time_constants(self.model, self.voltage)
        return shares(self.model.calcium.time_constant, scales)

    def feedback(self, conductances: Array) -> Array:
        """Feedback of rows of conductances, shape (..., 3), in mS/cm2."""
        columns = self.columns(self.calcium(conductances))
        total = np.zeros((*np.broadcast_shapes(conductances.shape[:-1], self.voltage.shape), 3))
        for place, column in enumerate(columns):
            total += conductances[..., place, np.newaxis] * column
        return total


def sensitivity(model: PointModel, voltage: ArrayLike) -> Sensitivity:
    """Prepare the feedback of a model at voltages (mV)."""
    v = np.asarray(voltage, dtype=np.float64)
    found = Sensitivity(model, v, gate_values(model, v), {})
    for name, channel in model.channels.items():
        if not any(gate.calcium for gate in channel.gates.values()):
            found.fixed[name] = found._column(name, None)
    return found


def dynamic_input_conductances(
    model: PointModel, conductances: ArrayLike, voltage: ArrayLike
) -> Array:
    """Fast, slow and ultraslow input conductance of cells at a voltage.

    Parameters
    ----------
    model : PointModel
        The cell.
    conductances : array_like, shape (n, n_channels) or (n_channels,)
        mS/cm2, in the order of `PointModel.conductance_names`.
    voltage : array_like, shape () or (n,)
        mV; one for all cells, or one a cell.

    Returns
    -------
    ndarray, shape (n, 3)
        g_f, g_s and g_u in units of the leak conductance.  Positive: the feedback restores the
        voltage; negative: it drives it away.  Their sum is the slope of the steady current.

    Raises
    ------
    IonfoError
        If a conductance is negative or no number, a leak is 0, or a voltage is no number or so
        far out that the kinetics have no finite value.

    References
    ----------
    Drion, Franci, Dethier and Sepulchre (2015), eNeuro 2(1).

    Examples
    --------
    >>> from ionfo.emodels.point import load_point_model
    >>> cell = [4000, 105, 5, 10, 160, 300, 0.3, 0.01]
    >>> dynamic_input_conductances(load_point_model("stg"), cell, -51).round(6)
    array([[-2.480131,  3.687378,  4.854315]])
    """
    rows = check_conductances(model, conductances)
    try:
        v = np.asarray(voltage, dtype=np.float64)
    except (TypeError, ValueError):
        v = np.array(np.nan)
    if not np.isfinite(v).all() or v.ndim > 1 or (v.ndim == 1 and len(v) not in (1, len(rows))):
        raise IonfoError(
            f"the voltage must be a number in mV, or one for each of {len(rows)} cells, got "
            f"{shortened(voltage)}"
        )
    found = sensitivity(model, v).feedback(rows) / rows[:, model.leak, np.newaxis]
    bad = ~np.isfinite(found).all(axis=1)
    if bad.any():
        first = float(np.broadcast_to(v, len(rows))[bad][0])
        raise IonfoError(
            f"the kinetics of '{model.name}' have no finite feedback at {first:g} mV; give a "
            "voltage that a cell can have"
        )
    return found


def threshold_voltage(model: PointModel, conductances: ArrayLike) -> Array:
    """Find the voltage at which the total input conductance of cells falls through 0.

    It is the first one above -80 mV, scanned in steps of 0.1 mV and refined by bisection.

    Parameters
    ----------
    model : PointModel
        The cell.
    conductances : array_like, shape (n, n_channels) or (n_channels,)
        mS/cm2.

    Returns
    -------
    ndarray, shape (n,)
        mV; NaN for a cell whose input conductance never falls through 0 up to +80 mV.

    Raises
    ------
    IonfoError
        If a conductance is negative or no number, or a leak is 0.
    """
    rows = check_conductances(model, conductances)
    count = round((HIGHEST - LOWEST) / STEP) + 1
    grid = np.linspace(LOWEST, HIGHEST, count)
    scan = sensitivity(model, grid)
    low = np.full(len(rows), np.nan)
    for start in range(0, len(rows), _ROWS):
        total = scan.feedback(rows[start : start + _ROWS, np.newaxis]).sum(axis=-1)
        falls = (total[:, :-1] > 0) & (total[:, 1:] <= 0)
        first = falls.argmax(axis=1)
        low[start : start + _ROWS] = np.where(falls.any(axis=1), grid[first], np.nan)
    found = np.flatnonzero(np.isfinite(low))
    left, right, kept = low[found], low[found] + STEP, rows[found]
    for _ in range(_HALVINGS if len(found) else 0):
        middle = (left + right) / 2
        is_positive = sensitivity(model, middle).feedback(kept).sum(axis=-1) > 0
        left, right = np.where(is_positive, middle, left), np.where(is_positive, right, middle)
    low[found] = (left + right) / 2
    return low
