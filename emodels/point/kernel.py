"""The compiled loop of the simulator: some cells side by side, from rate tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Kernel = TypeVar("Kernel", bound=Callable[..., Any])

UP, DOWN = 10.0, 0.0
"""A spike rises above the first and then falls below the second (mV)."""


def compiled(function: Kernel) -> Kernel:
    """Compile at the first call, without the interpreter lock, and keep the code if possible."""
    try:
        kernel: Kernel = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # numba found no folder to keep the code in
        kernel = numba.njit(nogil=True)(function)
    return kernel


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
    """Integrate cells side by side, whose independent steps keep the processor busy.

    Gates move exactly for a voltage held over a step, and the voltage exactly for gates held over
    a step; both are staggered by half a step, so that the scheme is of second order.

    Parameters
    ----------
    g : ndarray, shape (n_cells, n_channels)
        mS/cm2.
    reversal : ndarray, shape (n_channels,)
        mV.
    gates : tuple
        Rate table (n_voltages, n_columns): factors and additions of the gates of two states, then
        the six numbers of a step of each gate of three states; channel and power of each gate; half
        activation by calcium (uM; 0 without) and its power; state and voltage at the start.
    n_two : int
        Gates of two states, which stand first.
    calcium : tuple
        Which channels carry calcium (1 or 0), factor of a step, alpha, beta and initial.
    clock : tuple
        Step (ms), lowest voltage of the table and its rows per mV, steps, steps per sample of the
        voltage and of the noise.
    noise : ndarray, shape (n_cells, n_samples)
        Current (uA/cm2), interpolated; no samples for none.
    out : tuple
        To fill: voltages (n_cells, n_samples), spike times (n_cells, most) in ms, and their numbers
        (n_cells,).
    """
    table, what, half, state, start = gates
    carries, ca_factor, alpha, beta, ca_start = calcium
    dt, lowest, per_mv, n_steps, every, per_noise = clock
    voltages, spikes, n_spikes = out
    n_cells, n_channels = g.shape
    n_gates, n_rows = len(what), len(table)
    n_three = n_gates - n_two
    has_calcium = carries.sum() > 0
    has_noise = noise.shape[1] > 1

    x = np.empty((n_cells, len(state)))
    v, before = np.full(n_cells, start), np.full(n_cells, start)
    ca, ca_old = np.full(n_cells, ca_start), np.full(n_cells, ca_start)
    open_now = np.empty((n_cells, n_channels))
    carried, crossing = np.zeros(n_cells), np.full(n_cells, -1.0)
    for i in range(n_cells):
        x[i] = state
        n_spikes[i] = 0
    if voltages.shape[1] > 0:
        voltages[:, 0] = start
    n_saved = 1
    left, part_of_noise = 0, 0.0

    for step in range(n_steps):
        for i in range(n_cells):  # conductances, half a step after the voltage
            for c in range(n_channels):
                open_now[i, c] = g[i, c]
            for k in range(n_gates):
                y = x[i, k]
                z = y
                for _ in range(1, what[k, 1]):
                    z *= y
                open_now[i, what[k, 0]] *= z
        if has_calcium:  # by the current at the voltage, of conductances on both sides of it
            for i in range(n_cells):
                now = 0.0
                for c in range(n_channels):
                    now += carries[c] * open_now[i, c] * (v[i] - reversal[c])
                if step == 0:
                    carried[i] = now
                goal = beta - 0.5 * alpha * (carried[i] + now)
                ca_old[i] = ca[i]
                # from the start on, it is half a step after the voltage
                ca[i] = goal + (ca[i] - goal) * (ca_factor if step > 0 else np.sqrt(ca_factor))
        if has_noise:
            place = (step + 0.5) / per_noise
            left = min(int(place), noise.shape[1] - 2)
            part_of_noise = place - left
        for i in range(n_cells):
            total, drive = 0.0, 0.0
            for c in range(n_channels):
                total += open_now[i, c]
                drive += open_now[i, c] * reversal[c]
            if has_noise:
                drive += noise[i, left] + part_of_noise * (noise[i, left + 1] - noise[i, left])
            goal = drive / total
            before[i] = v[i]
            v[i] = goal + (v[i] - goal) * decay(dt * total)
        if has_calcium:
            for i in range(n_cells):
                now = 0.0
                for c in range(n_channels):
                    now += carries[c] * open_now[i, c] * (v[i] - reversal[c])
                carried[i] = now
        for i in range(n_cells):
            if before[i] <= UP < v[i]:
                crossing[i] = (step + (UP - before[i]) / (v[i] - before[i])) * dt
            elif v[i] < DOWN and crossing[i] >= 0.0:
                if n_spikes[i] < spikes.shape[1]:
                    spikes[i, n_spikes[i]] = crossing[i]
                    n_spikes[i] += 1
                crossing[i] = -1.0
        if n_saved < voltages.shape[1] and (step + 1) % every == 0:
            voltages[:, n_saved] = v
            n_saved += 1
        for i in range(n_cells):  # gates over a whole step, at the voltage in its middle
            at = min(max((v[i] - lowest) * per_mv, 0.0), n_rows - 1.000001)
            row = int(at)
            part = at - row
            low, high, mine = table[row], table[row + 1], x[i]
            kept = mine[n_two:].copy() if n_three > 0 else mine
            if has_calcium:
                for k in range(n_two):
                    factor = low[k] + part * (high[k] - low[k])
                    one, other = low[n_two + k], high[n_two + k]
                    addition = one + part * (other - one)
                    if half[k, 0] > 0.0:
                        there = max(1.5 * ca[i] - 0.5 * ca_old[i], 0.0)
                        if half[k, 1] != 1.0:
                            there = there ** half[k, 1]
                        addition *= there / (there + half[k, 0])
                    mine[k] = factor * mine[k] + addition
            else:
                for k in range(n_two):
                    factor = low[k] + part * (high[k] - low[k])
                    one, other = low[n_two + k], high[n_two + k]
                    mine[k] = factor * mine[k] + one + part * (other - one)
            for j in range(n_three):
                s = 2 * n_two + 6 * j
                is_open, inactivated = kept[j], kept[n_three + j]
                for row_of in range(2):
                    one = s + 2 * row_of
                    to_open = low[one] + part * (high[one] - low[one])
                    to_other = low[one + 1] + part * (high[one + 1] - low[one + 1])
                    added = low[s + 4 + row_of] + part * (
                        high[s + 4 + row_of] - low[s + 4 + row_of]
                    )
                    mine[n_two + j + row_of * n_three] = (
                        to_open * is_open + to_other * inactivated + added
                    )
