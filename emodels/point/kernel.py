"""The compiled loop of the simulator: cells side by side, from rate tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...compiled import Kernel
from ...compiled import compiled as _compiled

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Rows = NDArray[np.uint32]  # unsigned: no check for an index that counts from the end

UP, DOWN = 10.0, 0.0
"""A spike rises above the first and then falls below the second (mV)."""

SIDE_BY_SIDE = 8
"""Cells of a call: a constant, so that loops over cells become vector instructions."""


def compiled(function: Kernel) -> Kernel:
    """Compile as all loops are, but for a product and a sum, which may become one instruction.

    No other liberty is taken with arithmetic.
    """
    return _compiled(function, fastmath={"contract"})


@compiled
def decay(z: float) -> float:
    """exp(-z) for z >= 0, to 2e-9, without a call: (exp(z/16))^-16 by its series."""
    w = z * 0.0625
    y = 1.0 / (1.0 + w * (1.0 + w * (0.5 + w * (1 / 6 + w * (1 / 24 + w * (1 / 120 + w / 720))))))
    y *= y
    y *= y
    y *= y
    return y * y


@compiled
def open_channels(g: Array, what: Whole, x: Array, is_open: Array) -> None:
    """Multiply conductances by their gates, which `what` gives a channel and a power."""
    is_open[:] = g
    for k in range(len(what)):
        c, power = what[k, 0], what[k, 1]
        if power == 3:
            for i in range(SIDE_BY_SIDE):
                is_open[c, i] *= x[k, i] * x[k, i] * x[k, i]
        elif power == 4:
            for i in range(SIDE_BY_SIDE):
                square = x[k, i] * x[k, i]
                is_open[c, i] *= square * square
        else:
            for _ in range(power):
                for i in range(SIDE_BY_SIDE):
                    is_open[c, i] *= x[k, i]


@compiled
def calcium_current(
    is_open: Array, v: Array, reversal: Array, carries: Array, current: Array
) -> None:
    """Sum the currents that carry calcium, at the voltage v."""
    current[:] = 0.0
    for c in range(len(carries)):
        if carries[c] > 0.0:
            for i in range(SIDE_BY_SIDE):
                current[i] += is_open[c, i] * (v[i] - reversal[c])


@compiled
def move_voltage(is_open: Array, reversal: Array, injected: Array, dt: float, v: Array) -> None:
    """Move the voltage over a step, exactly for held conductances."""
    for i in range(SIDE_BY_SIDE):
        total, drive = 0.0, injected[i]
        for c in range(len(reversal)):
            total += is_open[c, i]
            drive += is_open[c, i] * reversal[c]
        goal = drive / total
        v[i] = goal + (v[i] - goal) * decay(dt * total)


@compiled
def between(table: Array, row: int, part: float, column: int) -> float:
    """Interpolate a column of the table between a row and the next."""
    low: float = table[row, column]
    high: float = table[row + np.uint32(1), column]
    return low + part * (high - low)


@compiled
def move_gates(
    table: Array, half: Array, row: Rows, part: Array, ca: Array, x: Array, n_two: int
) -> None:
    """Move gates of two states over a step, exactly for a held voltage and calcium."""
    for k in range(n_two):
        if half[k, 0] == 0.0:
            for i in range(SIDE_BY_SIDE):
                factor = between(table, row[i], part[i], 2 * k)
                x[k, i] = factor * x[k, i] + between(table, row[i], part[i], 2 * k + 1)
        else:
            for i in range(SIDE_BY_SIDE):
                factor = between(table, row[i], part[i], 2 * k)
                addition = between(table, row[i], part[i], 2 * k + 1)
                there = ca[i] if half[k, 1] == 1.0 else ca[i] ** half[k, 1]
                x[k, i] = factor * x[k, i] + addition * there / (there + half[k, 0])


@compiled
def move_three_states(
    table: Array, row: Rows, part: Array, x: Array, n_two: int, n_three: int
) -> None:
    """Move gates of three states over a step, exactly for a held voltage."""
    for j in range(n_three):
        first = 2 * n_two + 6 * j
        for i in range(SIDE_BY_SIDE):
            is_open, inactivated = x[n_two + j, i], x[n_two + n_three + j, i]
            for to in range(2):
                x[n_two + j + to * n_three, i] = (
                    between(table, row[i], part[i], first + 2 * to) * is_open
                    + between(table, row[i], part[i], first + 2 * to + 1) * inactivated
                    + between(table, row[i], part[i], first + 4 + to)
                )


@compiled
def note_spikes(
    before: Array, v: Array, time: float, dt: float, crossing: Array, spikes: Array, n_spikes: Whole
) -> None:
    """Keep when voltages rise above `UP`, once they fall below `DOWN`."""
    for i in range(SIDE_BY_SIDE):
        if before[i] <= UP < v[i]:
            crossing[i] = time + dt * (UP - before[i]) / (v[i] - before[i])
        elif v[i] < DOWN and crossing[i] >= 0.0:
            if n_spikes[i] < spikes.shape[1]:
                spikes[i, n_spikes[i]] = crossing[i]
                n_spikes[i] += 1
            crossing[i] = -1.0


@compiled
def integrate(
    g: Array,
    reversal: Array,
    gates: tuple[Array, Whole, Array, Array, float],
    n_two: int,
    calcium: tuple[Array, float, float, float, float],
    clock: tuple[float, float, float, int, int, float],
    noise: Array,
    out: tuple[Array, Array, Whole],
) -> None:
    """Integrate `SIDE_BY_SIDE` cells.

    Gates move exactly for a voltage held over a step, and the voltage exactly for gates held over
    a step; both are staggered by half a step, so that the scheme is of second order.

    Parameters
    ----------
    g : ndarray, shape (n_channels, SIDE_BY_SIDE)
        mS/cm2.
    reversal : ndarray, shape (n_channels,)
        mV.
    gates : tuple
        Rate table (n_voltages, n_columns): factor and addition of each gate of two states, then
        the six numbers of a step of each gate of three states; channel and power of each gate; half
        activation by calcium (uM; 0 without) and its power; state and voltage at the start.
    n_two : int
        Gates of two states, which stand first.
    calcium : tuple
        Which channels carry calcium (1 or 0), factor of a step, alpha, beta and initial.
    clock : tuple
        Step (ms), lowest voltage of the table and its rows per mV, steps, steps per sample of the
        voltage and of the noise.
    noise : ndarray, shape (SIDE_BY_SIDE, n_samples)
        Current (uA/cm2), interpolated; no samples for none.
    out : tuple
        To fill, a row a cell: voltages, spike times (ms), and their numbers.
    """
    table, what, half, state, start = gates
    carries, ca_factor, alpha, beta, ca_start = calcium
    dt, lowest, per_mv, n_steps, every, per_noise = clock
    voltages, spikes, n_spikes = out
    n_three = len(what) - n_two
    has_calcium = carries.sum() > 0
    last = len(table) - 1.000001

    x = np.empty((len(state), SIDE_BY_SIDE))
    x[:] = state.reshape(-1, 1)
    v, before = np.full(SIDE_BY_SIDE, start), np.full(SIDE_BY_SIDE, start)
    ca, there = np.full(SIDE_BY_SIDE, ca_start), np.full(SIDE_BY_SIDE, ca_start)
    is_open = np.empty(g.shape)
    carried, now = np.zeros(SIDE_BY_SIDE), np.zeros(SIDE_BY_SIDE)
    crossing, injected = np.full(SIDE_BY_SIDE, -1.0), np.zeros(SIDE_BY_SIDE)
    row, part = np.zeros(SIDE_BY_SIDE, np.uint32), np.zeros(SIDE_BY_SIDE)
    n_spikes[:] = 0
    if voltages.shape[1] > 0:
        voltages[:, 0] = start
    n_saved = 1

    for step in range(n_steps):
        open_channels(g, what, x, is_open)  # half a step after the voltage
        if has_calcium:
            # by the current at the voltage, of conductances on both sides of it
            calcium_current(is_open, v, reversal, carries, now)
            if step == 0:
                carried[:] = now
            # from the start on, it is half a step after the voltage
            factor = ca_factor if step > 0 else np.sqrt(ca_factor)
            for i in range(SIDE_BY_SIDE):
                goal = beta - 0.5 * alpha * (carried[i] + now[i])
                new = goal + (ca[i] - goal) * factor
                there[i] = max(1.5 * new - 0.5 * ca[i], 0.0)
                ca[i] = new
        if noise.shape[1] > 1:
            place = (step + 0.5) / per_noise
            left = min(int(place), noise.shape[1] - 2)
            for i in range(SIDE_BY_SIDE):
                rise = noise[i, left + 1] - noise[i, left]
                injected[i] = noise[i, left] + (place - left) * rise
        before[:] = v
        move_voltage(is_open, reversal, injected, dt, v)
        if has_calcium:
            calcium_current(is_open, v, reversal, carries, carried)
        note_spikes(before, v, step * dt, dt, crossing, spikes, n_spikes)
        if n_saved < voltages.shape[1] and (step + 1) % every == 0:
            voltages[:, n_saved] = v
            n_saved += 1
        for i in range(SIDE_BY_SIDE):  # gates over a whole step, at the voltage in its middle
            at = min(max((v[i] - lowest) * per_mv, 0.0), last)
            row[i] = np.uint32(at)
            part[i] = at - row[i]
        move_gates(table, half, row, part, there, x, n_two)
        if n_three > 0:
            move_three_states(table, row, part, x, n_two, n_three)
