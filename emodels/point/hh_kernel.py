"""The compiled loop of the Hodgkin-Huxley cell `hh`: its rates, and exponential Euler steps."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...compiled import compiled

Array = NDArray[np.float64]

LOWEST, HIGHEST, PER_MV = -140.0, 100.0, 5.0
"""Of the tables of rates (mV)."""


@compiled
def linoid(x: float, y: float) -> float:
    """x/(1 - exp(-x/y)), by its series where that is 0/0."""
    z = x / y
    if abs(z) < 1e-6:
        return y * (1.0 + 0.5 * z)
    return x / (1.0 - math.exp(-z))


@compiled
def rates(
    v: float, v_t: float, tau_max: float, f_hay: float, f_pos: float, r_ss: float, out: Array
) -> None:
    """Steady states and rates (1/ms) of the nine gates at a voltage.

    Parameters
    ----------
    v, v_t : float
        Voltage, and what Na and Kd shift by (mV).
    tau_max : float
        Of the M current (ms).
    f_hay, f_pos : float
        Temperature factors of Nat and Kv3.1, and of Na, Kd and M.
    r_ss : float
        Divides the rates of Na and Kd.
    out : ndarray, shape (9, 2)
        Filled with steady state and rate of m, h (Nat), m, h (Na), n (Kd), p (M), v (Kv3.1), q and
        r (CaL).
    """
    u = v - v_t
    slow = f_pos / r_ss
    a, b = 0.182 * linoid(v + 38.0, 6.0), 0.124 * linoid(-v - 38.0, 6.0)
    out[0, 0], out[0, 1] = a / (a + b), (a + b) * f_hay
    a, b = 0.015 * linoid(-v - 66.0, 6.0), 0.015 * linoid(v + 66.0, 6.0)
    out[1, 0], out[1, 1] = a / (a + b), (a + b) * f_hay
    a, b = 0.32 * linoid(u - 13.0, 4.0), 0.28 * linoid(40.0 - u, 5.0)
    out[2, 0], out[2, 1] = a / (a + b), (a + b) * slow
    a, b = 0.128 * math.exp((17.0 - u) / 18.0), 4.0 / (1.0 + math.exp((40.0 - u) / 5.0))
    out[3, 0], out[3, 1] = a / (a + b), (a + b) * slow
    a, b = 0.032 * linoid(u - 15.0, 5.0), 0.5 * math.exp((10.0 - u) / 40.0)
    out[4, 0], out[4, 1] = a / (a + b), (a + b) * slow
    up = math.exp((v + 35.0) / 20.0)
    out[5, 0] = 1.0 / (1.0 + math.exp(-(v + 35.0) / 10.0))
    out[5, 1] = (3.3 * up + 1.0 / up) / tau_max * f_pos
    out[6, 0] = 1.0 / (1.0 + math.exp((18.7 - v) / 9.7))
    out[6, 1] = 0.25 * (1.0 + math.exp(-(v + 56.56) / 44.14)) * f_hay
    a, b = 0.055 * linoid(v + 27.0, 3.8), 0.94 * math.exp(-(75.0 + v) / 17.0)
    out[7, 0], out[7, 1] = a / (a + b), a + b
    a = 0.000457 * math.exp(-(13.0 + v) / 50.0)
    b = 0.0065 / (1.0 + math.exp(-(15.0 + v) / 28.0))
    out[8, 0], out[8, 1] = a / (a + b), a + b


@compiled
def next_voltage(
    v: float, x: Array, theta: Array, reversal: Array, drive: float, dt: float
) -> float:
    """Voltage after a step (mV), exact for gates that stay.

    Parameters
    ----------
    v : float
        Voltage (mV).
    x : ndarray, shape (9,)
        Gates, in the order of `rates`.
    theta, reversal, dt
        As `integrate_hh` takes them.
    drive : float
        Injected current (uA/cm2).
    """
    c, e_leak = theta[0], theta[9]
    e_na, e_k, e_ca = reversal
    na = theta[3] * x[0] * x[0] * x[0] * x[1] + theta[4] * x[2] * x[2] * x[2] * x[3]
    n2 = x[4] * x[4]
    k = theta[5] * n2 * n2 + theta[6] * x[5] + theta[7] * x[6]
    ca = theta[8] * x[7] * x[7] * x[8]
    g_leak = c / theta[2]
    total = na + k + ca + g_leak
    goal = (na * e_na + k * e_k + ca * e_ca + g_leak * e_leak + drive) / total
    after: float = goal + (v - goal) * math.exp(-dt * total / c)
    return after


@compiled
def integrate_hh(
    theta: Array,
    reversal: Array,
    factors: Array,
    drive: Array,
    dt: float,
    out: Array,
) -> None:
    """Integrate one cell by exponential Euler: all variables from those of the step before.

    Parameters
    ----------
    theta : ndarray, shape (13,)
        C, R_in, tau, gNat, gNa, gKd, gM, gKv31, gL, El, tau_max, V_T, r_SS, in published units.
    reversal : ndarray, shape (3,)
        Of sodium, potassium and calcium (mV).
    factors : ndarray, shape (2,)
        Of temperature: of Nat and Kv3.1, of Na, Kd and M.
    drive : ndarray, shape (n,)
        Injected current at each step (uA/cm2).
    dt : float
        Step (ms).
    out : ndarray, shape (n,)
        Filled with the voltage (mV), the first the one at the start.
    """
    tau_max, v_t, r_ss = theta[10], theta[11], theta[12]
    gate = np.empty((9, 2))
    v = theta[9]
    rates(v, v_t, tau_max, factors[0], factors[1], r_ss, gate)
    x = gate[:, 0].copy()
    for step in range(len(out)):
        out[step] = v
        if step > 0:
            rates(v, v_t, tau_max, factors[0], factors[1], r_ss, gate)
        v = next_voltage(v, x, theta, reversal, drive[step], dt)
        for i in range(9):
            x[i] = gate[i, 0] + (x[i] - gate[i, 0]) * math.exp(-dt * gate[i, 1])


@compiled
def rate_table(theta: Array, factors: Array, dt: float, out: Array) -> None:
    """Tabulate a step of every gate, for voltages from `LOWEST` on, `PER_MV` rows a mV.

    Parameters
    ----------
    theta, factors, dt
        As `integrate_hh` takes them.
    out : ndarray, shape (n_rows, 18)
        Filled with the factors and the additions of a step.
    """
    gate = np.empty((9, 2))
    for row in range(len(out)):
        v = LOWEST + row / PER_MV
        rates(v, theta[11], theta[10], factors[0], factors[1], theta[12], gate)
        for i in range(9):
            factor = math.exp(-dt * gate[i, 1])
            out[row, i], out[row, 9 + i] = factor, (1.0 - factor) * gate[i, 0]


@compiled
def integrate_by_table(
    theta: Array, reversal: Array, factors: Array, drive: Array, dt: float, out: Array
) -> None:
    """Integrate one cell as `integrate_hh` does, with gates from a table: about five times faster.

    Parameters are those of `integrate_hh`.
    """
    table = np.empty((int((HIGHEST - LOWEST) * PER_MV) + 1, 18))
    rate_table(theta, factors, dt, table)
    gate = np.empty((9, 2))
    v = theta[9]
    rates(v, theta[11], theta[10], factors[0], factors[1], theta[12], gate)
    x = gate[:, 0].copy()
    for step in range(len(out)):
        out[step] = v
        at = min(max((v - LOWEST) * PER_MV, 0.0), len(table) - 1.000001)
        row = int(at)
        part = at - row
        v = next_voltage(v, x, theta, reversal, drive[step], dt)
        for i in range(9):
            factor = table[row, i] + part * (table[row + 1, i] - table[row, i])
            addition = table[row, 9 + i] + part * (table[row + 1, 9 + i] - table[row, 9 + i])
            x[i] = factor * x[i] + addition
