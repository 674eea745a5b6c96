"""A sweep: the current that is played, and what one simulation of it gives and takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .protocol_kinds import Recording


@dataclass(frozen=True)
class Sweep:
    """A piecewise linear current into the soma, and the window in which features look.

    Attributes
    ----------
    times, currents : sequence of float
        Corners of the current (ms, nA), in order; a repeated time is a jump.
    total : float
        Length (ms).
    window : tuple of float
        Stimulus window of the features (ms).
    stimulus_current, holding_current : float
        Stored with the response (nA).
    """

    times: Sequence[float]
    currents: Sequence[float]
    total: float
    window: tuple[float, float]
    stimulus_current: float = 0.0
    holding_current: float = 0.0


class SimulationError(Exception):
    """A simulation that gave no usable traces; the message is the reason."""


class BudgetSpent(Exception):
    """A parameter set has taken all integrator steps that it may take."""


@dataclass(frozen=True)
class SimulationRecord:
    """What one simulation took.

    Attributes
    ----------
    n_steps : int
        Integrator steps.
    n_rhs : int
        Evaluations of the right-hand side.
    seconds : float
        CPU time; never part of a result.
    """

    n_steps: int
    n_rhs: int
    seconds: float


@dataclass(frozen=True)
class Held:
    """The cell after it was held at a constant current since `v_init`.

    Attributes
    ----------
    duration : float
        How long (ms).
    current : float
        Holding current (nA).
    states : hoc Vector
        Every state of the integrator.
    t : ndarray, shape (n_time,)
        Times (ms).
    traces : dict of Recording to ndarray, shape (n_time,)
        Values at each site; two protocols may give one name to different sites.
    """

    duration: float
    current: float
    states: Any
    t: NDArray[np.float64]
    traces: dict[Recording, NDArray[np.float64]]
