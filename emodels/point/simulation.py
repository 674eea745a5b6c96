"""Voltages and spike times of point models, from rate tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import IonfoError
from ...limits import check_count, check_given, check_number, check_seed
from ...progress import Advance, progress
from .definition import PointModel
from .feedback import check_conductances
from .kinetics import evaluate, hill, steady_state, time_constant
from .noise import BANDWIDTH, SAMPLE, filtered_noise

Array = NDArray[np.float64]

DT = 0.01
"""Step of the simulator (ms); trains of irregular bursters differ with larger ones."""

FAST_DT = 0.05
"""Step for thousands of trains (ms): rates within 1 %, five times as fast."""

_LOWEST, _HIGHEST, _PER_MV = -150.0, 120.0, 10.0  # of the rate table (mV)
_MOST_SPIKES_PER_MS = 1.0
_SHOWN = 100  # cells from which progress is shown
_LONGEST = 1e7  # ms


@dataclass(frozen=True)
class _Tables:
    """Gates of a model as the compiled loop takes them."""

    rates: Array
    gates: NDArray[np.int64]
    calcium: Array
    n_two: int
    start: Array
    reversal: Array
    carries: Array


@lru_cache(maxsize=16)
def _tables(text: str, dt: float) -> _Tables:
    """Make the tables of a model, which is given as its text because that can be looked up."""
    model = PointModel.model_validate_json(text)
    v = np.linspace(_LOWEST, _HIGHEST, round((_HIGHEST - _LOWEST) * _PER_MV) + 1)
    v0 = model.initial_voltage
    names = model.conductance_names
    two = [(k, g) for k, g in model.gates.items() if g.three_states is None]
    three = [(k, g) for k, g in model.gates.items() if g.three_states is not None]
    steps, start = [], []
    ca = model.calcium.initial if model.calcium else 0.0
    for name, gate in two:
        tau, goal = time_constant(gate, v), steady_state(gate, v)
        if not np.isfinite(goal).all() or not (np.isfinite(tau) & (tau >= 0)).all():
            raise IonfoError(
                f"gate '{name}' of model '{model.name}' has no steady state or no time constant of "
                f"0 or more somewhere between {_LOWEST:g} and {_HIGHEST:g} mV"
            )
        with np.errstate(divide="ignore"):
            factor = np.exp(-dt / tau)
        steps += [factor, (1 - factor) * goal]
        at_start = float(steady_state(gate, v0))
        start.append(at_start * (hill(gate.calcium, ca)[0] if gate.calcium else 1.0))
    inactivated = []
    for _, gate in three:
        steps += _three_state_steps({k: evaluate(f, v) for k, f in gate.formulas.items()}, dt)
        # half a step after the voltage, as all gates are; others start at rest
        rates = {k: evaluate(f, [v0]) for k, f in gate.formulas.items()}
        is_open, is_inactivated = rates["initial_open"], rates["initial_inactivated"]
        a, b, c, d, e, f = _three_state_steps(rates, dt / 2)
        start.append((a * is_open + b * is_inactivated + e).item())
        inactivated.append((c * is_open + d * is_inactivated + f).item())
    ordered = [*two, *three]
    halves = [
        (g.calcium.half_activation**g.calcium.power, g.calcium.power) if g.calcium else (0.0, 1.0)
        for _, g in ordered
    ]
    return _Tables(
        np.ascontiguousarray(np.array(steps).T),
        np.array([(names.index(k.split(".")[0]), g.power) for k, g in ordered], dtype=np.int64),
        np.array(halves, dtype=np.float64),
        len(two),
        np.array([*start, *inactivated], dtype=np.float64),
        np.array([channel.reversal for channel in model.channels.values()]),
        np.array([float(model.calcium is not None and n in model.calcium.channels) for n in names]),
    )


def _three_state_steps(rates: dict[str, Array], dt: float) -> list[Array]:
    """Give the exact step of open and inactivated at held rates: four factors, two additions."""
    from scipy.linalg import expm

    a, b = rates["opening"], rates["closing"]
    i, r = rates["inactivation"], rates["recovery"]
    zero = np.zeros_like(a)
    # d(open, inactivated, 1)/dt
    matrix = np.array([[-(a + b + i), r - a, a], [i, -r, zero], [zero, zero, zero]])
    step = expm(np.moveaxis(matrix, -1, 0) * dt)
    return [
        step[:, 0, 0],
        step[:, 0, 1],
        step[:, 1, 0],
        step[:, 1, 1],
        step[:, 0, 2],
        step[:, 1, 2],
    ]


@dataclass(frozen=True)
class _Run:
    """A simulation that is the same for all cells."""

    model: PointModel
    duration: float
    dt: float
    every: int
    n_saved: int
    n_spikes: int

    def cells(self, rows: Array, noise: Array) -> tuple[Array, list[Array]]:
        """Voltages and spike times of some cells, at most as many as are integrated together."""
        from .kernel import SIDE_BY_SIDE, integrate

        tables = _tables(self.model.model_dump_json(), self.dt)
        calcium = self.model.calcium
        n, most = len(rows), SIDE_BY_SIDE
        places = np.minimum(np.arange(most), n - 1)  # the last cell stands in for those that miss
        out = (
            np.empty((most, self.n_saved)),
            np.empty((most, self.n_spikes)),
            np.zeros(most, np.int64),
        )
        integrate(
            np.ascontiguousarray(rows[places].T),
            tables.reversal,
            (tables.rates, tables.gates, tables.calcium, tables.start, self.model.initial_voltage),
            tables.n_two,
            (tables.carries, 0.0, 0.0, 0.0, 0.0)
            if calcium is None
            else (
                tables.carries,
                float(np.exp(-self.dt / calcium.time_constant)),
                calcium.alpha,
                calcium.beta,
                calcium.initial,
            ),
            (
                self.dt,
                _LOWEST,
                _PER_MV,
                round(self.duration / self.dt),
                self.every,
                SAMPLE / self.dt,
            ),
            noise[places],
            out,
        )
        return out[0][:n], [out[1][i, : out[2][i]].copy() for i in range(n)]

    def blocks(self, n: int) -> Iterator[slice]:
        """Cells that are integrated side by side."""
        from .kernel import SIDE_BY_SIDE

        for start in range(0, n, SIDE_BY_SIDE):
            yield slice(start, start + SIDE_BY_SIDE)


def _checked(
    model: PointModel, conductances: ArrayLike, duration: float, dt: float
) -> tuple[Array, float]:
    rows = np.ascontiguousarray(check_conductances(model, conductances))
    check_given(duration=duration, step=dt)
    check_count("cells", len(rows), 1, 10**9)
    check_number("the duration (ms)", duration, 0, _LONGEST)
    check_number("the step (ms)", dt, 1e-4, 0.1)
    if duration < dt:
        raise IonfoError(f"the duration must be at least one step, {dt:g} ms, got {duration:g}")
    return rows, float(duration)


def simulate_voltage(
    model: PointModel,
    conductances: ArrayLike,
    duration: float,
    *,
    sample: float = 0.2,
    dt: float = DT,
) -> tuple[Array, Array]:
    """Simulate the voltage of cells without an injected current.

    Parameters
    ----------
    model : PointModel
        The cell.
    conductances : array_like, shape (n, n_channels) or (n_channels,)
        mS/cm2.
    duration : float
        ms.
    sample : float
        Between the voltages that are given (ms); rounded to steps.
    dt : float
        Step of the integration (ms).

    Returns
    -------
    times : ndarray, shape (n_times,)
        ms, from 0.
    voltages : ndarray, shape (n, n_times)
        mV.

    Raises
    ------
    IonfoError
        If a conductance or a time is out of bounds.
    """
    rows, duration = _checked(model, conductances, duration, dt)
    check_given(sample=sample)
    check_number("the sample (ms)", sample, dt, duration)
    every = round(sample / dt)
    n_saved = round(duration / dt) // every + 1
    run = _Run(model, duration, dt, every, n_saved, 0)
    voltages = [run.cells(rows[b], np.empty((len(rows[b]), 0)))[0] for b in run.blocks(len(rows))]
    times = np.arange(n_saved, dtype=np.float64) * (every * dt)
    return times, np.concatenate(voltages)


def simulate_spikes(
    model: PointModel,
    conductances: ArrayLike,
    duration: float,
    discard: float = 0.0,
    noise_sd: float = 0.0,
    seed: int = 0,
    *,
    bandwidth: float = BANDWIDTH,
    dt: float = DT,
) -> list[Array]:
    """Simulate the spike times of cells.

    A spike is an upward crossing of +10 mV after which the voltage falls below 0 mV; its time is
    that of the crossing.

    Parameters
    ----------
    model : PointModel
        The cell.
    conductances : array_like, shape (n, n_channels) or (n_channels,)
        mS/cm2.
    duration : float
        Of the simulation, with what is discarded (ms).
    discard : float
        Spikes before it are left out (ms); times still count from the start of the simulation.
    noise_sd : float
        SD of the injected noise current (uA/cm2) as the cell gets it, after filtering.
    seed : int
        Of the noise; a cell's noise depends on the seed and its row alone.
    bandwidth : float
        Of the noise (Hz): cut-off of the low-pass filter.
    dt : float
        Step of the integration (ms).

    Returns
    -------
    list of ndarray, each (n_spikes,)
        ms.

    Raises
    ------
    IonfoError
        If a conductance, a time or the noise is out of bounds.
    """
    rows, duration = _checked(model, conductances, duration, dt)
    check_given(discard=discard, noise_sd=noise_sd, seed=seed)
    check_number("the time to discard (ms)", discard, 0, duration)
    check_number("the SD of the noise (uA/cm2)", noise_sd, 0, 1e6)
    check_seed(seed, "seed")
    run = _Run(model, duration, dt, 1, 0, int(duration * _MOST_SPIKES_PER_MS) + 1)
    trains: list[Array] = []
    with _progress(len(rows)) as advance:
        for block in run.blocks(len(rows)):
            n = len(rows[block])
            noise = np.empty((n, 0))
            if noise_sd > 0:
                generators = [_generator(seed, block.start + i) for i in range(n)]
                noise = np.array(
                    [filtered_noise(duration, noise_sd, bandwidth, one) for one in generators]
                )
            trains += [times[times >= discard] for times in run.cells(rows[block], noise)[1]]
            for _ in range(n):
                advance()
    return trains


def _progress(n: int) -> AbstractContextManager[Advance]:
    """Show how far many cells have come; a few take no time."""
    return progress("cells", n) if n >= _SHOWN else nullcontext(lambda: None)


def _generator(seed: int, cell: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, cell))))
