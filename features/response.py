"""What a protocol hands to the features: recorded traces and the stimulus window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Response:
    """Traces of one sweep, at the integrator's own times.

    Attributes
    ----------
    t : ndarray, shape (n_time,)
        Times (ms), not equally spaced.
    recordings : dict of str to ndarray, shape (n_time,)
        Recording name, for example ``soma.v`` (mV) or ``ca_ais.cai`` (mM), -> values.
    stim_start, stim_end : float
        Window of the features (ms).
    stimulus_current : float
        Step amplitude on top of the holding current (nA).
    holding_current : float
        Current that flows during the whole sweep (nA).
    values : dict of str to float
        Results of a search that are no feature of a trace, for example
        ``bpo_holding_current`` (nA).
    """

    t: NDArray[np.float64]
    recordings: dict[str, NDArray[np.float64]]
    stim_start: float
    stim_end: float
    stimulus_current: float = 0.0
    holding_current: float = 0.0
    values: dict[str, float] | None = None

    @property
    def n_steps(self) -> int:
        """Number of integrator steps."""
        return len(self.t)
