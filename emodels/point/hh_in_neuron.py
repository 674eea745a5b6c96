"""Parameters of the cell `hh` as those of the e-model of this name, which NEURON runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .hh import hh_rows

Array = NDArray[np.float64]

HH_EMODEL_NAMES = (
    "cm.somatic",
    "L.somatic",
    "gbar_point_leak.somatic",
    "gbar_hh_Nat.somatic",
    "gnabar_hh_NaKd.somatic",
    "gkbar_hh_NaKd.somatic",
    "gbar_hh_M.somatic",
    "gbar_hh_Kv31.somatic",
    "gbar_hh_CaL.somatic",
    "erev_point_leak.somatic",
    "tau_max_hh_M.somatic",
    "v_t_hh_NaKd.somatic",
    "r_ss_hh_NaKd.somatic",
)
"""Free parameters of the e-model, in the order of `HH_BOUNDS`; the second and third stand for the
input resistance and the time constant."""

_DIAMETER = 20.0  # um, of the cylinder


def hh_emodel_parameters(theta: ArrayLike) -> Array:
    """Give parameters of `hh` as those of the e-model.

    Parameters
    ----------
    theta : array_like, shape (n, 13)
        In the order of `HH_BOUNDS`.

    Returns
    -------
    ndarray, shape (n, 13)
        In the order of `HH_EMODEL_NAMES`: the leak has the density C/tau, and the length (um) is
        that of a cylinder of 20 um whose area is tau/(C R_in).

    Raises
    ------
    IonfoError
        If the shape is wrong or a parameter lies outside its box.
    """
    rows = hh_rows(theta)
    capacitance, resistance, tau = rows[:, :3].T
    area = 1e5 * tau / (capacitance * resistance)  # um2
    found = rows.copy()
    found[:, 1] = area / (np.pi * _DIAMETER)
    found[:, 2] = capacitance / tau  # uF/cm2/ms = mS/cm2
    return found
