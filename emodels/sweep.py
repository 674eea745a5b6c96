"""A sweep: the current that is played, and what one simulation of it gives and takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .protocol_kinds import Recording, Synapse
from .sites import Location

Corner = tuple[float, float]
"""ms and nA."""


@dataclass(frozen=True)
class Sweep:
    """Piecewise linear currents, synaptic input, and the window in which features look.

    Attributes
    ----------
    times, currents : sequence of float
        Corners of the current into the soma (ms, nA), in order; a repeated time is a jump.
    total : float
        Length (ms).
    window : tuple of float
        Stimulus window of the features (ms).
    stimulus_current, holding_current : float
        Stored with the response (nA).
    elsewhere : mapping of Location to sequence of (float, float)
        Corners (ms, nA) of currents into other places.
    synapses : sequence of Synapse
        Point processes with their events.
    held_until : float
        How long nothing but the holding current flows (ms).
    """

    times: Sequence[float]
    currents: Sequence[float]
    total: float
    window: tuple[float, float]
    stimulus_current: float = 0.0
    holding_current: float = 0.0
    elsewhere: Mapping[Location, Sequence[Corner]] = field(default_factory=dict)
    synapses: Sequence[Synapse] = ()
    held_until: float = 0.0


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


def corners_after(corners: Sequence[Corner], time: float) -> list[Corner]:
    """Leave out the corners before a time, and of a jump at that time the current before it."""
    rest = [corner for corner in corners if corner[0] >= time]
    is_jump = len(rest) > 1 and rest[0][0] == rest[1][0] == time
    return rest[1:] if is_jump else rest


def copied(
    recorder: Any, vectors: Mapping[Recording, Any]
) -> tuple[NDArray[np.float64], dict[Recording, NDArray[np.float64]]]:
    """Copy what has been recorded: times (ms), and the values at each site."""
    return (
        np.array(recorder, dtype=np.float64),
        {recording: np.array(one, dtype=np.float64) for recording, one in vectors.items()},
    )
