"""Play a current into the soma of the persistent cell and record what happens.

Every run sets all globals it depends on and starts from `finitialize`, so its result is a
function of the parameters and the current alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import IonfoError
from ..features import Response
from .cell import Cell
from .definition import EModel, Recording

_SPIKE_THRESHOLD = -20.0  # mV
_AFTER_SPIKE = 3.0  # ms


class SimulationError(Exception):
    """A simulation that gave no usable traces; the message is the reason."""


class Simulator:
    """One cell, many simulations.

    A process holds one cell: a new `Simulator` closes the one before it.

    Parameters
    ----------
    emodel : EModel
        Definition of the cell.
    morphology, mechanisms : Path, optional
        See `ionfo.emodels.cell.Cell`.
    """

    _current: Simulator | None = None

    def __init__(
        self, emodel: EModel, morphology: Path | None = None, mechanisms: Path | None = None
    ) -> None:
        if Simulator._current is not None:
            Simulator._current.close()
        self.emodel = emodel
        self.cell: Cell | None = Cell(emodel, morphology, mechanisms)
        Simulator._current = self
        self._h: Any = self.cell.h
        self._clamp = self._h.IClamp(self.cell.soma)
        self._cvode = self._h.CVode()
        self._values = dict.fromkeys((p.name for p in emodel.parameters), 0.0)
        self._sites: dict[Recording, Any] = {}
        self.n_steps = 0
        """Integrator steps since `set_parameters`."""

    def close(self) -> None:
        """Remove the cell, so that another one can be built."""
        if self.cell is not None:
            self._clamp = None
            self._sites = {}
            self.cell.close()
            self.cell = None
            Simulator._current = None

    def set_parameters(
        self, theta: Sequence[float] | NDArray[np.float64], fixed: Mapping[str, float] | None = None
    ) -> None:
        """Set the free parameters, and reset all others.

        Parameters
        ----------
        theta : array_like, shape (n_parameters,)
            Free parameters, in the order and units of the definition.
        fixed : mapping of str to float, optional
            Other values for fixed parameters, for this parameter set only.
        """
        cell = self._open_cell()
        free = self.emodel.free_names
        if len(theta) != len(free):
            raise ValueError(f"theta must have shape ({len(free)},), got ({len(theta)},)")
        self._values = {
            **self.emodel.fixed_values,
            **dict(fixed or {}),
            **{name: float(value) for name, value in zip(free, theta, strict=True)},
        }
        cell.set_parameters(self._values)
        self.n_steps = 0

    def run(
        self,
        times: Sequence[float],
        currents: Sequence[float],
        total: float,
        recordings: Sequence[Recording],
        window: tuple[float, float],
        stimulus_current: float = 0.0,
        holding_current: float = 0.0,
        stop_after_spike: bool = False,
    ) -> Response:
        """Simulate one sweep from `v_init`.

        Parameters
        ----------
        times, currents : sequence of float
            Corners of the piecewise linear current (ms, nA); a repeated time is a jump.
        total : float
            Length of the sweep (ms).
        recordings : sequence of Recording
            What to record; sites that the morphology does not have are left out.
        window : tuple of float
            Stimulus window of the features (ms).
        stimulus_current, holding_current : float
            Stored with the response (nA).
        stop_after_spike : bool
            End the sweep 3 ms after the soma has been above -20 mV and below it again, for
            searches that only ask whether there is a spike.

        Returns
        -------
        Response
            Traces at the integrator's own steps.

        Raises
        ------
        SimulationError
            If the integrator fails, takes more steps than the definition allows, or gives
            values that are not finite.
        """
        self._open_cell()
        h = self._h
        h.celsius = self._values["celsius"]
        h.v_init = self._values["v_init"]
        h.dt = 0.025
        cvode = self._cvode
        cvode.active(1)
        cvode.use_local_dt(0)
        cvode.atol(self.emodel.cvode_atol)
        cvode.rtol(0.0)
        cvode.minstep(0.0)
        cvode.maxstep(1e9)
        cvode.maxorder(5)

        self._clamp.delay = 0.0
        self._clamp.dur = total
        time_vector = h.Vector(list(times))
        current_vector = h.Vector(list(currents))
        current_vector.play(self._clamp._ref_amp, time_vector, 1)
        recorder = h.Vector().record(h._ref_t)
        recorders = {}
        for recording in recordings:
            site = self._site(recording)
            if site is not None:
                recorders[recording.name] = h.Vector().record(
                    getattr(site, f"_ref_{recording.variable}")
                )
        try:
            self._advance(total, stop_after_spike)
        finally:
            current_vector.play_remove()
        t = np.array(recorder, dtype=np.float64)
        traces = {name: np.array(vector, dtype=np.float64) for name, vector in recorders.items()}
        if not all(np.isfinite(trace).all() for trace in traces.values()):
            raise SimulationError("a recorded trace is not finite")
        return Response(t, traces, *window, stimulus_current, holding_current)

    def _advance(self, total: float, stop_after_spike: bool) -> None:
        h = self._h
        voltage = self._open_cell().soma._ref_v
        budget = self.emodel.max_steps
        n_steps = 0
        was_above = False
        stop = total
        try:
            h.finitialize(h.v_init)
            self._cvode.event(total)
            while h.t < stop:
                h.fadvance()
                n_steps += 1
                if n_steps > budget:
                    raise SimulationError(f"the sweep took more than {budget} integrator steps")
                if stop_after_spike and stop == total:
                    is_above = voltage[0] > _SPIKE_THRESHOLD
                    if was_above and not is_above:
                        stop = min(total, h.t + _AFTER_SPIKE)
                    was_above = is_above
            if stop == total:
                h.fadvance()  # delivers the event at `total`, so that the last point is recorded
        except RuntimeError as error:
            raise SimulationError(f"NEURON failed: {error}") from None
        finally:
            self.n_steps += n_steps

    def _site(self, recording: Recording) -> Any | None:
        if recording not in self._sites:
            self._sites[recording] = self._open_cell().segment_at(recording.location)
        return self._sites[recording]

    def _open_cell(self) -> Cell:
        if self.cell is None:
            raise IonfoError("this Simulator was closed when another cell was built")
        return self.cell
